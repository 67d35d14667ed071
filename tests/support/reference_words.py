"""Rules, marks, settings and plain words, as the reference pages tell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_text import code, paragraph, quoted, set_code, slug, table
from reference_members import attributes_of, write_use

from pytest_mcscopes.config import Config, PackageConfig, UserConfig, setting_types, words_of
from pytest_mcscopes.explain.term_text import STAND_INS
from pytest_mcscopes.explain.terms import load_terms
from pytest_mcscopes.plugin import MARKERS, OPTIONS
from pytest_mcscopes.privilege.findings import RULES
from pytest_mcscopes.settings.packages import package_kinds
from pytest_mcscopes.settings.users import user_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes.explain.terms import Term

TERMS = load_terms()
KEYWORDS = {
    "mc_package": (package_kinds, PackageConfig),
    "mc_user": (user_kinds, UserConfig),
}
"""What the keywords of a mark may be, and the settings that they become."""
BEHIND = {"permissions_from": "observed"}
"""Keywords of a mark that are a field of another name of its settings."""


def terms_of(*kinds: str) -> list[Term]:
    """Give the words of some kinds, in the order in which they are written."""
    return [term for term in TERMS.values() if term.kind in kinds]


def write_rules() -> Iterator[str]:
    """Write each rule: what it means, why, a test that has it, and one as it should be."""
    rules = sorted(terms_of("rule"), key=lambda term: term.asked)
    rows = (
        (
            f"[{term.asked}](#{slug(title_of(term))})",
            term.title,
            severity_of(term),
            set_code(term.means),
        )
        for term in rules
    )
    yield from table(("rule", "name", "by default", "what it means"), rows)
    for term in rules:
        yield from write_rule(term)
    yield "## What the examples call"
    yield ""
    for _, meaning in STAND_INS:
        yield from paragraph(meaning, "- ", "  ")


def title_of(term: Term) -> str:
    """Write what a rule is called, as `MCS102 excess-scope`."""
    return f"{term.asked} {term.title}"


def severity_of(term: Term) -> str:
    """Write what a rule is where nothing else is said."""
    return f"{term.by_default}; {term.except_where}" if term.except_where else term.by_default


def write_rule(term: Term) -> Iterator[str]:
    """Write all that there is to say of a rule."""
    yield f"## {title_of(term)}"
    yield ""
    yield from paragraph(f"By default: {set_code(severity_of(term))}.")
    yield from paragraph(set_code(term.means))
    yield from paragraph(f"**Why it matters.** {set_code(term.why)}")
    needs = "".join(f", run with {quoted(f'-o {each}')}" for each in term.settings)
    of = "suite" if RULES[term.asked].of_suite else "test"
    yield from example(f"A {of} that has it{needs}:", term.fires)
    yield from manifest(term.manifest)
    yield from paragraph(f"**How to fix it.** {set_code(term.fix)}")
    yield from example("As it should be:", term.passes)
    yield from manifest(term.fixed_manifest)


def manifest(text: str) -> Iterator[str]:
    """Write what `mcscopes.toml` says beside an example; nothing where it need not be there."""
    yield from paragraph("With this in `mcscopes.toml`:" if text else "")
    yield from code("toml", text)


def example(title: str, text: str) -> Iterator[str]:
    """Write a piece of Python with its title; nothing where there is none."""
    yield from paragraph(title if text else "")
    yield from code("python", text)


def write_settings() -> Iterator[str]:
    """Write each setting: what it may be, what it means, why, and a line that sets it."""
    settings = sorted(terms_of("setting"), key=lambda term: term.asked)
    rows = (
        (f"[{quoted(each.asked)}](#{each.asked})", quoted(default_of(each)), may_be(each))
        for each in settings
    )
    yield from table(("setting", "default", "may be"), rows)
    for term in settings:
        yield f"## {term.asked}"
        yield ""
        name = term.asked.removeprefix("mc_")
        flag = f" Option: {quoted('--' + term.asked.replace('_', '-'))}." if name in OPTIONS else ""
        yield from paragraph(
            f"Default: {quoted(default_of(term))}. It may be: {may_be(term)}.{flag}",
        )
        yield from paragraph(set_code(term.means))
        yield from paragraph(f"**Why it matters.** {set_code(term.why)}")
        yield from code("toml", term.example)


def default_of(term: Term) -> str:
    """Write what a setting is where nobody says anything, as it is written in TOML."""
    value: object = Config._field_defaults[term.asked.removeprefix("mc_")]
    return "[]" if value == () else str(value).lower() if isinstance(value, bool) else f"{value}"


def may_be(term: Term) -> str:
    """Write what a setting may be."""
    hint = setting_types()[term.asked.removeprefix("mc_")]
    if words := words_of(term.asked.removeprefix("mc_")):
        return ", ".join(map(quoted, words))
    kinds = {int: "a positive number", bool: "`true`, `false`", str: "a text"}
    return kinds.get(hint, "a list of texts")


def write_marks() -> Iterator[str]:
    """Write each mark, with its keywords; then the words that mc_scopes takes."""
    shown = {re.split(r"[(:]", text)[0]: text.partition(": ")[0] for text in MARKERS}
    for term in terms_of("mark", "mark and fixture"):
        yield f"## {term.asked}"
        yield ""
        yield from code("python", f"@pytest.mark.{shown[term.asked]}")
        yield from write_use(term)
        if term.asked in KEYWORDS:
            yield from paragraph("Its keywords, which the fixture of this name gives as a mapping:")
            yield from table(("keyword", "must be", "what it is"), keywords_of(term.asked))
    yield "## The match of mc_scopes"
    yield ""
    for term in terms_of("match of mc_scopes"):
        yield f'### match="{term.asked}"'
        yield ""
        yield from write_use(term)


def keywords_of(mark: str) -> Iterator[tuple[str, str, str]]:
    """Give a row for each keyword of a mark: its name, what it must be, and what it is."""
    kinds, settings = KEYWORDS[mark]
    fields = attributes_of(settings)
    for name, kind in kinds().items():
        yield quoted(name), kind.wanted, fields[BEHIND.get(name, name)].about


def write_glossary() -> Iterator[str]:
    """Write the plain words that the texts of this plugin use in a sense of their own."""
    for term in terms_of("word"):
        yield f"## {term.asked}"
        yield ""
        yield from write_use(term)
