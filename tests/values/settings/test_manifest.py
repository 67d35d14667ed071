"""The overlay, as values: where it is found, what it may say, and what it changes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.find_requirements import find_need, need_of
from pytest_mcscopes.catalogue.index import packaged_data
from pytest_mcscopes.catalogue.overlay import lay_over_routes
from pytest_mcscopes.cli.main import main
from pytest_mcscopes.config import Config, build_config
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.explain.explain import explain
from pytest_mcscopes.explain.page import Page
from pytest_mcscopes.explain.rows import View
from pytest_mcscopes.explain.text import render_json, render_text
from pytest_mcscopes.settings.manifest import Manifest, read_manifest
from pytest_mcscopes.settings.manifest_file import find_manifest, find_manifest_above
from pytest_mcscopes.settings.manifest_model import Document
from pytest_mcscopes.settings.toml_lines import line_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.catalogue.call_requirements import CallRequirements

pytestmark = pytest.mark.usefixtures("here")

SAYS_SO = 'enforce = "all"\n'


def read(here: Path, text: str) -> Manifest:
    """Read a text as the folder's overlay."""
    (here / "mcscopes.toml").write_text(text)
    file = find_manifest([here])
    assert file
    return read_manifest(file, load_catalogue())


def overlaid(here: Path, text: str) -> Catalogue:
    """Give the catalogue with a text as its overlay."""
    return Catalogue(packaged_data(), read(here, text).overlay)


def needed(catalogue: Catalogue, method: str, path: str, query: str = "") -> CallRequirements:
    """Tell what a call of the REST host needs."""
    return find_need(catalogue, method, path, query, "rest", "attested")


class TestFile:
    """Where the overlay is looked for."""

    @pytest.mark.parametrize(
        ("files", "found"),
        [
            pytest.param({}, None, id="none"),
            pytest.param({"mcscopes.toml": SAYS_SO}, "mcscopes.toml", id="a file of its own"),
            pytest.param({"mcscopes.toml": "\ufeff" + SAYS_SO}, "mcscopes.toml", id="byte mark"),
            pytest.param({"mcscopes.toml": "# nothing yet\n"}, None, id="one that says nothing"),
            pytest.param(
                {"pyproject.toml": f"[tool.mcscopes]\n{SAYS_SO}"}, "pyproject.toml", id="a table"
            ),
            pytest.param(
                {"pyproject.toml": f'[tool]\r\n"mcscopes".{SAYS_SO}'},
                "pyproject.toml",
                id="a table in another spelling",
            ),
            pytest.param(
                {"pyproject.toml": 'tool = { mcscopes = { enforce = "all" } }'},
                "pyproject.toml",
                id="an inline table",
            ),
            pytest.param({"pyproject.toml": "[tool.mcscopes]\n"}, None, id="an empty table"),
            pytest.param(
                {"pyproject.toml": '[project]\ndependencies = ["pytest-mcscopes==1"]\n'},
                None,
                id="a requirement",
            ),
            pytest.param({"pyproject.toml": "[broken"}, None, id="broken without a word of us"),
            pytest.param(
                {"pyproject.toml": "[project.scripts]\nmcscopes = 'x:y'"}, None, id="another table"
            ),
            pytest.param({"pyproject.toml": 'tool = "mcscopes."'}, None, id="no tool at all"),
            pytest.param(
                {"mcscopes.toml": SAYS_SO, "pyproject.toml": "[tool.other]\nx = 1"},
                "mcscopes.toml",
                id="a table of others",
            ),
        ],
    )
    def test_it_is_found(self, here: Path, files: dict[str, str], found: str | None) -> None:
        """In either file, however the table is spelt; nothing is read that does not name us."""
        for name, text in files.items():
            (here / name).write_bytes(text.encode())
        file = find_manifest([here, here])
        assert (file and file.shown) == found
        assert (file and file.table) == (found and {"enforce": "all"})

    def test_two_are_one_too_many(self, here: Path) -> None:
        """Neither goes before the other."""
        (here / "mcscopes.toml").write_text(SAYS_SO)
        (here / "pyproject.toml").write_text(f"[tool.mcscopes]\n{SAYS_SO}")
        with pytest.raises(ConfigError) as told:
            find_manifest([here])
        assert str(told.value) == (
            f"MCSCOPES: both {here / 'mcscopes.toml'} and {here / 'pyproject.toml'}"
            " ([tool.mcscopes]) are a manifest, and there may be only one. Move all that they say"
            " into one."
        )

    def test_the_nearest_above(self, here: Path) -> None:
        """A folder without one takes that of the nearest folder around it."""
        inner = here / "tests" / "unit"
        inner.mkdir(parents=True)
        assert find_manifest_above(inner) is None
        (here / "mcscopes.toml").write_text(SAYS_SO)
        file = find_manifest_above(inner)
        assert file
        assert file.path == here / "mcscopes.toml"

    def test_a_file_elsewhere_is_shown_in_full(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """So that it can be opened from where the user is."""
        (here / "mcscopes.toml").write_text(SAYS_SO)
        (here / "inner").mkdir()
        monkeypatch.chdir(here / "inner")
        file = find_manifest([here])
        assert file
        assert file.shown == str(here / "mcscopes.toml")

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            pytest.param(
                b"a = 1\nb = \n",
                ":2: no TOML: Invalid value. Fix that line.",
                id="no TOML",
            ),
            pytest.param(b'a = 1\nb = """\n', ":3: no TOML: ", id="no end"),
            pytest.param(b"a = " + b"9" * 9999, ":1: no TOML: Exceeds the limit", id="endless"),
            pytest.param(b"a = " + b"[" * 9999, ":1: no TOML: ", id="bottomless"),
            pytest.param(
                b"a = 1\nb = '\xff'\n", ":2: no UTF-8 text. Save the file as UTF-8.", id="no text"
            ),
            pytest.param(
                None,
                " cannot be read: Is a directory. Make it readable, or remove it.",
                id="no file",
            ),
        ],
    )
    def test_what_cannot_be_read(self, here: Path, content: bytes | None, complaint: str) -> None:
        """It is told with its line, as far as that is known."""
        path = here / "mcscopes.toml"
        path.mkdir() if content is None else path.write_bytes(content)
        with pytest.raises(ConfigError) as told:
            find_manifest([here])
        assert str(told.value).startswith(f"MCSCOPES: {path}{complaint}")

    def test_a_setting_in_place_of_the_table(self, here: Path) -> None:
        """`mcscopes = ...` is no table."""
        (here / "pyproject.toml").write_text('[tool]\nmcscopes = "all"\n')
        with pytest.raises(ConfigError) as told:
            find_manifest([here])
        assert str(told.value) == (
            f"MCSCOPES: {here / 'pyproject.toml'}: tool.mcscopes must be a table."
            " Write [tool.mcscopes]."
        )


LINES = """\
# a comment
"enforce" = "all"

[rules]
MCS203 = 'error'

[[route]]
path = "/a"
all_of = [
    1,
    "b",  # [[route]]
    "\\u0063",
]
[route.inner]
deep.er = 1
[[route]]
text = '''
[[route]]
path = 1
'''
path = "/b"
[[soap]]
inline = { a = [{ b = 1 }], c = 2 }
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        pytest.param(("enforce",), 2, id="key"),
        pytest.param(("rules",), 4, id="table"),
        pytest.param(("rules", "MCS203"), 5, id="key of a table"),
        pytest.param(("rules", "MCS204"), 4, id="missing key of a table"),
        pytest.param(("route", 0), 7, id="member"),
        pytest.param(("route", 0, "path"), 8, id="key of a member"),
        pytest.param(("route", 0, "method"), 7, id="missing key of a member"),
        pytest.param(("route", 0, "all_of"), 9, id="list"),
        pytest.param(("route", 0, "all_of", 0), 10, id="number in a list"),
        pytest.param(("route", 0, "all_of", 1), 11, id="text in a list"),
        pytest.param(("route", 0, "all_of", 2), 9, id="text in escapes"),
        pytest.param(("route", 0, "inner"), 14, id="table of a member"),
        pytest.param(("route", 0, "inner", "deep", "er"), 15, id="dotted key"),
        pytest.param(("route", 1), 16, id="second member"),
        pytest.param(("route", 1, "text"), 17, id="text of many lines"),
        pytest.param(("route", 1, "path"), 21, id="key after it"),
        pytest.param(("soap", 0, "inline", "a", 0, "b"), 23, id="within a line"),
        pytest.param(("nowhere",), 1, id="missing"),
        pytest.param((), 1, id="the whole"),
    ],
)
def test_lines(keys: tuple[str | int, ...], line: int) -> None:
    """A key is found on the line where its statement begins, a text in a list on its own."""
    assert line_of(LINES, keys) == line


ROUTE = '[[route]]\nmethod = "POST"\npath = "/a/v1/b"\n'
KEYS = "There are all_of, any_of, confidence, attestation_grade, note, method, path, query."


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "enforc = 1",
            '1: enforc: unknown key. Did you mean "enforce"? There are scope, package, route, soap,'
            f" selection, {', '.join(Config._fields)}.",
            id="unknown key",
        ),
        pytest.param(
            f"{ROUTE}all_of = []\npth = '/'",
            f'5: route.pth: unknown key. Did you mean "path"? {KEYS}',
            id="unknown key of a row",
        ),
        pytest.param(
            "enforce = 'al'",
            '1: enforce: must be "documented" or "all" or "off", got \'al\'. Did you mean "all"?',
            id="word",
        ),
        pytest.param(
            "token_life = 0",
            "1: token_life: must be a positive number, got 0.",
            id="zero",
        ),
        pytest.param(
            "expires_in = '9'",
            "1: expires_in: must be a positive number, got '9'.",
            id="text for a number",
        ),
        pytest.param(
            "basic_auth = 1", "1: basic_auth: must be true or false, got 1.", id="number for a flag"
        ),
        pytest.param(
            "[rules]\nMCS203 = 'eror'",
            '2: rules.MCS203: must be "error" or "note", got \'eror\'. Did you mean "error"?',
            id="severity",
        ),
        pytest.param(
            "[rules]\nMCS23 = 'error'",
            "2: rules.MCS23: unknown rule 'MCS23'. Did you mean \"MCS203\"?",
            id="rule",
        ),
        pytest.param(
            "[rules]\nMCS105 = 'note'",
            "2: rules.MCS105: no-token-granted cannot be changed: nothing else would be judged.",
            id="fixed rule",
        ),
        pytest.param(
            "rules = ['MCS203=error']",
            "1: rules: must be a table, got ['MCS203=error'].",
            id="rules as in an ini file",
        ),
        pytest.param(
            "[route]\nmethod = 'GET'",
            "1: route: must be a list of tables. Write [[route]].",
            id="table for a list",
        ),
        pytest.param("route = [1]", "1: route: must be a table, got 1.", id="number for a row"),
        pytest.param(
            "[[selection]]\nexpression = ' '\nreason = ''",
            "2: selection.expression: must be a text that is not empty.\n"
            "mcscopes.toml:3: selection.reason: must be a text that is not empty.",
            id="selection of nothing",
        ),
        pytest.param(
            "[[selection]]\nexpression = 'not live'",
            "1: selection.reason: is missing.",
            id="selection for no reason",
        ),
        pytest.param(
            "[[selection]]\nexpression = 'not live'\nreason = 'slow'\n"
            "[[selection]]\nexpression = 'not live'\nreason = 'dear'",
            "5: selection.expression: an earlier selection has that expression already. Keep one of"
            " them.",
            id="selection twice",
        ),
        pytest.param(
            f"{ROUTE}all_of = 'email_send'",
            "4: route.all_of: must be a list, got 'email_send'.",
            id="text for a list",
        ),
        pytest.param(
            f"{ROUTE}all_of = [\n  1,\n  'email_sned',\n]",
            "5: route.all_of: must be a text, got 1.\n"
            'mcscopes.toml:6: route.all_of: unknown scope "email_sned". Did you mean "email_send"?'
            " A new one needs a [[scope]] with that id.",
            id="unknown scope",
        ),
        pytest.param(
            f"{ROUTE}any_of = ['zzzzzz']",
            '4: route.any_of: unknown scope "zzzzzz". A new one needs a [[scope]] with that id.',
            id="unknown scope like no other",
        ),
        pytest.param(
            f"{ROUTE}any_of = ['email_read email_send']",
            "4: route.any_of: 'email_read email_send' is not one scope."
            " Write the scopes one by one.",
            id="two scopes in one",
        ),
        pytest.param(
            f"{ROUTE}all_of = []\nconfidence = 'sure'",
            '5: route.confidence: must be "overlay" or "documented" or "community-attested" or'
            " \"inferred\", got 'sure'.",
            id="confidence",
        ),
        pytest.param(
            f"{ROUTE}all_of = []\nconfidence = 'community-attested'",
            '1: route: confidence = "community-attested" and attestation_grade = "A", "B" or "C"'
            " go together. Write both, or neither.",
            id="attested without a grade",
        ),
        pytest.param(
            f"{ROUTE}all_of = []\nattestation_grade = 'A'",
            '1: route: confidence = "community-attested" and attestation_grade = "A", "B" or "C"'
            " go together. Write both, or neither.",
            id="grade of nothing",
        ),
        pytest.param(
            f"{ROUTE}all_of = ['email_send']\nany_of = ['email_read']",
            "1: route: all_of and any_of contradict each other. Keep one of them.",
            id="both",
        ),
        pytest.param(
            f"{ROUTE}any_of = []",
            '1: route: it must say what is needed: all_of = ["..."] or any_of = ["..."], or'
            " all_of = [] if nothing is.",
            id="neither",
        ),
        pytest.param(
            f"{ROUTE}all_of = []\n[[route]]\nmethod = 'post'\npath = '/A/v1/b/'\nall_of = []",
            "5: route: speaks of the same route as the one of line 1. Keep one of them.",
            id="two routes for one call",
        ),
        pytest.param(
            "[[soap]]\nobject_type = 'Account'\noperation = 'Create'\nall_of = []\n"
            "[[soap]]\nobject_type = 'account'\noperation = 'Create'\nany_of = ['email_send']\n",
            "5: soap: speaks of the same soap as the one of line 1. Keep one of them.",
            id="two rows for one operation",
        ),
        pytest.param(
            "[[scope]]\nid = 'a_read'\n[[scope]]\nid = 'a_read'",
            "3: scope: speaks of the same scope as the one of line 1. Keep one of them.",
            id="two of one scope",
        ),
        pytest.param(
            "[[scope]]\nid = 'a read'",
            '2: scope.id: must be an id, as in "email_send".',
            id="scope id",
        ),
        pytest.param(
            f"[[scope]]\nid = 'a_{'b' * 60}'",
            '2: scope.id: must be an id, as in "email_send".',
            id="endless scope id",
        ),
        pytest.param(
            "[[soap]]\nobject_type = 'Account'\noperation = 'Create it'\nall_of = []",
            '3: soap.operation: must be one word, as in "TriggeredSend" or "Create",'
            " got 'Create it'.",
            id="SOAP operation",
        ),
        pytest.param(
            "[[route]]\npath = '/a'\nall_of = []", "1: route.method: is missing.", id="no method"
        ),
        pytest.param(
            "[[route]]\nmethod = 'GETS'\npath = '/a'\nall_of = []",
            '2: route.method: must be "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or'
            ' "OPTIONS", got \'GETS\'. Did you mean "GET"?',
            id="method",
        ),
        pytest.param(
            f"[rules]\nMCS203 = '{'x' * 70}'",
            f'2: rules.MCS203: must be "error" or "note", got \'{"x" * 59}....',
            id="a long word is cut",
        ),
    ],
)
def test_what_makes_no_sense(here: Path, text: str, complaint: str) -> None:
    """It is told with file, line and key, and what would make sense."""
    with pytest.raises(ConfigError) as told:
        read(here, text)
    assert str(told.value) == (f"MCSCOPES: the manifest cannot be used.\nmcscopes.toml:{complaint}")


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        pytest.param("", 'must begin with "/", as in "/asset/v1/assets/{id}", got', id="empty"),
        pytest.param("a/b", 'must begin with "/"', id="no slash"),
        pytest.param("https://x.rest.marketingcloudapis.com/a", 'must begin with "/"', id="URL"),
        pytest.param("/a?b=1", 'ends where "?" or "#" is. What follows "?" goes into', id="query"),
        pytest.param("/a#b", 'ends where "?" or "#" is', id="fragment"),
        pytest.param("/", "'/' fits no call: its first segment must be spelt out.", id="root"),
        pytest.param("//", "'//' fits no call", id="slashes"),
        pytest.param("/{a}/b", "'/{a}/b' fits no call: its first segment", id="any service"),
        pytest.param("/a/x{b}", '"x{b}" fits no call. A segment is text, "{name}" or', id="part"),
        pytest.param("/a/{b}x", '"{b}x" fits no call', id="part before"),
        pytest.param("/a/{b", '"{b" fits no call', id="open brace"),
        pytest.param("/a/b}", '"b}" fits no call', id="closed brace"),
        pytest.param("/a/{}", '"{}" fits no call', id="no name"),
        pytest.param("/a/{b+}/c", '"{b+}" fits no call', id="rest in the middle"),
        pytest.param("/a/b:c:{d}", '"b:c:{d}" fits no call', id="two colons"),
    ],
)
def test_a_path_that_fits_no_call(here: Path, path: str, complaint: str) -> None:
    """A row that no call would ever find is refused."""
    with pytest.raises(ConfigError) as told:
        read(here, f"[[route]]\nmethod = 'GET'\npath = '{path}'\nall_of = []")
    assert f"\nmcscopes.toml:3: route.path: {complaint}" in str(told.value)


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        pytest.param("&", 'must be as "name=value", or "name=" for any value, got \'&\'.', id="&"),
        pytest.param("?", "must be as", id="question mark"),
    ],
)
def test_a_query_that_asks_for_nothing(here: Path, query: str, complaint: str) -> None:
    """It would fit each call."""
    with pytest.raises(ConfigError) as told:
        read(here, f"{ROUTE}query = '{query}'\nall_of = []")
    assert f"\nmcscopes.toml:4: route.query: {complaint}" in str(told.value)


def test_all_that_is_wrong_is_told_at_once(here: Path) -> None:
    """In the order of the file, also within a table of pyproject.toml."""
    (here / "pyproject.toml").write_text(
        "[project]\nname = 'x'\n[tool.mcscopes]\ntrust = 'x'\n"
        "[[tool.mcscopes.route]]\nmethod = 'GET'\npath = 'a'\nall_of = ['x_read']\n"
    )
    file = find_manifest([here])
    assert file
    with pytest.raises(ConfigError) as told:
        read_manifest(file, load_catalogue())
    places = [line.partition(": ")[0] for line in str(told.value).splitlines()[1:]]
    assert places == [f"pyproject.toml:{line}" for line in (4, 7, 8)]


EVENT = ("POST", "/interaction/v1/interactions/contactexit")


class TestRoutes:
    """What rows of the REST host change."""

    def test_a_row_of_the_catalogue_is_replaced(self, here: Path) -> None:
        """What was doubtful is trusted; it is told as the user's own word."""
        before = needed(load_catalogue(), *EVENT)
        assert not before.trusted
        catalogue = overlaid(
            here,
            "[[route]]\nmethod = 'POST'\npath = '/interaction/v1/interactions/contactexit'\n"
            "all_of = ['journeys_execute']",
        )
        need = needed(catalogue, *EVENT)
        assert need.trusted
        assert need.confidence == "your own entry"
        assert need.label == before.label
        assert need.minimal_sets == (frozenset({"journeys_execute"}),)
        assert need.permission_ids == before.permission_ids
        assert len(catalogue.routes("interaction")) == len(load_catalogue().routes("interaction"))

    @pytest.mark.parametrize(
        ("said", "sent"),
        [
            pytest.param(
                "/messaging/v1/email/messages/{anything}",
                "/messaging/v1/email/messages/1",
                id="name of a variable",
            ),
            pytest.param(
                "/hub/v1/dataevents/key:{k}/rowset/",
                "/hub/v1/dataevents/key:a/rowset",
                id="key and closing slash",
            ),
        ],
    )
    def test_its_spelling_does_not_matter(self, here: Path, said: str, sent: str) -> None:
        """The row keeps the catalogue's label, by which other texts know it."""
        catalogue = overlaid(
            here, f"[[route]]\nmethod = 'POST'\npath = '{said}'\nany_of = ['sms_read', 'sms_send']"
        )
        assert needed(catalogue, "POST", sent).label == needed(load_catalogue(), "POST", sent).label
        assert needed(catalogue, "POST", sent).minimal_sets == (
            frozenset({"sms_read"}),
            frozenset({"sms_send"}),
        )

    def test_its_case_does_not_matter(self, here: Path) -> None:
        """A row in another case replaces the catalogue's, whose spelling stays."""
        rows = load_catalogue().routes("automation")
        path = rows[0].path.swapcase()
        text = f"[[route]]\nmethod = '{rows[0].method}'\npath = '{path}'\nall_of = []"
        mine = read(here, text).overlay.routes
        kept, added = lay_over_routes(rows, mine)
        assert [row.label for row in kept] == [row.label for row in rows]
        assert (kept[0].confidence, added) == ("overlay", ())

    @pytest.mark.parametrize(
        ("path", "mapped"),
        [
            pytest.param("/loyalty/v1/Cards/KEY:a", True, id="words in another case"),
            pytest.param("/Loyalty/V1/cards/key:A", True, id="service too, and another key"),
            pytest.param("/loyalty/v1/card/key:a", False, id="another word"),
            pytest.param("/loyalty%2Fv1/cards/key:a", False, id="encoded slash"),
        ],
    )
    def test_a_row_of_ones_own_matches_in_any_case(
        self, here: Path, path: str, *, mapped: bool
    ) -> None:
        """What a user adds is looked up as the catalogue's rows are."""
        catalogue = overlaid(
            here, "[[route]]\nmethod = 'GET'\npath = '/Loyalty/v1/cards/key:{key}'\nall_of = []"
        )
        assert needed(catalogue, "GET", path).mapped is mapped

    def test_a_query_is_a_row_of_its_own(self, here: Path) -> None:
        """Only calls with it are answered by the user's row."""
        path = "/contacts/v1/contacts/actions/delete"
        catalogue = overlaid(
            here,
            f"[[route]]\nmethod = 'POST'\npath = '{path}'\nquery = '?type=ids'\nall_of = []\n"
            f"[[route]]\nmethod = 'POST'\npath = '{path}'\nquery = 'type=new'\nall_of = []",
        )
        by_ids, by_keys = (needed(catalogue, "POST", path, f"type={t}") for t in ("ids", "keys"))
        assert (by_ids.confidence, by_ids.label) == ("your own entry", f"POST {path}?type=ids")
        assert needed(catalogue, "POST", path, "type=new").confidence == "your own entry"
        assert by_keys == needed(load_catalogue(), "POST", path, "type=keys")

    def test_a_value_of_a_query_does_not_matter_where_any_is_taken(self, here: Path) -> None:
        """`name=` and `name={variable}` are one."""
        path = "/contacts/v1/contacts/actions/delete/status"
        text = (
            f"[[route]]\nmethod = 'GET'\npath = '{path}'\nquery = 'operationID={{i}}'\nall_of = []"
        )
        need = needed(overlaid(here, text), "GET", path, "operationID=7")
        assert (need.confidence, need.label) == ("your own entry", f"GET {path}?operationID=")

    def test_a_new_route(self, here: Path) -> None:
        """Of a service that is known, and of one that is not; nothing else changes."""
        catalogue = overlaid(
            here,
            "[[route]]\nmethod = 'GET'\npath = '/asset/v1/content/assets/x%20y/parts/{rest+}'\n"
            "all_of = ['saved_content_read']\n"
            "[[route]]\nmethod = 'GET'\npath = '/loyalty/v1/cards'\nall_of = []\n"
            "[[route]]\nmethod = 'PUT'\npath = '/loyalty/v1/cards'\n"
            "all_of = ['email_send', 'email_read']",
        )
        new = needed(catalogue, "GET", "/asset/v1/content/assets/x%20y/parts/7/8")
        assert new.trusted
        assert new.listed == {"saved_content_read"}
        assert needed(catalogue, "GET", "/loyalty/v1/cards").minimal_sets == (frozenset(),)
        assert needed(catalogue, "PUT", "/loyalty/v1/cards").listed == {"email_send", "email_read"}
        unmapped = needed(catalogue, "POST", "/loyalty/v1/cards")
        assert not unmapped.mapped
        assert catalogue.families(unmapped.explains) == ("Email",)
        assert unmapped.near_misses == ("GET /loyalty/v1/cards", "PUT /loyalty/v1/cards")
        assert catalogue.services == (*load_catalogue().services, "/loyalty")

    def test_a_new_route_does_not_hide_what_was_known(self, here: Path) -> None:
        """Spelt out by a user, the address of one asset stays that of an asset."""
        path = "/asset/v1/content/assets/7"
        catalogue = overlaid(here, f"[[route]]\nmethod = 'POST'\npath = '{path}'\nall_of = []")
        assert needed(catalogue, "POST", path).confidence == "your own entry"
        assert needed(catalogue, "GET", path) == needed(load_catalogue(), "GET", path)

    @pytest.mark.parametrize(
        ("word", "told", "doubt"),
        [
            pytest.param('"overlay"', "your own entry", "", id="as if not said"),
            pytest.param('"documented"', "your own entry: documented", "", id="documented"),
            pytest.param(
                '"community-attested"\nattestation_grade = "B"',
                "your own entry: attested B",
                "",
                id="attested well enough",
            ),
            pytest.param(
                '"community-attested"\nattestation_grade = "C"',
                "your own entry: attested C",
                "attested C",
                id="attested too little",
            ),
            pytest.param('"inferred"', "your own entry: inferred", "inferred", id="inferred"),
        ],
    )
    def test_a_user_who_is_not_sure_says_so(
        self, here: Path, word: str, told: str, doubt: str
    ) -> None:
        """The row is then as doubtful as one of the catalogue would be."""
        catalogue = overlaid(here, f"{ROUTE}all_of = ['email_send']\nconfidence = {word}")
        need = needed(catalogue, "POST", "/a/v1/b")
        assert (need.confidence, need.doubt, need.trusted) == (told, doubt, not doubt)


class TestSoap:
    """What rows of SOAP operations change."""

    TEXT = (
        "[[soap]]\nobject_type = 'account'\noperation = 'Create'\nany_of = ['email_send']\n"
        "[[soap]]\nobject_type = 'Loyalty'\noperation = 'Retrieve'\nall_of = []\nnote = 'ours'\n"
    )

    def test_rows_are_replaced_and_added(self, here: Path) -> None:
        """By object type and operation, whose case does not matter."""
        catalogue, packaged = overlaid(here, self.TEXT), load_catalogue()
        assert len(catalogue.soap_rows) == len(packaged.soap_rows) + 1
        (account,) = (
            row
            for row in catalogue.soap_rows
            if (row.object_type, row.operation) == ("Account", "Create")
        )
        (before,) = (
            row
            for row in packaged.soap_rows
            if (row.object_type, row.operation) == ("Account", "Create")
        )
        assert account.documented_permission_paths == before.documented_permission_paths
        need = need_of(account, catalogue, "documented", date(2026, 11, 21))
        assert (need.trusted, need.confidence) == (True, "your own entry")
        assert need.listed == {"email_send"}
        assert catalogue.soap_rows[-1].note == "ours"


class TestScopes:
    """What scope ids change."""

    def test_a_new_scope_is_known(self, here: Path) -> None:
        """Packages have it, misspellings of it are understood, rows may name it."""
        catalogue = overlaid(
            here,
            f"{ROUTE}all_of = ['loyalty_cards_read']\n[[scope]]\nid = 'loyalty_cards_read'\n",
        )
        scope = catalogue.scopes["loyalty_cards_read"]
        assert (scope.family, scope.action) == ("Loyalty cards", "read")
        assert "loyalty_cards_read" in catalogue.default_scopes
        assert catalogue.did_you_mean("loyalty_card_read") == "loyalty_cards_read"
        assert needed(catalogue, "POST", "/a/v1/b").listed == {"loyalty_cards_read"}
        assert catalogue.in_token_order(["loyalty_cards_read", "email_send"])[-1] == (
            "loyalty_cards_read"
        )

    def test_a_spelling_of_the_docs_becomes_a_scope(self, here: Path) -> None:
        """Where a tenant's tokens do carry it; what is not said stays."""
        catalogue = overlaid(here, "[[scope]]\nid = 'Contacts_access'\naction = 'use'\n")
        before, scope = (c.scopes["Contacts_access"] for c in (load_catalogue(), catalogue))
        assert not before.on_the_wire
        assert scope.on_the_wire
        assert scope.maps_to is None
        assert (scope.family, scope.action) == (before.family, "use")
        assert (scope.category, scope.sources) == (before.category, ("overlay",))


class TestSettings:
    """What the file says of settings."""

    def test_every_setting_is_a_key(self) -> None:
        """All that the ini file can say, this file can; and rows beside."""
        rows = {"package", "scope", "route", "soap", "selection"}
        assert set(Document.model_fields) == {*Config._fields, *rows}

    def test_other_doors_go_first(self, here: Path) -> None:
        """What an ini key or option says counts; rules are compared one by one."""
        manifest = read(
            here,
            "enforce = 'all'\ntrust = 'documented'\n[rules]\nMCS203 = 'error'\nMCS104 = 'error'\n",
        )
        given = {"enforce": None, "trust": "attested", "rules": ["MCS203 = note"]}
        config = build_config(manifest.under(given))
        assert (config.enforce, config.trust) == ("all", "attested")
        assert config.rules == ("MCS104=error", "MCS203 = note")

    def test_it_says_nothing_of_its_own(self, here: Path) -> None:
        """A file with rows only leaves the settings as they are."""
        manifest = read(here, f"{ROUTE}all_of = []")
        assert build_config(manifest.under({"enforce": None})) == build_config({})
        assert manifest.overlay.summary == "1 route"


class TestCommand:
    """What `mcscopes` tells with an overlay."""

    TEXT = (
        f"{ROUTE}all_of = ['loyalty_read']\nconfidence = 'inferred'\n"
        "[[route]]\nmethod = 'GET'\npath = '/a/v1/c'\nall_of = ['loyalty_read']\n"
        "[[scope]]\nid = 'loyalty_read'\nnote = 'of our own app'\n"
    )

    def test_explain(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The user's own word is told as such, and so is its file."""
        (here / "mcscopes.toml").write_text(self.TEXT)
        assert main(["explain", "loyalty_read", "POST /a/v1/b", "GET /a/v1/c"]) == 0
        told = capsys.readouterr().out
        for line in (
            "status       added by your own catalogue entries",
            "known        your own entry",
            "note         of our own app",
            "source       overlay: mcscopes.toml",
            "doubtful     your own entry: inferred: no source states it for this call",
            "trusted      your own entry",
            "your own entry    POST /a/v1/b",
            "Your own catalogue entries in mcscopes.toml: 2 routes, 1 scope.",
        ):
            assert line in told

    def test_json(self, here: Path) -> None:
        """It names the file; without an overlay, none."""
        view = View(catalogue=overlaid(here, self.TEXT), trust="attested", on=date(2026, 11, 21))
        answers = explain(["GET /a/v1/c"], view)
        assert '"overlay": "mcscopes.toml"' in render_json(answers, view)
        assert "GET /a/v1/c" in render_text(answers, view, Page())

    def test_catalogue(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """It counts what the overlay adds, by the nearest file above."""
        (here / "mcscopes.toml").write_text(self.TEXT)
        assert main(["catalogue"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[2] == "with your own catalogue entries in mcscopes.toml: 2 routes, 1 scope"
        rows = {line.split()[0]: line.split()[1:] for line in lines[5:]}
        assert rows["/a"] == ["2", "1", "1"]
        assert rows["all"][0] == str(load_catalogue().counts.routes + 2)

    def test_one_that_makes_no_sense(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """It cannot be done, and standard error says why."""
        (here / "mcscopes.toml").write_text("[[scope]]\nid = ''\n")
        assert main(["explain", "email_send"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err == (
            "MCSCOPES: the manifest cannot be used.\n"
            'mcscopes.toml:2: scope.id: must be an id, as in "email_send".\n'
        )
