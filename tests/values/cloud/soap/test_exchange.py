"""The SOAP host: what it lets through, what it remembers, and what is written down."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from catalogues import catalogue_with, overlay_row
from messages import soap_request

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.error_answers import Fault
from pytest_mcscopes.cloud.fingerprints import fingerprint
from pytest_mcscopes.cloud.http import Request, Response, Urls
from pytest_mcscopes.cloud.soap.continued_retrieves import ContinuedRetrieves
from pytest_mcscopes.cloud.soap.exchange import SoapExchange
from pytest_mcscopes.cloud.soap.messages import OPERATION_NAMES
from pytest_mcscopes.cloud.soap.operations import Operation, StubReply
from pytest_mcscopes.cloud.soap.xml import Element, read_document
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.cloud.tokens import Grant
from pytest_mcscopes.config import Config, PackageConfig, UserConfig
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.ledger.facts import CallMade, Exposed
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.observed import Observed
from pytest_mcscopes.privilege.rules.case import Case
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_mcscopes.catalogue.model import SoapRow
    from pytest_mcscopes.cloud.soap.operations import SoapStubSource

NOW = 1_800_000_000.0
API = 'xmlns="http://exacttarget.com/wsdl/partnerAPI"'
READ = "list_and_subscribers_read"
UNKNOWN = "not in the catalogue"
JUNK = "CanaryTokenOfNobodyAtAll"


class Stub:
    """Gives one answer after the other, the first ones again, and remembers what it was asked."""

    def __init__(self, *replies: StubReply) -> None:
        self.replies = cycle(replies or [None])
        self.asked: list[Operation] = []

    def answer(self, operation: Operation) -> StubReply | None:
        self.asked.append(operation)
        return next(self.replies)


class Host:
    """The SOAP host of one tenant."""

    def __init__(
        self,
        *rows: SoapRow,
        config: Config | None = None,
        stubs: SoapStubSource | None = None,
    ) -> None:
        self.catalogue = catalogue_with(*rows) if rows else load_catalogue()
        packages = (PackageConfig(), PackageConfig(name="app", type="web-app"))
        users = (UserConfig(name="Ada", profile="nothing"),)
        self.state = build_state(config or Config(), packages, 1, self.catalogue, users)
        self.retrieves = ContinuedRetrieves()
        self.facts: list[CallMade] = []
        self.exchange: SoapExchange | None = None
        self.stubs = stubs

    def token(
        self, scopes: Iterable[str] | None = None, *, age: float = 0, app: bool = False
    ) -> str:
        package = self.state.packages["app" if app else "integration"]
        granted = package.scopes if scopes is None else frozenset(scopes)
        grant = Grant(package=package, user=self.state.users.first) if app else None
        return self.state.tokens.issue(package, granted, 500_000_002, NOW - age, grant).text

    def post(self, body: str, token: str | None = None, /, **changes: Any) -> Response:  # noqa: ANN401
        request = soap_request(body, token or self.token())
        return self.send(request._replace(**changes))

    def send(self, request: Request) -> Response:
        self.exchange = SoapExchange(self.state, request, NOW, self.retrieves, self.stubs)
        fault = None
        try:
            answer = self.exchange.answer()
        except Fault as raised:
            fault, answer = raised, raised.response
        self.facts = [*self.exchange.facts(answer.status, fault)]
        return answer

    @property
    def labels(self) -> list[str]:
        return [fact.need.label for fact in self.facts]


@pytest.fixture
def host() -> Host:
    return Host()


def message(answer: Response) -> Element:
    """Give the one element of an answer's Body."""
    envelope = read_document(answer.body, 1 << 20)
    return envelope.children[1].children[0]


def texts(answer: Response, name: str) -> list[str]:
    """List the texts of all elements of a name, in the order of the answer."""

    def walk(element: Element) -> list[str]:
        mine = [element.text] if element.name.local == name else []
        return [*mine, *(text for child in element.children for text in walk(child))]

    return walk(message(answer))


def retrieve(object_type: str = "Subscriber", more: str = "") -> str:
    kind = f"<ObjectType>{object_type}</ObjectType>" if object_type else ""
    inner = f"<RetrieveRequest>{kind}{more}</RetrieveRequest>"
    return f"<RetrieveRequestMsg {API}>{inner}</RetrieveRequestMsg>"


def go_on(request_id: str) -> str:
    return retrieve("", f"<ContinueRequest>{request_id}</ContinueRequest>")


def create(*object_types: str, options: str = "") -> str:
    objects = "".join(f'<Objects xsi:type="{each}"><ID>1</ID></Objects>' for each in object_types)
    return f"<CreateRequest {API}>{options}{objects}</CreateRequest>"


def describe(*object_types: str) -> str:
    asked = "".join(
        f"<ObjectDefinitionRequest><ObjectType>{each}</ObjectType></ObjectDefinitionRequest>"
        for each in object_types
    )
    inner = f"<DescribeRequests>{asked}</DescribeRequests>"
    return f"<DefinitionRequestMsg {API}>{inner}</DefinitionRequestMsg>"


class TestFacts:
    def test_a_call_is_written_down_whole(self, host: Host) -> None:
        token = host.token([READ, "email_send"])
        host.post(retrieve(), token)
        [fact] = host.facts
        assert fact == CallMade(
            at=NOW,
            tenant=host.state.subdomain,
            host="soap",
            method="POST",
            path="/Service.asmx",
            need=fact.need,
            package="integration",
            token=fingerprint(token),
            granted=frozenset({READ, "email_send"}),
            used=frozenset({READ}),
            scope_denied=False,
            status=200,
        )
        assert host.labels == ["SOAP Subscriber Retrieve"]

    def test_each_object_of_a_batch_is_judged_on_its_own(self, host: Host) -> None:
        token = host.token(["data_extensions_write"])
        answer = host.post(create("DataExtension", "TriggeredSend", "DataExtension"), token)
        assert [(fact.need.label, sorted(fact.used), fact.scope_denied) for fact in host.facts] == [
            ("SOAP DataExtension Create", ["data_extensions_write"], False),
            ("SOAP TriggeredSend Create", [], True),
            ("SOAP DataExtension Create", ["data_extensions_write"], False),
        ]
        assert texts(answer, "StatusCode") == ["OK", "Error", "OK"]
        assert texts(answer, "OrdinalID") == ["0", "1", "2"]
        assert texts(answer, "OverallStatus") == ["Has Errors"]

    @pytest.mark.parametrize(
        ("body", "labels"),
        [
            pytest.param(
                describe("List", "Email"), ["List Describe", "Email Describe"], id="Describe"
            ),
            pytest.param(
                retrieve("DataExtensionObject[k]"), ["DataExtensionObject Retrieve"], id="rows"
            ),
            pytest.param(
                f"<ExecuteRequestMsg {API}><Requests><Name>A</Name></Requests><Requests><Name>B"
                "</Name></Requests></ExecuteRequestMsg>",
                ["A Execute", "B Execute"],
                id="Execute",
            ),
            pytest.param(
                f"<ExecuteRequestMsg {API}><Requests>x</Requests></ExecuteRequestMsg>",
                ["Execute"],
                id="Execute of nothing",
            ),
            pytest.param(
                f"<QueryRequestMsg {API}><QueryRequest><Query><Object><ObjectType>Email[x]"
                "</ObjectType></Object></Query></QueryRequest></QueryRequestMsg>",
                ["Email Query"],
                id="Query",
            ),
            pytest.param(
                f"<ExtractRequestMsg {API}><Requests><ID>1</ID></Requests></ExtractRequestMsg>",
                ["Extract"],
                id="Extract",
            ),
            pytest.param(f"<VersionInfoRequestMsg {API}/>", ["VersionInfo"], id="no object in it"),
            pytest.param(
                create(
                    "List",
                    options="<Options><SaveOptions><SaveOption><SaveAction>UpdateAdd"
                    "</SaveAction></SaveOption></SaveOptions></Options>",
                ),
                ["List Create and Update"],
                id="UpdateAdd",
            ),
            pytest.param(
                create(
                    "List",
                    options="<Options><SaveOptions><SaveOption><SaveAction>UpdateAdd"
                    "</SaveAction></SaveOption></SaveOptions></Options>",
                ).replace("Create", "Delete"),
                ["List Delete"],
                id="UpdateAdd of a Delete",
            ),
        ],
    )
    def test_what_is_asked_for(self, body: str, labels: list[str], host: Host) -> None:
        assert host.post(body).status == 200
        assert host.labels == [f"SOAP {each}" for each in labels]

    def test_a_user_is_named(self, host: Host) -> None:
        """What the user may is open: no SOAP row tells the ids of permissions."""
        host.post(retrieve(), host.token([READ], app=True))
        [fact] = host.facts
        assert (fact.user, fact.package, fact.missing_permissions, fact.user_denied) == (
            "Ada",
            "app",
            (),
            False,
        )
        assert fact.right_unknown

    @pytest.mark.parametrize(
        ("age", "token"),
        [pytest.param(1200, None, id="expired"), pytest.param(0, JUNK, id="junk")],
    )
    def test_without_a_good_token_nothing_is_granted(
        self, age: float, token: str | None, host: Host
    ) -> None:
        presented = token or host.token(age=age)
        assert host.post(create("List", "Email"), presented).status == 500
        assert host.labels == ["SOAP List Create", "SOAP Email Create"]
        for fact in host.facts:
            assert (fact.token, fact.granted) == (fingerprint(presented), None)
            assert (fact.package, fact.used, fact.scope_denied) == (None, frozenset(), False)

    @pytest.mark.parametrize(
        ("changes", "label", "doubt"),
        [
            pytest.param({"body": b"<a/>"}, "POST /Service.asmx", "", id="unreadable"),
            pytest.param({"method": "PUT"}, "PUT /Service.asmx", "", id="method"),
            pytest.param({"path": "/x/y.asmx"}, "POST /x/y.asmx", UNKNOWN, id="path"),
            pytest.param({"path": "/"}, "POST /", UNKNOWN, id="no path"),
        ],
    )
    def test_a_request_with_nothing_in_it_is_one_call(
        self, changes: dict[str, Any], label: str, doubt: str, host: Host
    ) -> None:
        answer = host.post(retrieve(), **changes)
        [fact] = host.facts
        assert (fact.need.label, fact.need.doubt, fact.need.mapped) == (label, doubt, not doubt)
        assert (fact.granted, fact.status) == (None, answer.status)
        assert answer.status >= 400

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"path": "/x.asmx"}, id="404"),
            pytest.param({"method": "PUT"}, id="405"),
            pytest.param({"headers": {"content-type": "application/json"}}, id="415"),
            pytest.param(
                {"headers": {"content-type": "text/xml", "content-encoding": "gzip"}}, id="gzip"
            ),
        ],
    )
    @pytest.mark.parametrize("body", ["<x/>", "<unclosed>"])
    def test_a_token_counts_as_presented_whatever_is_refused(
        self, changes: dict[str, Any], body: str, host: Host
    ) -> None:
        token = host.token([READ])
        assert host.post(body, token, **changes).status >= 400
        [fact] = host.facts
        assert (fact.token, fact.granted, fact.package) == (fingerprint(token), None, None)

    @pytest.mark.parametrize(
        ("body", "header"),
        [
            pytest.param("<x/>", "<![CDATA[{}]]>", id="read, and no message"),
            pytest.param("<x/>", "{}", id="no message"),
            pytest.param("<x>", "{}", id="broken"),
            pytest.param("<x>", " {} ", id="spaces"),
        ],
    )
    def test_a_token_beside_what_is_no_message_is_presented(
        self, body: str, header: str, host: Host
    ) -> None:
        token = host.token([READ])
        host.post(body, header.format(token))
        assert [fact.token for fact in host.facts] == [fingerprint(token)]

    def test_a_token_in_utf_16_is_found_too(self, host: Host) -> None:
        token = host.token()
        host.post("", body=f"<fueloauth>{token}</fueloauth>".encode("utf-16-le"))
        assert [fact.token for fact in host.facts] == [fingerprint(token)]

    def test_every_token_of_the_tenant_that_comes_along_is_presented(self, host: Host) -> None:
        """The one that is used says what is granted; another one's log-in is judged as well."""
        used, other = host.token([READ]), host.token([READ, "email_send"])
        headers = {"content-type": "text/xml", "authorization": f"Bearer {other}"}
        assert host.post(retrieve(), used, headers=headers).status == 200
        assert [(fact.token, fact.granted) for fact in host.facts] == [
            (fingerprint(used), frozenset({READ})),
            (fingerprint(other), None),
        ]

    @pytest.mark.parametrize("sent", ["Bearer {}", f"Bearer {JUNK}"])
    def test_a_bearer_that_tells_nothing_new_is_no_call(self, sent: str, host: Host) -> None:
        token = host.token()
        headers = {"content-type": "text/xml", "authorization": sent.format(token)}
        host.post(retrieve(), token, headers=headers)
        assert [fact.token for fact in host.facts] == [fingerprint(token)]

    def test_without_any_token_none_is_presented(self, host: Host) -> None:
        host.post("", body=b"<x/>")
        assert [fact.token for fact in host.facts] == [None]

    def test_no_token_is_told(self, host: Host) -> None:
        """Neither in an answer nor in a fact, be it a good one or junk."""
        good = host.token([])
        answers = [
            host.post(retrieve(), JUNK, path=f"/{JUNK}/{good}/Service.asmx"),
            host.post(retrieve(JUNK), JUNK),
            host.post(describe(f"{good} {JUNK}"), good),
        ]
        told = b" ".join(each.body for each in answers[:2]).decode() + repr(host.facts)
        assert JUNK not in told
        assert good not in told
        assert host.labels == ["SOAP <redacted> <redacted> Describe"]

    def test_a_token_in_the_path_is_an_exposed_one(self, host: Host) -> None:
        token = host.token()
        host.post(retrieve(), token, path=f"/{token}/Service.asmx")
        [fact] = host.facts
        assert fact.path == "/<redacted>/Service.asmx"
        assert fact.exposed == (Exposed(what="token", where="the path"),)

    def test_a_clients_words_stay_short_and_on_one_line(self, host: Host) -> None:
        host.post(retrieve("x\u009b\ny" + "z" * 200))
        assert host.labels == [f"SOAP x  y{'z' * 91}..."]

    def test_the_door_tells_the_address(self, host: Host) -> None:
        door = Urls(auth_url="http://a/", rest_url="http://r/", soap_url="http://127.0.0.1:3/")
        answer = host.post(retrieve(), JUNK, urls=door)
        assert texts(answer, "faultactor") == ["http://127.0.0.1:3/Service.asmx"]
        answer = host.post("", method="GET", path="/etframework.wsdl", urls=door)
        assert b'location="http://127.0.0.1:3/Service.asmx"' in answer.body


SHAPES = [
    pytest.param("<fueloauth>{}</fueloauth>", id="bare"),
    pytest.param('<fueloauth xmlns="">{}</fueloauth>', id="no namespace"),
    pytest.param('<x:fueloauth xmlns:x="urn:x">{}</x:fueloauth>', id="prefix"),
    pytest.param("<fueloauth><_value_1>{}</_value_1></fueloauth>", id="child"),
    pytest.param('<x:fueloauth xmlns:x="urn:x">\n<x:a b="1">\n{}</x:a></x:fueloauth>', id="deep"),
    pytest.param("<fueloauth><![CDATA[{}]]></fueloauth>", id="CDATA"),
    pytest.param("<fueloauth><!-- mine -->{}</fueloauth>", id="comment"),
    pytest.param("<fueloauth>{0}</fueloauth><fueloauth>{0}</fueloauth>", id="twice"),
]


@pytest.mark.parametrize("shape", SHAPES)
class TestShapesOfTheHeader:
    """A token counts, and stays unseen, however its header is written."""

    def post(self, shape: str, token: str, host: Host, body: str, **changes: Any) -> Response:  # noqa: ANN401
        soap = "http://schemas.xmlsoap.org/soap/envelope/"
        header = f"<Header>{shape.format(token)}</Header>"
        text = f'<Envelope xmlns="{soap}">{header}<Body>{body}</Body></Envelope>'
        return host.post("", body=text.encode(), **changes)

    def test_a_good_one_is_used(self, shape: str, host: Host) -> None:
        token = host.token([READ])
        answer = self.post(shape, token, host, retrieve())
        assert texts(answer, "OverallStatus") == ["OK"]
        [fact] = host.facts
        assert (fact.token, fact.granted) == (fingerprint(token), frozenset({READ}))

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"headers": {"content-type": "application/json"}}, id="415"),
            pytest.param({"method": "PUT"}, id="405"),
            pytest.param({"headers": {"content-type": "text/xml", "soapaction": "X"}}, id="action"),
        ],
    )
    @pytest.mark.parametrize("body", ["<x/>", "<unclosed>"])
    def test_one_of_a_refused_request_is_presented(
        self, changes: dict[str, Any], body: str, shape: str, host: Host
    ) -> None:
        token = host.token([READ])
        assert self.post(shape, token, host, body, **changes).status >= 400
        [fact] = host.facts
        assert (fact.token, fact.granted) == (fingerprint(token), None)

    def test_none_is_shown(self, shape: str, host: Host) -> None:
        """Wherever else it stands: in the path, in an action, as the name of a type."""
        good, headers = host.token([]), {"content-type": "text/xml"}
        for token in (good, JUNK):
            for body in (retrieve(), describe(token), "<x/>", "<x>"):
                for action in ("Describe", token):
                    sent = headers | {"soapaction": action}
                    path = f"/{token}/Service.asmx"
                    answer = self.post(shape, token, host, body, path=path, headers=sent)
                    fault = b"faultstring" in answer.body
                    assert not (fault and token in answer.body.decode())
                    assert token not in repr(host.facts)


class TestSeveralTokens:
    def test_two_that_differ_are_refused_and_both_are_presented(self, host: Host) -> None:
        """Or a client could hide one log-in behind another."""
        one, two = host.token([READ]), host.token(["email_send"])
        header = f"{one}</fueloauth><fueloauth>{two}"
        answer = host.post(retrieve(), header)
        assert answer.status == 500
        assert "several fueloauth that differ" in texts(answer, "faultstring")[0]
        assert [(fact.token, fact.granted) for fact in host.facts] == [
            (fingerprint(one), None),
            (fingerprint(two), None),
        ]

    def test_one_that_is_empty_hides_none(self, host: Host) -> None:
        token = host.token([READ])
        assert host.post(retrieve(), f"</fueloauth><fueloauth>{token}").status == 500
        assert [fact.token for fact in host.facts] == [fingerprint(token)]

    def test_one_in_pieces_is_told_whole(self, host: Host) -> None:
        token = host.token([READ])
        answer = host.post(retrieve(), f"{token[:9]}<!-- -->{token[9:]}")
        assert (answer.status, host.facts[0].token) == (200, fingerprint(token))


class TestActions:
    """What the headers call the operation; the table of all answers is `soap_cases.toml`."""

    @pytest.mark.parametrize("action", ["Test", '""', "urn:Retrieve", "RetrieveRequestMsg"])
    def test_a_call_with_a_wrong_one_is_not_done(self, action: str) -> None:
        stub = Stub()
        host = Host(stubs=stub)
        token = host.token([READ])
        headers = {"content-type": "text/xml", "soapaction": action}
        assert host.post(retrieve(), token, headers=headers).status == 500
        [fact] = host.facts
        assert (fact.need.label, fact.token) == ("POST /Service.asmx", fingerprint(token))
        assert (fact.granted, fact.used, stub.asked) == (None, frozenset(), [])

    def test_a_fault_that_the_test_ordered_waits_for_a_call(self, host: Host) -> None:
        host.state.fault_queue.order("soap", "unavailable")
        headers = {"content-type": "text/xml", "soapaction": "Test"}
        assert host.post(retrieve(), headers=headers).status == 500
        assert host.post(retrieve()).status == 503

    def test_clients_words_stay_short_and_on_one_line(self, host: Host) -> None:
        headers = {"content-type": "text/xml", "soapaction": "\x01\u009b" + "x" * 200}
        [text] = texts(host.post(retrieve(), headers=headers), "faultstring")
        assert text.endswith(f"SOAPAction:   {'x' * 98}....")

    @pytest.mark.parametrize("operation", OPERATION_NAMES)
    def test_each_operation_may_be_named(self, operation: str, host: Host) -> None:
        headers = {"content-type": "text/xml", "soapaction": f'"{operation}"'}
        assert host.post(retrieve(), headers=headers).status == 200


class TestGoingOn:
    PAGES = StubReply(pages=(({"ID": "1"},), ({"ID": "2"},), ({"ID": "3"},)))

    def pages(self, host: Host, token: str, count: int) -> list[tuple[str, list[str]]]:
        """Retrieve, and go on with what was told last."""
        body, told = retrieve(), []
        for _ in range(count):
            answer = host.post(body, token)
            told.append((texts(answer, "OverallStatus")[0], texts(answer, "ID")))
            body = go_on(texts(answer, "RequestID")[0])
        return told

    def test_the_pages_come_one_by_one(self) -> None:
        stub = Stub(self.PAGES)
        host = Host(stubs=stub)
        assert self.pages(host, host.token(), 4) == [
            ("MoreDataAvailable", ["1"]),
            ("MoreDataAvailable", ["2"]),
            ("OK", ["3"]),
            ("OK", []),
        ]
        assert [bool(each.continues) for each in stub.asked] == [False, True, True, True]
        assert {each.object_type for each in stub.asked} == {"Subscriber"}

    def test_the_first_request_id_leads_to_the_end(self) -> None:
        """Some clients send no other; a denial on the way loses no page."""
        host = Host(stubs=Stub(self.PAGES))
        first = texts(host.post(retrieve()), "RequestID")
        tokens = host.token([]), *(host.token() for _ in range(3))
        more = [host.post(go_on(first[0]), each) for each in tokens]
        assert [texts(each, "ID") for each in more] == [[], ["2"], ["3"], []]
        assert [texts(each, "RequestID") for each in more] == [first] * 4
        assert [texts(each, "OverallStatus") for each in more[1:]] == [
            ["MoreDataAvailable"],
            ["OK"],
            ["OK"],
        ]

    def test_going_on_has_the_rights_of_the_retrieve(self) -> None:
        host = Host(stubs=Stub(self.PAGES))
        first = host.post(retrieve(), host.token([READ]))
        answer = host.post(go_on(texts(first, "RequestID")[0]), host.token(["email_send"]))
        assert texts(answer, "OverallStatus") == ["Error: API Permission Failed."]
        assert texts(answer, "ID") == []
        [fact] = host.facts
        assert (fact.need.label, fact.scope_denied) == ("SOAP Subscriber Retrieve", True)

    def test_going_on_with_none_shows_nothing_of_rights(self, host: Host) -> None:
        """A made-up RequestID must neither explain a scope nor prove that none is needed."""
        token = host.token([READ])
        answer = host.post(go_on("00000000-0000-4000-8000-000000000001"), token)
        assert texts(answer, "OverallStatus")[0].startswith("Error: ContinueRequest names no")
        [fact] = host.facts
        assert (fact.need.label, fact.granted, fact.package) == (
            "SOAP Retrieve",
            None,
            "integration",
        )
        assert fact.token == fingerprint(token)

    def test_a_session_does_not_grow_with_its_retrieves(self, host: Host) -> None:
        token = host.token()
        first = texts(host.post(retrieve(), token), "RequestID")[0]
        for _ in range(256):
            last = texts(host.post(retrieve(), token), "RequestID")[0]
        assert len(host.retrieves.by_request_id) == 256
        assert texts(host.post(go_on(last), token), "OverallStatus") == ["OK"]
        assert texts(host.post(go_on(first), token), "OverallStatus") != ["OK"]

    def test_every_answer_has_a_request_id_of_its_own(self, host: Host) -> None:
        token = host.token()
        ids = [texts(host.post(retrieve(), token), "RequestID")[0] for _ in range(20)]
        assert len(set(ids)) == 20


class TestRefusals:
    def test_silence_hides_nothing_from_the_judge(self) -> None:
        host = Host(config=Config(soap_silent=True))
        answer = host.post(retrieve(), host.token([]))
        assert texts(answer, "OverallStatus") == ["OK"]
        assert [(fact.scope_denied, fact.used) for fact in host.facts] == [(True, frozenset())]

    def test_a_stub_is_not_asked_for_what_is_refused(self) -> None:
        stub = Stub()
        host = Host(stubs=stub)
        host.post(create("Automation", "TriggeredSend"), host.token(["automations_write"]))
        assert [each.object_type for each in stub.asked] == ["Automation"]

    @pytest.mark.parametrize(
        ("told", "status", "results"),
        [
            pytest.param([StubReply(), StubReply()], "OK", ["OK", "OK"], id="all"),
            pytest.param(
                [StubReply(), StubReply(status="Error", message="no")],
                "Has Errors",
                ["OK", "Error"],
                id="one",
            ),
            pytest.param([StubReply(status="Error", message="no")], "Error", ["Error"], id="none"),
        ],
    )
    def test_the_overall_status_sums_up(
        self, told: list[StubReply], status: str, results: Sequence[str]
    ) -> None:
        answer = Host(stubs=Stub(*told)).post(create(*["List"] * len(told)))
        assert texts(answer, "OverallStatus") == [status]
        assert texts(answer, "StatusCode") == results

    def test_what_is_refused_beside_what_fails_is_an_error(self) -> None:
        host = Host(stubs=Stub(StubReply(status="Error", message="no")))
        answer = host.post(create("List", "TriggeredSend"), host.token([]))
        assert texts(answer, "OverallStatus") == ["Error"]
        assert texts(answer, "StatusMessage") == ["no", "API Permission Failed."]

    def test_an_answer_without_status_is_refused_by_a_fault(self) -> None:
        host = Host(overlay_row("List", "Describe", "email_read"))
        answer = host.post(describe("List"), host.token([]))
        assert (answer.status, texts(answer, "faultstring")) == (500, ["API Permission Failed."])
        assert [fact.scope_denied for fact in host.facts] == [True]
        assert host.post(describe("List"), host.token(["email_read"])).status == 200

    def test_only_the_definitions_that_one_may_see_are_told(self) -> None:
        host = Host(overlay_row("List", "Describe", "email_read"))
        answer = host.post(describe("List", "Email"), host.token([]))
        assert texts(answer, "ObjectType") == ["Email"]
        assert [fact.scope_denied for fact in host.facts] == [True, False]

    def test_a_definition_has_what_the_wsdl_knows(self, host: Host) -> None:
        answer = host.post(describe("DataExtension"))
        members = [texts(answer, each) for each in ("Name", "DataType", "IsRetrievable")]
        known = {
            name: (kind, retrievable) for name, kind, retrievable in zip(*members, strict=True)
        }
        assert known["CustomerKey"] == ("string", "true")
        assert known["IsSendable"] == ("boolean", "true")
        assert known["Client"] == ("ClientID", "false")
        assert known["PartnerProperties"] == ("APIProperty", "false")
        assert known["Fields"] == ("Array", "false")


class TestOrders:
    @pytest.mark.parametrize("fault", ["timeout", "reset"])
    def test_a_connection_may_break(self, fault: str, host: Host) -> None:
        host.state.fault_queue.order("soap", fault)  # type: ignore[arg-type]
        answer = host.post(retrieve())
        assert (answer.status, answer.trouble) == (0, fault)
        assert host.labels == ["SOAP Subscriber Retrieve"]
        assert host.post(retrieve()).status == 200

    @pytest.mark.parametrize(
        ("fault", "scopes", "age", "granted", "used", "scope_denied"),
        [
            pytest.param("unavailable", [READ], 0, [READ], [READ], False, id="had it"),
            pytest.param("timeout", ["email_send"], 0, ["email_send"], [], True, id="had it not"),
            pytest.param("unavailable", [READ], 1200, None, [], False, id="expired anyway"),
            pytest.param("unauthorized", [READ], 0, None, [], False, id="refused as expired"),
        ],
    )
    def test_what_fails_by_order_is_judged_all_the_same(
        self,
        *,
        fault: str,
        scopes: list[str],
        age: float,
        granted: list[str] | None,
        used: list[str],
        scope_denied: bool,
        host: Host,
    ) -> None:
        """An outage hides no scope too few, unless the token itself is refused."""
        token = host.token(scopes, age=age)
        host.state.fault_queue.order("soap", fault)  # type: ignore[arg-type]
        host.post(retrieve(), token)
        [fact] = host.facts
        assert fact.token == fingerprint(token)
        assert fact.granted == (None if granted is None else frozenset(granted))
        assert (fact.used, fact.scope_denied) == (frozenset(used), scope_denied)

    def test_an_answer_may_be_slow(self, host: Host) -> None:
        host.state.fault_queue.order("POST /Service.asmx", "slow", seconds=7)
        assert host.post(retrieve()).status == 200
        assert host.exchange is not None
        assert (host.exchange.delay, host.exchange.admitted) == (7, False)
        host.post(retrieve())
        assert host.exchange.delay == 0

    def test_what_cannot_be_read_uses_no_order_up(self, host: Host) -> None:
        host.state.fault_queue.order("soap", "unauthorized")
        assert host.post(retrieve(), body=b"").status == 500
        assert host.state.fault_queue.unfired()
        assert texts(host.post(retrieve()), "faultstring") == ["Token Expired"]
        assert not host.state.fault_queue.unfired()

    def test_orders_for_other_hosts_do_not_count(self, host: Host) -> None:
        host.state.fault_queue.order("rest", 500)
        assert host.post(retrieve()).status == 200

    @pytest.mark.parametrize(
        ("fault", "details", "complaint"),
        [
            pytest.param(
                "rate_limited",
                {"retry_after": 5},
                'fail_next: retry_after goes with "token", "userinfo" and "rest": a SOAP fault'
                " tells no such time. Leave it out.",
                id="retry_after",
            ),
            pytest.param(
                "blocked", {}, ' "blocked" goes with "token" or "userinfo" or "rest".', id="REST's"
            ),
        ],
    )
    def test_what_no_soap_fault_has_is_refused(
        self, fault: str, details: dict[str, int], complaint: str, host: Host
    ) -> None:
        with pytest.raises(ConfigError) as refused:
            host.state.fault_queue.order("soap", fault, **details)  # type: ignore[arg-type]
        assert str(refused.value).endswith(complaint)


def found(host: Host, *declared: str) -> list[str]:
    """Judge what the host has seen last, by a mark that lists these scopes."""
    case = Case(
        expectation=Expectation(
            kind="scopes", declared=frozenset(declared), package="integration", match="at_most"
        ),
        observed=Observed(package="integration", calls=tuple(host.facts)),
        catalogue=host.catalogue,
    )
    return [each.text for each in judge([case]).findings if each.rule != "MCS105"]


class TestVerdicts:
    def test_a_denied_call_is_found_although_it_is_answered_200(self, host: Host) -> None:
        assert host.post(retrieve(), host.token(["email_send"])).status == 200
        [denied] = found(host, READ)
        needs = f"denied call: SOAP Subscriber Retrieve (attested A) needs {READ}"
        assert denied.startswith(f"{needs}; the token has email_send")

    def test_an_unmapped_call_is_told_with_its_near_misses(self, host: Host) -> None:
        host.post(retrieve("Subscribr"))
        near = "near: SOAP Subscriber Retrieve, SOAP ListSubscriber Retrieve"
        unmapped = "unmapped call: SOAP Subscribr Retrieve is not in the catalogue"
        assert found(host) == [f"{unmapped}; {near}"]

    def test_what_is_open_to_all_is_no_reason_for_a_scope(self, host: Host) -> None:
        host.post(retrieve("TrackingEvent"), host.token(["tracking_events_read"]))
        [fact] = host.facts
        assert fact.used | fact.need.explains | fact.need.tolerated == frozenset()
        assert found(host) == []
