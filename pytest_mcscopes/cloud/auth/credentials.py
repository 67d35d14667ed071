"""Who sends a token request: a client id and its secret, by the body or by HTTP Basic."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..form import Form, text_of

if TYPE_CHECKING:
    from ..http import Request


@dataclass(slots=True, eq=False)
class Credentials:
    """What a client says of itself."""

    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    basic: bool = False
    """Whether they came in an HTTP Basic header."""


NO_CREDENTIALS = Credentials()


def read_credentials(
    request: Request, form: Form, members: tuple[str, str] = ("client_id", "client_secret")
) -> Credentials:
    """Read these two members of the body, and an HTTP Basic header for what is not in it."""
    client_id, secret = text_of(form, members[0]), text_of(form, members[1])
    if client_id is not None and secret is not None:
        return Credentials(client_id, secret)
    user, _, password = (_read_basic(request) or "").partition(":")
    # Clients that have no secret send an empty one, beside a body that says who they are.
    if user and (client_id is None or (password and client_id == user)):
        return Credentials(user, password or None, basic=True)
    return Credentials(client_id, secret)


def _read_basic(request: Request) -> str | None:
    """Read `id:secret` of an HTTP Basic header; None where there is none to be read."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(sent.strip(), validate=True).decode()
    except ValueError:
        return None
