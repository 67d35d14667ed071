"""The keywords of a door that takes settings, and what each may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ConfigError
from ..words import did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import TypeGuard

Settings = Mapping[str, Any]


class Checked(dict[str, Any]):
    """Keywords that were read and checked. Those of marks and fixtures are joined, then taken."""

    def over(self, further: Checked) -> Checked:
        """Merge over settings from further away: where both give a keyword, this one wins."""
        return Checked({**further, **self})


class Kind(NamedTuple):
    """What a value has to be."""

    fits: Callable[[object], bool]
    wanted: str
    """What it has to be, in words."""
    or_none: bool = True
    """Whether None says: mint it, or take the default."""
    words: tuple[str, ...] = ()
    """The words that it may be, where it is one of few."""


def one_of(words: tuple[str, ...], *, or_none: bool = True) -> Kind:
    """Take one of a few words."""
    return Kind(words.__contains__, either(words), or_none, words)


def check_keywords(settings: Settings, kinds: Mapping[str, Kind], mark: str, who: str) -> None:
    """Check the keywords of a mark, or of another door to the same settings, which is named *who*.

    Raises:
        ConfigError: no mapping, an unknown keyword, or a value of the wrong kind.
    """
    if not isinstance(settings, Mapping):
        raise ConfigError(f"{who} must be a mapping of {mark}'s keywords, got {settings!r}.")
    for name, value in settings.items():
        check_name(who, name, kinds)
        kind = kinds[name]
        if not (kind.or_none and value is None) and not kind.fits(value):
            hidden = "secret" in name or "token" in name
            shown = "something else" if hidden else repr(value)
            hint = did_you_mean(value, kind.words) if isinstance(value, str) else ""
            raise ConfigError(f"{who}: {name} must be {kind.wanted}, got {shown}.{hint}")


def check_name(who: str, name: object, known: Collection[str]) -> None:
    """Check that there is a keyword of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in known:
        hint = did_you_mean(str(name), known)
        takes = ", ".join(known) or "none"
        raise ConfigError(f"{who}: unknown keyword {name!r}.{hint} It takes {takes}.")


def is_text(value: object) -> bool:
    """Tell whether a value is a text that says something."""
    return isinstance(value, str) and bool(value.strip())


def is_list(value: object) -> TypeGuard[Collection[object]]:
    """Tell whether a value is a list of some kind."""
    # No generator: a mark's arguments are read once per test.
    return isinstance(value, list | tuple | set | frozenset)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


TEXT = Kind(is_text, "a text that is not empty")
ANYTHING = Kind(lambda _: True, "anything")
NUMBER = Kind(_is_number, "a number", or_none=False)
NAME = TEXT._replace(or_none=False)
FLAG = Kind(_is_flag, "True or False", or_none=False)
