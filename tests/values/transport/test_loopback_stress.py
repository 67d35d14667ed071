"""The door of real ports under load: nothing is mixed or lost, and memory does not run away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from measuring import unmeasured

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.fingerprints import fingerprint
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.ledger.facts import TokenRequested
from pytest_mcscopes.tenant.core import TenantCore
from pytest_mcscopes.tenant.tenant import Tenant
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes.ledger.facts import Fact

    Seen = tuple[str, str | None]
    """What was asked for, and the fingerprint of the token that was got or shown."""

TENANTS = 50
THREADS = 8
OF_A_VISIT = 4
"""Requests of one visit: token, call, token, call."""
SIDE_BY_SIDE = 4
"""Visits of one tenant at a time; the other threads visit the next one."""
SCOPES = "email_read email_send"


class Crowd:
    """Many tenants of one session, and the clients of all of them."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self.loopback = Loopback(lambda _, error: self.errors.append(error))
        catalogue = load_catalogue()
        packages = (PackageConfig(),)
        cores = [TenantCore(Config(), packages, n, catalogue) for n in range(TENANTS)]
        self.tenants = [Tenant(core, self.loopback.open(core)) for core in cores]
        self.visits = 0

    def send(self, requests: int) -> list[Counter[Seen]]:
        """Send so many requests from all threads; give what each tenant's clients came by."""
        coming = range(self.visits, self.visits + requests // OF_A_VISIT)
        self.visits = coming.stop
        seen: list[Counter[Seen]] = [Counter() for _ in self.tenants]
        with ThreadPoolExecutor(THREADS) as threads:
            for visit, came_by in zip(coming, threads.map(self.visit, coming), strict=True):
                seen[self.visited(visit)].update(came_by)
        return seen

    def visited(self, visit: int) -> int:
        """Tell which tenant is visited."""
        return visit // SIDE_BY_SIDE % TENANTS

    def visit(self, visit: int) -> list[Seen]:
        """Be a client: ask for a token, call with it, and so on, by two kept connections."""
        return list(self._visit(self.tenants[self.visited(visit)], visit))

    def _visit(self, tenant: Tenant, visit: int) -> Iterator[Seen]:
        asked = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
        body = json.dumps(asked | {"grant_type": "client_credentials", "scope": SCOPES})
        token = ""
        with ExitStack() as stack:
            auth, rest = (
                stack.enter_context(closing(HTTPConnection(urlsplit(url).netloc, timeout=30)))
                for url in (tenant.auth_url, tenant.rest_url)
            )
            for number in range(OF_A_VISIT):
                if number % 2:
                    path = f"/messaging/v1/email/messages/{visit}-{number}"
                    rest.request("POST", path, headers={"Authorization": f"Bearer {token}"})
                    assert rest.getresponse().read() == b"{}"
                    yield path, fingerprint(token)
                else:
                    auth.request("POST", "/v2/token", body, {"Content-Type": "application/json"})
                    answer = json.loads(auth.getresponse().read())
                    token = answer["access_token"]
                    yield answer["rest_instance_url"], fingerprint(token)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Give many tenants, in a process whose threads interrupt each other all the time."""
    crowd = Crowd()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield crowd
    sys.setswitchinterval(usual)
    crowd.loopback.shutdown()
    assert crowd.errors == []


def noted(tenant: Tenant, fact: Fact) -> Seen:
    """Say of a fact what its client saw of it."""
    if isinstance(fact, TokenRequested):
        return tenant.rest_url, fact.token
    return fact.path, fact.token


def test_nothing_is_mixed_or_lost(crowd: Crowd) -> None:
    """10,000 requests from 8 threads: each ledger has its tenant's, all of them, once."""
    seen = list(map(add, crowd.send(200), unmeasured(crowd.send)(9_800)))
    assert sum(map(Counter.total, seen)) == 10_000
    for tenant, came_by in zip(crowd.tenants, seen, strict=True):
        entries = tenant.ledger.entries
        assert Counter(noted(tenant, entry.fact) for entry in entries) == came_by
        assert [entry.number for entry in entries] == list(range(len(entries)))
        assert {(entry.fact.tenant, entry.fact.package) for entry in entries} == {
            (tenant.subdomain, tenant.package.name)
        }
        assert {entry.answered for entry in entries} == {200}


MEASURING = """
import gc, runpy, sys, tracemalloc
crowd = runpy.run_path(sys.argv[1])["Crowd"]()
crowd.send(1_000)
gc.collect()
tracemalloc.start()
crowd.send(9_000)  # and what the clients saw is forgotten
gc.collect()
print(tracemalloc.get_traced_memory()[0])
crowd.loopback.shutdown()
"""


def test_memory_does_not_run_away() -> None:
    """9,000 more requests take at most 10 MB more, in a process that does nothing else."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "support")}
    run = subprocess.run(
        [sys.executable, "-c", MEASURING, __file__],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    # Of what Python holds: the process's size depends on how many threads are alive at a time.
    assert int(run.stdout) <= 10_000_000
