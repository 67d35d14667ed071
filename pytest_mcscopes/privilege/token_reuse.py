"""How a client goes on after it was granted a token: with that token, or with another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..ledger.facts import CallMade, TokenRequested
from .observed import Insisted, Repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..ledger.ledger import Entry
    from .observed import TenantActivity

_UNAUTHORIZED = 401
_FORBIDDEN = 403
# From this status on, an answer is a reason to try again.
_FAILED = 400


class _Asked(NamedTuple):
    number: int
    request: TokenRequested


def find_repeated(judged: Iterable[Entry], scene: TenantActivity) -> Iterator[Repeated]:
    """Find tokens that were asked for needlessly, each with the one that it repeats."""
    latest: dict[tuple[object, ...], _Asked] = {}
    for second in _asked(judged):
        request = second.request
        # What renews is compared with what came of the same log-in only.
        renewed = scene.ledger.lineage(request.presented) if request.presented else []
        login = [each.number for each in renewed[-1:]]
        what = request.client, request.account_id, request.granted, request.user, *login
        # By a code a user has logged in, maybe at another browser: that is no repetition.
        first = None if request.grant_type == "authorization_code" else latest.get(what)
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


def _had_reason(first: _Asked, second: _Asked, scene: TenantActivity) -> bool:
    """Tell whether a 401 came for the first token, or whether a failure came just before."""
    token, client = first.request.token, first.request.client
    refused = (each for each in scene.window if each.answered == _UNAUTHORIZED)
    if any(
        isinstance(each.fact, CallMade)
        and first.number < each.number < second.number
        and each.fact.token in {token, None}
        for each in refused
    ):
        return True
    doings = (scene.ledger.last_before(second.number, each) for each in (token, client, None))
    last = max(filter(None, doings), key=lambda entry: entry.number)
    # An answer that never came is a failure too.
    failed = last.answered is None or last.answered >= _FAILED
    same_request = scene.ledger.entries[last.request : last.number + 1]
    return failed or any(map(_is_denied, same_request))


def _is_denied(entry: Entry) -> bool:
    """Tell whether a call was told that it may not: over SOAP its row shows that, no status."""
    call = entry.fact
    if not isinstance(call, CallMade):
        return False
    by_row = call.host == "soap" and call.scope_denied and call.need.trusted
    return by_row or entry.answered == _FORBIDDEN


def find_insisted(judged: Iterable[Entry], scene: TenantActivity) -> Iterator[Insisted]:
    """Find requests that answer a denial by asking for the same scopes again."""
    # One object of a batch may be denied, and the last of them allowed.
    denied: dict[int, CallMade] = {}
    for each in scene.window:
        if isinstance(each.fact, CallMade) and _is_denied(each):
            denied[each.request] = each.fact
    requests = _first_steps(list(_asked(judged))) if denied else []
    for number, call in denied.items():
        first = next(_asked(scene.ledger.lineage(call.token)), None)
        for again in requests if first else ():
            last = scene.ledger.last_before(again.number, call.token)
            if first and last and last.request == number and _same(first.request, again.request):
                yield Insisted(denied=call, again=again.request)


def _first_steps(requests: Iterable[_Asked]) -> list[_Asked]:
    """Leave out the exchange of a code: it is the second step of one and the same request."""
    codes = {
        code
        for each in requests
        if each.request.granted is None
        for code in each.request.also_issued
    }
    return [each for each in requests if each.request.presented not in codes]


def _same(first: TokenRequested, again: TokenRequested) -> bool:
    """Tell whether the same was asked for, at a time when no new token was due."""
    asked = first.client == again.client and first.requested == again.requested
    elsewhere = again.account_id not in {None, first.account_id} or again.user != first.user
    return asked and not elsewhere and again.at - first.at < first.expires_in
