"""The domains of the real service."""

from __future__ import annotations

DOMAINS = ("marketingcloudapis.com", "exacttargetapis.com", "exacttarget.com")
"""The first is today's."""
SUBDOMAINS = tuple(f".{domain}" for domain in DOMAINS)
"""What the names of its hosts end with."""
_OF_TENANTS = frozenset(f"{kind}.{DOMAINS[0]}" for kind in ("auth", "rest", "soap"))


def subdomain_of(host: str) -> str:
    """Give the subdomain that is in the name of a tenant's host; of any other host, nothing."""
    subdomain, _, kind = host.partition(".")
    return subdomain if kind in _OF_TENANTS else ""
