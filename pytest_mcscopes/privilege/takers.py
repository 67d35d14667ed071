"""Who else answers for the code's HTTP library, and how it leaves a tenant's requests alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ledger.facts import Taken

_FIRST = "takes httpx's requests first"
_UNLESS = "refuses requests to 127.0.0.1 unless it is told to let them pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Something that takes requests of an HTTP library, those to a tenant too."""

    name: str
    does: str = _UNLESS
    way_out: str


TAKERS = {
    "pytest_httpx": Taker(
        name="pytest-httpx's httpx_mock",
        does=_FIRST,
        way_out=(
            "Mark the test"
            " @pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud), and"
            " httpx_mock leaves Marketing Cloud alone."
        ),
    ),
    "respx.mocks": Taker(
        name='respx.mock(using="httpx")',
        does=_FIRST,
        way_out='Leave out using="httpx": where respx answers by default, it is asked after us.',
    ),
    "pytest_socket": Taker(
        name="pytest-socket",
        does="refuses sockets to 127.0.0.1",
        way_out=(
            "Run pytest with --allow-hosts=127.0.0.1 beside --disable-socket, or mark the test"
            ' @pytest.mark.allow_hosts(["127.0.0.1"]); a test that is marked disable_socket, or'
            " asks for socket_disabled, must leave that out."
        ),
    ),
    "responses": Taker(
        name="responses",
        way_out=(
            'Write responses.add_passthru("http://127.0.0.1:") in the test, or the same of your own'
            " RequestsMock, and responses leaves the tenant's ports alone."
        ),
    ),
    "requests_mock": Taker(
        name="requests-mock",
        way_out=(
            "Write"
            ' requests_mock.register_uri(ANY, re.compile("^http://127.0.0.1:"), real_http=True)'
            " in the test, or the same of your own Mocker (from requests_mock import ANY), and"
            " requests-mock leaves the tenant's ports alone."
        ),
    ),
    "aioresponses": Taker(
        name="aioresponses",
        way_out=(
            'Write aioresponses(passthrough=["http://127.0.0.1"]), and it leaves the tenant\'s'
            " ports alone."
        ),
    ),
    "respx": Taker(
        name="respx",
        way_out=(
            'Write respx.route(host="127.0.0.1").pass_through() in the test, or the same of'
            " respx_mock or your own router, and respx leaves the tenant's ports alone."
        ),
    ),
}
"""By the package, or the module, whose patch or error is found. Never changed."""

_ANSWERERS = {
    "respx": "a route of the test's respx",
    "vcr": "a cassette of vcrpy",
    "": "a transport= of the client's own, or another mock,",
}
"""Who may answer for a Marketing Cloud beside those above, by the package of its patch."""
_WAYS_OUT = {
    "respx": "Leave out the route, so that mc_tenant answers",
    "vcr": "Open no cassette of Marketing Cloud in this test, so that mc_tenant answers",
}
_OF_HTTPX = frozenset({"pytest_httpx", "respx.mocks"})
_STAND_IN = "a stand-in for "


def describe_taken(taken: Taken) -> str:
    """Say who took what."""
    known = TAKERS.get(taken.by)
    name = _ANSWERERS.get(taken.by) or (known.name if known else taken.by)
    if not taken.host:
        return f"{name} stood before the tenant, and whom it was to call cannot be seen"
    return f"{name} took a request to {taken.host}"


def way_out(taken: Taken) -> str:
    """Say how the test is to be written so that it can be judged."""
    known = TAKERS.get(taken.by)
    at_port = ":" in taken.host
    if known and (at_port or taken.by not in _WAYS_OUT):
        # mc_tenant answers no other library in process.
        right = at_port or not taken.host or taken.by in _OF_HTTPX
        return known.way_out if right else f"Give the code the URLs of mc_server. {known.way_out}"
    rest = "what the code asks for; or, if it is to ask for a token, declare its scopes."
    if taken.by.startswith(_STAND_IN):
        library = taken.by.removeprefix(_STAND_IN).partition(".")[0]
        door = "mc_tenant" if library in {"httpx", "httpx2"} else "mc_server"
        if taken.host:
            return f"Let the code call {library} itself, so that {door} answers {rest}"
        return (
            f"Let the code call {library} itself, so that {door} answers {rest} If it is another"
            " service that is replaced, replace a function by mock.patch(..., autospec=True), or"
            " let a mock of HTTP answer: both show whom the code calls."
        )
    first = _WAYS_OUT.get(
        taken.by, "Let the client send by httpx itself, so that mc_tenant answers"
    )
    return f"{first} {rest}"
