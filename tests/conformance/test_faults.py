"""What a client in this process meets where the test ordered no answer, or a late one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from in_process import REST
from tenants import build_tenant, core_of

from pytest_mcscopes.config import PackageConfig

if TYPE_CHECKING:
    from in_process import Sender

    from pytest_mcscopes.cloud.http import Trouble
    from pytest_mcscopes.tenant.tenant import Tenant
    from pytest_mcscopes.transport.hosts import Hosts
    from pytest_mcscopes.transport.in_process.mount import Mount

URL = f"https://{REST}/platform/v1/endpoints?secret=not-told"


@pytest.fixture
def faulty(hosts: Hosts, mount: Mount) -> Tenant:
    """A whole tenant, whose REST host is answered in this process."""
    tenant = build_tenant(PackageConfig(subdomain="mcfaulty"))
    hosts.end(REST)
    hosts.add(REST, "rest", core_of(tenant), "test")
    mount.ensure()
    return tenant


def bearer(tenant: Tenant) -> dict[str, str]:
    return {"Authorization": f"Bearer {tenant.issue_token()}"}


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        ("timeout", ("ReadTimeout", "was not answered in time")),
        ("reset", ("ReadError", "was cut off before an answer")),
    ],
)
def test_no_answer_is_the_librarys_own_error(
    trouble: Trouble, raised: tuple[str, str], send: Sender, faulty: Tenant
) -> None:
    """Code that handles it cannot tell it from a real one; a reader can, and sees no query."""
    error, what = raised
    headers = bearer(faulty)
    faulty.fail_next("rest", trouble)
    with pytest.raises(getattr(send.library, error)) as met:
        send("GET", URL, headers=headers)
    assert type(met.value) is getattr(send.library, error)
    assert str(met.value.request.url) == URL
    assert str(met.value) == (
        f"MCSCOPES: GET https://{REST} {what}, as the test ordered by"
        f' fail_next(..., "{trouble}"). The code under test is expected to handle'
        f" {send.library.__name__}.{error}; where it need not, remove fail_next."
    )
    assert send("GET", URL, headers=headers).status_code == 200


def test_a_late_answer_does_not_keep_the_process_waiting(send_sync: Sender, faulty: Tenant) -> None:
    """The delay is of Marketing Cloud's time alone: a client's own time-out does not see it."""
    headers = bearer(faulty)
    faulty.fail_next("rest", "slow", seconds=3600)
    answer = send_sync("GET", URL, headers=headers)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 60
    assert send_sync("GET", URL, headers=headers).status_code == 401
