"""What scopes are, in the words of those who assign them."""

from __future__ import annotations

from datetime import date

import pytest
from made_suites import ATTESTED, CATALOGUE, DOCUMENTED, DOUBTFUL

from pytest_mcscopes.report.rights import Rights, cite

RIGHTS = Rights(CATALOGUE, date(2026, 11, 28))


@pytest.mark.parametrize(
    ("scope", "label", "listed", "plain"),
    [
        ("email_send", "Channels > Email > Send", True, "It can send in Email."),
        ("tags_read", "Hub > Tags > Read", False, "It can look things up in Tags."),
        (
            "email_write",
            "Channels > Email > Write",
            True,
            "It can create and change things, and delete them, in Email.",
        ),
        (
            "approvals_write",
            "Hub > Approvals > Write",
            True,
            "It can create and change things in Approvals.",
        ),
        (
            "offline",
            "Access > Offline Access > Offline",
            True,
            "It can go on for a user who has left, by refresh tokens.",
        ),
        ("email_sned", "", False, "The catalogue does not know it."),
    ],
)
def test_a_scope_in_plain_words(*, scope: str, label: str, listed: bool, plain: str) -> None:
    """Under the vendor's label, and by what known calls do with it."""
    assert (RIGHTS.label(scope), RIGHTS.listed(scope), RIGHTS.plain(scope)) == (
        label,
        listed,
        plain,
    )


def test_every_action_has_a_word() -> None:
    """No scope of the catalogue is explained by its own id."""
    for scope in CATALOGUE.wire_ids - {"offline", "openid"}:
        action = CATALOGUE.scopes[scope].action
        assert f"It can {action} in" not in RIGHTS.plain(scope) or action in {
            "send",
            "publish",
            "post",
        }


def test_what_else_a_scope_opens() -> None:
    """What tests do is left out; what changes something comes before what looks."""
    all_of_it = RIGHTS.opened("email_send", ())
    rest = RIGHTS.opened("email_send", [DOCUMENTED])
    assert DOCUMENTED in all_of_it.telling
    assert DOCUMENTED not in rest.telling
    assert (rest.trusted, rest.doubtful) == (all_of_it.trusted - 1, all_of_it.doubtful)
    read = RIGHTS.opened("email_read", ())
    assert "SOAP TriggeredSend Create" not in read.telling  # which needs two more
    assert RIGHTS.opened("email_write", ()).telling[0].startswith("DELETE ")


def test_what_a_scope_may_open_is_counted_apart() -> None:
    """A doubtful entry is no known call."""
    all_of_it = RIGHTS.opened("journeys_aspr", ())
    assert (all_of_it.trusted, all_of_it.telling) == (0, ())
    assert RIGHTS.opened("journeys_aspr", [DOUBTFUL]).doubtful == all_of_it.doubtful - 1


@pytest.mark.parametrize(
    ("label", "address"),
    [
        pytest.param(DOCUMENTED, "https://developer.salesforce.com/", id="a page"),
        pytest.param(ATTESTED, "https://github.com/", id="a repository"),
    ],
)
def test_sources_can_be_opened(label: str, address: str) -> None:
    """Those come alone where there are any."""
    citations = RIGHTS.citations(label)
    assert citations[0].address.startswith(address)
    assert all(each.address and " " not in each.address for each in citations)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("@412bb20d:marketing_cloud_dev_docs/content/mc-apis/rest-permissions-and-scopes.md", ""),
        ("@6b316b85:lib/ (REST URIs used)", "Accenture/sfmc-devtools/tree/6b316b85/lib"),
        ("@020e01e (client that", "gojob-1337/sfmc-rest-sdk/tree/020e01e"),
        ("@1e17f17:README scope table", "basetime/bldr-sfmc/tree/1e17f17"),
        ("sutrolabs/census-docs (vendor page)", "sutrolabs/census-docs"),
    ],
)
def test_a_source_is_cited_as_it_was_read(source: str, address: str) -> None:
    """The file or folder at its commit, where the catalogue says them."""
    found = {cite(each).address for each in CATALOGUE.sources.values() if source in each}
    whole = f"https://github.com/subratsf/mc-package/blob/{source[1:].replace(':', '/', 1)}"
    assert found == {f"https://github.com/{address}" if address else whole}


def test_a_source_without_an_address_is_said_all_the_same() -> None:
    """It is what there is; and a call that the catalogue does not have has none."""
    silent = [
        label
        for label in (row.label for row in CATALOGUE.soap_rows)
        if any(not each.address for each in RIGHTS.citations(label))
    ]
    assert all(not each.address for label in silent for each in RIGHTS.citations(label))
    assert RIGHTS.citations("GET /nowhere") == ()


def test_why_an_entry_is_doubtful() -> None:
    """In words, with what other sources say; an entry of none has its word alone."""
    first, *others = RIGHTS.remarks(DOUBTFUL, "inferred")
    assert first == "no source states it for this call"
    assert others[-1].startswith("journeys_read would do by another source: the older table")
    assert RIGHTS.remarks("GET /nowhere", "not in the catalogue") == ("not in the catalogue",)


def test_what_is_not_asked_for() -> None:
    """By what it is for, the gravest first; no scope stands in two groups."""
    groups = RIGHTS.not_among(["email_send", "openid"])
    assert [kind for kind, _ in groups] == [
        "acting: sending, running, publishing",
        "deleting and revoking",
        "creating and changing things",
        "looking things up",
    ]
    others = [scope for _, scopes in groups for scope in scopes]
    assert sorted(others) == sorted(CATALOGUE.default_scopes - {"email_send"})
    assert RIGHTS.kinds_without(["email_read", "email_send"]) == (
        "creating and changing things",
        "deleting and revoking",
    )
