"""What to say of marks that have no effect: where they stand, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .levels import CONFIGURING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from .levels import Unread

_FOLDER = """\
  For all tests of this folder write the pytestmark in its __init__.py (subfolders need one too).
  Or write in this conftest.py, with from pathlib import Path:
    def pytest_collection_modifyitems(items):
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(...)"""
_PLUGIN = """\
  Write it in the test files, or in the __init__.py of their folder, or add it in
  pytest_collection_modifyitems (item.add_marker)."""


def unread_marks(unread: Iterable[Unread], foreign: Collection[str]) -> Iterator[str]:
    """Say of marks that stand in a variable why pytest does not read them."""
    for each in unread:
        marks = [mark for mark in each.level.marks if mark.name not in foreign]
        if not marks:
            continue
        names = " and ".join(dict.fromkeys(f"@pytest.mark.{mark.name}" for mark in marks))
        place = each.level.shown_place(marks[0])
        if each.where == "decorator":
            yield (
                f"MCSCOPES: {names} has no effect: a decorator above it puts another function in"
                f" place of {each.variable}, and the marks are left behind.\n{place}\n"
                "  Write @functools.wraps(function) above the function that the decorator returns,"
                " or\n  write the mark above the decorator."
            )
        elif each.where == "set-up":
            yield (
                f"MCSCOPES: {names} has no effect: marks speak of tests, and {each.variable} is"
                f" none.\n{place}\n  Write the mark above the tests, or above their class."
            )
        elif each.where == "definition":
            yield (
                f"MCSCOPES: {names} has no effect: what pytest_generate_tests adds to"
                f" metafunc.definition is not handed on to the tests of {each.variable}.\n{place}\n"
                "  Write it above the test, or at its parameters, pytest.param(..., marks=...), or"
                " add it in\n  pytest_collection_modifyitems (item.add_marker)."
            )
        elif each.variable != "pytestmark":
            yield (
                f"MCSCOPES: {names} has no effect: pytest reads a variable pytestmark, and this one"
                f" is called {each.variable}.\n{place}\n  Call it pytestmark."
            )
        else:
            file, way_out = (
                ("a conftest.py", _FOLDER) if each.where == "conftest" else ("a plugin", _PLUGIN)
            )
            yield (
                f"MCSCOPES: {names} has no effect: pytest does not read the pytestmark of {file}."
                f"\n{place}\n{way_out}"
            )


def late_marks(names: Iterable[str], when: str) -> str:
    """Say of marks that were added to a test after its marks were read."""
    known = list(dict.fromkeys(names))
    named = " and ".join(f"@pytest.mark.{name}" for name in known)
    block = ", or write a block: with mc_tenant.judged(...):"
    if set(known) <= set(CONFIGURING):
        block = f", or build a tenant with these keywords: mc_cloud.tenant({keywords(known)})."
    elif known == ["mc_allow"]:
        block = "."
    return (
        f"MCSCOPES: {named} was added {when}, which is too late: marks are read before the fixtures"
        " are set up, and this one had no effect.\n  Write it above the test, or add it in"
        f" pytest_collection_modifyitems (item.add_marker){block}"
    )


def idle_settings(things: Sequence[str], about: Collection[str], maker: str) -> str:
    """Say of marks or fixtures that they configure another tenant than the test's, of *maker*."""
    verb, configure = ("has", "it configures") if len(things) == 1 else ("have", "they configure")
    return (
        f"MCSCOPES: {' and '.join(things)} {verb} no effect on this test: {configure} the tenant of"
        " mc_tenant and mc_server, and this test's tenant comes from mc_cloud.\n"
        f"  Write the keywords where the tenant is made, mc_cloud.tenant({keywords(about)})"
        f"{maker}; or let the test use mc_tenant or mc_server."
    )


def idle_fixture(thing: str, about: str, maker: str) -> str:
    """Say the same, in a line of the summary, of a fixture that many tests have."""
    return (
        f"{thing} does not configure the tenant that mc_cloud.tenant(...) makes{maker}: write"
        f" mc_cloud.tenant({keywords([about])}) there, if it is to be configured so"
    )


def idle_users(things: Sequence[str]) -> str:
    """Say of `mc_user` marks that no user can log in, as no package of the tenant is an app."""
    verb = "has" if len(things) == 1 else "have"
    return (
        f"MCSCOPES: {' and '.join(things)} {verb} no effect on this test: users log in to web and"
        " public apps, and each package of this tenant is server-to-server.\n"
        '  If a user is to log in, make the package an app, mc_package(type="web-app"); or else'
        " take the mark away."
    )


def idle_users_of_others(thing: str) -> str:
    """Say the same, in a line of the summary, of a mark or fixture that other tests have too."""
    return (
        f"{thing} has no effect here: users log in to web and public apps, and each package of the"
        ' tenant is server-to-server; if a user is to log in, write mc_package(type="web-app")'
    )


def keywords(about: Collection[str]) -> str:
    """Write the keywords of `mc_cloud.tenant` that stand for marks."""
    words = {"mc_package": "packages=[{...}]", "mc_user": "users=[{...}]"}
    return ", ".join(text for name, text in words.items() if name in about)


def unreached(things: Sequence[str], gap: str | None) -> str:
    """Say of a package's marks that they do not reach a test: *gap* is a folder in between."""
    verb = "does" if len(things) == 1 else "do"
    why = f": below that package, the folder {gap} has no __init__.py" if gap else ""
    add = f"Add an empty {gap}/__init__.py, or mark" if gap else "Mark"
    return (
        f"MCSCOPES: {' and '.join(things)} {verb} not reach this test{why}.\n"
        f"  {add} the test's file itself: pytestmark = ..."
    )


def unread_by_doctest(things: Sequence[str]) -> str:
    """Say of marks that they are about test functions, and not about what a doctest is."""
    verb = "speaks" if len(things) == 1 else "speak"
    return (
        f"MCSCOPES: {' and '.join(things)} {verb} of test functions, not of doctests and the"
        " like, and this one uses a tenant.\n"
        "  Move it into a test function, or mark it in pytest_collection_modifyitems"
        " (item.add_marker)."
    )
