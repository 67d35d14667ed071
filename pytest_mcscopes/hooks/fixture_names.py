"""Texts in the words of the test that reads them: what it calls its tenant, and configures it by.

All that is below the plugin speaks of `mc_tenant` and of marks. A test may have neither.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .fixtures import closure_of
from .hidden_ids import hide_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_TENANT = re.compile(r"\bmc_tenant\.(?=[a-z])")
_OTHER_LIBRARIES = re.compile(
    r";\s+in\s+another\s+process,\s+or\s+with\s+a\s+library\s+that\s+mc_tenant\s+does\s+not\s+answer,"
    r"\s+such\s+as\s+pycurl,\s+give\s+it\s+those\s+of\s+mc_server"
)
_OF_CLOUD = (
    (re.compile(r"(?:\bmark\s+)?(?:@pytest\.mark\.)?\bmc_package\("), "mc_cloud.tenant("),
    (re.compile(r"\bmc_user(?=\s+give\b)"), "users=[{...}] of mc_cloud.tenant"),
    (re.compile(r"\bthose(\s+)of\s+mc_server"), r"those\1of mc_cloud.tenant(server=True)"),
)


def in_words_of(item: pytest.Item, text: str) -> str:
    """Write a text of ours for a test that has `mc_server`, or a tenant of `mc_cloud`, alone."""
    text = hide_ids(item.config, text)
    name = _name_of_tenant(item)
    if name == "mc_tenant":
        return text
    if name == "mc_server":
        text = _OTHER_LIBRARIES.sub("", text)
    else:
        for pattern, words in _OF_CLOUD:
            text = pattern.sub(words, text)
    return _TENANT.sub(f"{name}.", text)


def _name_of_tenant(item: pytest.Item) -> str:
    """Tell what the test calls its tenant; that of `mc_cloud` has the name that it was given."""
    closure = set(closure_of(item))
    if "mc_tenant" in _taken_by_name(item) or closure.isdisjoint({"mc_server", "mc_cloud"}):
        return "mc_tenant"
    return "mc_server" if "mc_server" in closure else "tenant"


def _taken_by_name(item: pytest.Item) -> Iterator[str]:
    """Yield what the test and its fixtures ask for, but for what our own do."""
    # pytest has no public way to tell which fixture a name stands for.
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return
    yield from info.argnames
    yield from info.initialnames
    for name, fixtures in info.name2fixturedefs.items():
        if name != "mc_server":
            yield from fixtures[-1].argnames
