"""Who may call what: the share of app and user, for each route whose permissions are known.

The cells are made from the packaged data, row by row. What is expected of them
is read from the rows' own fields, and what is seen comes over the whole way: a
token for a user, a call, the fact of it and the verdict on that.
"""

from __future__ import annotations

import re
import shutil
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from catalogues import routes_of
from clouds import CloudOfOneTenant
from measuring import unmeasured
from messages import authorized

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.find_requirements import need_of
from pytest_mcscopes.catalogue.index import packaged_data
from pytest_mcscopes.catalogue.permissions import known_permissions
from pytest_mcscopes.cloud.http import Admitted, Request
from pytest_mcscopes.cloud.users import User
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.ledger.facts import CallMade
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.lineage import by_mark
from pytest_mcscopes.privilege.observed import TenantActivity
from pytest_mcscopes.privilege.rules.case import Case
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.settings.manifest import read_manifest
from pytest_mcscopes.settings.manifest_file import find_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.catalogue.model import Route
    from pytest_mcscopes.config import Enforce
    from pytest_mcscopes.privilege.verdict import Verdict

    Cells = dict[tuple[str, str], set[str]]

CATALOGUE = load_catalogue()
EVERY_SCOPE = CATALOGUE.default_scopes
EVERY_PERMISSION = frozenset(known_permissions(CATALOGUE))
NOBODY: frozenset[int] = frozenset()


ROWS = {row.label: row for row in routes_of(CATALOGUE) if row.host == "rest"}
WITH_IDS = [label for label, row in ROWS.items() if row.permission_ids]
WITHOUT_IDS = [label for label, row in ROWS.items() if not row.permission_ids]
TRUSTED = {label for label, row in ROWS.items() if need_of(row, CATALOGUE, "attested").trusted}
BUILT_IN = {label for label in ROWS if label.startswith("GET /platform/v1/endpoints")} | {
    "GET /platform/v1/tokenContext"
}
"""What the tenant itself answers, to whoever has a token."""


def needs_some(label: str) -> bool:
    """Tell whether a row names scopes."""
    return bool(ROWS[label].all_of or ROWS[label].any_of)


def needs_nothing(label: str) -> bool:
    """Tell whether a row says that no scope is needed; what is built in has a status of its own."""
    return ROWS[label].all_of == () and label not in BUILT_IN


def needs_who_knows(label: str) -> bool:
    """Tell whether a row only says that there is such a route."""
    return ROWS[label].all_of is None and not ROWS[label].any_of


class Made(NamedTuple):
    """A call, the answer and what is told of it."""

    status: int
    headers: dict[str, str]
    fact: CallMade
    verdict: Verdict

    @property
    def told(self) -> str:
        """Say who refused the call, and what the verdict on it is."""
        who = [name for name in self.headers if name.startswith("X-MCScopes")]
        rules = [
            f"{each.rule} {each.severity}"
            for each in self.verdict.findings
            if each.rule in {"MCS201", "MCS204"}
        ]
        return ", ".join([" ".join([str(self.status), *who]), *rules])


class App(CloudOfOneTenant):
    """A web app with every scope, which calls for users of any right."""

    def __init__(self, enforce: Enforce = "documented", catalogue: Catalogue = CATALOGUE) -> None:
        self.catalogue = catalogue
        config = Config(enforce=enforce)
        super().__init__(PackageConfig(type="web-app"), config=config, catalogue=catalogue, at=0)

    def call(self, row: Route, scopes: frozenset[str], permissions: frozenset[int]) -> Made:
        """Call a route with a token of these scopes, for a user with these permissions."""
        token = self.cloud.issue_token(self.package, scopes, 0, user_with(permissions))
        answer = self.cloud.handle(request_of(row, token), 0)
        fact = self.ledger.entries[-1].fact
        assert isinstance(fact, CallMade)
        assert fact.need.label == row.label
        response = answer.otherwise if isinstance(answer, Admitted) else answer
        return Made(response.status, dict(response.headers), fact, self.judged())

    def judged(self) -> Verdict:
        """Judge the last call under a mark that lists nothing which could be missed."""
        packages = {name: each.scopes for name, each in self.state.packages.items()}
        scene = TenantActivity(
            ledger=self.ledger, window=self.ledger.entries[-1:], packages=packages
        )
        mark = Expectation(kind="scopes", match="at_least")
        return judge(
            [
                Case(expectation=mark, observed=observed, catalogue=self.catalogue)
                for mark, observed in by_mark([scene], [mark])
            ]
        )


def user_with(permissions: frozenset[int]) -> User:
    """Make a user who may do just this."""
    return User(
        name="Ada", id=1, locale="en-US", licensed=True, permissions=(), permission_ids=permissions
    )


def request_of(row: Route, token: str) -> Request:
    """Write a request of which the row speaks, variables filled in."""
    path, query = (re.sub(r"\{[^}]*\}", "1", text) for text in (row.path, row.query))
    return authorized(token, path, method=row.method, query=query)


def scopes_that(row: Route, *, do: bool) -> list[frozenset[str]]:
    """List the few scopes that do for a row, or the many that do not."""
    needed = frozenset(row.all_of or ())
    if do:
        return [needed]
    if row.label in TRUSTED:
        return [EVERY_SCOPE - {scope} for scope in needed]
    return [EVERY_SCOPE - row.scopes]


def needs_every(row: Route) -> bool:
    """Tell whether the user needs every permission of a row."""
    return row.semantics in {"single", "all"} and row.every_permission is not False


def permissions_that(row: Route, *, do: bool) -> list[frozenset[int]]:
    """List the few permissions with which a user may make a call, or the many without."""
    needed = frozenset(row.permission_ids)
    if needs_every(row):
        return [needed] if do else [EVERY_PERMISSION - {each} for each in needed]
    return [frozenset({each}) for each in needed] if do else [EVERY_PERMISSION - needed]


def matrix(app: App, row: Route) -> Cells:
    """Call a route in every way, and sort what is told by {scope, permission} x {has, lacks}."""
    return {
        (scope, permission): {
            app.call(served(app, row), scopes, permissions).told
            for scopes in scopes_that(row, do=scope == "has")
            for permissions in permissions_that(row, do=permission == "has")
        }
        for scope, permission in product(("has", "lacks"), repeat=2)
    }


quick_matrix = unmeasured(matrix)
"""For each of the rows but some."""


def served(app: App, row: Route) -> Route:
    """Give the row of the same name in the app's own catalogue."""
    rows = (each for service in app.catalogue.services for each in app.catalogue.routes(service))
    return next(each for each in rows if each.label == row.label)


ANSWERS = {
    "refused": {
        ("has", "has"): "200",
        ("has", "lacks"): "403 X-MCScopes-Permissions, MCS204 error",
        ("lacks", "has"): "403 X-MCScopes-Accepted, MCS201 error",
        ("lacks", "lacks"): "403 X-MCScopes-Accepted, MCS201 error",
    },
    "let through": {
        ("has", "has"): "200",
        ("has", "lacks"): "200, MCS204 error",
        ("lacks", "has"): "200, MCS201 error",
        ("lacks", "lacks"): "200, MCS201 error",
    },
}
"""By what is done to who may not: (scope, permission) -> status, whose refusal, findings.

The scope is asked first, and one cause is one finding.
"""
DONE = {
    ("trusted", "documented"): "refused",
    ("trusted", "all"): "refused",
    ("trusted", "off"): "let through",
    ("doubtful", "documented"): "let through",
    ("doubtful", "all"): "refused",
    ("doubtful", "off"): "let through",
}


def expected(label: str, enforce: Enforce) -> Cells:
    """Give the four answers for a row; a doubtful one makes notes, never errors."""
    kind = "trusted" if label in TRUSTED else "doubtful"
    severity = "error" if kind == "trusted" else "note"
    answers = ANSWERS[DONE[kind, enforce]]
    return {cell: {told.replace("error", severity)} for cell, told in answers.items()}


def test_no_row_is_left_out() -> None:
    """As many rows as the sources name permissions for, of which some are doubtful."""
    assert len(WITH_IDS) == 205
    assert len(TRUSTED.intersection(WITH_IDS)) == 156
    assert not BUILT_IN.intersection(WITH_IDS)
    assert set(WITHOUT_IDS) > BUILT_IN


@pytest.mark.parametrize("label", WITH_IDS)
def test_scope_and_permission_decide_together(label: str) -> None:
    """Four answers for each route, whatever refuses, and as many findings where nothing does."""
    modes: tuple[Enforce, ...] = ("documented", "all", "off")
    ask = matrix if label in WITH_IDS[::20] else quick_matrix
    seen = {enforce: ask(App(enforce), ROWS[label]) for enforce in modes}
    assert seen == {enforce: expected(label, enforce) for enforce in modes}


@pytest.mark.parametrize("label", WITH_IDS)
def test_what_is_written_down(label: str) -> None:
    """What was used, what the user lacks, and whether the one or the other was in the way."""
    app, row, trusted = App(), ROWS[label], label in TRUSTED
    needed = frozenset(row.all_of or ())
    some, others = needed, EVERY_SCOPE - row.scopes
    one, none = frozenset(row.permission_ids), NOBODY
    names = tuple(map(named, row.permission_ids))
    facts = {
        cell: (fact.used, fact.scope_denied, fact.user_denied, fact.missing_permissions)
        for cell, fact in {
            ("has", "has"): app.call(row, some, one).fact,
            ("has", "lacks"): app.call(row, some, none).fact,
            ("lacks", "has"): app.call(row, others, one).fact,
            ("lacks", "lacks"): app.call(row, others, none).fact,
        }.items()
    }
    unused: frozenset[str] = frozenset()
    assert facts == {
        ("has", "has"): (needed, False, False, ()),
        ("has", "lacks"): (unused if trusted else needed, False, trusted, names),
        ("lacks", "has"): (unused, True, False, ()),
        ("lacks", "lacks"): (unused, True, trusted, names),
    }


def named(number: int) -> str:
    """Name a permission as v2/userinfo does, its id first."""
    permission = known_permissions(CATALOGUE)[number]
    return f"{number} {permission.object_type} {permission.operation}"


@pytest.mark.parametrize("label", sorted(TRUSTED.intersection(WITH_IDS)))
def test_the_refusal_says_what_would_do(label: str) -> None:
    """In a header of ours, since the vendor's body does not tell."""
    app, row = App(), ROWS[label]
    needed = frozenset(row.all_of or ())
    by_scope = app.call(row, EVERY_SCOPE - needed, EVERY_PERMISSION).headers
    assert by_scope["X-MCScopes-Accepted"] == " ".join(sorted(needed))
    lacked = row.permission_ids[:1] if needs_every(row) else row.permission_ids
    by_user = app.call(row, needed, EVERY_PERMISSION - {*lacked}).headers
    assert by_user["X-MCScopes-Permissions"] == "; ".join(map(named, lacked))


@pytest.mark.parametrize("label", [label for label in WITHOUT_IDS if needs_some(label)])
def test_where_no_permission_is_known_the_scope_alone_decides(label: str) -> None:
    """That the user may is undetermined, and told so; it is never MCS204."""
    app, row = App("all"), ROWS[label]
    allowed = app.call(row, EVERY_SCOPE, NOBODY)
    assert (allowed.told, allowed.fact.missing_permissions, allowed.fact.user_denied) == (
        "200",
        (),
        False,
    )
    assert allowed.verdict.remarks == (undetermined(label),)
    denied = app.call(row, frozenset(), EVERY_PERMISSION)
    severity = "error" if label in TRUSTED else "note"
    assert denied.told == f"403 X-MCScopes-Accepted, MCS201 {severity}"
    assert denied.verdict.remarks == ()


@pytest.mark.parametrize("label", [label for label in WITHOUT_IDS if needs_nothing(label)])
def test_what_needs_no_scope_is_open_to_every_user(label: str) -> None:
    """Nothing is undetermined then."""
    made = App("all").call(ROWS[label], frozenset(), NOBODY)
    assert (made.told, made.verdict.remarks) == ("200", ())


@pytest.mark.parametrize("label", [label for label in WITHOUT_IDS if needs_who_knows(label)])
def test_where_nothing_is_known_nothing_decides(label: str) -> None:
    """Neither scope nor permission; the remark says the one, MCS108 the other."""
    made = App("all").call(ROWS[label], frozenset(), NOBODY)
    assert (made.told, made.verdict.remarks) == ("200", (undetermined(label),))


def undetermined(*labels: str) -> str:
    """Write the remark about these routes."""
    return (
        "undetermined: it is not known which permission a user needs for"
        f" {', '.join(labels)}; the scope alone decided"
    )


class TestChangedRow:
    """One row of the data is changed, and the matrix of the true data tells of just that row."""

    HOME = "rest/contacts.toml"
    MINE = tuple(label for label in WITH_IDS if " /contacts/" in label)
    DELETE = "POST /contacts/v1/contacts/actions/delete?type=ids"
    SEARCH = "POST /contacts/v1/attributes/search"
    COUNT = "POST /contacts/v1/addresses/count"

    def changed(self, folder: Path, label: str, old: str, new: str) -> Catalogue:
        """Copy the data, with other words in one row."""
        data = Path(shutil.copytree(str(packaged_data()), folder / "data"))
        file = data / self.HOME
        rows = file.read_text(encoding="utf-8").split("[[route]]")
        (number,) = [number for number, row in enumerate(rows) if self.begins(row, label)]
        assert old in rows[number]
        rows[number] = rows[number].replace(old, new)
        file.write_text("[[route]]".join(rows), encoding="utf-8")
        return Catalogue(data)

    def begins(self, row: str, label: str) -> bool:
        """Tell whether a row of the file is the one of this name."""
        method, _, address = label.partition(" ")
        path, _, query = address.partition("?")
        head = f'\nmethod = "{method}"\npath = "{path}"\n' + f'query = "{query}"\n' * bool(query)
        return row.startswith(head)

    def wrong(self, app: App, labels: Iterable[str] = MINE) -> list[str]:
        """List the routes that are not served as the true data have it."""
        seen = {each: quick_matrix(app, ROWS[each]) for each in labels}
        return [each for each in labels if seen[each] != expected(each, "documented")]

    @pytest.mark.parametrize(
        ("label", "old", "new"),
        [
            pytest.param(COUNT, "permission_ids = [1611]\n", "", id="permission forgotten"),
            pytest.param(COUNT, "[1611]", "[1018]", id="another permission"),
            pytest.param(COUNT, "[1611]", "[1611, 1018]", id="one permission more"),
            pytest.param(DELETE, "[1020, 1612]", "[1020]", id="one permission less"),
            pytest.param(SEARCH, "[1018, 1020]", "[1018]", id="one of any less"),
            pytest.param(COUNT, '"audiences_read"', '"email_read"', id="another scope"),
            pytest.param(COUNT, '["audiences_read"]', "[]", id="no scope"),
            pytest.param(COUNT, '"documented"', '"inferred"', id="no longer trusted"),
            pytest.param(SEARCH, '"assumed-and"', '"all"', id="all of them"),
        ],
    )
    def test_it_is_told(self, label: str, old: str, new: str, tmp_path: Path) -> None:
        """The matrix is red, and green beside it."""
        app = App(catalogue=self.changed(tmp_path, label, old, new))
        assert self.wrong(app) == [label]

    def test_unchanged_nothing_is_told(self, tmp_path: Path) -> None:
        """A copy of the data is as good as the data."""
        app = App(catalogue=self.changed(tmp_path, self.COUNT, "[1611]", "[1611]"))
        assert self.wrong(app) == []

    @pytest.mark.parametrize(
        ("semantics", "one"),
        [
            pytest.param("all", "403 X-MCScopes-Permissions, MCS204 error", id="all"),
            pytest.param("single", "403 X-MCScopes-Permissions, MCS204 error", id="single"),
            pytest.param("any", "200", id="any"),
            pytest.param("assumed-and", "200", id="assumed-and"),
            pytest.param("comma-unstated", "200", id="comma-unstated"),
            pytest.param("unknown", "200", id="unknown"),
        ],
    )
    def test_one_of_several_permissions(self, semantics: str, one: str, tmp_path: Path) -> None:
        """All count where the row says so; where it does not, any one lets the call through."""
        catalogue = self.changed(tmp_path, self.DELETE, '"single"', f'"{semantics}"')
        app = App(catalogue=catalogue)
        row = served(app, ROWS[self.DELETE])
        scopes = frozenset(row.all_of or ())
        for number in row.permission_ids:
            assert app.call(row, scopes, frozenset({number})).told == one
        assert app.call(row, scopes, frozenset(row.permission_ids)).told == "200"


class TestOverlay:
    """A user's own row says what scopes a route needs, and nothing of permissions."""

    def served(self, folder: Path, label: str, scopes: list[str]) -> tuple[App, Route]:
        """Lay a row of these scopes over the catalogue's; give the app and the row."""
        method, _, path = label.partition(" ")
        file = folder / "mcscopes.toml"
        said = [f'method = "{method}"', f'path = "{path}"', f"all_of = {scopes}"]
        file.write_text("\n".join(["[[route]]", *said]), encoding="utf-8")
        found = find_manifest([folder])
        assert found
        overlay = read_manifest(found, CATALOGUE).overlay
        app = App(catalogue=Catalogue(packaged_data(), overlay))
        return app, served(app, ROWS[label])

    def test_its_scopes_count_beside_the_permissions_of_the_data(self, tmp_path: Path) -> None:
        label = "POST /messaging/v1/email/messages/{messageKey}"
        app, row = self.served(tmp_path, label, ["email_write"])
        scopes, ids = frozenset({"email_write"}), frozenset(ROWS[label].permission_ids)
        assert app.call(row, scopes, ids).told == "200"
        assert app.call(row, scopes, NOBODY).told == "403 X-MCScopes-Permissions, MCS204 error"
        assert app.call(row, frozenset({"email_send"}), ids).told == (
            "403 X-MCScopes-Accepted, MCS201 error"
        )

    @pytest.mark.parametrize(
        "scopes", [["list_and_subscribers_read"], ["list_and_subscribers_read", "email_read"]]
    )
    def test_whether_all_permissions_count_is_still_the_datas_word(
        self, scopes: list[str], tmp_path: Path
    ) -> None:
        """Of a row that does not say so, any one lets the call through, whatever its scopes."""
        label = "POST /contacts/v1/addresses/email/search"
        app, row = self.served(tmp_path, label, scopes)
        ids = ROWS[label].permission_ids
        told = [app.call(row, frozenset(scopes), frozenset({each})).told for each in ids]
        assert told == ["200", "200"]
