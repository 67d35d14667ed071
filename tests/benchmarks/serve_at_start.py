"""A tenant at ports of its own and nothing else: what a process that serves one has to load."""

from __future__ import annotations

import sys

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.tenant.core import TenantCore
from pytest_mcscopes.transport.loopback.server import Loopback


def report(_test: str | None, error: BaseException) -> None:
    """Fail by what is raised while a port answers."""
    sys.stderr.write(f"{error!r}\n")


packages = (PackageConfig(client_id="id", client_secret="secret"),)
tenant = TenantCore(Config(), packages, "benchmarks", load_catalogue())
ports = Loopback(report)
sys.stdout.write(f"{ports.open(tenant).auth_url.rstrip('/').rpartition(':')[2]}\n")
sys.stdout.flush()
sys.stdin.read()
ports.shutdown()
