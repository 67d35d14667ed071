"""What the SOAP host answers, and who may do what there: two tables, for every door.

The second table is made from the catalogue's data, by the words of the data alone.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import all_doors
import pytest
import tenants
from measuring import unmeasured
from messages import credentials, token_request
from tables import assert_cases_are_known
from tenants import StoppedClock

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.index import packaged_data
from pytest_mcscopes.cloud.http import Request
from pytest_mcscopes.cloud.ids import made_up_id, made_up_number
from pytest_mcscopes.cloud.soap.wsdl import wsdl_for
from pytest_mcscopes.config import Config, Enforce
from pytest_mcscopes.ledger.facts import CallMade
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.observed import Observed
from pytest_mcscopes.privilege.rules.case import Case
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from all_doors import Call, Door

    from pytest_mcscopes.tenant.tenant import Tenant

    Row = Mapping[str, Any]

TABLE = tomllib.loads((Path(__file__).parents[1] / "data" / "soap_cases.toml").read_text())
ROWS = tomllib.loads((packaged_data() / "soap.toml").read_text())["soap"]
NOW = 1_800_000_000.0  # after the day on which the last rule changed
PARTS = {"name", "known", "token", "config", "fail_next", "request", "answer"}


def build_tenant(config: Config | None = None, catalogue: Catalogue | None = None) -> Tenant:
    return tenants.build_tenant(config=config, catalogue=catalogue, clock=StoppedClock(NOW))


def present_token(case: Row, tenant: Tenant) -> str:
    """Issue the token that a case wants, and give its text."""
    wanted = case.get("token", "")
    if isinstance(wanted, str):
        return wanted
    clock = tenant.clock
    assert isinstance(clock, StoppedClock)
    clock.at = NOW - wanted.get("age", 0)
    token = tenant.issue_token(wanted.get("scopes"))
    clock.at = NOW
    if wanted.get("revoked"):
        tenant.revoke(token)
    return token


def filled(text: str, names: Mapping[str, str]) -> str:
    """Put texts in place of names, those within them too."""
    before = ""
    while text != before:
        before = text
        for name, known in names.items():
            text = text.replace(f"{{{name}}}", known)
    return text


def request_of(row: Row, names: Mapping[str, str]) -> Request:
    headers = {"content-type": "text/xml; charset=utf-8"} | row.get("headers", {})
    return Request(
        method=row.get("method", "POST"),
        host="soap",
        path=row.get("path", "/Service.asmx"),
        headers={name.lower(): filled(value, names) for name, value in headers.items()},
        body=body_of(row, names),
    )


def body_of(row: Row, names: Mapping[str, str]) -> bytes:
    if "hex" in row:
        return bytes.fromhex(row["hex"])
    if "envelope" in row:
        return filled(row["envelope"], names).encode()
    text, repeat = str(row["text"]), int(row.get("repeat", 1))
    return (text * repeat).encode()


@pytest.mark.parametrize("case", TABLE["case"], ids=lambda case: case["name"])
def test_the_answer_is_as_on_the_wire(case: Row, door: Door) -> None:
    """Status, headers and body are those of the table, byte for byte."""
    by_table = answer_by_table if door is all_doors.core else unmeasured(answer_by_table)
    by_table(case, door)


def answer_by_table(case: Row, door: Door) -> None:
    """Compare an answer with the table; measured without what lies between, which has its own."""
    with door(build_tenant(Config(**case.get("config", {})))) as (tenant, call):
        request_id = made_up_id(f"{tenant.subdomain}/request/1")
        names = TABLE["text"] | {
            "service": f"{tenant.soap_url}Service.asmx",
            "token": present_token(case, tenant),
            "request_id": request_id,
            "new_id": str(made_up_number(f"{request_id}/0")),
            "new_object_id": made_up_id(f"{request_id}/0"),
        }
        if "fail_next" in case:
            tenant.fail_next("soap", case["fail_next"])
        answer = call(request_of(case["request"], names))
    expected = case["answer"]
    wanted = {name.lower(): value for name, value in expected.get("headers", {}).items()}
    text = filled(expected["text"], names)
    assert (answer.status, answer.body.decode()) == (expected["status"], text)
    assert dict(answer.headers) | wanted == answer.headers


def test_every_case_says_how_well_its_answer_is_known() -> None:
    assert_cases_are_known(TABLE, PARTS)


@pytest.mark.parametrize("path", ["/etframework.wsdl", "//ETFramework.WSDL"])
def test_the_wsdl_needs_no_token(path: str, door: Door) -> None:
    with door(build_tenant()) as (tenant, call):
        answer = call(Request(method="GET", host="soap", path=path))
        assert (answer.status, answer.body) == (200, wsdl_for(tenant.soap_url))
    [fact] = calls_of(tenant)
    assert (fact.need.label, fact.granted) == ("GET /etframework.wsdl", None)


@pytest.mark.parametrize(("envelope", "version"), [("npm_begin", "soap"), ("begin12", "soap12")])
def test_a_stub_answers_and_keeps_the_call(envelope: str, version: str, door: Door) -> None:
    """There is one set of stubs, whichever door the test holds, and for both versions of SOAP."""
    with door(build_tenant()) as (tenant, call):
        tenant.soap.retrieve("Subscriber").respond([{"ID": 7}])
        tenant.soap.retrieve("List").fail(message="Not today")
        names = TABLE["text"] | {"token": tenant.issue_token()}
        end = envelope.replace("begin", "end")
        answers = [
            call(request_of({"envelope": f"{{{envelope}}}{body}{{{end}}}"}, names)).body.decode()
            for body in ("{subscribers}", LISTS)
        ]
        begin = f'<soap:Envelope xmlns:soap="{names[version]}"'
        assert all(begin in answer for answer in answers)
        assert '<Results xsi:type="Subscriber"><ID>7</ID></Results>' in answers[0]
        assert "<OverallStatus>Error: Not today</OverallStatus>" in answers[1]
        assert [each.object_type for each in tenant.soap.calls] == ["Subscriber", "List"]


LISTS = TABLE["text"]["subscribers"].replace("Subscriber<", "List<")


def calls_of(tenant: Tenant) -> list[CallMade]:
    facts = (entry.fact for entry in tenant.ledger.entries)
    return [fact for fact in facts if isinstance(fact, CallMade)]


# --- Who may do what ------------------------------------------------------------------------------

BODIES = {
    "Retrieve": "<RetrieveRequestMsg {0}><RetrieveRequest><ObjectType>{1}</ObjectType>"
    "</RetrieveRequest></RetrieveRequestMsg>",
    **{
        each: f"<{each}Request {{0}}><Objects xsi:type='{{1}}'><ID>1</ID></Objects></{each}Request>"
        for each in ("Create", "Update", "Delete")
    },
    "Perform": "<PerformRequestMsg {0}><Action>start</Action><Definitions>"
    "<Definition xsi:type='{1}'/></Definitions></PerformRequestMsg>",
    "Schedule": "<ScheduleRequestMsg {0}><Action>start</Action><Interactions>"
    "<Interaction xsi:type='{1}'/></Interactions></ScheduleRequestMsg>",
    "Describe": "<DefinitionRequestMsg {0}><DescribeRequests><ObjectDefinitionRequest>"
    "<ObjectType>{1}</ObjectType></ObjectDefinitionRequest></DescribeRequests>"
    "</DefinitionRequestMsg>",
}


def pairs_of(row: Row) -> Iterator[tuple[str, str]]:
    """Spell a row out: `(any)` is each operation, or some object that has no row of its own."""
    kind = "PartnerThing" if row["object_type"] == "(any)" else row["object_type"]
    operation = row["operation"].partition(" ")[0]
    yield from ((kind, each) for each in (BODIES if operation == "(any)" else [operation]))


PAIRS = [(row, *pair) for row in ROWS for pair in pairs_of(row)]


def minimal_sets(row: Row) -> list[set[str]]:
    if "all_of" in row:
        return [set(row["all_of"])]
    return [{scope} for scope in row.get("any_of", ())]


def is_trusted(row: Row) -> bool:
    return row["confidence"] == "documented" or row.get("attestation_grade") in {"A", "B"}


def sort_of(row: Row) -> str:
    if row.get("always_available"):
        return "open to all"
    if is_trusted(row):
        return "trusted"
    return "inferred" if minimal_sets(row) else "unknown"


class Line(NamedTuple):
    """What becomes of one call."""

    label: str
    granted: set[str]
    """What its token carries."""
    used: set[str]
    refused: bool
    trusted: bool
    found: list[str]


def lines_of(row: Row, kind: str, operation: str, mode: Enforce) -> Iterator[Line]:
    """Say what a row means: for a token with just enough, and for one without each member."""
    label, trusted, sets = f"SOAP {kind} {operation}", is_trusted(row), minimal_sets(row)
    all_of = set().union(*sets)
    for enough in sets or [set()]:
        yield Line(label, enough, enough & all_of, refused=False, trusted=trusted, found=[])
    refused = mode == "all" or (trusted and mode == "documented")
    denied = ["MCS201 error" if trusted else "MCS201 note"]
    for needed in sets:
        for member in needed:
            yield Line(label, needed - {member}, set(), refused, trusted, denied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A tenant with an open door, and the tokens that it has granted."""

    tenant: Tenant
    call: Call
    tokens: dict[frozenset[str], str] = field(default_factory=dict)

    def token(self, scopes: set[str]) -> str:
        """Ask for a token with just these scopes, once: `scope=""` where there are none."""
        wanted = frozenset(scopes)
        if wanted not in self.tokens:
            request = token_request(credentials(self.tenant, " ".join(wanted)))
            self.tokens[wanted] = json.loads(self.call(request).body)["access_token"]
        return self.tokens[wanted]

    def ask(self, operation: str, kind: str, scopes: set[str]) -> Line:
        """Make a call, and tell what became of it."""
        request = envelope(operation, kind, self.token(scopes))
        before = len(self.tenant.ledger.entries)
        told = self.call(request).body.decode()
        [entry] = self.tenant.ledger.entries[before:]
        assert isinstance(entry.fact, CallMade)
        assert entry.fact.granted is not None
        return Line(
            entry.fact.need.label,
            granted={*entry.fact.granted},
            used={*entry.fact.used},
            refused="API Permission Failed" in told,
            trusted=entry.fact.need.trusted,
            found=found(entry.fact),
        )


@contextmanager
def open_cloud(door: Door, mode: Enforce, catalogue: Catalogue | None = None) -> Iterator[Cloud]:
    with door(build_tenant(Config(enforce=mode), catalogue)) as (tenant, call):
        yield Cloud(tenant=tenant, call=call)


@pytest.fixture(scope="module", params=get_args(Enforce))
def mode(request: pytest.FixtureRequest) -> Enforce:
    """Each way to treat what the token does not allow."""
    enforce: Enforce = request.param
    return enforce


@pytest.fixture(scope="module")
def cloud(door: Door, mode: Enforce) -> Iterator[Cloud]:
    """A tenant behind the door."""
    with open_cloud(door, mode) as cloud:
        yield cloud


def check(row: Row, kind: str, operation: str, mode: Enforce, cloud: Cloud) -> None:
    """Compare what the host does with what a row says."""
    wanted = list(lines_of(row, kind, operation, mode))
    assert [cloud.ask(operation, kind, line.granted) for line in wanted] == wanted


def envelope(operation: str, kind: str, token: str) -> Request:
    body = BODIES[operation].format(f'xmlns="{TABLE["text"]["api"]}"', kind)
    names = TABLE["text"] | {"token": token}
    return request_of({"envelope": f"{{npm_begin}}{body}{{npm_end}}"}, names)


def found(fact: CallMade) -> list[str]:
    """Judge a call on its own, and list what is found but for the want of a token request."""
    case = Case(
        expectation=Expectation(kind="scopes", package="integration", match="at_most"),
        observed=Observed(package="integration", calls=(fact,)),
        catalogue=load_catalogue(),
    )
    findings = judge([case]).findings
    return [f"{each.rule} {each.severity}" for each in findings if each.rule != "MCS105"]


@pytest.mark.parametrize("sort", ["open to all", "trusted", "inferred", "unknown"])
def test_rights_are_as_the_data_say(sort: str, mode: Enforce, cloud: Cloud) -> None:
    """With what the row needs a call passes, without any one of it by trust and mode."""
    first, *others = (pair for pair in PAIRS if sort_of(pair[0]) == sort)
    check(*first, mode, cloud)
    for pair in others:
        unmeasured(check)(*pair, mode, cloud)


def test_the_table_holds_all_kinds_of_rows() -> None:
    kinds = Counter(map(sort_of, ROWS))
    assert kinds == {"open to all": 28, "trusted": 33, "inferred": 172, "unknown": 27}


@pytest.mark.parametrize("door", ["core"], indirect=True)
@pytest.mark.parametrize(
    ("number", "before", "after"),
    [
        pytest.param("always_available", "all_of = []", 'all_of = ["email_read"]', id="open"),
        pytest.param("all_of = [", "all_of = [", 'all_of = ["push_read", ', id="one scope more"),
        pytest.param('"inferred"', '"inferred"', '"documented"', id="inferred, now trusted"),
        pytest.param('"unknown"', '"unknown"', '"inferred"\nall_of = ["email_read"]', id="unknown"),
    ],
)
def test_a_changed_row_turns_the_table_red(
    number: str, before: str, after: str, tmp_path: Path, door: Door
) -> None:
    """The host reads the data, and the table sees it."""
    shutil.copytree(str(packaged_data()), tmp_path / "data")
    file = tmp_path / "data" / "soap.toml"
    head, *blocks = file.read_text().split("[[soap]]")
    place = next(place for place, block in enumerate(blocks) if number in block)
    blocks[place] = blocks[place].replace(before, after, 1)
    file.write_text("[[soap]]".join([head, *blocks]))
    changed, row = Catalogue(tmp_path / "data"), ROWS[place]
    pair = next(pairs_of(row))
    with open_cloud(door, "documented") as cloud:
        check(row, *pair, "documented", cloud)
    with open_cloud(door, "documented", changed) as cloud, pytest.raises(AssertionError):
        check(row, *pair, "documented", cloud)
