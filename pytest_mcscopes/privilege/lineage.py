"""Which requests and calls of a ledger a test answers for.

Calls are judged by window, tokens by lineage: a request that came before the
window is judged as soon as its token, or one renewed from it, is presented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import ConfigError
from ..ledger.facts import CallMade, TokenRequested
from ..ledger.ledger import Entry, Ledger
from .expectation import FLOW_SCOPES, Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One tenant, as a test saw it."""

    ledger: Ledger
    window: Sequence[Entry]
    packages: Mapping[str, frozenset[str]]
    """Name -> assigned scopes; the first is the package of a mark without `package=`."""

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
class Observed:
    """What one test is answerable for with one package."""

    package: str
    assigned: frozenset[str] = frozenset()
    requests: tuple[TokenRequested, ...] = ()
    """The judged requests, in order of arrival."""
    calls: tuple[CallMade, ...] = ()
    """The judged calls, in order of arrival."""
    dropped: tuple[Dropped, ...] = ()
    own_tokens: frozenset[str] = frozenset()
    """Which of the test's own doings gave tokens that were presented: issue_token, arrange."""
    unpresented: str | None = None
    """The test or fixture phase in which the code was granted a token that was never presented."""

    @property
    def requested(self) -> frozenset[str]:
        """The union of the effective scopes of the judged requests."""
        return frozenset().union(*(request.requested for request in self.requests))

    @property
    def granted(self) -> frozenset[str]:
        """What the tokens of the judged requests carry."""
        return frozenset().union(*(request.granted or () for request in self.requests))

    @property
    def omitting(self) -> tuple[TokenRequested, ...]:
        """The judged requests whose missing `scope` asked for everything assigned."""
        return tuple(each for each in self.requests if asks_for_everything(each))

    @property
    def allowed(self) -> tuple[CallMade, ...]:
        """The judged calls that the token's scopes allowed, by the catalogue."""
        return tuple(call for call in self.calls if call.authenticated and not call.lacking)

    @property
    def lacking(self) -> tuple[CallMade, ...]:
        """The judged calls that needed more than the token had."""
        return tuple(call for call in self.calls if call.authenticated and call.lacking)


def asks_for_everything(request: TokenRequested) -> bool:
    """Tell whether the request left `scope` out where that means everything assigned."""
    return request.scope is None and request.grant_type in {"client_credentials", "authorize"}


def observe(scene: Scene) -> dict[str, Observed]:
    """Sort what the test is answerable for by package, in the order of the packages."""
    requests = _judged_requests(scene)
    names = dict.fromkeys([*scene.packages, *(_package(each, scene) for each in requests)])
    return {name: _observe_package(name, requests, scene) for name in names}


def _package(entry: Entry, scene: Scene) -> str:
    """Name an entry's package; one of an unknown client is laid at the first one's door."""
    return entry.fact.package or scene.first_package


def _judged_requests(scene: Scene) -> list[Entry]:
    found = {entry.number: entry for entry in scene.window if _is_request(entry)}
    for entry in scene.window:
        if isinstance(entry.fact, CallMade):
            for request in scene.ledger.lineage(entry.fact.token):
                if request.origin == "code":
                    found[request.number] = request
    return [found[number] for number in sorted(found)]


def _is_request(entry: Entry) -> bool:
    return isinstance(entry.fact, TokenRequested)


def _observe_package(name: str, requests: Iterable[Entry], scene: Scene) -> Observed:
    judged = [entry for entry in requests if _package(entry, scene) == name]
    calls = [entry.fact for entry in scene.window if isinstance(entry.fact, CallMade)]
    mine = tuple(call for call in calls if (call.package or scene.first_package) == name)
    presented = [origin for call in mine for origin in _origins(call, scene.ledger)]
    latest = scene.ledger.granted.get(name)
    return Observed(
        package=name,
        assigned=scene.packages.get(name, frozenset()),
        requests=tuple(entry.fact for entry in judged if isinstance(entry.fact, TokenRequested)),
        calls=mine,
        dropped=tuple(_dropped(judged, scene.ledger)),
        own_tokens=frozenset(presented) - {"code"},
        unpresented=latest.test or "before the first test" if latest and not judged else None,
    )


def _origins(call: CallMade, ledger: Ledger) -> list[str]:
    entry = ledger.tokens.get(call.token or "")
    return [entry.origin] if entry else []


def _dropped(judged: Iterable[Entry], ledger: Ledger) -> Iterable[Dropped]:
    for entry in judged:
        request = entry.fact
        if not isinstance(request, TokenRequested) or not asks_for_everything(request):
            continue
        for scopes, earlier in ledger.named.get(request.client, {}).items():
            widened = request.assigned - scopes - FLOW_SCOPES
            if earlier.number < entry.number and widened and isinstance(earlier.fact, TokenRequested):
                yield Dropped(named=earlier.fact, omitted=request)
                break


def merge(parts: Sequence[Observed]) -> Observed:
    """Join what was observed of one mark's package at several tenants."""
    if len(parts) == 1:
        return parts[0]
    return Observed(
        package=parts[0].package,
        assigned=frozenset().union(*(part.assigned for part in parts)),
        requests=tuple(request for part in parts for request in part.requests),
        calls=tuple(call for part in parts for call in part.calls),
        dropped=tuple(drop for part in parts for drop in part.dropped),
        own_tokens=frozenset().union(*(part.own_tokens for part in parts)),
        unpresented=next((part.unpresented for part in parts if part.unpresented), None),
    )


def by_mark(
    scenes: Sequence[Scene], expectations: Sequence[Expectation]
) -> list[tuple[Expectation, Observed]]:
    """Give each mark what it judges; a package without a mark beside marked ones may ask for nothing.

    Raises:
        ConfigError: a mark names a package that no tenant has.
    """
    found: dict[Expectation, list[Observed]] = {each: [] for each in expectations}
    for scene in scenes:
        for name, observed in observe(scene).items():
            mark = next((each for each in expectations if covers(each, name, scene)), None)
            if mark is None:
                mark = Expectation(kind="no_token", package=name, origin=f'no mark names package "{name}"')
            found.setdefault(mark, []).append(observed)
    for mark, parts in found.items():
        if not parts:
            names = ", ".join(f'"{name}"' for scene in scenes for name in scene.packages)
            msg = f'{mark.origin} names package "{mark.package}", but the test has {names or "no tenant"}.'
            raise ConfigError(msg)
    return [(mark, merge(parts)) for mark, parts in found.items()]


def covers(expectation: Expectation, name: str, scene: Scene) -> bool:
    """Tell whether a mark judges the package of this name."""
    return name == (expectation.package or scene.first_package)
