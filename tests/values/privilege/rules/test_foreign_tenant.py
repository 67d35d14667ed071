"""MCS107: a host, client or token of another test's tenant."""

from __future__ import annotations

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
