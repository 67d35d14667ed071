"""What lies beneath the transports of httpx and httpx2: the pools of httpcore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import httpcore
import httpcore2
import httpx
import pytest
import respx
from in_process import AUTH, REST, STALE, UNOWNED, by_core

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.stubs.rest import Stubs
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenants import AnsweringTenant

    from pytest_mcscopes.transport.hosts import Hosts


def by_core2(url: str) -> str:
    """Post by what lies beneath httpx2."""
    with httpcore2.ConnectionPool() as pool:
        return pool.request("POST", url, content=b"body").content.decode()


async def _by_async_core(url: str) -> str:
    async with httpcore.AsyncConnectionPool() as pool:
        answer = await pool.request("POST", url, headers={"X-Tag": "a"}, content=b"body")
        return answer.content.decode()


def by_async_core(url: str) -> str:
    """Post by a pool that awaits."""
    return anyio.run(_by_async_core, url)


every_pool = pytest.mark.parametrize("post", [by_core, by_core2, by_async_core])
ERRORS = (httpcore.ConnectError, httpcore2.ConnectError)


@pytest.mark.usefixtures("mount")
class TestPools:
    @every_pool
    def test_a_tenant_answers(self, post: Callable[[str], str], tenant: AnsweringTenant) -> None:
        """As it does above: path and query as sent, the body read, a stub asked."""
        assert post(f"https://{AUTH}/v2/token") == "ours POST"
        assert post(f"https://{REST}:443/a%2Fb?c=d") == "{}"
        seen = tenant.seen[-1]
        assert (seen.method, seen.path, seen.query, seen.body) == ("POST", "/a%2Fb", "c=d", b"body")
        tenant.stubs = Stubs(f"https://{REST}/")
        tenant.stubs.router.post("/x").respond(json={"by": "stub"})
        assert post(f"https://{REST}/x") == '{"by":"stub"}'

    @every_pool
    @pytest.mark.parametrize(
        ("url", "text"),
        [
            (f"https://{STALE}/", "ended with tests/test_a.py::test_one"),
            (f"https://{UNOWNED}/", "is not simulated here"),
            (f"http://{REST}/", f"MCSCOPES: http://{REST} was called"),
            (f"https://{REST}:8443/", f"MCSCOPES: https://{REST}:8443 was called"),
        ],
    )
    def test_others_are_refused(self, url: str, text: str, post: Callable[[str], str]) -> None:
        """By the library's own error."""
        with pytest.raises(ERRORS, match="MCSCOPES: ") as caught:
            post(url)
        assert text in str(caught.value)

    @every_pool
    def test_what_goes_wrong_is_of_the_librarys_kinds(
        self, post: Callable[[str], str], tenant: AnsweringTenant
    ) -> None:
        """A fault that the test ordered, and what a stub raises, where the library has such."""
        tenant.answer = Response(status=0, trouble="timeout")
        with pytest.raises((httpcore.ReadTimeout, httpcore2.ReadTimeout), match="in time"):
            post(f"https://{AUTH}/")
        tenant.stubs = Stubs(f"https://{REST}/")
        tenant.stubs.router.post("/x").mock(side_effect=httpx.TooManyRedirects)
        with pytest.raises(httpx.TooManyRedirects):
            post(f"https://{REST}/x")

    def test_a_refused_request_can_be_read(self, hosts: Hosts) -> None:
        """By who wants to judge it late."""
        strays: list[Request] = []
        hosts.on_stray = lambda stray: strays.append(stray.read("rest"))  # type: ignore[misc]
        with pytest.raises(ERRORS):
            by_core(f"https://{STALE}/x")
        assert [each.body for each in strays] == [b"body"]


@pytest.mark.parametrize("post", [by_core, by_async_core])
def test_a_router_beneath_is_asked(post: Callable[[str], str], hosts: Hosts) -> None:
    """Where the user's respx was there first; what it lets pass is refused."""
    mount = Mount(hosts)
    with respx.mock() as router:
        router.post(f"https://{UNOWNED}/x").respond(text="the user's")
        router.route().pass_through()
        mount.mount()
        try:
            assert post(f"https://{UNOWNED}/x") == "the user's"
            with pytest.raises(httpcore.ConnectError, match="is not simulated here"):
                post(f"https://{UNOWNED}/y")
        finally:
            mount.unmount()


@pytest.mark.usefixtures("mount")
def test_a_tool_beneath_goes_on_answering(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was there before us answers other Marketing Clouds, for both kinds of client."""

    def play(*_: object) -> httpx.Response:
        return httpx.Response(200, text="played")

    async def play_async(*_: object) -> httpx.Response:
        return httpx.Response(200, text="played")

    taken: list[str] = []
    hosts.on_taken = lambda host, _: taken.append(host)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", play)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", play_async)
    above = Mount(hosts)
    above.mount()

    async def fetch() -> str:
        async with httpx.AsyncClient(verify=False) as http:  # noqa: S501 - no network
            return (await http.get(f"https://{UNOWNED}/")).text

    with httpx.Client(verify=False) as http:  # noqa: S501 - no network
        assert http.get(f"https://{UNOWNED}/").text == "played"
        assert http.get(f"https://{REST}/").json() == {}
    assert anyio.run(fetch) == "played"
    above.unmount()
    assert set(taken) == {UNOWNED}
