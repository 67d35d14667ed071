"""`mc_tenant.rest`: respx's routing language, asked for admitted calls only."""

from __future__ import annotations

import asyncio
import gzip
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import respx

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.errors import McScopesError
from pytest_mcscopes.stubs.rest import Stubs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

REST = "https://mcx.rest.marketingcloudapis.com/"
NO_REAL_SERVICE = (
    "MCSCOPES: a stub cannot pass a call through: no real Marketing Cloud is behind a tenant. "
    "Answer the call with respond(...) or mock(...); without a stub it is answered 200 {}."
)


def call(method: str, path: str, **rest: object) -> Request:
    """Build an admitted call."""
    return Request(method=method, host="rest", path=path, **rest)  # type: ignore[arg-type]


def ask_sync(stubs: Stubs, request: Request) -> Response | None:
    """Ask for a client that blocks."""
    return stubs.answer(request)


def ask_asyncio(stubs: Stubs, request: Request) -> Response | None:
    """Ask for a client on asyncio."""
    return anyio.run(stubs.answer_async, request, backend="asyncio")


def ask_trio(stubs: Stubs, request: Request) -> Response | None:
    """Ask for a client on trio."""
    return anyio.run(stubs.answer_async, request, backend="trio")


every_client = pytest.mark.parametrize(
    "ask",
    [
        pytest.param(ask_sync, id="sync"),
        pytest.param(ask_asyncio, id="asyncio"),
        pytest.param(ask_trio, id="trio"),
    ],
)


@pytest.fixture
def stubs() -> Stubs:
    """Give the stubs of one tenant."""
    return Stubs(REST)


@every_client
class TestMatching:
    """Which calls a stub answers."""

    def test_nothing_written_answers_nothing(
        self, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """Whether the routing was looked at or not."""
        assert ask(stubs, call("GET", "/x")) is None
        assert stubs.router.calls.call_count == 0
        assert ask(stubs, call("GET", "/x")) is None

    @pytest.mark.parametrize(
        ("route", "path"),
        [
            pytest.param("/hub/v1/x", "/hub/v1/x", id="as sent"),
            pytest.param("hub/v1/x", "/hub/v1/x", id="without the leading slash"),
            pytest.param("/hub/v1/x", "//hub/v1/x", id="glued to the instance URL"),
            pytest.param("/hub/v1/x", "/hub//v1///x", id="slashes folded"),
            pytest.param("/hub/v1/x", "/hub/v1/x/", id="trailing slash dropped"),
            pytest.param("/hub/v1/x/", "/hub/v1/x/", id="trailing slash as sent"),
            pytest.param("/", "//", id="nothing but slashes"),
            pytest.param("/hub/a b", "/hub/a%20b", id="escaped"),
            pytest.param(f"{REST}hub/v1/x", "/hub/v1/x", id="absolute"),
            pytest.param(f"{REST}hub/v1/x", "//hub/v1/x", id="absolute and glued"),
            pytest.param("http://127.0.0.1:8/hub/v1/x", "/hub/v1/x", id="by another door's URL"),
            pytest.param("http://127.0.0.1:8/hub/v1/x", "//hub/v1/x/", id="and glued"),
        ],
    )
    def test_the_path_as_sent_is_tried_before_the_normalised(
        self, route: str, path: str, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """A call is recorded once, under the path as sent."""
        stubs.also_at("http://127.0.0.1:8/")
        written = stubs.router.get(route).respond(202)
        answer = ask(stubs, call("GET", path, query="a=1"))
        assert answer is not None
        assert answer.status == 202
        assert [made.request.url.raw_path for made in written.calls] == [f"{path}?a=1".encode()]
        assert stubs.router.calls.call_count == 1

    def test_a_route_for_the_path_as_sent_wins(
        self, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """Even where one for the normalised path was written first."""
        stubs.router.get("/x").respond(201)
        stubs.router.get("/x/").respond(202)
        answer = ask(stubs, call("GET", "/x/"))
        assert answer is not None
        assert answer.status == 202

    @pytest.mark.parametrize(
        "request_",
        [
            pytest.param(call("POST", "/x"), id="method"),
            pytest.param(call("GET", "/y"), id="path"),
            pytest.param(call("GET", "/X"), id="case"),
        ],
    )
    def test_another_call_is_not_answered(
        self, request_: Request, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """And not recorded."""
        written = stubs.router.get("/x").respond(202)
        assert ask(stubs, request_) is None
        assert (written.called, stubs.router.calls.called) == (False, False)

    def test_patterns_see_the_whole_request(
        self, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """Query, headers, JSON body and a regex of the path."""
        written = stubs.router.route(
            method="POST",
            path__regex=r"^/hub/v1/(?P<key>\w+)$",
            params={"a": "1"},
            headers={"X-Tag": "t"},
            json={"b": 2},
            name="all",
        ).mock(side_effect=lambda request, key: httpx.Response(202, text=f"{key} {request.method}"))
        answer = ask(
            stubs,
            call("POST", "/hub/v1/k", query="a=1", headers={"x-tag": "t"}, body=b'{"b": 2}'),
        )
        assert answer is not None
        assert answer.body == b"k POST"
        assert stubs.router["all"] is written
        assert written.calls.last.request.content == b'{"b": 2}'
        assert written.calls.last.response.text == "k POST"


KEYED = "/messaging/v1/email/messages"


class TestSpelling:
    """What counts as the same path: for stubs what counts as one for the catalogue."""

    @pytest.fixture
    def stubs(self) -> Stubs:
        """Know the catalogue's words."""
        return Stubs(REST, load_catalogue().template_of)

    @pytest.mark.parametrize(
        ("route", "path"),
        [
            pytest.param(f"{KEYED}/r-1", f"{KEYED.upper()}/r-1", id="call in capitals"),
            pytest.param(f"{KEYED.title()}/r-1", f"{KEYED}/r-1", id="stub with capitals"),
            pytest.param(f"{KEYED.title()}/r-1", f"{KEYED.upper()}/r-1", id="both"),
            pytest.param(
                "/data/v1/async/dataExtensions/KEY:Orders/rows",
                "/data/v1/async/dataextensions/key:Orders/rows",
                id="the word before a key",
            ),
            pytest.param(f"{KEYED}/a%2Fb", f"{KEYED}/a%2fb", id="encoded slash in a key"),
            pytest.param(f"{KEYED}/a%2fb", f"{KEYED.upper()}/a%2Fb", id="and other words"),
            pytest.param(f"{KEYED}/a b", "/M%65ssaging/V1/email//messages/a%20b/", id="loose"),
            pytest.param(f"{KEYED}/x", f"/hub/..{KEYED}/./%78", id="dots"),
            pytest.param(f"{KEYED}/x/", f"{KEYED}/x", id="closing slash of the stub's"),
            pytest.param(f"http://127.0.0.1:8{KEYED}/x", f"{KEYED.upper()}/x", id="another door"),
            pytest.param(httpx.URL(f"{REST}messaging/V1/email/messages/a%2Fb"), f"{KEYED}/a%2Fb"),
        ],
    )
    def test_a_call_is_answered(self, route: httpx.URL | str, path: str, stubs: Stubs) -> None:
        """The stub gets the call as it was sent."""
        stubs.also_at("http://127.0.0.1:8/")
        written = stubs.router.post(route, params={"a": "/"}).respond(202)
        answer = stubs.answer(call("POST", path, query="a=%2F"))
        assert answer is not None
        assert answer.status == 202
        assert [made.request.url.query for made in written.calls] == [b"a=%2F"]

    @pytest.mark.parametrize(
        ("route", "path"),
        [
            pytest.param(f"{KEYED}/r-1", f"{KEYED}/R-1", id="key in another case"),
            pytest.param(f"{KEYED}/R-1", f"{KEYED.upper()}/r-1", id="key, and words too"),
            pytest.param(f"{KEYED}/a%2Fb", f"{KEYED}/a/b", id="slash for an encoded one"),
            pytest.param(f"{KEYED}/a/b", f"{KEYED}/a%2Fb", id="encoded for a slash"),
            pytest.param("/hub/v1/campaigns", "/hub%2Fv1%2Fcampaigns", id="no segments at all"),
            pytest.param("/hub/v1/campaigns", "/hub/v1%2fcampaigns", id="two of three"),
            pytest.param("/hub/v1/campaigns", "/hub/v1/campaigns%2F", id="at the end"),
            pytest.param("/loyalty/v1/cards", "/loyalty/v1/Cards", id="nothing is known of words"),
            pytest.param("/sms/v1/queueMO", "/\u017fms/v1/queueMO", id="a letter that looks alike"),
        ],
    )
    def test_another_call_is_not(self, route: str, path: str, stubs: Stubs) -> None:
        """It is answered as one without a stub: by the catalogue."""
        written = stubs.router.post(route).respond(202)
        assert stubs.answer(call("POST", path)) is None
        assert not written.called

    @pytest.mark.parametrize(
        "lookups",
        [
            pytest.param({"path": f"{KEYED.title()}/R-1%2f"}, id="path"),
            pytest.param({"path__eq": f"{KEYED.title()}/R-1%2F"}, id="path, spelt out"),
            pytest.param({"path__in": ["/x", f"{KEYED.title()}/R-1%2F"]}, id="one of several"),
            pytest.param({"path__startswith": "/Messaging/V1/Email/Mess"}, id="amid a word"),
            pytest.param({"path__startswith": "/MESSAGING/v1/"}, id="after a word"),
            pytest.param({"path__startswith": f"{KEYED.title()}/R-"}, id="amid a key"),
            pytest.param({"path__regex": f"^{KEYED}/(?P<key>[^/]+)$"}, id="regex by the catalogue"),
            pytest.param({"path__regex": "^/Messaging/V1/EMAIL/"}, id="regex as sent"),
            pytest.param({"url": re.compile(f"{KEYED}/R-1%2F$")}, id="regex of the URL"),
            pytest.param({"url__startswith": f"{REST}messaging/v1"}, id="beginning of the URL"),
            pytest.param({"url__eq": f"{REST}Messaging/V1/EMAIL/messages/R-1%2F"}, id="whole URL"),
        ],
    )
    def test_patterns_of_all_kinds_know_words_from_keys(
        self, lookups: dict[str, Any], stubs: Stubs
    ) -> None:
        """What is written in another case but for the key matches; so does a regex in ours."""
        written = stubs.router.route(method="POST", **lookups).mock(
            side_effect=lambda request, **_: httpx.Response(202, text=str(request.url))
        )
        sent = "/Messaging/V1/EMAIL/messages/R-1%2F"
        answer = stubs.answer(call("POST", sent))
        assert answer is not None
        assert answer.body.decode() == f"{REST[:-1]}{sent}"
        assert written.call_count == 1

    @pytest.mark.parametrize(
        "lookups",
        [
            pytest.param({"path__in": [f"{KEYED}/r-1", f"{KEYED}/R-1/"]}, id="one of several"),
            pytest.param({"path__startswith": f"{KEYED}/r"}, id="beginning"),
            pytest.param({"path__startswith": "/messaging/v2"}, id="another word"),
            pytest.param({"path__regex": "^/hub/v1/campaigns$"}, id="regex"),
            pytest.param({"path__startswith": "/messaging/v1/email/messages/R-1/b"}, id="slash"),
        ],
    )
    def test_patterns_of_all_kinds_leave_keys_alone(
        self, lookups: dict[str, Any], stubs: Stubs
    ) -> None:
        """A key in another case, or a slash where it is encoded, is another."""
        stubs.router.route(**lookups).respond(202)
        assert stubs.answer(call("POST", "/messaging/v1/email/messages/R-1%2Fb")) is None
        assert stubs.answer(call("GET", "/hub%2Fv1%2Fcampaigns")) is None

    def test_a_stub_that_declines_is_asked_once(self, stubs: Stubs) -> None:
        """However many spellings of the call it would match."""
        stubs.also_at("http://127.0.0.1:8/")
        asked: list[httpx.Request] = []
        stubs.router.route(method="POST").mock(side_effect=asked.append)
        assert stubs.answer(call("POST", f"{KEYED.upper()}//x/")) is None
        assert len(asked) == 1


@every_client
class TestAnswers:
    """What a stub may answer with."""

    @pytest.fixture
    def answered(
        self, ask: Callable[..., Response | None], stubs: Stubs
    ) -> Callable[[], Response | None]:
        """Give a way to make the call that the test stubs."""
        return lambda: ask(stubs, call("GET", "/x"))

    def test_a_response(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """Its headers come without those that belong to a connection."""
        stubs.router.get("/x").respond(202, headers={"X-A": "1"}, json={})
        assert answered() == Response(
            status=202,
            headers={"x-a": "1", "content-type": "application/json"},
            body=b"{}",
        )

    def test_a_list_in_turn(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """Responses and exceptions, one a call; then the test is told that it made too few."""
        route = stubs.router.get("/x").mock(
            side_effect=[httpx.Response(201), httpx.ConnectTimeout("late")]
        )
        assert answered().status == 201
        with pytest.raises(httpx.ConnectTimeout, match="late"):
            answered()
        with pytest.raises(McScopesError, match=r"^MCSCOPES: the stub .* has no side effect left"):
            answered()
        assert [made.has_response for made in route.calls] == [True, False, False]

    @pytest.mark.parametrize("error", [httpx.ReadTimeout, OSError("broken")])
    def test_an_exception(
        self,
        error: type[Exception] | Exception,
        answered: Callable[[], Response],
        stubs: Stubs,
    ) -> None:
        """It reaches the client under test."""
        route = stubs.router.get("/x").mock(side_effect=error)
        with pytest.raises(error if isinstance(error, type) else OSError):
            answered()
        assert route.call_count == 1

    def test_a_function(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """It gets the request, and the route if it wants it."""

        @stubs.router.get("/x")
        def effect(request: httpx.Request, route: respx.Route) -> httpx.Response:
            return httpx.Response(200, text=f"{request.url.path} {route.call_count}")

        assert [answered().body, answered().body] == [b"/x 0", b"/x 1"]

    def test_an_async_function(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """It may await, whether the client does or not."""

        @stubs.router.get("/x")
        async def effect(request: httpx.Request) -> httpx.Response:
            await anyio.lowlevel.checkpoint()
            return httpx.Response(200, text=request.url.path)

        assert answered().body == b"/x"
        assert stubs.router.calls.call_count == 1

    def test_an_async_function_that_raises(
        self, answered: Callable[[], Response], stubs: Stubs
    ) -> None:
        """Its exception reaches the client under test, and the call is recorded."""

        @stubs.router.get("/x")
        async def effect(_: httpx.Request) -> httpx.Response:
            await anyio.lowlevel.checkpoint()
            text = "late"
            raise httpx.ReadTimeout(text)

        with pytest.raises(httpx.ReadTimeout, match="late"):
            answered()
        assert stubs.router.calls.call_count == 1

    def test_nothing_is_no_match(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """A side effect that gives None leaves the call to the next route."""

        async def decline(_: httpx.Request) -> None:
            await anyio.lowlevel.checkpoint()

        stubs.router.get("/x", name="declines").mock(side_effect=decline)
        stubs.router.get(path__regex="x$").respond(202)
        assert answered().status == 202
        assert stubs.router.calls.call_count == 1
        assert not stubs.router["declines"].called

    def test_a_compressed_body_stays_so(
        self, answered: Callable[[], Response], stubs: Stubs
    ) -> None:
        """The client decodes it, as off the wire."""
        packed = gzip.compress(b"text")
        stubs.router.get("/x").respond(headers={"Content-Encoding": "gzip"}, content=packed)
        assert (answered().body, answered().headers) == (packed, {"content-encoding": "gzip"})

    def test_a_generated_body(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """A stream is read to its end."""

        def chunks() -> Iterator[bytes]:
            yield b"a"
            yield b"b"

        stubs.router.get("/x").respond(content=chunks())
        assert answered() == Response(status=200, body=b"ab")

    def test_an_async_generated_body(self, answered: Callable[[], Response], stubs: Stubs) -> None:
        """An async stream too, whether the client awaits or not."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            await anyio.lowlevel.checkpoint()
            yield b"b"

        stubs.router.get("/x").respond(content=chunks())
        assert answered() == Response(status=200, body=b"ab")


@every_client
class TestMisuse:
    """What a stub cannot do is said in our words."""

    @pytest.mark.parametrize(
        ("gives", "text"),
        [
            pytest.param(lambda request: request, NO_REAL_SERVICE, id="the request"),
            pytest.param(
                "text",
                "MCSCOPES: a stub's side effect gave 'text'. Let it give an httpx.Response.",
                id="something else",
            ),
        ],
    )
    def test_a_side_effect_must_give_a_response(
        self, gives: object, text: str, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """It is told what it should have given, and the call is recorded."""

        @stubs.router.get("/x")
        async def effect(request: httpx.Request) -> httpx.Response:
            await anyio.lowlevel.checkpoint()
            return gives(request) if callable(gives) else gives  # type: ignore[return-value]

        with pytest.raises(McScopesError) as caught:
            ask(stubs, call("GET", "/x"))
        assert str(caught.value) == text
        assert stubs.router.calls.call_count == 1

    def test_a_foreign_route_answers(
        self, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """One built by hand is nobody's to be noted for."""
        stubs.router.routes.add(respx.Route(path="/x").respond(201))
        answered = ask(stubs, call("GET", "/x"))
        assert answered is not None
        assert answered.status == 201

    def test_a_foreign_route_cannot_pass_through_either(
        self, ask: Callable[..., Response | None], stubs: Stubs
    ) -> None:
        """One built by hand is refused when it is called."""
        stubs.router.routes.add(respx.Route(path="/x").pass_through())
        with pytest.raises(McScopesError, match="a stub cannot pass a call through"):
            ask(stubs, call("GET", "/x"))


def test_pass_through_is_refused_where_it_is_written(stubs: Stubs) -> None:
    """The line of the test is to blame, not the code under test."""
    with pytest.raises(McScopesError) as caught:
        stubs.router.get("/x").pass_through()
    assert str(caught.value) == NO_REAL_SERVICE


def test_an_async_side_effect_runs_beside_a_running_loop(stubs: Stubs) -> None:
    """A blocking client in an async test has a loop above it; context variables are kept."""
    whose: ContextVar[str] = ContextVar("whose")

    @stubs.router.get("/x")
    async def effect(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(200, text=whose.get())

    async def main() -> Response | None:
        whose.set("the test's")
        return stubs.answer(call("GET", "/x"))

    answer = asyncio.run(main())
    assert answer is not None
    assert answer.body == b"the test's"
