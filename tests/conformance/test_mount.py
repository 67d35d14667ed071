"""The door in process opens and closes without a trace, for httpx and for httpx2."""

from __future__ import annotations

import functools
import gc
import sys
import weakref
from types import ModuleType
from typing import TYPE_CHECKING
from unittest import mock

import httpx
import httpx2
import pytest
import requests
import respx
from in_process import AUTH, Sender

from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenants import AnsweringTenant

    Answered = Callable[[], bool]


@pytest.fixture
def answered(library: ModuleType, using: str) -> Answered:
    """Tells whether our door is asked, for both kinds of client."""

    def answered() -> bool:
        with respx.mock(using=using, assert_all_called=False) as below:
            below.route().respond(text="below")
            outcomes = {
                Sender(library, kind).outcome(f"https://{AUTH}/") for kind in ("sync", "asyncio")
            }
        assert outcomes in ({"ours GET"}, {"below"})
        return outcomes == {"ours GET"}

    return answered


def methods(*libraries: ModuleType) -> dict[tuple[type, str], object]:
    """Give the methods that libraries have at the moment."""
    return {
        (transport, name): getattr(transport, name)
        for library in libraries
        for transport, name in (
            (library.HTTPTransport, "handle_request"),
            (library.AsyncHTTPTransport, "handle_async_request"),
        )
    }


def test_it_leaves_the_libraries_as_they_were(hosts: Hosts, answered: Answered) -> None:
    """Mount and unmount as often as you like."""
    before = methods(httpx, httpx2)
    mount = Mount(hosts)
    for _ in range(2):
        mount.mount()
        mount.ensure()
        assert answered()
        mount.unmount()
        assert methods(httpx, httpx2) == before
        assert not answered()


@pytest.mark.usefixtures("library")
def test_ensuring_what_is_so_changes_nothing(mount: Mount) -> None:
    """It is called before each test."""
    before = methods(httpx, httpx2)
    mount.ensure()
    assert methods(httpx, httpx2) == before


def test_mounts_nest(mount: Mount, tenant: AnsweringTenant, answered: Answered) -> None:
    """A pytest run within a test has a session of its own, and takes nothing from ours."""
    inner = Mount(Hosts())
    inner.mount()
    inner.unmount()
    mount.ensure()
    assert answered()
    assert len(tenant.seen) == 2


def test_stopping_every_patch_does_not_unmount(mount: Mount, answered: Answered) -> None:
    """`mock.patch.stopall()` in a test's teardown is common."""
    mock.patch.stopall()
    mount.ensure()
    assert answered()


def test_it_comes_back_to_the_top(
    mount: Mount, library: ModuleType, answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's patch, as that of pytest-httpx, loses our hosts at the next set-up."""
    with monkeypatch.context() as patch:
        for transport, name in methods(library):
            patch.setattr(transport, name, mock.Mock(side_effect=library.ReadError("theirs")))
        with pytest.raises(library.ReadError, match="theirs"):
            answered()
        mount.ensure()
        assert answered()
    assert answered()


def test_what_is_taken_off_is_forgotten(
    mount: Mount, library: ModuleType, answered: Answered
) -> None:
    """A mock of one test, which ours lay over, is not kept to the end of the session."""

    def patched() -> weakref.ref[object]:
        theirs = mock.Mock()
        with mock.patch.object(library.HTTPTransport, "handle_request", theirs):
            mount.ensure()
            assert answered()
        return weakref.ref(theirs)

    theirs = patched()
    mount.ensure()
    gc.collect()
    assert theirs() is None
    assert answered()


def test_what_wraps_us_stays(
    mount: Mount, library: ModuleType, send_sync: Sender, tenant: AnsweringTenant
) -> None:
    """Instrumentation that goes on to call us need not be covered."""
    spans: list[str] = []
    below = library.HTTPTransport.handle_request

    @functools.wraps(below)
    def traced(transport: httpx.HTTPTransport, request: httpx.Request) -> object:
        spans.append(request.method)
        answer: object = below(transport, request)
        return answer

    with mock.patch.object(library.HTTPTransport, "handle_request", traced):
        mount.ensure()
        assert library.HTTPTransport.handle_request is traced
        send_sync("GET", f"https://{AUTH}")
    assert (spans, len(tenant.seen)) == (["GET"], 1)


def test_below_a_patch_of_others_it_can_only_fall_silent(
    mount: Mount, library: ModuleType, answered: Answered
) -> None:
    """Their patch is not ours to take away; what they call of us does nothing."""
    below = library.HTTPTransport.handle_request

    def theirs(transport: httpx.HTTPTransport, request: httpx.Request) -> object:
        answer: object = below(transport, request)
        return answer

    with mock.patch.object(library.HTTPTransport, "handle_request", theirs):
        mount.unmount()
        assert library.HTTPTransport.handle_request is theirs
        assert not answered()
    mount.unmount()
    assert library.HTTPTransport.handle_request is not below


def outcomes() -> list[str]:
    """Tell who answers our host to httpx and to httpx2."""
    return [Sender(each, "sync").outcome(f"https://{AUTH}/") for each in (httpx, httpx2)]


@pytest.mark.usefixtures("no_network")
def test_httpx2_is_imported_before_a_test_can_do_so(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code under test that imports it late, within a test, is answered too."""
    monkeypatch.delitem(sys.modules, "httpx2")
    mount = Mount(hosts)
    mount.mount()
    assert "httpx2" in sys.modules
    assert outcomes() == ["ours GET", "ours GET"]
    mount.unmount()


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "absent",
    [
        pytest.param(None, id="not to be imported"),
        pytest.param(ModuleType("httpx2"), id="a stub of the user's"),
    ],
)
def test_without_httpx2_httpx_is_answered_alone(
    absent: ModuleType | None, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing needs it; and it is found where a later test has it."""
    before = [methods(httpx), methods(httpx2)]
    mount = Mount(hosts)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "httpx2", absent)
        mount.mount()
        assert methods(httpx2) == before[1]
        assert methods(httpx) != before[0]
    mount.ensure()
    assert outcomes() == ["ours GET", "ours GET"]
    mount.unmount()
    assert [methods(httpx), methods(httpx2)] == before


def test_sessions_that_ended_in_any_order_watch_no_more(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a test puts in place of a library's own stays as it is, wherever it is put."""
    outer, inner = Mount(hosts), Mount(Hosts())
    outer.mount()
    inner.mount()
    outer.unmount()
    inner.unmount()
    fake = functools.partial(bool)
    for owner in (httpx, requests, requests.Session):
        monkeypatch.setattr(owner, "post", fake)
        assert owner.post is fake
