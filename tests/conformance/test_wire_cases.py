"""One table of requests and answers, to be run through every door of the cloud."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import all_doors
import pytest
import tenants
from measuring import unmeasured
from tables import assert_cases_are_known
from tenants import StoppedClock

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Request
from pytest_mcscopes.config import Config, PackageConfig, UserConfig
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from all_doors import Call, Door

    from pytest_mcscopes.cloud.http import Response
    from pytest_mcscopes.tenant.clock import Clock

    Row = Mapping[str, Any]

TABLE = tomllib.loads((Path(__file__).parents[1] / "data" / "wire_cases.toml").read_text())
NOW = 1_750_000_000.0
ISSUED = {"access_token", "refresh_token", "code"}
PARTS = {
    *("name", "known", "package", "users", "config", "token", "before", "fail_next"),
    *("request", "answer"),
}


def build_tenant(case: Row, clock: Clock) -> Tenant:
    """Build the tenant that a case wants."""
    package = dict(TABLE["tenant"], **case.get("package", {}))
    package["scopes"] = frozenset(package["scopes"])
    for name in {"business_units", "redirect_uris"} & package.keys():
        package[name] = tuple(package[name])
    users = [dict(user, permissions=tuple(user["permissions"])) for user in case.get("users", ())]
    return tenants.build_tenant(
        PackageConfig(**package),
        config=Config(**case.get("config", {})),
        users=tuple(UserConfig(**user) for user in users),
        clock=clock,
    )


def names_of(tenant: Tenant) -> dict[str, object]:
    """Say what the placeholders of the table stand for."""
    package, user = tenant.package, tenant.user
    return {
        "auth_url": tenant.auth_url,
        "rest_url": tenant.rest_url,
        "soap_url": tenant.soap_url,
        "rest_base": tenant.rest_url.rstrip("/"),
        "soap_base": tenant.soap_url.rstrip("/"),
        "enterprise_id": tenant.enterprise_id,
        "service_user_id": package.user_id,
        "service_user_number": str(package.user_id),
        "user_id": user.id,
        "user_number": str(user.id),
        "application_id": package.application_id,
    }


CONTROLS: dict[str, Callable[[Tenant, Any], object]] = {
    "assign": lambda tenant, scopes: tenant.package.assign(*scopes),
    "log_in": Tenant.log_in,
    "log_out": Tenant.log_out,
    "revoke": Tenant.revoke,
}


def prepare(case: Row, tenant: Tenant, clock: StoppedClock, call: Call) -> dict[str, object]:
    """Let happen what a case says that happened before, and name what came of it."""
    names, life = names_of(tenant), Config(**case.get("config", {})).token_life
    if "token" in case:
        clock.at = NOW - case["token"].get("age", 0)
        token = tenant.issue_token(case["token"].get("scopes"))
        names |= {"token": token, "exp": int(clock.at) + life}
    for step in case.get("before", ()):
        clock.at = NOW - step.get("age", 0)
        names |= {"exp": int(clock.at) + life}
        names |= happen(filled(expanded(step), names), tenant, call)
    clock.at = NOW
    if "fail_next" in case:
        tenant.fail_next(*case["fail_next"])
    return names


def happen(step: Row, tenant: Tenant, call: Call) -> dict[str, object]:
    """Let one thing happen; of a request, name what was issued."""
    for name in CONTROLS.keys() & step.keys():
        CONTROLS[name](tenant, step[name])
    if "status" not in step:
        return {}
    answer = call(request_of(step))
    assert answer.status == step["status"]
    told = told_by(answer)
    return {f"{step['keep']}_{member}": told[member] for member in ISSUED & told.keys()}


def told_by(answer: Response) -> dict[str, object]:
    """List the members of a JSON answer, or those that a redirect takes along."""
    if answer.body[:1] == b"{":
        members: dict[str, object] = json.loads(answer.body)
        return members
    return dict(parse_qsl(urlsplit(answer.headers.get("location", "")).query))


def expanded(row: Row) -> Row:
    """Put a row over the one that it is like."""
    return merged(TABLE["like"][row["like"]], row) if "like" in row else row


def merged(base: Row, over: Row) -> Row:
    """Put one table over another; what both have as tables is put together in turn."""
    both = {
        name: merged(base[name], value)
        for name, value in over.items()
        if isinstance(value, dict) and isinstance(base.get(name), dict)
    }
    return {**base, **over, **both}


def request_of(row: Row) -> Request:
    content_type, body = body_of(row)
    headers = {"content-type": content_type} if content_type else {}
    query = row.get("query", "")
    return Request(
        method=row["method"],
        host=row["host"],
        path=row["path"],
        query=query if isinstance(query, str) else urlencode(query, quote_via=quote),
        headers=headers | row.get("headers", {}),
        body=body,
    )


def body_of(row: Row) -> tuple[str, bytes]:
    if "json" in row:
        return "application/json", json.dumps(row["json"]).encode()
    if "form" in row:
        return "application/x-www-form-urlencoded", urlencode(row["form"]).encode()
    if "hex" in row:
        return "", bytes.fromhex(row["hex"])
    return "", (row.get("text", "") * row.get("repeat", 1)).encode()


def filled(row: Row, names: Mapping[str, object]) -> dict[str, Any]:
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
def test_the_answer_is_as_on_the_wire(case: Row, door: Door) -> None:
    """Status, headers and body are those of the table, byte for byte."""
    by_table = answer_by_table if door is all_doors.core else unmeasured(answer_by_table)
    by_table(case, door)


def answer_by_table(case: Row, door: Door) -> None:
    """Compare an answer with the table; measured without what lies between, which has its own."""
    clock = StoppedClock(NOW)
    with door(build_tenant(case, clock)) as (tenant, call):
        names = prepare(case, tenant, clock, call)
        answer = call(request_of(filled(expanded(case["request"]), names)))
    new = {
        name: value
        for name, value in told_by(answer).items()
        if name in ISSUED and value not in names.values()
    }
    expected = filled(expanded(case["answer"]), names | known_to_the_catalogue() | new)
    compact = json.dumps(expected.get("json"), separators=(",", ":"))
    wanted = {name.lower(): value for name, value in expected.get("headers", {}).items()}
    unwanted = {name.lower() for name in expected.get("without", ())}
    body = answer.body.decode()
    assert (answer.status, body) == (expected["status"], expected.get("text", compact))
    assert dict(answer.headers) | wanted == answer.headers
    assert not unwanted & set(answer.headers)


def test_every_case_says_how_well_its_answer_is_known() -> None:
    assert_cases_are_known(TABLE, PARTS)


def test_each_token_answer_lists_its_scopes_as_text() -> None:
    """Three tools search it or split it at blanks: none may lack it, or have a list."""
    answers = (expanded(case["answer"]).get("json", {}) for case in TABLE["case"])
    granted = [json for json in answers if "access_token" in json]
    assert granted
    assert {type(json.get("scope")) for json in granted} == {str}
