"""Which edition of the catalogue this is, for pytest's header.

The header is written at every start of everyone who has the plugin installed,
so these few words are not read from a file. A test keeps them equal to it.
"""

from __future__ import annotations

EDITION = "catalogue of 2026-11-28: 87 scopes, 485 REST routes, 260 SOAP operations"
