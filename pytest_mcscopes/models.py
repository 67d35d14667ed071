# ruff: noqa: N815 - members are spelt as on the wire
"""The answers of the auth host as models, for users to check fixtures of their own.

`UserInfo.model_validate_json(text)` fails where a member is missing or of another JSON type: a
number in quotes is no number. Members beyond these are kept: the vendor adds some without
notice, and a recorded answer that has them is not wrong.

How sure each fact is: *documented* by the vendor, *seen* in a real answer, or *inferred*. The
pages are those of https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/
(checked 2026-11).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt, TypeAdapter, ValidationError


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class TokenResponse(_Answer):
    """The answer of `POST /v2/token`, whichever the grant.

    See access-token-s2s.html and access-token-app.html: documented, and seen for
    `client_credentials`.
    """

    access_token: str
    """Opaque. 512 characters in every token seen, at most 512 as documented."""
    token_type: Literal["Bearer"]
    """Documented and seen."""
    expires_in: PositiveInt
    """In seconds. 1079 in every answer seen; the token lives for 1200 (documented)."""
    scope: str
    """Separated by spaces; the package's side only, whatever the user may do (documented). Empty
    where none was asked for (inferred)."""
    soap_instance_url: str
    """With scheme and trailing slash as seen; the documented sample has neither."""
    rest_instance_url: str
    """As `soap_instance_url`."""
    refresh_token: str | None = None
    """Web and public apps only (documented)."""


class TokenError(_Answer):
    """A refusal of the auth host, for `/v2/token` and `/v2/userinfo` (documented, and seen).

    Not that of a rate limit, 429, which has `message` and `errorcode` (documented).
    """

    error: str
    """`invalid_client` and `unsupported_grant_type` are seen, `unauthorized_client` is
    documented; no other is public."""
    error_description: str
    error_uri: str


class Timezone(_Answer):
    """A time zone of a user or business unit (documented: getUserInfo.html)."""

    longName: str
    shortName: str
    offset: int | float
    """Hours from UTC."""
    dst: bool
    """Whether it has daylight saving time."""


class User(_Answer):
    """The user that a token acts for (documented: getUserInfo.html)."""

    sub: str
    """Employee id, as text; with `?view=oidc` an address that ends with it."""
    name: str
    preferred_username: str
    email: str
    locale: str
    zoneinfo: str
    timezone: Timezone


class Organization(_Answer):
    """The business unit that a token works in (documented: getUserInfo.html)."""

    member_id: int
    """MID of the business unit."""
    enterprise_id: int
    """EID, the MID of the enterprise's top business unit."""
    enterprise_name: str
    account_type: str
    """`core`, `reseller`, `tiered` or `enterprise` are documented."""
    stack_key: str
    region: str
    """`NA1` and `EU1` are documented."""
    locale: str
    zoneinfo: str
    timezone: Timezone


class Rest(_Answer):
    """Where to call (documented: getUserInfo.html; its sample has no trailing slashes)."""

    rest_instance_url: str
    soap_instance_url: str


class Application(_Answer):
    """The Installed Package that holds a token (documented: getUserInfo.html)."""

    id: str
    """A GUID."""
    name: str
    redirectUrl: list[str]
    appScopes: list[str]
    """The scopes of the package, not of the token (documented)."""


class Permission(_Answer):
    """One thing that the user may do (documented: getUserInfo.html).

    The reference describes `permissions` as one object; its sample, which is followed here, has
    an array.
    """

    objectTypeName: str
    operationName: str
    name: str
    id: PositiveInt
    """As in the vendor's table of REST permission ids and scopes: 5 is Email View."""


class UserInfo(_Answer):
    """The answer of `GET /v2/userinfo` to a user's token (documented: getUserInfo.html).

    To a server-to-server token no answer is public; ours has the same members (inferred).
    """

    exp: int
    """When the token expires, in seconds since 1970."""
    iss: str
    """`https://mc.exacttarget.com` is documented."""
    user: User
    organization: Organization
    rest: Rest
    application: Application
    permissions: list[Permission]


class _Listing(_Answer):
    permissions: list[Permission]


def read_permissions(text: str) -> list[Permission]:
    """Read the permissions of an answer of `/v2/userinfo`, or of its `permissions` array alone.

    Raises:
        ValueError: it is no JSON, or has no such array; the text says where it goes wrong.
    """
    try:
        if text.lstrip().startswith("["):
            return TypeAdapter(list[Permission]).validate_json(text)
        return _Listing.model_validate_json(text).permissions
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None
