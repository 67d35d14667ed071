"""SOAP requests as the clients of the field send them, read into plain values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcscopes.cloud.soap.envelope import (
    Envelope,
    find_tokens,
    read_envelope,
    version_by_type,
)
from pytest_mcscopes.cloud.soap.message_parser import EnvelopeError
from pytest_mcscopes.cloud.soap.messages import ComplexFilter, SimpleFilter
from pytest_mcscopes.cloud.soap.operations import Operation
from pytest_mcscopes.cloud.soap.xml import XmlRefused

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
PARTNER = "http://exacttarget.com/wsdl/partnerAPI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
TOKEN = "CanaryTokenNobodyMaySee"
ONE = f'<VersionInfoRequestMsg xmlns="{PARTNER}"/>'
HEADER = f'<Header><fueloauth xmlns="http://exacttarget.com">{TOKEN}</fueloauth></Header>'


def read(text: str, content_type: str = "text/xml", coding: str = "") -> Envelope:
    return read_envelope(text.encode(), content_type, coding, 1 << 20)


def envelope(body: str, header: str = HEADER) -> str:
    """Write what the npm clients do: a default namespace, the Body first."""
    names = f'xmlns="{SOAP_11}" xmlns:xsi="{XSI}"'
    return f"<Envelope {names}><Body>{body}</Body>{header}</Envelope>"


def message(name: str, content: str) -> str:
    return envelope(f'<{name} xmlns="{PARTNER}">{content}</{name}>')


def retrieve(content: str) -> str:
    return message("RetrieveRequestMsg", f"<RetrieveRequest>{content}</RetrieveRequest>")


def refusal(text: str) -> str:
    with pytest.raises(EnvelopeError) as refused:
        read(text)
    assert str(refused.value) == refused.value.reason
    return refused.value.reason


# What each client sends, but for names and values. FuelSDK-Python is built upon
# suds, which declares SOAP twice and writes all in one line.
SUDS = f"""<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP_11}" xmlns:xsi="{XSI}" xmlns:etns="http://exacttarget.com"
 xmlns:ns0="{PARTNER}" xmlns:ns1="{SOAP_11}"><SOAP-ENV:Header>
<etns:fueloauth>{TOKEN}</etns:fueloauth></SOAP-ENV:Header><ns1:Body>%s</ns1:Body></SOAP-ENV:Envelope>"""
ZEEP = f"""<?xml version='1.0' encoding='utf-8'?>
<soap-env:Envelope xmlns:soap-env="{SOAP_11}"><soap-env:Header><ns0:fueloauth
 xmlns:ns0="http://exacttarget.com">{TOKEN}</ns0:fueloauth></soap-env:Header><soap-env:Body>%s
</soap-env:Body></soap-env:Envelope>"""
# By hand, after the vendor's own samples: SOAP 1.2, WS-Addressing of 2004.
WCF = f"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="{SOAP_12}" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">
  <s:Header>
    <a:Action s:mustUnderstand="1">Retrieve</a:Action>
    <a:MessageID>urn:uuid:7e0cca04-57bd-4481-864c-6ea8039d2ea0</a:MessageID>
    <a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>
    <a:To s:mustUnderstand="1">https://mc.soap.marketingcloudapis.com/Service.asmx</a:To>
    <fueloauth xmlns="http://exacttarget.com">
      {TOKEN}
    </fueloauth>
  </s:Header>
  <s:Body xmlns:xsi="{XSI}" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
    <RetrieveRequestMsg xmlns="{PARTNER}">
      <RetrieveRequest>
        <ObjectType>
          Email
        </ObjectType>
        <Properties>ID</Properties>
      </RetrieveRequest>
    </RetrieveRequestMsg>
  </s:Body>
</s:Envelope>"""

SUBSCRIBER = SimpleFilter(property="SubscriberKey", operator="equals", values=("a",))
OF_SUDS = """<ns0:{0} xsi:type="ns0:SimpleFilterPart"><ns0:Property>SubscriberKey</ns0:Property>
<ns0:SimpleOperator>equals</ns0:SimpleOperator><ns0:Value>a</ns0:Value></ns0:{0}>"""


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        pytest.param(
            SUDS
            % f"""<ns0:RetrieveRequestMsg><ns0:RetrieveRequest>
            <ns0:ObjectType>Subscriber</ns0:ObjectType>
            <ns0:Properties>ID</ns0:Properties><ns0:Properties>EmailAddress</ns0:Properties>
            <ns0:Filter xsi:type="ns0:ComplexFilterPart">{OF_SUDS.format("LeftOperand")}
            <ns0:LogicalOperator>AND</ns0:LogicalOperator>{OF_SUDS.format("RightOperand")}
            <ns0:AdditionalOperands>{OF_SUDS.format("Operand")}</ns0:AdditionalOperands></ns0:Filter>
            <ns0:Options/></ns0:RetrieveRequest></ns0:RetrieveRequestMsg>""",
            [
                Operation(
                    name="Retrieve",
                    object_type="Subscriber",
                    properties=("ID", "EmailAddress"),
                    filter=ComplexFilter(operator="AND", operands=(SUBSCRIBER,) * 3),
                )
            ],
            id="FuelSDK get",
        ),
        pytest.param(
            SUDS
            % """<ns0:RetrieveRequestMsg><ns0:RetrieveRequest>
            <ns0:ContinueRequest>r-1</ns0:ContinueRequest>
            </ns0:RetrieveRequest></ns0:RetrieveRequestMsg>""",
            [Operation(name="Retrieve", continues="r-1")],
            id="FuelSDK more results",
        ),
        pytest.param(
            SUDS
            % """<ns0:CreateRequest><ns0:Options/><ns0:Objects xsi:type="ns0:Subscriber">
            <ns0:EmailAddress>a@example.com</ns0:EmailAddress><ns0:Attributes><ns0:Name>x</ns0:Name>
            <ns0:Value>y</ns0:Value></ns0:Attributes></ns0:Objects></ns0:CreateRequest>""",
            [
                Operation(
                    name="Create",
                    object_type="Subscriber",
                    values={
                        "EmailAddress": "a@example.com",
                        "Attributes": {"Name": "x", "Value": "y"},
                    },
                )
            ],
            id="FuelSDK post",
        ),
        pytest.param(
            SUDS
            % """<ns0:DefinitionRequestMsg><ns0:DescribeRequests><ns0:ObjectDefinitionRequest>
            <ns0:ObjectType>Subscriber</ns0:ObjectType></ns0:ObjectDefinitionRequest>
            </ns0:DescribeRequests></ns0:DefinitionRequestMsg>""",
            [Operation(name="Describe", object_type="Subscriber")],
            id="FuelSDK describe",
        ),
        pytest.param(
            ZEEP
            % f"""<ns0:UpdateRequest xmlns:ns0="{PARTNER}"><ns0:Options><ns0:SaveOptions>
            <ns0:SaveOption><ns0:PropertyName>*</ns0:PropertyName><ns0:SaveAction>UpdateAdd</ns0:SaveAction>
            </ns0:SaveOption></ns0:SaveOptions></ns0:Options><ns0:Objects xmlns:xsi="{XSI}"
            xsi:type="ns0:DataExtensionObject"><ns0:CustomerKey>k</ns0:CustomerKey></ns0:Objects>
            <ns0:Objects xmlns:xsi="{XSI}" xsi:type="ns0:List"/></ns0:UpdateRequest>""",
            [
                Operation(
                    name="Update",
                    object_type="DataExtensionObject",
                    values={"CustomerKey": "k"},
                    upsert=True,
                ),
                Operation(name="Update", object_type="List", upsert=True),
            ],
            id="zeep",
        ),
        pytest.param(
            message(
                "DeleteRequest",
                '<Options/><Objects xsi:type="List"><ID>1</ID></Objects>',
            ),
            [Operation(name="Delete", object_type="List", values={"ID": "1"})],
            id="fuel-soap delete",
        ),
        pytest.param(
            message(
                "PerformRequestMsg",
                """<Action>start</Action><Definitions><Definition xsi:type="QueryDefinition">
                <ObjectID>1</ObjectID></Definition></Definitions>""",
            ),
            [
                Operation(
                    name="Perform",
                    object_type="QueryDefinition",
                    values={"ObjectID": "1"},
                    action="start",
                )
            ],
            id="sfmc-sdk perform",
        ),
        pytest.param(
            message(
                "ScheduleRequestMsg",
                """<Action>start</Action><Options/><Schedule><RecurrenceType>Daily</RecurrenceType>
                </Schedule><Interactions><Interaction xsi:type="Automation"><ObjectID>1</ObjectID>
                </Interaction></Interactions><Interactions><Interaction xsi:type="Automation"/>
                </Interactions>""",
            ),
            [
                Operation(
                    name="Schedule",
                    object_type="Automation",
                    values={"ObjectID": "1"},
                    action="start",
                ),
                Operation(name="Schedule", object_type="Automation", action="start"),
            ],
            id="sfmc-sdk schedule",
        ),
        pytest.param(
            WCF,
            [Operation(name="Retrieve", object_type="Email", properties=("ID",))],
            id="by hand",
        ),
    ],
)
def test_clients(text: str, operations: list[Operation]) -> None:
    """All of them mean the same, however they write it."""
    read_one = read(text)
    assert ([*read_one.operations], read_one.token) == (operations, TOKEN)


def test_what_surrounds_a_message() -> None:
    """Its version, its addresses, and no user name."""
    read_one = read(WCF)
    assert read_one.version == "1.2"
    assert read_one.action == "Retrieve"
    assert read_one.message_id == "urn:uuid:7e0cca04-57bd-4481-864c-6ea8039d2ea0"
    assert not read_one.has_username
    bare = read(message("VersionInfoRequestMsg", ""))
    assert (bare.version, bare.action, bare.message_id) == ("1.1", None, None)


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(read(WCF))


USERNAME = (
    f'<Security xmlns="{WSSE}"><UsernameToken><Username>u</Username></UsernameToken></Security>'
)


@pytest.mark.parametrize(
    ("header", "who"),
    [
        pytest.param("", (None, False), id="no Header"),
        pytest.param("<Header/>", (None, False), id="nothing in it"),
        pytest.param(HEADER.replace(TOKEN, "  "), (None, False), id="blank"),
        pytest.param(HEADER.replace(TOKEN, f"\n{TOKEN}\t"), (TOKEN, False), id="spaces around"),
        pytest.param(
            HEADER.replace(TOKEN, TOKEN[:3] + "<!---->" + TOKEN[3:]), (TOKEN, False), id="whole"
        ),
        pytest.param(f"<Header>{USERNAME}</Header>", (None, True), id="user name"),
        pytest.param(
            f'<Header><Security xmlns="{WSSE}"/></Header>', (None, False), id="no user name"
        ),
        pytest.param(HEADER.replace("</Header>", USERNAME + "</Header>"), (TOKEN, True), id="both"),
    ],
)
def test_who_calls(header: str, who: tuple[str | None, bool]) -> None:
    """The token is the `fueloauth` header; a user name may stand beside it."""
    read_one = read(envelope(f'<QueryRequestMsg xmlns="{PARTNER}"/>', header))
    assert (read_one.token, read_one.has_username) == who


BARE = "<fueloauth>{}</fueloauth>"
IN_ET = '<fueloauth xmlns="http://exacttarget.com">{}</fueloauth>'


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(BARE, id="as the vendor's page has it: in the namespace of SOAP"),
        pytest.param('<fueloauth xmlns="">{}</fueloauth>', id="in none"),
        pytest.param(IN_ET, id="in that of the SDKs"),
        pytest.param('<e:fueloauth xmlns:e="http://exacttarget.com">{}</e:fueloauth>', id="prefix"),
        pytest.param(f'<fueloauth xmlns="{PARTNER}">{{}}</fueloauth>', id="in that of the API"),
        pytest.param('<x:fueloauth xmlns:x="urn:x">{}</x:fueloauth>', id="in one of nobody"),
        pytest.param(
            '<n:fueloauth xmlns:n="http://exacttarget.com"><n:_value_1>{}</n:_value_1></n:fueloauth>',
            id="as a Singer tap does by zeep",
        ),
        pytest.param("<fueloauth>\n <_value_1>\n {}\n </_value_1>\n</fueloauth>", id="indented"),
        pytest.param("<fueloauth><a><b>{}</b></a></fueloauth>", id="deeper"),
        pytest.param("<fueloauth>\r\n\t{}  </fueloauth>", id="blanks around"),
        pytest.param("<fueloauth><![CDATA[{}]]></fueloauth>", id="CDATA"),
        pytest.param("<fueloauth> <![CDATA[ {} ]]> </fueloauth>", id="CDATA with blanks"),
        pytest.param("<fueloauth><!-- the token -->{}<!-- ends --></fueloauth>", id="comments"),
        pytest.param("<fueloauth><?a b?>{}</fueloauth>", id="a processing instruction"),
        pytest.param('<fueloauth a="1" xsi:nil="false">{}</fueloauth>', id="attributes"),
        pytest.param(BARE + BARE, id="twice the same"),
        pytest.param(BARE + IN_ET, id="in both namespaces"),
        pytest.param("<fueloauth><a>{0}</a><b>{0}</b></fueloauth>", id="twice inside"),
        pytest.param(f"<To xmlns='urn:a'>x</To>{BARE}", id="behind another header"),
        pytest.param(f"{BARE}<To xmlns='urn:a'>x</To>", id="before another header"),
        pytest.param(BARE + USERNAME, id="before a user name"),
        pytest.param(USERNAME + BARE, id="behind a user name"),
    ],
)
def test_a_token_is_found_however_it_is_written(written: str) -> None:
    """Clients of the field differ in all but the name of the header."""
    header = f"<Header>{written.format(*[TOKEN] * 2)}</Header>"
    assert read(envelope(ONE, header)).token == TOKEN
    assert TOKEN in find_tokens(header.encode()), "what cannot be read may be redacted all the same"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("", id="no header"),
        pytest.param("<fueloauth/>", id="empty"),
        pytest.param("<fueloauth>  <a/> </fueloauth>", id="an empty child"),
        pytest.param("<fueloauth/><fueloauth/>", id="twice empty"),
        pytest.param(f"<fuelOAuth>{TOKEN}</fuelOAuth>", id="another name"),
        pytest.param(f"<a><fueloauth>{TOKEN}</fueloauth></a>", id="in another header"),
    ],
)
def test_no_token_is_made_up(written: str) -> None:
    assert read(envelope(ONE, f"<Header>{written}</Header>")).token is None


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        pytest.param(BARE.format("a") + BARE.format("b"), ("a", "b"), id="two"),
        pytest.param(BARE.format("a") + IN_ET.format("b"), ("a", "b"), id="two namespaces"),
        pytest.param("<fueloauth/>" + BARE.format("a"), ("", "a"), id="one is empty"),
        pytest.param("<fueloauth>a<b>b</b></fueloauth>", ("a", "b"), id="inside of one"),
        pytest.param("<fueloauth><a>a</a><b>b</b></fueloauth>", ("a", "b"), id="in its children"),
    ],
)
def test_tokens_that_differ_are_refused(written: str, tokens: tuple[str, ...]) -> None:
    """Nobody could tell which one counts; both were presented."""
    with pytest.raises(EnvelopeError, match="several fueloauth that differ; send one") as refused:
        read(envelope(ONE, f"<Header>{written}</Header>"))
    assert (refused.value.version, refused.value.tokens) == ("1.1", tokens)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<fueloauth></fueloauth><Action>Retrieve</Action>", id="empty"),
        pytest.param(b"<fueloauth/><Action>Retrieve</Action>", id="closed at once"),
        pytest.param(b"<e:fueloauth a='1' />\n<Action>Retrieve</Action>", id="with an attribute"),
        pytest.param(b"<fueloauth><a/></fueloauth><Action>Retrieve</Action>", id="in a child"),
        pytest.param(b"<fueloauth" * 50_000, id="never closed"),
        pytest.param(b"<fueloauth>" * 50_000, id="in each other"),
    ],
)
def test_what_stands_behind_an_empty_header_is_no_token(body: bytes) -> None:
    assert find_tokens(body) == ()


@pytest.mark.parametrize(
    ("content_type", "version"),
    [
        ("application/soap+xml; charset=utf-8", "1.2"),
        ("Application/SOAP+XML", "1.2"),
        ("text/xml", "1.1"),
        ("", "1.1"),
    ],
)
def test_the_version_of_what_cannot_be_read(content_type: str, version: str) -> None:
    assert version_by_type(content_type) == version


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("ExecuteRequestMsg", "Execute"),
        ("ExtractRequestMsg", "Extract"),
        ("ConfigureRequestMsg", "Configure"),
        ("QueryRequestMsg", "Query"),
        ("VersionInfoRequestMsg", "VersionInfo"),
        ("SystemStatusRequestMsg", "GetSystemStatus"),
    ],
)
def test_operations_that_are_not_simulated(name: str, operation: str) -> None:
    """They are read all the same, as they stand."""
    [read_one] = read(message(name, "<Inner><Name>a</Name><Name>b</Name></Inner>")).operations
    assert (read_one.name, read_one.object_type) == (operation, "")
    assert read_one.values == {"Inner": {"Name": ["a", "b"]}}


@pytest.mark.parametrize(
    ("content", "operation"),
    [
        pytest.param(
            "<ObjectType>DataExtensionObject[my key]</ObjectType>",
            Operation(name="Retrieve", object_type="DataExtensionObject", data_extension="my key"),
            id="rows",
        ),
        pytest.param(
            "<ObjectType>DataExtensionObject [ a[b] ]</ObjectType>",
            Operation(name="Retrieve", object_type="DataExtensionObject", data_extension="a[b]"),
            id="rows of a key with brackets",
        ),
        pytest.param(
            "<ObjectType>dataextensionobject[a\nb]</ObjectType>",
            Operation(name="Retrieve", object_type="dataextensionobject", data_extension="a\nb"),
            id="rows in another case, of a key with two lines",
        ),
        pytest.param(
            "<ObjectType>Subscriber[a]</ObjectType>",
            Operation(name="Retrieve", object_type="Subscriber[a]"),
            id="brackets that mean nothing",
        ),
        pytest.param(
            "<ObjectType>Email</ObjectType><ContinueRequest>r-1</ContinueRequest>",
            Operation(name="Retrieve", object_type="Email", continues="r-1"),
            id="continued, with its type",
        ),
        pytest.param(
            """<ClientIDs><ID>1</ID></ClientIDs><ClientIDs><ClientID>2</ClientID></ClientIDs>
            <ClientIDs><ClientID>4</ClientID><ID>3</ID></ClientIDs><ClientIDs/>
            <ObjectType>Email</ObjectType><QueryAllAccounts>true</QueryAllAccounts>
            <ContinueRequest xsi:nil="true"/><Options><BatchSize>5</BatchSize></Options>""",
            Operation(name="Retrieve", object_type="Email"),
            id="accounts and options, which change nothing",
        ),
        pytest.param(
            """<ObjectType>Email</ObjectType><QueryAllAccounts>false</QueryAllAccounts>
            <Filter xsi:type="SimpleFilterPart"><Property>CreatedDate</Property>
            <SimpleOperator>between</SimpleOperator><Value> a </Value><DateValue>b</DateValue>
            <DateValue/></Filter>""",
            Operation(
                name="Retrieve",
                object_type="Email",
                filter=SimpleFilter(
                    property="CreatedDate", operator="between", values=(" a ", "b", "")
                ),
            ),
            id="values as they are",
        ),
    ],
)
def test_retrieve(content: str, operation: Operation) -> None:
    """What is asked for, and how it is filtered."""
    assert read(retrieve(content)).operations == (operation,)


def test_fields() -> None:
    """Text, None where nil, dictionaries, and lists where a name comes repeatedly."""
    content = """<Objects xsi:type="Subscriber"><A>1</A><B/><C xsi:nil="true">x</C>
        <D><E>1</E></D><D><E>2</E></D><D xsi:nil="1"/><F><G><H>3</H></G></F></Objects>"""
    [read_one] = read(message("CreateRequest", content)).operations
    assert read_one.values == {
        "A": "1",
        "B": "",
        "C": None,
        "D": [{"E": "1"}, {"E": "2"}, None],
        "F": {"G": {"H": "3"}},
    }
    assert read_one.object_type == "Subscriber"


def test_a_type_goes_by_its_namespace() -> None:
    """Another prefix of the same namespace will do."""
    content = f'<Objects xmlns:x="{PARTNER}" xmlns="" xsi:type="x:List"/>'
    body = f'<x:CreateRequest xmlns:x="{PARTNER}">{content}</x:CreateRequest>'
    body = body.replace("<Objects", "<x:Objects")
    assert read(envelope(body)).operations == (Operation(name="Create", object_type="List"),)


ADDRESSED = '<Action xmlns="http://www.w3.org/2005/08/addressing">Retrieve</Action>'
FILTER = '<ObjectType>Email</ObjectType><Filter xsi:type="{}">{}</Filter>'
BELONGS = f"it belongs to {PARTNER}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "<html/>", 'the body is "html" of namespace ""; send a SOAP envelope', id="no envelope"
        ),
        pytest.param(
            f'<envelope xmlns="{SOAP_11}"/>',
            f'the body is "envelope" of namespace "{SOAP_11}"; send a SOAP envelope',
            id="a small letter",
        ),
        pytest.param(
            '<Envelope xmlns="http://www.w3.org/2001/12/soap-envelope"/>',
            'the body is "Envelope" of namespace "http://www.w3.org/2001/12/soap-envelope";'
            " send a SOAP envelope",
            id="no SOAP",
        ),
        pytest.param(f'<Envelope xmlns="{SOAP_11}"/>', "the envelope has no Body", id="no Body"),
        pytest.param(
            retrieve("<ObjectType>DataExtensionObject[ ]</ObjectType>"),
            "DataExtensionObject[] names no data extension",
            id="rows of nothing",
        ),
        pytest.param(
            f'<e:Envelope xmlns:e="{SOAP_11}"><Body xmlns="{SOAP_12}"/></e:Envelope>',
            "the envelope has no Body",
            id="another SOAP",
        ),
        pytest.param(
            f'<Envelope xmlns="{SOAP_11}"><Body>{ONE}</Body><Body/></Envelope>',
            "Envelope has more than one Body",
            id="two Bodies",
        ),
        pytest.param(
            f'<Envelope xmlns="{SOAP_11}"><Header/><Body>{ONE}</Body><Header/></Envelope>',
            "Envelope has more than one Header",
            id="two Headers",
        ),
        pytest.param(
            envelope(""), "the Body has 0 elements; send one message in it", id="empty Body"
        ),
        pytest.param(
            envelope(ONE + ONE),
            "the Body has 2 elements; send one message in it",
            id="two messages",
        ),
        pytest.param(
            message("RetreiveRequestMsg", ""),
            f'the Body has "RetreiveRequestMsg" of namespace "{PARTNER}"; send a message of'
            f' {PARTNER}. Did you mean "RetrieveRequestMsg"?',
            id="mistyped",
        ),
        pytest.param(
            message("ContinueRequestMsg", "<ContinueRequest>r-1</ContinueRequest>"),
            f'the Body has "ContinueRequestMsg" of namespace "{PARTNER}"; send a message of'
            f" {PARTNER}. To go on with a Retrieve send RetrieveRequestMsg with ContinueRequest"
            " in it.",
            id="of no such message",
        ),
        pytest.param(
            envelope(ONE, f"<Header>{ADDRESSED}{ADDRESSED}</Header>"),
            "the Header has more than one Action",
            id="two actions",
        ),
        pytest.param(
            envelope('<CreateRequest xmlns="urn:x"/>'),
            f'the Body has "CreateRequest" of namespace "urn:x"; send a message of {PARTNER}.',
            id="no partner",
        ),
        pytest.param(
            message("CreateRequest", '<Objects xmlns="" xsi:type="List"/>'),
            f'"Objects" in "CreateRequest" has the namespace ""; {BELONGS}',
            id="objects of nobody",
        ),
        pytest.param(
            retrieve('<ObjectType>Email</ObjectType><Options><a xmlns="urn:x"/></Options>'),
            f'"a" in "Options" has the namespace "urn:x"; {BELONGS}',
            id="something of nobody",
        ),
        pytest.param(
            message("CreateRequest", "<Options/>"),
            "CreateRequest has no Objects: there is nothing to do",
            id="no Objects",
        ),
        pytest.param(
            message("CreateRequest", "<Objects><Name>n</Name></Objects>"),
            '"Objects" has no xsi:type: it must say what it is',
            id="no type",
        ),
        pytest.param(
            message("CreateRequest", '<Objects xmlns:x="urn:x" xsi:type="x:List"/>'),
            f'xsi:type List of "Objects" has the namespace "urn:x"; {BELONGS}',
            id="a type of nobody",
        ),
        pytest.param(
            message("RetrieveRequestMsg", ""),
            "RetrieveRequestMsg has no RetrieveRequest",
            id="no RetrieveRequest",
        ),
        pytest.param(
            retrieve("<ObjectType> </ObjectType><Properties>ID</Properties>"),
            "RetrieveRequest has neither ObjectType nor ContinueRequest",
            id="no ObjectType",
        ),
        pytest.param(
            retrieve("<ObjectType>Email</ObjectType><ObjectType>List</ObjectType>"),
            "RetrieveRequest has more than one ObjectType",
            id="two ObjectTypes",
        ),
        pytest.param(
            retrieve("<ObjectType>Email<a/></ObjectType>"),
            '"ObjectType" has elements in it, where text belongs',
            id="no text",
        ),
        pytest.param(
            retrieve("<ObjectType>Email</ObjectType><Filter/>"),
            '"Filter" has no xsi:type: it must say what it is',
            id="Filter without type",
        ),
        pytest.param(
            retrieve(FILTER.format("TagFilterPart", "")),
            '"Filter" has xsi:type TagFilterPart; send a SimpleFilterPart or a ComplexFilterPart',
            id="another filter",
        ),
        pytest.param(
            retrieve(FILTER.format("SimpleFilterPart", "<Property>a</Property>")),
            "Filter has no SimpleOperator",
            id="filter without operator",
        ),
        pytest.param(
            retrieve(FILTER.format("ComplexFilterPart", "<LogicalOperator>OR</LogicalOperator>")),
            "Filter has no LeftOperand",
            id="filter without operands",
        ),
        pytest.param(
            message("PerformRequestMsg", '<Definitions><Definition xsi:type="a"/></Definitions>'),
            "PerformRequestMsg has no Action",
            id="no Action",
        ),
        pytest.param(
            message("PerformRequestMsg", "<Action>start</Action><Definitions/>"),
            "PerformRequestMsg has no Definition: there is nothing to do",
            id="no Definition",
        ),
        pytest.param(
            message("ScheduleRequestMsg", "<Action>start</Action>"),
            "ScheduleRequestMsg has no Interaction: there is nothing to do",
            id="no Interaction",
        ),
        pytest.param(
            message("DefinitionRequestMsg", "<DescribeRequests/>"),
            "DefinitionRequestMsg has no ObjectDefinitionRequest",
            id="nothing to describe",
        ),
    ],
)
def test_what_is_no_message_is_refused(text: str, reason: str) -> None:
    """Each with what is wrong, and what would be right."""
    assert refusal(text) == reason


@pytest.mark.parametrize(
    "content_type",
    [
        "text/xml",
        "text/xml; charset=utf-8",
        'Text/XML;charset="UTF-8"',
        'application/soap+xml; charset=utf-8; action="Retrieve"',
        "application/xml",
    ],
)
@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_headers(content_type: str, coding: str) -> None:
    """Either version of SOAP comes with the media type of either."""
    assert read(WCF, content_type, coding).token == TOKEN


@pytest.mark.parametrize(
    ("content_type", "coding", "reason"),
    [
        pytest.param(
            "",
            "",
            "the Content-Type is missing; send text/xml; charset=utf-8",
            id="no type",
        ),
        pytest.param(
            "application/json",
            "",
            'the Content-Type is "application/json"; send text/xml; charset=utf-8',
            id="another type",
        ),
        pytest.param(
            "text/xml; charset=utf-7",
            "",
            'the body is UTF-8, and its Content-Type says "utf-7": send UTF-8 or UTF-16,'
            " and say so",
            id="another charset",
        ),
        pytest.param(
            "text/xml",
            "gzip",
            'the body has the Content-Encoding "gzip": send it as it is',
            id="packed",
        ),
        pytest.param(
            "text/xml",
            "identity, br",
            'the body has the Content-Encoding "identity, br": send it as it is',
            id="packed last",
        ),
    ],
)
def test_headers_that_are_refused(content_type: str, coding: str, reason: str) -> None:
    """Before the body is looked at: nothing is guessed, and nothing is inflated."""
    with pytest.raises(XmlRefused) as refused:
        read(WCF, content_type, coding)
    assert (refused.value.status, refused.value.reason) == (415, reason)


@given(st.data())
def test_nothing_else_is_raised(data: st.DataObject) -> None:
    """Whatever becomes of a body on its way, it is read or refused in words."""
    body = data.draw(st.sampled_from([WCF, SUDS, retrieve(FILTER)])).encode()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    wrong = data.draw(st.sampled_from([b"", b"<a/>", b"&a;", b"\0", b"\xff", body[start:end] * 2]))
    try:
        words: str = (
            read_envelope(body[:start] + wrong + body[end:], "text/xml", "", 1 << 20)
            .operations[0]
            .name
        )
    except (EnvelopeError, XmlRefused) as refused:
        words = refused.reason
    assert words
