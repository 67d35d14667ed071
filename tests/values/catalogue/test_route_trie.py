"""From a path as sent to the row that describes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from catalogues import routes_of

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.model import Route
from pytest_mcscopes.catalogue.route_trie import (
    RouteTrie,
    fold_word,
    join_segments,
    query_fits,
    split_path,
    words_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def routes(catalogue: Catalogue) -> list[Route]:
    return routes_of(catalogue)


def concrete(template: str, value: str) -> str:
    """Fill a template's variables in, several segments for a greedy one."""
    greedy = re.sub(r"\{\w+\+\}", f"{value}/{value}", template)
    return re.sub(r"\{\w+\}", value, greedy)


def sent_query(route: Route) -> str:
    return concrete(route.query, "7") + ("7" if route.query.endswith("=") else "")


def row(path: str, method: str = "GET", query: str = "") -> Route:
    return Route(
        host="rest",
        method=method,
        path=path,
        query=query,
        all_of=(),
        semantics="none-required",
        confidence="documented",
        basis="test",
        source=("test",),
    )


@pytest.mark.parametrize("value", ["7", "a-b.c", "a%2Fb", "%7B7%7D", "f0e1:x", "4%25"])
@pytest.mark.parametrize(
    "form", ["{}", "{}/", "/{}", "{}//"], ids=["as is", "slash after", "slash before", "slashes"]
)
def test_every_row_is_found_by_an_address_made_of_its_own_template(
    value: str, form: str, catalogue: Catalogue, routes: list[Route]
) -> None:
    missed = [
        route.label
        for route in routes
        if route
        is not catalogue.match(
            route.method, form.format(concrete(route.path, value)), sent_query(route), route.host
        )
    ]
    assert missed == []


def test_every_row_is_found_with_each_slash_doubled(
    catalogue: Catalogue, routes: list[Route]
) -> None:
    for route in routes:
        path = concrete(route.path, "7").replace("/", "//")
        assert catalogue.match(route.method, path, sent_query(route), route.host) is route


@pytest.mark.parametrize(
    ("method", "path", "label"),
    [
        pytest.param(
            "POST",
            "/messaging/v1/email/messages/r-1",
            "POST /messaging/v1/email/messages/{messageKey}",
            id="bare variable",
        ),
        pytest.param(
            "POST",
            "/data/v1/async/dataextensions/key:abc/rows",
            "POST /data/v1/async/dataextensions/key:{key}/rows",
            id="key before bare",
        ),
        pytest.param(
            "POST",
            "/data/v1/async/dataextensions/key%3Aabc/rows",
            "POST /data/v1/async/dataextensions/key:{key}/rows",
            id="encoded colon",
        ),
        pytest.param(
            "POST",
            "/data/v1/async/dataextensions/abc/rows",
            "POST /data/v1/async/dataextensions/{id}/rows",
            id="bare beside key",
        ),
        pytest.param(
            "GET",
            "/data/v1/filetransferlocation/key:abc",
            "GET /data/v1/filetransferlocation/{customerKey}",
            id="bare takes a key that has no row",
        ),
        pytest.param(
            "POST",
            "/automation/v1/automations/key:abc/actions/start",
            "POST /automation/v1/automations/{id}/actions/start",
            id="bare takes a key that has rows elsewhere only",
        ),
        pytest.param(
            "PATCH",
            "/contacts/v1/attributeSets/name:abc",
            "PATCH /contacts/v1/attributeSets/{id}",
            id="bare takes a name that has rows of other methods only",
        ),
        pytest.param(
            "GET",
            "/messaging/v1/messageDefinitionSends/abc/deliveryRecords",
            None,
            id="key never takes a bare id",
        ),
        pytest.param(
            "POST",
            "/asset/v1/content/assets/query",
            "POST /asset/v1/content/assets/query",
            id="literal before variable",
        ),
        pytest.param(
            "GET",
            "/asset/v1/content/assets/query",
            None,
            id="a path spelt out is no variable of another method",
        ),
        pytest.param(
            "GET",
            "/interaction/v1/interactions/stop/elsewhere/all",
            None,
            id="no way through",
        ),
        pytest.param(
            "GET",
            "/interaction/v1/interactions/contactexit/audit/all",
            "GET /interaction/v1/interactions/{id}/audit/{action}",
            id="back from a literal that leads nowhere",
        ),
        pytest.param(
            "GET", "/guide/v1/a/b/c", "GET /guide/v1/{proxy+}", id="greedy takes many segments"
        ),
        pytest.param("GET", "/guide/v1/rest", "GET /guide/v1/rest", id="literal before greedy"),
        pytest.param("GET", "/guide/v1", None, id="greedy takes one at least"),
        pytest.param("GET", "/asset/v1/content/assets/a/b", None, id="too long"),
        pytest.param("GET", "/asset/v1/content", None, id="too short"),
        pytest.param("HEAD", "/asset/v1/content/assets", None, id="another method"),
        pytest.param(
            "GET",
            "/Asset/v1/content/assets",
            "GET /asset/v1/content/assets",
            id="service in another case",
        ),
        pytest.param(
            "GET",
            "/data/v1/customObjects",
            "GET /data/v1/customobjects",
            id="as in a live-tenant log",
        ),
        pytest.param(
            "POST",
            "/messaging/v1/messagedefinitionsends/KEY:abc/send",
            "POST /messaging/v1/messageDefinitionSends/key:{key}/send",
            id="small letters, and the word before a key in capitals",
        ),
        pytest.param(
            "GET",
            "/asset/v1/content/assets/Query",
            None,
            id="a path spelt out is no variable in another case either",
        ),
        pytest.param(
            "GET",
            "/%61sset/v1/%43ontent/assets",
            "GET /asset/v1/content/assets",
            id="letters that need no encoding",
        ),
        pytest.param(
            "GET",
            "/hub/../asset/v1/./content/x/%2e%2e/assets",
            "GET /asset/v1/content/assets",
            id="dots",
        ),
        pytest.param("GET", "/../../asset/v1", None, id="dots beyond the root"),
        pytest.param("GET", "/hub%2Fv1%2Fcampaigns", None, id="encoded slashes divide nothing"),
        pytest.param("GET", "/hub/v1%2fcampaigns", None, id="nor does a single one"),
        pytest.param("GET", "/hub/v1/campaigns%252F", None, id="nor one that is encoded twice"),
        pytest.param("GET", "/hub/v1\\campaigns", None, id="nor a backslash"),
        pytest.param("GET", "/\u017fms/v1/queueMO", None, id="a letter that only looks alike"),
        pytest.param(
            "GET",
            "/email/v1/Contacts/Attributes",
            "GET /email/v1/Contacts/Attributes",
            id="capitals",
        ),
        pytest.param("GET", "/nowhere/v1", None, id="unknown service"),
        pytest.param("GET", "/", None, id="root"),
        pytest.param("GET", "", None, id="nothing"),
        pytest.param("POST", "/v2/token", None, id="a path of the auth host"),
        pytest.param("POST", "/auth/v2/token", None, id="the auth service is no segment"),
    ],
)
def test_a_path_finds_its_row(
    method: str, path: str, label: str | None, catalogue: Catalogue
) -> None:
    found = catalogue.match(method, path)
    assert (found and found.label) == label


@pytest.mark.parametrize(
    ("host", "found"),
    [("auth", "POST /v2/token"), ("rest", None), ("soap", None)],
)
def test_a_row_belongs_to_its_host(host: str, found: str | None, catalogue: Catalogue) -> None:
    route = catalogue.match("POST", "//v2/token", host=host)
    assert (route and route.label) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("type=keys", "?type=keys", id="value"),
        pytest.param("a=1&type=ids&b", "?type=ids", id="among others"),
        pytest.param("type=other", None, id="another value"),
        pytest.param("type", None, id="no value"),
        pytest.param("", None, id="absent"),
    ],
)
def test_a_row_with_a_query_wants_it(query: str, found: str | None, catalogue: Catalogue) -> None:
    path = "/contacts/v1/contacts/actions/delete"
    route = catalogue.match("POST", path, query)
    assert (route and route.label) == (found and f"POST {path}{found}")


@pytest.mark.parametrize(
    ("wanted", "query", "fits"),
    [
        pytest.param("", "", True, id="nothing wanted"),
        pytest.param("", "a=1", True, id="nothing wanted, something sent"),
        pytest.param("k=v", "k=v", True, id="value"),
        pytest.param("k=v", "k=w&k=v", True, id="repeated"),
        pytest.param("k=v", "K=v", False, id="name in another case"),
        pytest.param("k={x}", "k=1", True, id="any value"),
        pytest.param("k={x}", "k=", True, id="any value, empty"),
        pytest.param("k=", "k=1", True, id="open value"),
        pytest.param("k=", "k", True, id="open value, none"),
        pytest.param("k=", "l=1", False, id="open value, absent"),
        pytest.param("k=a b", "k=a%20b", True, id="encoded"),
    ],
)
def test_a_query_fits(wanted: str, query: str, fits: bool) -> None:  # noqa: FBT001
    assert query_fits(wanted, query) is fits


def test_a_row_whose_query_fits_goes_before_one_without() -> None:
    trie = RouteTrie([row("/a"), row("/a", query="type=x")])
    assert trie.find("GET", "/a", "type=x") == row("/a", query="type=x")
    assert trie.find("GET", "/a", "type=y") == row("/a")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("/A/mixed/Key:K", 0, id="words, and what stands before a key"),
        pytest.param("/a/Mixed/key:K", 0, id="as spelt"),
        pytest.param("/A/B/X", 1, id="around a variable"),
        pytest.param("/a/mixed/kez:K", None, id="another word before a key"),
        pytest.param("/a/mixd/key:K", None, id="another word"),
    ],
)
def test_words_match_in_any_case(path: str, found: int | None) -> None:
    rows = [row("/a/Mixed/key:{key}"), row("/a/{id}/x")]
    assert RouteTrie(rows).find("GET", path) is (None if found is None else rows[found])


@pytest.mark.parametrize("recase", [str.lower, str.upper, str.swapcase])
def test_every_row_is_found_with_its_words_in_another_case(
    recase: Callable[[str], str], catalogue: Catalogue, routes: list[Route]
) -> None:
    missed = [
        route.label
        for route in routes
        if route
        is not catalogue.match(
            route.method, recase(concrete(route.path, "7")), sent_query(route), route.host
        )
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("template", "path", "parts"),
    [
        pytest.param("/A/{id}", "/a/B", (("A", ""), ("", "B")), id="word and id"),
        pytest.param("/key:{k}", "/KEY:Ab", (("key:", "Ab"),), id="key"),
        pytest.param("/{k}", "/KEY:Ab", (("", "KEY:Ab"),), id="a key where the row has an id"),
        pytest.param("/A/{rest+}", "/a/B/C", (("A", ""), ("", "B"), ("", "C")), id="greedy"),
        pytest.param("", "/a/B", (("", "a"), ("", "B")), id="no row: nothing is known as a word"),
        pytest.param("/A/{id}", "//a/x%2Fy/", (("A", ""), ("", "x/y")), id="encoded slash"),
    ],
)
def test_words_are_told_from_ids(
    template: str, path: str, parts: tuple[tuple[str, str], ...]
) -> None:
    assert words_in(template, path) == parts


def test_only_ascii_letters_have_a_case_to_forget() -> None:
    """The Kelvin sign is no K, however Python folds it."""
    assert fold_word("Key \u212a\u00c4") == "key \u212a\u00c4"


def test_segments_are_joined_so_that_they_can_be_cut_again() -> None:
    assert join_segments(split_path("//a%2fb/c")) == "/a%2Fb/c"


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        pytest.param("/a/b", ("a", "b"), id="plain"),
        pytest.param("//a///b//", ("a", "b"), id="slashes"),
        pytest.param("/a%2Fb/c", ("a/b", "c"), id="encoded slash stays"),
        pytest.param("/%61", ("a",), id="decoded once"),
        pytest.param("/%2561", ("%61",), id="not decoded twice"),
        pytest.param("/", (), id="root"),
        pytest.param("/a/./b/../c", ("a", "c"), id="dots"),
        pytest.param("/../a/%2E%2e", (), id="dots, encoded and beyond the root"),
        pytest.param("/...", ("...",), id="three dots are a name"),
    ],
)
def test_a_path_is_cut_before_it_is_decoded(path: str, segments: tuple[str, ...]) -> None:
    assert split_path(path) == segments


def test_a_label_names_method_path_and_query(catalogue: Catalogue) -> None:
    labels = {route.label for route in catalogue.routes("messaging")}
    assert "POST /messaging/v1/email/messages/{messageKey}" in labels
    assert "GET /messaging/v1/email/messages?type=notSent" in labels
