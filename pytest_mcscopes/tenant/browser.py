"""What a user does at a browser: logs in, says no, logs out. It spares a test the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from ..cloud.http import Request, Response
from ..cloud.redirect_uris import split_url
from ..cloud.users import User
from ..errors import ConfigError, McScopesError
from ..settings.users import read_user

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..cloud.state import TenantState
    from ..ledger.ledger import Ledger


class Browser:
    """The browser of a tenant's users."""

    def __init__(
        self,
        state: TenantState,
        ledger: Ledger,
        handle: Callable[[Request, User | None], Response],
        bases: Sequence[str],
    ) -> None:
        """Come to the tenant's auth host at one of these base URLs, one for each door."""
        self._state = state
        self._ledger = ledger
        self._handle = handle
        self._bases = bases

    def user_of(self, who: User | str | Mapping[str, Any] | None, door: str) -> User:
        """Find or make a user: by name, by the keywords of `mc_user`; None: the first.

        Raises:
            ConfigError: there is none of that name, it is another tenant's, or a keyword makes no
                sense.
        """
        users = self._state.users
        written = users.by_name  # built before any that is made here, which is never the first
        if isinstance(who, str):
            return written[who]
        if who is None:
            return users.first
        if not isinstance(who, User):
            config = read_user(who, self._state.catalogue, door)
            return users.add(config) if "name" in who else users.add_unnamed(config)
        if written.get(who.name) is not who:
            raise ConfigError(
                f'{door}: user "{who.name}" is of another tenant. Give the name, or one of the'
                " users of this tenant."
            )
        return who

    def go(self, url: object, user: User | None) -> str:
        """Follow the app's link to v2/authorize, and give the address that comes back.

        Raises:
            McScopesError: the link leads elsewhere, or Marketing Cloud shows a page instead.
        """
        request = self._request(url)
        answer = self._handle(request, user)
        if answer.status == 302:
            return answer.headers["Location"]
        reason = getattr(self._ledger.entries[-1].fact, "reason", None) or "nothing more is known"
        if answer.trouble:
            raise McScopesError(f"authorize: no answer came, as the test ordered: {reason}.")
        raise McScopesError(
            f"authorize: Marketing Cloud answered {answer.status} and sent the browser nowhere:"
            f" {reason}. Look at the URL that the app built."
        )

    def _request(self, url: object) -> Request:
        sent = split_url(str(url)) or urlsplit("")  # what is none leads nowhere
        for base in map(urlsplit, self._bases):
            if _origin(sent) == _origin(base):
                path = f"/{sent.path.removeprefix(base.path)}"
                return Request(method="GET", host="auth", path=path, query=sent.query)
        where = f"{sent.scheme}://{sent.netloc}" if sent.netloc else "no host at all"
        raise McScopesError(
            f"authorize: the URL leads to {where}, and the tenant's auth host is"
            f" {' or '.join(self._bases)}. Give the whole URL that the app sends the browser to,"
            " built from mc_tenant.auth_url."
        )


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    """Tell scheme, host and port, however they are spelt."""
    return url.scheme, url.hostname, url.port or {"https": 443, "http": 80}.get(url.scheme)
