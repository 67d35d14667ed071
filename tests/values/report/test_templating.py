"""Whatever stands in a name is text, in HTML and in Markdown."""

from __future__ import annotations

import pytest

from pytest_mcscopes.report.templating import (
    escape_markdown,
    render_html,
    sanitise,
    write_code,
    write_link,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("test_receipt[\u6f22-\xfc]", "test_receipt[\u6f22-\xfc]", id="letters"),
        pytest.param("https://a:b@c/d@e", "https://<redacted>@c/d@e", id="a password"),
        pytest.param("a\tb\nc", "a\tb\nc", id="space"),
        pytest.param("a\x00\x1b\x85b", r"a\x00\x1b\x85b", id="control characters"),
        pytest.param("a\ud800b", r"a\ud800b", id="half of a character"),
        pytest.param("a\u202eb\u2066", r"a\u202eb\u2066", id="what turns text about"),
        pytest.param("a " * 600, "a " * 500 + " ... and 200 more characters", id="very long"),
        pytest.param("a\U0001fffeb", r"a\U0001fffeb", id="no character"),
    ],
)
def test_what_cannot_be_printed_is_spelt(text: str, shown: str) -> None:
    """A document stays one that browsers and validators read, and says what was there."""
    assert sanitise(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Channels > Email > Read", "Channels > Email > Read", id="a label"),
        pytest.param("0.1.0 of 2026-11-28", "0.1.0 of 2026-11-28", id="numbers"),
        pytest.param("_a_b_ *c*", r"\_a_b\_ \*c\*", id="emphasis"),
        pytest.param("a __ b", r"a \_\_ b", id="underscores alone"),
        pytest.param("<b>&lt;", r"\<b>\&lt;", id="HTML"),
        pytest.param("[a](b) ![c](d)", r"\[a\](b) !\[c\](d)", id="links"),
        pytest.param("`a` $b$ ~~c~~ a|b", r"\`a\` \$b\$ \~\~c\~\~ a\|b", id="other marks"),
        pytest.param("# a\n# b", r"\# a # b", id="lines"),
        pytest.param("- a", r"\- a", id="a list"),
        pytest.param("12. a", r"12\. a", id="a numbered list"),
        pytest.param("a\\", r"a\\", id="a backslash"),
    ],
)
def test_markdown_is_escaped(text: str, shown: str) -> None:
    """No value of a run makes a heading, a link or a tag."""
    assert escape_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a::b[<c>]", "`a::b[<c>]`", id="plain"),
        pytest.param("a`b``c", "```a`b``c```", id="ticks"),
        pytest.param("`a", "`` `a ``", id="a tick at the end"),
        pytest.param("a\n\n# b", "`a # b`", id="lines"),
        pytest.param("a\u202e", r"`a\u202e`", id="unprintable"),
        pytest.param("", "` `", id="nothing"),
    ],
)
def test_code_stays_code(text: str, shown: str) -> None:
    """Ticks and lines in a name do not end it."""
    assert write_code(text) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        pytest.param("https://a.example/b?c=d_e*", "<https://a.example/b?c=d_e*>", id="plain"),
        pytest.param("https://a.example/><b>", "`https://a.example/><b>`", id="HTML"),
        pytest.param("https://a.example/ b", "`https://a.example/ b`", id="a space"),
    ],
)
def test_a_link_leads_where_it_says(address: str, shown: str) -> None:
    """Nothing in an address ends it early."""
    assert write_link(address) == shown


def test_a_template_that_names_an_unknown_value_fails() -> None:
    """A misspelt name is no empty place on a page."""
    with pytest.raises(Exception, match="'run' is undefined"):
        render_html("page.html")
