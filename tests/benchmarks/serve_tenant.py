"""A tenant at ports of its own, as `mc_server` gives it to a test in its call phase."""

from __future__ import annotations

import sys

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config
from pytest_mcscopes.session.driver import SessionDriver

driver = SessionDriver(Config(), load_catalogue(), [])
with driver.cloud.tenant(server=True, client_id="id", client_secret="secret") as tenant:
    driver.begin_body(watched=True)
    sys.stdout.write(f"{tenant.auth_url.rstrip('/').rpartition(':')[2]}\n")
    sys.stdout.flush()
    sys.stdin.read()
