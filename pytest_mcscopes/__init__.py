"""Least privilege for Marketing Cloud integrations, as a pytest plugin.

The public names are looked up on first use: every test run of
everyone who has the plugin installed imports this module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cloud.packages import Package
    from .cloud.users import User
    from .errors import ConfigError, McScopesError, ScopeAssertionError
    from .ledger.facts import CallMade, TokenRequested
    from .session.cloud import MarketingCloud
    from .stubs.soap import SoapStub
    from .stubs.soap_calls import SoapCall
    from .tenant.clock import CloudClock
    from .tenant.tenant import Tenant
    from .transport.hosts import not_marketing_cloud

    __version__: str
else:
    # Out of sight of type checkers, which would take it to have every name.
    def __getattr__(name: str) -> object:
        if name == "__version__":
            return import_module("importlib.metadata").version("pytest-mcscopes")
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        homes = {
            "CallMade": ".ledger.facts",
            "CloudClock": ".tenant.clock",
            "MarketingCloud": ".session.cloud",
            "Package": ".cloud.packages",
            "SoapCall": ".stubs.soap_calls",
            "SoapStub": ".stubs.soap",
            "Tenant": ".tenant.tenant",
            "TokenRequested": ".ledger.facts",
            "User": ".cloud.users",
            "not_marketing_cloud": ".transport.hosts",
        }
        return getattr(import_module(homes.get(name, ".errors"), __name__), name)


__all__ = [
    "CallMade",
    "CloudClock",
    "ConfigError",
    "MarketingCloud",
    "McScopesError",
    "Package",
    "ScopeAssertionError",
    "SoapCall",
    "SoapStub",
    "Tenant",
    "TokenRequested",
    "User",
    "__version__",
    "not_marketing_cloud",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
