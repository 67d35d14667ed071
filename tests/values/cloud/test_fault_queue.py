"""What a test orders to go wrong: which requests meet it, as what, and what is told of the rest."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.fault_order import read_order
from pytest_mcscopes.cloud.fault_queue import FaultQueue
from pytest_mcscopes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.cloud.error_answers import Fault
    from pytest_mcscopes.cloud.fault_order import Endpoint, FaultName
    from pytest_mcscopes.cloud.fault_queue import Details

SEND = "POST /messaging/v1/email/messages/{messageKey}"
READ = "GET /messaging/v1/email/definitions"
SCOPES = frozenset({"email_read", "email_send"})
DOCUMENTATION = (
    "https://developer.salesforce.com/docs/atlas.en-us.mc-apis.meta/mc-apis/error-handling.htm"
)


@pytest.fixture
def fault_queue() -> FaultQueue:
    """Nothing has been ordered yet."""
    return FaultQueue(load_catalogue())


def met(fault_queue: FaultQueue, endpoint: Endpoint = "token", label: str = "") -> Fault | None:
    """Let a request arrive."""
    ordered = fault_queue.due(endpoint, label)
    return ordered.fault('Bearer error="invalid_token"') if ordered else None


def statuses(fault_queue: FaultQueue, endpoint: Endpoint, *labels: str) -> list[int | None]:
    """Let requests arrive one by one."""
    faults = [met(fault_queue, endpoint, label) for label in labels]
    return [fault.response.status if fault else None for fault in faults]


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param([], [None, None], id="none ordered"),
        pytest.param([{}], [500, None], id="once"),
        pytest.param([{"times": 2}], [500, 500, None], id="twice"),
        pytest.param([{"after": 2}], [None, None, 500, None], id="after two"),
        pytest.param([{"after": 1, "times": 2}], [None, 500, 500, None], id="the second and third"),
        pytest.param([{"times": 2}, {}], [500, 500, 501, None], id="one waits for another"),
        pytest.param([{}, {"after": 1}], [500, 501, None], id="after what another took"),
        pytest.param([{"after": 1}, {}], [501, 500, None], id="before what another lets pass"),
        pytest.param([{"after": 1}, {"after": 1}], [None, 500, 501], id="both at once"),
    ],
)
def test_requests_are_counted(
    orders: list[Details], expected: list[int | None], fault_queue: FaultQueue
) -> None:
    """Each order lets pass `after` requests of all that arrive, then takes `times`."""
    for number, order in enumerate(orders):
        fault_queue.order("token", 500 + number, **order)
    assert statuses(fault_queue, "token", *[""] * len(expected)) == expected


@pytest.mark.parametrize("meant", ["token", "userinfo", "rest", "authorize"])
def test_other_endpoints_do_not_count(meant: Endpoint, fault_queue: FaultQueue) -> None:
    """A request meets what was ordered for its own endpoint only."""
    fault_queue.order(meant, "unavailable")
    others: list[Endpoint] = ["token", "userinfo", "rest", "authorize"]
    others.remove(meant)
    assert [met(fault_queue, other) for other in others] == [None, None, None]
    assert statuses(fault_queue, meant, "", "") == [503, None]


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(SEND, id="as the catalogue has it"),
        pytest.param("POST /messaging/v1/email/messages/receipt-7", id="a concrete call"),
        pytest.param("post //messaging/v1/email/messages/{key}/?verbose=1", id="loosely written"),
    ],
)
def test_a_route_is_found(target: str, fault_queue: FaultQueue) -> None:
    """Calls of other routes pass, and are not counted."""
    fault_queue.order(target, "unavailable", after=1)
    assert statuses(fault_queue, "rest", SEND, READ, SEND, SEND) == [None, None, 503, None]


def test_the_query_tells_routes_apart(fault_queue: FaultQueue) -> None:
    """Two rows of one path are two routes."""
    keys, ids = (
        f"POST /contacts/v1/contacts/actions/delete?type={each}" for each in ("keys", "ids")
    )
    fault_queue.order(ids, "unavailable")
    assert statuses(fault_queue, "rest", keys, ids) == [None, 503]


def test_an_unknown_route_counts_as_typed(fault_queue: FaultQueue) -> None:
    """What the catalogue does not know can be called, and can fail."""
    fault_queue.order("get /custom/v1/thing", "unavailable")
    labels = ("GET /custom/v1/things", "POST /custom/v1/thing", "GET /custom/v1/thing")
    assert statuses(fault_queue, "rest", *labels) == [None, None, 503]


@pytest.mark.parametrize(
    ("target", "endpoint"),
    [
        ("POST /v2/token", "token"),
        ("POST /v2/Token/", "token"),
        ("GET /v2/userinfo", "userinfo"),
        ("GET /v2/authorize", "authorize"),
    ],
)
def test_an_endpoint_may_be_written_as_route(
    target: str, endpoint: Endpoint, fault_queue: FaultQueue
) -> None:
    """As a REST call it would never arrive."""
    fault_queue.order(target, "unavailable")
    assert statuses(fault_queue, endpoint, "") == [503]


def test_a_route_goes_before_the_rest_of_the_host(fault_queue: FaultQueue) -> None:
    """The closer order is taken, and the wider one kept for other calls."""
    fault_queue.order("rest", 500)
    fault_queue.order(SEND, 501)
    assert statuses(fault_queue, "rest", SEND, READ, SEND) == [501, 500, None]


@pytest.mark.parametrize(
    ("endpoint", "error"),
    [("token", "invalid_client"), ("userinfo", "invalid_token"), ("rest", "0")],
)
def test_unauthorized_is_as_documented(
    endpoint: Endpoint, error: str, fault_queue: FaultQueue
) -> None:
    """Each endpoint has its own body; a token's challenge goes with those that take tokens."""
    fault_queue.order(endpoint, "unauthorized")
    fault = met(fault_queue, endpoint)
    assert fault is not None
    assert (fault.response.status, fault.error) == (401, error)
    challenge = None if endpoint == "token" else 'Bearer error="invalid_token"'
    assert fault.response.headers.get("WWW-Authenticate") == challenge


class Refusal(NamedTuple):
    status: int
    body: dict[str, object]
    retry_after: str | None = None


def too_many(code: int, message: str, retry_after: int | None) -> Refusal:
    told = {} if retry_after is None else {"retryAfter": retry_after}
    body = {"message": message, "errorcode": code, **told, "documentation": DOCUMENTATION}
    return Refusal(429, body, None if retry_after is None else str(retry_after))


limited = partial(too_many, 50100, "Rate limit exceeded")
blocked = partial(too_many, 50200, "Your requests are temporarily blocked.")


def failed(status: int, message: str) -> Refusal:
    return Refusal(status, {"message": message, "errorcode": 0, "documentation": DOCUMENTATION})


@pytest.mark.parametrize("endpoint", ["token", "userinfo", "rest"])
@pytest.mark.parametrize(
    ("order", "told"),
    [
        pytest.param(("rate_limited", {}), limited(5), id="limited"),
        pytest.param(("rate_limited", {"retry_after": 60}), limited(60), id="limited 60"),
        pytest.param(("rate_limited", {"retry_after": 0}), limited(0), id="limited 0"),
        pytest.param(("rate_limited", {"retry_after": None}), limited(None), id="limited, untold"),
        pytest.param(("blocked", {}), blocked(None), id="blocked"),
        pytest.param(("blocked", {"retry_after": 9}), blocked(9), id="blocked 9"),
        pytest.param(("blocked", {"retry_after": None}), blocked(None), id="blocked, untold"),
        pytest.param(("unavailable", {}), failed(503, "Service Unavailable"), id="503"),
        pytest.param((504, {}), failed(504, "Gateway Timeout"), id="504"),
        pytest.param((599, {}), failed(599, "Server Error"), id="599, which has no name"),
    ],
)
def test_refusals(
    endpoint: Endpoint,
    order: tuple[FaultName | int, Details],
    told: Refusal,
    fault_queue: FaultQueue,
) -> None:
    """The 429 of both documented shapes with and without Retry-After, and the 5xx."""
    fault, details = order
    fault_queue.order(endpoint, fault, **details)
    refused = met(fault_queue, endpoint)
    assert refused is not None
    response = refused.response
    sent = Refusal(response.status, json.loads(response.body), response.headers.get("Retry-After"))
    assert sent == told
    assert (response.trouble, refused.error) == (None, str(told.body["errorcode"]))


@pytest.mark.parametrize(
    ("fault", "content_type", "begins"),
    [
        ("malformed", "application/json; charset=utf-8", b"{"),
        ("truncated", "application/json; charset=utf-8", b"{"),
        ("wrong_content_type", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
    ],
)
def test_garbled_answers(
    fault: FaultName | int, content_type: str, begins: bytes, fault_queue: FaultQueue
) -> None:
    """A 200 that is no JSON, as a broken proxy gives."""
    fault_queue.order("rest", fault)
    refused = met(fault_queue, "rest")
    assert refused is not None
    response = refused.response
    assert (response.status, response.headers) == (200, {"Content-Type": content_type})
    assert response.body.startswith(begins)
    assert refused.error == fault
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.body)


@pytest.mark.parametrize("fault", ["timeout", "reset"])
def test_no_answer(fault: FaultName | int, fault_queue: FaultQueue) -> None:
    """The door is told what becomes of the connection, and the record has no status."""
    fault_queue.order("token", fault)
    refused = met(fault_queue)
    assert refused is not None
    assert (refused.response.status, refused.response.trouble) == (0, fault)
    assert refused.error == fault


@pytest.mark.parametrize(("details", "delay"), [({}, 30), ({"seconds": 0.5}, 0.5)])
def test_slow_is_no_fault(details: Details, delay: float, fault_queue: FaultQueue) -> None:
    """The request is answered as usual, later."""
    fault_queue.order("rest", "slow", **details)
    ordered = fault_queue.due("rest", SEND)
    assert ordered is not None
    assert (ordered.delay, ordered.fault()) == (delay, None)


def test_other_faults_come_at_once(fault_queue: FaultQueue) -> None:
    """Nothing but `slow` takes time."""
    fault_queue.order("rest", "unavailable")
    ordered = fault_queue.due("rest")
    assert ordered is not None
    assert ordered.delay == 0


def test_a_user_who_denies(fault_queue: FaultQueue) -> None:
    """The endpoint makes the redirect of it."""
    fault_queue.order("authorize", "denied")
    refused = met(fault_queue, "authorize")
    assert refused is not None
    assert (refused.response.status, refused.error, refused.reason) == (
        302,
        "access_denied",
        "deny()",
    )


def test_the_reason_is_the_order(fault_queue: FaultQueue) -> None:
    """The report tells a fault that the test ordered from others."""
    fault_queue.order("rest", 502, times=2)
    refused = met(fault_queue, "rest")
    assert refused is not None
    assert refused.reason == 'fail_next("rest", 502, times=2)'


class TestDroppedScope:
    """A server that grants less than what was asked for and is assigned."""

    @staticmethod
    def granted(fault_queue: FaultQueue, scopes: frozenset[str] = SCOPES) -> str:
        """Let a token be granted, and give the text of its scopes."""
        left, text = fault_queue.leave_out(scopes, " ".join(sorted(scopes)))
        assert set(text.split()) == left
        return text

    def test_a_token_lacks_it(self, fault_queue: FaultQueue) -> None:
        """As often as ordered."""
        fault_queue.order("token", "dropped_scope", scope="email_send", times=2, after=1)
        assert [self.granted(fault_queue) for _ in range(4)] == [
            "email_read email_send",
            "email_read",
            "email_read",
            "email_read email_send",
        ]

    def test_tokens_without_it_do_not_count(self, fault_queue: FaultQueue) -> None:
        """What would not have had the scope cannot show that it was dropped."""
        fault_queue.order("token", "dropped_scope", scope="email_send")
        assert self.granted(fault_queue, frozenset({"sms_read"})) == "sms_read"
        assert len(fault_queue.unfired()) == 1
        assert self.granted(fault_queue) == "email_read"
        assert fault_queue.unfired() == []

    def test_refused_requests_do_not_count(self, fault_queue: FaultQueue) -> None:
        """A request that arrives is no token yet; other orders do not wait for it."""
        fault_queue.order("token", "dropped_scope", scope="email_send")
        fault_queue.order("token", "unavailable")
        assert statuses(fault_queue, "token", "", "") == [503, None]
        assert self.granted(fault_queue) == "email_read"

    def test_two_can_be_dropped_at_once(self, fault_queue: FaultQueue) -> None:
        """Orders for different scopes do not wait for one another."""
        for scope in sorted(SCOPES):
            fault_queue.order("token", "dropped_scope", scope=scope)
        assert self.granted(fault_queue) == ""

    def test_the_words_stay_in_order(self, fault_queue: FaultQueue) -> None:
        """The answer lists what is left as it would have."""
        fault_queue.order("token", "dropped_scope", scope="email_send")
        scopes = frozenset({"sms_read", "email_send", "email_read"})
        left, text = fault_queue.leave_out(scopes, "sms_read email_send email_read")
        assert (left, text) == (scopes - {"email_send"}, "sms_read email_read")


@pytest.mark.parametrize(
    ("order", "arrivals", "told"),
    [
        pytest.param(
            lambda fault_queue: fault_queue.order("rest", "blocked", origin="tests/test_x.py:7"),
            [],
            'fail_next("rest", "blocked") (tests/test_x.py:7) never happened: no such request came.'
            " Let the code under test send one, or remove fail_next.",
            id="no request",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order("token", 502, times=3, after=1),
            ["token"],
            'fail_next("token", 502, times=3, after=1) never happened: only 1 such request came.'
            " Let the code under test send more, or ask for less by times= and after=.",
            id="too early",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order("token", "blocked", times=3),
            ["token", "rest"],
            'fail_next("token", "blocked", times=3) happened 1 of 3 times: only 1 such request'
            " came. Let the code under test send more, or ask for less by times= and after=.",
            id="not often enough",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order(
                "rest", "rate_limited", after=5, retry_after=None
            ),
            ["rest", "rest"],
            'fail_next("rest", "rate_limited", after=5, retry_after=None) never happened: only 2'
            " such requests came."
            " Let the code under test send more, or ask for less by times= and after=.",
            id="all let pass",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order("GET /sms/v1/sned", "slow", seconds=60),
            ["rest"],
            'fail_next("GET /sms/v1/sned", "slow", seconds=60) never happened: no such request'
            " came. pytest-mcscopes knows no route GET /sms/v1/sned."
            " Let the code under test send one, or remove fail_next.",
            id="an unknown route",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order("POST /messaging/v1/email/message/1", "reset"),
            [],
            'fail_next("POST /messaging/v1/email/message/1", "reset") never happened: no such'
            " request came. pytest-mcscopes knows no route POST /messaging/v1/email/message/1."
            f" Near misses: {SEND}; GET /messaging/v1/email/messages/{{messageKey}}."
            " Let the code under test send one, or remove fail_next.",
            id="a mistyped route",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order("token", "dropped_scope", scope="email_send"),
            ["token"],
            'fail_next("token", "dropped_scope", scope="email_send") never happened: no such'
            " request came. It takes a token that would carry email_send."
            " Let the code under test send one, or remove fail_next.",
            id="a scope that no token had",
        ),
        pytest.param(
            lambda fault_queue: fault_queue.order(
                "authorize", "denied", origin="tests/test_x.py:7"
            ),
            [],
            "deny() (tests/test_x.py:7) never happened: no authorize request came."
            " Let the test call authorize(...) with the app's link, or remove deny().",
            id="a denial",
        ),
    ],
)
def test_what_did_not_happen_is_told(
    order: Callable[[FaultQueue], None],
    arrivals: list[Endpoint],
    told: str,
    fault_queue: FaultQueue,
) -> None:
    """The text names the order and its place, and says what to do."""
    order(fault_queue)
    for arrival in arrivals:
        fault_queue.due(arrival, SEND)
    assert fault_queue.unfired() == [told]


def test_what_happened_is_not_told(fault_queue: FaultQueue) -> None:
    """Nor what was forgotten at the end of a test."""
    fault_queue.order("token", "unavailable", times=2)
    statuses(fault_queue, "token", "", "")
    assert fault_queue.unfired() == []
    fault_queue.order("token", "unavailable")
    fault_queue.clear()
    assert fault_queue.unfired() == []
    assert met(fault_queue) is None


ENDPOINTS = '"token" or "userinfo" or "rest" or "soap" or "authorize"'
ANYWHERE = (
    '"unauthorized" or "rate_limited" or "blocked" or "unavailable" or "slow" or "timeout" or'
    ' "reset" or "malformed" or "truncated" or "wrong_content_type"'
)
ROUTE = 'or a route as "POST /messaging/v1/email/messages/{messageKey}"'
STATUS = "or a status from 500 to 599"


@pytest.mark.parametrize(
    ("target", "fault", "details", "complaint"),
    [
        pytest.param(
            "tokens",
            "blocked",
            {},
            f"the first argument must be {ENDPOINTS}, {ROUTE}, got 'tokens'."
            ' Did you mean "token"?',
            id="mistyped endpoint",
        ),
        pytest.param(
            "/messaging/v1/email/messages/1",
            "blocked",
            {},
            f"the first argument must be {ENDPOINTS}, {ROUTE},"
            " got '/messaging/v1/email/messages/1'.",
            id="route without a method",
        ),
        pytest.param(
            None,
            "blocked",
            {},
            f"the first argument must be {ENDPOINTS}, {ROUTE}, got None.",
            id="no text",
        ),
        pytest.param(
            "rest",
            "time-out",
            {},
            f"the fault of \"rest\" must be {ANYWHERE}, {STATUS}, got 'time-out'."
            ' Did you mean "timeout"?',
            id="mistyped fault",
        ),
        pytest.param(
            "rest",
            "dropped_scope",
            {"scope": "email_send"},
            f"the fault of \"rest\" must be {ANYWHERE}, {STATUS}, got 'dropped_scope'."
            ' "dropped_scope" goes with "token".',
            id="another endpoint's fault",
        ),
        pytest.param(
            "GET /v2/authorize",
            "slow",
            {},
            'the fault of "GET /v2/authorize" must be "denied" or "unavailable" or "timeout" or'
            f" \"reset\", {STATUS}, got 'slow'."
            ' "slow" goes with "token" or "userinfo" or "rest" or "soap".',
            id="other endpoints' fault",
        ),
        pytest.param(
            "token",
            429,
            {},
            f'the fault of "token" must be {ANYWHERE} or "dropped_scope", {STATUS}, got 429.'
            ' Write "rate_limited" or "blocked".',
            id="a status that has names",
        ),
        pytest.param(
            "rest",
            404,
            {},
            f'the fault of "rest" must be {ANYWHERE}, {STATUS}, got 404.',
            id="another status",
        ),
        pytest.param(
            "rest",
            ["slow"],
            {},
            f"the fault of \"rest\" must be {ANYWHERE}, {STATUS}, got ['slow']."
            ' Did you mean "slow"?',
            id="a list",
        ),
        pytest.param(
            "rest",
            "blocked",
            {"times": 0},
            "times must be a whole number of at least 1, got 0.",
            id="never",
        ),
        pytest.param(
            "rest",
            "blocked",
            {"times": "2"},
            "times must be a whole number of at least 1, got '2'.",
            id="times as text",
        ),
        pytest.param(
            "rest",
            "blocked",
            {"after": -1},
            "after must be a whole number of at least 0, got -1.",
            id="before now",
        ),
        pytest.param(
            "rest",
            503,
            {"retry_after": 5},
            'retry_after goes with "rate_limited" or "blocked", not with 503. Leave it out.',
            id="retry_after of another",
        ),
        pytest.param(
            "rest",
            "blocked",
            {"retry_after": "soon"},
            "retry_after must be a whole number of at least 0, got 'soon'.",
            id="retry_after as text",
        ),
        pytest.param(
            "rest",
            "timeout",
            {"seconds": 3},
            'seconds goes with "slow", not with "timeout". Leave it out.',
            id="seconds of another",
        ),
        pytest.param(
            "rest",
            "slow",
            {"seconds": 0},
            "seconds must be a number above 0, got 0.",
            id="no time",
        ),
        pytest.param(
            "rest",
            "slow",
            {"seconds": "1m"},
            "seconds must be a number above 0, got '1m'.",
            id="seconds as text",
        ),
        pytest.param(
            "token",
            "slow",
            {"scope": "email_send"},
            'scope goes with "dropped_scope", not with "slow". Leave it out.',
            id="scope of another",
        ),
        pytest.param(
            "token",
            "dropped_scope",
            {},
            '"dropped_scope" needs the scope to drop. Write scope="email_send".',
            id="no scope",
        ),
        pytest.param(
            "token",
            "dropped_scope",
            {"scope": "email_sned"},
            'unknown scope "email_sned". Did you mean "email_send"?',
            id="mistyped scope",
        ),
        pytest.param(
            "token",
            "dropped_scope",
            {"scope": ["x"]},
            "unknown scope ['x'].",
            id="a list for a scope",
        ),
    ],
)
def test_what_could_never_happen_is_refused(
    target: str, fault: FaultName | int, details: Details, complaint: str, fault_queue: FaultQueue
) -> None:
    """A misspelt fault must not leave a test green that never met it."""
    with pytest.raises(ConfigError) as refused:
        fault_queue.order(target, fault, **details)
    assert str(refused.value) == f"MCSCOPES: fail_next: {complaint}"
    assert fault_queue.unfired() == []


@pytest.mark.parametrize(
    ("target", "meant"),
    [("oauth", "token"), ("Auth", "token"), ("tokens", "token"), ("userinf", "userinfo")],
)
def test_a_target_that_is_called_otherwise(target: str, meant: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_order(load_catalogue(), target, "unavailable")
    assert str(refused.value).endswith(f' Did you mean "{meant}"?')
