"""What a test orders to happen to requests: checked, and made into a fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from types import EllipsisType
from typing import TYPE_CHECKING, Literal, get_args

from ..catalogue.route_trie import fold_word, join_segments, split_path
from ..errors import ConfigError
from ..words import did_you_mean, either, meant
from .error_answers import (
    Fault,
    access_denied,
    blocked,
    garbled,
    invalid_client,
    not_authorized,
    rate_limited,
    server_failed,
    unanswered,
    userinfo_unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..catalogue.catalogue import Catalogue

Endpoint = Literal["token", "userinfo", "rest", "soap", "authorize"]
FaultName = Literal[
    "unauthorized",
    "rate_limited",
    "blocked",
    "unavailable",
    "slow",
    "timeout",
    "reset",
    "malformed",
    "truncated",
    "wrong_content_type",
    "dropped_scope",
    "denied",
]
RetryAfter = int | EllipsisType | None
"""Seconds; None: not given; `...`: as documented for the fault."""

_ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
_AT_A_BROWSER = ("denied", "unavailable", "timeout", "reset")
_AT_A_TOKEN = ("dropped_scope",)
_ANYWHERE = tuple(name for name in get_args(FaultName) if name not in {"dropped_scope", "denied"})
_FAULTS_OF: Mapping[Endpoint, tuple[str, ...]] = {
    "token": (*_ANYWHERE, *_AT_A_TOKEN),
    "userinfo": _ANYWHERE,
    "rest": _ANYWHERE,
    "soap": tuple(name for name in _ANYWHERE if name != "blocked"),
    "authorize": _AT_A_BROWSER,
}
_ROUTE = re.compile(r"([A-Za-z]+) (/[^\s?]*)(?:\?(\S*))?")
_ROUTE_LIKE = '"POST /messaging/v1/email/messages/{messageKey}"'
# Faults of these would never meet a REST call. Their paths are written in any case.
_ENDPOINT_OF: Mapping[tuple[str, str], Endpoint] = {
    ("POST", "/v2/token"): "token",
    ("GET", "/v2/userinfo"): "userinfo",
    ("GET", "/v2/authorize"): "authorize",
    ("POST", "/service.asmx"): "soap",
}
_RETRY_AFTER: Mapping[str, int | None] = {"rate_limited": 5, "blocked": None}
# How to write a status that is no fault by itself.
_NAMES_OF: Mapping[int, tuple[str, ...]] = {
    401: ("unauthorized",),
    429: ("rate_limited", "blocked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What is to happen to the requests that a test named."""

    endpoint: Endpoint
    label: str
    """The one route that is meant; empty: all of the endpoint."""
    name: FaultName | int
    """A status where it is a number."""
    times: int
    after: int
    """How many such requests are let pass before."""
    retry_after: int | None
    """What the answer gives; None: nothing."""
    delay: float
    """How much later the request is answered, in seconds of Marketing Cloud's time."""
    scope: str
    """What is left out of a token; empty: nothing."""
    written: str
    """The order as the test wrote it; the reason of its faults."""
    origin: str
    """Where the test wrote it."""
    hint: str
    """What may be why no request came; a sentence after a blank, or nothing."""

    def fault(self, challenge: str = "") -> Fault | None:
        """Build what is raised in place of an answer; None: the request is answered."""
        if isinstance(self.name, int):
            return server_failed(self.name, self.written)
        build = _FAULTS.get(self.name)
        return build(self, challenge) if build else None


_UNAUTHORIZED: Mapping[Endpoint, Callable[[str, str], Fault]] = {
    "token": lambda _, reason: invalid_client(reason),
    "userinfo": userinfo_unauthorized,
    "rest": not_authorized,
}
_FAULTS: Mapping[FaultName, Callable[[Ordered, str], Fault]] = {
    "unauthorized": lambda order, challenge: _UNAUTHORIZED[order.endpoint](
        challenge, order.written
    ),
    "rate_limited": lambda order, _: rate_limited(order.written, order.retry_after),
    "blocked": lambda order, _: blocked(order.written, order.retry_after),
    "unavailable": lambda order, _: server_failed(503, order.written),
    "timeout": lambda order, _: unanswered("timeout", order.written),
    "reset": lambda order, _: unanswered("reset", order.written),
    "malformed": lambda order, _: garbled("malformed", order.written),
    "truncated": lambda order, _: garbled("truncated", order.written),
    "wrong_content_type": lambda order, _: garbled("wrong_content_type", order.written),
    "denied": lambda order, _: access_denied(order.written),
}


def read_order(
    catalogue: Catalogue,
    target: str,
    fault: FaultName | int,
    *,
    times: int = 1,
    after: int = 0,
    retry_after: RetryAfter = ...,
    seconds: float | None = None,
    scope: str | None = None,
    origin: str = "",
) -> Ordered:
    """Check an order: one that could never happen would leave a test green that never met it.

    Raises:
        ConfigError: something of it is impossible, or does not go with the fault.
    """
    endpoint, label, hint = _read_target(target, catalogue)
    _check_fault(fault, endpoint, target)
    _check_number("times", times, 1)
    _check_number("after", after, 0)
    given = {"retry_after": retry_after, "seconds": seconds, "scope": scope}
    _check_owners(given, fault)
    if endpoint == "soap" and retry_after is not ...:
        raise _wrong(
            'retry_after goes with "token", "userinfo" and "rest": a SOAP fault tells no such time.'
            " Leave it out."
        )
    return Ordered(
        endpoint=endpoint,
        label=label,
        name=fault,
        times=times,
        after=after,
        retry_after=_read_retry_after(retry_after, fault),
        delay=_read_seconds(seconds) if fault == "slow" else 0,
        scope=_read_scope(scope, catalogue) if fault == "dropped_scope" else "",
        written=_write(target, fault, {"times": times, "after": after, **given}),
        origin=origin,
        hint=f" It takes a token that would carry {scope}." if scope else hint,
    )


_ABSENT: Mapping[str, object] = read_order.__kwdefaults__ or {}
"""What a keyword is where it is not given."""


def _read_target(target: str, catalogue: Catalogue) -> tuple[Endpoint, str, str]:
    """Tell the endpoint, the route's label, and what may be wrong with the route."""
    for endpoint in _ENDPOINTS:
        if target == endpoint:
            return endpoint, "", ""
    route = _ROUTE.fullmatch(str(target))
    if route is None:
        raise _wrong(
            f"the first argument must be {either(_ENDPOINTS)}, or a route as {_ROUTE_LIKE},"
            f" got {target!r}.{_meant_endpoint(str(target))}"
        )
    method, path, query = route[1].upper(), route[2], route[3] or ""
    typed = f"{method} {path}"
    place = (method, fold_word(join_segments(split_path(path))))
    if place in _ENDPOINT_OF:
        return _ENDPOINT_OF[place], "", ""
    row = catalogue.match(method, path, query)
    if row is not None:
        return "rest", row.label, ""
    near = "; ".join(catalogue.near_misses(method, path, query))
    hint = f" Near misses: {near}." if near else ""
    return "rest", typed, f" pytest-mcscopes knows no route {typed}.{hint}"


_TOKEN_WORDS = frozenset({"oauth", "oauth2", "auth", "login", "log_in"})
"""What the token endpoint is called elsewhere."""


def _meant_endpoint(target: str) -> str:
    word = "token" if target.lower() in _TOKEN_WORDS else target
    return did_you_mean(word, _ENDPOINTS)


def _check_fault(fault: FaultName | int, endpoint: Endpoint, target: str) -> None:
    names = _FAULTS_OF[endpoint]
    if fault in names or (isinstance(fault, int) and 500 <= fault <= 599):
        return
    owners = tuple(each for each in _ENDPOINTS if fault in _FAULTS_OF[each])
    better = _NAMES_OF.get(fault) if isinstance(fault, int) else None
    if owners:
        hint = f' "{fault}" goes with {either(owners)}.'
    elif better:
        hint = f" Write {either(better)}."
    else:
        hint = did_you_mean(str(fault), names)
    raise _wrong(
        f"the fault of {_shown(target)} must be {either(names)},"
        f" or a status from 500 to 599, got {fault!r}.{hint}"
    )


def _check_number(keyword: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise _wrong(f"{keyword} must be a whole number of at least {least}, got {value!r}.")


def _check_owners(given: Mapping[str, object], fault: FaultName | int) -> None:
    owners = {"retry_after": tuple(_RETRY_AFTER), "seconds": ("slow",), "scope": _AT_A_TOKEN}
    for keyword, value in given.items():
        if value is not _ABSENT[keyword] and fault not in owners[keyword]:
            raise _wrong(
                f"{keyword} goes with {either(owners[keyword])}, not with {_shown(fault)}."
                " Leave it out."
            )


def _read_retry_after(given: RetryAfter, fault: FaultName | int) -> int | None:
    if isinstance(given, EllipsisType):
        return _RETRY_AFTER.get(str(fault))
    if given is not None:
        _check_number("retry_after", given, 0)
    return given


def _read_seconds(given: object) -> float:
    if given is None:
        return 30
    if isinstance(given, int | float) and 0 < given < inf:
        return given
    raise _wrong(f"seconds must be a number above 0, got {given!r}.")


def _read_scope(given: object, catalogue: Catalogue) -> str:
    if given is None:
        raise _wrong('"dropped_scope" needs the scope to drop. Write scope="email_send".')
    if not isinstance(given, str) or given not in catalogue.wire_ids:
        raise _wrong(f"unknown scope {_shown(given)}.{meant(catalogue.did_you_mean(str(given)))}")
    return given


def _write(target: str, fault: FaultName | int, keywords: Mapping[str, object]) -> str:
    """Write the order as the test did."""
    if fault == "denied":
        return "deny()"
    said = [
        f"{keyword}={_shown(value)}"
        for keyword, value in keywords.items()
        if value != _ABSENT[keyword]
    ]
    return f"fail_next({', '.join((_shown(target), _shown(fault), *said))})"


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _wrong(text: str) -> ConfigError:
    return ConfigError(f"fail_next: {text}")
