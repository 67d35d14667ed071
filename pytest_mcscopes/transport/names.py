"""Which host names are the real service's, however they are spelled.

Where `mc_guard` is "always", every run of pytest imports this module.
"""

from __future__ import annotations

from contextlib import suppress

from ..cloud.domains import DOMAINS, SUBDOMAINS


def canonical(host: str) -> str:
    """Spell a host name in the one way that it is compared in."""
    if not host.isascii():
        with suppress(UnicodeError):  # of what no resolver takes
            host = host.encode("idna").decode("ascii")  # as resolvers and proxies are given it
    return host.lower().removesuffix(".")


def is_marketing_cloud(host: str) -> bool:
    """Tell whether a host name lies in a domain of the real service, or was meant to."""
    name = canonical(host)
    return name in DOMAINS or name.endswith(SUBDOMAINS) or joined_without_slash(name)


def joined_without_slash(host: str) -> bool:
    """Tell whether a path got into a host name, as in `mcx.auth.marketingcloudapis.comv2`."""
    name = canonical(host)
    return SUBDOMAINS[0] in name and not name.endswith(SUBDOMAINS)


def find_marketing_cloud(host: object) -> str:
    """Give the name that a resolver is asked for if it is Marketing Cloud's; else nothing."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("latin-1")
    if not isinstance(host, str):
        return ""
    name = canonical(host)
    # What is still in another alphabet is no name that a resolver takes.
    return name if name.isascii() and is_marketing_cloud(name) else ""
