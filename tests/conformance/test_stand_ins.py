"""What is seen of stand-ins that no inner run makes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx
import pytest
import requests

from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.stand_ins import StandIns

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL = "https://mcreal.auth.marketingcloudapis.com/v2/token"
HOST = "mcreal.auth.marketingcloudapis.com"


@pytest.fixture
def taken() -> list[tuple[str, str]]:
    """What was told."""
    return []


@pytest.fixture
def stand_ins(taken: list[tuple[str, str]]) -> Iterator[StandIns]:
    """Watches httpx."""
    hosts = Hosts()
    hosts.on_taken = lambda host, by: taken.append((host, by))
    watching = StandIns(hosts)
    yield watching
    watching.leave()


def answer(*_: object, **__: object) -> str:
    """Stand in for a function."""
    return "answered"


def test_what_stood_there_before(
    stand_ins: StandIns, taken: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in that was set before anybody watched is wrapped all the same."""
    monkeypatch.setattr(httpx, "post", answer)
    stand_ins.begin([httpx])
    httpx.post(REAL)
    stand_ins.end()
    assert taken == [(HOST, "a stand-in for httpx.post")]


def test_what_stood_there_in_a_class_before(
    stand_ins: StandIns, taken: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client's method is looked at when a test begins, whoever has replaced it."""
    monkeypatch.setattr(requests.Session, "get", answer)
    stand_ins.begin([httpx])
    requests.Session().get(REAL)
    stand_ins.end()
    assert taken == [(HOST, "a stand-in for requests.Session.get")]


@pytest.mark.parametrize("fake", [answer, mock.Mock(side_effect=answer)], ids=["plain", "mock"])
def test_one_that_stands_in_two_places_is_wrapped_once(
    fake: object,
    stand_ins: StandIns,
    taken: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And is told once for each request."""
    stand_ins.begin([httpx])
    monkeypatch.setattr(httpx, "post", fake)
    monkeypatch.setattr(httpx, "put", httpx.post)
    httpx.put(REAL)
    stand_ins.end()
    assert taken == [(HOST, "a stand-in for httpx.post")]


def test_a_request_of_aiohttps_is_yet_to_be_sent(
    stand_ins: StandIns, taken: list[tuple[str, str]]
) -> None:
    """A stand-in that gives what aiohttp gave has handed the request on."""
    named = {"__module__": "aiohttp.client"}
    given: Any = type("_RequestContextManager", (), named)()
    session: Any = type("ClientSession", (), {**named, "post": answer, "get": answer})
    stand_ins.begin([httpx])

    def hand_on(*_: object) -> object:
        return given

    with mock.patch.object(session, "post", hand_on):
        session().post(REAL)
    assert taken == []
    with mock.patch.object(session, "get", answer):
        session().get(REAL)
    assert taken == [(HOST, "a stand-in for aiohttp.ClientSession.get")]
    stand_ins.end()


def test_what_is_gone_is_forgotten(stand_ins: StandIns, taken: list[tuple[str, str]]) -> None:
    """A test may delete what it has put somewhere."""
    stand_ins.begin([httpx])
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "post", answer)
        vars(client).pop("post")
        stand_ins.begin([httpx])
        stand_ins.end()
        vars(client)["post"] = answer
    assert taken == []


def test_without_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody has imported its monkeypatch there is none to hear of."""
    monkeypatch.delitem(sys.modules, "_pytest.monkeypatch")
    before = pytest.MonkeyPatch.setattr
    watching = StandIns(Hosts())
    watching.begin([httpx])
    assert pytest.MonkeyPatch.setattr is before
    watching.leave()


def test_somebody_over_it_stays(stand_ins: StandIns) -> None:
    """What others have put over `monkeypatch.setattr` is theirs to take away."""
    below = pytest.MonkeyPatch.setattr
    stand_ins.begin([httpx])
    over = mock.Mock()
    setattr(pytest.MonkeyPatch, "setattr", over)  # noqa: B010 - mypy lets nobody assign a method
    try:
        stand_ins.leave()
        assert pytest.MonkeyPatch.setattr is over
    finally:
        setattr(pytest.MonkeyPatch, "setattr", below)  # noqa: B010
