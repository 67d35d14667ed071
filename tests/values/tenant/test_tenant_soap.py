"""SOAP as one tenant of a test sees it: its clock, its users, its settings, and what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_mcscopes

if TYPE_CHECKING:
    from suites import Suite

SOAP = '''
import re
import freezegun
import pytest
import asking
from asking import API, ask, consent, exchange, retrieving as retrieve

def soap(tenant, token, message):
    """Send a message, and give the OverallStatus or faultstring."""
    answer = asking.soap(tenant, token, message).text
    return re.search("<(OverallStatus|faultstring)>(.*?)</", answer)[2]

DENIED = "Error: API Permission Failed."

def create(kind, options=""):
    return f'<CreateRequest {API}>{options}<Objects xsi:type="{kind}"/></CreateRequest>'

OPTION = "<SaveOption><SaveAction>UpdateAdd</SaveAction></SaveOption>"
UPSERT = f"<Options><SaveOptions>{OPTION}</SaveOptions></Options>"
'''


def judge(suite: Suite, tests: str, *args: str) -> dict[str, str]:
    suite.pytester.makepyfile(soap=SOAP)
    return suite.judge(f"from soap import *\n{tests}", *args)


def test_the_rule_in_force_counts_by_the_tenants_clock(suite: Suite) -> None:
    """Since 2026-06-19 a triggered send needs more; `mc_clock` gets there.

    What was enough before is only inferred, so that nothing is proven too much by it.
    """
    assert judge(
        suite,
        """
@pytest.fixture
def evening():
    with freezegun.freeze_time("2026-06-18T23:59:00Z"):
        yield

SENDS = create("TriggeredSend")

@pytest.mark.mc_scopes("email_send")
def test_before(evening, mc_tenant):
    assert soap(mc_tenant, ask(mc_tenant, "email_send"), SENDS) == "OK"

@pytest.mark.mc_scopes("email_send")
def test_across(evening, mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    assert soap(mc_tenant, token, SENDS) == "OK"
    mc_clock.advance(minutes=1)
    assert soap(mc_tenant, token, SENDS) == DENIED

@pytest.mark.mc_scopes("email_read", "email_send", "email_write")
def test_after(evening, mc_tenant, mc_clock):
    mc_clock.advance(minutes=1)
    token = ask(mc_tenant, "email_send email_read email_write")
    assert soap(mc_tenant, token, SENDS) == "OK"

@pytest.mark.mc_scopes("email_read", "email_send", "email_write")
def test_too_early(evening, mc_tenant):
    token = ask(mc_tenant, "email_send email_read email_write")
    assert soap(mc_tenant, token, SENDS) == "OK"
""",
    ) == {
        "test_before": "passed: note MCS108",
        "test_across": "failed: MCS201, note MCS108",
        "test_after": "passed",
        "test_too_early": "passed: note MCS108",
    }


def test_an_upsert_needs_what_both_halves_need(suite: Suite) -> None:
    assert judge(
        suite,
        """
@pytest.mark.mc_scopes("data_extensions_write")
def test_alike(mc_tenant):
    token = ask(mc_tenant, "data_extensions_write")
    assert soap(mc_tenant, token, create("DataExtension", UPSERT)) == "OK"
    [call] = mc_tenant.soap.calls
    assert (call.operation, call.upsert) == ("Create", True)

@pytest.mark.mc_scopes("data_extensions_read")
def test_refused(mc_tenant):
    token = ask(mc_tenant, "data_extensions_read")
    assert soap(mc_tenant, token, create("DataExtension", UPSERT)) == DENIED

@pytest.mark.mc_scopes("email_read", "email_send", "email_write")
def test_different(mc_tenant):
    token = ask(mc_tenant, "email_read email_send email_write")
    assert soap(mc_tenant, token, create("TriggeredSend", UPSERT)) == "OK"
""",
    ) == {
        "test_alike": "passed",
        "test_refused": "failed: MCS201",
        "test_different": "passed: note MCS108",
    }


def test_what_a_user_may_do_over_soap_is_undetermined(suite: Suite) -> None:
    """No SOAP row tells the ids of permissions: the scope alone decides, and it is said so."""
    suite.pytester.makepyfile(soap=SOAP)
    result = suite.run(
        """
        from soap import *

        @pytest.mark.mc_package(type="web-app")
        @pytest.mark.mc_user(name="Ada", profile="nothing")
        @pytest.mark.mc_scopes("list_and_subscribers_read")
        def test_it(mc_tenant):
            code = consent(mc_tenant, scope="list_and_subscribers_read")
            token = exchange(mc_tenant, code)["access_token"]
            assert soap(mc_tenant, token, retrieve("Subscriber")) == "OK"
            assert soap(mc_tenant, token, retrieve("DataExtension")) == DENIED
        """,
        "-rA",
    )
    assert suite.told(result) == {"test_it": "failed: MCS201, note"}
    text = " ".join(result.stdout.str().split())
    assert (
        "undetermined: it is not known which permission a user needs for SOAP Subscriber Retrieve;"
        " the scope alone decided"
    ) in text


def test_silence_is_a_setting(suite: Suite) -> None:
    """It hides the denial from the code under test, never from the judge."""
    tests = """
@pytest.mark.mc_scopes("push_read")
@pytest.mark.parametrize("message", [retrieve("Subscriber"), create("DataExtension")], ids="rw")
def test_it(mc_tenant, message):
    print("STATUS", soap(mc_tenant, ask(mc_tenant, "push_read"), message))
"""
    suite.pytester.makepyfile(soap=SOAP)
    source = f"from soap import *\n{tests}"
    told = {
        silent: [
            line
            for line in suite.run(source, "-o", f"mc_soap_silent={silent}").outlines
            if line.startswith("STATUS")
        ]
        for silent in ("true", "false")
    }
    denied = "STATUS Error: API Permission Failed."
    assert told == {"true": ["STATUS OK", denied], "false": [denied, denied]}
    both = {f"test_it[{each}]": "failed: MCS201" for each in "rw"}
    assert suite.judge(source, "-o", "mc_soap_silent=true") == both


def test_the_size_of_an_envelope_is_a_setting(suite: Suite) -> None:
    tests = """
def test_it(mc_tenant):
    try:
        status = soap(mc_tenant, ask(mc_tenant), retrieve("Subscriber"))
    except TypeError:
        status = "no answer in XML"
    assert "{}" in status
"""
    small = tests.replace("{}", "no answer in XML")
    assert judge(suite, small, "-o", "mc_soap_bytes=400") == {"test_it": "passed"}
    assert judge(suite, tests.replace("{}", "OK")) == {"test_it": "passed"}


SPOKEN = """
import httpx
import pytest

@pytest.mark.mc_scopes("email_send")
def test_it(mc_tenant):
    body = {"client_id": mc_tenant.client_id, "client_secret": mc_tenant.client_secret}
    body |= {"grant_type": "client_credentials", "scope": "email_send"}
    token = httpx.post(f"{mc_tenant.auth_url}v2/token", json=body).json()["access_token"]
    route = mc_tenant.rest.post("/messaging/v1/email/messages/1").respond(202)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{mc_tenant.rest_url}messaging/v1/email/messages/1"
    assert httpx.post(url, headers=headers).status_code == 202
    assert MORE
"""
WRITE_DOWN = "import pathlib, sys; pathlib.Path('loaded.txt').write_text('\\n'.join(sys.modules))"
OF_SOAP = {"lxml", "pytest_mcscopes.stubs.soap", "pytest_mcscopes.cloud.soap.exchange"}


@pytest.mark.parametrize(
    ("more", "loaded"),
    [
        pytest.param("True", set(), id="REST only"),
        pytest.param(
            "mc_tenant.soap.calls == ()",
            OF_SOAP - {"pytest_mcscopes.cloud.soap.exchange"},
            id="stubs",
        ),
        pytest.param("httpx.get(mc_tenant.soap_url).status_code == 404", OF_SOAP, id="SOAP host"),
    ],
)
def test_soap_costs_nothing_until_it_is_used(more: str, loaded: set[str], tmp_path: Path) -> None:
    """Reading XML is loaded by the first call to the SOAP host, or the first stub for it."""
    (tmp_path / "conftest.py").write_text(f"def pytest_unconfigure():\n    {WRITE_DOWN}\n")
    (tmp_path / "test_it.py").write_text(SPOKEN.replace("MORE", more))
    home = str(Path(pytest_mcscopes.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": home, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_mcscopes.plugin"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert OF_SOAP & set((tmp_path / "loaded.txt").read_text().split()) == loaded
