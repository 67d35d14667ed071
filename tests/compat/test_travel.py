"""`mc_clock.travel` beside what else moves the process's time: time-machine, pytest-freezer.

Runs in the tox env `compat` alone, as all in this folder: time-machine is installed there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from processes import run_file

if TYPE_CHECKING:
    from pathlib import Path

ASKING = """
import time

import httpx
import pytest

NOON = 1893499200  # of 2030-01-01, UTC
MARK = pytest.mark.mc_scopes("email_send")


def ask(tenant):
    login = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    body = {"grant_type": "client_credentials", "scope": "email_send"} | login
    return httpx.post(tenant.auth_url + "v2/token", json=body).json()["access_token"]


def call(tenant, token):
    headers = {"Authorization": f"Bearer {token}"}
    url = tenant.rest_url + "messaging/v1/email/messages/receipt"
    return httpx.post(url, headers=headers).status_code
"""

INSIDE = """
import datetime

import time_machine
from asking import *

BERLIN = datetime.datetime(2030, 1, 1, 13, tzinfo=__import__("zoneinfo").ZoneInfo("Europe/Berlin"))


@MARK
@pytest.mark.parametrize("tick", [False, True])
@pytest.mark.parametrize("noon", ["2030-01-01T12:00:00+00:00", BERLIN], ids=["utc", "berlin"])
def test_block(mc_tenant, mc_clock, noon, tick):
    with time_machine.travel(noon, tick=tick) as traveller:
        token = ask(mc_tenant)
        mc_clock.travel(minutes=19)
        assert call(mc_tenant, token) == 200
        assert NOON + 1_140 <= time.time() < NOON + 1_200
        traveller.shift(30)
        assert call(mc_tenant, token) == 200
        mc_clock.travel(30)
        assert call(mc_tenant, token) == 401
        assert NOON + 1_200 <= time.time() < NOON + 1_260
        # What stands under time-machine stands in the journey.
        assert tick or time.time() == time.time() == NOON + 1_200


@MARK
def test_fixture(mc_tenant, mc_clock, time_machine):
    time_machine.move_to(NOON)
    token = ask(mc_tenant)
    mc_clock.travel(minutes=19)
    assert call(mc_tenant, token) == 200
    time_machine.shift(61)
    assert call(mc_tenant, token) == 401


@MARK
@pytest.mark.time_machine("2030-01-01T12:00:00+00:00")
def test_mark(mc_tenant, mc_clock):
    token = ask(mc_tenant)
    mc_clock.travel(minutes=20)
    assert call(mc_tenant, token) == 401


def test_is_back(mc_tenant):
    assert time.time() < NOON
    assert mc_tenant.clock.now() < NOON
"""

STARTED_INSIDE = """
import time_machine
from asking import *


def test_block(mc_tenant, mc_clock):
    mc_clock.travel(1)
    with time_machine.travel(NOON):
        pass


def test_fixture(mc_tenant, mc_clock, time_machine):
    mc_clock.travel(1)
    time_machine.move_to(NOON)


@MARK
def test_advance_is_the_way(mc_tenant, mc_clock):
    token = ask(mc_tenant)
    mc_clock.advance(minutes=10)
    with time_machine.travel(60 * 9.5 + time.time()):
        assert call(mc_tenant, token) == 200
        mc_clock.advance(minutes=1)
        assert call(mc_tenant, token) == 401
"""

FREEZER = """
from asking import *


@MARK
def test_fixture(mc_tenant, mc_clock, freezer):
    freezer.move_to("2030-01-01T12:00:00Z")
    token = ask(mc_tenant)
    mc_clock.travel(minutes=19)
    assert time.time() == NOON + 1_140
    assert call(mc_tenant, token) == 200
    freezer.tick(61)
    assert call(mc_tenant, token) == 401


@MARK
@pytest.mark.freeze_time("2030-01-01T12:00:00Z")
def test_mark(mc_tenant, mc_clock):
    token = ask(mc_tenant)
    mc_clock.travel(minutes=20)
    assert time.time() == NOON + 1_200
    assert call(mc_tenant, token) == 401


@MARK
def test_fixture_asked_for_on_the_way(mc_tenant, mc_clock, request):
    mc_clock.travel(hours=1)
    freezer = request.getfixturevalue("freezer")
    token = ask(mc_tenant)
    mc_clock.travel(minutes=19)
    assert call(mc_tenant, token) == 200
    freezer.tick(61)
    assert call(mc_tenant, token) == 401


def test_is_back(mc_tenant):
    assert time.time() < NOON
    assert mc_tenant.clock.now() < NOON
"""


def run(source: str, folder: Path, *plugins: str) -> str:
    """Run one file with these plugins."""
    chosen = [word for name in plugins for word in ("-p", name)]
    return run_file(source, ASKING, folder, *chosen, "-W", "error")


# In both orders: their fixtures and hooks come before ours, or after.
ORDERS = pytest.mark.parametrize("order", [1, -1], ids=["we first", "they first"])


@ORDERS
def test_inside_a_time_machine(order: int, tmp_path: Path) -> None:
    """The journey goes on from where the machine is, standing or running."""
    told = run(INSIDE, tmp_path, *("mcscopes", "time_machine")[::order])
    assert "= 7 passed in " in told, told


def test_a_time_machine_inside(tmp_path: Path) -> None:
    """It refuses to start, in its own words; `advance` is the way there."""
    told = run(STARTED_INSIDE, tmp_path, "mcscopes", "time_machine")
    assert "= 2 failed, 1 passed in " in told, told
    refusals = re.findall(r"^E +RuntimeError: (.*)$", told, re.MULTILINE)
    assert refusals == ["time-machine cannot start when freezegun is active."] * 2


@ORDERS
def test_beside_pytest_freezer(order: int, tmp_path: Path) -> None:
    """What it froze stands on, later; and it starts within a journey."""
    told = run(FREEZER, tmp_path, *("mcscopes", "freezer")[::order])
    assert "= 4 passed in " in told, told
