"""SOAP in inner suites: what a test is answerable for, what it is told, its stubs and its users."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from suites import Suite

SOAP = '''
import re

import pytest
from asking import API, CLIENT, ask, call, consent, exchange, retrieving, soap as post

UPDATE_ADD = """
<Options><SaveOptions><SaveOption>
<PropertyName>*</PropertyName><SaveAction>UpdateAdd</SaveAction>
</SaveOption></SaveOptions></Options>
"""
DENIED = "Error: API Permission Failed."

def scopes(*names, **more):
    return pytest.mark.mc_scopes(*names, **more)

def status(answer):
    """What clients look at; the HTTP status is 200 also where a call was denied."""
    assert answer.status_code == 200
    return re.search("<OverallStatus>(.*?)</", answer.text)[1]

def retrieve(tenant, token, kind="Subscriber"):
    return status(post(tenant, token, retrieving(kind)))

def create(tenant, token, *kinds, options=""):
    objects = "".join(f'<Objects xsi:type="{each}"><Name>a</Name></Objects>' for each in kinds)
    return status(post(tenant, token, f"<CreateRequest {API}>{options}{objects}</CreateRequest>"))

def version(tenant, token):
    return post(tenant, token, f"<VersionInfoRequestMsg {API}/>").status_code
'''
READ = "list_and_subscribers_read"
WRITE = "list_and_subscribers_write"
DENIED = "Error: API Permission Failed."


@pytest.fixture
def soap(suite: Suite) -> Suite:
    """An inner suite that sends envelopes."""
    suite.pytester.makepyfile(soap=SOAP)
    return suite


def written(source: str) -> str:
    """Put the imports before the tests of a suite."""
    return f"import pytest\nfrom soap import *\n{dedent(source)}"


def printed(soap: Suite, source: str, *args: str) -> str:
    """Give all that a run prints, blanks and breaks made one."""
    return re.sub(r"\s+", " ", soap.run(written(source), *args).stdout.str())


def test_write_is_never_excess_where_vendors_ask_for_it_to_read_rows(soap: Suite) -> None:
    outcomes = soap.judge(
        written("""
        BOTH = "data_extensions_read data_extensions_write"

        @pytest.mark.mc_least_privilege
        def test_least(mc_tenant):
            assert retrieve(mc_tenant, ask(mc_tenant, BOTH), "DataExtensionObject[k]") == "OK"

        @scopes(*BOTH.split())
        def test_declared(mc_tenant):
            assert retrieve(mc_tenant, ask(mc_tenant, BOTH), "DataExtensionObject[k]") == "OK"

        @scopes("data_extensions_read")
        def test_read_alone(mc_tenant):
            token = ask(mc_tenant, "data_extensions_read")
            assert retrieve(mc_tenant, token, "DataExtensionObject[k]") == "OK"

        @scopes("data_extensions_write")
        def test_without_read(mc_tenant):
            token = ask(mc_tenant, "data_extensions_write")
            assert retrieve(mc_tenant, token, "DataExtensionObject[k]") == DENIED
        """)
    )
    assert outcomes == {
        "test_least": "failed: MCS108",
        "test_declared": "passed: note MCS108",
        "test_read_alone": "passed",
        "test_without_read": "failed: MCS201",
    }


def test_calls_are_judged_as_those_of_the_rest_host_are(soap: Suite) -> None:
    outcomes = soap.judge(
        written("""
        @pytest.mark.mc_least_privilege
        def test_always_available(mc_tenant):
            assert retrieve(mc_tenant, ask(mc_tenant, ""), "TrackingEvent") == "OK"

        @pytest.mark.mc_least_privilege
        def test_always_available_and_a_scope(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, "email_read"), "TrackingEvent")

        @pytest.mark.mc_least_privilege
        def test_always_available_and_all_scopes(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant), "TrackingEvent")

        @scopes("email_read")
        def test_always_available_shows_nothing(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, "email_read"), "TrackingEvent")

        @pytest.mark.mc_no_token
        def test_no_token_is_not_a_token_without_scopes(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, ""), "TrackingEvent")

        @pytest.mark.mc_no_token
        def test_handed_a_token(mc_tenant):
            assert retrieve(mc_tenant, mc_tenant.issue_token([]), "TrackingEvent") == "OK"

        def mixed(tenant, token):
            kinds = "Subscriber", "TrackingEvent", "DataExtension"
            return [retrieve(tenant, token, each) for each in kinds]

        BOTH = "data_extensions_read", "list_and_subscribers_read"

        @scopes(*BOTH)
        def test_mixed(mc_tenant):
            assert mixed(mc_tenant, ask(mc_tenant, " ".join(BOTH))) == ["OK"] * 3

        @pytest.mark.mc_least_privilege
        def test_mixed_without_a_list(mc_tenant):
            assert mixed(mc_tenant, ask(mc_tenant, " ".join(BOTH))) == ["OK"] * 3

        @scopes(*BOTH)
        def test_mixed_and_too_little(mc_tenant):
            assert mixed(mc_tenant, ask(mc_tenant, BOTH[0])) == [DENIED, "OK", "OK"]

        @scopes(*BOTH, "email_read")
        def test_mixed_and_too_much(mc_tenant):
            mixed(mc_tenant, ask(mc_tenant, " ".join([*BOTH, "email_read"])))

        @scopes(*BOTH)
        def test_mixed_and_more(mc_tenant):
            mixed(mc_tenant, ask(mc_tenant, " ".join([*BOTH, "email_read"])))

        @scopes("data_extensions_write", "list_and_subscribers_write")
        def test_batch(mc_tenant):
            token = ask(mc_tenant, "data_extensions_write list_and_subscribers_write")
            assert create(mc_tenant, token, "DataExtension", "Subscriber", "Program") == "OK"

        @scopes("data_extensions_write")
        def test_batch_with_one_denied(mc_tenant):
            kinds = "DataExtension", "TriggeredSend", "DataExtension"
            token = ask(mc_tenant, "data_extensions_write")
            assert create(mc_tenant, token, *kinds) == "Has Errors"

        @scopes("email_send", "data_extensions_read")
        def test_rest_and_soap(mc_tenant):
            token = ask(mc_tenant, "email_send data_extensions_read")
            assert call(mc_tenant, token) == 200
            assert retrieve(mc_tenant, token, "DataExtension") == "OK"

        @scopes("data_extensions_read")
        def test_unknown(mc_tenant):
            token = ask(mc_tenant, "data_extensions_read")
            assert retrieve(mc_tenant, token, "DataExtension") == "OK"
            assert retrieve(mc_tenant, token, "DataExtention") == "OK"
            assert version(mc_tenant, token) == 200

        @scopes("data_extensions_read")
        def test_junk(mc_tenant):
            token = ask(mc_tenant, "data_extensions_read")
            assert post(mc_tenant, token, "<junk/>").status_code == 500
            ask_for = "<ObjectType>Subscriber</ObjectType><Properties>ID</Properties>"
            body = f"<RetrieveRequest>{ask_for}</RetrieveRequest>"
            body = f"<RetrieveRequestMsg {API}>{body}</RetrieveRequestMsg>"
            assert post(mc_tenant, "junk", body).status_code == 500
            retrieve(mc_tenant, token, "DataExtension")

        @scopes("data_extensions_read")
        def test_token_in_the_url(mc_tenant):
            token = ask(mc_tenant, "data_extensions_read")
            post(mc_tenant, token, "<junk/>", f"?access_token={token}")

        @scopes("data_extensions_read")
        def test_wsdl(mc_tenant):
            assert CLIENT.get(mc_tenant.soap_url + "etframework.wsdl").status_code == 200
            retrieve(mc_tenant, ask(mc_tenant, "data_extensions_read"), "DataExtension")

        @scopes("data_extensions_read")
        def test_insists(mc_tenant):
            assert retrieve(mc_tenant, ask(mc_tenant, "data_extensions_read")) == DENIED
            assert retrieve(mc_tenant, ask(mc_tenant, "data_extensions_read")) == DENIED

        def batch(tenant, *kinds):
            return create(tenant, ask(tenant, "data_extensions_write"), *kinds)

        @scopes("data_extensions_write")
        def test_insists_after_a_batch(mc_tenant):
            kinds = "TriggeredSend", "TriggeredSend", "DataExtension"
            assert batch(mc_tenant, *kinds) == "Has Errors"
            assert batch(mc_tenant, "DataExtension") == "OK"

        @scopes("data_extensions_write")
        def test_goes_on_after_a_batch(mc_tenant):
            token = ask(mc_tenant, "data_extensions_write")
            assert create(mc_tenant, token, "TriggeredSend", "DataExtension") == "Has Errors"
            assert create(mc_tenant, token, "DataExtension") == "OK"
            assert batch(mc_tenant, "DataExtension") == "OK"
        """)
    )
    assert outcomes == {
        "test_always_available": "passed",
        "test_always_available_and_a_scope": "failed: MCS102",
        "test_always_available_and_all_scopes": "failed: MCS101",
        "test_always_available_shows_nothing": "passed",
        "test_no_token_is_not_a_token_without_scopes": "failed: MCS109",
        "test_handed_a_token": "passed",
        "test_mixed": "passed",
        "test_mixed_without_a_list": "passed",
        "test_mixed_and_too_little": "failed: MCS201",
        "test_mixed_and_too_much": "failed: MCS202",
        "test_mixed_and_more": "failed: MCS102",
        "test_batch": "passed: note MCS108",
        "test_batch_with_one_denied": "failed: MCS201",
        "test_rest_and_soap": "passed",
        "test_unknown": "passed: note MCS203, note MCS203",
        "test_junk": "failed: MCS107",
        "test_token_in_the_url": "failed: MCS302",
        "test_wsdl": "passed",
        "test_insists": "failed: MCS201, note MCS304",
        # One of its objects was denied, though not the last one.
        "test_insists_after_a_batch": "failed: MCS201, note MCS304",
        "test_goes_on_after_a_batch": "failed: MCS201, note MCS303",
    }


DENIAL = """\
MCS201 data_extensions_write: MCSCOPES: the code under test calls what its token does not allow.
  declared   list_and_subscribers_read          @pytest.mark.mc_scopes, test_it.py:4
  requested  list_and_subscribers_read
  granted    list_and_subscribers_read          package "integration" is assigned 86 scopes
                                                the default: everything
  used       list_and_subscribers_read          SOAP Subscriber Retrieve (attested A)
             no scope                           SOAP TrackingEvent Retrieve (documented)
             no scope                           SOAP Program Create (documented)
  MCS201  denied call: SOAP DataExtension Create (attested A) needs data_extensions_write; the token
          has list_and_subscribers_read; over SOAP such a denial comes as HTTP 200, with
          OverallStatus "Error: API Permission Failed."
  Drop the call, or have data_extensions_write approved and added to the mark and the request; if
  the denial is what you test, write the call in a block: with
  mc_tenant.expect_denied("data_extensions_write"):
  More: mcscopes explain MCS201
"""


def test_the_text_of_a_denial_tells_what_no_status_shows(soap: Suite) -> None:
    result = soap.run(
        written(f"""
        @scopes("{READ}")
        def test_it(mc_tenant):
            token = ask(mc_tenant, "{READ}")
            assert retrieve(mc_tenant, token) == "OK"
            assert retrieve(mc_tenant, token, "TrackingEvent") == "OK"
            assert create(mc_tenant, token, "DataExtension", "Program") == "Has Errors"
        """)
    )
    assert DENIAL in result.stdout.str()


def test_a_denial_that_is_a_fault_is_not_told_as_another(soap: Suite) -> None:
    """An answer to Describe has no status, so its HTTP status shows the denial."""
    (soap.pytester.path / "mcscopes.toml").write_text(
        "[[soap]]\nobject_type = 'List'\noperation = 'Describe'\nall_of = ['email_read']\n"
    )
    told = printed(
        soap,
        """
        @scopes("email_send")
        def test_it(mc_tenant):
            inner = "<DescribeRequests><ObjectDefinitionRequest><ObjectType>List</ObjectType>"
            inner += "</ObjectDefinitionRequest></DescribeRequests>"
            body = f"<DefinitionRequestMsg {API}>{inner}</DefinitionRequestMsg>"
            assert post(mc_tenant, ask(mc_tenant, "email_send"), body).status_code == 500
        """,
    )
    assert (
        "MCS201 denied call: SOAP List Describe (your own entry) needs email_read; the"
        " token has"
        " email_send Drop the call"
    ) in told


def test_the_modes_that_settings_choose(soap: Suite) -> None:
    """Whatever is answered, a call on a trusted row that lacks its scope is MCS201."""
    source = written("""
        def outcome(tenant, kind):
            return retrieve(tenant, ask(tenant, "email_send"), kind)

        @scopes("email_send", match="at_most")
        def test_trusted(mc_tenant):
            print("told", outcome(mc_tenant, "Subscriber"))

        @scopes("email_send", match="at_most")
        def test_doubtful(mc_tenant):
            print("told", outcome(mc_tenant, "Link"))

        @scopes("email_send", match="at_most")
        def test_unknown(mc_tenant):
            print("told", outcome(mc_tenant, "Category"))
    """)
    outcomes = {
        "test_trusted": "failed: MCS201",
        "test_doubtful": "passed: note MCS201",
        "test_unknown": "passed: note MCS108",
    }
    ok, denied = "told OK", f"told {DENIED}"
    for arguments, told in {
        ("--mc-enforce=documented",): [denied, ok, ok],
        ("--mc-enforce=all",): [denied, denied, ok],
        ("--mc-enforce=off",): [ok, ok, ok],
        ("-o", "mc_soap_silent=true"): [ok, ok, ok],
    }.items():
        result = soap.run(source, "-s", *arguments)
        assert soap.told(result) == outcomes
        assert re.findall("told .*", result.stdout.str()) == told


@pytest.mark.parametrize("file", ["mcscopes.toml", "pyproject.toml"])
def test_the_row_that_a_failure_offers_settles_it(soap: Suite, file: str) -> None:
    """Taken from the text as they stand, and written into the overlay."""
    path = soap.pytester.path / file
    path.write_text("[tool.mcscopes]\ntrust='attested'" if "py" in file else "trust='attested'")
    source = written(f"""
        @pytest.mark.mc_least_privilege
        def test_it(mc_tenant):
            create(mc_tenant, ask(mc_tenant, "{WRITE}"), "Subscriber")
    """)
    result = soap.run(source)
    assert soap.told(result) == {"test_it": "failed: MCS108"}
    lines = re.search(
        r"to your own catalogue entries:\n((?: +(?:#|\[|\w+ = ).*\n)+)", result.stdout.str()
    )
    assert lines
    assert f"# {file}\n" in lines[1]
    with path.open("a") as overlay:
        overlay.write("\n" + dedent(lines[1]))
    again = soap.run(source)
    assert soap.told(again) == {"test_it": "passed"}
    again.stdout.fnmatch_lines([f"mcscopes: *; your own catalogue entries in {file}: 1 SOAP row"])


def test_an_unknown_call_is_told_with_what_is_near(soap: Suite) -> None:
    told = printed(
        soap,
        """
        @scopes("email_read", match="at_most")
        def test_it(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, "email_read"), "Emial")
        """,
        "-o",
        "mc_rules=MCS203=error",
    )
    assert (
        "MCSCOPES: the code under test calls what Marketing Cloud is not known to have."
        " declared at most email_read"
    ) in told
    assert (
        "MCS203 unmapped call: SOAP Emial Retrieve is not in the catalogue; near: SOAP Email"
        " Retrieve"
    ) in told
    assert (
        "Compare object type and operation with Marketing Cloud's documentation: such a call is"
        " not judged."
    ) in told


SUGGESTED = """\
  test_always_available
    @pytest.mark.mc_least_privilege
      no scope                   SOAP TrackingEvent Retrieve (documented)
  test_denied
    no line: no call was allowed with package "integration", so its minimum is not shown
      SOAP Subscriber Retrieve (attested A) needs list_and_subscribers_read, which its token lacked
  test_mixed
    @pytest.mark.mc_scopes("data_extensions_read", "list_and_subscribers_read")
      data_extensions_read       SOAP DataExtension Retrieve (attested A)
      list_and_subscribers_read  SOAP Subscriber Retrieve (attested A)
      no scope                   SOAP TrackingEvent Retrieve (documented)
      SOAP Emial Retrieve is not in the catalogue; near: SOAP Email Retrieve
      SOAP Subscriber Create and Update (doubtful: inferred, strong) may need
        list_and_subscribers_write
      SOAP Subscriber Create and Update (doubtful: inferred, strong) needs
        list_and_subscribers_write, which its token lacked
"""


def test_marks_are_suggested_and_what_they_rest_on_is_explained(
    soap: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each call goes by the same words in both."""
    result = soap.run(
        written("""
        def test_always_available(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, ""), "TrackingEvent")

        def test_denied(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, "email_read"))

        def test_mixed(mc_tenant):
            token = ask(mc_tenant, "data_extensions_read list_and_subscribers_read")
            for kind in "Subscriber", "DataExtension", "TrackingEvent":
                retrieve(mc_tenant, token, kind)
            create(mc_tenant, token, "Subscriber", options=UPDATE_ADD)
            retrieve(mc_tenant, token, "Emial")
        """),
        "--mc-suggest",
    )
    text = result.stdout.str()
    assert SUGGESTED in text
    capsys.readouterr()
    calls = {*re.findall(r"(SOAP .+?) \(", SUGGESTED)}
    assert len(calls) == 4
    for call in calls:
        assert main(["explain", call]) == 0
        assert call.removesuffix(" and Update") in capsys.readouterr().out
    assert main(["explain", "SOAP Emial Retrieve"]) == 1
    assert "did you mean Email Retrieve" in capsys.readouterr().out


def test_what_is_suggested_passes(soap: Suite) -> None:
    source = """
        {}
        def test_it(mc_tenant):
            token = ask(mc_tenant, "data_extensions_read list_and_subscribers_read")
            for kind in "Subscriber", "DataExtension", "TrackingEvent":
                retrieve(mc_tenant, token, kind)
    """
    told = soap.run(written(source.format("")), "--mc-suggest").stdout.str()
    (mark,) = re.findall(r"^ +(@pytest\.mark\..*)$", told, re.MULTILINE)
    assert soap.judge(written(source.format(mark))) == {"test_it": "passed"}


def test_the_test_s_own_answers(soap: Suite) -> None:
    """Stubs are asked for what the token allows, and for nothing else."""
    outcomes = soap.judge(
        written(f"""
        def emails(tenant, token):
            request = "<ObjectType>Subscriber</ObjectType><Properties>EmailAddress</Properties>"
            body = f"<RetrieveRequest>{{request}}</RetrieveRequest>"
            body = f"<RetrieveRequestMsg {{API}}>{{body}}</RetrieveRequestMsg>"
            return re.findall("<EmailAddress>(.*?)</", post(tenant, token, body).text)

        @scopes("{READ}")
        def test_answered(mc_tenant):
            stub = mc_tenant.soap.retrieve("Subscriber").respond([{{"EmailAddress": "a@b.test"}}])
            assert emails(mc_tenant, ask(mc_tenant, "{READ}")) == ["a@b.test"]
            assert stub.call_count == 1
            (asked,) = mc_tenant.soap.calls
            assert (asked.object_type, asked.properties) == ("Subscriber", ("EmailAddress",))
            mc_tenant.soap.assert_all_called()

        def test_not_allowed(mc_tenant):
            stub = mc_tenant.soap.retrieve("Subscriber").respond([{{"EmailAddress": "a@b.test"}}])
            assert emails(mc_tenant, ask(mc_tenant, "email_read")) == []
            assert (stub.called, mc_tenant.soap.calls) == (False, ())

        @scopes("{READ}")
        def test_unused(mc_tenant):
            mc_tenant.soap.create("Subscriber").respond({{"NewID": 7}})
            assert emails(mc_tenant, ask(mc_tenant, "{READ}")) == []
            mc_tenant.soap.assert_all_called()

        @scopes("{READ}")
        def test_unused_and_nobody_asks(mc_tenant):
            mc_tenant.soap.create("Subscriber").respond({{"NewID": 7}})
            assert emails(mc_tenant, ask(mc_tenant, "{READ}")) == []

        def test_misspelt(mc_tenant):
            mc_tenant.soap.retrieve("Subcriber")
        """),
    )
    assert outcomes == {
        "test_answered": "passed",
        "test_not_allowed": "passed",
        "test_unused": "failed",
        "test_unused_and_nobody_asks": "passed",
        "test_misspelt": "failed",
    }


def test_stubs_say_what_is_wrong(soap: Suite) -> None:
    told = printed(
        soap,
        """
        def test_unused(mc_tenant):
            mc_tenant.soap.retrieve("Subscriber", where={"SubscriberKey": "a"})
            mc_tenant.soap.assert_all_called()

        def test_misspelt(mc_tenant):
            mc_tenant.soap.retrieve("Subcriber")
        """,
    )
    assert (
        "MCSCOPES: these SOAP stubs were never called:"
        " E soap.retrieve(\"Subscriber\", where={'SubscriberKey': 'a'})"
        " E Let the code under test make the call, or take the stub out."
    ) in told
    assert 'unknown object type "Subcriber". Did you mean "Subscriber"?' in told


def test_denials_that_are_expected(soap: Suite) -> None:
    source = written(f"""
        @scopes("email_read")
        def test_expected(mc_tenant):
            token = ask(mc_tenant, "email_read")
            with mc_tenant.expect_denied("{READ}"):
                assert retrieve(mc_tenant, token) == DENIED

        @scopes("email_read")
        def test_any(mc_tenant):
            token = ask(mc_tenant, "email_read")
            with mc_tenant.expect_denied():
                assert create(mc_tenant, token, "Program", "DataExtension") == "Has Errors"

        @scopes("email_read")
        def test_another(mc_tenant):
            token = ask(mc_tenant, "email_read")
            with mc_tenant.expect_denied("data_extensions_read"):
                retrieve(mc_tenant, token, "DataExtension")
                retrieve(mc_tenant, token, "Subscriber")

        @scopes("email_read")
        def test_not_denied(mc_tenant):
            token = ask(mc_tenant, "email_read")
            with mc_tenant.expect_denied("data_extensions_read"):
                retrieve(mc_tenant, token, "TrackingEvent")

        @scopes("email_read")
        @pytest.mark.mc_allow("MCS201", reason="is denied")
        def test_allowed(mc_tenant):
            retrieve(mc_tenant, ask(mc_tenant, "email_read"))
    """)
    result = soap.run(source)
    assert soap.told(result) == {
        "test_expected": "passed",
        "test_any": "passed",
        "test_another": "failed: MCS201",
        "test_not_denied": "failed",
        "test_allowed": "passed: note MCS201",
    }
    result.stdout.fnmatch_lines(
        [
            "*MCSCOPES: the test expects a denied call, and none was denied.",
            "*expected   a call denied because its token lacks data_extensions_read; *",
            "*happened   SOAP TrackingEvent Retrieve (documented): allowed, *",
        ]
    )


def test_blocks_are_judged(soap: Suite) -> None:
    assert soap.judge(
        written(f"""
        def test_exact(mc_tenant):
            with mc_tenant.judged("{READ}"):
                retrieve(mc_tenant, ask(mc_tenant, "{READ}"))

        def test_too_much(mc_tenant):
            with mc_tenant.judged("{READ}", "email_read"):
                retrieve(mc_tenant, ask(mc_tenant, "{READ} email_read"))

        def test_denied(mc_tenant):
            with mc_tenant.judged("email_read"):
                retrieve(mc_tenant, ask(mc_tenant, "email_read"))

        @scopes("{READ}")
        def test_arranged(mc_tenant):
            with mc_tenant.arrange():
                create(mc_tenant, ask(mc_tenant, "data_extensions_write"), "DataExtension")
            retrieve(mc_tenant, ask(mc_tenant, "{READ}"))

        @scopes("{READ}")
        def test_admin(mc_tenant):
            create(mc_tenant, ask(mc_tenant, package=mc_tenant.admin), "DataExtension")
            retrieve(mc_tenant, ask(mc_tenant, "{READ}"))
        """)
    ) == {
        "test_exact": "passed",
        "test_too_much": "failed: MCS202",
        "test_denied": "failed: MCS201",
        "test_arranged": "passed",
        "test_admin": "passed",
    }


USERS = """
        pytestmark = [
            pytest.mark.mc_package(type="web-app"),
            pytest.mark.mc_user(name="Ada", profile="nothing"),
        ]

        def token_of(tenant, scope):
            return exchange(tenant, consent(tenant, scope=scope))["access_token"]
"""


def test_what_a_user_may_do_is_undetermined(soap: Suite) -> None:
    """No page tells which permission a SOAP call needs: the scope alone decides, and it says so."""
    source = f"""{USERS}
        @scopes("{READ}")
        def test_allowed(mc_tenant):
            assert retrieve(mc_tenant, token_of(mc_tenant, "{READ}")) == "OK"

        @scopes("email_read")
        def test_denied(mc_tenant):
            assert retrieve(mc_tenant, token_of(mc_tenant, "email_read")) == DENIED

        @pytest.mark.mc_least_privilege
        def test_always_available(mc_tenant):
            assert retrieve(mc_tenant, token_of(mc_tenant, ""), "TrackingEvent") == "OK"
    """
    result = soap.run(written(source), "-rA")
    assert soap.told(result) == {
        "test_allowed": "passed: note",
        "test_denied": "failed: MCS201",
        "test_always_available": "passed",
    }
    told = re.sub(r"\s+", " ", result.stdout.str())
    remark = (
        "undetermined: it is not known which permission a user needs for {}; the scope alone"
        " decided"
    )
    assert "user Ada" in told
    assert remark.format("SOAP Subscriber Retrieve") in told
    assert remark.format("SOAP TrackingEvent Retrieve") not in told
