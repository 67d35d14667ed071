"""vcrpy and tenants in one process: tenants are answered, and never recorded or played.

Runs in the tox env `compat` alone, where vcrpy is installed. Each run is a process of
its own, twice: a cassette that is recorded by the first is played by the second.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import watch_look_ups

if TYPE_CHECKING:
    from pathlib import Path

SUITE = '''
import asyncio
import socket
import ssl
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from json import dumps, loads

import httpx
import httpx2
import pytest
import requests

REAL = "https://mcreal.auth.marketingcloudapis.com/v2/token"
MARK = pytest.mark.mc_scopes("email_send")
NO_TOKEN = pytest.mark.mc_no_token(reason="it plays what was recorded")


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """The names that were to be resolved: there is no network."""
    asked = []

    find = socket.getaddrinfo

    def refuse(host, *rest, **named):
        if host == "127.0.0.1":
            return find(host, *rest, **named)
        asked.append(host)
        raise socket.gaierror(-2, "no name is resolved in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return asked


def login(tenant, scope="email_send"):
    login = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    return {"grant_type": "client_credentials", "scope": scope, **login}


async def _by_async_httpx(url, body):
    async with httpx.AsyncClient() as http:
        return await http.post(url, json=body)


def by_async_httpx(url, json):
    return asyncio.run(_by_async_httpx(url, json))


class Answer:
    def __init__(self, answer):
        self.text = answer.read()

    def json(self):
        return loads(self.text)


def by_urllib(url, json):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, dumps(json).encode(), headers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with urllib.request.urlopen(request, context=context) as answer:
        return Answer(answer)


CLIENTS = [httpx.post, httpx2.post, by_async_httpx, requests.post, by_urllib]


def cassette(**how):
    import vcr

    return vcr.use_cassette(CASSETTE, **how)


@MARK
@pytest.mark.parametrize("post", CLIENTS)
def test_opened_after_the_tenant(mc_tenant, names, post):
    with cassette():
        answer = post(mc_tenant.auth_url + "v2/token", json=login(mc_tenant))
        assert answer.json()["access_token"]
        url = mc_tenant.rest_url + "messaging/v1/email/messages/r-1"
        mc_tenant.rest.post("/messaging/v1/email/messages/r-1").respond(202, json={"a": 1})
        headers = {"Authorization": "Bearer " + answer.json()["access_token"]}
        answer = httpx.post(url, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"a": 1})
    assert len(mc_tenant.ledger.tokens) == 1
    assert names == []


@MARK
@pytest.mark.parametrize("post", CLIENTS)
def test_too_much(mc_tenant, post):
    with cassette():
        post(mc_tenant.auth_url + "v2/token", json=login(mc_tenant, "email_read email_send"))


@pytest.fixture
def opened_before():
    with cassette():
        yield


@MARK
def test_opened_before_the_tenant(opened_before, mc_tenant, names):
    httpx.post(mc_tenant.auth_url + "v2/token", json=login(mc_tenant)).raise_for_status()
    assert names == []


@MARK
def test_ports(mc_server):
    with cassette():
        httpx.post(mc_server.auth_url + "v2/token", json=login(mc_server)).raise_for_status()
        requests.post(mc_server.auth_url + "v2/token", json=login(mc_server)).raise_for_status()


def test_another_marketing_cloud_is_not_called(mc_tenant, names):
    for post in CLIENTS:
        refused = (httpx.ConnectError, httpx2.ConnectError, OSError)
        with cassette(), pytest.raises(refused, match="MCSCOPES"):
            post("https://mcother.auth.marketingcloudapis.com/v2/token", json={})
    assert names == []


@pytest.fixture
def recorded(tmp_path):
    file = tmp_path / "real.yaml"
    file.write_text(RECORDED)
    return str(file)


@pytest.fixture
def played(recorded):
    import vcr

    with vcr.use_cassette(recorded, allow_playback_repeats=True):
        yield


@MARK
@pytest.mark.parametrize("post", CLIENTS)
def test_one_opened_before_goes_on_playing(played, mc_tenant, post):
    assert post(REAL, json={}).json() == {"access_token": "of a cassette"}
    httpx.post(mc_tenant.auth_url + "v2/token", json=login(mc_tenant)).raise_for_status()
    assert post(REAL, json={}).json() == {"access_token": "of a cassette"}


@NO_TOKEN
@pytest.mark.parametrize("post", CLIENTS)
def test_what_it_plays_is_a_token_request(played, mc_tenant, post):
    assert post(REAL, json={}).json() == {"access_token": "of a cassette"}


@NO_TOKEN
def test_played_after_the_tenant(mc_tenant, recorded):
    import vcr

    with vcr.use_cassette(recorded):
        assert httpx.post(REAL, json={}).json() == {"access_token": "of a cassette"}


@NO_TOKEN
def test_a_cassette_that_plays_nothing_of_it(mc_tenant, recorded):
    import vcr

    with vcr.use_cassette(recorded):
        pass


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"shop")

    def log_message(self, *_):
        pass


@pytest.fixture
def shop():
    with HTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@MARK
def test_others_are_recorded_as_ever(mc_tenant, shop, tmp_path):
    import vcr

    for _ in range(2):
        with vcr.use_cassette(str(tmp_path / "shop.yaml")) as tape:
            assert httpx.get(shop).text == "shop"
            httpx.post(mc_tenant.auth_url + "v2/token", json=login(mc_tenant))
    assert (len(tape), tape.play_count) == (1, 1)
'''
RECORDED = """
interactions:
- request:
    body: '{}'
    headers: {}
    method: POST
    uri: https://mcreal.auth.marketingcloudapis.com/v2/token
  response:
    body:
      string: '{"access_token": "of a cassette"}'
    headers:
      Content-Type: [application/json]
    status:
      code: 200
      message: OK
version: 1
"""
OUTCOMES = {
    "test_too_much": "FAILED",
    "test_what_it_plays_is_a_token_request": "FAILED",
    "test_played_after_the_tenant": "FAILED",
}
"""Of those that do not pass."""


@pytest.mark.parametrize("early", [True, False], ids=["imported early", "imported late"])
def test_tenants_are_left_alone(tmp_path: Path, early: bool) -> None:  # noqa: FBT001
    """In either order, by every kind of client, whenever vcrpy is imported."""
    tape = tmp_path / "tape.yaml"
    names = f"CASSETTE = {str(tape)!r}\nRECORDED = {RECORDED!r}\n"
    imported = "import vcr\n" if early else ""
    tmp_path.joinpath("test_it.py").write_text(imported + names + SUITE, encoding="utf-8")
    for _ in range(2):
        text = _run(tmp_path)
        lines = [line.split() for line in text.splitlines() if "%]" in line]
        told = {words[0].partition("::")[2]: words[1] for words in lines}
        wrong = [
            name
            for name, outcome in told.items()
            if outcome != OUTCOMES.get(name.partition("[")[0], "PASSED")
        ]
        assert wrong == [], f"{told}{text}"
        assert len(told) == 26, text
        assert "MCS102 in 5, MCS109 in 6" in text
        assert "Give vcr" not in text
        assert not tape.exists() or "mc" not in tape.read_text(encoding="utf-8")


def _run(folder: Path) -> str:
    plugins = ("-p", "pytest_mcscopes.plugin")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", *plugins, "-p", "no:cacheprovider", "test_it.py"],
        cwd=folder,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **watch_look_ups.inherited(""),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.stdout + run.stderr
