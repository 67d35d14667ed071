"""What lies over the functions and methods of HTTP libraries, and how it is taken off again."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .snapshots import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patch:
    """What we put in place of a function, and what was there."""

    ours: object
    below: object


class Patches:
    """Keeps what is ours on top: each is put in place again once others were put over it."""

    def __init__(self) -> None:
        self._patches: dict[tuple[Any, str], list[_Patch]] = {}
        """What lies over a function, the upper ones last; others' patches may lie between."""
        self._watched: dict[tuple[Any, str], None] = {}
        self.left = Snapshot(())
        """What stood at the watched places when we last looked: as long as it is left, all is in
        place. That is much quicker to see than to put all once more."""

    def watch(self, owner: Any, name: str) -> None:  # noqa: ANN401
        """Look at a place from now on: once another stands there, we are not in place any more."""
        self._watched[owner, name] = None

    def note(self) -> None:
        """Note what stands at all places, once all has been put."""
        self.left = Snapshot(self._watched)

    def put(self, owner: Any, name: str, over: Callable[[Any], object]) -> None:  # noqa: ANN401
        """Lie over a function of a class or module, unless we do, by what *over* makes of it."""
        patches = self._patches.get((owner, name))
        if not (patches and patches[-1].ours is getattr(owner, name)):  # mostly it is
            self._put(owner, name, over)
        self.watch(owner, name)

    def _put(self, owner: Any, name: str, over: Callable[[Any], object]) -> None:  # noqa: ANN401
        below = getattr(owner, name)
        patches = self._patches.setdefault((owner, name), [])
        first = inspect.unwrap(below, stop=self._is_ours)
        if self._is_ours(first):
            while patches and patches[-1].ours is not first:  # taken off with the patch below it
                patches.pop()
            return
        ours = over(below)
        setattr(owner, name, ours)
        patches.append(_Patch(ours=ours, below=below))

    def take_off(self) -> None:
        """Give back what was there; what others have put over us stays, and goes on calling us."""
        for (owner, name), patches in self._patches.items():
            for patch in reversed(patches.copy()):
                if getattr(owner, name) is patch.ours:
                    setattr(owner, name, patch.below)
                    patches.remove(patch)

    def first_over(self, owner: Any, name: str) -> object | None:  # noqa: ANN401
        """Give what is called before us; None: we are."""
        first: object = getattr(owner, name)
        return None if self._is_ours(first) else first

    def _is_ours(self, function: object) -> bool:
        for stack in self._patches.values():
            for patch in stack:
                if patch.ours is function:
                    return True
        return False


def module_of(function: object) -> str:
    """Name the module that a function's code is of, whatever it wraps."""
    names: dict[str, object] = getattr(function, "__globals__", {})
    return str(names.get("__name__", getattr(function, "__module__", "")))
