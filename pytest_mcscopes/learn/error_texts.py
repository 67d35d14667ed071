"""What fails a test whatever its mark lists, in words: a record holds values only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.catalogue import load_catalogue
from ..privilege.findings import RULES
from ..privilege.phrases import describe, either, few, line
from ..privilege.rules.requested import nearest_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..evidence.read_record import Part, TestedCode
    from ..evidence.record import FoundRecord
    from ..ledger.facts import TokenRequested
    from ..privilege.minimum import Scopes

    Writer = Callable[[FoundRecord, Part], Iterator[str]]


def error_texts(test: TestedCode, rules: Iterable[str]) -> list[str]:
    """Write what was found by some of the rules, in order, each thing once."""
    wanted = {*rules}
    found = (text for each in test.errors if each["rule"] in wanted for text in _write(each, test))
    return [*dict.fromkeys(found)]


def _write(error: FoundRecord, test: TestedCode) -> Iterator[str]:
    parts = [part for part in test.parts if part.observed.package == error["package"]]
    write = _WRITERS.get(error["rule"])
    texts = [text for part in parts for text in write(error, part)] if write else []
    yield from texts or [_by_name(error)]


def _by_name(error: FoundRecord) -> str:
    rule = error["rule"]
    name = RULES[rule].name.replace("-", " ") if rule in RULES else "a rule of a newer version"
    about = f": {few(sorted(error['scopes']))}" if error["scopes"] else ""
    return f"{name}{about} (mcscopes explain {rule})"


def _unrecognised(error: FoundRecord, _: Part) -> Iterator[str]:
    for word in error["scopes"]:
        near = nearest_ids(word, load_catalogue())
        asked = f"did you mean {line(near)}? " if near else ""
        yield f"{asked}unrecognised scope: {line([word])}"


def _no_token(_: FoundRecord, part: Part) -> Iterator[str]:
    requests = part.observed.requests
    refused = [each for each in requests if each.error]
    assigned = part.observed.assigned
    whys = few(dict.fromkeys(_refusal(each, assigned) for each in refused), "; ")
    if len(refused) == len(requests):
        yield f"no token granted: every token request was refused ({whys})"
    else:
        others = f"; every other request was refused ({whys})" if refused else ""
        yield f"no token granted: a code was issued and never exchanged{others}"


def _refusal(request: TokenRequested, assigned: Scopes) -> str:
    if not request.status:
        return f"no answer: {request.error}"
    more = request.requested - assigned if request.error == "invalid_scope" else ()
    why = f": {line(more)} not assigned" if more else ""
    return f"{request.status} {request.error}{why}"


def _unreadable(_: FoundRecord, part: Part) -> Iterator[str]:
    for each in part.observed.unreadable:
        yield f"unreadable token request: {each.unreadable}"


def _denied(error: FoundRecord, part: Part) -> Iterator[str]:
    for call in part.observed.scope_denied:
        if call.lacks == {*error["scopes"]} and call.need.trusted:
            yield (
                f"denied call: {describe(call.need)} needs {either(call.need.minimal_sets)}, which"
                " its token lacked"
            )


def _user_may_not(_: FoundRecord, part: Part) -> Iterator[str]:
    for call in part.observed.user_denied:
        if call.need.trusted:
            lacks = f'what user "{call.user}" lacks: {" and ".join(call.missing_permissions)}'
            yield f"user may not: {describe(call.need)} needs {lacks}"


_WRITERS: dict[str, Writer] = {
    "MCS104": _unrecognised,
    "MCS105": _no_token,
    "MCS110": _unreadable,
    "MCS201": _denied,
    "MCS204": _user_may_not,
}
