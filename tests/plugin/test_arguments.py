"""A wrong keyword or value in any call of ours is told by name, with what there is."""

from __future__ import annotations

import re
from inspect import Parameter, isfunction, signature
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.cloud.packages import Package
from pytest_mcscopes.ledger.ledger import Ledger
from pytest_mcscopes.session.cloud import MarketingCloud
from pytest_mcscopes.stubs.soap import SoapStub, SoapStubs
from pytest_mcscopes.tenant.clock import Clock, CloudClock
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

TEST = """
def test_{}(mc_tenant, mc_cloud, mc_clock):
    t = mc_tenant
    {}
"""
TABLE = """
mc_clock.advance(minute=5)
    mc_clock.advance: unknown keyword 'minute'. Did you mean "minutes"? It takes seconds,
    minutes, hours, days.
mc_clock.travel(years=5)
    mc_clock.travel: unknown keyword 'years'. It takes seconds, minutes, hours, days.
mc_clock.advance('5')
    mc_clock.advance: seconds must be a number, got '5'.
mc_clock.advance(minutes=True)
    mc_clock.advance: minutes must be a number, got True.
t.clock.advance(5, seconds=5)
    clock.advance: seconds is given twice. Write it once.
t.clock.advance(5, 6)
    clock.advance: 2 values are given without a name, which is too many. It takes seconds,
    minutes, hours, days.
t.judged('email_send', allow='MCS102')
    judged: unknown keyword 'allow'. It takes match, package.
t.judged('email_send', mach='exact')
    judged: unknown keyword 'mach'. Did you mean "match"? It takes match, package.
t.judged(scopes=['email_send'])
    judged: write scopes one by one and without scopes=, as judged("...").
t.expect_findings(rules='MCS102')
    expect_findings: write rules one by one and without rules=, as expect_findings("...").
t.expect_findings(rule='MCS102')
    expect_findings: unknown keyword 'rule'. It takes
t.expect_denied(everywere=True)
    expect_denied: unknown keyword 'everywere'. Did you mean "everywhere"? It takes
    everywhere.
t.expect_denied(everywhere=1)
    expect_denied: everywhere must be True or False, got 1.
t.arrange(True)
    arrange: 1 values are given without a name, which is too many. It
t.fail_next('token', 'timeout', time=2)
    fail_next: unknown keyword 'time'. Did you mean "times"? It takes target, fault, times,
    after, retry_after, seconds, scope.
t.fail_next('token', 'timeout', origin='x')
    fail_next: unknown keyword 'origin'. It takes target,
t.fail_next('token')
    fail_next: fault is missing. It takes target, fault, times,
t.issue_token(scope=['email_send'])
    issue_token: unknown keyword 'scope'. Did you mean "scopes"? It takes scopes, package,
    user.
t.issue_token(5)
    issue_token: scopes must be a list, as scopes=["email_send"], got 5.
t.issue_token(package=5)
    issue_token: package must be a text that is not empty, got
t.environment(prefix=5)
    environment: prefix must be a text, as "MC_", got 5.
t.environment(prefx='')
    environment: unknown keyword 'prefx'. Did you mean "prefix"
t.log_in(name='Ada')
    log_in: unknown keyword 'name'. It takes user.
t.authorize()
    authorize: url is missing. It takes url, user.
t.log_out(users='Ada')
    log_out: unknown keyword 'users'. Did you mean "user"?
t.deny('Ada')
    deny: 1 values are given without a name, which is too many. It takes no
t.revoke(b'secret')
    revoke: token must be a text that is not empty, got something
t.package.assign(lags=5)
    assign: unknown keyword 'lags'. Did you mean "lag"? It
t.package.assign(lag='5')
    assign: lag must be a number, got '5'.
t.ledger.story(tests='a')
    ledger.story: unknown keyword 'tests'. Did you mean "test"
mc_cloud.tenant(sever=True)
    mc_cloud.tenant: unknown keyword 'sever'. Did you mean "server"? It takes packages, users,
    server, name, scopes, type,
mc_cloud.tenant(server=1)
    mc_cloud.tenant: server must be True or False, got 1.
mc_cloud.tenant(users={'name': 'Ada'})
    mc_cloud.tenant: users must be a list of mappings, of the keywords of one each, got
mc_cloud.tenant(['email_send'])
    mc_cloud.tenant: 1 values are given without a name, which is too many. It takes
t.soap.retrieve('Subscriber', wher={})
    soap.retrieve: unknown keyword 'wher'. Did you mean "where"? It takes object_type, where.
t.soap.retrieve(5)
    soap.retrieve: object_type must be a text that is not empty, got 5.
t.soap.describe()
    soap.describe: object_type is missing. It takes object_type.
t.soap.retrieve('Subscriber').respond(rows=[])
    soap.respond: unknown keyword 'rows'. It takes answer, more.
t.soap.retrieve('Subscriber').fail(mesage='x')
    soap.fail: unknown keyword 'mesage'. Did you mean "message"?
t.rest.get(pth='/x')
    rest.route: unknown keyword 'pth'. Did you mean "path"?
t.rest.get('/x').respond(staus_code=200)
    respond: unknown keyword 'staus_code'. Did you mean "status_code"? It takes status_code,
    headers, cookies, content, text, html, json,
t.rest.get('/x').respond('200')
    respond: status_code must be a status, as 200, got
"""
CASES = re.findall(r"^(\S.*)\n((?:    .*\n)+)", TABLE, re.MULTILINE)


def test_bad_arguments(suite: Suite) -> None:
    """One line for people with the place, and no traceback through our code."""
    tests = [TEST.format(number, call) for number, (call, _) in enumerate(CASES)]
    result = suite.run("\n".join(tests))
    _, *failures = re.split(r"\n_+ test_\d+ _+\n", result.stdout.str().partition("\n====")[2])
    assert len(failures) == len(CASES)
    for (call, text), failure in zip(CASES, failures, strict=True):
        said = " ".join(failure.split())
        assert said.startswith(f"MCSCOPES: {' '.join(text.split())}"), call
        assert " at test_it.py:" in said
        for inside in ("Traceback", "TypeError", "pytest_mcscopes/", "b'secret'"):
            assert inside not in said


GOOD = (
    "mc_clock.advance(5, minutes=1.5)",
    "t.environment('', package=None)",
    "t.issue_token(('email_send',), package=None, user=None)",
    "t.package.assign('email_send', lag=1)",
    "t.ledger.story(test=None)",
    "t.soap.retrieve('Subscriber', where={}).respond([], more=[])",
    "t.soap.create('Subscriber').fail(code=5, message=7)",
    "t.rest.get(path__startswith='/x', params={}).respond(201, json={}, extensions={})",
)


def test_good_arguments(suite: Suite) -> None:
    tests = [TEST.format(number, call) for number, call in enumerate(GOOD)]
    told = suite.judge("\n".join(tests))
    assert told == {f"test_{number}": "passed" for number in range(len(GOOD))}


@pytest.mark.parametrize(
    "owner",
    [Tenant, MarketingCloud, CloudClock, Clock, Ledger, Package, SoapStubs, SoapStub],
)
def test_every_public_call_is_checked(owner: type) -> None:
    """A method that is added takes part, unless only our own code calls it."""
    for name, method in vars(owner).items():
        if name.startswith("_") or not isfunction(method) or name in OURS.get(owner, ()):
            continue
        assert "__wrapped__" in vars(method), name
        assert next(iter(signature(method).parameters.values())).kind is (
            Parameter.POSITIONAL_OR_KEYWORD
        )


OURS = {
    Clock: {"now"},
    CloudClock: {"close"},
    Ledger: {
        *("append", "arranged_to_the_end", "arranging", "expecting"),
        *("last_before", "leave_stage", "lineage"),
    },
    SoapStubs: {"answer"},
}
"""What test suites do not call."""
