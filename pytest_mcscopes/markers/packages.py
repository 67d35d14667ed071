"""The settings of an Installed Package: the keywords of `mc_package` and its other doors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from ..config import PackageConfig, PackageType, Unassigned, did_you_mean, either
from ..errors import ConfigError
from ..ledger.facts import ADMIN
from .scopes import read_scopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.catalogue import Catalogue

Settings = Mapping[str, Any]


def package_settings(settings: Settings, catalogue: Catalogue, who: str) -> dict[str, Any]:
    """Check the settings of an Installed Package.

    Args:
        settings: by the names of `PackageConfig`.
        catalogue: knows the scope ids.
        who: the door, as the user knows it, for the error.

    Raises:
        ConfigError: no mapping, an unknown keyword, or a value of the wrong kind.
    """
    if not isinstance(settings, Mapping):
        raise ConfigError(f"{who} must be a mapping of mc_package's keywords, got {settings!r}.")
    for name, value in settings.items():
        _check(name, value, who)
    if settings.get("name") == ADMIN:
        raise ConfigError(
            f'{who}: the name "{ADMIN}" is taken, by mc_tenant.admin, whose traffic is never'
            " judged. Choose another name."
        )
    checked = dict(settings)
    if checked.get("scopes") is not None:
        checked["scopes"] = read_scopes(
            checked["scopes"],
            catalogue,
            lambda text: ConfigError(f"{who}: scopes: {text}"),
            'scopes=["{}"]',
        )
    if checked.get("account_id") is not None:
        checked["account_id"] = int(checked["account_id"])
    if "business_units" in checked:
        checked["business_units"] = tuple(map(int, checked["business_units"]))
    return checked


class _Kind(NamedTuple):
    fits: Callable[[object], bool]
    wanted: str
    """What is asked for, in words."""
    or_none: bool = True
    """Whether None says: mint it, or take the default."""


def _check(name: str, value: object, who: str) -> None:
    known = PackageConfig._fields
    if name not in known:
        hint = did_you_mean(str(name), known)
        raise ConfigError(f"{who}: unknown keyword {name!r}.{hint} It takes {', '.join(known)}.")
    kind = _kinds().get(name, _Kind(_is_text, "a text that is not empty"))
    if not (kind.or_none and value is None) and not kind.fits(value):
        shown = "something else" if "secret" in name else repr(value)
        raise ConfigError(f"{who}: {name} must be {kind.wanted}, got {shown}.")


def _kinds() -> dict[str, _Kind]:
    types, ways = get_args(PackageType), get_args(Unassigned)
    return {
        "name": _Kind(_is_text, "a text that is not empty", or_none=False),
        "scopes": _Kind(_is_list, 'a list, as scopes=["email_send"] (an empty one assigns none)'),
        "type": _Kind(types.__contains__, either(types), or_none=False),
        "account_id": _Kind(_is_mid, "a MID, as account_id=500000002"),
        "business_units": _Kind(_are_mids, "a list of MIDs", or_none=False),
        "unassigned": _Kind(ways.__contains__, either(ways)),
        "enabled": _Kind(_is_flag, "True or False", or_none=False),
        "user_active": _Kind(_is_flag, "True or False", or_none=False),
    }


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list(value: object) -> bool:
    # No generator: a mark's arguments are read once per test.
    return isinstance(value, list | tuple | set | frozenset)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_mid(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit()
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _are_mids(value: object) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(map(_is_mid, value))
