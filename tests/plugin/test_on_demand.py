"""Tenants that are made on demand, by a factory that lives longer than the test that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

COMMON = """
from contextlib import ExitStack
import pytest
from asking import ask, call, send

mark = pytest.mark.mc_scopes("email_send")
KEPT = {}

@pytest.fixture(scope="session")
def make_tenant(mc_cloud):
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(mc_cloud.tenant(**settings))

@pytest.fixture(scope="session")
def cached(make_tenant):
    def get():
        if "tenant" not in KEPT:
            KEPT["tenant"] = make_tenant()
        return KEPT["tenant"]
    return get

@pytest.fixture
def shop(cached):
    return cached()
"""


@pytest.mark.parametrize(
    "tenant",
    [
        pytest.param("make_tenant()", id="one for each test"),
        pytest.param("cached()", id="one for all"),
        pytest.param("request.getfixturevalue('shop')", id="by a fixture of each test's"),
    ],
)
def test_a_factory(suite: Suite, tenant: str) -> None:
    """Whoever asks it first: each test is judged by what it does itself."""
    result = suite.run(
        f"""{COMMON}
@pytest.mark.parametrize("number", range(3))
@mark
def test_clean(request, make_tenant, cached, number):
    send({tenant}, "email_send")

@mark
def test_excess(request, make_tenant, cached):
    send({tenant}, "email_send email_read")

@mark
def test_omitted(request, make_tenant, cached):
    send({tenant})

@mark
def test_last(request, make_tenant, cached):
    send({tenant}, "email_send")
"""
    )
    outcomes = suite.told(result)
    omitted = outcomes.pop("test_omitted").partition(":")[0]  # MCS101, or MCS106 on a shared one
    assert omitted == "failed"
    assert outcomes == {
        "test_clean[0]": "passed",
        "test_clean[1]": "passed",
        "test_clean[2]": "passed",
        "test_excess": "failed: MCS102",
        "test_last": "passed",
    }


def test_a_client_that_logged_in_in_an_earlier_test(suite: Suite) -> None:
    """It is judged by what it asked for then, where its token is presented, and nowhere else."""
    assert suite.judge(
        f"""{COMMON}
@mark
def test_first(cached):
    KEPT["token"] = ask(cached(), "email_send email_read")

@mark
def test_presents_it(mc_tenant, cached):
    call(cached(), KEPT["token"])

@mark
def test_does_not(mc_tenant, cached):
    send(mc_tenant, "email_send")

@mark
def test_asks_for_nothing(cached):
    cached()

@mark
def test_only_arranges(cached):
    with cached().arrange():
        send(cached())

@mark
def test_beside_its_own(mc_tenant, cached):
    send(mc_tenant, "email_send")
    send(cached(), "email_read")

@mark
def test_presents_it_elsewhere(mc_tenant):
    send(mc_tenant, "email_send")
    call(mc_tenant, KEPT["token"])
"""
    ) == {
        "test_first": "failed: MCS102",
        "test_presents_it": "failed: MCS102",
        "test_does_not": "passed",
        "test_asks_for_nothing": "failed: MCS105",
        "test_only_arranges": "failed: MCS105",
        "test_beside_its_own": "failed: MCS102, MCS201",
        "test_presents_it_elsewhere": "failed: MCS107",
    }


def test_one_that_has_ended_is_foreign(suite: Suite) -> None:
    assert suite.judge(
        f"""{COMMON}
import httpx

@mark
def test_first(mc_cloud):
    with mc_cloud.tenant() as tenant:
        KEPT["tenant"] = tenant
        send(tenant, "email_send")

@mark
def test_second(mc_tenant):
    send(mc_tenant, "email_send")
    with pytest.raises(httpx.ConnectError):
        ask(KEPT["tenant"])
"""
    ) == {"test_first": "passed", "test_second": "failed: MCS107"}


def test_the_tenant_of_a_shared_fixture_stays_foreign_to_other_tests(suite: Suite) -> None:
    """It was not made on demand: the test can ask for its fixture."""
    assert suite.judge(
        f"""{COMMON}
@pytest.fixture(scope="module")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant:
        KEPT["tenant"] = tenant
        yield tenant

def test_first(shared):
    pass

@mark
def test_second(mc_tenant):
    send(mc_tenant, "email_send")
    ask(KEPT["tenant"])
"""
    ) == {"test_first": "passed", "test_second": "failed: MCS107"}


def test_its_time_moves_where_it_is_used(suite: Suite) -> None:
    """And a test with a tenant of its own leaves its time alone."""
    assert suite.judge(
        f"""{COMMON}
def test_first(cached):
    KEPT["token"] = ask(cached())

def test_second(cached, mc_clock):
    assert call(cached(), KEPT["token"]) == 200
    mc_clock.advance(minutes=20)
    assert call(cached(), KEPT["token"]) == 401

def test_third(mc_tenant, cached, mc_clock):
    token = ask(cached())
    mc_clock.advance(minutes=20)
    assert call(cached(), token) == 401

def test_fourth(mc_tenant, mc_clock):
    before = KEPT["tenant"].clock.now()
    mc_clock.advance(minutes=20)
    assert KEPT["tenant"].clock.now() - before < 60
"""
    ) == dict.fromkeys(["test_first", "test_second", "test_third", "test_fourth"], "passed")


@pytest.mark.measured
def test_what_is_left_on_it_is_forgotten(suite: Suite) -> None:
    """Orders of fail_next, and who was logged in."""
    assert suite.judge(
        f"""{COMMON}
def test_first(cached):
    cached().fail_next("token", 503)
    assert ask(cached()) is None

def test_unfired(cached):
    cached().fail_next("token", 503)

def test_third(cached):
    assert ask(cached())
"""
    ) == {"test_first": "passed", "test_unfired": "failed", "test_third": "passed"}


def test_what_is_not_touched_costs_nothing(suite: Suite) -> None:
    """No test looks at a tenant that another one made: counted, not timed."""
    assert suite.judge(
        f"""{COMMON}
from pytest_mcscopes.session.members import Member

def test_first(make_tenant):
    for _ in range(50):
        send(make_tenant())

@pytest.fixture(autouse=True, scope="module")
def count():
    seen = []
    original = Member.judged_in
    Member.judged_in = lambda *args: seen.append(args) or original(*args)
    yield seen
    Member.judged_in = original

@mark
def test_second(mc_tenant, count):
    send(mc_tenant, "email_send")

@mark
def test_third(mc_tenant, count):
    assert len(count) == 1
    send(mc_tenant, "email_send")
"""
    ) == {"test_first": "passed", "test_second": "passed", "test_third": "passed"}
