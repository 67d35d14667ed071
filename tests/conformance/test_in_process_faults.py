"""What a client in this process meets where the test ordered no answer, or a late one."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
from tenants import build_tenant, core_of

from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from pytest_mcscopes.cloud.http import Trouble
    from pytest_mcscopes.tenant.tenant import Tenant

    Get = Callable[[ModuleType, str, str], Any]

HOST = "mcx.rest.marketingcloudapis.com"
URL = f"https://{HOST}/platform/v1/endpoints?secret=not-told"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    """Give a tenant whose REST host is answered in this process."""
    hosts, tenant = Hosts(), build_tenant(PackageConfig(subdomain="mcx"))
    hosts.add(HOST, "rest", core_of(tenant), "test")
    mount = Mount(hosts)
    mount.mount()
    yield tenant
    mount.unmount()


def _settings(token: str) -> dict[str, Any]:
    # A client that trusts nobody is quick to make, and never gets as far as TLS.
    return {
        "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        "trust_env": False,
        "headers": {"Authorization": f"Bearer {token}"},
    }


def get_sync(library: ModuleType, url: str, token: str) -> Any:  # noqa: ANN401 - of either library
    """Get by a client that blocks."""
    with library.Client(**_settings(token)) as client:
        return client.get(url)


async def _get(library: ModuleType, url: str, token: str) -> Any:  # noqa: ANN401
    async with library.AsyncClient(**_settings(token)) as client:
        return await client.get(url)


def get_async(library: ModuleType, url: str, token: str) -> Any:  # noqa: ANN401
    """Get by a client that awaits."""
    return anyio.run(_get, library, url, token)


@pytest.mark.parametrize("get", [get_sync, get_async], ids=["sync", "async"])
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        ("timeout", ("ReadTimeout", "was not answered in time")),
        ("reset", ("ReadError", "was cut off before an answer")),
    ],
)
def test_no_answer_is_the_librarys_own_error(
    trouble: Trouble, raised: tuple[str, str], library: ModuleType, get: Get, tenant: Tenant
) -> None:
    """Code that handles it cannot tell it from a real one; a reader can, and sees no query."""
    error, what = raised
    token = tenant.issue_token()
    tenant.fail_next("rest", trouble)
    with pytest.raises(getattr(library, error)) as met:
        get(library, URL, token)
    assert type(met.value) is getattr(library, error)
    assert str(met.value.request.url) == URL
    assert str(met.value) == (
        f"MCSCOPES: GET https://{HOST} {what}, as the test ordered by"
        f' fail_next(..., "{trouble}"). The code under test is expected to handle'
        f" {library.__name__}.{error}; where it need not, remove fail_next."
    )
    assert get(library, URL, token).status_code == 200


def test_a_late_answer_does_not_keep_the_process_waiting(tenant: Tenant) -> None:
    """The delay is of Marketing Cloud's time alone: a client's own time-out does not see it."""
    token = tenant.issue_token()
    tenant.fail_next("rest", "slow", seconds=3600)
    answer = get_sync(httpx, URL, token)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 60
    assert get_sync(httpx, URL, token).status_code == 401
