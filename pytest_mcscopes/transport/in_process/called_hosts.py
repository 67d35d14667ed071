"""Whom a call of an HTTP library is for, as far as its arguments say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..names import canonical
from .library_names import CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_URLS = ("url", "request", "base_url", "str_or_url", "fullurl")
"""Names of the arguments that say who is called."""
_USUAL = frozenset({None, 80, 443})


def hosts_in(args: Iterable[object], named: Mapping[str, object]) -> list[str]:
    """Find whom arguments name: in a URL or a request, or else the base URL of a client."""
    given = [*args, *(named[each] for each in _URLS if each in named)]
    return _hosts_of(map(_url_of, given)) or _hosts_of(map(_base_of, given))


def _hosts_of(urls: Iterable[str]) -> list[str]:
    parts = (urlsplit(url) for url in urls if "://" in url)
    return [canonical(each.netloc.rpartition("@")[2]) for each in parts]


def host_of_client(client: object) -> list[str]:
    """Find the host of a client that was made for one; of a class it is not known."""
    return _hosts_of([_base_of(client)])


def _url_of(value: Any) -> str:  # noqa: ANN401 - whatever a call was given
    if isinstance(value, str) or type(value).__name__ == "URL":
        return str(value)
    url = getattr(value, "full_url", getattr(value, "url", ""))
    return str(url) if isinstance(url, str) or type(url).__name__ == "URL" else ""


def hosts_connected_to(args: Sequence[object], named: Mapping[str, object]) -> list[str]:
    """Find the host that a connection is made for, in the arguments of its class."""
    given = {**dict(zip(("host", "port"), args, strict=False)), **named}
    host = given.get("host")
    return [_address(host, given.get("port"))] if isinstance(host, str) else []


def _address(host: str, port: object) -> str:
    return canonical(host) if port in _USUAL else f"{canonical(host)}:{port}"


def _base_of(value: Any) -> str:  # noqa: ANN401
    if any(kind.__name__ in CONNECTIONS for kind in type(value).__mro__):
        host, port = value.host, value.port
        if getattr(value, "_tunnel_port", None):  # a proxy's is not meant
            host, port = value._tunnel_host, value._tunnel_port  # noqa: SLF001
        return f"https://{_address(host, port)}"
    base = getattr(value, "base_url", getattr(value, "_base_url", ""))
    return str(base) if isinstance(base, str) or type(base).__name__ == "URL" else ""
