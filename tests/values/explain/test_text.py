"""How answers read, and how they parse."""

from __future__ import annotations

import json
import textwrap
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pytest
from measuring import unmeasured

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.explain.explain import explain
from pytest_mcscopes.explain.page import Page
from pytest_mcscopes.explain.rows import View, routes_in
from pytest_mcscopes.explain.term_text import write_term
from pytest_mcscopes.explain.terms import load_terms
from pytest_mcscopes.explain.text import SCHEMA_VERSION, render_json, render_text

if TYPE_CHECKING:
    from pytest_mcscopes.explain.answers import Answer

VIEW = View(catalogue=load_catalogue(), trust="attested", on=date(2026, 11, 21))
FOOT = f"\n\nCatalogue checked {VIEW.catalogue.checked}; rules as of 2026-11-21.\n"

TEXTS = {
    "call": (
        "POST https://mc1.rest.marketingcloudapis.com/messaging/v1/email/messages/x?token=hunter2",
        """
        POST /messaging/v1/email/messages/{messageKey}
          asked        POST /messaging/v1/email/messages/x?...
          needs        email_send
          trusted      documented
          permissions  152 TriggeredSendDefinition Create
          source       rest-permissions-table: https://developer.salesforce.com/docs/
                       marketing/marketing-cloud/references/
                       mc_rest_rest_permission_scopes/rest-permissions-and-scopes.html
                       rest-permissions-table-2022-copy: github:subratsf/
                       mc-package@412bb20d:marketing_cloud_dev_docs/content/mc-apis/
                       rest-permissions-and-scopes.md
                       rest-permissions-table-2026-copy: seen in public code or notes
                       (scrape 2026-04-07 of mc-apis rest-permissions-and-scopes)
                       and 5 more: --all
        """,
    ),
    "no scope": (
        "GET /platform/v1/tokenContext",
        """
        GET /platform/v1/tokenContext
          needs        no scope
          trusted      documented
          source       rest-permissions-table: https://developer.salesforce.com/docs/
                       marketing/marketing-cloud/references/
                       mc_rest_rest_permission_scopes/rest-permissions-and-scopes.html
                       rest-permissions-table-2022-copy: github:subratsf/
                       mc-package@412bb20d:marketing_cloud_dev_docs/content/mc-apis/
                       rest-permissions-and-scopes.md
                       rest-permissions-table-2026-copy: seen in public code or notes
                       (scrape 2026-04-07 of mc-apis rest-permissions-and-scopes)
                       and 1 more: --all
        """,
    ),
    "path with doubtful call": (
        "/automation/v1/automations",
        """
        /automation/v1/automations: 2 calls

        GET /automation/v1/automations
          needs        automations_read
          trusted      attested B
          note         tool scope documented; tool-to-route pairing is ours
          source       docs-automation-api, mcp-tools-automations, mage-ai-source,
                       magna-mcp-specs

        POST /automation/v1/automations
          entry says   automations_read
          may need     automations_read, automations_write
          doubtful     inferred, medium: probably wrong as it stands
          tolerated    automations_write: plausibly needed too
          elsewhere    automations_write (community-attested, magna-mcp-specs):
                       unreliable source, but agrees with the SOAP page for modify and
                       delete
          note         the tool page lists only Automations Read for creating an
                       automation; probably incomplete; a commercial connector offers
                       this call with automations_read as its only automation scope
          source       docs-automation-api, mcp-tools-automations,
                       connector-default-scopes
        """,
    ),
    "SOAP rule that changed": (
        "TriggeredSend Create",
        """
        SOAP TriggeredSend Create
          needs        email_read, email_send and email_write
          trusted      documented
          changes      from 2026-06-19 on email_read, email_send and email_write; before
                       that email_send (inferred)
          note         enforced from 2026-06-19 (otherwise API Permission Failed); what
                       sufficed before is inferred (email_send)
          source       docs-soap-supported-operations: github:subratsf/
                       mc-package@412bb20d:marketing_cloud_dev_docs/content/mc-apis/
                       SOAP/supported_operations_for_objects_and_methods.md
                       help-005322011:
                       https://help.salesforce.com/s/articleView?id=005322011
                       (TriggeredSend SOAP calls: three email scopes enforced from
                       2026-06-19)
        """,
    ),
    "always available": (
        "TrackingEvent Retrieve",
        """
        SOAP TrackingEvent Retrieve
          needs        nothing: always available, whatever the scopes
          trusted      documented
          source       scope-page: https://developer.salesforce.com/docs/marketing/
                       marketing-cloud/guide/data-access-permissions.html (API
                       Integration Permission Scopes, current)
        """,
    ),
    "unmapped call": (
        "POST /hub/v1/campaign?token=hunter2",
        """
        POST /hub/v1/campaign?...: not found, the catalogue has no entry for it
          did you mean POST /hub/v1/campaigns
                       GET /hub/v1/campaigns
                       PATCH /hub/v1/campaigns
          may need     any of the 10 scopes of Data Extensions, Campaign, Workflows,
                       Approvals and Tags
        """,
    ),
    "mistake": (
        "contacts_read",
        """
        contacts_read: Contacts | Lists and Subscribers | Read
          status       a wrong spelling
          use instead  list_and_subscribers_read
          known        community-attested, 1 independent source
          note         spelling seen in third-party code only; no token response or
                       Salesforce text has it
          source       contacts-scope-misspelling
        """,
    ),
    "label": (
        "Tags",
        """
        Tags: 2 scopes
          tags_write: Hub | Tags | Write
            1 call on trusted entries, 5 on doubtful ones
          tags_read: Hub | Tags | Read
            3 calls on trusted entries, 5 on doubtful ones
        """,
    ),
    "scope by its label": (
        "Tags | Write",
        """
        tags_write: Hub | Tags | Write
          asked        Tags | Write
          status       current, on the vendor's scope page
          known        documented, 3 independent sources
          aliases      tags_create, tags_delete, tags_edit
          permissions  1343 Tag Create (inferred)
                       1344 Tag Update (inferred)
                       1345 Tag Delete (inferred)
                       1348 Tag AssociateDisassociate (documented)
          source       sfmc-sdk, mcdev-v3-config, token-flask-mock, token-request-es,
                       rest-permissions-table, scope-page, scope-page-2021,
                       postman-userinfo
          needed by 1 call, on trusted entries
            documented        POST /hub/v1/objects/{objectTypeName}/tags
          may be needed by 5 calls, on doubtful entries
            inferred, strong  POST /hub/v1/nestedtags
            inferred, strong  DELETE /hub/v1/nestedtags/{tagId}
            inferred, strong  PATCH /hub/v1/nestedtags/{tagId}
            inferred, strong  PUT /hub/v1/nestedtags/{tagId}
            suspect           POST /hub/v1/objects/{objectTypeName}/tags/delete
        """,
    ),
    "permission": (
        "600",
        """
        Permission 600: General Access
          doubtful     not in the vendor's sample of v2/userinfo
          goes with    email_write (documented)
                       Administration > General > Access
          note         this id is not among the 539 permissions of the userinfo sample
                       (1040 is Administration Access there); object type and operation
                       stay derived
          source       rest-permissions-table, rest-permissions-table-2022-copy,
                       rest-permissions-table-2026-copy
          belongs to 6 calls
            all or one?       GET /messaging/v1/domainverification
            all or one?       POST /messaging/v1/domainverification
            all or one?       POST /messaging/v1/domainverification/bulk/insert
            all or one?       POST /messaging/v1/domainverification/delete
            all or one?       POST /messaging/v1/domainverification/push
            all or one?       POST /messaging/v1/domainverification/update
        """,
    ),
    "package": (
        "email_send emial_read social_post contacts_read",
        """
        A package with 3 scopes: email_send social_post list_and_subscribers_read
          read as      contacts_read as list_and_subscribers_read
          not found    emial_read; did you mean email_read?
          It could make 22 calls on trusted entries (17 reads, 5 writes), and perhaps 28
          on doubtful ones. 37 more need no scope.
          No known call needs social_post.

        Email
          writes (5)
            documented        POST /messaging/v1/email/messages
            documented        POST /messaging/v1/email/messages/{messageKey}
            documented        POST /messaging/v1/messageDefinitionSends/key:{key}/send
            attested B        POST /messaging/v1/messageDefinitionSends/
                              {triggeredSendDefinitionId}/send
            attested B        SOAP EmailSendDefinition Perform
          perhaps, on doubtful entries (5)
            contradicted      POST /messaging/v1/email/definitions
            inferred, strong  SOAP EmailSendDefinition Schedule
            inferred, weak    SOAP MessageSendActivity Perform
            inferred, medium  SOAP Send Create
            inferred, medium  SOAP Send Perform

        Lists and Subscribers
          reads (17)
            attested A        POST /contacts/v1/addresses/email/search
            attested B        GET /contacts/v1/attributeSetDefinitions
            documented        GET /contacts/v1/attributeSetDefinitions/{id}
            documented        GET /contacts/v1/attributeSets/name:{name}
            documented        GET /contacts/v1/contacts/actions/delete/status?
                              operationID=
            documented        GET /contacts/v1/contacts/actions/restrict/status?
                              operationID=
            and 11 more: --all
          perhaps, on doubtful entries (23)
            inferred, medium  GET /automation/v1/filterdefinitions/{id}
            all or one?       PATCH /contacts/v1/attributeSets/{id}
            all or one?       POST /contacts/v1/attributes/search
            all or one?       PATCH /contacts/v1/contacts
            inferred, strong  GET /contacts/v1/contacts/id:{contactId}/Preferences
            suspect           POST /contacts/v1/contacts/id:{contactId}/Preferences
            and 17 more: --all
        """,
    ),
}


@pytest.mark.parametrize(("asked", "text"), TEXTS.values(), ids=TEXTS)
def test_an_answer_reads_well_at_80_columns(asked: str, text: str) -> None:
    """What it is, what it needs or opens, how sure that is, who says so, and when."""
    page = Page()
    assert render_text(explain([asked], VIEW), VIEW, page) == textwrap.dedent(text).strip() + FOOT


def test_answers_stand_one_below_the_other() -> None:
    """With the day, and the bar of trust where that is not the usual one, once at the end."""
    view = replace(VIEW, trust="documented", on=date(2026, 6, 18))
    text = render_text(explain(["xyzzy", "152152"], view), view, Page())
    assert text == (
        "xyzzy: not found, neither the catalogue nor pytest-mcscopes has this word\n\n"
        "152152: not found, neither the catalogue nor pytest-mcscopes has this word\n\n"
        f"Catalogue checked {VIEW.catalogue.checked}; rules as of 2026-06-18, by --trust"
        " documented.\n"
    )


def everything() -> list[str]:
    """List questions that bring up every row, scope and permission, and some that fail."""
    catalogue = VIEW.catalogue
    return [
        *catalogue.scopes,
        *(f"/{route.label.partition('/')[2]}" for route in routes_in(VIEW)),
        *(f"{row.object_type} {row.operation}" for row in catalogue.soap_rows),
        *(str(number) for number in catalogue.permissions),
        *("Journeys", "Channels", "GET /none", "/hub/v1/campaign", "https://[", "9" * 99),
    ]


@cache
def told_of_everything() -> tuple[Answer, ...]:
    return unmeasured(explain)(everything(), VIEW)


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("full", [False, True], ids=["few", "all"])
def test_no_line_is_wider_than_the_page(width: int, full: bool) -> None:  # noqa: FBT001
    """Nor does any end in spaces, for any row, scope and permission that there is."""
    page = Page(width=width, full=full)
    package = " ".join(sorted(VIEW.catalogue.wire_ids))
    answers = (*told_of_everything(), *explain([package], VIEW))
    render = render_text if width == 80 else unmeasured(render_text)
    lines = render(answers, VIEW, page).splitlines()
    assert [line for line in lines if len(line) > width or line != line.rstrip()] == []
    assert any("--all" in line for line in lines) is not full


def test_an_example_of_a_suite_comes_with_its_manifest() -> None:
    """The one in which the rule fires, and the one that is as it should be."""
    text = "\n".join(write_term(load_terms()["MCS401"], Page()))
    _, *manifests = text.split("with this in mcscopes.toml:\n\n      [[package]]\n")
    assert [each.splitlines()[0].strip() for each in manifests] == [
        'scopes = ["email_send"]',
        'scopes = ["campaign_read", "email_send"]',
    ]


def test_long_lists_are_told_in_full_on_demand() -> None:
    """Each call of a scope is there, sources have their addresses, and nothing is left out."""
    text = render_text(explain(["email_read"], VIEW), VIEW, Page(full=True))
    short = render_text(explain(["email_read"], VIEW), VIEW, Page())
    assert len(text.splitlines()) > len(short.splitlines())
    (answer,) = json.loads(render_json(explain(["email_read"], VIEW), VIEW))["answers"]
    told = "".join(text.split())
    assert [
        use for use in answer["uses"] if "".join(use["rule"]["label"].split()) not in told
    ] == []
    several = render_text(explain(["/automation/v1/automations"], VIEW), VIEW, Page(full=True))
    assert "mage-ai-source: https://docs.mage.ai/" in several


class TestJson:
    def test_it_holds_what_was_asked_by_what_and_when(self) -> None:
        document = json.loads(render_json(explain(["xyzzy"], VIEW), VIEW))
        assert document == {
            "schema_version": SCHEMA_VERSION,
            "checked": str(VIEW.catalogue.checked),
            "overlay": None,
            "on": "2026-11-21",
            "trust": "attested",
            "found": False,
            "answers": [
                {
                    "kind": "not found",
                    "found": False,
                    "asked": "xyzzy",
                    "why": "neither the catalogue nor pytest-mcscopes has this word",
                    "did_you_mean": [],
                    "may_need": [],
                    "families": [],
                }
            ],
        }

    def test_a_call_is_told_in_full(self) -> None:
        document = json.loads(render_json(explain(["TriggeredSend Create"], VIEW), VIEW))
        ((rule,),) = [answer["rules"] for answer in document["answers"]]
        sources = rule.pop("sources")
        assert sources[1]["key"] == "help-005322011"
        assert sources[1]["address"].startswith("https://help.salesforce.com/")
        assert rule.pop("note").startswith("enforced from 2026-06-19")
        assert rule == {
            "label": "SOAP TriggeredSend Create",
            "door": "soap",
            "reads": False,
            "enough": [["email_read", "email_send", "email_write"]],
            "always_available": False,
            "trusted": True,
            "confidence": "documented",
            "doubt": "",
            "may_need": [],
            "families": [],
            "tolerated": [],
            "elsewhere": [],
            "permissions": [],
            "permission_texts": [],
            "change": {
                "effective_from": "2026-06-19",
                "enough_before": ["email_send"],
                "enough_since": ["email_read", "email_send", "email_write"],
            },
        }

    def test_it_is_the_same_each_time_and_sorted(self) -> None:
        """Keys are sorted, and lists have an order of their own."""
        first = unmeasured(render_json)(told_of_everything(), VIEW)
        assert first == unmeasured(render_json)(unmeasured(explain)(everything(), VIEW), VIEW)
        sorted_anew = unmeasured(json.dumps)(json.loads(first), indent=2, sort_keys=True)
        assert first == sorted_anew + "\n"

    def test_it_knows_every_kind_of_answer(self) -> None:
        answers = (*told_of_everything(), *explain(["email_read email_send"], VIEW))
        document = json.loads(unmeasured(render_json)(answers, VIEW))
        kinds = {answer["kind"] for answer in document["answers"]}
        assert kinds == {"call", "scope", "label", "permission", "package", "not found"}
