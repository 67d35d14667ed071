"""The two exceptions that users meet.

```
Exception
 +- McScopesError          the test suite holds pytest-mcscopes wrong
 |   +- ConfigError        a marker, setting or fixture says something impossible
 |   +- CatalogueError     a data file of the catalogue cannot be read
 +- AssertionError
     +- ScopeAssertionError  the code under test asks for the wrong rights
```
"""

from __future__ import annotations


class McScopesError(Exception):
    """Raised when pytest-mcscopes is used in a way that cannot work."""

    def __init__(self, message: str) -> None:
        super().__init__(message if message.startswith("MCSCOPES: ") else f"MCSCOPES: {message}")


class ConfigError(McScopesError):
    """Raised when a marker, setting or fixture says something impossible."""


class UnknownNameError(ConfigError, KeyError):
    """Raised when a package or user is looked up by a name that the tenant does not have."""

    __str__ = Exception.__str__  # not quoted, as a KeyError's is


class CatalogueError(McScopesError):
    """Raised when a data file of the catalogue is missing or corrupt."""


class ScopeAssertionError(AssertionError):
    """Raised when the code under test asks for more, or less, than it needs."""
