"""The pages as a browser draws them: on a desk and on a telephone, by day and by night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browsers import grave_findings, open_page, overflow
from made_pages import page_of

from pytest_mcscopes.report.html import MOST_BYTES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDTHS = (1280, 390)
MOST_NODES = 100_000
"""Of so many a browser draws a page in a second or two; tests/benchmarks has the times."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("length", ["short", "long"])
@pytest.mark.parametrize("kind", ["page", "review"])
def test_nothing_is_cut_off_sideways(browser: Browser, kind: str, length: str, width: int) -> None:
    """All is read by scrolling down, also with each table open."""
    page = open_page(browser, page_of(kind, length), width=width)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert overflow(page) == 0
    page.close()


def test_what_is_cut_off_is_seen(browser: Browser) -> None:
    """A page with one thing that is too wide is one that would fail."""
    page = open_page(browser, page_of("page", "short"), width=390)
    page.evaluate("document.querySelector('h1').style.minWidth = '391px'")
    assert overflow(page) > 0
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["page", "review"])
def test_everybody_can_read_it(
    browser: Browser, axe: str, kind: str, width: int, scheme: str
) -> None:
    """Contrast, order, names, keyboard: axe finds nothing serious."""
    page = open_page(browser, page_of(kind, "short"), width=width, scheme=scheme)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert grave_findings(page, axe) == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_nobody_can_read_is_seen(browser: Browser, axe: str, scheme: str) -> None:
    """A page with grey on grey is one that would fail."""
    page = open_page(browser, page_of("page", "short"), width=1280, scheme=scheme)
    page.evaluate("Object.assign(document.body.style, {color: '#888', background: '#777'})")
    assert any(each.startswith("color-contrast") for each in grave_findings(page, axe))
    page.close()


@pytest.mark.parametrize("kind", ["page", "review"])
def test_a_long_suite_is_a_page_that_browsers_can_hold(browser: Browser, kind: str) -> None:
    """Its size and its nodes are bounded, whatever the number of tests."""
    text = page_of(kind, "long")
    assert len(text.encode()) <= MOST_BYTES
    page = open_page(browser, text, width=1280)
    assert page.evaluate("document.querySelectorAll('*').length") <= MOST_NODES
    page.close()


def test_day_and_night_differ(browser: Browser) -> None:
    """The reader's setting decides."""
    grounds = set()
    for scheme in ("light", "dark"):
        page = open_page(browser, page_of("page", "short"), width=390, scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert len(grounds) == 2


@pytest.mark.parametrize("kind", ["page", "review"])
def test_nothing_in_a_page_runs_or_loads(browser: Browser, kind: str) -> None:
    """Names are text, and the page has its own style and nothing else."""
    requests: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.set_content(page_of(kind, "long"))
    for part in ("script, img, link, [style]", "a[href^=javascript]"):
        assert page.locator(part).count() == 0
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).margin") == "0px"
    assert requests == []
    page.close()


def test_what_comes_into_a_page_is_forbidden(browser: Browser) -> None:
    """Its policy stops a script, a picture and a style that somebody adds."""
    added = (
        "<script>document.title = 'ran'</script><img src='https://example.com/a.png'>"
        "<style>body { color: rgb(1, 2, 3) !important }</style>"
    )
    page = browser.new_page()
    with page.expect_event("requestfailed") as failed:
        page.set_content(page_of("page", "short").replace("<main", f"{added}<main"))
    assert failed.value.failure == "csp"
    assert page.title() != "ran"
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(1, 2, 3)"
    page.close()


def test_a_review_prints(browser: Browser) -> None:
    """On paper it is dark on white, whole, and without what only a screen can do."""
    page = open_page(browser, page_of("review", "short"), width=1280, scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert page.locator("details.tests p").first.is_visible()
    page.close()
