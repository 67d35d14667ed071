"""Which requests and calls of a ledger a test answers for.

Calls are judged by window, tokens by lineage: a request that came before the
window is judged as soon as its token, or one renewed from it, is presented.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..ledger.facts import (
    ADMIN,
    INHERITING_GRANTS,
    CallMade,
    TokenRequested,
    asks_for_everything,
    names_scopes,
)
from ..ledger.ledger import USERINFO
from .expectation import FLOW_SCOPES, Expectation
from .observed import NO_SCOPES, Dropped, Login, Observed, TenantActivity
from .token_reuse import find_insisted, find_repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..ledger.ledger import Entry, Ledger
    from .minimum import Scopes


def observe(scene: TenantActivity, home: str) -> dict[str, Observed]:
    """Sort what the test is answerable for by package, in the order of the packages.

    At the door of *home* is laid what belongs to no package: an unknown client.
    """
    judged: defaultdict[str, list[Entry]] = defaultdict(list)
    came: defaultdict[str, list[Entry]] = defaultdict(list)
    for each in _judged_requests(scene):
        if each.fact.package:
            judged[each.fact.package].append(each)
        else:
            judged[home].append(_asked_of_home(each, scene.packages[home]))
    issued = scene.ledger.tokens  # an expired token still tells whose it was
    for each in scene.window:
        came[issued.get(each.fact.token or "", each).fact.package or home].append(each)
    observed = {}
    for name in scene.packages:
        observed[name] = _observe_package(name, judged[name], came[name], scene)
    return observed


def _asked_of_home(entry: Entry, assigned: Scopes) -> Entry:
    """Let an unknown client that names no scope ask for all that its home package has."""
    request = entry.fact
    if not (isinstance(request, TokenRequested) and asks_for_everything(request)):
        return entry
    return replace(entry, fact=request._replace(requested=assigned, assigned=assigned))


def _judged_requests(scene: TenantActivity) -> list[Entry]:
    """Give the requests of the window, and those whose tokens, codes or renewals came in it."""
    found: dict[int, Entry] = {}
    presented: dict[str | None, None] = {}
    for each in scene.window:
        if isinstance(each.fact, TokenRequested):
            found[each.number] = each
            presented[each.fact.presented] = None
        else:
            presented[each.fact.token] = None
    for token in filter(None, presented):
        for request in scene.ledger.lineage(token):
            if request.origin == "code":
                found[request.number] = request
    return sorted(found.values(), key=attrgetter("number"))


def _observe_package(
    name: str, judged: Sequence[Entry], window: Sequence[Entry], scene: TenantActivity
) -> Observed:
    """Tell what was done with one package, by the requests and what came of it in the window."""
    ledger, granted = scene.ledger, scene.ledger.granted.get(name)
    requests: tuple[TokenRequested, ...] = tuple(map(attrgetter("fact"), judged))
    unnamed = None in map(attrgetter("scope"), requests)
    calls, own_tokens = _calls(window, ledger)
    elsewhere, started_in = set(), set()
    for each in (*judged, *window):
        if each.elsewhere:
            elsewhere.add(each.elsewhere)
        if each.started_in:
            started_in.add(each.started_in)
    return Observed(
        package=name,
        assigned=scene.packages[name],
        assigned_in=scene.assigned_in.get(name, ""),
        is_app=name in scene.apps,
        requests=requests,
        calls=calls,
        logins=tuple(_logins(requests, ledger)),
        dropped=tuple(_dropped(judged, scene)) if unnamed else (),
        inherited=tuple(_inherited(requests, ledger)) if unnamed else (),
        repeated=tuple(find_repeated(judged, scene)) if len(judged) > 1 else (),
        insisted=tuple(find_insisted(judged, scene)) if len(scene.window) > 1 else (),
        own_tokens=own_tokens,
        uncompared=tuple(_uncompared(name, scene)) if any(map(attrgetter("user"), calls)) else (),
        elsewhere=frozenset(elsewhere),
        started_in=frozenset(started_in),
        unpresented=None if judged or not granted else granted.test or "between tests",
        made_in=frozenset(map(attrgetter("fixture"), judged)),
        asked_in="" if judged else _set_up_by(ledger.asked.get(name), scene),
        own_request="" if judged else _own_request(name, ledger),
    )


def _calls(window: Iterable[Entry], ledger: Ledger) -> tuple[tuple[CallMade, ...], frozenset[str]]:
    """Give the calls as their entries know them, and which of the test's own doings gave tokens."""
    calls, own_tokens = [], set()
    for each in window:
        call = each.fact
        if not isinstance(call, CallMade):
            continue
        issuer = ledger.tokens.get(call.token or "")
        if own := issuer is not None and issuer.origin != "code":
            own_tokens.add(issuer.origin)
        if own or each.expected:
            call = call._replace(expected=each.expected, own=own)
        calls.append(call)
    return tuple(calls), frozenset(own_tokens)


def _logins(requests: Iterable[TokenRequested], ledger: Ledger) -> Iterator[Login]:
    """Sort judged requests by what they ask for; a renewal belongs to what it renews."""
    tokens: dict[Scopes, list[str | None]] = {}
    named: set[Scopes] = set()
    for request in requests:
        root = _root(request, ledger) if request.presented else request
        tokens.setdefault(root.requested, []).append(request.token)
        if not asks_for_everything(root):
            named.add(root.requested)
    for scopes, issued in tokens.items():
        yield Login(
            scopes=scopes,
            named=scopes if scopes in named else NO_SCOPES,
            tokens=frozenset(filter(None, issued)),
        )


def _root(request: TokenRequested, ledger: Ledger) -> TokenRequested:
    """Find the code's request that a request renews in the end, or itself."""
    root = request
    for issuer in ledger.lineage(request.presented):
        if issuer.origin == "code" and isinstance(issuer.fact, TokenRequested):
            root = issuer.fact
    return root


def _inherited(requests: Iterable[TokenRequested], ledger: Ledger) -> Iterator[TokenRequested]:
    for request in requests:
        if request.scope is None and request.grant_type in INHERITING_GRANTS:
            issuers = ledger.lineage(request.presented)
            if not any(issuer.origin == "code" for issuer in issuers):
                yield request


def _uncompared(name: str, scene: TenantActivity) -> Iterator[CallMade]:
    for entry in scene.window:
        call = entry.fact
        if not isinstance(call, CallMade) or call.user is None or call.package != name:
            continue
        first = scene.ledger.compared.get((name, call.user), entry.number)
        if first >= entry.number and call.host != "auth" and call.need.label != USERINFO:
            yield call


def _set_up_by(asked: Entry | None, scene: TenantActivity) -> str:
    now = scene.ledger.stage.test
    return asked.fixture if asked is not None and asked.test == now else ""


def _own_request(package: str, ledger: Ledger) -> str:
    """Tell whose doing the running test's last request was that the code had no part in."""
    own = (ledger.own.get(package), ledger.own.get(ADMIN))
    mine = [each for each in own if each is not None and each.test == ledger.stage.test]
    return max(mine, key=attrgetter("number")).origin if mine else ""


def _dropped(judged: Sequence[Entry], scene: TenantActivity) -> Iterator[Dropped]:
    """Find requests without `scope` after one of this test, by the same client, that had it.

    What an earlier test asked for is no matter, unless its token is presented:
    else the order of the tests would decide.
    """
    naming = _naming([*scene.earlier, *judged])
    for entry in judged:
        request = entry.fact
        if isinstance(request, TokenRequested) and asks_for_everything(request):
            alone = scene.ledger.named.get(request.client, {}) if scene.alone else {}
            earlier = [*alone.values(), *naming.get(request.client, {}).values()]
            for number, named in sorted(earlier, key=lambda each: each[0]):
                if number < entry.number and request.assigned - named.requested - FLOW_SCOPES:
                    yield Dropped(named=named, omitted=request)
                    break


def _naming(
    entries: Iterable[Entry],
) -> dict[str, dict[frozenset[str], tuple[int, TokenRequested]]]:
    """Index the requests that name scopes: by client and scopes, the number and the first one."""
    found: dict[str, dict[frozenset[str], tuple[int, TokenRequested]]] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, TokenRequested) and names_scopes(fact):
            found.setdefault(fact.client, {}).setdefault(fact.requested, (entry.number, fact))
    return found


def merge(parts: Sequence[Observed]) -> Observed:
    """Join what was observed of one mark's package at several tenants."""
    return Observed(
        package=parts[0].package,
        assigned=frozenset().union(*(part.assigned for part in parts)),
        assigned_in=same.pop() if len(same := {part.assigned_in for part in parts}) == 1 else "",
        is_app=any(part.is_app for part in parts),
        requests=tuple(request for part in parts for request in part.requests),
        calls=tuple(call for part in parts for call in part.calls),
        logins=tuple(_merge_logins(login for part in parts for login in part.logins)),
        dropped=tuple(drop for part in parts for drop in part.dropped),
        inherited=tuple(request for part in parts for request in part.inherited),
        repeated=tuple(each for part in parts for each in part.repeated),
        insisted=tuple(each for part in parts for each in part.insisted),
        own_tokens=frozenset().union(*(part.own_tokens for part in parts)),
        uncompared=tuple(call for part in parts for call in part.uncompared),
        elsewhere=frozenset().union(*(part.elsewhere for part in parts)),
        started_in=frozenset().union(*(part.started_in for part in parts)),
        unpresented=next((part.unpresented for part in parts if part.unpresented), None),
        made_in=frozenset().union(*(part.made_in for part in parts)),
        asked_in=next((part.asked_in for part in parts if part.asked_in), ""),
        own_request=next((part.own_request for part in parts if part.own_request), ""),
    )


def _merge_logins(logins: Iterable[Login]) -> Iterator[Login]:
    alike: dict[Scopes, list[Login]] = {}
    for login in logins:
        alike.setdefault(login.scopes, []).append(login)
    for scopes, same in alike.items():
        yield Login(
            scopes=scopes,
            named=NO_SCOPES.union(*(login.named for login in same)),
            tokens=NO_SCOPES.union(*(login.tokens for login in same)),
        )


def by_mark(
    scenes: Sequence[TenantActivity], expectations: Sequence[Expectation]
) -> list[tuple[Expectation, Observed]]:
    """Give each mark what it judges; a package without one, beside others, may ask for nothing."""
    if not scenes:
        return [(mark, Observed(package="")) for mark in expectations]
    found: dict[Expectation, list[Observed]] = {}
    for each in expectations:
        found[each] = []
    for scene in scenes:
        first = scene.first_package
        marks = _marks_of(first, expectations)
        home = next(filter(marks.__contains__, scene.packages), first)
        for name, observed in observe(scene, home).items():
            if mark := marks.get(name) or _unmarked(observed):
                found.setdefault(mark, []).append(observed)
    judged = []
    for mark, parts in found.items():
        if not parts:
            raise _judges_nothing(mark, scenes, expectations)
        judged.append((mark, parts[0] if len(parts) == 1 else merge(parts)))
    return judged


def _marks_of(first: str, expectations: Sequence[Expectation]) -> dict[str, Expectation]:
    """Index the marks by the packages that they judge, of which one is the first of a tenant.

    The closest one counts.
    """
    marks = {}
    for each in reversed(expectations):
        marks[each.package or first] = each
    return marks


def _unmarked(observed: Observed) -> Expectation | None:
    """Expect no token of a package without a mark; None where nothing was done with it."""
    if not (observed.requests or observed.calls):
        return None
    origin = f'no mark names package "{observed.package}"'
    return Expectation(kind="no_token", package=observed.package, origin=origin)


def _judges_nothing(
    mark: Expectation, scenes: Sequence[TenantActivity], expectations: Sequence[Expectation]
) -> ConfigError:
    name = mark.package or scenes[0].first_package
    having = [scene for scene in scenes if name in scene.packages]
    if not having:
        names = dict.fromkeys(f'"{each}"' for scene in scenes for each in scene.packages)
        told = ", ".join(names)
        return ConfigError(f'{mark.origin} names package "{name}", but the test has {told}.')
    winner = _marks_of(having[0].first_package, expectations)[name]
    return ConfigError(
        f'{winner.origin} and {mark.origin} both speak of package "{name}", one by its name and one'
        " as the first. Write package= in both, so that the closer one counts, or in neither."
    )
