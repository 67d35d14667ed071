"""Answers of `mcscopes explain` as text for people, and as JSON for programs."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import YOURS
from .answers import (
    Answer,
    CallAnswer,
    LabelAnswer,
    NotFound,
    PackageAnswer,
    PermissionAnswer,
    ScopeAnswer,
)
from .terms import Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .answers import FamilyCalls, Link, Rule, Statement, Use
    from .rows import View

SCHEMA_VERSION = 1
"""Of the JSON. It grows when a key changes its meaning or goes, not when one is added."""

_LABEL = 13
_MARK = 18
_BEFORE = len("DELETE ")
"""A path that fits its line but for the method before it is cut, so as not to leave that alone."""
_FEW_CALLS = 10
_FEW_SCOPES = 6
_FEW_SOURCES = 3

_DOUBTS = {
    "scope unknown": "no source states a scope",
    "suspect": "probably wrong as it stands",
    "inferred": "no source states it for this call",
    "attested C": "one unverified statement, no more",
    "attested B": "stated for the same operation under another name only",
    "AND/OR unstated": "Salesforce lists these and does not say whether all are needed",
    "an alternative contradicts it": "sources contradict each other",
}
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


_STAND_INS = (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How wide lines may be, and whether lists are told in full."""

    width: int = 80
    full: bool = False

    def wrap(self, text: str, head: str = "", rest: str | None = None) -> Iterator[str]:
        """Cut a text into lines; a path or address that is too long is cut at its slashes."""
        indent = " " * len(head) if rest is None else rest
        line, used = head, False
        for glue, piece in _pieces(text, self.width - max(len(head), len(indent))):
            if used and len(line) + len(glue) + len(piece) > self.width:
                yield line.rstrip()
                line, used = indent, False
            line += (glue if used else "") + piece
            used = True
        yield line.rstrip()

    def row(self, label: str, text: str) -> Iterator[str]:
        """Write a labelled text."""
        yield from self.wrap(text, f"  {label:<{_LABEL}}")

    def rows(self, label: str, texts: Iterable[str]) -> Iterator[str]:
        """Write texts one below the other, of which the first has the label."""
        for text in texts:
            yield from self.row(label, text)
            label = ""

    def first(self, things: Sequence[str], few: int) -> Iterator[str]:
        """Yield a few of many things, and how many are left."""
        yield from things if self.full else things[:few]
        if len(things) > few and not self.full:
            yield f"and {len(things) - few} more: --all"


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
        "\n".join(_term(each, page) if isinstance(each, Term) else _block(each, page)).rstrip()
        for each in answers
    ]
    trust = "" if view.trust == "attested" else f", by --trust {view.trust}"
    overlay = view.catalogue.overlay
    foot = [f"Catalogue checked {view.catalogue.checked}; rules as of {view.on}{trust}."]
    if overlay.file:
        foot.append(f"Your own catalogue entries in {overlay.file}: {overlay.told}.")
    lines = [line for told in foot for line in page.wrap(told)]
    terms = [answer for answer in answers if isinstance(answer, Term)]
    if stand_ins := [*_stand_ins(terms, page)]:
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


def _term(term: Term, page: Page) -> Iterator[str]:
    """Write what there is to say of a word."""
    title = f" {term.title}" if term.title else ""
    yield f"{term.asked}{title}"
    by_default = f", by default {term.by_default}" if term.by_default else ""
    yield from page.row("is a", f"{term.kind}{by_default}")
    yield from page.row("means", term.means)
    yield from page.row("why", term.why)
    if term.fires:
        needs = "".join(f", run with -o {each}" for each in term.settings)
        yield from page.row("example", f"of a test that has it{needs}:")
        yield from _code(term.fires)
    if term.fix:
        yield from page.row("fix" if term.fires else "use", term.fix)
    if term.passes:
        yield from page.row(
            "" if term.fires else "example", "As it should be:" if term.fires else ""
        )
        yield from _code(term.passes)
    if term.example:
        yield from page.row("example", f"in [tool.pytest] of pyproject.toml: {term.example}")


def _stand_ins(terms: Iterable[Term], page: Page) -> Iterator[str]:
    """Say what the calls stand for that examples are short by."""
    code = "".join(f"{term.fires}{term.passes}" for term in terms)
    for call, meaning in _STAND_INS:
        if re.search(rf"\b{re.escape(call)}", code):
            yield from page.wrap(meaning, "", "  ")


def _code(text: str) -> Iterator[str]:
    yield ""
    for line in text.splitlines():
        yield f"      {line}".rstrip()
    yield ""


def _call(answer: CallAnswer, page: Page) -> Iterator[str]:
    several = len(answer.rules) > 1
    if several:
        yield from page.wrap(f"{answer.asked}: {_count(len(answer.rules), 'call')}")
    for rule in answer.rules:
        if several:
            yield ""
        yield from page.wrap(rule.label, rest="    ")
        if not several and answer.asked.casefold() not in rule.label.casefold():
            yield from page.row("asked", answer.asked)
        yield from _rule(rule, page)
        yield from _sources(rule, page, brief=several)


def _rule(rule: Rule, page: Page) -> Iterator[str]:
    yield from _need(rule, page)
    if rule.change:
        since, before = _and(rule.change.enough_since), _and(rule.change.enough_before)
        told = f"from {rule.change.effective_from} on {since}; before that {before} (inferred)"
        yield from page.row("changes", told)
    if rule.tolerated:
        yield from page.row("tolerated", f"{_listed(rule.tolerated)}: plausibly needed too")
    yield from page.rows("elsewhere", map(_elsewhere, rule.elsewhere))
    yield from _permissions(rule, page)
    yield from _notes(rule.note, page)


def _sources(rule: Rule, page: Page, *, brief: bool) -> Iterator[str]:
    """Name the sources, with their addresses where there is room for them."""
    if brief and not page.full:
        yield from page.row("source", _listed([source.key for source in rule.sources]))
        return
    sources = [f"{source.key}: {source.address}" for source in rule.sources]
    yield from page.rows("source", page.first(sources, _FEW_SOURCES))


def _need(rule: Rule, page: Page) -> Iterator[str]:
    if rule.trusted:
        always = "nothing: always available, whatever the scopes"
        yield from page.row("needs", always if rule.always_available else _enough(rule))
        yield from page.row("trusted", rule.confidence)
        return
    if rule.enough:
        yield from page.row("entry says", _enough(rule))
    if set(rule.may_need) - {scope for some in rule.enough for scope in some} or not rule.enough:
        yield from page.row("may need", _may_need(rule.may_need, rule.families))
    yield from page.row("doubtful", f"{rule.confidence}: {_DOUBTS[rule.doubt]}")


def _elsewhere(statement: Statement) -> str:
    keys = _listed([source.key for source in statement.sources])
    return f"{_and(statement.all_of)} ({statement.confidence}, {keys}): {statement.why}"


def _permissions(rule: Rule, page: Page) -> Iterator[str]:
    named = [f"{each.id} {each.object_type} {each.operation}" for each in rule.permissions]
    yield from page.rows("permissions", [*named, *rule.permission_texts])


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
    groups = _count(answer.independent_sources, "independent source")
    said = YOURS if answer.confidence == "overlay" else f"{answer.confidence}, {groups}"
    yield from page.row("known", said)
    yield from page.rows("aliases", filter(None, [_listed(answer.aliases)]))
    yield from page.rows("wrong", filter(None, [_listed(answer.mistakes)]))
    yield from _notes(answer.note, page)
    links = [_link(link) for link in answer.permissions]
    yield from page.rows("permissions", page.first(links, _FEW_SCOPES))
    yield from page.row("source", _listed([source.key for source in answer.sources]))
    if not answer.use_instead:
        yield from _uses(answer, page)


def _link(link: Link) -> str:
    if link.id is None:
        return f"{link.path} (no id known; {link.confidence})"
    how = "matched by name, " if link.matched_by_name else ""
    return f"{link.id} {link.object_type} {link.operation} ({how}{link.confidence})"


def _uses(answer: ScopeAnswer, page: Page) -> Iterator[str]:
    told = {
        "needed": "needed by {}, on trusted entries",
        "one of several": "one of several that are enough for {}, on trusted entries",
        "tolerated": "plausibly needed too by {}, on trusted entries",
        "may be needed": "may be needed by {}, on doubtful entries",
    }
    for role, heading in told.items():
        uses = [use for use in answer.uses if use.role == role]
        lines = [_line(use.rule, _beside(use, answer.scope)) for use in uses]
        if lines:
            yield from page.wrap(heading.format(_count(len(lines), "call")), "  ")
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
    yield from page.wrap(f"{answer.asked}: {_count(len(answer.scopes), 'scope')}")
    for each in answer.scopes:
        trusted = sum(use.rule.trusted for use in each.uses)
        doubtful = len(each.uses) - trusted
        yield from page.wrap(f"{each.scope}: {each.label}", "  ", "    ")
        calls = f"{_count(trusted, 'call')} on trusted entries, {doubtful} on doubtful ones"
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
        yield from page.wrap(f"belongs to {_count(len(answer.rules), 'call')}", "  ")
        yield from _lines([_line(rule) for rule in answer.rules], page, _FEW_CALLS)


def _package(answer: PackageAnswer, page: Page) -> Iterator[str]:
    count = _count(len(answer.scopes), "scope")
    yield from page.wrap(f"A package with {count}: {' '.join(answer.scopes)}", rest="    ")
    yield from page.rows("read as", (f"{word} as {scope}" for word, scope in answer.read_as))
    for each in answer.unknown:
        yield from page.row("not found", each.asked + _did_you_mean(each))
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
        f"It could make {_count(reads + writes, 'call')} on trusted entries"
        f" ({_count(reads, 'read')}, {_count(writes, 'write')}), and perhaps {doubtful} on"
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
            yield from _lines([_line(rule) for rule in rules], page, _FEW_SCOPES)


def _not_found(answer: NotFound, page: Page) -> Iterator[str]:
    yield from page.wrap(f"{answer.asked}: not found, {answer.why}", rest="    ")
    yield from page.rows("did you mean", answer.did_you_mean)
    if answer.may_need:
        yield from page.row("may need", _may_need(answer.may_need, answer.families))


def _did_you_mean(answer: NotFound) -> str:
    return f"; did you mean {' or '.join(answer.did_you_mean)}?" if answer.did_you_mean else ""


def _line(rule: Rule, beside: str = "") -> tuple[str, str]:
    """Give the mark of a row, and its label."""
    mark = rule.confidence if rule.doubt == "inferred" else rule.doubt or rule.confidence
    mark = YOURS if rule.confidence.startswith(YOURS) else mark
    return _MARKS.get(mark, mark), rule.label + beside


def _lines(calls: Sequence[tuple[str, str]], page: Page, few: int) -> Iterator[str]:
    for mark, text in calls if page.full else calls[:few]:
        yield from page.wrap(text, f"    {mark:<{_MARK}}")
    if len(calls) > few and not page.full:
        yield f"    and {len(calls) - few} more: --all"


def _enough(rule: Rule) -> str:
    if rule.enough == ((),):
        return "no scope"
    return " or ".join(map(_and, rule.enough))


def _may_need(scopes: Sequence[str], families: Sequence[str]) -> str:
    if len(scopes) <= _FEW_SCOPES:
        return _listed(scopes)
    if len(families) <= _FEW_SCOPES:
        return f"any of the {len(scopes)} scopes of {_and(families)}"
    return f"any of {len(scopes)} scopes"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [_listed(words[:-1]), *words[-1:]]))


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _pieces(text: str, room: int) -> Iterator[tuple[str, str]]:
    """Cut a text into pieces that fit, each with what glues it to the one before."""
    for word in text.split():
        glue = " "
        for part in [word] if len(word) <= room - _BEFORE else re.split(r"(?<=[/&?,])", word):
            for start in range(0, len(part), room):
                yield glue, part[start : start + room]
                glue = ""
