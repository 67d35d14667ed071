"""Loads all that inner runs load, in processes that many of them share."""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages

from _pytest.config import default_plugins

import pytest_mcscopes
from pytest_mcscopes.catalogue.catalogue import load_catalogue

_OTHERS = ("httpcore2", "httpx2", "requests", "trio", "xdist.dsession", "xdist.remote")


def load_all() -> None:
    """Load it; of other libraries those that are installed."""
    for module in walk_packages(pytest_mcscopes.__path__, "pytest_mcscopes."):
        if not module.name.endswith(".__main__"):  # which is a program
            import_module(module.name)
    for plugin in default_plugins:
        import_module(f"_pytest.{plugin}")
    for optional in _OTHERS:
        with suppress(ImportError):
            import_module(optional)
    load_catalogue()
    # The collector, also that of a fork, need not look again at what stays to the end.
    gc.collect()
    gc.freeze()
