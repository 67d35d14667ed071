"""Another process with a tenant's environment, where this machine has a proxy."""

from __future__ import annotations

import pytest

PROGRAM = """
import json, os, urllib.request

def send(url, body, **headers):
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=30))

login = {
    "grant_type": "client_credentials",
    "client_id": os.environ["MC_%(name)sCLIENT_ID"],
    "client_secret": os.environ["MC_%(name)sCLIENT_SECRET"],
    "scope": "email_send",
}
token = send(os.environ["MC_%(name)sAUTH_URL"] + "v2/token", login)
url = token["rest_instance_url"] + "messaging/v1/email/messages/r-1"
send(url, {}, Authorization="Bearer " + token["access_token"])
"""


@pytest.mark.parametrize("package", ["first", "web app"])
def test_a_process_reaches_the_ports_past_a_proxy(pytester: pytest.Pytester, package: str) -> None:
    """Without NO_PROXY it would ask the proxy, where nobody listens."""
    name = "" if package == "first" else "WEB_APP_"
    pytester.makepyfile(program=PROGRAM % {"name": name})
    pytester.makepyfile(
        f"""
        import os, subprocess, sys
        import pytest

        pytestmark = [
            pytest.mark.mc_package(name="first"),
            pytest.mark.mc_package(name="web app"),
            pytest.mark.mc_scopes("email_send", package="{package}"),
        ]


        @pytest.fixture(autouse=True)
        def proxy(monkeypatch):
            for name in ("no_proxy", "NO_PROXY"):
                monkeypatch.delenv(name, raising=False)
            for name in ("http_proxy", "HTTP_PROXY"):
                monkeypatch.setenv(name, "http://127.0.0.2:9/")


        def run(environment):
            return subprocess.run([sys.executable, "program.py"], env=environment, timeout=60)


        def test_past_the_proxy(mc_server):
            assert run(os.environ | mc_server.environment()).returncode == 0


        def test_through_the_proxy(mc_server):
            settings = mc_server.environment()
            del settings["NO_PROXY"], settings["no_proxy"]
            assert run(os.environ | settings).returncode != 0
            assert not mc_server.ledger.entries
        """
    )
    result = pytester.runpytest_subprocess(
        "-p", "anyio", "-p", "respx", "-p", "pytest_mcscopes.plugin"
    )
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed") == 1, "past the proxy"
    result.stdout.fnmatch_lines(["*MCS105*"])
