"""MCS107: a host, client or token of another test's tenant."""

from __future__ import annotations

import pytest

from pytest_mcscopes.ledger.facts import ForeignUsed
from pytest_mcscopes.privilege.rules.foreign_tenant import foreign_tenant


def test_a_foreign_tenant_is_named_with_who_built_it() -> None:
    used = [
        ForeignUsed(what="host", name="x.rest.marketingcloudapis.com", built_by="tests/a.py::b"),
        ForeignUsed(what="token", name="fingerprint", built_by="fixture c for tests/a.py::d"),
        ForeignUsed(what="client", name="fingerprint", built_by="tests/a.py::b"),
        ForeignUsed(what="host", name="y.auth.exacttargetapis.com", built_by=None),
    ]
    found = list(map(foreign_tenant, used))
    assert {(each.rule, each.severity) for each in found} == {("MCS107", "error")}
    assert [each.text for each in found] == [
        (
            "foreign tenant: the code used host x.rest.marketingcloudapis.com, but it belongs to"
            " the tenant of tests/a.py::b"
        ),
        (
            "foreign tenant: the code used a token, but it belongs to the tenant of fixture c for"
            " tests/a.py::d"
        ),
        "foreign tenant: the code used a client, but it belongs to the tenant of tests/a.py::b",
        (
            "foreign tenant: the code used host y.auth.exacttargetapis.com, but no tenant of this"
            " test session has it"
        ),
    ]


@pytest.mark.parametrize(
    ("host", "built_by", "subdomain", "step"),
    [
        pytest.param(
            "mcx.soap.marketingcloudapis.com",
            None,
            "mcx",
            "Let the code call the tenant of this test: give it mc_tenant.subdomain, or the URLs"
            " that mc_tenant.environment() has; or, if mcx is written in the code, give the tenant"
            ' that subdomain: @pytest.mark.mc_package(subdomain="mcx").',
            id="a subdomain of nobody's",
        ),
        pytest.param(
            "webservice.exacttarget.com",
            None,
            "",
            "Let the code call the tenant of this test: give it mc_tenant.subdomain, or the URLs"
            " that mc_tenant.environment() has; or answer webservice.exacttarget.com by a mock of"
            " your own.",
            id="a host that no tenant has",
        ),
        pytest.param(
            "mcx.soap.marketingcloudapis.com",
            "tests/a.py::b",
            "",
            "Build the client in a function-scoped fixture from this test's mc_tenant, or give it a"
            " tenant of its own life: with mc_cloud.tenant() as tenant: ... in a fixture of the"
            " client's scope.",
            id="an ended tenant's",
        ),
        pytest.param(
            "mcx.soap.marketingcloudapis.com",
            "tests/a.py::b",
            "mcx",
            "If mcx is written in the code, give the tenant of this test that subdomain too:"
            ' @pytest.mark.mc_package(subdomain="mcx"). If not: build the client in a'
            " function-scoped fixture from this test's mc_tenant, or give it a tenant of its own"
            " life: with mc_cloud.tenant() as tenant: ... in a fixture of the client's scope.",
            id="an ended tenant's, whose subdomain a test gave",
        ),
    ],
)
def test_the_way_out_of_a_host(host: str, built_by: str | None, subdomain: str, step: str) -> None:
    """Code whose client is new, and calls elsewhere, has nothing of its client's life to mend."""
    used = ForeignUsed(what="host", name=host, built_by=built_by, subdomain=subdomain)
    finding = foreign_tenant(used)
    assert finding.next_steps == (step,)
