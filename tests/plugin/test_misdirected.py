"""Under a failure that is not ours: which tenant was meant to be called, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Suite

SOURCE = """
import socket
from urllib.request import urlopen

import pytest
import requests

kept = []


@pytest.fixture(autouse=True)
def no_names(monkeypatch):
    find = socket.getaddrinfo

    def refuse(host, *rest, **named):
        if host == "127.0.0.1":
            return find(host, *rest, **named)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_first(mc_server):
    kept.append(mc_server.auth_url)
"""


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param(
            "requests.get(mc_tenant.auth_url, timeout=5)",
            "MCSCOPES: requests called mc*.auth.marketingcloudapis.com by name, and*",
            id="requests",
        ),
        pytest.param(
            "urlopen(mc_tenant.auth_url, timeout=5)",
            "MCSCOPES: urllib called mc*.auth.marketingcloudapis.com by name, and*",
            id="urllib, whose error does not name the host",
        ),
        pytest.param(
            "requests.get(kept[0], timeout=5)",
            "MCSCOPES: 127.0.0.1:* belongs to a tenant that ended with fixture mc_tenant*first.",
            id="a port that has ended",
        ),
        pytest.param("requests.get('https://shop.test/', timeout=5)", "", id="another host"),
        pytest.param("requests.get('http://127.0.0.1:9/', timeout=5)", "", id="another port"),
        pytest.param("assert mc_tenant.auth_url == ''", "", id="no connection"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_which_tenant_was_meant(call: str, text: str, suite: Suite) -> None:
    """Two lines, and only where something is known."""
    result = suite.run(f"{SOURCE}\n\ndef test_it(mc_tenant):\n    {call}\n")
    assert suite.told(result) == {"test_first": "passed", "test_it": "failed"}
    if text:
        result.stdout.fnmatch_lines([text])
    else:
        assert "MCSCOPES: " not in result.stdout.str()
