"""The first marks, fixture and manifest of a suite that has none, drafted from its records.

What is drafted lets the suite pass as before, and judges what can be judged without a decision.
A test that asks for more than its calls used is marked so that this is a note; one that has
something else to be decided first gets no mark.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..cloud.fingerprints import REDACTED
from ..config import FIRST_PACKAGE
from ..ledger.facts import USER_GRANTS
from ..settings.edit_manifest import PackageChange, package_text
from .suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from ..evidence.record import PartRecord
    from ..evidence.results import ResultRecord

    Read = Callable[[], Iterable[ResultRecord]]

FIXTURE = '''\
@pytest.fixture
def marketing_cloud(mc_tenant, monkeypatch):
    """A simulated tenant for code that reads MC_AUTH_URL, MC_CLIENT_ID, ... as it starts."""
    for name, value in mc_tenant.environment().items():
        monkeypatch.setenv(name, value)
    return mc_tenant
'''
_HOOK = '''\
def pytest_collection_modifyitems(items):
    """Mark tests as FIRST_MARKS says. Write each mark above its test, and take it out there."""
    for item in items:
        for mark in FIRST_MARKS.get(item.nodeid, ()):
            item.add_marker(mark)
'''
_ACTS_FOR_USERS = '# It acts for users: say by type whether it is a "web-app" or a "public-app".\n'
_OF_TESTS = """\
# Drafted from what tests asked for and used. Production may assign more, which tests have to have
# too: mcscopes import FILE writes down what production answers.
"""
_FAIL_UNMARKED = """\
# Whoever talks to a tenant without a mark fails the run. All tests that did were marked.
fail_unmarked = true

"""


@dataclass(slots=True, eq=False)
class _Package:
    """What tests have to do with a package."""

    scopes: set[str] = field(default_factory=set)
    acts_for_users: bool = False

    def add(self, part: PartRecord) -> None:
        """Note what a test was assigned, where it says so itself, or else what it made use of."""
        requests = part["requests"]
        self.acts_for_users |= any(each["grant_type"] in USER_GRANTS for each in requests)
        if not part["everything"]:
            self.scopes.update(part["assigned"])
            return
        for request in requests:
            if request["scope"] is not None:
                self.scopes.update(request["granted"] or ())
        for call in part["calls"]:
            self.scopes.update(call["granted"] or () if call["own"] else call["used"])


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDraft:
    """What a suite could begin with."""

    marks: Mapping[str, tuple[str, ...]]
    """Test -> marks, as `pytest.mark.mc_scopes("email_send")`."""
    lenient: int
    """How many of these ask for more than their calls used, which is a note by their marks."""
    left: Mapping[str, int]
    """How many other tests talked to a tenant, by why they get no mark."""
    packages: Mapping[str, _Package]
    """The first one is that of a test that names none."""

    def conftest(self) -> str:
        """Write a conftest.py."""
        marks = f"\n\n{self.hook()}" if self.marks else ""
        return f"import pytest\n\n\n{FIXTURE}{marks}"

    def hook(self) -> str:
        """Write what marks the tests, beneath `import pytest`; empty: no test is to be marked."""
        if not self.marks:
            return ""
        lines = ["FIRST_MARKS = {"]
        for test, marks in self.marks.items():
            lines += [
                f"    {_quoted(test)}: [",
                *(f"        {mark}," for mark in marks),
                "    ],",
            ]
        return "\n".join([*lines, "}", "", "", _HOOK])

    def manifest(self) -> str:
        """Write a mcscopes.toml; empty: there is nothing to say."""
        all_marked = bool(self.marks) and not self.left
        return (_FAIL_UNMARKED if all_marked else "") + self.tables()

    def tables(self, keys: Iterable[str] = (), skip: Collection[str] = ()) -> str:
        """Write the packages for a manifest; empty: there are none, or it has them.

        Args:
            keys: those that lead to the manifest in its file.
            skip: names of the packages that it has.
        """
        wanted = {name: each for name, each in self.packages.items() if name not in skip}
        texts = [_table(name, package, keys) for name, package in wanted.items()]
        return "\n".join([_OF_TESTS + texts[0], *texts[1:]]) if texts else ""


def _quoted(test: str) -> str:
    """Write a node id in Python, in the quotes that formatters prefer if nothing else changes."""
    text = repr(test)
    return text if '"' in text else f'"{text[1:-1]}"'


def _table(name: str, package: _Package, keys: Iterable[str]) -> str:
    change = PackageChange(number=None, name=name, type=None, scopes=frozenset(package.scopes))
    return (_ACTS_FOR_USERS if package.acts_for_users else "") + package_text(change, keys)


def draft(read: Read) -> FirstDraft:
    """Draft what a suite could begin with.

    Each call of *read* gives the records of all its tests, in the order of their ids.
    """
    marked: set[str] = set()
    packages: dict[str, _Package] = {}
    for record in read():
        if record["marks"]:
            marked.add(record["test"])
        for part in record["parts"]:
            packages.setdefault(part["package"], _Package()).add(part)
    marks: dict[str, tuple[str, ...]] = {}
    left: Counter[str] = Counter()
    lenient = 0
    for each in suggest(read).tests:
        if each.test in marked:
            continue
        lines = each.leniently if each.first else each.lines
        if REDACTED in each.test:
            left["its parameters hold a secret, so that a list of tests cannot name it"] += 1
        elif lines:
            marks[each.test] = tuple(mark.removeprefix("@") for mark in lines)
            lenient += bool(each.first)
        else:
            left["something has to be decided first" if each.lines else "no minimum is shown"] += 1
    # Not by the alphabet: marks and fixtures without a name speak of the manifest's first.
    first = sorted(packages, key=lambda name: (name != FIRST_PACKAGE, name))
    packages = {name: packages[name] for name in first}
    return FirstDraft(marks=marks, lenient=lenient, left=left, packages=packages)
