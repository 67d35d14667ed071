"""The settings of an Installed Package: the keywords of `mc_package` and its other doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ..arguments.keywords import (
    FLAG,
    NAME,
    TEXT,
    Checked,
    Kind,
    check_keywords,
    is_list,
    is_text,
    one_of,
)
from ..cloud.redirect_uris import MOST_REDIRECT_URIS, check_redirect_uri, loopback_only
from ..config import PackageType, Pkce, Unassigned
from ..errors import ConfigError
from ..ledger.facts import ADMIN
from .scopes import read_scopes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..arguments.keywords import Settings
    from ..catalogue.catalogue import Catalogue

NAME_TAKEN = (
    f'"{ADMIN}" is taken, by mc_tenant.admin, whose traffic is never judged. Choose another name'
)


def package_settings(settings: Settings, catalogue: Catalogue, who: str) -> Checked:
    """Check the keywords of an Installed Package, given by the door that is named *who*.

    Raises:
        ConfigError: no mapping, an unknown keyword, or a value of the wrong kind.
    """
    if settings == {}:  # as for most tests
        return Checked()
    check_keywords(settings, package_kinds(), "mc_package", who)
    if settings.get("name") == ADMIN:
        raise ConfigError(f"{who}: the name {NAME_TAKEN}.")
    checked = Checked(settings)
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
    if "redirect_uris" in checked:
        uris = checked["redirect_uris"] = tuple(dict.fromkeys(checked["redirect_uris"]))
        if why := why_no_redirect_uris(uris):
            raise ConfigError(f"{who}: redirect_uris: {why}.")
    return checked


def lay_over_manifest(
    given: Sequence[Checked], manifest: Sequence[Checked], *, others: bool = True
) -> list[Checked]:
    """Put packages over those of the manifest, keyword by keyword.

    Args:
        given: one without a name speaks of the manifest's first.
        manifest: what it says of each package.
        others: whether those of the manifest follow that are not given.
    """
    if not manifest:
        return [*given]
    left = {each["name"]: each for each in manifest}
    first = next(iter(left))
    laid = [_over(each, left.pop(each.get("name", first), Checked(name=first))) for each in given]
    return [*laid, *left.values()] if others else laid


def _over(given: Checked, below: Checked) -> Checked:
    place = given if "scopes" in given else below
    return Checked({**below, **given, "assigned_in": place.get("assigned_in", "")})


def why_no_redirect_uris(uris: Collection[str]) -> str:
    """Say why no package may have these; nothing where it may.

    The tenant refuses loopback ones where they are not wanted.
    """
    for uri in uris:
        why = check_redirect_uri(uri)
        if why and not loopback_only(uri):
            return (
                f"Marketing Cloud refuses {uri!r}: {why}. Use one like"
                " https://app.example.com/callback, or http://127.0.0.1:8000/callback in tests"
            )
    if len(uris) > MOST_REDIRECT_URIS:
        return (
            f"Marketing Cloud takes {MOST_REDIRECT_URIS} for a package, got {len(uris)}. Leave"
            " some out"
        )
    return ""


def package_kinds() -> dict[str, Kind]:
    """Tell what each keyword of a package has to be."""
    addresses = 'a list of addresses, as redirect_uris=["https://app.example.com/callback"]'
    return {
        "name": NAME,
        "scopes": Kind(is_list, 'a list, as scopes=["email_send"] (an empty one assigns none)'),
        "type": one_of(get_args(PackageType), or_none=False),
        "client_id": TEXT,
        "client_secret": TEXT,
        "staged_secret": TEXT,
        "account_id": Kind(_is_mid, "a MID, as account_id=500000002"),
        "business_units": Kind(_are_mids, "a list of MIDs", or_none=False),
        "subdomain": TEXT,
        "unassigned": one_of(get_args(Unassigned)),
        "enabled": FLAG,
        "user_active": FLAG,
        "redirect_uris": Kind(_are_texts, addresses, or_none=False),
        "pkce": one_of(get_args(Pkce)),
        "published": FLAG,
    }


def _is_mid(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit()
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _are_mids(value: object) -> bool:
    return is_list(value) and all(map(_is_mid, value))


def _are_texts(value: object) -> bool:
    # In order: the first is where a user is called back who names none.
    return isinstance(value, list | tuple) and all(map(is_text, value))
