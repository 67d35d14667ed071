"""Who else answered for the code's HTTP library, and how the test is to be written instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger.interceptor_texts import INTERCEPTORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ledger.facts import Taken

_ANSWERERS = {
    "respx": "a route of the test's respx",
    "vcr": "a cassette of vcrpy",
    "": "a transport= of the client's own, or another mock,",
    "connector": "a connector= of the client's own",
    "adapter": "an adapter of the session's own",
    "pool": "something below requests' own adapter",
    "handler": "a handler of the opener's own",
    "middleware": "a middleware of the session's own, or another mock,",
}
"""Who may answer for a Marketing Cloud beside those above, by the package of its patch."""
_WAYS_OUT = {
    "respx": "Leave out the route, so that mc_tenant answers",
    "connector": "Let the session connect by aiohttp's own TCPConnector, so that mc_tenant answers",
    "adapter": "Let the session send by requests' own HTTPAdapter, so that mc_tenant answers",
    "pool": "Let the adapter send by urllib3's own pools, so that mc_tenant answers",
    "middleware": "Let the middleware hand the request on, so that mc_tenant answers",
    "handler": "Let the opener open by urllib's own handlers, so that mc_tenant answers",
    "vcr": "Open no cassette of Marketing Cloud in this test, so that mc_tenant answers",
}
_STAND_IN = "a stand-in for "


def describe_taken(taken: Taken) -> str:
    """Say who took what."""
    if not taken.host:
        return f"{_name(taken)} stood before the tenant, and whom it was to call cannot be seen"
    return f"{_name(taken)} took a request to {taken.host}"


def _name(taken: Taken) -> str:
    known = INTERCEPTORS.get(taken.by)
    return _ANSWERERS.get(taken.by) or (known.name if known else taken.by)


def describe_unseen(taken: Iterable[Taken]) -> tuple[str, ...]:
    """Say of a test that no mark judges who answered for Marketing Cloud in it."""
    by = {each.by: each for each in taken if each.host}
    return tuple(
        f"{_name(each)} answered for Marketing Cloud, and no tenant saw what was asked for: no"
        f" suggestion and no data file has it. {way_to_answer(each)}"
        for each in by.values()
    )


def way_out(taken: Taken) -> str:
    """Say how the test is to be written so that it can be judged."""
    known = INTERCEPTORS.get(taken.by)
    at_port = ":" in taken.host
    if known and (at_port or taken.by not in _WAYS_OUT):
        by_name = known.way_out_by_name or known.way_out
        if taken.host or by_name == known.way_out:
            return known.way_out if at_port else by_name
        return f"{by_name} For the ports of mc_server: {known.way_out}"
    rest = "what the code asks for; or, if it is to ask for a token, declare its scopes."
    if taken.by.startswith(_STAND_IN) and not taken.host:
        rest = (
            f"{rest} If it is another service that is replaced, replace a function by"
            " mock.patch(..., autospec=True), or let a mock of HTTP answer: both show whom the code"
            " calls."
        )
    return f"{_let_answer(taken)} {rest}"


def way_to_answer(taken: Taken) -> str:
    """Say how the request comes to the tenant, where the test is about what it asks for."""
    known = taken.by in INTERCEPTORS and taken.by not in _WAYS_OUT
    return way_out(taken) if known else f"{_let_answer(taken)}."


def _let_answer(taken: Taken) -> str:
    if taken.by.startswith(_STAND_IN):
        library = taken.by.removeprefix(_STAND_IN).partition(".")[0]
        return f"Let the code call {library} itself, so that mc_tenant answers"
    return _WAYS_OUT.get(taken.by, "Let the client send by httpx itself, so that mc_tenant answers")
