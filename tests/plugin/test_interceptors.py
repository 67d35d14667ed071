"""Who refuses a call to `mc_server` is named, with the line that lets it pass.

Stand-ins here; tests/compat/test_interceptors.py runs the real tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

# What responses does with a test and a request, under its name.
RESPONSES = """
from functools import wraps

def activate(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

def send(url):
    raise ConnectionError(f"Connection refused by Responses: POST {url}")
"""
IMPORTS = """
            import httpx
            import pytest
            import responses

            MARK = pytest.mark.mc_scopes("email_send")
"""
REFUSED = """\
MCSCOPES: responses refuses requests to a tenant unless it is told to let them pass.
Write responses.add_passthru("http://127.0.0.1:") in the test, or the same of your own \
RequestsMock, and responses leaves the tenant's ports alone.
"""


@pytest.fixture
def beside(suite: Suite) -> Suite:
    """Runs inner suites that have `responses`."""
    suite.pytester.makepyfile(responses=RESPONSES)
    return suite


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param(
            """
            @MARK
            def test_it(mc_server):
                responses.send(mc_server.auth_url)
            """,
            "failed: note",
            id="the test fails by it",
        ),
        pytest.param(
            """
            def test_it(mc_server):
                try:
                    responses.send(mc_server.rest_url)
                except ConnectionError as error:
                    raise LookupError("no mail today") from error
            """,
            "failed",
            id="the code wraps it, in a test without a mark",
        ),
        pytest.param(
            """
            @pytest.fixture
            def token(mc_server):
                return responses.send(mc_server.soap_url)

            @MARK
            def test_it(token):
                pass
            """,
            "error",
            id="a fixture fails by it",
        ),
        pytest.param(
            """
            def test_it(mc_cloud):
                with mc_cloud.tenant(server=True) as tenant:
                    responses.send(tenant.auth_url)
            """,
            "failed",
            id="the tenant ends by it",
        ),
    ],
)
def test_a_failure_by_it_comes_with_the_way_out(source: str, outcome: str, beside: Suite) -> None:
    """Its error does not say whose the port was; a section below it does."""
    result = beside.run(IMPORTS + source)
    assert beside.told(result) == {"test_it": outcome}
    assert result.stdout.str().count(REFUSED) == 1


def test_a_swallowed_refusal_is_told_in_mcs105(beside: Suite) -> None:
    """Code that lives with a failed login leaves nothing to judge, and the text says why."""
    result = beside.run(
        IMPORTS
        + """
            @responses.activate
            @MARK
            def test_it(mc_server):
                with pytest.raises(ConnectionError):
                    responses.send(mc_server.auth_url)
        """
    )
    assert beside.told(result) == {"test_it": "failed: MCS105"}
    text = " ".join(result.stdout.str().split())
    told = "no token granted: no token request arrived; responses refuses requests to a tenant"
    assert told in text
    assert 'Write responses.add_passthru("http://127.0.0.1:") in the test' in text
    assert "MCSCOPES: responses" not in text


def test_a_refusal_of_a_host_comes_with_the_line_for_hosts(beside: Suite) -> None:
    """`mc_tenant` is called by name."""
    result = beside.run(
        IMPORTS
        + """
            def test_it(mc_tenant):
                responses.send(mc_tenant.auth_url)
        """
    )
    assert beside.told(result) == {"test_it": "failed"}
    assert (
        "MCSCOPES: responses refuses requests to a tenant unless it is told to let them pass.\n"
        'Write responses.add_passthru(re.compile(r"https://[^/]+\\.marketingcloudapis\\.com")) in'
        " the test, or the same of your own RequestsMock, and mc_tenant answers. Where it has"
        " answers of its own for Marketing Cloud's hosts, those come first: give them to"
        " mc_tenant.rest instead.\n"
    ) in result.stdout.str()


def test_a_refusal_of_a_host_by_respx_speaks_of_no_port(suite: Suite) -> None:
    """It is asked before `mc_tenant` only where it lies above httpx's transports."""
    result = suite.run(
        """
        import httpx
        import respx

        @respx.mock(using="httpx")
        def test_it(mc_tenant):
            httpx.get(mc_tenant.auth_url)
        """
    )
    assert suite.told(result) == {"test_it": "failed"}
    assert (
        "MCSCOPES: respx refuses requests to a tenant unless it is told to let them pass.\n"
        'Leave out using="httpx": where respx answers by default, it is asked after us.\n'
    ) in result.stdout.str()


def test_what_took_a_request_to_a_host_is_told_in_mcs105(beside: Suite) -> None:
    """Whoever it was: the tenant never had the request."""
    result = beside.run(
        IMPORTS
        + """
            import requests

            @MARK
            def test_it(mc_tenant, monkeypatch):
                monkeypatch.setattr(requests, "post", lambda url, **how: None)
                requests.post(mc_tenant.auth_url + "v2/token")
        """
    )
    assert beside.told(result) == {"test_it": "failed: MCS105"}
    text = " ".join(result.stdout.str().split())
    arrived = "no token granted: no token request arrived; a stand-in for requests.post took a"
    assert f"{arrived} request to mc" in text
    assert "Let the code call requests itself, so that mc_tenant answers. More:" in text


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param(
            """
            @responses.activate
            @MARK
            def test_it(mc_tenant):
                pass
            """,
            "failed: MCS105",
            id="no port is served",
        ),
        pytest.param(
            """
            def test_it(mc_server):
                responses.send("https://shop.test/")
            """,
            "failed",
            id="a failure by another host",
        ),
        pytest.param(
            """
            def test_it(mc_tenant):
                responses.send("http://127.0.0.1:8080/")
            """,
            "failed",
            id="a port before any of ours",
        ),
        pytest.param(
            """
            @responses.activate
            @MARK
            def test_it(mc_server):
                login = {"grant_type": "client_credentials", "scope": "email_send"}
                httpx.post(mc_server.auth_url + "v2/token", json=login)
            """,
            "failed: MCS105",
            id="a request arrived and was refused by the tenant",
        ),
    ],
)
def test_nobody_is_accused_without_cause(source: str, outcome: str, beside: Suite) -> None:
    """It refused none of ours."""
    result = beside.run(IMPORTS + source)
    assert beside.told(result) == {"test_it": outcome}
    assert "responses refuses" not in result.stdout.str()


def test_a_port_that_cannot_be_opened_is_told_in_plain_words(suite: Suite) -> None:
    """As under --disable-socket of pytest-socket: what to allow, and no traceback."""
    suite.pytester.makepyfile(
        pytest_socket="""
        def refuse(*args, **kwargs):
            raise RuntimeError("A test tried to use socket.socket.")
        """
    )
    result = suite.run(
        """
        import socket

        import pytest
        import pytest_socket

        @pytest.fixture
        def disabled(monkeypatch):
            monkeypatch.setattr(socket, "socket", pytest_socket.refuse)

        def test_it(disabled, mc_server):
            pass
        """
    )
    assert suite.told(result) == {"test_it": "error"}
    text = result.stdout.str()
    assert "MCSCOPES: a tenant's ports are sockets of 127.0.0.1, and pytest-socket refuses" in text
    assert "session.py" not in text
