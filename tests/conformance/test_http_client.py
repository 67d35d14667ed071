"""The door for http.client, and for all that is built upon it."""

from __future__ import annotations

import errno
import http.client
import os
import select
import socket
import ssl
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import httpx
import pytest
import requests
import urllib3
from in_process import AUTH, REST, STALE, TLS, UNOWNED
from tenants import AnsweringTenant

from pytest_mcscopes.cloud.http import Response
from pytest_mcscopes.stubs.rest import Stubs
from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process import http_client
from pytest_mcscopes.transport.in_process.answering_socket import AnsweringSocket
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mcscopes.cloud.http import Trouble
    from pytest_mcscopes.transport.hosts import Stray

LOGIN = b'{"client_secret": "s3cret"}'
NOWHERE = "http://192.0.2.1:3128"
"""A proxy that nobody could reach."""

pytestmark = pytest.mark.usefixtures("mount")
alone = pytest.mark.usefixtures("no_network")


class Answer(NamedTuple):
    """What a client got."""

    status: int
    body: bytes


class OwnConnect(http.client.HTTPSConnection):
    """A user's class, which connects in a way of its own."""

    connect = mock.Mock(side_effect=AssertionError("the network was touched"))


class Socks(urllib3.connection.HTTPSConnection):
    """As urllib3 derives it for SOCKS: the proxy resolves the name."""

    _new_conn = mock.Mock(side_effect=AssertionError("the network was touched"))


def connection(url: str) -> http.client.HTTPConnection:
    """Build a connection of the standard library's to a URL's host."""
    scheme, _, host = url.partition("/x")[0].partition("://")
    if scheme == "http":
        return http.client.HTTPConnection(host, timeout=60)
    return http.client.HTTPSConnection(host, timeout=60, context=TLS)


def by_http_client(method: str, url: str, body: bytes | None = None) -> Answer:
    """Send by the standard library's class."""
    return over(connection(url), method, body)


def by_own_connect(method: str, url: str, body: bytes | None = None) -> Answer:
    """Send by a subclass of it."""
    return over(OwnConnect(url.split("/")[2], context=TLS), method, body)


def over(client: http.client.HTTPConnection, method: str, body: bytes | None = None) -> Answer:
    """Send over a connection, and close it."""
    client.request(method, "/x?y=1", body)
    answer = client.getresponse()
    read = Answer(answer.status, answer.read())
    client.close()
    return read


def by_urllib(method: str, url: str, body: bytes | None = None) -> Answer:
    """Send by urllib."""
    asked = urllib.request.Request(url, body, method=method)  # noqa: S310 - the scheme is ours
    with urllib.request.urlopen(asked, context=TLS) as answer:  # noqa: S310
        return Answer(answer.status, answer.read())


def by_urllib3(method: str, url: str, body: bytes | None = None) -> Answer:
    """Send by urllib3."""
    with urllib3.PoolManager(ssl_context=TLS, retries=False) as pools:
        answer = pools.request(method, url, body=body)
    return Answer(answer.status, answer.data)


def by_socks(method: str, url: str, body: bytes | None = None) -> Answer:
    """Send by urllib3 through SOCKS."""
    client = Socks(url.split("/")[2], ssl_context=TLS)
    client.request(method, "/x?y=1", body)
    answer = client.getresponse()
    return Answer(answer.status, answer.data)


def by_requests(method: str, url: str, body: bytes | None = None) -> Answer:
    """Send by requests."""
    answer = requests.request(method, url, data=body, timeout=60)
    return Answer(answer.status_code, answer.content)


every_library = pytest.mark.parametrize(
    "send",
    [by_http_client, by_own_connect, by_urllib, by_urllib3, by_socks, by_requests],
    ids=lambda send: send.__name__,
)


@alone
class TestRequest:
    """What of a request reaches the tenant."""

    @every_library
    @pytest.mark.parametrize(
        "netloc",
        [AUTH, AUTH.upper(), f"{AUTH}.", f"{AUTH}:443"],
        ids=["plain", "capitals", "trailing dot", "the usual port"],
    )
    def test_it_arrives_as_sent(
        self, netloc: str, send: Callable[..., Answer], tenant: AnsweringTenant
    ) -> None:
        """By every library, however the host is spelled."""
        assert send("POST", f"https://{netloc}/x?y=1", LOGIN) == (200, b"ours POST")
        (seen,) = tenant.seen
        assert (seen.host, seen.method, seen.path, seen.query) == ("auth", "POST", "/x", "y=1")
        assert (seen.body, seen.urls, seen.connection) == (LOGIN, None, 0)

    def test_headers_are_by_lower_case_name_and_joined(self, tenant: AnsweringTenant) -> None:
        """Repeated headers become one, as any server would read them."""
        client = connection(f"https://{AUTH}")
        client.putrequest("GET", "//a%2Fb", skip_accept_encoding=True)
        client.putheader("X-Tag", "a")
        client.putheader("x-tag", "b")
        client.endheaders()
        assert client.getresponse().read() == b"ours GET"
        assert tenant.seen[0].headers == {"host": AUTH, "x-tag": "a, b"}
        assert tenant.seen[0].path == "//a%2Fb"

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"x" * (4 << 20), id="at once"),
            pytest.param([b"x" * (16 << 10)] * 256, id="in pieces"),
            pytest.param([b"x"] * 3_000 + [bytearray(b"y"), memoryview(b"z")], id="in crumbs"),
        ],
    )
    def test_a_long_body_is_read(self, body: Any, tenant: AnsweringTenant) -> None:  # noqa: ANN401
        """With its length, or chunked."""
        client = connection(f"https://{AUTH}")
        client.request("POST", "/x", iter(body) if isinstance(body, list) else body)
        assert client.getresponse().status == 200
        assert tenant.seen[0].body == (body if isinstance(body, bytes) else b"".join(body))

    def test_a_body_may_wait_to_be_wanted(self, tenant: AnsweringTenant) -> None:
        """`Expect: 100-continue` is answered before the body has come."""
        client = connection(f"https://{AUTH}")
        client.putrequest("POST", "/x")
        client.putheader("Expect", "100-continue")
        client.putheader("Content-Length", str(len(LOGIN)))
        client.endheaders()
        assert client.sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.sock.send(LOGIN) == len(LOGIN)
        assert client.getresponse().read() == b"ours POST"
        assert tenant.seen[0].body == LOGIN

    def test_nobody_need_read_the_answer(self, tenant: AnsweringTenant) -> None:
        """A request that is sent has arrived."""
        client = connection(f"https://{AUTH}")
        client.request("POST", "/v2/token", LOGIN)
        assert len(tenant.seen) == 1
        client.close()

    def test_threads_share_a_session(self, tenant: AnsweringTenant) -> None:
        """Each gets its own answer, and each call is seen."""
        tenant.stubs = Stubs(f"https://{REST}")
        tenant.stubs.router.get(path__regex=r"/(?P<number>\d+)").mock(
            side_effect=lambda _, number: httpx.Response(200, text=number)
        )
        with requests.Session() as session, ThreadPoolExecutor(16) as threads:
            texts = threads.map(lambda n: session.get(f"https://{REST}/{n}").text, range(80))
            assert list(texts) == [str(n) for n in range(80)]
        assert len(tenant.completed) == 80


@alone
class TestAnswer:
    """What of the tenant's answer reaches the client."""

    @every_library
    def test_a_long_answer_is_whole(
        self, send: Callable[..., Answer], tenant: AnsweringTenant
    ) -> None:
        """Five megabytes."""
        tenant.answer = Response(status=200, body=b"x" * (5 << 20))
        assert send("GET", f"https://{AUTH}/x?y=1") == (200, tenant.answer.body)

    @pytest.mark.parametrize("status", [204, 304])
    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    def test_no_body_is_as_on_the_wire(
        self, method: str, status: int, tenant: AnsweringTenant
    ) -> None:
        """And the connection is of use afterwards."""
        client = connection(f"https://{AUTH}")
        for number, length in ((200, 4 if method == "GET" else 0), (status, 0), (200, None)):
            tenant.answer = Response(status=number, body=b"" if number == status else b"body")
            client.request(method, "/x")
            answer = client.getresponse()
            assert answer.status == number
            assert length is None or len(answer.read()) == length

    def test_a_connection_is_kept(self, tenant: AnsweringTenant) -> None:
        """One after the other, unless either side says that it ends."""
        client = connection(f"https://{AUTH}")
        client.request("GET", "/1")
        sock = client.sock
        assert client.getresponse().read() == b"ours GET"
        client.request("GET", "/2", headers={"Connection": "close"})
        assert client.sock is sock
        answer = client.getresponse()
        assert client.sock is None
        sock.sendall(b"GET /3 HTTP/1.1\r\n\r\n")
        assert answer.read() == b"ours GET"
        assert sock.recv(1) == b""
        assert [seen.path for seen in tenant.seen] == ["/1", "/2"]

    def test_a_stream_may_be_left_early(self, tenant: AnsweringTenant) -> None:
        """What was not read is lost with its connection."""
        tenant.answer = Response(status=200, body=b"x" * (1 << 20))
        with requests.Session() as session:
            with session.get(f"https://{AUTH}/", stream=True) as answer:
                assert answer.raw.read(10) == b"x" * 10
            tenant.answer = None
            assert session.get(f"https://{AUTH}/").text == "ours GET"

    def test_redirects_are_followed(self, tenant: AnsweringTenant) -> None:
        """To another host of the tenant."""
        tenant.answer = Response(status=302, headers={"Location": f"https://{REST}/there"})
        tenant.stubs = Stubs(f"https://{REST}")
        tenant.stubs.router.get("/there").respond(202)
        assert requests.get(f"https://{AUTH}/", timeout=60).status_code == 202
        assert [(seen.host, seen.path) for seen in tenant.seen] == [
            ("auth", "/"),
            ("rest", "/there"),
        ]

    def test_a_stub_that_http_cannot_say_is_refused(self, tenant: AnsweringTenant) -> None:
        """In the thread of the code under test."""
        tenant.stubs = Stubs(f"https://{REST}")
        tenant.stubs.router.get("/x").respond(101)
        with pytest.raises(Exception, match="a stub gave an answer that HTTP cannot say"):
            requests.get(f"https://{REST}/x", timeout=60)


@alone
class TestPipelined:
    """Requests that are sent before the answer to the last one was read."""

    ONE = f"GET /1 HTTP/1.1\r\nHost: {AUTH}\r\n\r\n".encode()
    TWO = f"\r\nGET /2 HTTP/1.1\r\nHost: {AUTH}\r\n\r\n".encode()

    @staticmethod
    def send(data: bytes) -> Any:  # noqa: ANN401 - what stands in for a socket
        """Send all of it at once."""
        client = connection(f"https://{AUTH}")
        client.connect()
        client.sock.sendall(data)
        return client.sock

    def test_each_has_arrived(self, tenant: AnsweringTenant) -> None:
        """Though nobody reads its answer; each is answered in its turn."""
        sock = self.send(self.ONE + self.TWO)
        assert [seen.path for seen in tenant.seen] == ["/1", "/2"]
        assert sock.recv(1 << 16).count(b"ours GET") == 2

    def test_half_a_request_waits_for_the_rest(self, tenant: AnsweringTenant) -> None:
        """And is whole with it."""
        sock = self.send(self.ONE + self.TWO[:-5])
        assert [seen.path for seen in tenant.seen] == ["/1"]
        sock.sendall(self.TWO[-5:])
        assert [seen.path for seen in tenant.seen] == ["/1", "/2"]

    def test_what_is_no_request_leaves_the_answer_before_it(self, tenant: AnsweringTenant) -> None:
        """The connection ends after both answers."""
        read = self.send(self.ONE + b"\x00" + self.TWO).recv(1 << 16)
        assert read.index(b"ours GET") < read.index(b"MCSCOPES: this request was not read")
        assert len(tenant.seen) == 1

    def test_nothing_is_read_after_a_fault(self, tenant: AnsweringTenant) -> None:
        """As by a server that hangs up."""
        tenant.answer = Response(status=200, trouble="reset")
        sock = self.send(self.ONE + self.TWO)
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
        assert [seen.path for seen in tenant.seen] == ["/1"]


@alone
class TestBroken:
    """What is no request, or half of one."""

    @pytest.mark.parametrize(
        ("lines", "status", "text"),
        [
            pytest.param(
                ("GET /x HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: chunked"),
                400,
                "it has both Content-Length and Transfer-Encoding",
                id="both lengths",
            ),
            pytest.param(
                ("get /x HTTP/1.1",),
                400,
                "its first line is not METHOD /path HTTP/1.1, in capitals",
                id="small letters",
            ),
            pytest.param(
                ("\x16\x03\x01",),
                400,
                "it is no HTTP; this address begins with http://, not https://",
                id="no HTTP",
            ),
            pytest.param(
                ("GET /x HTTP/1.1", f"X: {'x' * (40 << 10)}"),
                431,
                "its headers have more than 32768 bytes",
                id="long headers",
            ),
        ],
    )
    def test_it_is_answered_as_by_a_port(
        self, lines: tuple[str, ...], status: int, text: str, tenant: AnsweringTenant
    ) -> None:
        """The connection ends with the answer."""
        client = connection(f"https://{AUTH}")
        client.connect()
        client.sock.sendall("\r\n".join((*lines, f"Host: {AUTH}", "", "")).encode())
        answer = http.client.HTTPResponse(client.sock)
        answer.begin()
        assert (answer.status, answer.read().decode()) == (
            status,
            f"MCSCOPES: this request was not read: {text}.\n",
        )
        assert (client.sock.recv(1), tenant.seen) == (b"", [])

    @staticmethod
    def begin(host: str, path: str) -> http.client.HTTPConnection:
        """Send half a request."""
        client = connection(f"https://{host}")
        client.putrequest("POST", path)
        client.putheader("Content-Length", "100")
        client.endheaders()
        client.send(LOGIN)
        return client

    @pytest.mark.parametrize(
        ("host", "path", "broken"),
        [
            (AUTH, "/v2/token", 1),
            (AUTH, "/v2/userinfo", 0),
            (REST, "/v2/token", 1),
            (UNOWNED, "/v2/token", 0),
        ],
    )
    def test_half_a_token_request_is_judged(
        self, host: str, path: str, broken: int, tenant: AnsweringTenant, strays: list[Stray]
    ) -> None:
        """It was asked for all the same."""
        self.begin(host, path).close()
        assert [bool(seen.broken) for seen in tenant.seen] == [True] * broken
        assert [stray.host for stray in strays] == [UNOWNED] * (host == UNOWNED)

    @pytest.mark.parametrize("late", [False, True])
    def test_half_a_token_request_that_is_left_is_judged(
        self,
        late: bool,  # noqa: FBT001
        tenant: AnsweringTenant,
        hosts: Hosts,
    ) -> None:
        """In its own test: of a connection that nobody closed and nobody has."""
        client = self.begin(AUTH, "/v2/token")
        if late:
            hosts.home.begin_test("the next one")
        del client
        assert [bool(seen.broken) for seen in tenant.seen] == [True] * (not late)

    @pytest.mark.parametrize(
        ("how", "broken"), [(socket.SHUT_RD, 0), (socket.SHUT_WR, 1), (socket.SHUT_RDWR, 1)]
    )
    def test_sending_may_end_before(self, how: int, broken: int, tenant: AnsweringTenant) -> None:
        """What was sent is what there is."""
        client = self.begin(AUTH, "/v2/token")
        client.sock.shutdown(how)
        assert len(tenant.seen) == broken

    def test_who_waits_for_its_answer_is_told_as_by_a_port(self, tenant: AnsweringTenant) -> None:
        """At once, where the port has patience."""
        answer = self.begin(AUTH, "/v2/token").getresponse()
        assert (answer.status, answer.read()) == (
            408,
            b"MCSCOPES: this request was not read: the client took too long to send it.\n",
        )
        assert tenant.seen[0].broken.endswith("the client took too long to send it")

    def test_no_request_has_no_answer(self) -> None:
        """Nobody waits for ever."""
        client = connection(f"https://{AUTH}")
        client.connect()
        with pytest.raises(TimeoutError, match=f"MCSCOPES: an answer of https://{AUTH} is waited"):
            client.sock.recv(1)


URLLIB3_RETRY = pytest.mark.parametrize(
    ("send", "raised"),
    [
        pytest.param(by_http_client, ConnectionRefusedError, id="http.client"),
        pytest.param(by_urllib, urllib.error.URLError, id="urllib"),
        pytest.param(by_urllib3, urllib3.exceptions.ProtocolError, id="urllib3"),
        pytest.param(by_requests, requests.ConnectionError, id="requests"),
    ],
)


@alone
class TestRefusals:
    """What is a Marketing Cloud's, and nobody's who may answer."""

    @URLLIB3_RETRY
    @pytest.mark.parametrize(
        ("url", "text"),
        [
            pytest.param(f"https://{UNOWNED}", "is not simulated here and was not", id="nobody's"),
            pytest.param(f"https://{STALE}", "ended with tests/test_a.py::test_one", id="ended"),
            pytest.param(f"https://{AUTH}v2", "without a slash", id="no slash"),
            pytest.param(f"http://{AUTH}", f"listens at https://{AUTH} only", id="http"),
            pytest.param(f"https://{AUTH}:8443", f"https://{AUTH}:8443 was called", id="port"),
        ],
    )
    def test_the_librarys_own_error_has_our_text(
        self, url: str, text: str, send: Callable[..., Answer], raised: type[Exception]
    ) -> None:
        """A connection that is refused, with errno."""
        with pytest.raises(raised) as caught:
            send("POST", f"{url}/x", LOGIN)
        assert text in str(caught.value)
        assert "s3cret" not in str(caught.value)
        error: BaseException | None = caught.value
        while not isinstance(error, ConnectionRefusedError):
            assert error is not None
            error = error.__cause__ or error.__context__
        assert error.errno == errno.ECONNREFUSED

    def test_what_was_sent_is_made_known(self, strays: list[Stray]) -> None:
        """For it may be of a test that has ended."""
        with pytest.raises(ConnectionRefusedError):
            by_http_client("POST", f"https://{STALE}/x", LOGIN)
        (stray,) = strays
        assert (stray.host, stray.method) == (STALE, "POST")
        assert stray.read is not None
        read = stray.read("rest")
        assert (read.host, read.path, read.query, read.body) == ("rest", "/x", "y=1", LOGIN)

    def test_a_pooled_connection_does_not_outlive_its_tenant(self, hosts: Hosts) -> None:
        """The next tenant of the name answers over it."""
        with requests.Session() as session:
            assert session.get(f"https://{AUTH}/", timeout=60).text == "ours GET"
            hosts.end(AUTH)
            with pytest.raises(requests.ConnectionError, match="that ended with tests/test_a"):
                session.get(f"https://{AUTH}/", timeout=60)
            hosts.add(AUTH, "auth", AnsweringTenant(), "the next test")
            assert session.get(f"https://{AUTH}/", timeout=60).text == "ours GET"

    def test_a_forked_child_is_refused(
        self, hosts: Hosts, monkeypatch: pytest.MonkeyPatch, tenant: AnsweringTenant
    ) -> None:
        """And leaves word for its parent."""
        parent = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: parent + 1)
        with pytest.raises(ConnectionRefusedError, match="a process that was forked from the test"):
            by_http_client("GET", f"https://{AUTH}/x")
        monkeypatch.undo()
        call = hosts.home.take_call()
        assert (call and call.host, tenant.seen) == (AUTH, [])

    def test_a_refused_connection_is_closed(self) -> None:
        """Whoever goes on reading sees its end."""
        client = connection(f"https://{UNOWNED}")
        with pytest.raises(ConnectionRefusedError):
            client.request("GET", "/x")
        assert client.sock.recv(1) == b""


@alone
class TestTroubles:
    """What the test ordered, or a stub raises, in place of an answer."""

    @pytest.mark.parametrize(
        ("trouble", "raised", "what"),
        [
            ("timeout", TimeoutError, "was not answered in time"),
            ("reset", ConnectionResetError, "was cut off before an answer"),
        ],
    )
    def test_it_is_met_by_reading(
        self, trouble: Trouble, raised: type[OSError], what: str, tenant: AnsweringTenant
    ) -> None:
        """When the request has been sent."""
        tenant.answer = Response(status=200, trouble=trouble)
        client = connection(f"https://{AUTH}")
        client.request("GET", "/x")
        with pytest.raises(raised) as caught:
            client.getresponse()
        assert caught.value.strerror == (
            f"MCSCOPES: GET https://{AUTH} {what}, as the test ordered by"
            f' fail_next(..., "{trouble}"). The code under test is expected to handle'
            f" {raised.__name__}, as its HTTP library raises it; where it need not, remove"
            " fail_next."
        )

    @pytest.mark.parametrize(
        ("trouble", "raised"),
        [("timeout", requests.ReadTimeout), ("reset", requests.ConnectionError)],
    )
    def test_it_is_of_the_kind_that_requests_raises(
        self, trouble: Trouble, raised: type[Exception], tenant: AnsweringTenant
    ) -> None:
        """Code that handles it cannot tell it from a real one."""
        tenant.answer = Response(status=200, trouble=trouble)
        with pytest.raises(raised):
            by_requests("GET", f"https://{AUTH}/x")

    @pytest.mark.parametrize(
        ("side_effect", "raised"),
        [
            pytest.param(LookupError("a bug"), LookupError, id="a bug"),
            pytest.param(lambda _: pytest.fail("no"), pytest.fail.Exception, id="pytest.fail"),
            pytest.param(httpx.ReadTimeout, requests.ReadTimeout, id="httpx's timeout"),
            pytest.param(httpx.ReadError, requests.ConnectionError, id="httpx's reset"),
            pytest.param(requests.ReadTimeout("x"), requests.ReadTimeout, id="a timeout"),
            pytest.param(requests.ConnectionError("x"), requests.ConnectionError, id="a reset"),
            pytest.param(TimeoutError("x"), requests.ReadTimeout, id="Python's timeout"),
            pytest.param(BrokenPipeError("x"), requests.ConnectionError, id="Python's reset"),
        ],
    )
    def test_what_a_stub_raises_is_raised_in_the_code_under_test(
        self,
        side_effect: Any,  # noqa: ANN401
        raised: type[BaseException],
        tenant: AnsweringTenant,
    ) -> None:
        """An error of a connection as the library's own."""
        tenant.stubs = Stubs(f"https://{REST}")
        tenant.stubs.router.get("/x").mock(side_effect=side_effect)
        with pytest.raises(raised):
            by_requests("GET", f"https://{REST}/x")
        assert tenant.completed == []

    def test_no_stub_means_none(self, tenant: AnsweringTenant) -> None:
        """An error of the tenant's own goes up."""
        with (
            mock.patch.object(tenant, "handle", side_effect=LookupError("ours")),
            pytest.raises(LookupError, match="ours"),
        ):
            by_requests("GET", f"https://{AUTH}/x")


@alone
class TestProxies:
    """A proxy does not get in between."""

    @pytest.mark.parametrize("proxy", [NOWHERE, NOWHERE.replace("http:", "https:")])
    @pytest.mark.parametrize("library", ["requests", "urllib3"])
    def test_tunnels_are_not_dug(self, library: str, proxy: str, tenant: AnsweringTenant) -> None:
        """The tunnel's host is the tenant's."""
        url = f"https://{AUTH}/x"
        if library == "requests":
            answer = requests.get(url, proxies={"https": proxy}, timeout=60).content
        else:
            with urllib3.ProxyManager(proxy, proxy_ssl_context=TLS, ssl_context=TLS) as pools:
                answer = pools.request("GET", url).data
        assert (answer, len(tenant.seen)) == (b"ours GET", 1)

    def test_urllib_has_none(self) -> None:
        """By its own handler."""
        handlers = (
            urllib.request.ProxyHandler({"https": NOWHERE}),
            urllib.request.HTTPSHandler(context=TLS),
        )
        with urllib.request.build_opener(*handlers).open(f"https://{AUTH}/x") as answer:
            assert answer.read() == b"ours GET"

    def test_a_refusal_is_not_the_proxys(self) -> None:
        """urllib3 would say that the proxy could not be connected to."""
        with (
            urllib3.ProxyManager(NOWHERE, ssl_context=TLS, retries=False) as pools,
            pytest.raises(urllib3.exceptions.ProtocolError, match="is not simulated here"),
        ):
            pools.request("GET", f"https://{UNOWNED}/")

    def test_a_tunnel_to_a_plain_port_is_refused(self) -> None:
        """What is sent through it is no TLS."""
        client = http.client.HTTPConnection("192.0.2.1", 3128)
        client.set_tunnel(AUTH, 443)
        with pytest.raises(ConnectionRefusedError, match=f"http://{AUTH}:443 was called"):
            client.request("GET", "/x")

    def test_a_tunnel_is_known_by_its_name_in_any_alphabet(self, tenant: AnsweringTenant) -> None:
        """From Python 3.12 on it would be spelt for the proxy."""
        client = http.client.HTTPSConnection("192.0.2.1", 3128, context=TLS)
        client.set_tunnel(AUTH.replace("m", "\uff4d"), 443)
        client.request("GET", "/x", headers={"Host": AUTH})
        assert client.getresponse().read() == b"ours GET"
        assert len(tenant.seen) == 1

    def test_plain_requests_through_a_forwarding_proxy_are_refused(self) -> None:
        """The URL has the host."""
        with pytest.raises(requests.ConnectionError, match=f"http://{AUTH} was called"):
            requests.get(f"http://{AUTH}/x", proxies={"http": NOWHERE}, timeout=60)

    def test_a_proxy_may_forward_https(self, tenant: AnsweringTenant) -> None:
        """Where it is trusted to."""
        client = http.client.HTTPConnection("192.0.2.1", 3128)
        client.request("GET", f"https://{AUTH}/x?y=1")
        assert client.getresponse().read() == b"ours GET"
        assert (tenant.seen[0].path, tenant.seen[0].query) == ("/x", "y=1")


class TestOthers:
    """What is none of ours goes its way."""

    def test_other_hosts_are_called(self, network: str, others: list[str]) -> None:
        """And are not noted where they may be a tenant's ports."""
        assert by_requests("GET", f"{network}/x") == (200, b"real")
        assert others == []

    def test_what_is_called_through_a_proxy_is_noted(self, network: str, others: list[str]) -> None:
        """By its name."""
        proxies = {"http": network}
        assert requests.get("http://Shop.Test/", proxies=proxies, timeout=60).text == "via proxy"
        assert others == ["shop.test"]

    def test_a_proxys_connection_serves_many_hosts(
        self, network: str, tenant: AnsweringTenant
    ) -> None:
        """Ours, and in between others."""
        client = http.client.HTTPConnection(network.removeprefix("http://"))
        texts = []
        for url in (f"https://{AUTH}/1", "http://shop.test/", f"https://{AUTH}/2"):
            client.request("GET", url)
            texts.append(client.getresponse().read())
        client.close()
        assert texts == [b"ours GET", b"via proxy", b"ours GET"]
        assert [seen.path for seen in tenant.seen] == ["/1", "/2"]

    def test_nothing_is_put_on_their_connections(self, network: str) -> None:
        """Whatever they are asked for."""
        client = http.client.HTTPConnection(network.removeprefix("http://"))
        client.request("GET", "http://shop.test:port/")  # which is no URL
        assert "connect" not in vars(client)
        assert client.getresponse().read() == b"via proxy"
        client.close()


@alone
class TestConnections:
    """What a client sees of a connection that has no socket."""

    def test_it_is_like_a_socket(self) -> None:
        """As far as anybody asks."""
        client = connection(f"https://{AUTH}")
        client.connect()
        sock = client.sock
        sock.settimeout(3)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert sock.gettimeout() == 3
        assert select.select([sock], [], [], 0) == ([], [], [])

    def test_urllib3_finds_it_connected(self) -> None:
        """A pooled connection is used again."""
        client = urllib3.connection.HTTPSConnection(AUTH, ssl_context=TLS)
        client.connect()
        assert client.is_connected
        assert not client.is_closed

    @pytest.mark.parametrize(
        ("settings", "warned"),
        [
            pytest.param({}, False, id="by default"),
            pytest.param({"cert_reqs": "CERT_REQUIRED"}, False, id="required"),
            pytest.param({"cert_reqs": ssl.CERT_REQUIRED}, False, id="required, as a number"),
            pytest.param({"cert_reqs": "CERT_NONE"}, True, id="not at all"),
            pytest.param(
                {"cert_reqs": "CERT_NONE", "assert_fingerprint": "00" * 32}, False, id="pinned"
            ),
        ],
    )
    def test_urllib3_warns_as_ever(self, settings: dict[str, Any], warned: bool) -> None:  # noqa: FBT001
        """Where certificates would not have been verified."""
        with urllib3.HTTPSConnectionPool(AUTH, **settings) as pool:
            if warned:
                with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
                    pool.request("GET", "/")
            else:
                pool.request("GET", "/")

    def test_one_that_was_made_before_us_is_answered(
        self, mount: Mount, tenant: AnsweringTenant
    ) -> None:
        """By a log-in while its module was imported, for example."""
        mount.unmount()
        client, (ours, theirs) = connection(f"https://{AUTH}"), socket.socketpair()
        client.sock = ours
        mount.mount()
        with theirs:
            assert over(client, "GET") == (200, b"ours GET")
            assert theirs.recv(1) == b""
        client.connect()
        assert over(client, "GET") == (200, b"ours GET")
        assert len(tenant.seen) == 2

    def test_the_genuine_class_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A cassette that is open puts vcrpy's in its place."""
        genuine = http.client.HTTPConnection
        monkeypatch.setattr(http.client, "HTTPConnection", mock.Mock())
        assert http_client._find_genuine() is genuine  # noqa: SLF001


class Real(http.client.HTTPSConnection):
    """A connection that would be real."""

    def connect(self) -> None:
        """Fail."""
        raise ConnectionAbortedError("by the real connect")


@pytest.fixture
def inner(mount: Mount) -> Iterator[Mount]:
    """Give a session within the session, which has a tenant of its own."""
    other = Hosts()
    tenant = AnsweringTenant()
    tenant.answer = Response(status=200, body=b"inner")
    other.add(AUTH, "auth", tenant, "the inner session")
    mount = Mount(other)
    mount.mount()
    yield mount
    mount.unmount()


@alone
class TestUnmount:
    """Everything is given back."""

    def test_a_connection_becomes_a_real_one(self, mount: Mount) -> None:
        """One in use, one that was never used, and one whose `connect` was kept."""
        used, unused = Real(AUTH, context=TLS), Real(AUTH, context=TLS)
        kept = unused.connect
        used.request("GET", "/x")
        assert used.getresponse().read() == b"ours GET"
        sock: object = used.sock
        assert isinstance(sock, AnsweringSocket)
        mount.unmount()
        assert used.sock is None
        for client in (used, unused):
            assert "connect" not in vars(client)
            with pytest.raises(ConnectionAbortedError):
                client.request("GET", "/x")
        with pytest.raises(ConnectionAbortedError):
            kept()
        with pytest.raises(ConnectionAbortedError):
            Real(AUTH, context=TLS).request("GET", "/x")

    def test_a_connect_of_the_users_stays(self, mount: Mount) -> None:
        """What was put over ours is not ours to take away."""
        client = Real(AUTH, context=TLS)
        theirs = mock.Mock()
        vars(client)["connect"] = theirs
        mount.unmount()
        assert vars(client)["connect"] is theirs

    def test_sessions_nest(self, mount: Mount, inner: Mount) -> None:
        """The inner one answers, and then the outer one again."""
        before, within = Real(AUTH, context=TLS), Real(AUTH, context=TLS)
        assert [over(client, "GET").body for client in (before, within)] == [b"inner"] * 2
        inner.unmount()
        mount.ensure()
        assert [over(client, "GET").body for client in (before, within)] == [b"ours GET"] * 2
        assert "connect" in vars(within)

    def test_sessions_may_end_in_any_order(self, mount: Mount, inner: Mount) -> None:
        """None leaves anything to the other."""
        client = Real(AUTH, context=TLS)
        mount.unmount()
        client.connect()
        assert over(client, "GET").body == b"inner"
        inner.unmount()
        with pytest.raises(ConnectionAbortedError):
            client.connect()
