"""The settings of a user: the keywords of `mc_user` and its other doors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from ..arguments.keywords import FLAG, NAME, Checked, Kind, check_keywords, is_list, is_text, one_of
from ..catalogue.model import Permission
from ..catalogue.permissions import permissions_for
from ..config import Profile, UserConfig
from ..errors import ConfigError

if TYPE_CHECKING:
    from ..arguments.keywords import Settings
    from ..catalogue.catalogue import Catalogue


def read_user(settings: Settings, catalogue: Catalogue, who: str) -> UserConfig:
    """Read the settings of a user, as `user_settings` checks them."""
    return build_user(user_settings(settings, catalogue, who))


def user_settings(settings: Settings, catalogue: Catalogue, who: str) -> Checked:
    """Check the settings of a user.

    Args:
        settings: by the names of `UserConfig`; in place of `observed`, `permissions_from` names
            the file of a real answer of v2/userinfo, or of its `permissions`.
        catalogue: knows the permissions.
        who: the door, as the user knows it, for the error.

    Raises:
        ConfigError: no mapping, an unknown keyword, a value of the wrong kind, an unknown
            permission, or a file that has none.
    """
    check_keywords(settings, user_kinds(), "mc_user", who)
    checked = Checked(settings)
    if "permissions_from" in settings:
        file = checked.pop("permissions_from")
        checked["observed"] = () if file is None else _read(Path(file), who)
    for words in {"permissions", "without"} & checked.keys():
        checked[words] = None if checked[words] is None else tuple(checked[words])
    permissions_for(build_user(checked), catalogue, who)
    return checked


def build_user(checked: Checked) -> UserConfig:
    """Build a user by settings that were checked."""
    given = {name: value for name, value in checked.items() if value is not None}
    if given.get("permissions") == ():
        # An empty list means none, where all would be the default.
        given.setdefault("profile", "nothing")
    return UserConfig(**given)


def user_kinds() -> dict[str, Kind]:
    """Tell what each keyword of a user has to be."""
    words = 'a list of ids, scopes, families or names, as {}=[5, "email_send", "Email Send"]'
    return {
        "name": NAME,
        "locale": Kind(is_text, 'a locale, as "en-US"', or_none=False),
        "licensed": FLAG,
        "profile": one_of(get_args(Profile)),
        "permissions": Kind(_are_words, words.format("permissions")),
        "without": Kind(_are_words, words.format("without")),
        "permissions_from": Kind(_is_path, 'the path of a file, as "tests/userinfo.json"'),
    }


def _are_words(value: object) -> bool:
    return is_list(value) and all(map(_is_word, value))


def _is_word(value: object) -> bool:
    return is_text(value) or (isinstance(value, int) and not isinstance(value, bool))


def _is_path(value: object) -> bool:
    return is_text(value) or isinstance(value, Path)


def _read(file: Path, who: str) -> tuple[Permission, ...]:
    from ..models import read_permissions  # noqa: PLC0415 - pydantic is slow to import

    where = f"{who}: permissions_from: {file}"
    wanted = "It must be the JSON answer of v2/userinfo, or its permissions array."
    try:
        found = read_permissions(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"{where} cannot be read: {error.strerror}. Write its path from {Path.cwd()}."
        ) from None
    except ValueError as error:
        raise ConfigError(f"{where} makes no sense: {error}. {wanted}") from None
    if not found:
        raise ConfigError(
            f'{where} has no permissions. For a user who may do nothing, write profile="nothing".'
        )
    by_id = {
        each.id: Permission(
            id=each.id,
            object_type=each.objectTypeName,
            operation=each.operationName,
            name=each.name,
        )
        for each in found
    }
    return tuple(by_id.values())
