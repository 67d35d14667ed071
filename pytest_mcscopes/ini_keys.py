"""The ini keys and what they mean, and the edition of the catalogue, for pytest's header.

Every test run of everyone who has the plugin installed imports this module, so
it holds plain values only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Literal

    IniType = Literal["int", "bool", "linelist"]

EDITION = "catalogue of 2026-11-28: 87 scopes, 485 REST routes, 260 SOAP operations"
"""Of the catalogue. A test keeps it equal to the data, which would take too long to read."""
PREFIX = "mc_"
"""What each key begins with."""
INI_KEYS = {
    "enforce": (
        "What the REST and SOAP hosts refuse because a scope is missing: calls whose needs are"
        " known for sure (documented, the default), all calls whose scope is known (all), or"
        " nothing (off)."
    ),
    "trust": (
        "Which catalogue entries tests are judged by: documented and well attested ones"
        " (attested, the default), or only documented ones and those of grade A (documented)."
    ),
    "guard": (
        "When calls of the real service are refused: from the first test that uses this plugin"
        " (tests, the default), from pytest's start, when conftest.py files and tests are imported"
        " (always), or never (off): a marked test whose code makes one fails all the same."
    ),
    "unassigned": (
        "What becomes of a requested scope that the package lacks: the request is refused"
        " (reject, the default), or the token comes without it (drop)."
    ),
    "token_form": (
        "The form of access tokens: 512 characters in four segments as the real ones (segments,"
        " the default), or short ones (opaque)."
    ),
    "expires_in": "The seconds of life that a token answer promises (default 1079).",
    "token_life": "The seconds that an access token lives (default 1200).",
    "basic_auth": (
        "Whether client credentials are taken from an HTTP Basic header as well as from the body"
        " (default false)."
    ),
    "redirect_uris": (
        "Whether a package may have redirect URIs on this machine that the vendor refuses, as"
        " http://localhost:8000/: yes, with a note (loopback, the default), or no (vendor)."
    ),
    "pkce": (
        "Whether an authorize request must have a code challenge (require) or may (optional, the"
        " default). One that is sent is always checked, and must be S256."
    ),
    "null_scope": (
        "What a token request with the JSON value null as `scope` is granted: nothing (nothing,"
        " the default), or everything assigned as if it were left out (omitted). It is judged as"
        " left out either way."
    ),
    "code_life": "The seconds that an authorization code lives (default 300).",
    "refresh_life": "The seconds that a refresh token lives (default 2592000, 30 days).",
    "rotation": (
        "What becomes of a used refresh token: it works for 5 more minutes (grace, the default),"
        " never again (strict), or is not replaced at all (reusable)."
    ),
    "refresh_tokens": (
        "Whether an app gets a refresh token always (always, the default), or only with the scope"
        " offline (offline)."
    ),
    "soap_silent": (
        "Whether a SOAP read without its scope is answered OK without objects, as some accounts"
        " do, in place of an error (default false). It is MCS201 either way."
    ),
    "soap_bytes": "How many bytes a SOAP envelope may have (default 1048576).",
    "rules": (
        "What findings of a rule are in all tests, in place of the default: an error, which fails"
        " the test, or a note; a line each, as MCS303=error. What a mark or a doubtful entry makes"
        " of a finding stays. MCS105 cannot be changed."
    ),
    "data_dir": (
        "The folder in which --mc-data writes a file for each run: below pytest's root folder, or"
        " as an option below the one where pytest is called (default .mcscopes)."
    ),
    "fail_unjudged": "Whether a run fails in which no test was judged (default false).",
    "fail_unmarked": (
        "Whether a run fails in which a test without a mark of this plugin talked to a tenant"
        " (default false)."
    ),
    "gate": (
        "Whether the evidence of the run is checked at its end as mcscopes check does, and fails it"
        " (default false)."
    ),
    "gate_partial": (
        "Whether that check takes a run of a part of the suite for what it is, in place of failing"
        " it (default false)."
    ),
}
"""What each setting means, by the names of `Config`'s fields; `mcscopes explain` says so too."""
RUN_OPTIONS = {
    "suggest": ("", "Tell for each test that talked to a tenant which mark to paste, and why."),
    "data": ("", "Write what each test asked for and used to a file in the folder mc_data_dir."),
    "shard": ("K/N", "Say in that file that this run is the K-th of N shards; selects no tests."),
}
"""Options that are no settings, but each run's own: what they take, and what they mean."""
INI_TYPES: dict[str, IniType] = {
    "expires_in": "int",
    "token_life": "int",
    "basic_auth": "bool",
    "code_life": "int",
    "refresh_life": "int",
    "soap_silent": "bool",
    "soap_bytes": "int",
    "rules": "linelist",
    "fail_unjudged": "bool",
    "fail_unmarked": "bool",
    "gate": "bool",
    "gate_partial": "bool",
}
"""Those that are no "string"."""
