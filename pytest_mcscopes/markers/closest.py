"""Which marks count for a test: of one family, the closest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..config import FIRST_PACKAGE, FIRST_USER
from ..errors import ConfigError
from ..words import did_you_mean
from .levels import CONFIGURING, JUDGING, OURS, Declared, fold, one_slip
from .parse import read_allowances, read_expectation, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from ..arguments.keywords import Checked
    from ..catalogue.catalogue import Catalogue
    from ..privilege.expectation import Allowance, Expectation
    from .levels import Level
    from .parse import Mark


@dataclass(slots=True)
class _Reading:
    """What is read of one level."""

    expectations: list[Expectation] = field(default_factory=list)
    allowances: list[Allowance] = field(default_factory=list)
    settings: list[tuple[str, Checked]] = field(default_factory=list)
    """With the name of the mark that says them."""
    errors: list[str] = field(default_factory=list)


class Readings:
    """What was read so far: a level is met when its file is collected, and by each of its tests."""

    def __init__(
        self,
        catalogue: Catalogue,
        find_foreign: Callable[[Level], Collection[str]] = lambda _: (),
        first_package: str = FIRST_PACKAGE,
    ) -> None:
        """Begin to read; *find_foreign* names the marks of a level that are another plugin's."""
        self._catalogue = catalogue
        self._find_foreign = find_foreign
        self.first_package = first_package
        self._known: dict[tuple[object, ...], tuple[Level, _Reading]] = {}

    def read(self, level: Level) -> _Reading:
        """Read a level, once."""
        key = (*map(id, level.marks), str(level.path), level.qualname)
        if key in self._known:
            return self._known[key][1]
        foreign = self._find_foreign(level)
        reading = _read_level(level, self._catalogue, foreign, self.first_package)
        if not reading.settings:  # which may be those of a file that changes
            self._known[key] = level, reading  # its marks live on: their ids are nobody else's
        return reading


def read_levels(levels: Iterable[Level], readings: Readings) -> Declared:
    """Read all marks of a test, the closest level first, and keep, of one family, the closest.

    A family is one per package name, or per rule. Of `mc_package` and `mc_user`
    each keyword counts by itself, and the users of the closest level come first.
    """
    expectations: dict[str | None, Expectation] = {}
    allowances: dict[str, Allowance] = {}
    settings: list[list[tuple[str, Checked]]] = []
    errors: list[str] = []
    for reading in map(readings.read, levels):
        errors += reading.errors
        if reading.settings:
            settings.append(reading.settings)
        for mark in reading.expectations:
            expectations.setdefault(mark.package, mark)
        for allowance in reading.allowances:
            allowances.setdefault(allowance.rule, allowance)
    if errors:
        raise ConfigError("\n".join(["these marks cannot be read.", *dict.fromkeys(errors)]))
    return Declared(
        expectations=tuple(expectations.values()),
        allowances=tuple(allowances.values()),
        packages=_join(settings, "mc_package", readings.first_package) if settings else (),
        users=_join_users(settings) if settings else (),
    )


def _join(
    levels: Sequence[Sequence[tuple[str, Checked]]], mark: str, unnamed: str
) -> tuple[Checked, ...]:
    """Join the settings of one name; for each keyword the closest wins."""
    joined: dict[str, Checked] = {}
    # A file is read from its top, where the furthest marks stand.
    for level in reversed(levels):
        for settings in (each for name, each in level if name == mark):
            name = settings.get("name", unnamed)
            joined[name] = settings.over(joined[name]) if name in joined else settings
    return tuple(joined.values())


def _join_users(levels: Sequence[Sequence[tuple[str, Checked]]]) -> tuple[Checked, ...]:
    """Join the settings of users, those of the closest level first: the first one logs in."""
    joined = {each.get("name", FIRST_USER): each for each in _join(levels, "mc_user", FIRST_USER)}
    mine = (each for level in levels for mark, each in level if mark == "mc_user")
    names = dict.fromkeys(each.get("name", FIRST_USER) for each in mine)
    return tuple(joined[name] for name in names)


def read_errors(levels: Iterable[Level], readings: Readings) -> list[str]:
    """Say all that is wrong with the marks of these levels, each thing once."""
    read = map(readings.read, levels)
    return list(dict.fromkeys(error for reading in read for error in reading.errors))


def _read_level(
    level: Level, catalogue: Catalogue, foreign: Collection[str], first_package: str
) -> _Reading:
    reading = _Reading()
    seen: dict[str, Mark] = {}
    for mark in _as_written(level):
        if mark.name in foreign:
            continue
        try:
            _refuse_misspelt(mark)
            _refuse_second(mark, seen, first_package)
            _read_mark(mark, level, catalogue, reading)
        except ConfigError as error:
            reading.errors.append(_located(level, mark, error))
    return reading


def _as_written(level: Level) -> Sequence[Mark]:
    """Order the marks as they read; in a class body they stand the other way than above it."""
    several = [mark.name for mark in level.marks if mark.name in CONFIGURING]
    if len(several) > len(set(several)):
        return sorted(level.marks, key=lambda mark: level.place(mark) or (0, 0))
    return level.marks


def _read_mark(mark: Mark, level: Level, catalogue: Catalogue, reading: _Reading) -> None:
    origin = f"@pytest.mark.{mark.name}, {level.shown_place(mark)}"
    if mark.name in CONFIGURING:
        reading.settings.append((mark.name, read_settings(mark, catalogue)))
    elif mark.name == "mc_allow":
        reading.allowances += read_allowances(mark, origin)
    else:
        reading.expectations.append(read_expectation(mark, catalogue, origin))


def _refuse_misspelt(mark: Mark) -> None:
    """Refuse a mark that nobody knows: its test would pass unjudged."""
    if mark.name not in OURS:
        raise ConfigError(no_such_mark(mark.name))


def no_such_mark(name: str) -> str:
    """Say that there is no mark of a name that is near ours, and which is meant."""
    known = tuple(sorted(OURS))
    near = (each for each in known if one_slip(fold(name), fold(each)))
    hint = did_you_mean(next(near, name), known)
    return (
        f"@pytest.mark.{name}: there is no such mark.{hint}"
        f" There are {', '.join(known)}. One of your own with such a name has to be registered."
    )


def _refuse_second(mark: Mark, seen: dict[str, Mark], first_package: str) -> None:
    """Refuse a mark that says again what another one of its level says."""
    for about in _about(mark, first_package):
        first = seen.setdefault(about, mark)
        if first is not mark:
            both = mark.name if first.name == mark.name else f"{first.name} and {mark.name}"
            raise ConfigError(
                f"@pytest.mark.{mark.name}: two marks ({both}) for {about} stand in one place."
                " Keep the one that is meant."
            )


def _about(mark: Mark, first_package: str) -> list[str]:
    """List what two marks of one level may not both be about. Nothing is checked yet."""
    if mark.name == "mc_allow":
        return [f"rule {str(rule).partition(':')[0]}" for rule in mark.args]
    if mark.name == "mc_user":
        return [f'the settings of user "{mark.kwargs.get("name") or FIRST_USER}"']
    if mark.name in JUDGING:
        return [f'what package "{mark.kwargs.get("package") or first_package}" may ask for']
    return [f'the settings of package "{mark.kwargs.get("name") or first_package}"']


def _located(level: Level, mark: Mark, error: ConfigError) -> str:
    of = f", {level.qualname}" if level.qualname else ""
    text = str(error).removeprefix("MCSCOPES: ")
    return f"{level.shown_place(mark)}{of}\n  {text}"
