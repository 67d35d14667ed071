"""What a user may do: from a few words to permissions of the catalogue.

Profiles are sets of ours, made from the words of the permissions. They are not
the vendor's roles, whose contents are not public.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..words import did_you_mean, meant
from .model import Permission
from .nearest import fold_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..config import Profile, UserConfig
    from .catalogue import Catalogue

_ID = re.compile(r"\d{1,9}", re.ASCII)
_LOOKING = {"View", "Access", "Read"}
_STARTING = {"Start", "Schedule"}
_WAYS = (
    "Write its id (5), a scope (email_send), a family of scopes (email), or its object type and"
    " operation (Email Send). The command mcscopes explain 5 tells what a permission goes with."
)


@lru_cache(maxsize=8)
def known_permissions(catalogue: Catalogue) -> Mapping[int, Permission]:
    """Give every permission that has an id, those too that only the REST pages print."""
    printed = {
        row.permission_id: Permission(
            id=row.permission_id,
            object_type=row.object_type,
            operation=row.operation,
            name=row.permission_name,
        )
        for row in catalogue.scope_permissions
        if row.permission_id is not None
    }
    return printed | dict(catalogue.permissions)


def _all_but_send(catalogue: Catalogue) -> Iterable[Permission]:
    """Leave out what sends by its words, and what goes with a scope to send.

    The words alone would not do: what sends a transactional e-mail is the
    permission TriggeredSendDefinition Create.
    """
    sending = {
        link
        for scope in catalogue.wire_ids
        if catalogue.scopes[scope].action == "send"
        for link in _linked({scope}, catalogue)
    }
    return (each for each in _everything(catalogue) if not (each.id in sending or _says_send(each)))


def _says_send(permission: Permission) -> bool:
    does = {*_words(permission.operation), *_words(permission.name)}
    starts = not does.isdisjoint(_STARTING)
    return "Send" in does or (starts and "Send" in _words(permission.object_type))


def _words(text: str) -> list[str]:
    """Cut `ScheduleandSendMessage` at its capitals."""
    return re.findall(r"[A-Z][a-z]*", text)


def _everything(catalogue: Catalogue) -> Iterable[Permission]:
    return known_permissions(catalogue).values()


PROFILES: dict[Profile, Callable[[Catalogue], Iterable[Permission]]] = {
    "nothing": lambda _: (),
    "read_only": lambda known: (each for each in _everything(known) if each.operation in _LOOKING),
    "all_but_send": _all_but_send,
    "everything": _everything,
}
"""Our sets of permissions. Never changed.

- nothing: none.
- read_only: those whose operation is View, Access or Read.
- all_but_send: all but those with the word Send in operation or name; those to start or schedule
  a thing whose type has that word; and those that the catalogue links with a scope to send.
- everything: all that have an id.
"""


@lru_cache(maxsize=64)
def permissions_for(
    config: UserConfig, catalogue: Catalogue, who: str | None = None
) -> tuple[Permission, ...]:
    """Work out what a user may do, by id; permissions of a real answer as it names them.

    Without a profile it is everything, or nothing if permissions are named. *who* is whose words
    they are, for the error; None: the user's.

    Raises:
        ConfigError: a word means no permission that is known, or not just one.
    """
    who = who or f'user "{config.name}"'
    profile: Profile = config.profile or (
        "nothing" if config.permissions or config.observed else "everything"
    )
    observed = {each.id: each for each in config.observed}
    known = {**known_permissions(catalogue), **observed}
    ids = {each.id for each in PROFILES[profile](catalogue)} | observed.keys()
    for word in config.permissions:
        ids |= _ids_of(word, known, catalogue, f"{who}: permissions")
    for word in config.without:
        ids -= _ids_of(word, known, catalogue, f"{who}: without")
    return tuple(known[number] for number in sorted(ids))


def _ids_of(
    word: int | str, known: Mapping[int, Permission], catalogue: Catalogue, where: str
) -> set[int]:
    text = str(word)
    if _ID.fullmatch(text) and int(text) in known:
        return {int(text)}
    if scopes := _scopes_of(text, catalogue):
        if linked := _linked(scopes, catalogue):
            return linked
        raise ConfigError(
            f'{where}: "{text}" goes with no permission that the catalogue knows, so it would say'
            " nothing. Name the permissions that are meant, by id or by object type and operation."
        )
    return {_named(text, known, catalogue, where)}


def _scopes_of(text: str, catalogue: Catalogue) -> set[str]:
    """Find the scope of an id, or those of a family: `data_extensions`, `Data Extensions`."""
    if text in catalogue.wire_ids:
        return {text}
    wanted = _fold(text)
    return {scope for scope in catalogue.wire_ids if wanted in _families_of(scope, catalogue)}


def _families_of(scope: str, catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    yield _fold(catalogue.scopes[scope].family)
    if prefix := scope.rpartition("_")[0]:
        yield _fold(prefix)


def _fold(text: str) -> tuple[str, ...]:
    return fold_words(text.replace("_", " "))


def _linked(scopes: set[str], catalogue: Catalogue) -> set[int]:
    rows = (row for row in catalogue.scope_permissions if row.scope in scopes)
    return {number for row in rows if (number := row.permission_id or row.matched_permission_id)}


def _named(text: str, known: Mapping[int, Permission], catalogue: Catalogue, where: str) -> int:
    """Find the one permission of a name; what it does goes before how it is called."""
    wanted = _plain(text)
    for spell in (_by_operation, _by_name):
        found = [each for each in known.values() if _plain(spell(each)) == wanted]
        if len(found) == 1:
            return found[0].id
        if found:
            ways = " or ".join(f"{_by_operation(each)} ({each.id})" for each in found)
            raise ConfigError(f'{where}: "{text}" is {len(found)} permissions. Write {ways}.')
    raise ConfigError(
        f'{where}: unknown permission "{text}".{_meant(text, known, catalogue)} {_WAYS}'
    )


def _meant(text: str, known: Mapping[int, Permission], catalogue: Catalogue) -> str:
    if guess := "_" in text and catalogue.did_you_mean(text):
        return meant(guess)
    families = {each.rpartition("_")[0]: None for each in sorted(catalogue.wire_ids)}
    return did_you_mean(text, (*families, *map(_by_operation, known.values())))


def _by_operation(permission: Permission) -> str:
    return f"{permission.object_type} {permission.operation}".strip()


def _by_name(permission: Permission) -> str:
    return f"{permission.object_type} {permission.name}"


def _plain(text: str) -> str:
    """Forget case, blanks and the vendor's bars."""
    return re.sub(r"[\s|]+", "", text.casefold())
