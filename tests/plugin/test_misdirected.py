"""Under a failure that is not ours: which tenant was meant to be called, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

SOURCE = """
import socket
from urllib.parse import urlsplit

import other_library
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

OTHER_LIBRARY = """
import socket
from urllib.parse import urlsplit


class OtherError(OSError):
    pass


def get(url):
    host = urlsplit(url).hostname
    try:
        socket.create_connection((host, 443))
    except OSError as error:
        raise OtherError(f"{host} was not reached") from error
"""


@pytest.mark.measured("a port that has ended")
@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param(
            "other_library.get(mc_tenant.auth_url)",
            "MCSCOPES: other_library called mc*.auth.marketingcloudapis.com by name, and*",
            id="a library that is not answered",
        ),
        pytest.param(
            "socket.create_connection((urlsplit(mc_tenant.auth_url).hostname, 443))",
            "MCSCOPES: socket called mc*.auth.marketingcloudapis.com by name, and*",
            id="a socket, whose error does not name the host",
        ),
        pytest.param(
            "requests.get(kept[0], timeout=5)",
            "MCSCOPES: 127.0.0.1:* belongs to a tenant that ended with fixture mc_tenant*first.",
            id="a port that has ended",
        ),
        pytest.param(
            "requests.get(mc_tenant.rest_url + 'x', timeout=5).raise_for_status()",
            "MCSCOPES: the tenant refused a request of this test: GET /x with no token: 401,*",
            id="an answer",
        ),
        pytest.param(
            "requests.get(mc_tenant.rest_url); raise OSError(mc_tenant.rest_url + ' said 403')",
            "MCSCOPES: the tenant refused a request of this test: GET / with no token: 401,*",
            id="an answer, in the code's own words",
        ),
        pytest.param(
            "raise requests.HTTPError('503 for ' + mc_tenant.auth_url)",
            "",
            id="a mock's answer",
        ),
        pytest.param("requests.get('https://shop.test/', timeout=5)", "", id="another host"),
        pytest.param("requests.get('http://127.0.0.1:9/', timeout=5)", "", id="another port"),
        pytest.param("assert mc_tenant.auth_url == ''", "", id="no connection"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_which_tenant_was_meant(call: str, text: str, suite: Suite) -> None:
    """Two lines, and only where something is known."""
    suite.pytester.makepyfile(other_library=OTHER_LIBRARY)
    result = suite.run(f"{SOURCE}\n\ndef test_it(mc_tenant):\n    {call}\n")
    assert suite.told(result) == {"test_first": "passed", "test_it": "failed"}
    if text:
        result.stdout.fnmatch_lines([text])
    else:
        assert "MCSCOPES: " not in result.stdout.str()


PROXIED = """
import http.client
import json
import urllib.request

import httpx
import pytest
import requests


@pytest.fixture(autouse=True)
def proxy(monkeypatch):
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VARIABLE", "http://127.0.0.1:9/")


def log_in(tenant):
    form = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    form |= {"grant_type": "client_credentials", "scope": "email_send"}
    url = f"{tenant.auth_url}v2/token"
    requests.post(url, json=form, proxies={"http": ""}, timeout=5).raise_for_status()


def test_it(mc_server, monkeypatch):
    BODY
"""


@pytest.mark.measured("HTTP_PROXY")
@pytest.mark.parametrize(
    ("variable", "body", "told"),
    [
        ("HTTP_PROXY", "requests.get(mc_server.rest_url, timeout=5)", True),
        ("http_proxy", "urllib.request.build_opener().open(mc_server.rest_url, timeout=5)", True),
        ("ALL_PROXY", "httpx.get(mc_server.rest_url)", True),
        ("HTTP_PROXY", "json.loads('<html>of the proxy')", True),
        ("HTTPS_PROXY", "json.loads('?')", False),
        ("HTTP_PROXY", "raise LookupError('of its own')", False),
        ("HTTP_PROXY", "raise httpx.ConnectError('MCSCOPES: says it itself')", False),
        (
            "HTTP_PROXY",
            "monkeypatch.setenv('NO_PROXY', '127.0.0.1'); json.loads('?')",
            False,
        ),
        (
            "HTTP_PROXY",
            "log_in(mc_server); raise requests.ConnectionError('by itself')",
            False,
        ),
    ],
)
def test_a_proxy_before_the_ports(variable: str, body: str, told: bool, suite: Suite) -> None:  # noqa: FBT001
    """It is named where a request failed, or had an answer of the proxy's, and none came."""
    result = suite.run(PROXIED.replace("VARIABLE", variable).replace("BODY", body))
    assert suite.told(result) == {"test_it": "failed"}
    text = result.stdout.str()
    assert text.count("-- MCSCOPES --") == told
    expected = (
        f"MCSCOPES: {variable.upper()} is set and NO_PROXY does not name 127.0.0.1: what the code"
        " sends to mc_server goes to that proxy, and nothing of it came.\n"
        "Give the code what mc_server.environment() gives, which has NO_PROXY, or set"
        " NO_PROXY=127.0.0.1.\n"
    )
    assert (expected in text) is told


@pytest.mark.measured("httpx")
@pytest.mark.parametrize(
    "call",
    [
        "requests.get(secure, timeout=5)",
        "httpx.get(secure, verify=False)",
        "urllib.request.build_opener().open(secure, timeout=5)",
    ],
)
def test_tls_to_a_plain_port(call: str, suite: Suite) -> None:
    """The port has seen how TLS begins, and says so beneath the client's own error."""
    result = suite.run(
        f"""
        import urllib.request

        import httpx
        import requests

        def test_it(mc_server):
            secure = mc_server.rest_url.replace("http:", "https:")
            {call}

        def test_next(mc_server):
            assert not mc_server.rest_url
        """
    )
    assert suite.told(result) == {"test_it": "failed", "test_next": "failed"}
    expected = (
        "MCSCOPES: TLS came to a port of mc_server, which speaks plain HTTP: use its URLs as"
        " mc_server gives them, with http://.\n"
    )
    assert result.stdout.str().count(expected) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(
            "call(mc_tenant, ask(mc_tenant, 'email_send'), 'nowhere'); raise LookupError",
            ["MCSCOPES: MCS203 unmapped call: POST /nowhere is not in the catalogue"],
            id="a note that may say why",
        ),
        pytest.param(
            "raise LookupError",
            ["MCSCOPES: until the test failed: no token granted: no token request arrived;"],
            id="no token",
        ),
        pytest.param(
            "send(mc_tenant, 'email_send'); raise LookupError",
            [],
            id="nothing is known",
        ),
        pytest.param(
            "send(mc_tenant, 'email_send'); send(mc_tenant, 'email_send'); raise LookupError",
            [],
            id="a note that has nothing to do with it",
        ),
        pytest.param(
            "requests.get('http://127.0.0.1:1/', timeout=5)",
            ["MCSCOPES: until the test failed: no token granted: no token request arrived;"],
            id="a port of nobody's",
        ),
    ],
)
def test_two_lines_at_most(body: str, told: list[str], suite: Suite) -> None:
    """Under a failure of the test's own, without an error of ours."""
    result = suite.run(
        f"""
        import pytest
        import requests
        from asking import ask, call, send

        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            {body}
        """
    )
    text = result.stdout.str()
    section = text.partition("-- MCSCOPES --")[2].partition("\n")[2].partition("\n===")[0]
    lines = section.splitlines()
    assert len(lines) == len(told)
    for line, begins in zip(lines, told, strict=True):
        assert line.startswith(begins)
    assert "nothing here fails the test" not in text
