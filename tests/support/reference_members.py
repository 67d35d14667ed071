"""Fixtures and the members of what they give, with types, as the reference page tells them."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

from markdown_text import bullets, code, paragraph, quoted, set_code, slug, table

from pytest_mcscopes import (
    CallMade,
    CloudClock,
    ConfigError,
    MarketingCloud,
    McScopesError,
    Package,
    ScopeAssertionError,
    SoapCall,
    SoapStub,
    Tenant,
    TokenRequested,
    User,
    not_marketing_cloud,
    plugin,
)
from pytest_mcscopes.explain.terms import load_terms
from pytest_mcscopes.ledger.ledger import Entry, Ledger
from pytest_mcscopes.stubs.soap import SoapStubs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mcscopes.explain.terms import Term

TERMS = load_terms()
CLASSES: dict[type, str] = {
    Tenant: "",
    MarketingCloud: "",
    CloudClock: "advance travel",
    Package: (
        "name type client_id client_secret scopes account_id business_units redirect_uris assign"
    ),
    User: "name id locale licensed permissions",
    SoapStubs: (
        "retrieve create update delete perform schedule describe query execute extract configure"
        " version_info get_system_status calls assert_all_called reset clear"
    ),
    SoapStub: "respond fail calls called call_count",
    SoapCall: "",
    Ledger: "entries tokens story",
    Entry: "fact origin answered test",
    TokenRequested: (
        "at package grant_type scope requested assigned granted token user expires_in account_id"
        " status error reason"
    ),
    CallMade: (
        "at package host method path need granted used lacks scope_denied missing_permissions"
        " user_denied token user status"
    ),
}
"""What a test may hold, with the members that are for tests; none named: all that are public."""
GIVEN_BY = {
    SoapStubs: "mc_tenant.soap",
    Ledger: "mc_tenant.ledger",
    Entry: "one of mc_tenant.ledger.entries",
}
"""Where a class comes from that has no word of its own."""


ALIASES = {"UserLike": "User | str | Mapping[str, object] | None", "Row": "Mapping[str, object]"}
"""Names that only our own code has."""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A field or property of a class."""

    type: str
    default: str = ""
    about: str


def attributes_of(owner: type) -> dict[str, Attribute]:
    """Read the fields and properties of a class, and what is written of them, off its source."""
    (found,) = ast.parse(dedent(inspect.getsource(owner))).body
    assert isinstance(found, ast.ClassDef)
    build = [each for each in found.body if getattr(each, "name", "") == "__init__"]
    bodies = [found.body, *(each.body for each in build if isinstance(each, ast.FunctionDef))]
    fields = {name: each for body in bodies for name, each in fields_in(body)}
    for name, value in vars(owner).items():
        if isinstance(value, property) and value.fget:
            given = str(inspect.signature(value.fget).return_annotation)
            fields[name] = Attribute(type=given, about=text_of(value))
    return {name: each for name, each in fields.items() if not name.startswith("_")}


def fields_in(body: list[ast.stmt]) -> Iterator[tuple[str, Attribute]]:
    """Find the annotated names in a piece of code, each with the text below it."""
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign):
            continue
        written = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        about = str(following.value.value) if written else ""  # type: ignore[union-attr]
        name = ast.unparse(statement.target).removeprefix("self.")
        value = ast.unparse(statement.value) if statement.value else ""
        yield name, Attribute(type=ast.unparse(statement.annotation), default=value, about=about)


def text_of(something: object) -> str:
    """Give a docstring without its margin."""
    return inspect.getdoc(something) or ""


def write_fixtures() -> Iterator[str]:
    """Write each fixture, then each class that a test may hold, then the errors."""
    for name in ("mc_tenant", "mc_server", "mc_cloud", "mc_clock", "mc_package", "mc_user"):
        fixture = getattr(plugin, name)
        written: Callable[..., object] = fixture._get_wrapped_function()  # noqa: SLF001
        given = type_given(written)
        yield f"## {name}"
        yield ""
        own = given in {each.__name__ for each in CLASSES}
        shown = f"[{quoted(given)}](#{slug(given)})" if own else quoted(given)
        yield from paragraph(f"Gives: {shown}.")
        yield from write_use(TERMS[name])
    for owner in CLASSES:
        yield from write_class(owner)
    yield from write_faults()
    yield "## Errors and functions"
    yield ""
    for error in (McScopesError, ConfigError, ScopeAssertionError, not_marketing_cloud):
        yield f"### {error.__name__}"
        yield ""
        yield from write_use(TERMS[error.__name__])


def type_given(fixture: Callable[..., object]) -> str:
    """Tell what a fixture gives, of a generator what it yields."""
    given = str(inspect.signature(fixture).return_annotation)
    return re.sub(r"^Iterator\[(.*)\]$", r"\1", given)


def write_use(term: Term, *, with_meaning: bool = True) -> Iterator[str]:
    """Write what a word means, unless a docstring said it; why, how it is used, an example."""
    yield from paragraph(set_code(term.means) if with_meaning else "")
    yield from paragraph(f"**Why.** {set_code(term.why)}")
    yield from paragraph(f"**How.** {set_code(term.fix)}" if term.fix else "")
    yield from code("python", term.passes)


def write_class(owner: type) -> Iterator[str]:
    """Write a class: its fields and properties in a table, then each method."""
    yield f"## {owner.__name__}"
    yield ""
    yield from write_docstring(text_of(owner))
    if owner in GIVEN_BY:
        yield from paragraph(f"It is {quoted(GIVEN_BY[owner])}.")
    attributes = attributes_of(owner)
    methods = {
        name: value
        for name, value in vars(owner).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    wanted = CLASSES[owner].split() or [*attributes, *methods]
    rows = [
        (quoted(name), quoted(attributes[name].type), attributes[name].about)
        for name in wanted
        if name in attributes
    ]
    if rows:
        yield from table(("member", "type", "what it is"), rows)
    for name in wanted:
        if name in methods:
            yield from write_method(owner, name, methods[name])


def write_method(owner: type, name: str, method: Callable[..., object]) -> Iterator[str]:
    """Write a method with its signature, its arguments and what it raises."""
    yield f"### {owner.__name__}.{name}"
    yield ""
    yield from code("python", f"{name}{signature_of(method)}")
    yield from write_docstring(text_of(method))
    # Other classes have methods of the same names as words that mean something else.
    if name in TERMS and owner in {Tenant, CloudClock, Package, Ledger}:
        yield from write_use(TERMS[name], with_meaning=False)


def signature_of(method: Callable[..., object]) -> str:
    """Write the arguments and what comes of them, on lines that fit."""
    signature = inspect.signature(method)
    given = [each for each in signature.parameters.values() if each.name != "self"]
    shown = signature.replace(parameters=given)
    text = re.sub(r"(: |> )'([^']*)'", r"\1\2", str(shown)).replace("'", '"')
    for alias, meaning in ALIASES.items():
        text = text.replace(alias, meaning)
    if len(text) <= 76:
        return text
    arguments, _, result = text.rpartition(") -> ")
    parts = re.split(r", (?=[\w*]+(?::|,|$))", arguments[1:])
    return "(\n" + "".join(f"    {part},\n" for part in parts) + f") -> {result}"


def write_docstring(text: str) -> Iterator[str]:
    """Write a docstring: its paragraphs, then Args, Raises and Returns as lists."""
    head, *sections = re.split(r"^(Args|Raises|Returns):\n", text, flags=re.MULTILINE)
    for each in head.split("\n\n"):
        yield from paragraph(each)
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Returns":
            yield from paragraph(f"Returns: {body}")
        else:
            yield from bullets(items_in(body, title))


def items_in(body: str, title: str) -> Iterator[str]:
    """Split a section of a docstring at the lines that begin with a name."""
    for item in re.split(r"^(?=    \w+: )", body, flags=re.MULTILINE):
        name, found, about = item.strip().partition(": ")
        if found:
            yield f"{'raises ' if title == 'Raises' else ''}{quoted(name)}: {about}"


def write_faults() -> Iterator[str]:
    """Write what fail_next can order."""
    yield "## The faults of fail_next"
    yield ""
    faults = [term for term in TERMS.values() if term.kind == "fault of fail_next"]
    rows = ((quoted(f'"{each.asked}"'), set_code(each.means), each.why) for each in faults)
    yield from table(("fault", "what the client gets", "why"), rows)
