"""The users of a tenant: who logs in, and what each may do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from ..catalogue.permissions import permissions_for
from ..config import FIRST_USER, UserConfig
from ..errors import ConfigError
from .by_name import ByName
from .ids import make_noise, pick_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..catalogue.catalogue import Catalogue
    from ..catalogue.model import Permission


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class User:
    """One user of the tenant."""

    name: str
    """By what `authorize(url, user=...)` and `tenant.users[name]` find the user."""
    id: int
    """Employee id, the `sub` of v2/userinfo."""
    locale: str
    """As v2/userinfo tells it."""
    licensed: bool
    """Whether the user has a licence to the packages."""
    permissions: tuple[Permission, ...] = field(repr=False)
    """What the user may do, by id."""
    permission_ids: frozenset[int] = field(repr=False)


def username_of(name: str) -> str:
    """Make one word of a name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "user"


class Users:
    """The users of one tenant by name, the first of whom logs in where nobody else is named."""

    def __init__(self, given: Iterable[UserConfig], catalogue: Catalogue, seed: int | str) -> None:
        self._given = tuple(given) or (UserConfig(),)
        self._catalogue = catalogue
        self._seed = seed
        self._by_name: ByName[User] = ByName("user")
        self._configs: dict[str, UserConfig] = {}

    @property
    def by_name(self) -> Mapping[str, User]:
        """All of them. Built on first use: few tests need users, and they cost more than a token.

        Raises:
            ConfigError: two have the same name.
        """
        given, self._given = self._given, ()
        for each in given:
            self.add(each)
        return self._by_name

    @property
    def first(self) -> User:
        """Who logs in where nobody else is named."""
        return next(iter(self.by_name.values()))

    def add(self, config: UserConfig) -> User:
        """Make a user; the same settings again mean the same user.

        Raises:
            ConfigError: another user has the name, or a permission is unknown.
        """
        if config.name not in self.by_name:
            self._by_name[config.name] = self._build(config)
            self._configs[config.name] = config
        elif self._configs[config.name] != config:
            raise ConfigError(
                f'two users of one tenant have the name "{config.name}". Give each a name of its'
                " own."
            )
        return self._by_name[config.name]

    def add_unnamed(self, config: UserConfig) -> User:
        """Make a user whom nobody has named; the same settings again mean the same user."""
        names = (FIRST_USER if not number else f"{FIRST_USER} {number + 1}" for number in count())
        free = (
            renamed
            for renamed in (config._replace(name=name) for name in names)
            if self.by_name.get(renamed.name) is None or self._configs[renamed.name] == renamed
        )
        return self.add(next(free))

    def _build(self, config: UserConfig) -> User:
        permissions = permissions_for(config, self._catalogue)
        return User(
            name=config.name,
            id=pick_number(make_noise(f"{self._seed}/user/{config.name}"), 700_000_001),
            locale=config.locale,
            licensed=config.licensed,
            permissions=permissions,
            permission_ids=frozenset(each.id for each in permissions),
        )
