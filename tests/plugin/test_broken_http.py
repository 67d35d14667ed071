"""A token request over a port that cannot be read as HTTP is judged: it asked for a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite


BROKEN = r"""
import socket
import pytest
from urllib.parse import urlsplit
from asking import ask, call

HEAD = b"POST /v2/token HTTP/1.1\r\nHost: x\r\n"

def raw(url, sent):
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answer:
            return answer.read()

{mark}
def test_it(mc_server, mc_tenant):
    {body}
"""
NO_TOKEN = "@pytest.mark.mc_no_token(reason='none')"
SCOPES = "@pytest.mark.mc_scopes('email_send')"
CHUNKED = r"HEAD + b'Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.measured("a header of a log-in")
@pytest.mark.parametrize(
    ("mark", "sent", "outcome"),
    [
        pytest.param(NO_TOKEN, CHUNKED + r"zz\r\n{}'", "failed: MCS109", id="chunk"),
        pytest.param(NO_TOKEN, CHUNKED + "'", "failed: MCS109", id="no end"),
        pytest.param(
            NO_TOKEN, r"HEAD + b'Content-Length: 99999999\r\n\r\n'", "failed: MCS109", id="too long"
        ),
        pytest.param(
            NO_TOKEN,
            r"HEAD + b'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'",
            "failed: MCS109",
            id="two lengths",
        ),
        pytest.param(
            NO_TOKEN,
            r"HEAD.replace(b'POST', b'PUT') + b'Content-Length: 9\r\n\r\n'",
            "failed: MCS109",
            id="another method",
        ),
        pytest.param(
            NO_TOKEN,
            r"HEAD.replace(b'token', b'authorize') + b'Content-Length: 9\r\n\r\n'",
            "failed: MCS109",
            id="authorize",
        ),
        pytest.param(
            NO_TOKEN, r"HEAD + b'No name: \xe4\r\n: none\r\n\r\n'", "failed: MCS109", id="a header"
        ),
        pytest.param(
            NO_TOKEN, r"HEAD + b'X: ' + 40_000 * b'x' + b'\r\n\r\n'", "failed: MCS109", id="431"
        ),
        pytest.param(
            NO_TOKEN, "b'POST /v2/token?' + 40_000 * b'x'", "failed: MCS109", id="a long line"
        ),
        pytest.param(NO_TOKEN, "HEAD", "failed: MCS109", id="half a head"),
        pytest.param(NO_TOKEN, "HEAD[:9]", "passed", id="half a path"),
        pytest.param(
            NO_TOKEN,
            r"b'GET /v2/authorize?client_id=1 HTTP/1.1\r\nHost: x\r\n: none\r\n\r\n'",
            "failed: MCS109",
            id="a header of a log-in",
        ),
        pytest.param(
            NO_TOKEN,
            r"b'POST /v3 HTTP/1.1\r\nHost: x\r\n: none\r\n\r\n'",
            "passed",
            id="a header of another request",
        ),
        pytest.param(NO_TOKEN, r"b'M<> /v2/token HTTP/1.1\r\n\r\n'", "passed", id="no method"),
        pytest.param(
            SCOPES, r"HEAD + b': none\r\n\r\n'", "failed: MCS110", id="a header beside a good one"
        ),
        pytest.param(NO_TOKEN, r"b'CONNECT a:1 HTTP/1.1\r\n\r\n'", "passed", id="no path"),
        pytest.param(NO_TOKEN, r"b'\x16\x03'", "passed", id="no HTTP"),
        pytest.param(SCOPES, CHUNKED + r"zz\r\n{}'", "failed: MCS110", id="beside a good one"),
    ],
)
def test_a_token_request_that_is_no_good_http(
    suite: Suite, mark: str, sent: str, outcome: str
) -> None:
    """It is refused at the door, and asked for a token all the same: what for is not known."""
    body = f"assert b'MCSCOPES' in raw(mc_server.auth_url, {sent})"
    if mark == SCOPES:
        body += "\n    call(mc_tenant, ask(mc_tenant, 'email_send'))"
    assert suite.judge(BROKEN.replace("{mark}", mark).replace("{body}", body)) == {
        "test_it": outcome
    }


@pytest.mark.parametrize("host", ["rest", "soap"])
@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        pytest.param("/v2/token", "failed: MCS109, note MCS203, note", id="misplaced"),
        pytest.param("/hub/v1/campaigns", "passed", id="a call"),
    ],
)
def test_other_hosts(suite: Suite, host: str, path: str, outcome: str) -> None:
    """A token request that came there by mistake counts, whether or not it can be read."""
    sent = CHUNKED.replace("HEAD", f"HEAD.replace(b'/v2/token', b'{path}')")
    body = f"assert b'MCSCOPES' in raw(mc_server.{host}_url, {sent}zz')"
    source = BROKEN.replace("{mark}", NO_TOKEN).replace("{body}", body)
    assert suite.judge(source) == {"test_it": outcome}
