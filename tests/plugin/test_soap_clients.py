"""SOAP clients as they are, unmodified, in process and at a port: FuelSDK and zeep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

FUEL = """
import FuelSDK
import pytest

class Fuel:
    '''The SDK, logged in with a scope, as an integration has it.'''

    def __init__(self, tenant, folder, scope):
        # Without a file of its own it keeps the WSDL in site-packages, whosever that is.
        self.client = FuelSDK.ET_Client(params={
            "clientid": tenant.client_id,
            "clientsecret": tenant.client_secret,
            "authenticationurl": tenant.auth_url,
            "useOAuth2Authentication": "True",
            "defaultwsdl": f"{tenant.soap_url}etframework.wsdl",
            "wsdl_file_local_loc": str(folder / "etframework.wsdl"),
            "scope": scope,
        })

    def object(self, kind, **attributes):
        thing = getattr(FuelSDK, kind)()
        thing.auth_stub = self.client
        for name, value in attributes.items():
            setattr(thing, name, value)
        return thing

    def do(self, method, kind, **attributes):
        return getattr(self.object(kind, **attributes), method)()

@pytest.fixture
def log_in(mc_tenant, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where it looks for settings
    return lambda scope: Fuel(mc_tenant, tmp_path, scope)

LISTS_READ, LISTS = "list_and_subscribers_read", "list_and_subscribers_write"
DATA_READ, DATA = "data_extensions_read", "data_extensions_write"
SEND, WRITE = "email_read email_send email_write", "email_write"
LIST = {"ID": 7}
ANN = {"SubscriberKey": "a", "EmailAddress": "a@example.com"}
TRIGGER = {"CustomerKey": "welcome"}
EXTENSION = {
    "props": {"CustomerKey": "k"},
    "columns": [{"Name": "id", "FieldType": "Text"}],
}
ROW = {"CustomerKey": "k", "props": {"id": "1"}}
# What the SDK is told to do, with which scopes that works.
DOES = {
    "subscriber got": (LISTS_READ, "get", "ET_Subscriber", {"props": ["SubscriberKey"]}),
    "subscriber posted": (LISTS, "post", "ET_Subscriber", {"props": ANN}),
    "subscriber patched": (LISTS, "patch", "ET_Subscriber", {"props": ANN}),
    "subscriber deleted": (LISTS, "delete", "ET_Subscriber", {"props": ANN}),
    "list got": (LISTS_READ, "get", "ET_List", {}),
    "list posted": (LISTS, "post", "ET_List", {"props": {"ListName": "News"}}),
    "list patched": (LISTS, "patch", "ET_List", {"props": LIST}),
    "list deleted": (LISTS, "delete", "ET_List", {"props": LIST}),
    "extension got": (DATA_READ, "get", "ET_DataExtension", {}),
    "extension posted": (DATA, "post", "ET_DataExtension", EXTENSION),
    "extension patched": (DATA, "patch", "ET_DataExtension", EXTENSION),
    "extension deleted": (DATA, "delete", "ET_DataExtension", {"props": {"CustomerKey": "k"}}),
    "columns got": (DATA_READ, "get", "ET_DataExtension_Column", {"props": ["Name"]}),
    "rows got": (DATA_READ, "get", "ET_DataExtension_Row", {"Name": "k", "props": ["id"]}),
    "row posted": (DATA, "post", "ET_DataExtension_Row", ROW),
    "row patched": (DATA, "patch", "ET_DataExtension_Row", ROW),
    "row deleted": (DATA, "delete", "ET_DataExtension_Row", ROW),
    "sent": (SEND, "send", "ET_TriggeredSend", {"props": TRIGGER, "subscribers": [ANN]}),
    "send started": (WRITE, "patch", "ET_TriggeredSend", {"props": TRIGGER}),
}

def each_with_its_mark():
    return [
        pytest.param(*row, id=name, marks=pytest.mark.mc_scopes(*row[0].split()))
        for name, row in DOES.items()
    ]
"""
# The SDK leaves the file open that it writes the WSDL to.
CARELESS = ("-W", "ignore::ResourceWarning")
TRUSTED = {
    *("subscriber got", "list got", "columns got", "rows got", "sent"),
    *("extension got", "extension posted", "extension patched", "extension deleted"),
    *("row posted", "row patched", "row deleted"),
}
DOUBTFUL = {
    *("subscriber posted", "subscriber patched", "subscriber deleted"),
    *("list posted", "list patched", "list deleted"),
    "send started",
}


def judge(suite: Suite, tests: str, *args: str) -> dict[str, str]:
    """Run tests of code that uses FuelSDK."""
    suite.pytester.makepyfile(fuel=FUEL)
    return suite.judge(f"from fuel import *\n{tests}", *CARELESS, *args)


def outcomes(names: set[str], outcome: str) -> dict[str, str]:
    return {f"test_it[{name}]": outcome for name in names}


def test_fuelsdk_does_everything_with_just_the_scopes_that_it_needs(suite: Suite) -> None:
    """By rows that are only inferred it cannot be said that they are needed."""
    assert judge(
        suite,
        """
@pytest.mark.parametrize(("scopes", "method", "kind", "attributes"), each_with_its_mark())
def test_it(log_in, scopes, method, kind, attributes):
    answer = log_in(scopes).do(method, kind, **attributes)
    assert (answer.code, answer.status, answer.message) == (200, True, "OK")
""",
    ) == {**outcomes(TRUSTED, "passed"), **outcomes(DOUBTFUL, "passed: note MCS108")}


def test_fuelsdk_without_the_scope_is_refused_and_judged(suite: Suite) -> None:
    """One client for all, as many integrations have it: HTTP 200 all the same."""
    assert judge(
        suite,
        """
@pytest.fixture(scope="module")
def fuel(mc_cloud, tmp_path_factory):
    with mc_cloud.tenant(server=True) as tenant:
        yield Fuel(tenant, tmp_path_factory.mktemp("fuel"), "push_read")

@pytest.mark.mc_scopes("push_read")
@pytest.mark.parametrize(("method", "kind", "attributes"), [
    pytest.param(*row[1:], id=name) for name, row in DOES.items()
])
def test_it(fuel, method, kind, attributes):
    denied = "Error: API Permission Failed."
    answer = fuel.do(method, kind, **attributes)
    assert (answer.code, answer.status, answer.message) == (200, False, denied)
""",
        *("-o", "mc_enforce=all"),
    ) == {**outcomes(TRUSTED, "failed: MCS201"), **outcomes(DOUBTFUL, "passed: note MCS201")}


def test_fuelsdk_reads_what_the_test_has_stubbed(suite: Suite) -> None:
    """Rows, pages, new ids, errors; what it sent is there for the test's own asserts."""
    assert judge(
        suite,
        """
@pytest.mark.mc_scopes("list_and_subscribers_read")
def test_pages(log_in, mc_tenant):
    mc_tenant.soap.retrieve("Subscriber", where={"Status": "Active"}).respond(
        [{"SubscriberKey": "a"}], more=[{"SubscriberKey": "b"}]
    )
    active = {"Property": "Status", "SimpleOperator": "equals", "Value": "Active"}
    subscriber = log_in("list_and_subscribers_read").object(
        "ET_Subscriber", props=["SubscriberKey"], search_filter=active
    )
    first = subscriber.get()
    assert (first.message, first.more_results) == ("MoreDataAvailable", True)
    last = subscriber.getMoreResults()
    assert (last.message, last.more_results) == ("OK", False)
    assert [each.SubscriberKey for each in first.results + last.results] == ["a", "b"]
    asked, again = mc_tenant.soap.calls
    assert (asked.operation, asked.properties) == ("Retrieve", ("SubscriberKey",))
    assert (asked.filter, asked.continues, again.continues) == (again.filter, False, True)

@pytest.mark.mc_scopes("list_and_subscribers_read")
def test_all_that_is_described(log_in, mc_tenant):
    mc_tenant.soap.retrieve("List").respond([{"ID": 7, "ListName": "News"}])
    [found] = log_in("list_and_subscribers_read").do("get", "ET_List").results
    assert (found.ID, found.ListName) == (7, "News")
    assert [each.operation for each in mc_tenant.soap.calls] == ["Describe", "Retrieve"]
    assert {"ID", "ListName"} <= set(mc_tenant.soap.calls[1].properties)
    assert "Client" not in mc_tenant.soap.calls[1].properties

@pytest.mark.mc_scopes("data_extensions_write")
def test_rows(log_in, mc_tenant):
    created = mc_tenant.soap.create("DataExtensionObject", where={"CustomerKey": "k"})
    created.fail(code=2, message="Row exists.")
    answer = log_in("data_extensions_write").do("post", "ET_DataExtension_Row", **ROW)
    assert (answer.code, answer.status, answer.message) == (200, False, "Error")
    [result] = answer.results
    assert (result.StatusCode, result.ErrorCode) == ("Error", 2)
    [call] = created.calls
    assert call.values["Properties"] == {"id": "1"}

@pytest.mark.mc_scopes("email_read", "email_send", "email_write")
def test_send(log_in, mc_tenant):
    mc_tenant.soap.create("TriggeredSend").respond({"NewID": 5})
    answer = log_in(SEND).do("send", "ET_TriggeredSend", props=TRIGGER, subscribers=[ANN])
    assert [each.NewID for each in answer.results] == [5]
    [call] = mc_tenant.soap.calls
    assert call.values["Subscribers"] == [ANN]

def test_describe_and_configure(log_in, mc_tenant):
    fuel = log_in("push_read")
    described = fuel.do("info", "ET_List")
    assert "ListName" in [each.Name for each in described.results[0].Properties]
    assert fuel.do("post", "ET_ProfileAttribute", props={"Name": "Size"}).status
    assert [each.operation for each in mc_tenant.soap.calls] == ["Describe", "Configure"]
""",
    ) == {
        "test_pages": "passed",
        "test_all_that_is_described": "passed",
        "test_rows": "passed",
        "test_send": "passed",
        "test_describe_and_configure": "passed",
    }


def test_fuelsdk_meets_troubles(suite: Suite) -> None:
    """A token of which it thinks that it lives, an outage, a batch of which one is refused."""
    assert judge(
        suite,
        """
@pytest.mark.mc_scopes("list_and_subscribers_read")
def test_expired(log_in, mc_clock):
    fuel = log_in("list_and_subscribers_read")
    mc_clock.advance(minutes=20)  # Marketing Cloud's alone: the SDK does not see it
    answer = fuel.do("get", "ET_List", props=["ID"])
    assert (answer.code, answer.status) == (500, False)
    fuel.client.refresh_token(force_refresh=True)
    assert fuel.do("get", "ET_List", props=["ID"]).status

@pytest.mark.mc_scopes("list_and_subscribers_read")
def test_outage(log_in, mc_tenant):
    mc_tenant.fail_next("soap", "unavailable")
    list_ = log_in("list_and_subscribers_read").object("ET_List", props=["ID"])
    assert list_.get().code == 503
    assert list_.get().code == 200

@pytest.mark.mc_scopes("push_read")
def test_batch(log_in, mc_tenant):
    fuel = log_in("push_read")
    answer = fuel.client.soap_client.service.Create(None, [
        fuel.client.soap_client.factory.create("Program"),
        fuel.client.soap_client.factory.create("DataExtension"),
    ])
    assert [each.StatusCode for each in answer[1].Results] == ["OK", "Error"]
    assert answer[1].OverallStatus == "Has Errors"
""",
    ) == {
        "test_expired": "passed",
        "test_outage": "passed",
        "test_batch": "failed: MCS201",
    }


ZEEP = """
import pytest
import requests
import zeep
from lxml import etree

TOKEN = "{http://exacttarget.com}fueloauth"

class Partner:
    '''The Partner API, by a strict client that reads our WSDL.'''

    def __init__(self, tenant, scope):
        body = {"grant_type": "client_credentials", "client_id": tenant.client_id}
        body |= {"client_secret": tenant.client_secret} | ({"scope": scope} if scope else {})
        auth, soap = (self.host(tenant, kind) for kind in ("auth", "soap"))
        answer = requests.post(f"{auth}v2/token", json=body, timeout=60)
        header = etree.Element(TOKEN)
        header.text = answer.json()["access_token"]
        self.client = zeep.Client(f"{soap}etframework.wsdl")
        self.client.set_default_soapheaders([header])

    def host(self, tenant, kind):
        return f"https://{tenant.subdomain}.{kind}.marketingcloudapis.com/"

    def make(self, kind, **values):
        return self.client.get_type(f"ns0:{kind}")(**values)

    def __getattr__(self, operation):
        return self.client.service[operation]

@pytest.fixture
def log_in(mc_tenant):
    return lambda scope: Partner(mc_tenant, scope)

def definition(partner):
    return {"Definition": [partner.make("Automation", CustomerKey="nightly")]}

CALLS = {
    "Retrieve": ("list_and_subscribers_read", lambda make: {
        "RetrieveRequest": {"ObjectType": "Subscriber", "Properties": ["SubscriberKey"]}
    }),
    "Create": ("data_extensions_write", lambda make: {
        "Objects": [make("DataExtension", Name="Rows", Fields={
            "Field": [make("DataExtensionField", Name="id")]
        })]
    }),
    "Update": ("data_extensions_write", lambda make: {
        "Objects": [make("DataExtension", CustomerKey="k")]
    }),
    "Delete": ("data_extensions_write", lambda make: {
        "Objects": [make("DataExtension", CustomerKey="k")]
    }),
    "Perform": ("automations_execute", lambda make: {
        "Action": "start", "Definitions": {"Definition": [make("Automation", CustomerKey="a")]}
    }),
}
UNJUDGED = {
    "Schedule": lambda make: {
        "Action": "start",
        "Schedule": make("ScheduleDefinition", RecurrenceType="Daily", Occurrences=3),
        "Interactions": {"Interaction": [make("Automation", CustomerKey="a")]},
    },
    "Describe": lambda make: {
        "DescribeRequests": {"ObjectDefinitionRequest": [{"ObjectType": "List"}]}
    },
    "Execute": lambda make: {"Requests": [{"Name": "LogUnsubEvent"}]},
    "Extract": lambda make: {"Requests": [make("ExtractRequest", ID="e")]},
    "Configure": lambda make: {
        "Action": "create",
        "Configurations": {"Configuration": [make("PropertyDefinition", Name="Size")]},
    },
    "Query": lambda make: {"QueryRequest": {"Query": {"Object": make(
        "QueryObject", ObjectType="Email", Properties=["Name"]
    )}}},
    "VersionInfo": lambda make: {"IncludeVersionHistory": True},
    "GetSystemStatus": lambda make: {"Options": make("SystemStatusOptions")},
}
"""


def test_zeep_makes_a_call_of_each_kind(suite: Suite) -> None:
    """It refuses any answer that the WSDL does not allow."""
    suite.pytester.makepyfile(partner=ZEEP)
    assert suite.judge(
        """
        from partner import *

        def status_of(answer):
            return getattr(answer, "OverallStatus", "none")

        @pytest.mark.parametrize(("operation", "scope", "arguments"), [
            pytest.param(name, scope, arguments, id=name, marks=pytest.mark.mc_scopes(scope))
            for name, (scope, arguments) in CALLS.items()
        ])
        def test_exact(log_in, mc_tenant, operation, scope, arguments):
            partner = log_in(scope)
            answer = getattr(partner, operation)(**arguments(partner.make))
            assert (answer.OverallStatus, len(answer.RequestID)) == ("OK", 36)
            assert [call.operation for call in mc_tenant.soap.calls] == [operation]

        @pytest.mark.mc_scopes("push_read")
        @pytest.mark.parametrize(("operation", "arguments"), [
            pytest.param(name, arguments, id=name) for name, (_, arguments) in CALLS.items()
        ])
        def test_wrong(log_in, mc_tenant, operation, arguments):
            partner = log_in("push_read")
            answer = getattr(partner, operation)(**arguments(partner.make))
            assert answer.OverallStatus == "Error: API Permission Failed."
            assert mc_tenant.soap.calls == ()

        def test_others(log_in, mc_tenant):
            partner = log_in("push_read")
            answers = {
                name: getattr(partner, name)(**arguments(partner.make))
                for name, arguments in UNJUDGED.items()
            }
            told = {name: status_of(answer) for name, answer in answers.items()}
            none = dict.fromkeys(["Describe", "VersionInfo"], "none")
            assert told == dict.fromkeys(UNJUDGED, "OK") | none
            assert [call.operation for call in mc_tenant.soap.calls] == list(UNJUDGED)

        @pytest.mark.mc_scopes("list_and_subscribers_read")
        def test_stubbed(log_in, mc_tenant):
            mc_tenant.soap.retrieve("Subscriber").respond(
                [{"ID": 7, "SubscriberKey": "a", "Lists": [{"ID": 3}]}]
            )
            partner = log_in("list_and_subscribers_read")
            [found] = partner.Retrieve(RetrieveRequest={"ObjectType": "Subscriber"}).Results
            assert (type(found).__name__, found.ID, found.Lists[0].ID) == ("Subscriber", 7, 3)

        def test_fault(log_in, mc_tenant):
            partner = log_in("push_read")
            mc_tenant.fail_next("soap", "unauthorized")
            with pytest.raises(zeep.exceptions.Fault, match="^Token Expired$") as raised:
                partner.VersionInfo(IncludeVersionHistory=True)
            assert raised.value.code.endswith("Security")
        """
    ) == {
        **{f"test_exact[{each}]": "passed" for each in ("Retrieve", "Create", "Update")},
        **{f"test_exact[{each}]": "passed" for each in ("Delete", "Perform")},
        **{f"test_wrong[{each}]": "failed: MCS201" for each in ("Retrieve", "Create", "Update")},
        **{f"test_wrong[{each}]": "failed: MCS201" for each in ("Delete", "Perform")},
        "test_others": "passed",
        "test_stubbed": "passed",
        "test_fault": "passed",
    }


TAP = """
from partner import *

READ = "list_and_subscribers_read"

class Tap(Partner):
    def __init__(self, tenant, scope):
        super().__init__(tenant, scope)
        [header] = self.client._default_soapheaders
        one = zeep.xsd.Element("_value_1", zeep.xsd.String(), nillable=False)
        kind = zeep.xsd.Element(TOKEN, zeep.xsd.ComplexType([one]))
        self.client.set_default_soapheaders([kind(header.text)])

    def read(self):
        return self.Retrieve(RetrieveRequest={"ObjectType": "Subscriber"}).OverallStatus

@pytest.mark.mc_scopes(READ)
def test_exact(mc_tenant):
    assert Tap(mc_tenant, READ).read() == "OK"

@pytest.mark.mc_scopes(READ)
def test_over_asking(mc_tenant):
    assert Tap(mc_tenant, f"{READ} email_send").read() == "OK"

@pytest.mark.mc_scopes(READ)
def test_omitted(mc_tenant):
    assert Tap(mc_tenant, "").read() == "OK"

@pytest.mark.mc_scopes("email_send")
def test_denied(mc_tenant):
    assert Tap(mc_tenant, "email_send").read() == "Error: API Permission Failed."
"""
TOLD = [
    'MCS102 excess scope: email_send Request scope="list_and_subscribers_read" instead.',
    "requested everything assigned (no scope parameter) granted 86 scopes",
    "used list_and_subscribers_read SOAP Subscriber Retrieve (attested A)",
    (
        "MCS201 denied call: SOAP Subscriber Retrieve (attested A) needs"
        " list_and_subscribers_read; the token has email_send; over SOAP such a denial comes as"
        " HTTP 200,"
    ),
]
AT_A_PORT = """
def host(self, tenant, kind):
    return getattr(tenant, f"{kind}_url")

Partner.host = host
"""


@pytest.mark.parametrize(
    "tap",
    [
        pytest.param(TAP, id="in process"),
        pytest.param(TAP.replace("mc_tenant", "mc_server") + AT_A_PORT, id="at a port"),
    ],
)
def test_a_tap_puts_its_token_into_a_child_element(tap: str, suite: Suite) -> None:
    """By zeep, as a widely used tap does; the token is judged as any other."""
    suite.pytester.makepyfile(partner=ZEEP)
    result = suite.run(tap)
    assert suite.told(result) == {
        "test_exact": "passed",
        "test_over_asking": "failed: MCS102",
        "test_omitted": "failed: MCS101",
        "test_denied": "failed: MCS201",
    }
    shown = " ".join(result.stdout.str().split())
    for text in TOLD:
        assert text in shown, result.stdout.str()
