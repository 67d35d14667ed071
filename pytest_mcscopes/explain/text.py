"""Answers of `mcscopes explain` as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import YOURS
from ..words import FEW, count
from .answers import (
    Answer,
    CallAnswer,
    LabelAnswer,
    NotFound,
    PackageAnswer,
    PermissionAnswer,
    ScopeAnswer,
)
from .term_text import write_stand_ins, write_term
from .terms import Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .answers import CallRequirement, FamilyCalls, Link, Statement, Use
    from .page import Page
    from .rows import View

SCHEMA_VERSION = 1
"""Of the JSON. It grows when a key changes its meaning or goes, not when one is added."""

_MARK = 18
_FEW_CALLS = 10
_FEW_SOURCES = 3

DOUBTS = {
    "scope unknown": "no source states a scope",
    "suspect": "probably wrong as it stands",
    "inferred": "no source states it for this call",
    "attested C": "one unverified statement, no more",
    "attested B": "stated for the same operation under another name only",
    "AND/OR unstated": "Salesforce lists these and does not say whether all are needed",
    "an alternative contradicts it": "sources contradict each other",
}
"""Why a catalogue entry is doubtful, by the words of `CallRequirement.doubt`."""
_MARKS = {
    "scope unknown": "unknown",
    "AND/OR unstated": "all or one?",
    "an alternative contradicts it": "contradicted",
}
_STATUS = {
    "current": "current",
    "unlisted": "real, though the vendor's scope page does not list it",
    "doc-alias": "printed in the vendor's documentation, carried by no token",
    "rejected": "a wrong spelling",
    "overlay": "added by your own catalogue entries",
}


def render_json(answers: Sequence[Answer | Term], view: View) -> str:
    """Write answers in full, with sorted keys."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "checked": view.catalogue.checked,
        "overlay": view.catalogue.overlay.file or None,
        "on": view.on,
        "trust": view.trust,
        "found": all(answer.found for answer in answers),
        "answers": [asdict(answer) for answer in answers],
    }
    return json.dumps(document, indent=2, sort_keys=True, default=str) + "\n"


def render_text(answers: Sequence[Answer | Term], view: View, page: Page) -> str:
    """Write answers one after the other, and what those of the catalogue rest on."""
    blocks = [
        "\n".join(write_term(each, page) if isinstance(each, Term) else _block(each, page)).rstrip()
        for each in answers
    ]
    trust = "" if view.trust == "attested" else f", by --trust {view.trust}"
    overlay = view.catalogue.overlay
    foot = [f"Catalogue checked {view.catalogue.checked}; rules as of {view.on}{trust}."]
    if overlay.summary:
        foot.append(f"Your own catalogue entries in {overlay.file}: {overlay.summary}.")
    lines = [line for text in foot for line in page.wrap(text)]
    terms = [answer for answer in answers if isinstance(answer, Term)]
    if stand_ins := [*write_stand_ins(terms, page)]:
        blocks.append("\n".join(stand_ins))
    if len(terms) < len(answers):
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _block(answer: Answer, page: Page) -> Iterator[str]:
    match answer:
        case CallAnswer():
            return _call(answer, page)
        case ScopeAnswer():
            return _scope(answer, page)
        case LabelAnswer():
            return _label(answer, page)
        case PermissionAnswer():
            return _permission(answer, page)
        case PackageAnswer():
            return _package(answer, page)
        case _:
            return _not_found(answer, page)


def _call(answer: CallAnswer, page: Page) -> Iterator[str]:
    several = len(answer.rules) > 1
    if several:
        yield from page.wrap(f"{answer.asked}: {count(len(answer.rules), 'call')}")
    for rule in answer.rules:
        if several:
            yield ""
        yield from page.wrap(rule.label, rest="    ")
        if not several and answer.asked.casefold() not in rule.label.casefold():
            yield from page.row("asked", answer.asked)
        yield from _rule(rule, page)
        yield from _sources(rule, page, brief=several)


def _rule(rule: CallRequirement, page: Page) -> Iterator[str]:
    yield from _need(rule, page)
    if rule.change:
        since, before = _and(rule.change.enough_since), _and(rule.change.enough_before)
        text = f"from {rule.change.effective_from} on {since}; before that {before} (inferred)"
        yield from page.row("changes", text)
    if rule.tolerated:
        yield from page.row("tolerated", f"{_listed(rule.tolerated)}: plausibly needed too")
    yield from page.rows("elsewhere", map(_elsewhere, rule.elsewhere))
    named = [f"{each.id} {each.object_type} {each.operation}" for each in rule.permissions]
    yield from page.rows("permissions", [*named, *rule.permission_texts])
    yield from _notes(rule.note, page)


def _sources(rule: CallRequirement, page: Page, *, brief: bool) -> Iterator[str]:
    """Name the sources, with their addresses where there is room for them."""
    if brief and not page.full:
        yield from page.row("source", _listed([source.key for source in rule.sources]))
        return
    sources = [f"{source.key}: {source.address}" for source in rule.sources]
    yield from page.rows("source", page.first(sources, _FEW_SOURCES))


def _need(rule: CallRequirement, page: Page) -> Iterator[str]:
    if rule.trusted:
        always = "nothing: always available, whatever the scopes"
        yield from page.row("needs", always if rule.always_available else _enough(rule))
        yield from page.row("trusted", rule.confidence)
        return
    if rule.enough:
        yield from page.row("entry says", _enough(rule))
    if set(rule.may_need) - {scope for some in rule.enough for scope in some} or not rule.enough:
        yield from page.row("may need", _may_need(rule.may_need, rule.families))
    yield from page.row("doubtful", f"{rule.confidence}: {DOUBTS[rule.doubt]}")


def _elsewhere(statement: Statement) -> str:
    keys = _listed([source.key for source in statement.sources])
    return f"{_and(statement.all_of)} ({statement.confidence}, {keys}): {statement.why}"


def _notes(note: str, page: Page) -> Iterator[str]:
    if note:
        yield from page.row("note", note)


def _scope(answer: ScopeAnswer, page: Page) -> Iterator[str]:
    yield from page.wrap(f"{answer.scope}: {answer.label}", rest="    ")
    if answer.asked != answer.scope:
        yield from page.row("asked", answer.asked)
    listed = ", on the vendor's scope page" if answer.on_scope_page else ""
    yield from page.row("status", _STATUS[answer.status] + listed)
    if answer.use_instead:
        inferred = " (inferred)" if answer.use_instead_confidence == "inferred" else ""
        yield from page.row("use instead", answer.use_instead + inferred)
    groups = count(answer.independent_sources, "independent source")
    said = YOURS if answer.confidence == "overlay" else f"{answer.confidence}, {groups}"
    yield from page.row("known", said)
    yield from page.rows("aliases", filter(None, [_listed(answer.aliases)]))
    yield from page.rows("wrong", filter(None, [_listed(answer.mistakes)]))
    yield from _notes(answer.note, page)
    links = [_link(link) for link in answer.permissions]
    yield from page.rows("permissions", page.first(links, FEW))
    yield from page.row("source", _listed([source.key for source in answer.sources]))
    if not answer.use_instead:
        yield from _uses(answer, page)


def _link(link: Link) -> str:
    if link.id is None:
        return f"{link.path} (no id known; {link.confidence})"
    how = "matched by name, " if link.matched_by_name else ""
    return f"{link.id} {link.object_type} {link.operation} ({how}{link.confidence})"


def _uses(answer: ScopeAnswer, page: Page) -> Iterator[str]:
    headings = {
        "needed": "needed by {}, on trusted entries",
        "one of several": "one of several that are enough for {}, on trusted entries",
        "tolerated": "plausibly needed too by {}, on trusted entries",
        "may be needed": "may be needed by {}, on doubtful entries",
    }
    for role, heading in headings.items():
        uses = [use for use in answer.uses if use.role == role]
        lines = [_line(use.rule, _beside(use, answer.scope)) for use in uses]
        if lines:
            yield from page.wrap(heading.format(count(len(lines), "call")), "  ")
            yield from _lines(lines, page, _FEW_CALLS)
    if not answer.uses:
        yield from page.wrap("no known call needs it", "  ")


def _beside(use: Use, scope: str) -> str:
    """Tell what is needed beside a scope."""
    if use.role != "needed":
        return ""
    others = [other for other in use.rule.enough[0] if other != scope]
    return f" with {_and(others)}" if others else ""


def _label(answer: LabelAnswer, page: Page) -> Iterator[str]:
    yield from page.wrap(f"{answer.asked}: {count(len(answer.scopes), 'scope')}")
    for each in answer.scopes:
        trusted = sum(use.rule.trusted for use in each.uses)
        doubtful = len(each.uses) - trusted
        yield from page.wrap(f"{each.scope}: {each.label}", "  ", "    ")
        calls = f"{count(trusted, 'call')} on trusted entries, {doubtful} on doubtful ones"
        yield from page.wrap(calls, head="    ")


def _permission(answer: PermissionAnswer, page: Page) -> Iterator[str]:
    names = f"{answer.object_type} {answer.operation}"
    name = "" if answer.name == answer.operation else f' ("{answer.name}")'
    yield from page.wrap(f"Permission {answer.id}: {names}{name}", rest="    ")
    if not answer.observed:
        yield from page.row("doubtful", "not in the vendor's sample of v2/userinfo")
    for link in answer.links:
        how = "matched by name, " if link.matched_by_name else ""
        yield from page.row("goes with", f"{link.scope} ({how}{link.confidence})")
        yield from page.row("", link.path)
        yield from _notes(link.note, page)
        yield from page.row("source", _listed([source.key for source in link.sources]))
    if not answer.links:
        yield from page.row("goes with", "no scope, as far as is known")
    if answer.rules:
        yield from page.wrap(f"belongs to {count(len(answer.rules), 'call')}", "  ")
        yield from _lines([_line(rule) for rule in answer.rules], page, _FEW_CALLS)


def _package(answer: PackageAnswer, page: Page) -> Iterator[str]:
    scopes = count(len(answer.scopes), "scope")
    yield from page.wrap(f"A package with {scopes}: {' '.join(answer.scopes)}", rest="    ")
    yield from page.rows("read as", (f"{word} as {scope}" for word, scope in answer.read_as))
    for each in answer.unknown:
        hint = f"; did you mean {' or '.join(each.did_you_mean)}?" if each.did_you_mean else ""
        yield from page.row("not found", each.asked + hint)
    yield from page.wrap(_totals(answer), "  ")
    if answer.idle:
        yield from page.wrap(f"No known call needs {_and(answer.idle)}.", "  ")
    for family in answer.families:
        yield ""
        yield from _family(family, page)


def _totals(answer: PackageAnswer) -> str:
    reads = sum(len(family.reads) for family in answer.families)
    writes = sum(len(family.writes) for family in answer.families)
    doubtful = sum(len(family.doubtful) for family in answer.families)
    return (
        f"It could make {count(reads + writes, 'call')} on trusted entries"
        f" ({count(reads, 'read')}, {count(writes, 'write')}), and perhaps {doubtful} on"
        f" doubtful ones. {answer.open_to_all} more need no scope."
    )


def _family(family: FamilyCalls, page: Page) -> Iterator[str]:
    yield from page.wrap(family.family)
    for heading, rules in (
        ("reads", family.reads),
        ("writes", family.writes),
        ("perhaps, on doubtful entries", family.doubtful),
    ):
        if rules:
            yield f"  {heading} ({len(rules)})"
            yield from _lines([_line(rule) for rule in rules], page, FEW)


def _not_found(answer: NotFound, page: Page) -> Iterator[str]:
    yield from page.wrap(f"{answer.asked}: not found, {answer.why}", rest="    ")
    yield from page.rows("did you mean", answer.did_you_mean)
    if answer.may_need:
        yield from page.row("may need", _may_need(answer.may_need, answer.families))


def _line(rule: CallRequirement, beside: str = "") -> tuple[str, str]:
    """Give the mark of a row, and its label."""
    mark = rule.confidence if rule.doubt == "inferred" else rule.doubt or rule.confidence
    mark = YOURS if rule.confidence.startswith(YOURS) else mark
    return _MARKS.get(mark, mark), rule.label + beside


def _lines(calls: Sequence[tuple[str, str]], page: Page, few: int) -> Iterator[str]:
    for mark, text in calls if page.full else calls[:few]:
        yield from page.wrap(text, f"    {mark:<{_MARK}}")
    if len(calls) > few and not page.full:
        yield f"    and {len(calls) - few} more: --all"


def _enough(rule: CallRequirement) -> str:
    if rule.enough == ((),):
        return "no scope"
    return " or ".join(map(_and, rule.enough))


def _may_need(scopes: Sequence[str], families: Sequence[str]) -> str:
    if len(scopes) <= FEW:
        return _listed(scopes)
    if len(families) <= FEW:
        return f"any of the {len(scopes)} scopes of {_and(families)}"
    return f"any of {len(scopes)} scopes"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [_listed(words[:-1]), *words[-1:]]))


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
