"""From a question to what the catalogue answers: pure functions, plain values."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import power
from ..catalogue.find_requirements import need_of_unmapped
from ..catalogue.model import ANY
from ..catalogue.nearest import fold_words
from .answers import (
    MOST_HINTS,
    Answer,
    CallAnswer,
    FamilyCalls,
    LabelAnswer,
    Link,
    NotFound,
    PackageAnswer,
    PermissionAnswer,
    ScopeAnswer,
    Use,
)
from .question import LONGEST, join_request_lines, read_call, scopes_in, show, soap_words
from .rows import describe_row, routes_in, rows_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..catalogue.call_requirements import CallRequirements
    from ..catalogue.model import Route, Scope, ScopePermission, SoapRow
    from .answers import CallRequirement, Role
    from .question import RequestLine
    from .rows import View

_BOTH = ("create", "and", "update")
"""What a Create or Update does that may do either."""
_TOO_LONG = f"it is longer than the {LONGEST:,} characters that are read"
_GUESSED = 20
"""For so many unknown scopes of one package is it looked up what was meant."""
_SIMILAR = 0.7
"""Below this, difflib pairs labels that share little but their action."""


def explain_line(words: Sequence[str], view: View) -> tuple[Answer, ...]:
    """Answer a command line; all of it may be one thing that was typed without quotes."""
    line = " ".join(words)
    one = len(words) > 1 and len(line) <= LONGEST and not scopes_in(words)
    if one and (known := _known(line, view)):
        return known
    return explain(join_request_lines(words), view)


def explain(things: Sequence[str], view: View) -> tuple[Answer, ...]:
    """Answer each thing; several scopes, and nothing else, are taken as those of one package."""
    scopes = scopes_in(things)
    if len(scopes) > 1:
        return (_package(scopes, view),)
    return tuple(answer for thing in dict.fromkeys(things) for answer in _answers(thing, view))


def _answers(thing: str, view: View) -> tuple[Answer, ...]:
    if len(thing) > LONGEST:
        return (NotFound(asked=show(thing), why=_TOO_LONG, did_you_mean=()),)
    try:
        call = read_call(thing)
    except ValueError:
        return (NotFound(asked="the URL", why="it cannot be read", did_you_mean=()),)
    if call:
        return (_call(call, view),)
    if known := _known(thing, view):
        return known
    path = read_call(f"/{thing}")
    return (_call(path, view) if path and path.path.count("/") > 1 else _unknown(thing, view),)


def _known(thing: str, view: View) -> tuple[Answer, ...]:
    """Answer what is known by name; a word may be a label and a SOAP object at once."""
    if thing in view.catalogue.scopes:
        return (_scope(view.catalogue.scopes[thing], thing, view),)
    if re.fullmatch(r"\d{1,9}", thing, re.ASCII):
        return tuple(_permission(int(thing), view))
    return (*_label(thing, view), *_soap(thing, view))


def _scope(scope: Scope, asked: str, view: View) -> ScopeAnswer:
    others = [each for each in view.catalogue.scopes.values() if each.maps_to == scope.id]
    links = [link for link in view.catalogue.scope_permissions if link.scope == scope.id]
    return ScopeAnswer(
        asked=show(asked),
        scope=scope.id,
        label=label_of(scope),
        category=scope.category,
        family=scope.family,
        action=scope.action,
        status=scope.status,
        on_scope_page=scope.on_scope_page,
        use_instead=scope.maps_to,
        use_instead_confidence=scope.maps_to_confidence,
        aliases=tuple(each.id for each in others if each.status == "doc-alias"),
        mistakes=tuple(each.id for each in others if each.status == "rejected"),
        confidence=scope.confidence,
        independent_sources=scope.independent_sources,
        sources=view.sources(scope.sources),
        permissions=tuple(_link(link, view) for link in links),
        uses=_uses(scope.id, view),
        note=scope.note,
    )


def label_of(scope: Scope) -> str:
    """Write the label of a scope as the vendor's pages do, and as one does where one was read."""
    parts = (scope.category, scope.family, scope.action.capitalize())
    return scope.ui_label or " | ".join(part for part in parts if part)


def _uses(scope: str, view: View) -> tuple[Use, ...]:
    uses = [
        Use(role=role, rule=describe_row(row, view))
        for row in rows_in(view)
        if (role := _role(scope, view.need_of(row)))
    ]
    return tuple(sorted(uses, key=lambda use: not use.rule.trusted))


def _role(scope: str, need: CallRequirements) -> Role | None:
    if need.doubt:
        # A row without any scope explains whole families: that says nothing of this scope.
        return "may be needed" if need.minimal_sets and scope in need.explains else None
    if scope in need.listed:
        return "needed" if all(scope in some for some in need.minimal_sets) else "one of several"
    return "tolerated" if scope in need.tolerated else None


def _label(text: str, view: View) -> Iterator[Answer]:
    words = fold_words(text)
    ordered = view.ordered(view.catalogue.wire_ids)
    scopes = [view.catalogue.scopes[name] for name in ordered]
    answers = tuple(
        _scope(scope, text, view) for scope in scopes if words in map(fold_words, _labels(scope))
    )
    if len(answers) > 1:
        yield LabelAnswer(asked=show(text), scopes=answers)
    else:
        yield from answers


def _labels(scope: Scope) -> Iterator[str]:
    """Yield what a scope, its family and its category go by."""
    yield from (label_of(scope), scope.family, f"{scope.family} {scope.action}")
    if scope.category:
        family = f"{scope.category} {scope.family}"
        yield from (scope.category, family, f"{family} {scope.action}")


def _call(call: RequestLine, view: View) -> Answer:
    if call.hosts == ("soap",):
        why = "SOAP calls go by object type and operation, as in TriggeredSend Create"
        return NotFound(asked=call.shown, why=why, did_you_mean=())
    if not call.hosts:
        here = _call(replace(call, hosts=("rest", "auth")), view)
        near = tuple(rule.label for rule in here.rules) if isinstance(here, CallAnswer) else ()
        why = "its host is none of Marketing Cloud's"
        return NotFound(asked=call.shown, why=why, did_you_mean=near)
    rules = tuple(describe_row(route, view) for route in _matches(call, view))
    return CallAnswer(asked=call.shown, rules=rules) if rules else _unmapped(call, view)


def _matches(call: RequestLine, view: View) -> Iterator[Route]:
    known = dict.fromkeys(sorted(route.method for route in routes_in(view)))
    for host in call.hosts:
        for method in (call.method,) if call.method else known:
            if route := view.catalogue.match(method, call.path, call.query, host):
                yield route


def _unmapped(call: RequestLine, view: View) -> NotFound:
    needs = [
        need_of_unmapped(call.method or "GET", call.path, call.query, view.catalogue, host)
        for host in call.hosts
    ]
    near = [label for need in needs for label in need.near_misses]
    explains = needs[0].explains
    return NotFound(
        asked=call.shown,
        why="the catalogue has no entry for it",
        did_you_mean=tuple(near[:MOST_HINTS]),
        may_need=view.ordered(explains),
        families=view.catalogue.families(explains),
    )


def _soap(text: str, view: View) -> Iterator[Answer]:
    rows = _soap_rows(soap_words(text), view.catalogue.soap_rows)
    if rows:
        yield CallAnswer(asked=show(text), rules=tuple(describe_row(row, view) for row in rows))


def _soap_rows(words: Sequence[str], rows: Sequence[SoapRow]) -> list[SoapRow]:
    """Find the rows of an object type, or of it and one or two operations, in either order."""
    if tuple(words[1:]) == _BOTH:
        return [row for each in _BOTH[::2] for row in _of_pair(words[0], each, rows)]
    if len(words) == 1:
        return _of_object(words[0], rows) or _of_any_object(words[0], rows)
    if len(words) == 2:
        return _of_pair(words[0], words[1], rows) or _of_pair(words[1], words[0], rows)
    return []


def _of_object(object_type: str, rows: Iterable[SoapRow]) -> list[SoapRow]:
    return [row for row in rows if row.object_type.casefold() == object_type]


def _of_any_object(operation: str, rows: Iterable[SoapRow]) -> list[SoapRow]:
    return [row for row in _of_object(ANY, rows) if _operation(row) == operation]


def _of_pair(object_type: str, operation: str, rows: Sequence[SoapRow]) -> list[SoapRow]:
    if operation not in map(_operation, rows):
        return []
    of_object = _of_object(object_type, rows)
    # A row for any operation, or any object, speaks where none is for this very one.
    any_operation = [row for row in of_object if row.operation == ANY]
    exact = [row for row in of_object if _operation(row) == operation]
    return exact or any_operation or _of_any_object(operation, rows)


def _operation(row: SoapRow) -> str:
    return row.operation.partition(" ")[0].casefold()


def _permission(number: int, view: View) -> Iterator[Answer]:
    known = view.catalogue.permissions.get(number)
    links = [link for link in view.catalogue.scope_permissions if number == _id(link)]
    if known is None and not links:
        return
    named = known or links[0]
    yield PermissionAnswer(
        asked=str(number),
        id=number,
        object_type=named.object_type,
        operation=named.operation,
        name=known.name if known else links[0].permission_name,
        observed=known is not None,
        links=tuple(_link(link, view) for link in links),
        rules=tuple(
            describe_row(route, view) for route in routes_in(view) if number in route.permission_ids
        ),
    )


def _id(link: ScopePermission) -> int | None:
    return link.permission_id or link.matched_permission_id


def _link(link: ScopePermission, view: View) -> Link:
    return Link(
        scope=link.scope,
        id=_id(link),
        matched_by_name=link.matched_permission_id is not None,
        object_type=link.object_type,
        operation=link.operation,
        naming=link.naming,
        path=link.permission_path,
        confidence=link.confidence,
        sources=view.sources(link.source),
        note=link.note,
    )


def _package(words: Sequence[str], view: View) -> PackageAnswer:
    known = [view.catalogue.scopes[word] for word in words if word in view.catalogue.scopes]
    others = [word for word in words if word not in view.catalogue.scopes]
    unknown = (
        *(_unknown(word, view) for word in others[:_GUESSED]),
        *(_not_found(word) for word in others[_GUESSED:]),
    )
    owned = frozenset(scope.maps_to or scope.id for scope in known)
    needs = [(row, view.need_of(row)) for row in rows_in(view)]
    used = [(row, need) for row, need in needs if need.used_with(owned)]
    idle = {scope for scope in owned if not any(_role(scope, need) for _, need in needs)}
    return PackageAnswer(
        asked=" ".join(words),
        scopes=view.ordered(owned),
        read_as=tuple((scope.id, scope.maps_to) for scope in known if scope.maps_to),
        unknown=unknown,
        families=_by_family(used, owned, view),
        idle=view.ordered(idle),
        open_to_all=sum(need.trusted and not need.listed for _, need in needs),
        found=not unknown,
    )


def _by_family(
    used: Iterable[tuple[Route | SoapRow, CallRequirements]], owned: frozenset[str], view: View
) -> tuple[FamilyCalls, ...]:
    """Group calls by the family of the most powerful scope that each would use."""
    grouped: dict[str, list[CallRequirement]] = {}
    for row, need in used:
        strongest = max(view.ordered(need.used_with(owned)), key=power)
        family = view.catalogue.scopes[strongest].family
        grouped.setdefault(family, []).append(describe_row(row, view))
    return tuple(
        FamilyCalls(
            family=family,
            reads=tuple(rule for rule in grouped[family] if rule.trusted and rule.reads),
            writes=tuple(rule for rule in grouped[family] if rule.trusted and not rule.reads),
            doubtful=tuple(rule for rule in grouped[family] if not rule.trusted),
        )
        for family in view.catalogue.families(owned)
        if family in grouped
    )


def _unknown(thing: str, view: View) -> NotFound:
    near = tuple(dict.fromkeys(_similar(thing, view)))[:MOST_HINTS]
    return replace(_not_found(thing), did_you_mean=near)


def _not_found(thing: str) -> NotFound:
    why = "neither the catalogue nor pytest-mcscopes has this word"
    return NotFound(asked=show(thing), why=why, did_you_mean=())


def _similar(thing: str, view: View) -> Iterator[str]:
    """Yield what may have been meant, the likeliest first."""
    words = soap_words(thing)
    if scope := view.catalogue.did_you_mean(thing):
        yield scope
    rows = view.catalogue.soap_rows
    if len(words) == 2:
        for word in words:
            yield from map(_typed, _of_object(word, rows))
    names = {" ".join(fold_words(label)): label for label in _names(view)}
    for name in get_close_matches(
        " ".join(fold_words(thing)), names, n=MOST_HINTS, cutoff=_SIMILAR
    ):
        yield names[name]


def _names(view: View) -> Iterator[str]:
    for scope in view.ordered(view.catalogue.wire_ids):
        yield from (view.catalogue.scopes[scope].family, label_of(view.catalogue.scopes[scope]))
    for row in view.catalogue.soap_rows:
        if row.object_type != ANY:
            yield from (row.object_type, _typed(row))


def _typed(row: SoapRow) -> str:
    """Write a SOAP operation as one would type it."""
    return f"{row.object_type} {row.operation}"
