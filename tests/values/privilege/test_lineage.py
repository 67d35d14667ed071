"""Which requests and calls a test answers for: calls by window, tokens by lineage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from facts import call_made, packaged, token_requested

from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.ledger.facts import ADMIN, CallMade, TokenRequested
from pytest_mcscopes.ledger.ledger import Ledger
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.lineage import by_mark
from pytest_mcscopes.privilege.observed import Observed, TenantActivity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_mcscopes.ledger.ledger import Entry, Origin

ASSIGNED = frozenset({"email_read", "email_send", "offline"})
PACKAGES = {"integration": ASSIGNED}
SEND = "POST", "/messaging/v1/email/messages/r-1"


@dataclass(slots=True)
class World:
    """One tenant's ledger, written to in few words."""

    packages: Mapping[str, frozenset[str]] = field(default_factory=lambda: PACKAGES)
    ledger: Ledger = field(default_factory=Ledger)
    window: list[Entry] = field(default_factory=list)
    alone: bool = False
    """Whether the tenant is the test's alone."""
    earlier: list[Entry] = field(default_factory=list)
    _names: count[int] = field(default_factory=lambda: count(1))

    def open(self) -> None:
        self.ledger.stage.window = {self.ledger: self.window}

    def log_in(
        self,
        scope: str | None = "email_send",
        *,
        client: str = "client",
        package: str | None = "integration",
        grant_type: str = "client_credentials",
        granted: bool = True,
        presented: str | None = None,
        origin: Origin = "code",
    ) -> str:
        """Ask for a token; give its fingerprint."""
        assigned = self.packages.get(package or "", frozenset())
        token = f"token {next(self._names)}" if granted else None
        fact = token_requested(
            scope,
            assigned,
            client=client,
            package=package,
            grant_type=grant_type,
            error=None if granted else "invalid_scope",
            token=token,
            presented=presented,
        )
        self.ledger.append(fact, origin)
        return token or ""

    def call(self, token: str | None, *, lives: bool = True) -> None:
        """Make a call that needs email_send, with a token or without."""
        issued = self.ledger.tokens.get(token or "") if lives else None
        known = issued.fact if issued else None
        assert known is None or isinstance(known, TokenRequested)
        granted = known.granted if known else None
        carried = None if granted is None else " ".join(granted)
        package = known.package if known else None
        fact = call_made(
            packaged(*SEND), carried, method=SEND[0], path=SEND[1], token=token, package=package
        )
        self.ledger.append(fact)

    @property
    def scene(self) -> TenantActivity:
        return TenantActivity(
            ledger=self.ledger,
            window=tuple(self.window),
            packages=self.packages,
            alone=self.alone,
            earlier=self.earlier,
        )


def mark(*scopes: str, package: str | None = None) -> Expectation:
    origin = f"@mc_scopes of {package}" if package else "@mc_scopes"
    return Expectation(kind="scopes", declared=frozenset(scopes), package=package, origin=origin)


@pytest.fixture
def world() -> World:
    """A tenant that nobody has called."""
    return World()


MARK = mark("email_send")
NOTHING = Observed(package="integration", assigned=ASSIGNED)


def observed_of(world: World) -> Observed:
    [(_, observed)] = by_mark([world.scene], [MARK])
    return observed


def scopes_of(observed: Observed) -> list[str | None]:
    return [request.scope for request in observed.requests]


def in_the_window(world: World) -> None:
    world.open()
    world.log_in()


def refused_in_the_window(world: World) -> None:
    world.open()
    world.log_in(granted=False)


def presented(world: World) -> None:
    token = world.log_in()
    world.open()
    world.call(token)


def presented_when_expired(world: World) -> None:
    token = world.log_in()
    world.open()
    world.call(token, lives=False)


def not_presented(world: World) -> None:
    world.log_in()
    world.open()
    world.call(None)


def presented_before_the_window(world: World) -> None:
    world.call(world.log_in())
    world.open()


def renewed(world: World) -> None:
    first = world.log_in()
    second = world.log_in(None, grant_type="refresh_token", presented=first)
    world.open()
    world.call(second)


def one_of_two_presented(world: World) -> None:
    world.log_in("email_read")
    token = world.log_in()
    world.open()
    world.call(token)
    world.call(token)


def issued_by_the_test(world: World) -> None:
    world.open()
    world.call(world.log_in(origin="issue_token"))


def arranged(world: World) -> None:
    world.open()
    with world.ledger.arranging():
        token = world.log_in()
        world.call(token)
    world.call(token)


def issued_within_arrange(world: World) -> None:
    world.open()
    with world.ledger.arranging():
        token = world.log_in(origin="issue_token")
    world.call(token)


def renewed_by_the_code(world: World) -> None:
    world.open()
    first = world.log_in("email_read", origin="issue_token")
    world.call(world.log_in("email_send", grant_type="refresh_token", presented=first))


def made_up_token(world: World) -> None:
    world.open()
    world.call("nobody's", lives=False)


@pytest.mark.parametrize(
    ("story", "judged"),
    [
        pytest.param(in_the_window, ["email_send"], id="in the window"),
        pytest.param(refused_in_the_window, ["email_send"], id="in the window, refused"),
        pytest.param(presented, ["email_send"], id="earlier, its token presented"),
        pytest.param(presented_when_expired, ["email_send"], id="earlier, its expired token"),
        pytest.param(not_presented, [], id="earlier, its token not presented"),
        pytest.param(presented_before_the_window, [], id="its token presented before the window"),
        pytest.param(renewed, ["email_send", None], id="earlier, a renewed token presented"),
        pytest.param(one_of_two_presented, ["email_send"], id="only the token that is presented"),
        pytest.param(issued_by_the_test, [], id="issue_token"),
        pytest.param(arranged, [], id="arrange"),
        pytest.param(issued_within_arrange, [], id="issue_token within arrange"),
        pytest.param(renewed_by_the_code, ["email_send"], id="a renewal of the test's own token"),
        pytest.param(made_up_token, [], id="a token that nobody issued"),
    ],
)
def test_judged_requests(
    story: Callable[[World], None], judged: list[str | None], world: World
) -> None:
    """By arrival in the window, or by lineage; never those of the test itself."""
    story(world)
    assert scopes_of(observed_of(world)) == judged


@pytest.mark.parametrize(
    ("story", "own", "allowed"),
    [
        pytest.param(presented, set(), 1, id="the code's own token"),
        pytest.param(issued_by_the_test, {"issue_token"}, 0, id="issue_token"),
        pytest.param(arranged, {"arrange"}, 0, id="arrange, whose own call is not judged"),
        pytest.param(issued_within_arrange, {"issue_token"}, 0, id="issue_token within arrange"),
        pytest.param(renewed_by_the_code, set(), 1, id="a renewal of the test's own token"),
        pytest.param(presented_when_expired, set(), 0, id="an expired token"),
        pytest.param(made_up_token, set(), 0, id="a token that nobody issued"),
        pytest.param(presented_before_the_window, set(), 0, id="before the window"),
    ],
)
def test_judged_calls(
    story: Callable[[World], None], own: set[str], allowed: int, world: World
) -> None:
    """By window, whoever got the token; a token of the test's own shows no use."""
    story(world)
    observed = observed_of(world)
    assert observed.own_tokens == own
    assert len(observed.allowed) == allowed
    assert len(observed.calls) == len([each for each in world.window if is_call(each)])
    assert {call.own for call in observed.calls} <= {bool(own)}


class TestLogins:
    """Requests for the same effective scopes are one log-in, a renewal with what it renews."""

    def test_those_for_other_scopes_are_others(self, world: World) -> None:
        world.open()
        tokens = [world.log_in(each) for each in ("email_send", "email_read", "email_send")]
        tokens.append(world.log_in("email_send", client="other"))
        assert told_logins(world) == [
            ("email_send", "email_send", {tokens[0], tokens[2], tokens[3]}),
            ("email_read", "email_read", {tokens[1]}),
        ]

    def test_a_renewal_belongs_to_what_it_renews(self, world: World) -> None:
        """Also where it asks for less: the client has asked for all of it once."""
        first = world.log_in("email_read email_send", grant_type="authorize")
        world.open()
        second = world.log_in("email_send", grant_type="refresh_token", presented=first)
        world.call(second)
        assert told_logins(world) == [
            ("email_read email_send", "email_read email_send", {first, second})
        ]

    def test_a_renewal_of_the_tests_own_token_is_the_codes_own_log_in(self, world: World) -> None:
        world.open()
        first = world.log_in("email_read email_send", origin="arrange")
        second = world.log_in("email_send", grant_type="refresh_token", presented=first)
        assert told_logins(world) == [("email_send", "email_send", {second})]

    def test_what_is_left_out_is_not_named(self, world: World) -> None:
        world.open()
        token = world.log_in(None)
        assert told_logins(world) == [("email_read email_send offline", "", {token})]

    def test_one_that_was_refused_has_no_token(self, world: World) -> None:
        world.open()
        world.log_in(granted=False)
        assert told_logins(world) == [("email_send", "email_send", set())]

    def test_at_several_tenants_they_are_joined(self) -> None:
        first, second = World(), World()
        tokens = set()
        for world in (first, second):
            world.open()
            tokens.add(f"{world.log_in()}")
        [(_, observed)] = by_mark([first.scene, second.scene], [MARK])
        assert [login.tokens for login in observed.logins] == [tokens]


def is_call(entry: Entry) -> bool:
    return isinstance(entry.fact, CallMade)


def told_logins(world: World) -> list[tuple[str, str, set[str]]]:
    return [
        (" ".join(sorted(login.scopes)), " ".join(sorted(login.named)), set(login.tokens))
        for login in observed_of(world).logins
    ]


def test_requests_are_judged_in_order_of_arrival(world: World) -> None:
    first = world.log_in("email_read")
    world.open()
    world.log_in("email_send")
    world.call(first)
    assert scopes_of(observed_of(world)) == ["email_read", "email_send"]


@pytest.mark.parametrize(
    ("test", "told"),
    [
        pytest.param("tests/test_a.py::test_a", "tests/test_a.py::test_a", id="for a test"),
        pytest.param(None, "between tests", id="between tests"),
    ],
)
def test_a_token_that_is_never_presented_is_told(test: str | None, told: str, world: World) -> None:
    world.ledger.stage.test = test
    world.log_in()
    world.open()
    assert observed_of(world) == replace(NOTHING, unpresented=told)


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(presented, id="presented"),
        pytest.param(lambda world: world.log_in(granted=False), id="refused"),
        pytest.param(lambda world: world.log_in(origin="issue_token"), id="the test's own"),
    ],
)
def test_nothing_else_counts_as_never_presented(
    story: Callable[[World], None], world: World
) -> None:
    story(world)
    assert observed_of(world).unpresented is None


class TestDropped:
    """MCS106: a client that named scopes leaves them out later."""

    @pytest.mark.parametrize(
        ("earlier", "later", "dropped"),
        [
            pytest.param({}, {"scope": None}, ["email_send"], id="named, then omitted"),
            pytest.param({"granted": False}, {"scope": None}, ["email_send"], id="named, refused"),
            pytest.param({"scope": ""}, {"scope": None}, [""], id="asked for none, then for all"),
            pytest.param({}, {"scope": "email_read"}, [], id="another purpose, by name"),
            pytest.param({}, {"scope": ""}, [], id="asks for none later"),
            pytest.param({"scope": None}, {"scope": None}, [], id="never named any"),
            pytest.param({"client": "other"}, {"scope": None}, [], id="another client"),
            pytest.param({"origin": "issue_token"}, {"scope": None}, [], id="issue_token"),
            pytest.param({"origin": "arrange"}, {"scope": None}, [], id="arrange"),
            pytest.param(
                {"scope": "email_read email_send"}, {"scope": None}, [], id="all was named before"
            ),
            pytest.param(
                {"grant_type": "refresh_token"}, {"scope": None}, [], id="named in a refresh"
            ),
            pytest.param(
                {},
                {"scope": None, "grant_type": "refresh_token"},
                [],
                id="omitted in a refresh, which asks for the same again",
            ),
            pytest.param({}, {"scope": None, "origin": "arrange"}, [], id="omitted by the test"),
        ],
    )
    def test_by_client(
        self, earlier: dict[str, str], later: dict[str, str], dropped: list[str], world: World
    ) -> None:
        world.open()
        world.log_in(**earlier)  # type: ignore[arg-type]  # keywords as a table
        world.log_in(**later)  # type: ignore[arg-type]
        assert [each.named.scope for each in observed_of(world).dropped] == dropped

    @pytest.mark.parametrize("alone", [False, True], ids=["shared tenant", "the test's alone"])
    def test_what_came_before_the_window_counts_where_only_this_test_can_have_sent_it(
        self, *, alone: bool
    ) -> None:
        """At a tenant that tests share, their order would decide."""
        world = World(alone=alone)
        world.log_in("email_send")
        world.open()
        world.log_in(None)
        assert len(observed_of(world).dropped) == alone

    def test_what_came_before_counts_where_its_token_is_presented(self, world: World) -> None:
        token = world.log_in("email_send")
        world.open()
        world.call(token)
        world.log_in(None)
        assert [each.named.scope for each in observed_of(world).dropped] == ["email_send"]

    def test_what_the_test_did_before_a_block_counts_in_it(self, world: World) -> None:
        world.open()
        world.log_in("email_send")
        world.earlier = [*world.window]
        world.window.clear()
        world.log_in(None)
        assert [each.named.scope for each in observed_of(world).dropped] == ["email_send"]

    def test_what_is_named_later_does_not_count(self, world: World) -> None:
        world.open()
        world.log_in(None)
        world.log_in("email_send")
        assert observed_of(world).dropped == ()

    def test_each_request_is_told_once_with_the_first_that_named_less(self, world: World) -> None:
        world.open()
        for scope in ("email_read email_send", "email_read", "email_send", None, None):
            world.log_in(scope)
        assert [each.named.scope for each in observed_of(world).dropped] == ["email_read"] * 2

    def test_another_tenant_knows_nothing_of_it(self) -> None:
        first, second = World(), World()
        first.log_in()
        second.open()
        second.log_in(None)
        [(_, observed)] = by_mark([first.scene, second.scene], [MARK])
        assert observed.dropped == ()


class TestPackages:
    """Each mark judges its package; a package without one, beside others, may ask for nothing."""

    def world(self) -> World:
        world = World(packages={"first": ASSIGNED, "second": frozenset({"push_read"})})
        world.open()
        return world

    def told(self, *worlds: World, marks: list[Expectation]) -> list[tuple[str, str, int, int]]:
        return [
            (mark.origin, seen.package, len(seen.requests), len(seen.calls))
            for mark, seen in by_mark([world.scene for world in worlds], marks)
        ]

    def test_a_mark_without_a_name_judges_the_first(self) -> None:
        world = self.world()
        world.call(world.log_in(package="first"))
        assert self.told(world, marks=[MARK]) == [("@mc_scopes", "first", 1, 1)]

    def test_marks_with_names_judge_those(self) -> None:
        world = self.world()
        world.log_in(package="second")
        marks = [mark("email_send", package="first"), mark("push_read", package="second")]
        assert self.told(world, marks=marks) == [
            ("@mc_scopes of first", "first", 0, 0),
            ("@mc_scopes of second", "second", 1, 0),
        ]

    def test_a_package_without_a_mark_is_expected_to_ask_for_nothing(self) -> None:
        world = self.world()
        world.log_in(package="second")
        [_, (expectation, observed)] = by_mark([world.scene], [MARK])
        assert expectation == Expectation(
            kind="no_token", package="second", origin='no mark names package "second"'
        )
        assert scopes_of(observed) == ["email_send"]

    def test_its_calls_are_judged_too(self) -> None:
        world = self.world()
        world.call(world.log_in(package="second", origin="issue_token"))
        assert self.told(world, marks=[MARK]) == [
            ("@mc_scopes", "first", 0, 0),
            ('no mark names package "second"', "second", 0, 1),
        ]

    def test_an_expired_token_still_tells_whose_it_was(self) -> None:
        world = self.world()
        world.call(world.log_in(package="second"), lives=False)
        assert self.told(world, marks=[MARK]) == [
            ("@mc_scopes", "first", 0, 0),
            ('no mark names package "second"', "second", 1, 1),
        ]

    @pytest.mark.parametrize(
        ("package", "home"),
        [
            pytest.param(None, "first", id="the first"),
            pytest.param("second", "second", id="the first that has a mark"),
        ],
    )
    def test_a_stranger_is_laid_at_the_door_of_a_marked_package(
        self, package: str | None, home: str
    ) -> None:
        """An unknown client, and a call without a token, belong to no package."""
        world = self.world()
        world.log_in(package=None, granted=False)
        world.call(None)
        told = self.told(world, marks=[mark("push_read", package=package)])
        assert [each[1:] for each in told] == [(home, 1, 1)]

    @pytest.mark.parametrize(
        ("scope", "grant_type", "requested"),
        [
            pytest.param(None, "client_credentials", "everything", id="omitted"),
            pytest.param(None, "authorize", "everything", id="omitted at a log-in of a user"),
            pytest.param(None, "refresh_token", "", id="of a refresh token, which stands for none"),
            pytest.param("", "client_credentials", "", id="empty"),
            pytest.param("x", "client_credentials", "x", id="named"),
        ],
    )
    def test_a_stranger_that_omits_scope_asks_for_all_that_its_home_has(
        self, scope: str | None, grant_type: str, requested: str
    ) -> None:
        world = World(packages={"one": frozenset(), "two": frozenset({"everything"})})
        world.open()
        world.log_in(scope, package=None, grant_type=grant_type, granted=False)
        ((_, observed),) = by_mark([world.scene], [mark("x", package="two")])
        assert observed.requested == frozenset(requested.split())
        assert len(observed.omitting) == (requested == "everything")
        assert all(each.assigned == {"everything"} for each in observed.omitting)

    def test_a_mark_that_names_no_package_of_the_test_is_an_error(self) -> None:
        with pytest.raises(ConfigError) as raised:
            by_mark([self.world().scene, World().scene], [MARK, mark("x", package="third")])
        assert str(raised.value) == (
            'MCSCOPES: @mc_scopes of third names package "third", but the test has "first",'
            ' "second", "integration".'
        )

    @pytest.mark.parametrize("turned", [False, True], ids=["named first", "named last"])
    def test_two_marks_for_one_package_by_different_names_are_an_error(
        self, *, turned: bool
    ) -> None:
        """Which of them is the closer one cannot be told; silence would be a wrong pass."""
        marks = [mark("email_send", package="first"), mark("email_read")]
        with pytest.raises(ConfigError, match='both speak of package "first"'):
            by_mark([self.world().scene], list(reversed(marks)) if turned else marks)

    def test_two_such_marks_hold_where_each_has_a_tenant_to_judge(self) -> None:
        marks = [mark("email_send", package="first"), mark("email_read")]
        told = self.told(self.world(), World(), marks=marks)
        assert [each[:2] for each in told] == [
            ("@mc_scopes of first", "first"),
            ("@mc_scopes", "integration"),
        ]

    def test_a_test_without_any_tenant_is_judged_by_nothing(self) -> None:
        """So that it fails for want of a token, and a test that failed early keeps its failure."""
        marks = [MARK, mark("email_send", package="second")]
        assert by_mark([], marks) == [(each, Observed(package="")) for each in marks]


def test_tenants_of_one_test_are_judged_together() -> None:
    """Each tenant's first package, whatever its name, as one."""
    first, second = World(), World(packages={"other": frozenset({"email_read", "push_read"})})
    first.log_in("email_read")
    first.ledger.stage.test = "tests/test_a.py::test_a"
    first.log_in("email_read")
    for world in (first, second):
        world.open()
    second.log_in("push_read", package="other")
    second.log_in(None, package="other")
    second.call(second.log_in(package="other", origin="issue_token"))
    [(_, observed)] = by_mark([first.scene, second.scene], [MARK])
    assert observed.package == "integration"
    assert observed.assigned == ASSIGNED | {"push_read"}
    assert scopes_of(observed) == ["push_read", None]
    assert [each.named.scope for each in observed.dropped] == ["push_read"]
    assert len(observed.calls) == 1
    assert observed.own_tokens == {"issue_token"}
    assert observed.unpresented == "tests/test_a.py::test_a"


@pytest.mark.parametrize(
    ("doings", "told"),
    [
        pytest.param([("arrange", "integration")], "arrange", id="one"),
        pytest.param([("issue_token", "integration"), ("admin", ADMIN)], "admin", id="the last"),
        pytest.param([("arrange", "second")], "", id="of another package"),
        pytest.param([("arrange", "integration"), ("code", "integration")], "", id="the code's"),
    ],
)
def test_whose_doing_the_last_request_was(
    world: World, doings: list[tuple[Origin, str]], told: str
) -> None:
    """Of the running test, where the code under test asked for nothing in it."""
    world.log_in(origin="arrange")
    world.ledger.stage.test = "tests/test_a.py::test_a"
    world.open()
    assert observed_of(world).own_request == ""
    for origin, package in doings:
        world.log_in(origin=origin, package=package)
    assert observed_of(world).own_request == told


def test_a_ledger_tells_the_lineage_of_a_token(world: World) -> None:
    first = world.log_in()
    second = world.log_in(None, grant_type="refresh_token", presented=first)
    assert [entry.number for entry in world.ledger.lineage(second)] == [1, 0]
    assert list(world.ledger.lineage(None)) == []
