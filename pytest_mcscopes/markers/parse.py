"""From a mark's arguments to a value, or to an error that says how to write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, get_args

from ..errors import ConfigError
from ..privilege.expectation import Allowance, Expectation, Kind, Match
from ..privilege.findings import RULES, TEST_RULES, unknown_rule
from ..settings.packages import package_settings
from ..settings.scopes import read_scopes
from ..settings.users import user_settings
from ..words import did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..arguments.keywords import Checked
    from ..catalogue.catalogue import Catalogue

KINDS: dict[str, Kind] = {
    "mc_scopes": "scopes",
    "mc_least_privilege": "least_privilege",
    "mc_no_token": "no_token",
}
"""What the marks of that family expect. Never changed."""


class Mark(Protocol):
    """What is read of a `pytest.Mark`."""

    @property
    def name(self) -> str:
        """What comes after `pytest.mark.`."""

    @property
    def args(self) -> tuple[Any, ...]:
        """What is given by position."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """What is given by keyword."""


def read_expectation(mark: Mark, catalogue: Catalogue, origin: str = "") -> Expectation:
    """Read a mark of the family that says what may be requested."""
    kind = KINDS[mark.name]
    if kind == "scopes":
        return _read_scopes_mark(mark, catalogue, origin)
    _only(mark, *(("reason", "refused", "package") if kind == "no_token" else ("package",)))
    if mark.args:
        raise _wrong(mark, f"it takes no scopes, got {mark.args[0]!r}. List them by mc_scopes(...)")
    if mark.kwargs.get("reason") is not None:
        _text(mark, "reason", 'a text, as reason="answers from its cache"')
    refused = mark.kwargs.get("refused", False)
    if not isinstance(refused, bool):
        raise _wrong(mark, f"refused must be True or False, got {refused!r}")
    if refused:
        _text(mark, "reason", 'a text with refused=True, as reason="a test of a wrong secret"')
    return Expectation(kind=kind, package=_package(mark), refused=refused, origin=origin)


def _read_scopes_mark(mark: Mark, catalogue: Catalogue, origin: str) -> Expectation:
    _only(mark, "match", "package")
    match = mark.kwargs.get("match", "exact")
    if match not in get_args(Match):
        hint = did_you_mean(str(match), get_args(Match))
        raise _wrong(mark, f"match must be {either(get_args(Match))}, got {match!r}.{hint}")
    if not mark.args:
        raise _wrong(
            mark,
            "it names no scope. Write mc_no_token(reason=...) if the code asks for no token at all,"
            " or mc_least_privilege if it must ask for just what its calls need",
        )
    declared = read_scopes(mark.args, catalogue, lambda text: _wrong(mark, text), 'mc_scopes("{}")')
    return Expectation(
        kind="scopes", declared=declared, match=match, package=_package(mark), origin=origin
    )


def _package(mark: Mark) -> str | None:
    if mark.kwargs.get("package") is None:
        return None
    return _text(mark, "package", "the name of a package")


def read_allowances(mark: Mark, origin: str = "") -> list[Allowance]:
    """Read an `mc_allow` mark."""
    _only(mark, "reason")
    if not mark.args:
        raise _wrong(mark, 'it names no rule. Write mc_allow("MCS201", reason="...")')
    read = [_read_rule(mark, each) for each in mark.args]
    rules = [rule for rule, _ in read]
    if twice := [rule for rule in rules if rules.count(rule) > 1]:
        raise _wrong(mark, f"it names {twice[0]} twice. Keep the one that is meant")
    how = f'a text, as mc_allow("{mark.args[0]}", reason="a test of the denial")'
    reason = _text(mark, "reason", how)
    return [Allowance(rule=rule, reason=reason, origin=origin, only=only) for rule, only in read]


def _read_rule(mark: Mark, written: object) -> tuple[str, str | None]:
    """Read `MCS201`, or `MCS107:bearer` for one kind of a rule's findings."""
    rule, colon, kind = str(written).partition(":")
    if not isinstance(written, str) or rule not in TEST_RULES:
        raise _wrong(mark, unknown_rule(written))
    if RULES[rule].fixed:
        name = RULES[rule].name
        raise _wrong(mark, f"{rule} ({name}) cannot be allowed: nothing else would be judged")
    if colon and kind not in RULES[rule].kinds:
        forms = [f'"{rule}"', *(f'"{rule}:{each}"' for each in RULES[rule].kinds)]
        raise _wrong(mark, f'"{written}" names no findings. Write {" or ".join(forms)}')
    return rule, kind if colon else None


def read_settings(mark: Mark, catalogue: Catalogue) -> Checked:
    """Read the keywords of an `mc_package` or `mc_user` mark."""
    read, first = (
        (package_settings, "scopes")
        if mark.name == "mc_package"
        else (user_settings, "permissions")
    )
    if mark.args:
        how = f"Write {mark.name}({first}=[...])"
        raise _wrong(mark, f"it takes keywords only, got {mark.args[0]!r}. {how}")
    return read(mark.kwargs, catalogue, f"@pytest.mark.{mark.name}")


def _text(mark: Mark, keyword: str, wanted: str) -> str:
    value = mark.kwargs.get(keyword)
    if isinstance(value, str) and value.strip():
        return value
    raise _wrong(mark, f"{keyword} must be {wanted}, got {value!r}")


def _only(mark: Mark, *names: str) -> None:
    for name in mark.kwargs:
        if name not in names:
            hint = did_you_mean(name, names)
            raise _wrong(mark, f"unknown keyword {name!r}.{hint} It takes {', '.join(names)}")


def _wrong(mark: Mark, text: str) -> ConfigError:
    stop = "" if text.endswith(("?", ".")) else "."
    return ConfigError(f"@pytest.mark.{mark.name}: {text}{stop}")
