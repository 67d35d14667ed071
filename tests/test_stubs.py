"""`mc_tenant.rest`: respx's routing language, asked for admitted calls only."""

from __future__ import annotations

import asyncio
import gzip
from contextvars import ContextVar
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import httpx
import pytest
import respx

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.errors import McScopesError
from pytest_mcscopes.transport.stubs import Stubs

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
