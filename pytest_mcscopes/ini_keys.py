"""The ini keys and what they mean, for pytest's `--help`, and the catalogue, for its header.

Every test run of everyone who has the plugin installed imports this module, so
it holds plain values only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    IniType = Literal["string", "int", "bool", "linelist"]

EDITION = "catalogue of 2026-11-28: 87 scopes, 485 REST routes, 260 SOAP operations"
"""Of the catalogue. A test keeps it equal to the data, which would take too long to read."""
PREFIX = "mc_"
"""What each key begins with."""
INI_KEYS: dict[str, tuple[IniType, str]] = {
    "enforce": (
        "string",
        (
            "Calls that are refused because their token lacks a scope: documented (default), all,"
            " or off."
        ),
    ),
    "trust": (
        "string",
        (
            "Which catalogue entries are believed: attested (default: documented, and attested"
            " A or B) or documented."
        ),
    ),
    "unassigned": (
        "string",
        (
            "A requested scope that the package lacks: reject (default) the request, or drop the"
            " scope."
        ),
    ),
    "token_form": (
        "string",
        "Form of tokens: segments (default, 512 characters as on the wire) or opaque (short).",
    ),
    "expires_in": ("int", "Life in seconds that token answers tell (default 1079)."),
    "token_life": ("int", "Life in seconds that tokens have (default 1200)."),
    "basic_auth": ("bool", "Take client credentials from HTTP Basic too (default false)."),
    "redirect_uris": (
        "string",
        (
            "Redirect URIs that the vendor refuses: loopback (default) takes http and localhost on"
            " the loopback address, vendor takes none."
        ),
    ),
    "pkce": ("string", "A code challenge in authorize requests: optional (default) or require."),
    "null_scope": (
        "string",
        "What a scope of JSON null is granted: nothing (default), or all, as if omitted.",
    ),
    "code_life": ("int", "Life in seconds of authorization codes (default 300)."),
    "refresh_life": ("int", "Life in seconds of refresh tokens (default 2592000, 30 days)."),
    "rotation": (
        "string",
        (
            "A used refresh token: grace (default) lets it work for 5 more minutes, strict never"
            " again, reusable for its whole life."
        ),
    ),
    "refresh_tokens": (
        "string",
        "Refresh tokens: always (default), or offline, only with the scope offline.",
    ),
    "soap_silent": (
        "bool",
        "Answer a SOAP read without its scope OK with no objects (default false).",
    ),
    "soap_bytes": ("int", "Largest SOAP envelope in bytes (default 1048576)."),
    "rules": (
        "linelist",
        "What the findings of rules are, error or note, a line each, as MCS303=error.",
    ),
}
"""Type and help, by the names of `Config`'s fields. Never changed."""
