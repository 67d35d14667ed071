"""The domains of the real service."""

from __future__ import annotations

DOMAINS = ("marketingcloudapis.com", "exacttargetapis.com", "exacttarget.com")
"""The first is today's."""
SUBDOMAINS = tuple(f".{domain}" for domain in DOMAINS)
"""What the names of its hosts end with."""
