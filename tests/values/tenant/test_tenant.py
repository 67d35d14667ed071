"""A tenant, as a test holds it in hand."""

from __future__ import annotations

import gc
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import ref

import pytest
from guides import read_pages
from messages import authorized, credentials, token_request
from tenants import build_tenant, core_of

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Admitted, Response, Urls
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.errors import ConfigError, McScopesError
from pytest_mcscopes.tenant.core import SessionLinks, TenantCore
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable


SEND = "/messaging/v1/email/messages/1"


def ask_for_token(tenant: Tenant) -> object:
    """Ask for a token as integrations do."""
    return core_of(tenant).handle(token_request(credentials(tenant)))


def test_a_tenant_shows_what_an_integration_is_configured_with() -> None:
    """URLs, ids and secret are the package's, of several the first."""
    first = PackageConfig(
        name="b", client_id="id", client_secret="secret", account_id=5, subdomain="mcsub"
    )
    tenant = build_tenant(first, PackageConfig(name="a"))
    assert (tenant.client_id, tenant.client_secret, tenant.account_id) == ("id", "secret", 5)
    assert tenant.enterprise_id > 500_000_000
    assert repr(tenant) == "<Tenant mcsub with b, a>"
    assert tenant.environment(package="b") == {
        "MC_AUTH_URL": "https://mcsub.auth.marketingcloudapis.com/",
        "MC_REST_URL": "https://mcsub.rest.marketingcloudapis.com/",
        "MC_SOAP_URL": "https://mcsub.soap.marketingcloudapis.com/",
        "MC_SUBDOMAIN": "mcsub",
        "MC_CLIENT_ID": "id",
        "MC_CLIENT_SECRET": "secret",
        "MC_ACCOUNT_ID": "5",
        "MC_ENTERPRISE_ID": str(tenant.enterprise_id),
    }
    assert "SFMC_CLIENT_ID" in tenant.environment("SFMC_")


def test_packages_cannot_be_changed() -> None:
    """The tenant's packages are only looked at."""
    with pytest.raises(TypeError, match="does not support item assignment"):
        build_tenant().packages["other"] = build_tenant().package  # type: ignore[index]


def test_issued_tokens_work_and_are_the_test_s_doing() -> None:
    """A token carries what it was issued for, or everything; its fact says who did it."""
    tenant = build_tenant(
        PackageConfig(), PackageConfig(name="reader", scopes=frozenset({"sms_read"}))
    )
    for scopes, package, carried in (
        (["email_send"], None, {"email_send"}),
        ([], None, set[str]()),
        (None, "reader", {"sms_read"}),
    ):
        token = tenant.issue_token(scopes, package=package)
        core_of(tenant).handle(authorized(token, SEND))
        issued, call = tenant.ledger.entries[-2:]
        assert issued.origin == "issue_token"
        assert issued.fact.granted == call.fact.granted == frozenset(carried)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param(
            lambda tenant: tenant.issue_token("email_send"),
            "issue_token: scopes is a list, got 'email_send'. Write scopes=[\"email_send\"].",
            id="text",
        ),
        pytest.param(
            lambda tenant: tenant.issue_token(["email_sned"]),
            'issue_token: unknown scope "email_sned". Did you mean "email_send"?',
            id="unknown scope",
        ),
        pytest.param(
            lambda tenant: tenant.issue_token(package="mailer"),
            'issue_token: the tenant has no package "mailer", but "integration".'
            ' Add it by @pytest.mark.mc_package(name="mailer"), or, where mc_cloud.tenant(...)'
            " makes the tenant, by packages=[{...}].",
            id="unknown package",
        ),
        pytest.param(
            lambda tenant: tenant.fail_next("token", "blocked", times=0),
            "fail_next: times must be a whole number of at least 1, got 0.",
            id="a fault that never happens",
        ),
    ],
)
def test_misuse(wrong: Callable[[Tenant], None], complaint: str) -> None:
    """What cannot work is refused at once, with the way that does."""
    with pytest.raises(ConfigError) as told:
        wrong(build_tenant())
    assert str(told.value) == f"MCSCOPES: {complaint}"


def test_faults_come_as_often_as_told() -> None:
    """`fail_next` fails that many requests, of that endpoint, then no more."""
    tenant = build_tenant()
    tenant.fail_next("token", "unavailable", times=2)
    answers = [ask_for_token(tenant) for _ in range(3)]
    assert [answer.status for answer in answers if isinstance(answer, Response)] == [503, 503, 200]


def test_arranged_traffic_is_told_apart() -> None:
    """What happens within `arrange()` is set-up, also when it goes wrong."""
    tenant = build_tenant()
    with suppress(InterruptedError), tenant.arrange():
        ask_for_token(tenant)
        raise InterruptedError
    ask_for_token(tenant)
    assert [entry.origin for entry in tenant.ledger.entries] == ["arrange", "code"]


def test_admitted_calls_are_answered_by_stub_or_cloud() -> None:
    """Without a stub's answer an admitted call gets the cloud's own."""
    tenant = build_tenant()
    tenant.rest.post("/messaging/v1/email/messages/1").respond(202)
    request = authorized(tenant.issue_token(), SEND)
    admitted = core_of(tenant).handle(request)
    assert isinstance(admitted, Admitted)
    answer = core_of(tenant).rest.answer(request)
    assert core_of(tenant).complete(admitted, answer).status == 202
    assert core_of(tenant).complete(admitted, None).status == 200
    assert admitted.entry.answered == 200


def test_an_activity_is_what_the_rules_judge_by() -> None:
    """It holds the window, and what each package is assigned."""
    tenant = build_tenant(PackageConfig(name="reader", scopes=frozenset({"sms_read"})))
    ask_for_token(tenant)
    activity = core_of(tenant).activity(tenant.ledger.entries)
    assert list(activity.window) == tenant.ledger.entries
    assert activity.packages == {"reader": {"sms_read"}}


@pytest.mark.parametrize("early", [True, False])
def test_stubs_answer_by_the_urls_of_every_door(*, early: bool) -> None:
    """Whether they were written before a door was opened or after."""
    tenant = build_tenant()
    core = core_of(tenant)
    if early:
        assert not tenant.rest.routes
    core.open_door(
        Urls(auth_url="http://127.0.0.1:1/", rest_url="http://127.0.0.1:2/", soap_url="")
    )
    tenant.rest.post("http://127.0.0.1:2/messaging/v1/email/messages/1").respond(202)
    request = authorized(tenant.issue_token(), SEND)
    assert isinstance(core.handle(request), Admitted)
    answer = core.rest.answer(request)
    assert answer is not None
    assert answer.status == 202


def test_a_tenant_goes_as_soon_as_nobody_needs_it() -> None:
    """Else the garbage collector would have to look for what each test leaves."""
    tenant = build_tenant()
    known = ref(core_of(tenant))
    tenant.issue_token()
    assert tenant.packages
    gc.disable()
    try:
        del tenant
        assert known() is None
    finally:
        gc.enable()


def test_a_tenant_has_just_the_members_that_the_guides_tell() -> None:
    """What its session and its doors do with it is none of a test's business."""
    told = set(re.findall(r"\w+", " ".join(read_pages().values())))
    members = {name for name in dir(Tenant) if not name.startswith("_")}
    assert members <= told
    driven = {name for name in dir(TenantCore) if not name.startswith("_")}
    assert members & driven == {"log_in", "rest", "soap"}


@pytest.mark.parametrize(
    ("look_up", "told"),
    [
        (lambda tenant: tenant.packages["integrations"], 'package "integrations"'),
        (lambda tenant: tenant.users["Ada"], 'user "Ada"'),
    ],
)
def test_what_a_tenant_does_not_have_is_a_key_error_that_tells(
    look_up: Callable[[Tenant], object], told: str
) -> None:
    tenant = build_tenant()
    with pytest.raises(KeyError) as refused:
        look_up(tenant)
    text = str(refused.value)
    assert text.startswith(f"MCSCOPES: the tenant has no {told}, but ")
    assert text.endswith("s=[{...}].")
    assert tenant.packages.get("x") is None
    assert tenant.users.get("x") is None


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("issue_token", lambda tenant: tenant.issue_token(["email_send"])),
        ("log_in", lambda tenant: tenant.log_in("Ada")),
        ("authorize", lambda tenant: tenant.authorize(f"{tenant.auth_url}v2/authorize")),
        ("log_out", lambda tenant: tenant.log_out("Ada")),
        ("revoke", lambda tenant: tenant.revoke("token")),
        ("arrange", lambda tenant: tenant.arrange()),
        ("judged", lambda tenant: tenant.judged("email_send")),
        ("expect_denied", lambda tenant: tenant.expect_denied()),
        ("fail_next", lambda tenant: tenant.fail_next("rest", "unauthorized")),
        ("package.assign", lambda tenant: tenant.package.assign("email_send")),
    ],
)
def test_a_forked_child_is_refused(method: str, call: Callable[[Tenant], object]) -> None:
    """It has a copy of the tenant, which no test sees."""
    links = SessionLinks(in_child=lambda: True)
    tenant = Tenant(TenantCore(Config(), (PackageConfig(),), 1, load_catalogue(), links=links))
    with pytest.raises(McScopesError, match=rf"mc_tenant\.{method} was called by a process that"):
        call(tenant)
