"""Words of this plugin as text: what each means, why it matters, and examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..privilege.findings import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .page import Page
    from .terms import Term

STAND_INS = (
    (
        "log_in(",
        "log_in(tenant, scope=...) stands for your code's token request and gives the token.",
    ),
    (
        "log_in_user(",
        (
            "log_in_user(tenant, scope=...) stands for a user's log-in to your app: authorize,"
            " call-back and exchange of the code. It gives the token."
        ),
    ),
    (
        "call(",
        'call(tenant, token, "METHOD /path") stands for your code\'s REST call with that token.',
    ),
)
"""What examples call for short, and what it stands for."""


def write_term(term: Term, page: Page) -> Iterator[str]:
    """Write what there is to say of a word."""
    title = f" {term.title}" if term.title else ""
    yield f"{term.asked}{title}"
    by_default = f", by default {term.by_default}" if term.by_default else ""
    by_default += f"; {term.except_where}" if term.except_where else ""
    yield from page.row("is a", f"{term.kind}{by_default}")
    yield from page.row("means", term.means)
    yield from page.row("why", term.why)
    if term.fires:
        needs = "".join(f", run with -o {each}" for each in term.settings)
        of = "suite" if RULES[term.asked].of_suite else "test"
        yield from page.row("example", f"of a {of} that has it{needs}:")
        yield from _code(term.fires)
        yield from _manifest(term.manifest, page)
    if term.fix:
        yield from page.row("fix" if term.fires else "use", term.fix)
    if term.passes:
        yield from page.row(
            "" if term.fires else "example", "As it should be:" if term.fires else ""
        )
        yield from _code(term.passes)
        yield from _manifest(term.fixed_manifest, page)
    if term.example:
        yield from page.row("example", f"in [tool.pytest] of pyproject.toml: {term.example}")


def write_stand_ins(terms: Iterable[Term], page: Page) -> Iterator[str]:
    """Explain the helper calls that keep examples short."""
    code = "".join(f"{term.fires}{term.passes}" for term in terms)
    for call, meaning in STAND_INS:
        if re.search(rf"\b{re.escape(call)}", code):
            yield from page.wrap(meaning, "", "  ")


def _manifest(text: str, page: Page) -> Iterator[str]:
    if text:
        yield from page.row("", "with this in mcscopes.toml:")
        yield from _code(text)


def _code(text: str) -> Iterator[str]:
    yield ""
    for line in text.splitlines():
        yield f"      {line}".rstrip()
    yield ""
