"""One table of requests and answers, to be run through every door of the cloud."""

from __future__ import annotations

import asyncio
import json
import ssl
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import httpx
import httpx2
import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.clock import Clock
from pytest_mcscopes.cloud.cloud import Cloud
from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.ledger.ledger import Ledger
from pytest_mcscopes.tenant import Tenant
from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from pytest_mcscopes.cloud.state import TenantState
    from pytest_mcscopes.ledger.facts import HostKind

TABLE = tomllib.loads((Path(__file__).parent / "data" / "wire_cases.toml").read_text())
NOW = 1_750_000_000.0
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loads no certificates: no socket is opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a case wants to be true before its request arrives."""

    package: PackageConfig
    config: Config
    fail_next: tuple[Any, ...]
    token: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A tenant behind a door."""

    call: Callable[[Request], Response]
    names: dict[str, object] = field(default_factory=dict)
    """What the placeholders of the table stand for."""


class Door(Protocol):
    """A way to send a request to a tenant."""

    def __call__(self, setup: Setup) -> Opened:
        """Open a tenant that is set up like this."""


class StoppedClock(Clock):
    """Marketing Cloud's time, at a moment that the test sets."""

    at = NOW

    def now(self) -> float:
        return self.at


def names_in(state: TenantState, setup: Setup) -> dict[str, object]:
    """Say what the placeholders of the table stand for."""
    package = state.packages[setup.package.name]
    return {
        "auth_url": state.urls.auth_url,
        "rest_url": state.urls.rest_url,
        "soap_url": state.urls.soap_url,
        "rest_base": state.urls.rest_url.rstrip("/"),
        "soap_base": state.urls.soap_url.rstrip("/"),
        "enterprise_id": state.enterprise_id,
        "user_id": package.user_id,
        "user_number": str(package.user_id),
        "application_id": package.application_id,
    }


def with_token(
    names: dict[str, object], setup: Setup, issue: Callable[[list[str] | None, float], str]
) -> dict[str, object]:
    """Have the token issued that a case asks for, and name it."""
    if setup.token is None:
        return names
    issued_at = NOW - setup.token.get("age", 0)
    token = issue(setup.token.get("scopes"), issued_at)
    return names | {"token": token, "exp": int(issued_at) + setup.config.token_life}


def open_core(setup: Setup) -> Opened:
    """Call the cloud itself."""
    catalogue = load_catalogue()
    state = build_state(setup.config, (setup.package,), 1, catalogue)
    cloud = Cloud(state, catalogue, Ledger().append)
    package = state.packages[setup.package.name]
    if setup.fail_next:
        state.fail_next(*setup.fail_next)

    def issue(scopes: list[str] | None, at: float) -> str:
        return cloud.issue_token(package, None if scopes is None else frozenset(scopes), at)

    def call(request: Request) -> Response:
        answer = cloud.handle(request, NOW)
        if isinstance(answer, Admitted):
            return cloud.complete(answer, answer.otherwise)
        return answer

    return Opened(call=call, names=with_token(names_in(state, setup), setup, issue))


def open_tenant(setup: Setup, send: Callable[[str, Request], httpx.Response]) -> Opened:
    """Call a tenant by its real-looking URLs, as code under test does."""
    catalogue = load_catalogue()
    state = build_state(setup.config, (setup.package,), 1, catalogue)
    tenant = Tenant(state, catalogue)
    tenant.clock = clock = StoppedClock()
    if setup.fail_next:
        tenant.fail_next(*setup.fail_next)

    def issue(scopes: list[str] | None, at: float) -> str:
        clock.at = at
        token = tenant.issue_token(scopes)
        clock.at = NOW
        return token

    hosts = Hosts()
    urls: dict[HostKind, str] = {
        "auth": tenant.auth_url,
        "rest": tenant.rest_url,
        "soap": tenant.soap_url,
    }
    for kind, url in urls.items():
        hosts.add(httpx.URL(url).host, kind, tenant, "the conformance table")

    def call(request: Request) -> Response:
        mount = Mount(hosts)
        mount.mount()
        query = f"?{request.query}" if request.query else ""
        try:
            answer = send(f"{urls[request.host][:-1]}{request.path}{query}", request)
        finally:
            mount.unmount()
        headers = {
            name: value for name, value in answer.headers.items() if name != "content-length"
        }
        return Response(status=answer.status_code, headers=headers, body=answer.content)

    return Opened(call=call, names=with_token(names_in(state, setup), setup, issue))


def blocking(library: ModuleType) -> Door:
    """Call a tenant with a client that blocks, of httpx or of its successor."""

    def send(url: str, request: Request) -> httpx.Response:
        with library.Client(verify=TLS) as client:
            answer: httpx.Response = client.request(
                request.method, url, headers=request.headers, content=request.body
            )
            return answer

    return lambda setup: open_tenant(setup, send)


def awaiting(library: ModuleType) -> Door:
    """Call a tenant with a client that awaits."""

    async def sent(url: str, request: Request) -> httpx.Response:
        async with library.AsyncClient(verify=TLS) as client:
            answer: httpx.Response = await client.request(
                request.method, url, headers=request.headers, content=request.body
            )
            return answer

    return lambda setup: open_tenant(setup, lambda url, request: asyncio.run(sent(url, request)))


DOORS: dict[str, Door] = {
    "core": open_core,
    "httpx": blocking(httpx),
    "httpx_async": awaiting(httpx),
    "httpx2": blocking(httpx2),
    "httpx2_async": awaiting(httpx2),
}


@pytest.fixture(params=sorted(DOORS))
def door(request: pytest.FixtureRequest) -> Door:
    """Each way to send a request to a tenant."""
    return DOORS[request.param]


def setup_of(case: Mapping[str, Any]) -> Setup:
    package = dict(TABLE["tenant"], **case.get("package", {}))
    package["scopes"] = frozenset(package["scopes"])
    package["business_units"] = tuple(package.get("business_units", ()))
    return Setup(
        package=PackageConfig(**package),
        config=Config(**case.get("config", {})),
        fail_next=tuple(case.get("fail_next", ())),
        token=case.get("token"),
    )


def request_of(row: Mapping[str, Any]) -> Request:
    content_type, body = body_of(row)
    headers = {"content-type": content_type} if content_type else {}
    return Request(
        method=row["method"],
        host=row["host"],
        path=row["path"],
        query=row.get("query", ""),
        headers=headers | row.get("headers", {}),
        body=body,
    )


def body_of(row: Mapping[str, Any]) -> tuple[str, bytes]:
    if "json" in row:
        return "application/json", json.dumps(row["json"]).encode()
    if "form" in row:
        return "application/x-www-form-urlencoded", urlencode(row["form"]).encode()
    if "hex" in row:
        return "", bytes.fromhex(row["hex"])
    return "", (row.get("text", "") * row.get("repeat", 1)).encode()


def filled(row: Mapping[str, Any], names: Mapping[str, object]) -> dict[str, Any]:
    """Put values in place of names: alone with their type, within a text as text."""
    return {key: filled_value(value, names) for key, value in row.items()}


def filled_value(value: object, names: Mapping[str, object]) -> object:
    if isinstance(value, dict):
        return filled(value, names)
    if isinstance(value, list):
        return [filled_value(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    for name, known in names.items():
        if value == f"{{{name}}}":
            return known
        value = value.replace(f"{{{name}}}", str(known))
    return value


def known_to_the_catalogue() -> dict[str, object]:
    """What an answer quotes from the catalogue: its own tests say that it is right."""
    catalogue = load_catalogue()
    ids = {
        row.permission_id or row.matched_permission_id
        for row in catalogue.scope_permissions
        if row.scope in {"email_read", "offline"}
    }
    permissions = [catalogue.permissions[number] for number in sorted(filter(None, ids))]
    near = catalogue.near_misses("OPTIONS", "/messaging/v1/email/messages/r-1")
    return {
        "email_read_permissions": [
            {
                "objectTypeName": known.object_type,
                "operationName": known.operation,
                "name": known.name,
                "id": known.id,
            }
            for known in permissions
        ],
        "near": "; ".join(near),
    }


@pytest.mark.parametrize("case", TABLE["case"], ids=lambda case: case["name"])
def test_the_answer_is_as_on_the_wire(case: Mapping[str, Any], door: Door) -> None:
    """Status, headers and body are those of the table, byte for byte."""
    opened = door(setup_of(case))
    answer = opened.call(request_of(filled(case["request"], opened.names)))
    body = answer.body.decode()
    own = {"access_token": json.loads(body).get("access_token")} if body[:1] == "{" else {}
    expected = filled(case["answer"], opened.names | known_to_the_catalogue() | own)
    compact = json.dumps(expected.get("json"), separators=(",", ":"))
    headers = {name.lower(): value for name, value in answer.headers.items()}
    wanted = {name.lower(): value for name, value in expected.get("headers", {}).items()}
    unwanted = {name.lower() for name in expected.get("without", ())}
    assert (answer.status, body) == (expected["status"], expected.get("text", compact))
    assert headers | wanted == headers
    assert not unwanted & set(headers)


def test_every_case_says_how_well_its_answer_is_known() -> None:
    """Names are unique, and so is the vocabulary of evidence."""
    names = Counter(case["name"] for case in TABLE["case"])
    assert {name for name, count in names.items() if count > 1} == set()
    assert {case["known"] for case in TABLE["case"]} == {"seen", "documented", "inferred", "own"}
