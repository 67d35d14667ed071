"""Which requests and calls of a ledger a test answers for.

Calls are judged by window, tokens by lineage: a request that came before the
window is judged as soon as its token, or one renewed from it, is presented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..ledger.facts import NAMING_GRANTS, CallMade, TokenRequested, names_scopes
from ..ledger.ledger import USERINFO
from .expectation import FLOW_SCOPES, Expectation
from .reuse import find_insisted, find_repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..ledger.facts import Fact
    from ..ledger.ledger import Entry, Ledger
    from .minimum import Scopes
    from .reuse import Insisted, Repeated

NO_SCOPES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One tenant, as a test saw it."""

    ledger: Ledger
    window: Sequence[Entry]
    packages: Mapping[str, frozenset[str]]
    """Name -> assigned scopes; the first is the package of a mark without `package=`."""
    alone: bool = False
    """Whether the tenant is this test's alone, so that what came before the window was for it."""
    earlier: Sequence[Entry] = ()
    """What the running test did before the window: a judged block begins later than its test."""

    @property
    def first_package(self) -> str:
        """Name of the package that a mark without `package=` judges."""
        return next(iter(self.packages))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A request without `scope` after one of the same client that named scopes."""

    named: TokenRequested
    omitted: TokenRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The judged requests that ask for the same effective scopes, with their renewals."""

    scopes: frozenset[str]
    """What they ask for."""
    named: frozenset[str]
    """What of that they name; where `scope` is left out, nothing."""
    tokens: frozenset[str]
    """Fingerprints of the tokens that came of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one test is answerable for with one package."""

    package: str
    """Its name; empty where the test had no tenant."""
    assigned: frozenset[str] = frozenset()
    requests: tuple[TokenRequested, ...] = ()
    """The judged requests, in order of arrival."""
    calls: tuple[CallMade, ...] = ()
    """The judged calls, in order of arrival."""
    logins: tuple[Login, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    inherited: tuple[TokenRequested, ...] = ()
    """The judged requests without `scope` that renew what no judged request asked for."""
    repeated: tuple[Repeated, ...] = ()
    insisted: tuple[Insisted, ...] = ()
    own_tokens: frozenset[str] = frozenset()
    """Which of the test's own doings gave tokens that were presented: issue_token, arrange."""
    uncompared: tuple[CallMade, ...] = ()
    """The calls for a user before the code had read v2/userinfo with a token of that user."""
    elsewhere: frozenset[str] = frozenset()
    """Where the test has an `arrange()` that was open elsewhere while something judged came."""
    started_in: frozenset[str] = frozenset()
    """Threads and tasks that sent something judged, with the earlier tests that started them."""
    unpresented: str | None = None
    """Where the code was granted a token that was never presented: a test, "between tests"."""
    asked_in: str = ""
    """The fixture in which the code asked for a token last, if that was in this test's set-up."""

    @property
    def requested(self) -> Scopes:
        """The union of the effective scopes of the judged requests."""
        return frozenset().union(*(request.requested for request in self.requests))

    @property
    def granted(self) -> Scopes | None:
        """What the tokens of the judged requests carry; None where all were refused."""
        tokens = [each.granted for each in self.requests if each.granted is not None]
        return frozenset().union(*tokens) if tokens else None

    @property
    def omitting(self) -> tuple[TokenRequested, ...]:
        """The judged requests whose missing `scope` asked for everything assigned."""
        return tuple(each for each in self.requests if asks_for_everything(each))

    @property
    def authenticated(self) -> tuple[CallMade, ...]:
        """The judged calls that presented a living token."""
        return tuple(call for call in self.calls if call.authenticated)

    @property
    def by_code(self) -> tuple[CallMade, ...]:
        """Those with a token that the code asked for: a token of the test's own shows nothing."""
        return tuple(call for call in self.authenticated if not call.own)

    @property
    def allowed(self) -> tuple[CallMade, ...]:
        """The calls of the code's own tokens that app and user may make, by the catalogue."""
        return tuple(call for call in self.by_code if not call.lacking and not call.barred)

    @property
    def trusted(self) -> tuple[CallMade, ...]:
        """The allowed calls whose rows may be judged by."""
        return tuple(call for call in self.allowed if call.need.trusted)

    @property
    def lacking(self) -> tuple[CallMade, ...]:
        """The judged calls that needed more than the token had, and that nobody expects to."""
        return tuple(call for call in self.authenticated if call.lacking and not call.expected)

    @property
    def barred(self) -> tuple[CallMade, ...]:
        """The judged calls whose scopes would do, that the user may not make, and nobody expects.

        On a doubtful row such a call is let through, and counts as allowed too.
        """
        return tuple(
            call
            for call in self.authenticated
            if call.forbidden and not call.lacking and not call.expected
        )


def asks_for_everything(request: TokenRequested) -> bool:
    """Tell whether the request left `scope` out where that means everything assigned."""
    return request.scope is None and request.grant_type in NAMING_GRANTS


def observe(scene: Scene, home: str) -> dict[str, Observed]:
    """Sort what the test is answerable for by package, in the order of the packages.

    Args:
        scene: the tenant, its ledger and the window.
        home: the package at whose door is laid what belongs to none: an unknown client.
    """
    requests = _judged_requests(scene)
    return {name: _observe_package(name, requests, scene, home) for name in scene.packages}


def _package(entry: Entry, scene: Scene, home: str) -> str:
    fact = entry.fact
    if isinstance(fact, CallMade) and (issued := scene.ledger.tokens.get(fact.token or "")):
        fact = issued.fact  # an expired token still tells whose it was
    return fact.package or home


def _judged_requests(scene: Scene) -> list[Entry]:
    found = {each.number: each for each in scene.window if isinstance(each.fact, TokenRequested)}
    for entry in scene.window:
        for request in scene.ledger.lineage(_presented(entry.fact)):
            if request.origin == "code":
                found[request.number] = request
    return [found[number] for number in sorted(found)]


def _presented(fact: Fact) -> str | None:
    """Give the fingerprint of the token, code or refresh token that came."""
    return fact.token if isinstance(fact, CallMade) else fact.renews


def _observe_package(name: str, requests: Iterable[Entry], scene: Scene, home: str) -> Observed:
    judged = [entry for entry in requests if _package(entry, scene, home) == name]
    made = tuple(
        _seen(entry.fact, scene.ledger, expected=entry.expected)
        for entry in scene.window
        if isinstance(entry.fact, CallMade) and _package(entry, scene, home) == name
    )
    issued = [scene.ledger.tokens.get(call.token or "") for call in made]
    mine = [*judged, *(each for each in scene.window if _package(each, scene, home) == name)]
    return Observed(
        package=name,
        assigned=scene.packages[name],
        requests=tuple(each.fact for each in judged if isinstance(each.fact, TokenRequested)),
        calls=made,
        logins=tuple(_logins(judged, scene.ledger)),
        dropped=tuple(_dropped(judged, scene)),
        inherited=tuple(_inherited(judged, scene.ledger)),
        repeated=tuple(find_repeated(judged, scene)),
        insisted=tuple(find_insisted(judged, scene)),
        own_tokens=frozenset(each.origin for each in issued if each) - {"code"},
        uncompared=tuple(_uncompared(name, scene)),
        elsewhere=frozenset(filter(None, (each.elsewhere for each in mine))),
        started_in=frozenset(filter(None, (each.started_in for each in mine))),
        unpresented=None if judged else _unpresented(scene.ledger.granted.get(name)),
        asked_in="" if judged else _set_up_by(scene.ledger.asked.get(name), scene),
    )


def _seen(call: CallMade, ledger: Ledger, *, expected: bool) -> CallMade:
    """Add to a call what its circumstances say of it."""
    issued = ledger.tokens.get(call.token or "")
    own = issued is not None and issued.origin != "code"
    return replace(call, expected=expected, own=own) if expected or own else call


def _logins(judged: Iterable[Entry], ledger: Ledger) -> Iterator[Login]:
    """Sort judged requests by what they ask for; a renewal belongs to what it renews."""
    found: dict[frozenset[str], list[tuple[Scopes, str | None]]] = {}
    for entry in judged:
        root, request = _root(entry, ledger), entry.fact
        assert isinstance(request, TokenRequested)
        named = NO_SCOPES if asks_for_everything(root) else root.requested
        found.setdefault(root.requested, []).append((named, request.token))
    for scopes, parts in found.items():
        yield Login(
            scopes=scopes,
            named=NO_SCOPES.union(*(named for named, _ in parts)),
            tokens=frozenset(token for _, token in parts if token),
        )


def _root(entry: Entry, ledger: Ledger) -> TokenRequested:
    """Find the code's request that a request renews in the end, or itself."""
    root = entry.fact
    assert isinstance(root, TokenRequested)
    for issuer in ledger.lineage(root.renews):
        if issuer.origin == "code" and isinstance(issuer.fact, TokenRequested):
            root = issuer.fact
    return root


def _inherited(judged: Iterable[Entry], ledger: Ledger) -> Iterator[TokenRequested]:
    for entry in judged:
        request = entry.fact
        assert isinstance(request, TokenRequested)
        if request.scope is None and request.grant_type not in NAMING_GRANTS:
            issuers = ledger.lineage(request.renews)
            if not any(issuer.origin == "code" for issuer in issuers):
                yield request


def _uncompared(name: str, scene: Scene) -> Iterator[CallMade]:
    for entry in scene.window:
        call = entry.fact
        if not isinstance(call, CallMade) or call.user is None or call.package != name:
            continue
        first = scene.ledger.compared.get((name, call.user), entry.number)
        if first >= entry.number and call.host != "auth" and call.need.label != USERINFO:
            yield call


def _unpresented(granted: Entry | None) -> str | None:
    return None if granted is None else granted.test or "between tests"


def _set_up_by(asked: Entry | None, scene: Scene) -> str:
    now = scene.ledger.stage.test
    return asked.fixture if asked is not None and asked.test == now else ""


def _dropped(judged: Sequence[Entry], scene: Scene) -> Iterator[Dropped]:
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
        asked_in=next((part.asked_in for part in parts if part.asked_in), ""),
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
    scenes: Sequence[Scene], expectations: Sequence[Expectation]
) -> list[tuple[Expectation, Observed]]:
    """Give each mark what it judges; a package without one, beside others, may ask for nothing.

    Raises:
        ConfigError: a mark names a package that no tenant has, or that another mark speaks of too.
    """
    found: dict[Expectation, list[Observed]] = {each: [] for each in expectations}
    for scene in scenes:
        marks = {name: _mark_of(name, scene, expectations) for name in scene.packages}
        home = next((name for name, mark in marks.items() if mark), scene.first_package)
        for name, observed in observe(scene, home).items():
            if mark := marks[name] or _unmarked(observed):
                found.setdefault(mark, []).append(observed)
    if not scenes:
        return [(mark, Observed(package="")) for mark in expectations]
    for mark, parts in found.items():
        if not parts:
            raise _judges_nothing(mark, scenes, expectations)
    return [(mark, merge(parts)) for mark, parts in found.items()]


def _mark_of(name: str, scene: Scene, expectations: Iterable[Expectation]) -> Expectation | None:
    return next((each for each in expectations if _covers(each, name, scene)), None)


def _covers(expectation: Expectation, name: str, scene: Scene) -> bool:
    return name == (expectation.package or scene.first_package)


def _unmarked(observed: Observed) -> Expectation | None:
    """Expect no token of a package without a mark; None where nothing was done with it."""
    if not (observed.requests or observed.calls):
        return None
    origin = f'no mark names package "{observed.package}"'
    return Expectation(kind="no_token", package=observed.package, origin=origin)


def _judges_nothing(
    mark: Expectation, scenes: Sequence[Scene], expectations: Iterable[Expectation]
) -> ConfigError:
    name = mark.package or scenes[0].first_package
    having = [scene for scene in scenes if name in scene.packages]
    if not having:
        names = dict.fromkeys(f'"{each}"' for scene in scenes for each in scene.packages)
        told = ", ".join(names)
        return ConfigError(f'{mark.origin} names package "{name}", but the test has {told}.')
    winner = next(filter(None, (_mark_of(name, scene, expectations) for scene in having)))
    return ConfigError(
        f'{winner.origin} and {mark.origin} both speak of package "{name}", one by its name and one'
        " as the first. Write package= in both, so that the closer one counts, or in neither."
    )
