"""The WSDL that the SOAP host serves, as real clients read it: suds, zeep and FuelSDK.

Nothing is served here: the clients load it from a file, what they send is kept,
and they are given an answer that was prepared.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import urlopen

import pytest
import requests
import suds.client  # type: ignore[import-untyped]
import suds.transport  # type: ignore[import-untyped]
import zeep
import zeep.transports
from lxml import etree

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.soap.wsdl import Property, properties_of, wsdl_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOAP_URL = "https://mcexample.soap.marketingcloudapis.com/"
SERVICE = f"{SOAP_URL}Service.asmx"
PARTNER_API = "http://exacttarget.com/wsdl/partnerAPI"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
XML_TYPE = "text/xml; charset=utf-8"
OBJECT_TYPES = sorted({row.object_type for row in load_catalogue().soap_rows} - {"(any)"})


class Made(NamedTuple):
    """An object of the SOAP API, before a client builds it its own way."""

    type: str
    values: dict[str, Any]


def made(kind: str, /, **values: object) -> Made:
    """Write an object of the SOAP API."""
    return Made(kind, values)


@dataclass(kw_only=True)
class Wire:
    """Where a client's calls end: they are kept, and answered as prepared."""

    answers: dict[str, str] = field(default_factory=dict)
    """The content of the SOAP body by operation."""
    sent: list[str] = field(default_factory=list)
    """What was asked, without its XML: see `spelt`."""

    def post(self, url: str, action: str | bytes, message: bytes) -> bytes:
        """Keep a call and answer it."""
        operation = (action if isinstance(action, str) else action.decode()).strip('"')
        body = etree.fromstring(message).find("{*}Body")
        assert url.casefold() == SERVICE.casefold()
        assert body is not None
        self.sent.append(f"{operation} {spelt(body[0])}")
        return (
            '<?xml version="1.0" encoding="utf-8"?><soap:Envelope'
            ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xmlns="{PARTNER_API}"><soap:Body>{self.answers[operation]}</soap:Body>'
            "</soap:Envelope>"
        ).encode()


def spelt(element: etree._Element) -> str:
    """Spell an element as `Name:Type{Child=text ...}`, whatever its prefixes are."""
    tag = etree.QName(element)
    assert tag.namespace == PARTNER_API
    name = tag.localname
    if kind := element.get(XSI_TYPE):
        prefix, _, local = kind.rpartition(":")
        assert element.nsmap[prefix or None] == PARTNER_API
        name = f"{name}:{local}"
    if len(element):
        return f"{name}{{{' '.join(map(spelt, element))}}}"
    return f"{name}={element.text or ''}"


class SudsTransport(suds.transport.Transport):  # type: ignore[misc]
    """Opens files and sends to the wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire

    def open(self, request: Any) -> Any:  # noqa: ANN401 (suds has no types)
        return urlopen(request.url)  # noqa: S310 (a file's URL)

    def send(self, request: Any) -> Any:  # noqa: ANN401 (suds has no types)
        action = request.headers["SOAPAction"]
        message = self.wire.post(request.url, action, request.message)
        return suds.transport.Reply(200, {}, message)


class ZeepTransport(zeep.transports.Transport):
    """Sends to the wire; zeep opens files by itself."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.wire = wire

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = XML_TYPE
        response._content = self.wire.post(address, headers["SOAPAction"], message)  # noqa: SLF001
        return response


class SudsClient:
    def __init__(self, path: Path, wire: Wire) -> None:
        self.wire = wire
        transport = SudsTransport(wire)
        self.client = suds.client.Client(path.as_uri(), cache=None, transport=transport)

    def build(self, kind: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 (suds makes classes)
        built = self.client.factory.create(kind)
        for name, value in values.items():
            assert hasattr(built, name)
            setattr(built, name, value)
        return built

    def knows(self, kind: str) -> list[str]:
        return [name for name, _ in self.client.factory.create(kind)]

    def call(self, operation: str, **arguments: object) -> Any:  # noqa: ANN401
        return getattr(self.client.service, operation)(**arguments)


class ZeepClient:
    def __init__(self, path: Path, wire: Wire) -> None:
        self.wire = wire
        self.client: Any = zeep.Client(  # type: ignore[no-untyped-call]
            str(path), transport=ZeepTransport(wire)
        )

    def build(self, kind: str, values: dict[str, Any]) -> Any:  # noqa: ANN401
        return self.client.get_type(f"ns0:{kind}")(**values)

    def knows(self, kind: str) -> list[str]:
        return [name for name, _ in self.client.get_type(f"ns0:{kind}").elements]

    def call(self, operation: str, **arguments: object) -> Any:  # noqa: ANN401
        return self.client.service[operation](**arguments)


Client = SudsClient | ZeepClient


@pytest.fixture(scope="module")
def wsdl_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The WSDL of a tenant, in a file."""
    path = tmp_path_factory.mktemp("wsdl") / "etframework.wsdl"
    path.write_bytes(wsdl_for(SOAP_URL))
    return path


@pytest.fixture(scope="module", params=[SudsClient, ZeepClient], ids=["suds", "zeep"])
def loaded(request: pytest.FixtureRequest, wsdl_file: Path) -> Client:
    """A client that has read the WSDL: once, for it takes a while."""
    client: Client = request.param(wsdl_file, Wire())
    return client


@pytest.fixture
def client(loaded: Client) -> Client:
    """The client with nothing sent yet."""
    loaded.wire.sent.clear()
    loaded.wire.answers.clear()
    return loaded


def build(client: Client, value: Any) -> Any:  # noqa: ANN401
    """Let a client build what was written with `made`, at any depth."""
    match value:
        case Made(kind, values):
            return client.build(kind, {name: build(client, one) for name, one in values.items()})
        case dict():
            return {name: build(client, one) for name, one in value.items()}
        case list():
            return [build(client, one) for one in value]
    return value


class Row(NamedTuple):
    """One call: what is asked, what goes over the wire, what comes back, how that is read."""

    asked: dict[str, Any]
    sent: str
    answer: str
    read: Callable[[Any], object]
    read_as: tuple[object, object]


TASK = "<StatusCode>OK</StatusCode><Task><StatusCode>OK</StatusCode><ID>7</ID></Task>"
ANN = made(
    "Subscriber",
    EmailAddress="a@example.com",
    Attributes=[made("Attribute", Name="First", Value="Ann")],
    SubscriberKey="a",
    Lists=[made("SubscriberList", ID=7)],
)
FILTER = made(
    "ComplexFilterPart",
    LeftOperand=made(
        "SimpleFilterPart", Property="Status", SimpleOperator="equals", Value=["Held"]
    ),
    LogicalOperator="AND",
    RightOperand=made(
        "SimpleFilterPart", Property="SubscriberKey", SimpleOperator="IN", Value=["a", "b"]
    ),
)
FILTER_SENT = (
    "Filter:ComplexFilterPart{LeftOperand:SimpleFilterPart"
    "{Property=Status SimpleOperator=equals Value=Held} LogicalOperator=AND"
    " RightOperand:SimpleFilterPart{Property=SubscriberKey SimpleOperator=IN Value=a Value=b}}"
)
CALLS = {
    "Create": Row(
        {
            "Options": made(
                "CreateOptions",
                SaveOptions={
                    "SaveOption": [made("SaveOption", PropertyName="*", SaveAction="UpdateAdd")]
                },
                RequestType="Synchronous",
            ),
            "Objects": [ANN],
        },
        "CreateRequest{Options{SaveOptions{SaveOption{PropertyName=* SaveAction=UpdateAdd}}"
        " RequestType=Synchronous} Objects:Subscriber{EmailAddress=a@example.com"
        " Attributes{Name=First Value=Ann} SubscriberKey=a Lists{ID=7}}}",
        "<CreateResponse><Results><StatusCode>OK</StatusCode><NewID>3</NewID>"
        '<Object xsi:type="Subscriber"><ID>3</ID><SubscriberKey>a</SubscriberKey></Object>'
        "</Results><RequestID>r</RequestID><OverallStatus>OK</OverallStatus></CreateResponse>",
        lambda answer: (answer.Results[0].NewID, answer.Results[0].Object.SubscriberKey),
        (3, "a"),
    ),
    "Retrieve": Row(
        {
            "RetrieveRequest": made(
                "RetrieveRequest",
                ClientIDs=[made("ClientID", ID=100)],
                ObjectType="Subscriber",
                Properties=["SubscriberKey", "Status"],
                Filter=FILTER,
                QueryAllAccounts=True,
                Options=made("RetrieveOptions", BatchSize=50),
            )
        },
        "RetrieveRequestMsg{RetrieveRequest{ClientIDs{ID=100} ObjectType=Subscriber"
        f" Properties=SubscriberKey Properties=Status {FILTER_SENT} QueryAllAccounts=true"
        " Options{BatchSize=50}}}",
        "<RetrieveResponseMsg><OverallStatus>MoreDataAvailable</OverallStatus>"
        '<RequestID>r</RequestID><Results xsi:type="Subscriber"><PartnerKey xsi:nil="true"/>'
        "<CreatedDate>2026-11-21T08:00:00</CreatedDate><SubscriberKey>a</SubscriberKey>"
        "<Status>Active</Status></Results></RetrieveResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results[0].SubscriberKey),
        ("MoreDataAvailable", "a"),
    ),
    "Update": Row(
        {
            "Options": made("UpdateOptions", QueuePriority="High"),
            "Objects": [
                made(
                    "DataExtensionObject",
                    CustomerKey="rows",
                    Keys={"Key": [made("APIProperty", Name="id", Value="1")]},
                    Properties={"Property": [made("APIProperty", Name="name", Value="Ann")]},
                )
            ],
        },
        "UpdateRequest{Options{QueuePriority=High} Objects:DataExtensionObject{CustomerKey=rows"
        " Keys{Key{Name=id Value=1}} Properties{Property{Name=name Value=Ann}}}}",
        '<UpdateResponse><Results xsi:type="DataExtensionUpdateResult">'
        "<StatusCode>Error</StatusCode><ErrorMessage>no such row</ErrorMessage><KeyErrors>"
        "<KeyError><Name>id</Name><ErrorCode>70001</ErrorCode></KeyError></KeyErrors></Results>"
        "<RequestID>r</RequestID><OverallStatus>Error</OverallStatus></UpdateResponse>",
        lambda answer: (
            answer.Results[0].ErrorMessage,
            answer.Results[0].KeyErrors.KeyError[0].Name,
        ),
        ("no such row", "id"),
    ),
    "Delete": Row(
        {
            "Options": made("DeleteOptions", Client=made("ClientID", ID=100)),
            "Objects": [made("List", ID=7)],
        },
        "DeleteRequest{Options{Client{ID=100}} Objects:List{ID=7}}",
        "<DeleteResponse><Results><StatusCode>OK</StatusCode><OrdinalID>0</OrdinalID>"
        "</Results><RequestID>r</RequestID><OverallStatus>OK</OverallStatus></DeleteResponse>",
        lambda answer: (answer.OverallStatus, answer.Results[0].OrdinalID),
        ("OK", 0),
    ),
    "Query": Row(
        {
            "QueryRequest": made(
                "QueryRequest",
                Query=made(
                    "Query",
                    Object=made("QueryObject", ObjectType="Email", Properties=["Name"]),
                    Filter=FILTER,
                ),
            )
        },
        "QueryRequestMsg{QueryRequest{Query{Object{ObjectType=Email Properties=Name}"
        f" {FILTER_SENT}}}}}}}",
        "<QueryResponseMsg><OverallStatus>OK</OverallStatus><RequestID>r</RequestID>"
        '<Results xsi:type="Email"><Name>Receipt</Name></Results></QueryResponseMsg>',
        lambda answer: (answer.OverallStatus, answer.Results[0].Name),
        ("OK", "Receipt"),
    ),
    "Describe": Row(
        {
            "DescribeRequests": made(
                "ArrayOfObjectDefinitionRequest",
                ObjectDefinitionRequest=[made("ObjectDefinitionRequest", ObjectType="List")],
            )
        },
        "DefinitionRequestMsg{DescribeRequests{ObjectDefinitionRequest{ObjectType=List}}}",
        "<DefinitionResponseMsg><ObjectDefinition><ObjectType>List</ObjectType><Properties>"
        "<PartnerKey/><Name>ListName</Name><DataType>String</DataType>"
        "<IsUpdatable>true</IsUpdatable><IsRetrievable>true</IsRetrievable></Properties>"
        "</ObjectDefinition><RequestID>r</RequestID></DefinitionResponseMsg>",
        lambda answer: (
            answer.ObjectDefinition[0].ObjectType,
            answer.ObjectDefinition[0].Properties[0].IsRetrievable,
        ),
        ("List", True),
    ),
    "Execute": Row(
        {
            "Requests": [
                made(
                    "ExecuteRequest",
                    Name="LogUnsubEvent",
                    Parameters=[made("APIProperty", Name="SubscriberKey", Value="a")],
                )
            ]
        },
        "ExecuteRequestMsg{Requests{Name=LogUnsubEvent Parameters{Name=SubscriberKey Value=a}}}",
        "<ExecuteResponseMsg><OverallStatus>OK</OverallStatus><RequestID>r</RequestID><Results>"
        "<StatusCode>OK</StatusCode><StatusMessage>Event posted</StatusMessage></Results>"
        "</ExecuteResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results[0].StatusMessage),
        ("OK", "Event posted"),
    ),
    "Perform": Row(
        {
            "Options": made("PerformOptions", Explanation="weekly"),
            "Action": "start",
            "Definitions": {"Definition": [made("QueryDefinition", ObjectID="q")]},
        },
        "PerformRequestMsg{Options{Explanation=weekly} Action=start"
        " Definitions{Definition:QueryDefinition{ObjectID=q}}}",
        f"<PerformResponseMsg><Results><Result>{TASK}</Result></Results>"
        "<OverallStatus>OK</OverallStatus><OverallStatusMessage/><RequestID>r</RequestID>"
        "</PerformResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results.Result[0].Task.ID),
        ("OK", "7"),
    ),
    "Configure": Row(
        {
            "Action": "create",
            "Configurations": {
                "Configuration": [made("PropertyDefinition", Name="Size", IsRequired=False)]
            },
        },
        "ConfigureRequestMsg{Action=create Configurations{Configuration:PropertyDefinition"
        "{Name=Size IsRequired=false}}}",
        "<ConfigureResponseMsg><Results><Result><StatusCode>OK</StatusCode>"
        '<Object xsi:type="PropertyDefinition"><Name>Size</Name></Object></Result></Results>'
        "<OverallStatus>OK</OverallStatus><RequestID>r</RequestID></ConfigureResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results.Result[0].Object.Name),
        ("OK", "Size"),
    ),
    "Schedule": Row(
        {
            "Action": "start",
            "Schedule": made(
                "ScheduleDefinition",
                Recurrence=made(
                    "DailyRecurrence", DailyRecurrencePatternType="Interval", DayInterval=1
                ),
                RecurrenceType="Daily",
                Occurrences=3,
            ),
            "Interactions": {"Interaction": [made("Automation", CustomerKey="nightly")]},
        },
        "ScheduleRequestMsg{Action=start Schedule{Recurrence:DailyRecurrence"
        "{DailyRecurrencePatternType=Interval DayInterval=1} RecurrenceType=Daily Occurrences=3}"
        " Interactions{Interaction:Automation{CustomerKey=nightly}}}",
        f"<ScheduleResponseMsg><Results><Result>{TASK}</Result></Results>"
        "<OverallStatus>OK</OverallStatus><RequestID>r</RequestID></ScheduleResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results.Result[0].Task.ID),
        ("OK", "7"),
    ),
    "VersionInfo": Row(
        {"IncludeVersionHistory": True},
        "VersionInfoRequestMsg{IncludeVersionHistory=true}",
        "<VersionInfoResponseMsg><VersionInfo><Version>1.0</Version></VersionInfo>"
        "<RequestID>r</RequestID></VersionInfoResponseMsg>",
        lambda answer: (answer.RequestID, answer.VersionInfo.Version),
        ("r", "1.0"),
    ),
    "Extract": Row(
        {
            "Requests": [
                made(
                    "ExtractRequest",
                    ID="e",
                    Parameters={
                        "Parameter": [made("ExtractParameter", Name="Format", Value="csv")]
                    },
                )
            ]
        },
        "ExtractRequestMsg{Requests{ID=e Parameters{Parameter{Name=Format Value=csv}}}}",
        "<ExtractResponseMsg><OverallStatus>OK</OverallStatus><RequestID>r</RequestID><Results>"
        "<StatusCode>OK</StatusCode></Results></ExtractResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results[0].StatusCode),
        ("OK", "OK"),
    ),
    "GetSystemStatus": Row(
        {"Options": made("SystemStatusOptions", RequestType="Synchronous")},
        "SystemStatusRequestMsg{Options{RequestType=Synchronous}}",
        "<SystemStatusResponseMsg><Results><Result><StatusCode>OK</StatusCode>"
        "<SystemStatus>OK</SystemStatus></Result></Results><OverallStatus>OK</OverallStatus>"
        "<RequestID>r</RequestID></SystemStatusResponseMsg>",
        lambda answer: (answer.OverallStatus, answer.Results.Result[0].SystemStatus),
        ("OK", "OK"),
    ),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_client_makes_each_call(client: Client, operation: str) -> None:
    row = CALLS[operation]
    client.wire.answers[operation] = row.answer
    answer = client.call(operation, **build(client, row.asked))
    assert client.wire.sent == [f"{operation} {row.sent}"]
    assert row.read(answer) == row.read_as


def answer_of(operation: str) -> str:
    """Write the shortest good answer to Create, Update or Delete."""
    return (
        f"<{operation}Response><Results><StatusCode>OK</StatusCode></Results>"
        f"<RequestID>r</RequestID><OverallStatus>OK</OverallStatus></{operation}Response>"
    )


@pytest.mark.parametrize("object_type", OBJECT_TYPES)
def test_a_client_sends_and_reads_each_object_of_the_catalogue(
    client: Client, object_type: str
) -> None:
    """Its properties are written in the order of `properties_of`: zeep insists on the WSDL's."""
    texts = [p.name for p in properties_of(object_type) if p.type == "string" and not p.many]
    client.wire.answers["Create"] = answer_of("Create")
    client.wire.answers["Retrieve"] = (
        "<RetrieveResponseMsg><OverallStatus>OK</OverallStatus><RequestID>r</RequestID>"
        f'<Results xsi:type="{object_type}">'
        + "".join(f"<{name}>{name}</{name}>" for name in texts)
        + "</Results></RetrieveResponseMsg>"
    )
    client.call("Create", Objects=[client.build(object_type, {"CustomerKey": "k"})])
    answer = client.call("Retrieve", RetrieveRequest={"ObjectType": object_type})
    (result,) = answer.Results
    assert client.wire.sent == [
        f"Create CreateRequest{{Objects:{object_type}{{CustomerKey=k}}}}",
        f"Retrieve RetrieveRequestMsg{{RetrieveRequest{{ObjectType={object_type}}}}}",
    ]
    assert type(result).__name__ == object_type
    assert {name: getattr(result, name) for name in texts} == {name: name for name in texts}


def test_a_client_knows_the_properties_of_whatever_is_described(client: Client) -> None:
    for kind in names_of("{http://www.w3.org/2001/XMLSchema}complexType"):
        assert (kind, client.knows(kind)) == (kind, [one.name for one in properties_of(kind)])


def names_of(tag: str) -> list[str]:
    """List the names of all elements with this tag in the WSDL."""
    elements = etree.fromstring(wsdl_for(SOAP_URL)).iter(tag)
    return [name for element in elements if (name := element.get("name"))]


def test_the_calls_above_are_all_that_there_are() -> None:
    """Each operation is declared and bound, and its SOAPAction is its name."""
    names = names_of("{http://schemas.xmlsoap.org/wsdl/}operation")
    actions = [
        element.get("soapAction", "")
        for element in etree.fromstring(wsdl_for(SOAP_URL)).iter(
            "{http://schemas.xmlsoap.org/wsdl/soap/}operation"
        )
    ]
    assert sorted(names) == sorted([*CALLS, *CALLS])
    assert sorted(actions) == sorted(CALLS)


@pytest.mark.parametrize(
    ("soap_url", "address"),
    [
        pytest.param(SOAP_URL, SERVICE, id="in process"),
        pytest.param(
            "http://127.0.0.1:8080/", "http://127.0.0.1:8080/Service.asmx", id="on a port"
        ),
        pytest.param(
            'http://[::1]/?a=1&b=<2>"/', 'http://[::1]/?a=1&b=<2>"/Service.asmx', id="to be escaped"
        ),
    ],
)
def test_the_address_is_the_tenant_s(soap_url: str, address: str) -> None:
    tree = etree.fromstring(wsdl_for(soap_url))
    (element,) = tree.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert element.get("location") == address


def test_properties_are_told_with_what_they_hold() -> None:
    """Inherited ones come first, as on the wire; a wrapped list is told with its items."""
    told = {one.name: one for one in properties_of("DataExtension")}
    assert list(told)[:3] == ["Client", "PartnerKey", "PartnerProperties"]
    assert told["CategoryID"] == Property(name="CategoryID", type="long", many=False)
    assert told["Client"] == Property(name="Client", type="ClientID", many=False)
    assert told["PartnerProperties"] == Property(
        name="PartnerProperties", type="APIProperty", many=True
    )
    assert told["Fields"] == Property(
        name="Fields",
        type=None,
        many=False,
        wraps=Property(name="Field", type="DataExtensionField", many=True),
    )


@pytest.mark.parametrize("object_type", OBJECT_TYPES)
def test_each_object_of_the_catalogue_has_what_all_objects_have(object_type: str) -> None:
    shared = properties_of("APIObject")
    assert len(shared) == 12
    assert properties_of(object_type)[:12] == shared


def test_an_unknown_object_has_no_properties() -> None:
    assert properties_of("Subscribr") == ()


class Token:
    """The answer of the auth host, as far as FuelSDK reads it."""

    def json(self) -> dict[str, object]:
        return {
            "access_token": "a token",
            "expires_in": 86_400,  # it logs in again shortly before
            "soap_instance_url": SOAP_URL,
            "rest_instance_url": "https://mcexample.rest.marketingcloudapis.com/",
        }


@dataclass(kw_only=True)
class Fuel:
    """FuelSDK with its one client, whose SOAP calls end at the wire."""

    module: Any
    client: Any
    wire: Wire

    def do(self, method: str, kind: str, **attributes: object) -> Any:  # noqa: ANN401 (no types)
        """Fill one of its objects in, and have it do something."""
        thing = getattr(self.module, kind)()
        thing.auth_stub = self.client
        for name, value in attributes.items():
            setattr(thing, name, value)
        return getattr(thing, method)()


@pytest.fixture(scope="module")
def logged_in(wsdl_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """FuelSDK's client: it reads the WSDL once, for it takes a while.

    It is imported late because it patches suds for the whole process.
    """
    module = importlib.import_module("FuelSDK")
    settings = {
        "clientid": "id",
        "clientsecret": "secret",
        "authenticationurl": "https://mcexample.auth.marketingcloudapis.com/",
        "useOAuth2Authentication": "True",
        "defaultwsdl": "https://mcexample.soap.marketingcloudapis.com/etframework.wsdl",
        "wsdl_file_local_loc": str(wsdl_file),
        "baseapiurl": "https://mcexample.rest.marketingcloudapis.com/",
        "soapendpoint": SERVICE,
    }
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.chdir(home)
        patch.setenv("HOME", str(home))
        patch.setattr(requests, "post", lambda *_, **__: Token())
        return module.ET_Client(params=settings)


@pytest.fixture
def fuel(logged_in: Any) -> Fuel:  # noqa: ANN401
    """FuelSDK, logged in, with nothing sent yet."""
    answers = {name: row.answer for name, row in CALLS.items()}
    answers |= {name: answer_of(name) for name in ("Create", "Update", "Delete")}
    wire = Wire(answers=answers)
    logged_in.soap_client.set_options(transport=SudsTransport(wire))
    return Fuel(module=importlib.import_module("FuelSDK"), client=logged_in, wire=wire)


ONE_KEY = {"Property": "SubscriberKey", "SimpleOperator": "equals", "Value": "a"}
SINCE = {"Property": "CreatedDate", "SimpleOperator": "greaterThan", "DateValue": "2026-11-21"}


@pytest.mark.parametrize(
    ("method", "kind", "attributes", "sent"),
    [
        pytest.param(
            "post",
            "ET_Subscriber",
            {
                "props": {
                    "EmailAddress": "a@example.com",
                    "Attributes": [{"Name": "First", "Value": "Ann"}],
                    "Status": "Active",
                    "Lists": [{"ID": 7}],
                }
            },
            "Create CreateRequest{Objects:Subscriber{EmailAddress=a@example.com"
            " Attributes{Name=First Value=Ann} Status=Active Lists{ID=7}}}",
            id="subscriber posted",
        ),
        pytest.param(
            "patch",
            "ET_Subscriber",
            {"props": {"SubscriberKey": "a", "Status": "Unsubscribed"}},
            "Update UpdateRequest{Objects:Subscriber{SubscriberKey=a Status=Unsubscribed}}",
            id="subscriber patched",
        ),
        pytest.param(
            "delete",
            "ET_Subscriber",
            {"props": {"SubscriberKey": "a"}},
            "Delete DeleteRequest{Objects:Subscriber{SubscriberKey=a}}",
            id="subscriber deleted",
        ),
        pytest.param(
            "get",
            "ET_Subscriber",
            {"props": ["SubscriberKey"], "search_filter": ONE_KEY},
            "Retrieve RetrieveRequestMsg{RetrieveRequest{ObjectType=Subscriber"
            " Properties=SubscriberKey Filter:SimpleFilterPart"
            "{Property=SubscriberKey SimpleOperator=equals Value=a}}}",
            id="subscriber got by filter",
        ),
        pytest.param(
            "get",
            "ET_Subscriber",
            {
                "props": ["SubscriberKey"],
                "search_filter": {
                    "LeftOperand": ONE_KEY,
                    "LogicalOperator": "AND",
                    "RightOperand": SINCE,
                },
            },
            "Retrieve RetrieveRequestMsg{RetrieveRequest{ObjectType=Subscriber"
            " Properties=SubscriberKey Filter:ComplexFilterPart{LeftOperand:SimpleFilterPart"
            "{Property=SubscriberKey SimpleOperator=equals Value=a} LogicalOperator=AND"
            " RightOperand:SimpleFilterPart{Property=CreatedDate SimpleOperator=greaterThan"
            " DateValue=2026-11-21}}}}",
            id="subscriber got by two filters",
        ),
        pytest.param(
            "get",
            "ET_List",
            {},
            "Retrieve RetrieveRequestMsg{RetrieveRequest{ObjectType=List Properties=ListName}}",
            id="list got with what Describe tells",
        ),
        pytest.param(
            "info",
            "ET_List",
            {},
            "Describe DefinitionRequestMsg{DescribeRequests"
            "{ObjectDefinitionRequest{ObjectType=List}}}",
            id="list described",
        ),
        pytest.param(
            "getMoreResults",
            "ET_List",
            {"last_request_id": "r"},
            "Retrieve RetrieveRequestMsg{RetrieveRequest{ContinueRequest=r}}",
            id="next page",
        ),
        pytest.param(
            "post",
            "ET_List",
            {"props": {"ListName": "News", "Description": "Weekly", "Type": "Private"}},
            "Create CreateRequest{Objects:List{ListName=News Type=Private Description=Weekly}}",
            id="list posted",
        ),
        pytest.param(
            "post",
            "ET_Folder",
            {"props": {"Name": "New", "ContentType": "EMAIL", "ParentFolder": {"ID": 3}}},
            "Create CreateRequest{Objects:DataFolder"
            "{ParentFolder{ID=3} Name=New ContentType=EMAIL}}",
            id="folder posted",
        ),
        pytest.param(
            "post",
            "ET_DataExtension",
            {
                "props": {"CustomerKey": "rows", "Name": "Rows"},
                "columns": [
                    {"Name": "id", "FieldType": "Text", "IsPrimaryKey": "true", "MaxLength": "9"},
                    {"Name": "sum", "FieldType": "Number"},
                ],
            },
            "Create CreateRequest{Objects:DataExtension{CustomerKey=rows Name=Rows Fields{Field"
            "{Name=id MaxLength=9 IsPrimaryKey=true FieldType=Text}"
            " Field{Name=sum FieldType=Number}}}}",
            id="data extension posted",
        ),
        pytest.param(
            "patch",
            "ET_DataExtension",
            {"props": {"CustomerKey": "rows"}, "columns": [{"Name": "new"}]},
            "Update UpdateRequest{Objects:DataExtension{CustomerKey=rows Fields{Field{Name=new}}}}",
            id="data extension patched",
        ),
        pytest.param(
            "delete",
            "ET_DataExtension",
            {"props": {"CustomerKey": "rows"}},
            "Delete DeleteRequest{Objects:DataExtension{CustomerKey=rows}}",
            id="data extension deleted",
        ),
        pytest.param(
            "get",
            "ET_DataExtension_Column",
            {"props": ["Name"]},
            "Retrieve RetrieveRequestMsg{RetrieveRequest{ObjectType=DataExtensionField"
            " Properties=Name}}",
            id="columns got",
        ),
        pytest.param(
            "get",
            "ET_DataExtension_Row",
            {"Name": "Rows", "props": ["id"]},
            "Retrieve RetrieveRequestMsg{RetrieveRequest{ObjectType=DataExtensionObject[Rows]"
            " Properties=id}}",
            id="rows got",
        ),
        pytest.param(
            "post",
            "ET_DataExtension_Row",
            {"CustomerKey": "rows", "props": {"id": "1", "name": "Ann"}},
            "Create CreateRequest{Objects:DataExtensionObject{CustomerKey=rows Properties"
            "{Property{Name=id Value=1} Property{Name=name Value=Ann}}}}",
            id="row posted",
        ),
        pytest.param(
            "patch",
            "ET_DataExtension_Row",
            {"CustomerKey": "rows", "props": {"id": "1"}},
            "Update UpdateRequest{Objects:DataExtensionObject{CustomerKey=rows Properties"
            "{Property{Name=id Value=1}}}}",
            id="row patched",
        ),
        pytest.param(
            "delete",
            "ET_DataExtension_Row",
            {"CustomerKey": "rows", "props": {"id": "1"}},
            "Delete DeleteRequest{Objects:DataExtensionObject{CustomerKey=rows Keys"
            "{Key{Name=id Value=1}}}}",
            id="row deleted",
        ),
        pytest.param(
            "send",
            "ET_TriggeredSend",
            {
                "props": {"CustomerKey": "welcome"},
                "subscribers": [{"EmailAddress": "a@example.com", "SubscriberKey": "a"}],
            },
            "Create CreateRequest{Objects:TriggeredSend{TriggeredSendDefinition"
            "{CustomerKey=welcome} Subscribers{EmailAddress=a@example.com SubscriberKey=a}}}",
            id="triggered send sent",
        ),
        pytest.param(
            "patch",
            "ET_TriggeredSend",
            {"props": {"CustomerKey": "welcome", "TriggeredSendStatus": "Active"}},
            "Update UpdateRequest{Objects:TriggeredSendDefinition"
            "{CustomerKey=welcome TriggeredSendStatus=Active}}",
            id="triggered send started",
        ),
        pytest.param(
            "post",
            "ET_ProfileAttribute",
            {"props": {"Name": "Size"}},
            # Its own way: the whole message goes where the action belongs.
            "Configure ConfigureRequestMsg{Action{Action=create Configurations"
            "{Configuration:PropertyDefinition{Name=Size}}}}",
            id="profile attribute posted",
        ),
    ],
)
def test_fuelsdk_works_with_it(
    fuel: Fuel, method: str, kind: str, attributes: dict[str, object], sent: str
) -> None:
    answer = fuel.do(method, kind, **attributes)
    assert fuel.wire.sent[-1] == sent
    assert answer.code == 200
    assert answer.results


def test_fuelsdk_refuses_a_property_that_an_object_lacks(fuel: Fuel) -> None:
    with pytest.raises(Exception, match=r"^Colour is not a property of Subscriber$"):
        fuel.do("post", "ET_Subscriber", props={"Colour": "red"})
