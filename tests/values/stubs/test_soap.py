"""The test's answers to SOAP calls: what they say on the wire, and what was asked of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from messages import soap_request

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Response
from pytest_mcscopes.cloud.soap.continued_retrieves import ContinuedRetrieves
from pytest_mcscopes.cloud.soap.exchange import SoapExchange
from pytest_mcscopes.cloud.soap.messages import ComplexFilter, SimpleFilter
from pytest_mcscopes.cloud.soap.xml import read_document
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.stubs.soap import SoapStubs

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.cloud.soap.xml import Element
    from pytest_mcscopes.stubs.soap import SoapStub

    Make = Callable[[SoapStubs], object]

API = 'xmlns="http://exacttarget.com/wsdl/partnerAPI"'
NOW = 1_800_000_000.0
KEY = UUID("00000000-0000-4000-8000-000000000001")


class Tenant:
    """A SOAP host with stubs, called with a token that may do everything."""

    def __init__(self) -> None:
        self.soap = SoapStubs(load_catalogue())
        self._state = build_state(Config(), (PackageConfig(),), 1, load_catalogue())
        self._retrieves = ContinuedRetrieves()

    def call(self, body: str) -> Element:
        """Send the content of a Body, and give that of the answer's."""
        package = self._state.packages["integration"]
        token = self._state.tokens.issue(package, package.scopes, 500_000_002, NOW)
        request = soap_request(body, token.text)
        answer = SoapExchange(self._state, request, NOW, self._retrieves, self.soap).answer()
        assert isinstance(answer, Response)
        assert answer.status == 200
        return read_document(answer.body, 1 << 20).children[1].children[0]


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def spelt(element: Element) -> str:
    """Spell an element as `Name:Type{Child=text ...}`."""
    name = (
        element.name.local if element.type is None else f"{element.name.local}:{element.type.local}"
    )
    if element.children:
        return f"{name}{{{' '.join(map(spelt, element.children))}}}"
    return f"{name}=nil" if element.nil else f"{name}={element.text}"


def results(element: Element) -> list[str]:
    """Spell what an answer has but its status and RequestID."""
    return [spelt(each) for each in element.children if each.name.local == "Results"]


def member(element: Element, name: str) -> str:
    return next(each.text for each in element.children if each.name.local == name)


def retrieve(object_type: str = "Subscriber", more: str = "") -> str:
    return (
        f"<RetrieveRequestMsg {API}><RetrieveRequest><ObjectType>{object_type}</ObjectType>"
        f"<Properties>ID</Properties>{more}</RetrieveRequest></RetrieveRequestMsg>"
    )


def simple(name: str, *values: object, operator: str = "equals", tag: str = "Filter") -> str:
    texts = "".join(f"<Value>{value}</Value>" for value in values)
    return (
        f'<{tag} xsi:type="SimpleFilterPart"><Property>{name}</Property>'
        f"<SimpleOperator>{operator}</SimpleOperator>{texts}</{tag}>"
    )


def both(left: str, right: str, operator: str = "AND", tag: str = "Filter") -> str:
    return (
        f'<{tag} xsi:type="ComplexFilterPart">{left}<LogicalOperator>{operator}</LogicalOperator>'
        f"{right}</{tag}>"
    )


A = simple("A", "1", tag="LeftOperand")
B = simple("B", "2", tag="RightOperand")


def write(operation: str, object_type: str, fields: str = "<ID>1</ID>") -> str:
    """Write a Create, Update or Delete of one object."""
    return (
        f'<{operation}Request {API}><Objects xsi:type="{object_type}">{fields}</Objects>'
        f"</{operation}Request>"
    )


def perform(object_type: str, action: str = "start") -> str:
    return (
        f"<PerformRequestMsg {API}><Action>{action}</Action><Definitions>"
        f'<Definition xsi:type="{object_type}"><ObjectID>q</ObjectID></Definition></Definitions>'
        "</PerformRequestMsg>"
    )


SCHEDULE = (
    f"<ScheduleRequestMsg {API}><Action>start</Action><Interactions>"
    '<Interaction xsi:type="Automation"><CustomerKey>a</CustomerKey></Interaction></Interactions>'
    "</ScheduleRequestMsg>"
)
DESCRIBE = (
    f"<DefinitionRequestMsg {API}><DescribeRequests><ObjectDefinitionRequest><ObjectType>List"
    "</ObjectType></ObjectDefinitionRequest></DescribeRequests></DefinitionRequestMsg>"
)
EXECUTE = (
    f"<ExecuteRequestMsg {API}><Requests><Name>LogUnsubEvent</Name><Parameters><Name>a</Name>"
    "<Value>b</Value></Parameters></Requests></ExecuteRequestMsg>"
)
EXTRACT = f"<ExtractRequestMsg {API}><Requests><ID>e</ID></Requests></ExtractRequestMsg>"
CONFIGURE = (
    f"<ConfigureRequestMsg {API}><Action>create</Action><Configurations><Configuration><Name>Size"
    "</Name></Configuration></Configurations></ConfigureRequestMsg>"
)
QUERY = (
    f"<QueryRequestMsg {API}><QueryRequest><Query><Object><ObjectType>Email</ObjectType></Object>"
    "</Query></QueryRequest></QueryRequestMsg>"
)
VERSION = f"<VersionInfoRequestMsg {API}/>"
STATUS = f"<SystemStatusRequestMsg {API}/>"

EVERY: dict[str, tuple[str, Callable[[SoapStubs], SoapStub]]] = {
    "Retrieve": (retrieve(), lambda soap: soap.retrieve("Subscriber")),
    "Create": (write("Create", "List"), lambda soap: soap.create("List")),
    "Update": (write("Update", "List"), lambda soap: soap.update("List")),
    "Delete": (write("Delete", "List"), lambda soap: soap.delete("List")),
    "Perform": (perform("QueryDefinition"), lambda soap: soap.perform("QueryDefinition")),
    "Schedule": (SCHEDULE, lambda soap: soap.schedule("Automation")),
    "Describe": (DESCRIBE, lambda soap: soap.describe("List")),
    "Query": (QUERY, lambda soap: soap.query("Email")),
    "Execute": (EXECUTE, lambda soap: soap.execute("LogUnsubEvent")),
    "Extract": (EXTRACT, lambda soap: soap.extract()),
    "Configure": (CONFIGURE, lambda soap: soap.configure()),
    "VersionInfo": (VERSION, lambda soap: soap.version_info()),
    "GetSystemStatus": (STATUS, lambda soap: soap.get_system_status()),
}
OF_ROWS = {"Retrieve", "Query"}
STATELESS = {"Describe", "VersionInfo"}


class TestEveryOperation:
    @pytest.mark.parametrize("operation", EVERY)
    def test_a_stub_answers_its_own_operation(self, operation: str, tenant: Tenant) -> None:
        for name, (body, make) in EVERY.items():
            stub = make(tenant.soap)
            if name == operation:
                wanted, own = body, stub
        tenant.call(wanted)
        assert (own.called, own.call_count) == (True, 1)
        assert [each.operation for each in tenant.soap.calls] == [operation]
        assert own.calls == list(tenant.soap.calls)

    @pytest.mark.parametrize("operation", sorted(set(EVERY) - OF_ROWS))
    def test_a_stub_says_members_of_the_result(self, operation: str, tenant: Tenant) -> None:
        body, make = EVERY[operation]
        name = {"VersionInfo": "Version", "Describe": "Name"}.get(operation, "StatusMessage")
        before = spelt(tenant.call(body))
        make(tenant.soap).respond({name: "said by the test"})
        after = spelt(tenant.call(body))
        assert f"{name}=said by the test" not in before
        assert f"{name}=said by the test" in after

    @pytest.mark.parametrize("operation", sorted(set(EVERY) - OF_ROWS - STATELESS))
    def test_a_stub_fails_one_result(self, operation: str, tenant: Tenant) -> None:
        body, make = EVERY[operation]
        make(tenant.soap).fail(status="Error", code=2, message="no")
        answer = tenant.call(body)
        assert "StatusCode=Error StatusMessage=no OrdinalID=0 ErrorCode=2" in spelt(answer)
        assert member(answer, "OverallStatus") == "Error"

    @pytest.mark.parametrize("operation", sorted(OF_ROWS))
    def test_a_stub_of_rows_fails_as_a_whole(self, operation: str, tenant: Tenant) -> None:
        body, make = EVERY[operation]
        make(tenant.soap).fail(message="no such property")
        answer = tenant.call(body)
        assert (member(answer, "OverallStatus"), results(answer)) == ("Error: no such property", [])

    @pytest.mark.parametrize("operation", sorted(OF_ROWS))
    def test_a_stub_of_rows_says_objects(self, operation: str, tenant: Tenant) -> None:
        body, make = EVERY[operation]
        make(tenant.soap).respond([{"Name": "x"}, {"ID": 2}])
        answer = tenant.call(body)
        kind = tenant.soap.calls[0].object_type
        assert results(answer) == [f"Results:{kind}{{Name=x}}", f"Results:{kind}{{ID=2}}"]
        assert member(answer, "OverallStatus") == "OK"

    @pytest.mark.parametrize("operation", EVERY)
    def test_a_stub_that_says_nothing_changes_nothing(self, operation: str, tenant: Tenant) -> None:
        body, make = EVERY[operation]
        unstubbed, told = Tenant().call(body), make(tenant.soap)
        assert (
            spelt(tenant.call(body)).split("RequestID=")[0]
            == (spelt(unstubbed).split("RequestID=")[0])
        )
        told.respond()
        assert told.call_count == 1


class TestValues:
    @pytest.mark.parametrize(
        ("object_type", "row", "wire"),
        [
            pytest.param("List", {"ListName": "a", "ID": 7}, "ID=7 ListName=a", id="in order"),
            pytest.param("List", {"Custom": "x", "ID": 7}, "ID=7 Custom=x", id="unknown ones last"),
            pytest.param("List", {"ListName": "", "ID": None}, "ID=nil ListName=", id="nothing"),
            pytest.param(
                "DataExtension",
                {"IsSendable": True, "IsTestable": False},
                "IsSendable=true IsTestable=false",
                id="truth",
            ),
            pytest.param(
                "List",
                {
                    "CreatedDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                    "ModifiedDate": date(2026, 1, 2),
                    "ObjectID": KEY,
                    "Rate": Decimal("0.10"),
                },
                f"CreatedDate=2026-01-02T03:04:05+00:00 ModifiedDate=2026-01-02 ObjectID={KEY}"
                " Rate=0.10",
                id="plain values",
            ),
            pytest.param(
                "List", {"Client": {"UserID": 2, "ID": 1}}, "Client{ID=1 UserID=2}", id="nested"
            ),
            pytest.param(
                "Subscriber",
                {"Lists": [{"ID": 1}, {"ID": 2}]},
                "Lists{ID=1} Lists{ID=2}",
                id="list",
            ),
            pytest.param("Subscriber", {"Lists": []}, "", id="empty list"),
            pytest.param(
                "Subscriber",
                {"Attributes": {"First Name": "Ada", "Age": 36}},
                "Attributes{Name=First Name Value=Ada} Attributes{Name=Age Value=36}",
                id="names and values",
            ),
            pytest.param(
                "Subscriber",
                {"Attributes": {"Name": "First Name", "Value": "Ada"}},
                "Attributes{Name=First Name Value=Ada}",
                id="a name and a value as on the wire",
            ),
            pytest.param(
                "Subscriber",
                {"Attributes": [{"Name": "a", "Value": None}]},
                "Attributes{Name=a Value=nil}",
                id="a list of them as on the wire",
            ),
            pytest.param(
                "DataExtension",
                {"Fields": [{"Name": "a"}, {"Name": "b"}]},
                "Fields{Field{Name=a} Field{Name=b}}",
                id="wrapped list",
            ),
            pytest.param(
                "DataExtension",
                {"Fields": {"Field": [{"Name": "a"}]}},
                "Fields{Field{Name=a}}",
                id="wrapped as on the wire",
            ),
            pytest.param(
                "DataExtension",
                {"Fields": {"Name": "a"}},
                "Fields{Field{Name=a}}",
                id="one of a list",
            ),
            pytest.param(
                "DataExtensionObject",
                {"Name": "x", "n": 1},
                "Properties{Property{Name=Name Value=x} Property{Name=n Value=1}}",
                id="a row by its columns",
            ),
            pytest.param(
                "DataExtensionObject",
                {"Properties": {"n": 1}, "CustomerKey": "k"},
                "CustomerKey=k Properties{Property{Name=n Value=1}}",
                id="a row with more than columns",
            ),
            pytest.param(
                "DataExtensionObject",
                {"Properties": "p"},
                "Properties{Property{Name=Properties Value=p}}",
                id="a column of that name",
            ),
            pytest.param(
                "ImportDefinition",
                {"DestinationObject": {"xsi:type": "DataExtension", "Name": "n", "ID": 1}},
                "DestinationObject:DataExtension{ID=1 Name=n}",
                id="a type of its own",
            ),
        ],
    )
    def test_python_values_are_written(
        self, object_type: str, row: dict[str, object], wire: str, tenant: Tenant
    ) -> None:
        tenant.soap.retrieve(object_type).respond([row])
        [told] = results(tenant.call(retrieve(object_type)))
        assert told == f"Results:{object_type}" + (f"{{{wire}}}" if wire else "=")

    @example("\ufffe")
    @example("]]> &amp; <b>")
    @given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])))
    def test_any_text_is_carried(self, text: str) -> None:
        """No text breaks out of its element; what XML cannot carry is refused."""
        tenant = Tenant()
        try:
            tenant.soap.retrieve("List").respond([{"ListName": text}])
        except ConfigError as refused:
            assert "which XML cannot carry" in str(refused)  # noqa: PT017 - either is right
        else:
            assert results(tenant.call(retrieve("List"))) == [f"Results:List{{ListName={text}}}"]

    @pytest.mark.parametrize(
        ("body", "values"),
        [
            pytest.param(
                write(
                    "Create",
                    "Subscriber",
                    "<ID>5</ID><EmailAddress>a@b</EmailAddress>"
                    "<CreatedDate>2026-01-02T03:04:05Z</CreatedDate><PartnerKey xsi:nil='true'/>",
                ),
                {
                    "ID": 5,
                    "EmailAddress": "a@b",
                    "CreatedDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                    "PartnerKey": None,
                },
                id="by the type of the property",
            ),
            pytest.param(
                write(
                    "Create",
                    "DataExtension",
                    "<IsSendable>True</IsSendable><IsTestable>0"
                    "</IsTestable><CategoryID>x</CategoryID><IsPlatformObject>maybe</IsPlatformObject>",
                ),
                {
                    "IsSendable": True,
                    "IsTestable": False,
                    "CategoryID": "x",
                    "IsPlatformObject": "maybe",
                },
                id="what is of no such type stays text",
            ),
            pytest.param(
                write(
                    "Update",
                    "DataExtensionObject",
                    "<Keys><Key><Name>id</Name><Value>1</Value>"
                    "</Key></Keys><Properties><Property><Name>a</Name><Value>x</Value></Property>"
                    "<Property><Name>b</Name></Property></Properties>",
                ),
                {"Keys": {"id": "1"}, "Properties": {"a": "x", "b": None}},
                id="names and values",
            ),
            pytest.param(
                write(
                    "Update",
                    "DataExtensionObject",
                    "<Keys><Key><Name>a</Name></Key><Key><Name>a"
                    "</Name></Key></Keys><Properties>x</Properties>",
                ),
                {"Keys": [{"Name": "a"}, {"Name": "a"}], "Properties": {}},
                id="a name twice, and nothing",
            ),
            pytest.param(
                write(
                    "Create",
                    "DataExtension",
                    "<Fields><Field><Name>a</Name><MaxLength>5</MaxLength></Field></Fields>",
                ),
                {"Fields": [{"Name": "a", "MaxLength": 5}]},
                id="wrapped list",
            ),
            pytest.param(
                write(
                    "Create",
                    "Subscriber",
                    "<Lists><ID>1</ID></Lists><Attributes><Name>x</Name>"
                    "<Value>y</Value></Attributes>",
                ),
                {"Lists": [{"ID": 1}], "Attributes": {"x": "y"}},
                id="a list of one",
            ),
            pytest.param(
                write(
                    "Create",
                    "Subscriber",
                    "<Own><A>1</A></Own><Own><A>2</A></Own>"
                    "<EmailAddress>a</EmailAddress><EmailAddress>b</EmailAddress>",
                ),
                {"Own": [{"A": "1"}, {"A": "2"}], "EmailAddress": ["a", "b"]},
                id="more than is known",
            ),
            pytest.param(
                EXECUTE, {"Name": "LogUnsubEvent", "Parameters": {"a": "b"}}, id="Execute"
            ),
            pytest.param(EXTRACT, {"ID": "e"}, id="Extract"),
            pytest.param(CONFIGURE, {"Name": "Size"}, id="Configure"),
            pytest.param(QUERY, {"Query": {"Object": {"ObjectType": "Email"}}}, id="Query"),
            pytest.param(VERSION, {}, id="VersionInfo"),
        ],
    )
    def test_what_was_sent_is_read(self, body: str, values: object, tenant: Tenant) -> None:
        tenant.call(body)
        [call] = tenant.soap.calls
        assert call.values == values

    def test_a_call_has_all_that_was_asked(self, tenant: Tenant) -> None:
        tenant.call(retrieve("DataExtensionObject[k]", both(A, B)))
        tenant.call(perform("Automation", "Start"))
        [read, started] = tenant.soap.calls
        assert (read.object_type, read.data_extension) == ("DataExtensionObject", "k")
        assert (read.properties, read.values) == (("ID",), {})
        assert read.filter == ComplexFilter(
            operator="AND",
            operands=(
                SimpleFilter(property="A", operator="equals", values=("1",)),
                SimpleFilter(property="B", operator="equals", values=("2",)),
            ),
        )
        assert (started.object_type, started.action) == ("Automation", "Start")
        assert (started.upsert, started.continues) == (False, False)

    def test_a_result_may_say_its_object(self, tenant: Tenant) -> None:
        tenant.soap.create("List").respond({"NewID": 7, "Object": {"ListName": "n", "ID": 7}})
        answer = spelt(tenant.call(write("Create", "List")))
        assert "NewID=7" in answer
        assert "Object:List{ID=7 ListName=n}" in answer

    def test_a_data_extensions_errors_have_a_result_of_their_own(self, tenant: Tenant) -> None:
        row = tenant.soap.create("DataExtensionObject")
        row.respond({"StatusCode": "Error", "KeyErrors": [{"Name": "id", "ErrorCode": 70001}]})
        answer = spelt(tenant.call(write("Create", "DataExtensionObject")))
        assert "Results:DataExtensionCreateResult{StatusCode=Error" in answer
        assert "KeyErrors{KeyError{Name=id ErrorCode=70001}}" in answer


class TestWhichStubAnswers:
    def test_the_first_that_fits_wins(self, tenant: Tenant) -> None:
        first = tenant.soap.retrieve("Subscriber", where={"SubscriberKey": "a"})
        second = tenant.soap.retrieve("Subscriber")
        third = tenant.soap.retrieve("Subscriber")
        for key in ("a", "b"):
            tenant.call(retrieve(more=simple("SubscriberKey", key)))
        assert [each.call_count for each in (first, second, third)] == [1, 1, 0]

    @pytest.mark.parametrize(
        ("where", "sent", "fits"),
        [
            pytest.param({"A": "1"}, simple("A", "1"), True, id="equals"),
            pytest.param({"A": 1}, simple("A", "1"), True, id="number"),
            pytest.param({"A": True}, simple("A", "True"), True, id="truth"),
            pytest.param({"A": False}, simple("A", "1"), False, id="other truth"),
            pytest.param(
                {"A": datetime(2026, 1, 2, tzinfo=UTC)},
                simple("A", "2026-01-02T00:00:00Z"),
                True,
                id="time",
            ),
            pytest.param(
                {"A": datetime(2026, 1, 2, tzinfo=UTC)}, simple("A", "x"), False, id="no time"
            ),
            pytest.param({"A": None}, simple("A", "1"), False, id="none"),
            pytest.param({"A": "1"}, simple("A", "2"), False, id="another value"),
            pytest.param({"A": "1"}, simple("B", "1"), False, id="another property"),
            pytest.param({"A": "1"}, simple("A", "1", operator="like"), False, id="operator"),
            pytest.param({"A": ["1", "2"]}, simple("A", "2", "1", operator="IN"), True, id="IN"),
            pytest.param({"A": ["1"]}, simple("A", "1", "2", operator="IN"), False, id="IN more"),
            pytest.param({"A": ["1", "2"]}, simple("A", "1"), False, id="IN less"),
            pytest.param({"A": {"B": "1"}}, simple("A", "1"), False, id="a mapping never"),
            pytest.param({"A": 1, "B": 2}, both(A, B), True, id="AND"),
            pytest.param({"A": 1, "B": 2}, both(A, B, "OR"), False, id="OR"),
            pytest.param({"A": 1}, both(A, B), False, id="less than the filter says"),
            pytest.param({"A": 1, "B": 2}, simple("A", "1"), False, id="more than the filter says"),
            pytest.param(
                {"A": 1}, both(A, A.replace("Left", "Right")), False, id="the same property twice"
            ),
            pytest.param(
                {"A": 1, "B": 2},
                both(both(A, B, "OR", "LeftOperand"), B),
                False,
                id="OR within AND",
            ),
            pytest.param({"A": 1}, "", False, id="no filter"),
            pytest.param({}, "", True, id="wants no filter"),
            pytest.param({}, simple("A", "1"), False, id="wants no filter, and has one"),
            pytest.param(None, simple("A", "1"), True, id="whatever the filter"),
        ],
    )
    def test_a_retrieve_is_told_by_its_filter(
        self, where: dict[str, object] | None, sent: str, *, fits: bool, tenant: Tenant
    ) -> None:
        stub = tenant.soap.retrieve("Subscriber", where=where)
        tenant.call(retrieve(more=sent))
        assert stub.called == fits

    @pytest.mark.parametrize(
        ("where", "fits"),
        [
            pytest.param({"EmailAddress": "a"}, True, id="one of its properties"),
            pytest.param({"EmailAddress": "a", "ID": 5}, True, id="several"),
            pytest.param({"ID": "5"}, True, id="as spelt"),
            pytest.param({"Attributes": {"x": "y"}}, True, id="nested"),
            pytest.param({"Attributes": {"x": "z"}}, False, id="nested, other value"),
            pytest.param({"EmailAddress": "b"}, False, id="other value"),
            pytest.param({"Status": "Active"}, False, id="not there"),
            pytest.param({}, True, id="nothing wanted"),
        ],
    )
    def test_a_write_is_told_by_its_object(
        self, where: dict[str, object], *, fits: bool, tenant: Tenant
    ) -> None:
        stub = tenant.soap.create("Subscriber", where=where)
        fields = (
            "<ID>5</ID><EmailAddress>a</EmailAddress><Attributes><Name>x</Name><Value>y</Value>"
            "</Attributes>"
        )
        tenant.call(write("Create", "Subscriber", fields))
        assert stub.called == fits

    def test_each_object_of_a_batch_has_a_stub_of_its_own(self, tenant: Tenant) -> None:
        tenant.soap.create("List", where={"ID": 2}).fail(message="no")
        objects = [f'<Objects xsi:type="List"><ID>{number}</ID></Objects>' for number in (1, 2)]
        answer = tenant.call(f"<CreateRequest {API}>{''.join(objects)}</CreateRequest>")
        assert member(answer, "OverallStatus") == "Has Errors"
        assert len(tenant.soap.calls) == 2

    @pytest.mark.parametrize(
        ("object_type", "asked", "fits"),
        [
            pytest.param("DataExtensionObject[k]", "DataExtensionObject[k]", True, id="its rows"),
            pytest.param("DataExtensionObject[k]", "DataExtensionObject[j]", False, id="others"),
            pytest.param("DataExtensionObject", "DataExtensionObject[j]", True, id="any"),
            pytest.param("DataExtension", "DataExtensionObject[j]", False, id="another type"),
        ],
    )
    def test_rows_are_told_by_their_data_extension(
        self, object_type: str, asked: str, *, fits: bool, tenant: Tenant
    ) -> None:
        stub = tenant.soap.retrieve(object_type)
        tenant.call(retrieve(asked))
        assert stub.called == fits

    @pytest.mark.parametrize(
        ("action", "fits"), [("start", True), ("START", True), ("stop", False), (None, True)]
    )
    def test_a_perform_is_told_by_its_action(
        self, action: str | None, *, fits: bool, tenant: Tenant
    ) -> None:
        stub = tenant.soap.perform("QueryDefinition", action)
        tenant.call(perform("QueryDefinition", "Start"))
        assert stub.called == fits


@pytest.mark.parametrize(
    ("stubbed", "called", "fits"),
    [
        ("Subscriber", "Subscriber", True),
        ("Subscriber", "subscriber", True),
        ("subscriber", "Subscriber", True),
        ("SUBSCRIBER", "subscriber", True),
        ("Subscriber", "List", False),
        ("DataExtensionObject[k]", "dataextensionobject[k]", True),
        ("dataextensionobject[k]", "DataExtensionObject[k]", True),
        ("DataExtensionObject[k]", "DataExtensionObject[K]", False),
    ],
)
def test_a_type_goes_in_any_case_and_a_key_does_not(
    stubbed: str, called: str, *, fits: bool, tenant: Tenant
) -> None:
    """As its row does: otherwise a call would be let through, and miss its stub."""
    stub = tenant.soap.retrieve(stubbed).respond([{"ID": 7}])
    found = results(tenant.call(retrieve(called)))
    assert (stub.called, len(found)) == (fits, 1 if fits else 0)


def test_values_are_read_by_the_type_in_any_case(tenant: Tenant) -> None:
    body = '<Objects xsi:type="subscriber"><ID>7</ID></Objects>'
    tenant.call(f"<CreateRequest {API}>{body}</CreateRequest>")
    [call] = tenant.soap.calls
    assert (call.object_type, call.values) == ("subscriber", {"ID": 7})


def test_rows_of_no_data_extension_are_no_object_type(tenant: Tenant) -> None:
    with pytest.raises(ConfigError, match=r'unknown object type "DataExtensionObject\[ \]"'):
        tenant.soap.retrieve("DataExtensionObject[ ]")


def test_a_key_may_have_two_lines(tenant: Tenant) -> None:
    stub = tenant.soap.retrieve("DataExtensionObject[a\nb]")
    tenant.call(retrieve("DataExtensionObject[a\nb]"))
    assert stub.called


class TestPages:
    @pytest.mark.parametrize(
        "more",
        [
            pytest.param([{"ID": 2}, {"ID": 3}], id="one page more"),
            pytest.param([[{"ID": 2}, {"ID": 3}]], id="a list of one page"),
        ],
    )
    def test_there_may_be_more(self, more: list[Any], tenant: Tenant) -> None:
        stub = tenant.soap.retrieve("List").respond([{"ID": 1}], more=more)
        first = tenant.call(retrieve("List"))
        assert member(first, "OverallStatus") == "MoreDataAvailable"
        going_on = f"<ContinueRequest>{member(first, 'RequestID')}</ContinueRequest>"
        last = tenant.call(retrieve("List", going_on))
        assert member(last, "OverallStatus") == "OK"
        assert results(last) == ["Results:List{ID=2}", "Results:List{ID=3}"]
        assert stub.call_count == 1
        assert [each.continues for each in tenant.soap.calls] == [False, True]

    def test_there_may_be_several_more(self, tenant: Tenant) -> None:
        stub = tenant.soap.retrieve("List").respond([], more=[[{"ID": 1}], [], [{"ID": 2}]])
        assert stub.reply is not None
        assert [len(page) for page in stub.reply.pages] == [0, 1, 0, 1]


class TestAsking:
    def test_unused_stubs_are_told_where_that_is_asked_for(self, tenant: Tenant) -> None:
        tenant.soap.retrieve("Subscriber", where={"ID": 1})
        tenant.soap.perform("Automation", "start")
        tenant.soap.extract()
        tenant.call(EXTRACT)
        with pytest.raises(AssertionError) as unused:
            tenant.soap.assert_all_called()
        assert str(unused.value) == (
            "MCSCOPES: these SOAP stubs were never called:\n"
            "  soap.retrieve(\"Subscriber\", where={'ID': 1})\n"
            '  soap.perform("Automation", "start")\n'
            "Let the code under test make the call, or take the stub out."
        )
        tenant.call(retrieve(more=simple("ID", "1")))
        tenant.call(perform("Automation"))
        tenant.soap.assert_all_called()

    def test_calls_can_be_forgotten(self, tenant: Tenant) -> None:
        stub = tenant.soap.extract().respond({"StatusMessage": "mine"})
        tenant.call(EXTRACT)
        tenant.soap.reset()
        assert (tenant.soap.calls, stub.called) == ((), False)
        assert "StatusMessage=mine" in spelt(tenant.call(EXTRACT))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        pytest.param(
            lambda soap: soap.retrieve("Subscribr"),
            'soap.retrieve("Subscribr"): unknown object type "Subscribr".'
            ' Did you mean "Subscriber"?'
            " A type that the catalogue lacks needs an entry [[soap]] in mcscopes.toml.",
            id="object type",
        ),
        pytest.param(
            lambda soap: soap.create("List[k]"),
            'soap.create("List[k]"): unknown object type "List[k]". Did you mean "List"?'
            " A type that the catalogue lacks needs an entry [[soap]] in mcscopes.toml.",
            id="rows of something else",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List", where="ID = 1"),
            "soap.retrieve(\"List\", where='ID = 1'): where is a mapping of properties to values."
            ' Write where={"SubscriberKey": "a"}.',
            id="where",
        ),
        pytest.param(
            lambda soap: soap.create("List", where={"ID": object}),
            "soap.create(\"List\", where={'ID': <class 'object'>}): where: ID is <class 'object'>,"
            " which SOAP has no way to write. Use text, a number, True or False, a date or"
            " datetime, None, or a mapping or list of such.",
            id="where's value",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List").respond({"ID": 1}),
            'soap.retrieve("List").respond takes a list of objects, each a mapping, got'
            " {'ID': 1}. Write respond([{\"ID\": 1}]).",
            id="an object where objects belong",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List").respond([1]),
            'soap.retrieve("List").respond takes a list of objects, each a mapping, got [1].'
            ' Write respond([{"ID": 1}]).',
            id="no objects",
        ),
        pytest.param(
            lambda soap: soap.create("List").respond([{"ID": 1}]),
            'soap.create("List").respond takes a mapping with members of the result, got'
            ' [{\'ID\': 1}]. Write respond({"StatusMessage": "Done"}).',
            id="objects where a result belongs",
        ),
        pytest.param(
            lambda soap: soap.create("List").respond({}, more=[{"ID": 1}]),
            'soap.create("List").respond: Create has no pages. Leave more= out.',
            id="pages of a Create",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List").respond([{"a b": 1}]),
            "soap.retrieve(\"List\").respond: 'a b' cannot be the name of an element. Use a"
            ' property of the SOAP API, as in "SubscriberKey".',
            id="a name",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List").respond([{"Client": {"ID": b"1"}}]),
            "soap.retrieve(\"List\").respond: Client: ID is b'1', which SOAP has no way to write."
            " Use text, a number, True or False, a date or datetime, None, or a mapping or list of"
            " such.",
            id="a value within",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List").respond([{"ListName": "a\x00"}]),
            "soap.retrieve(\"List\").respond: ListName has the character '\\x00', which XML cannot"
            " carry. Leave it out.",
            id="a character",
        ),
        pytest.param(
            lambda soap: soap.describe("List").fail(),
            'soap.describe("List").fail: an answer to Describe has no status. Use'
            ' fail_next("soap", ...).',
            id="a Describe that fails",
        ),
        pytest.param(
            lambda soap: soap.extract().fail(status="OK"),
            "soap.extract().fail: OK is no failure. Use respond(), or another status.",
            id="no failure",
        ),
        pytest.param(
            lambda soap: soap.retrieve("List").fail(code=1),
            'soap.retrieve("List").fail: an answer to Retrieve has no code. Leave it out.',
            id="a Retrieve's code",
        ),
        pytest.param(
            lambda soap: soap.extract().fail(message="\x01"),
            "soap.extract().fail has the character '\\x01', which XML cannot carry. Leave it out.",
            id="a message's character",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make: Make, complaint: str, tenant: Tenant) -> None:
    """A stub that could never answer, or never as written, must not leave a test green."""
    with pytest.raises(ConfigError) as refused:
        make(tenant.soap)
    assert str(refused.value) == f"MCSCOPES: {complaint}"
