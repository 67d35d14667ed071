"""Patches of libraries that may never be imported, and need not be for us."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType


class LateImport:
    """Hears of a module as soon as it has been imported."""

    def __init__(self, name: str, on_import: Callable[[ModuleType], None]) -> None:
        self.name = name
        self._on_import = on_import
        """Called each time that `ensure` finds the module, and once when it is imported later."""

    def ensure(self) -> None:
        """Tell of the module if it is there, and else wait for it."""
        module = sys.modules.get(self.name)
        if module is not None:
            self._on_import(module)
        elif self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def leave(self) -> None:
        """Wait no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module as Python does, to tell of it once it has been run."""
        spec = PathFinder.find_spec(name, path, target) if name == self.name else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self.leave()
            self._on_import(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
