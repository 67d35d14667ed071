"""Access tokens, refresh tokens and codes: their text, their life, and where they are kept."""

from __future__ import annotations

import re
from binascii import b2a_base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .fingerprints import REDACTED, fingerprint
from .ids import TO_MIXED, make_noise
from .packages import Package, claims_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..config import Config, TokenForm
    from .users import User

_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _base64url(data: bytes) -> bytes:
    """Encode as tokens do: without padding (RFC 7515, section 2)."""
    return b2a_base64(data, newline=False).translate(_TO_URL_SAFE, b"=")


_HEADER = _base64url(b'{"alg":"HS256","kid":"4","ver":"1","typ":"JWT"}')
_LENGTH = 512
_SIGNATURE = 43
_NAME = 24
_OPAQUE = "mcscopes"
_OPAQUE_LENGTH = 32
# Codes have a shape of their own: a web server's log of a call-back has one, rightly.
_CODE = "mccode"
_CODE_LENGTH = 40
_CODES = re.compile(rf"{_CODE}[A-Za-z0-9]{{{_CODE_LENGTH - len(_CODE)}}}")


def _write_segments(noise: bytes, member: bytes, claims: bytes) -> str:
    """Write 512 characters in four segments, as seen: no JWT library takes them."""
    payload = b'{"%b":"%b",%b' % (member, noise[:_NAME].translate(TO_MIXED), claims)
    filler = _base64url(noise) * 4
    head = b"%b.%b.%b." % (_HEADER, _base64url(payload), filler[:_SIGNATURE])
    return (head + filler[_SIGNATURE : _SIGNATURE + _LENGTH - len(head)]).decode()


def _write_opaque(noise: bytes, _member: bytes, _claims: bytes) -> str:
    """Write a short token that neither looks like a JWT nor trips secret scanners."""
    return _OPAQUE + noise[: _OPAQUE_LENGTH - len(_OPAQUE)].translate(TO_MIXED).decode()


class _Form(NamedTuple):
    """What the tokens of a tenant look like."""

    prefix: str
    """What all of them begin with."""
    shape: re.Pattern[str]
    """What all of them look like, and those of every other tenant of the session."""
    write: Callable[[bytes, bytes, bytes], str]
    """Writes one: noise, the member that it is in an answer, claims of its client."""


def _form_of(prefix: str, length: int, write: Callable[[bytes, bytes, bytes], str]) -> _Form:
    shape = rf"{re.escape(prefix)}[\w.-]{{{length - len(prefix)}}}"
    return _Form(prefix, re.compile(shape, re.ASCII), write)


_FORMS: Mapping[TokenForm, _Form] = {
    "segments": _form_of(f"{_HEADER.decode()}.", _LENGTH, _write_segments),
    "opaque": _form_of(_OPAQUE, _OPAQUE_LENGTH, _write_opaque),
}


def redact_tokens(text: str) -> str:
    """Replace every token and code in a text, of whichever tenant and run."""
    for shape in (*(form.shape for form in _FORMS.values()), _CODES):
        text = shape.sub(REDACTED, text)
    return text


@dataclass(slots=True, eq=False, kw_only=True)
class Grant:
    """What a user has let an app do: all codes and tokens that come of one consent."""

    package: Package
    user: User
    revoked: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class _Issued:
    text: str = field(repr=False)
    fingerprint: str
    scopes: frozenset[str]
    expires_at: float


@dataclass(slots=True, eq=False, kw_only=True)
class Token(_Issued):
    """One access token that the tenant issued."""

    package: Package
    account_id: int
    """MID of the one business unit that it works in."""
    grant: Grant | None = None
    """None where the client acts for itself."""
    revoked: bool = False

    @property
    def user(self) -> User | None:
        """For whom it acts; None where the client acts for itself."""
        return self.grant.user if self.grant else None

    def lives(self, at: float) -> bool:
        """Whether it is taken at that moment."""
        revoked = self.revoked or (self.grant is not None and self.grant.revoked)
        return at < self.expires_at and not revoked


@dataclass(slots=True, eq=False, kw_only=True)
class Code(_Issued):
    """One authorization code."""

    grant: Grant
    scope_text: str
    redirect_uri: str
    challenge: str | None
    """The S256 code challenge, where one was sent."""
    used: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class RefreshToken(_Issued):
    """One refresh token."""

    grant: Grant
    scope_text: str
    account_id: int
    """MID of the business unit that it is bound to."""
    used_at: float | None = None
    """When it was presented first."""
    revoked: bool = False


class TokenStore:
    """The tokens and codes that one tenant has issued. Several of one client live at once."""

    def __init__(self, config: Config, seed: int | str, enterprise_id: int) -> None:
        self._config = config
        self._seed = seed
        self._enterprise_id = enterprise_id
        self._form = _FORMS[config.token_form]
        self._made = 0
        """How many texts were made."""
        self._tokens: dict[str, Token] = {}
        self._codes: dict[str, Code] = {}
        self._refresh_tokens: dict[str, RefreshToken] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def issue(
        self,
        package: Package,
        scopes: frozenset[str],
        account_id: int,
        at: float,
        grant: Grant | None = None,
    ) -> Token:
        """Make an access token and keep it."""
        text = self._make_text(package, b"access_token")
        token = Token(
            text=text,
            fingerprint=fingerprint(text),
            package=package,
            scopes=scopes,
            account_id=account_id,
            expires_at=at + self._config.token_life,
            grant=grant,
        )
        self._tokens[text] = token
        return token

    def _make_text(self, package: Package, member: bytes) -> str:
        claims = claims_of(package.client_id, self._enterprise_id, package.type)
        return self._form.write(self._make_noise(), member, claims)

    def _make_noise(self) -> bytes:
        """Make what the next text is random by: the same for the same seed, in the same order."""
        self._made += 1
        return make_noise(f"{self._seed}/tokens/{self._made}")

    def issue_code(
        self,
        grant: Grant,
        scopes: frozenset[str],
        scope_text: str,
        *,
        redirect_uri: str,
        challenge: str | None,
        at: float,
    ) -> Code:
        """Make an authorization code and keep it."""
        noise = self._make_noise()[: _CODE_LENGTH - len(_CODE)]
        text = _CODE + noise.translate(TO_MIXED).decode()
        self._codes[text] = code = Code(
            text=text,
            fingerprint=fingerprint(text),
            grant=grant,
            scopes=scopes,
            scope_text=scope_text,
            redirect_uri=redirect_uri,
            challenge=challenge,
            expires_at=at + self._config.code_life,
        )
        return code

    def issue_refresh_token(
        self, grant: Grant, scopes: frozenset[str], scope_text: str, account_id: int, at: float
    ) -> RefreshToken:
        """Make a refresh token and keep it."""
        text = self._make_text(grant.package, b"refresh_token")
        self._refresh_tokens[text] = token = RefreshToken(
            text=text,
            fingerprint=fingerprint(text),
            grant=grant,
            scopes=scopes,
            scope_text=scope_text,
            account_id=account_id,
            expires_at=at + self._config.refresh_life,
        )
        return token

    def find(self, text: str) -> Token | None:
        """Find an access token by its text, alive or expired."""
        return self._tokens.get(text)

    def find_code(self, text: str) -> Code | None:
        """Find a code by its text, whatever has become of it."""
        return self._codes.get(text)

    def find_refresh_token(self, text: str) -> RefreshToken | None:
        """Find a refresh token by its text, whatever has become of it."""
        return self._refresh_tokens.get(text)

    def knows(self, text: str) -> bool:
        """Tell whether the tenant has issued this text, as whatever."""
        return text in self._tokens or text in self._refresh_tokens or text in self._codes

    def revoke(self, text: str) -> bool:
        """End an access token, or a refresh token with all that came of its grant.

        Returns whether there is such a token.
        """
        if (token := self._tokens.get(text)) is not None:
            token.revoked = True
        elif (refresh_token := self._refresh_tokens.get(text)) is not None:
            refresh_token.grant.revoked = True
        else:
            return False
        return True

    def log_out(self, user: User) -> None:
        """End every code of a user who logs out, and every token without the scope `offline`."""
        tokens: Iterable[Token | RefreshToken] = (
            *self._tokens.values(),
            *self._refresh_tokens.values(),
        )
        for token in tokens:
            if token.grant and token.grant.user is user and "offline" not in token.scopes:
                token.revoked = True
        for code in self._codes.values():
            if code.grant.user is user:
                code.used = True

    def redact(self, text: str) -> str:
        """Replace every token and code in a text, another tenant's too."""
        if self._form.prefix in text:
            text = self._form.shape.sub(REDACTED, text)
        return _CODES.sub(REDACTED, text) if _CODE in text else text

    def occur_in(self, text: str) -> bool:
        """Tell whether a text holds an access or refresh token, of whichever tenant."""
        return self._form.prefix in text and self._form.shape.search(text) is not None
