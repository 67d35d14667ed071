"""Conversations of HTTP/1.1 as bytes: those of the conformance table, whole and broken."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

GET = b"GET /v2/userinfo HTTP/1.1\r\nHost: mc\r\n\r\n"
POST = b"POST /v2/token HTTP/1.1\r\nHost: mc\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = (
    GET,
    GET.replace(b"GET", b"HEAD"),
    POST + b"Content-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
    POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    CHUNKED + b"5\r\nhello\r\n3;a=b\r\nyou\r\n0\r\nX-T: 1\r\n\r\n",
    GET.replace(b"/v2", b"http://127.0.0.1//v2"),
)
NASTY = (
    b"Content-Length: 1",
    b"Content-Length: -1",
    b"Content-Length: 99999999999",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: identity",
    b"Expect: 100-continue",
    b"Connection: close",
    b"Host: other",
    b"Upgrade: h2c",
    b" folded",
    b"5",
    b"ffffffffffffffff",
    b"",
)
TABLE = tomllib.loads(Path(__file__).parents[1].joinpath("data/wire_cases.toml").read_text())
OF_THE_TABLE = [
    request
    for request in (case["request"] for case in TABLE["case"])
    # A broken SOAP call is answered 500 by right, and a large body shows nothing more here.
    if not {"like", "text", "hex"} & request.keys() and request["host"] != "soap"
]


class Broken(NamedTuple):
    """A conversation that is broken in one way."""

    way: str
    host: str
    sent: bytes


def written(request: Mapping[str, Any], token: str) -> bytes:
    """Write a request of the conformance table as bytes."""
    query = request.get("query", "")
    target = request["path"] + (f"?{query if isinstance(query, str) else urlencode(query)}")
    headers, body = {"Host": "mc", **request.get("headers", {})}, b""
    if "json" in request:
        headers["Content-Type"], body = "application/json", json.dumps(request["json"]).encode()
    if "form" in request:
        body = urlencode(request["form"]).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    headers["Content-Length"] = str(len(body))
    lines = [f"{request['method']} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "\r\n"]).replace("{token}", token).encode() + body


def all_whole(token: str) -> list[tuple[str, bytes]]:
    """Give every whole conversation, and the host that it is held with."""
    table = [(request["host"], written(request, token)) for request in OF_THE_TABLE]
    return [*(("auth", each) for each in WHOLE), *table]


def broken(whole: list[tuple[str, bytes]], chance: Random) -> Broken:
    """Break a whole conversation in one way; the same chance breaks it the same way."""
    host, sent = chance.choice(whole)
    lines = sent.split(b"\r\n")
    at = chance.randrange(len(sent))
    line = chance.randrange(1, len(lines))
    ways: dict[str, Callable[[], bytes]] = {
        "added": lambda: b"\r\n".join([*lines[:line], chance.choice(NASTY), *lines[line:]]),
        "byte": lambda: sent[:at] + chance.randbytes(1) + sent[at + 1 :],
        "cut": lambda: sent[:at],
        "doubled": lambda: sent + sent,
        "followed": lambda: sent + chance.choice(WHOLE)[:at],
        "removed": lambda: b"\r\n".join([*lines[:line], *lines[line + 1 :]]),
        "reordered": lambda: b"\r\n".join(
            [*lines[:line], *chance.sample(lines[line:], len(lines) - line)]
        ),
    }
    way = chance.choice(sorted(ways))
    return Broken(way, host, ways[way]())
