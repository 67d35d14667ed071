"""From a mark's arguments to a value, or to an error that says how to write it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol, get_args

from ..catalogue.catalogue import Catalogue
from ..config import PackageConfig, PackageType, Unassigned
from ..errors import ConfigError
from ..privilege.expectation import Allowance, Expectation, Match
from ..privilege.findings import RULES

FAMILY = {
    "mc_scopes": "scopes",
    "mc_least_privilege": "scopes",
    "mc_no_token": "scopes",
    "mc_allow": "allow",
    "mc_package": "package",
}
"""Marker -> its family: of one family the closest mark wins. Never changed."""


class Mark(Protocol):
    """What we read of a `pytest.Mark`."""

    @property
    def name(self) -> str: ...
    @property
    def args(self) -> tuple[Any, ...]: ...
    @property
    def kwargs(self) -> Mapping[str, Any]: ...


def read_expectation(mark: Mark, catalogue: Catalogue, origin: str = "") -> Expectation:
    """Read a mark of the family that says what may be requested.

    Raises:
        ConfigError: the arguments make no sense; the text says how to write them.
    """
    package = mark.kwargs.get("package")
    if package is not None and not isinstance(package, str):
        raise _wrong(mark, f"package must be the name of a package, got {package!r}")
    if mark.name == "mc_scopes":
        _only(mark, "match", "package")
        match = mark.kwargs.get("match", "exact")
        if match not in get_args(Match):
            raise _wrong(mark, f"match must be {_either(get_args(Match))}, got {match!r}")
        declared = _declared(mark, catalogue)
        return Expectation(kind="scopes", declared=declared, match=match, package=package, origin=origin)
    _only(mark, *(("reason", "package") if mark.name == "mc_no_token" else ("package",)))
    if mark.args:
        raise _wrong(mark, f"it takes no scopes, got {mark.args[0]!r}; write mc_scopes(...) to list them")
    kind = "no_token" if mark.name == "mc_no_token" else "least_privilege"
    return Expectation(kind=kind, package=package, origin=origin)  # type: ignore[arg-type]  # one of the two above


def _declared(mark: Mark, catalogue: Catalogue) -> frozenset[str]:
    if not mark.args:
        raise _wrong(
            mark,
            "it names no scope. Write mc_no_token(reason=...) if the code asks for no token at all,"
            " or mc_least_privilege if it must ask for just what its calls need",
        )
    return read_scopes(mark.args, catalogue, lambda text: _wrong(mark, text), 'mc_scopes("{}")')


def read_scopes(
    scopes: Iterable[object], catalogue: Catalogue, error: Callable[[str], ConfigError], like: str
) -> frozenset[str]:
    """Read scope ids one by one.

    Args:
        scopes: what the user wrote.
        catalogue: knows the ids, and what a wrong one may have meant.
        error: makes the error of a text.
        like: how to write several; `{}` stands for the ids.
    """
    found = list(scopes)
    for scope in found:
        if not isinstance(scope, str):
            raise error(f"a scope is a text such as \"email_send\", got {scope!r}")
        if parts := _several(scope):
            raise error(f'"{scope}" is {len(parts)} scopes in one text. Write {like.format(_joined(parts))}')
        if scope not in catalogue.wire_ids:
            guess = catalogue.did_you_mean(scope)
            hint = f' Did you mean "{guess}"?' if guess else ""
            raise error(f'unknown scope "{scope}".{hint}')
    return frozenset(scope for scope in found if isinstance(scope, str))


def _several(scope: str) -> list[str]:
    parts = scope.replace(",", " ").split()
    return parts if len(parts) > 1 else []


def _joined(parts: Sequence[str]) -> str:
    return '", "'.join(parts)


def read_allowances(mark: Mark, origin: str = "") -> list[Allowance]:
    """Read an `mc_allow` mark.

    Raises:
        ConfigError: no rule, an unknown rule, one that may not be allowed, or no reason.
    """
    _only(mark, "reason")
    reason = mark.kwargs.get("reason")
    if not mark.args:
        raise _wrong(mark, 'it names no rule. Write mc_allow("MCS201", reason="...")')
    for rule in mark.args:
        if rule not in RULES:
            raise _wrong(mark, f"unknown rule {rule!r}.{_hint(str(rule), RULES)}")
        if RULES[rule].fixed:
            raise _wrong(mark, f"{rule} ({RULES[rule].name}) cannot be allowed: without a token nothing is judged")
    if not isinstance(reason, str) or not reason.strip():
        raise _wrong(mark, f'it gives no reason. Write mc_allow("{mark.args[0]}", reason="why this is right here")')
    return [Allowance(rule=rule, reason=reason, origin=origin) for rule in mark.args]


def read_package(mark: Mark, catalogue: Catalogue) -> dict[str, Any]:
    """Read the keywords of an `mc_package` mark.

    Raises:
        ConfigError: see `package_settings`.
    """
    if mark.args:
        raise _wrong(mark, f"it takes keywords only, got {mark.args[0]!r}. Write mc_package(scopes=[...])")
    return package_settings(mark.kwargs, catalogue, "mc_package(...)")


def package_settings(settings: Mapping[str, Any], catalogue: Catalogue, who: str) -> dict[str, Any]:
    """Check the settings of an Installed Package, from whichever door.

    Args:
        settings: by the names of `PackageConfig`.
        catalogue: knows the scope ids.
        who: the door, as the user knows it, for the error.

    Raises:
        ConfigError: an unknown keyword, an unknown scope, or a value of the wrong kind.
    """
    names = [field.name for field in fields(PackageConfig)]
    checked = dict(settings)
    for name, value in settings.items():
        if name not in names:
            raise ConfigError(f"{who}: unknown keyword {name!r}.{_hint(name, names)} It takes {', '.join(names)}.")
        problem = _problem(name, value)
        if problem:
            raise ConfigError(f"{who}: {name} must be {problem}, got {_shown(name, value)}.")
    if isinstance(settings.get("scopes"), Iterable):
        checked["scopes"] = read_scopes(
            settings["scopes"], catalogue, lambda text: ConfigError(f"{who}: scopes: {text}"), 'scopes=["{}"]'
        )
    checked |= {name: int(checked[name]) for name in ("account_id",) if checked.get(name) is not None}
    if "business_units" in checked:
        checked["business_units"] = tuple(int(each) for each in checked["business_units"])
    return checked


def _shown(name: str, value: object) -> str:
    return "something else" if "secret" in name else repr(value)


def _problem(name: str, value: object) -> str | None:
    """Say what a value should have been; None where it is right."""
    kinds: dict[str, tuple[Callable[[object], bool], str]] = {
        "name": (_is_text, "a text"),
        "scopes": (_is_list, 'a list of scopes, as scopes=["email_send"] (an empty list assigns none)'),
        "type": (lambda each: each in get_args(PackageType), _either(get_args(PackageType))),
        "account_id": (_is_mid, "a MID, as account_id=500000002"),
        "business_units": (
            lambda each: isinstance(each, list | tuple | set | frozenset) and all(map(_is_mid, each)),
            "a list of MIDs",
        ),
        "unassigned": (lambda each: each in get_args(Unassigned), _either(get_args(Unassigned))),
        "enabled": (lambda each: isinstance(each, bool), "True or False"),
        "user_active": (lambda each: isinstance(each, bool), "True or False"),
    }
    if value is None and name not in {"name", "type", "enabled", "user_active", "business_units"}:
        return None
    fits, expected = kinds.get(name, (_is_text, "a text that is not empty"))
    return None if fits(value) else expected


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _is_mid(value: object) -> bool:
    return not isinstance(value, bool) and (
        (isinstance(value, int) and value > 0) or (isinstance(value, str) and value.isascii() and value.isdigit())
    )


def _only(mark: Mark, *names: str) -> None:
    for name in mark.kwargs:
        if name not in names:
            raise _wrong(mark, f"unknown keyword {name!r}.{_hint(name, names)} It takes {', '.join(names)}")


def _wrong(mark: Mark, text: str) -> ConfigError:
    return ConfigError(f"@pytest.mark.{mark.name}: {text}{'' if text.endswith(('?', '.')) else '.'}")


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _either(words: Sequence[str]) -> str:
    return " or ".join(f'"{word}"' for word in words)
