"""How a client goes on after it was granted a token: with that token, or with another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..ledger.facts import CallMade, TokenRequested

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..ledger.ledger import Entry
    from .lineage import Scene

_UNAUTHORIZED = 401
_FORBIDDEN = 403
# From this status on, an answer is a reason to try again.
_FAILED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Two tokens for the same, of which the first was still good when the second came."""

    first: TokenRequested
    second: TokenRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class Insisted:
    """A call that was answered 403, and a request for what its token had been asked for."""

    denied: CallMade
    again: TokenRequested


class _Asked(NamedTuple):
    number: int
    request: TokenRequested


class _Called(NamedTuple):
    number: int
    call: CallMade


def find_repeated(judged: Iterable[Entry], scene: Scene) -> Iterator[Repeated]:
    """Find tokens that were asked for needlessly, each with the one that it repeats."""
    latest: dict[tuple[object, ...], _Asked] = {}
    for second in _asked(judged):
        request = second.request
        what = request.client, request.account_id, request.granted
        first = latest.get(what)
        if first and _fresh(first, second) and not _had_reason(first, second, scene):
            yield Repeated(first=first.request, second=request)
        if request.granted is not None:
            latest[what] = second


def _asked(entries: Iterable[Entry]) -> Iterator[_Asked]:
    return (
        _Asked(each.number, each.fact) for each in entries if isinstance(each.fact, TokenRequested)
    )


def _fresh(first: _Asked, second: _Asked) -> bool:
    """Tell whether the first token had over half of its life left, as far as its client knew."""
    return second.request.at - first.request.at < first.request.expires_in / 2


def _had_reason(first: _Asked, second: _Asked, scene: Scene) -> bool:
    """Tell whether a 401 came for the first token, or whether a failure came just before."""
    token, client = first.request.token, first.request.client
    refused = _answered(_UNAUTHORIZED, scene.window)
    if any(
        first.number < number < second.number and call.token in {token, None}
        for number, call in refused
    ):
        return True
    doings = (scene.ledger.last_before(second.number, each) for each in (token, client, None))
    last = max(filter(None, doings), key=lambda entry: entry.number)
    # An answer that never came is a failure too.
    return last.answered is None or last.answered >= _FAILED


def _answered(status: int, window: Iterable[Entry]) -> Iterator[_Called]:
    for entry in window:
        if isinstance(entry.fact, CallMade) and entry.answered == status:
            yield _Called(entry.number, entry.fact)


def find_insisted(judged: Iterable[Entry], scene: Scene) -> Iterator[Insisted]:
    """Find requests that answer a 403 by asking for the same scopes again."""
    requests = list(_asked(judged))
    for number, call in _answered(_FORBIDDEN, scene.window):
        first = next(_asked(scene.ledger.lineage(call.token)), None)
        for again in requests if first else ():
            last = scene.ledger.last_before(again.number, call.token)
            if first and last and last.number == number and _same(first.request, again.request):
                yield Insisted(denied=call, again=again.request)


def _same(first: TokenRequested, again: TokenRequested) -> bool:
    """Tell whether the same was asked for, at a time when no new token was due."""
    asked = first.client == again.client and first.requested == again.requested
    elsewhere = again.account_id not in {None, first.account_id}
    return asked and not elsewhere and again.at - first.at < first.expires_in
