"""Which redirect URIs the vendor lets a web or public app have.

See https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/integration-considerations.html
(checked 2026-11).
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

MOST_REDIRECT_URIS = 10
"""How many a package may have."""
_NO_APP = {
    "about", "blob", "data", "file", "ftp", "ftps", "javascript", "mailto", "vbscript", "ws", "wss"
}  # fmt: skip
"""Schemes that no mobile app registers."""
_HOST_AND_PORT = re.compile(r"[^/?:]*:\d+(?:[/?]|$)")
"""Without a scheme; the host would be taken for one."""
_ENCODED = re.compile(r"[a-z][a-z0-9+.-]*%3a", re.IGNORECASE)


def check_redirect_uri(uri: str) -> str:
    """Say why the vendor refuses a redirect URI; nothing where it does not.

    What is documented: `https://` or native app syntax, a base domain, no wildcard, plain text,
    `https://127.0.0.1:80/` but not `localhost`. That a fragment is refused is OAuth's own rule
    (RFC 6749, section 3.1.2).
    """
    return _flaw(uri) or _flaw_of_host(urlsplit(uri))


def loopback_only(uri: str) -> bool:
    """Tell whether a URI leads to this machine, and has no flaw but that, or http.

    The setting `redirect_uris = "loopback"` takes those: a local test has to be called back.
    """
    if _flaw(uri):
        return False
    parts = urlsplit(uri)
    return parts.scheme in {"http", "https"} and _is_loopback(parts.hostname or "")


def _flaw(uri: str) -> str:
    """Say what is wrong whatever the host."""
    if flaw := _flaw_of_characters(uri):
        return flaw
    if _ENCODED.match(uri):
        return "it is URL-encoded, and not in plain text"
    if (parts := split_url(uri)) is None:
        return "it cannot be read as an address"
    return _flaw_of_scheme(parts, uri)


def _flaw_of_characters(uri: str) -> str:
    if not uri.isprintable() or " " in uri or "\\" in uri:
        return "it has spaces, backslashes or characters that cannot be seen"
    if not uri.isascii():
        return "it has letters beyond ASCII; write it percent-encoded"
    if "*" in uri:
        return "it has a wildcard"
    return "it has a fragment (#)" if "#" in uri else ""


def _flaw_of_scheme(parts: SplitResult, uri: str) -> str:
    if not parts.scheme or _HOST_AND_PORT.match(uri):
        return "it is not absolute: it has no scheme such as https://"
    if parts.scheme in _NO_APP:
        return f"{parts.scheme}: is neither https:// nor the scheme of an app"
    if parts.scheme in {"http", "https"}:
        return "" if parts.hostname else "it has no host"
    return "" if parts.netloc or parts.path else "nothing comes after its scheme"


def _flaw_of_host(parts: SplitResult) -> str:
    if parts.scheme == "http":
        return "it is http:// and not https://"
    if parts.scheme != "https":
        return ""
    host = (parts.hostname or "").strip(".")
    if host == "localhost":
        return "its host is localhost, for which https://127.0.0.1:80/ stands in local tests"
    return "" if "." in host else "its host is no domain such as example.com"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def split_url(uri: str) -> SplitResult | None:
    """Split what can be read as an address; None: it cannot be."""
    try:
        parts = urlsplit(uri)
        _ = parts.port  # is read late, and may be none
    except ValueError:
        return None
    return parts
