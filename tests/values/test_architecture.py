"""The arrows between the parts of the package, and who may use what from outside.

Each rule reads source text, so that it can be shown to fire on a made-up line.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from itertools import chain, starmap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from measuring import unmeasured

import pytest_mcscopes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Rule = Callable[[str, str], list[str]]

PACKAGE = Path(__file__).parents[2] / "pytest_mcscopes"

# From the bottom up. A part imports from lower layers and from itself, never
# from a neighbour, not even for types; so plugin and cli are imported by nobody.
LAYERS = (
    {"errors", "ini_keys", "words"},
    {"arguments", "config", "models"},
    {"catalogue"},
    {"ledger"},
    {"cloud", "privilege"},
    {"explain", "settings"},
    {"markers", "transport", "evidence"},
    {"stubs", "report"},
    {"tenant"},
    {"session"},
    {"learn"},
    {"__init__"},
    {"plugin", "cli"},
    {"__main__"},
)
LAYER_OF = {part: number for number, parts in enumerate(LAYERS) for part in parts}

# The modules that make up the part "plugin".
PLUGIN = {"plugin", "hooks"}

# What comes from outside, or from the standard library's clocks and dice, and
# the modules or folders that may import it.
FENCES = {
    "_pytest": (),
    "pluggy": (),
    "freezegun": ("tenant.clock",),
    "h11": ("transport.http1",),
    "httpx": ("stubs.rest", "transport"),
    "jinja2": ("report.templating",),
    "markupsafe": ("report.templating",),
    "lxml": ("cloud.soap",),
    "httpx2": (),  # transport asks for it by name, where it is installed
    "pydantic": ("models", "settings.manifest", "settings.manifest_model"),
    "pydantic_core": ("evidence.fits_schema", "settings.manifest"),
    "pytest": ("plugin", "markers.levels"),
    "random": ("cloud.packages", "cloud.state", "cloud.tokens", "cloud.users"),
    "respx": ("stubs.rest", "transport"),
    "secrets": ("cloud.tokens",),
    "time": ("tenant.clock",),
    "tomlkit": ("settings.edit_manifest",),
    "tqdm": ("cli.progress",),
}

# The modules of each folder that others may use; the rest of it is nobody else's business.
FACES = {
    "arguments": {"calls", "keywords"},
    "catalogue": {
        "call_requirements",
        "catalogue",
        "find_requirements",
        "index",
        "model",
        "nearest",
        "overlay",
        "permissions",
        "route_trie",
    },
    "cli": {"main"},
    "cloud": {
        "cloud",
        "domains",
        "fault_order",
        "fault_queue",
        "fingerprints",
        "http",
        "packages",
        "redirect_uris",
        "soap.messages",
        "soap.operations",
        "soap.python_values",
        "soap.results",
        "state",
        "tokens",
        "users",
    },
    "evidence": {
        "baseline",
        "combine",
        "completeness",
        "data_file",
        "describe_run",
        "gate",
        "gate_json",
        "gate_result",
        "gate_rules",
        "gate_text",
        "grouping",
        "origin",
        "projects",
        "read_file",
        "read_record",
        "read_suite",
        "record",
        "results",
        "shards",
        "staleness",
        "suite_diff",
        "suite_evidence",
        "suite_files",
        "whole_file",
    },
    "explain": {"answers", "explain", "page", "question", "rows", "terms", "text"},
    "hooks": {"collection", "fixtures", "judging", "reporting", "start"},
    "learn": {"first_draft", "suggest", "suggestion", "suggestions_text"},
    "ledger": {"contexts", "facts", "interceptor_texts", "ledger"},
    "markers": {"closest", "levels", "without_effect"},
    "privilege": {
        "advice",
        "expectation",
        "expected",
        "expected_denial",
        "findings",
        "hints",
        "lineage",
        "mark_text",
        "minimum",
        "observed",
        "permissive_marks",
        "phrases",
        "remarks",
        "rules.calls",
        "rules.case",
        "rules.foreign_tenant",
        "rules.logs",
        "rules.requested",
        "rules.tokens",
        "set_up",
        "shared_logins",
        "taken_requests",
        "verdict",
        "verdict_text",
    },
    "report": {
        "annotations",
        "groups",
        "html",
        "json_document",
        "markdown",
        "model",
        "review_pack",
        "sarif",
        "suite_diff",
        "terminal",
    },
    "session": {"block_verdicts", "cloud", "conclusion", "driver"},
    "settings": {
        "assigned_packages",
        "edit_manifest",
        "import_answer",
        "manifest",
        "manifest_file",
        "packages",
        "production",
        "scopes",
        "severities",
        "users",
    },
    "stubs": {"authors", "rest", "soap", "soap_calls"},
    "tenant": {"blocks", "clock", "core", "tenant"},
    "transport": {
        "early_guard",
        "hosts",
        "in_process.httpx_values",
        "in_process.mount",
        "interceptors",
        "loopback.server",
        "names",
    },
}

MOST_LOOSE_FILES = 8
"""What a stranger takes in at a glance of the package's folder."""
MOST_LINES = 400
MOST_MEMBERS = 20
"""Methods and properties of a class; the fields of a plain value count as its data."""
LARGE_CLASSES = {"Tenant"}

HEAVY = {
    "asyncio",
    "freezegun",
    "http.server",
    "httpx",
    "httpx2",
    "jinja2",
    "lxml",
    "pydantic",
    "respx",
    "ssl",
    "pytest_mcscopes.catalogue.catalogue",
    "pytest_mcscopes.cloud",
    "pytest_mcscopes.tenant.tenant",
    "pytest_mcscopes.transport",
}

NOT_AT_A_PORT = {
    "asyncio",
    "difflib",
    "httpx",
    "importlib.resources",
    "pytest",
    "respx",
    "uuid",
}
"""What a tenant at a port loads only once something is asked for that needs it."""

LIGHT = {
    "pytest_mcscopes",
    "pytest_mcscopes.ini_keys",
    "pytest_mcscopes.markers",
    "pytest_mcscopes.markers.levels",
    "pytest_mcscopes.plugin",
}
"""All that a test run without a test of ours imports: each more is paid at every start."""


EARLY_GUARD = {
    "pytest_mcscopes.transport",
    "pytest_mcscopes.transport.early_guard",
}
"""What it loads more where `mc_guard` is "always"."""


def imports_of(module: str, source: str) -> Iterator[str]:
    """Yield the full names of what a module of the package imports, anywhere in it."""
    package = f"pytest_mcscopes.{module}".split(".")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            home = [*package[: len(package) - node.level]] if node.level else []
            base = ".".join([*home, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """Tell the part of the package that a module belongs to."""
    first = module.split(".", maxsplit=1)[0]
    return "plugin" if first in PLUGIN else first


def broken_arrows(module: str, source: str) -> list[str]:
    """List the imports of a module that point sideways or up."""
    part = part_of(module)
    broken = []
    for name in imports_of(module, source):
        package, _, rest = name.partition(".")
        if package != "pytest_mcscopes":
            continue
        target = part_of(rest) if part_of(rest) in LAYER_OF else "__init__"
        if target != part and LAYER_OF[target] >= LAYER_OF[part]:
            broken.append(f"{module} imports {rest or package}")
    return broken


def broken_fences(module: str, source: str) -> list[str]:
    """List the imports of a module that only others may have."""
    broken = []
    for name in imports_of(module, source):
        outside = name.split(".", maxsplit=1)[0]
        allowed = FENCES.get(outside, (module,))
        here = (f"{module}.", f"{part_of(module)}.")
        if not any(name.startswith(f"{place}.") for name in here for place in allowed):
            broken.append(f"{module} imports {outside}")
    return broken


def clock_readings(module: str, source: str) -> list[str]:
    """List where a module asks datetime for the time of day."""
    return [
        f"{module} calls {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}
    ]


def foreign_insides(module: str, source: str) -> list[str]:
    """List what a module imports from the inside of another folder, or another module."""
    imported = (name.partition(".") for name in imports_of(module, source))
    ours = [name for package, _, name in imported if package == "pytest_mcscopes"]
    return [
        f"{module} imports {name}" for name in ours if _is_inside(name, module) or _is_private(name)
    ]


def _is_private(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.startswith("_") and not last.endswith("__")


def _is_inside(name: str, module: str) -> bool:
    """Tell whether a name is of a folder that does not show it to a module."""
    folder, _, rest = name.partition(".")
    if folder not in FACES or part_of(module) == part_of(name):
        return False
    return not any(f"{rest}.".startswith(f"{each}.") for each in FACES[folder])


def long_files(module: str, source: str) -> list[str]:
    """List a module that is too long to be read at one go."""
    lines = len(source.splitlines())
    return [f"{module} has {lines} lines"] if lines > MOST_LINES else []


def loose_files(modules: Iterable[str]) -> list[str]:
    """Say so where more modules stand in no folder than a stranger takes in."""
    loose = [module for module in modules if "." not in module]
    return [f"{len(loose)} files stand in no folder"] if len(loose) > MOST_LOOSE_FILES else []


def large_classes(module: str, source: str) -> list[str]:
    """List the classes of a module that complete more names than anybody looks through."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and node.name not in LARGE_CLASSES:
            functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            members = {each.name for each in functions if not each.name.startswith("_")}
            if len(members) > MOST_MEMBERS:
                found.append(f"{module}.{node.name} has {len(members)} members")
    return found


def circles(sources: Mapping[str, str], key: Callable[[str], str] = str) -> list[str]:
    """Name a circle of modules that import each other, be it for types only.

    Args:
        sources: by module.
        key: what stands for a module, as the part that it belongs to.
    """
    arrows: dict[str, set[str]] = {}
    for module, source in sources.items():
        for name in imports_of(module, source):
            target = _module_of(name, sources)
            if target and key(target) != key(module):
                arrows.setdefault(key(module), set()).add(key(target))
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def _module_of(name: str, known: Iterable[str]) -> str:
    """Find the module that an imported name is, or is of; "" if it is from outside."""
    package, *parts = name.split(".")
    if package != "pytest_mcscopes":
        return ""
    folders = (parts[:end] for end in range(len(parts), -1, -1))
    modules = (".".join(each) for folder in folders for each in (folder, [*folder, "__init__"]))
    return next((each for each in modules if each in known), "")


def modules() -> Iterator[tuple[str, str]]:
    """Yield name and text of each module of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        # A package's `__init__` keeps that last segment: its relative imports
        # then resolve like those of any module beside it.
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name, path.read_text()


@pytest.mark.parametrize("rule", [broken_arrows, broken_fences, clock_readings, foreign_insides])
def test_the_package_keeps(rule: Rule) -> None:
    """Every module of the package keeps the rule."""
    assert [*chain(*starmap(unmeasured(rule), modules()))] == []


@pytest.mark.parametrize("rule", [long_files, large_classes])
def test_a_file_and_a_class_fit_a_look(rule: Rule) -> None:
    """Whoever opens a file can read all of it, and whoever completes a name finds it."""
    assert [*chain(*starmap(unmeasured(rule), modules()))] == []


def test_each_module_can_be_imported() -> None:
    """Those too that only say what types there are: nothing at run time imports them."""
    names = [name.removesuffix(".__init__") for name, _ in modules()]
    for name in names:
        if name not in {"__init__", "__main__"}:
            assert import_module(f"pytest_mcscopes.{name}").__doc__


def test_every_part_has_a_layer() -> None:
    """A new folder or module is placed before it can import anything."""
    assert {part_of(module) for module, _ in modules()} <= set(LAYER_OF)


def test_every_folder_shows_a_face() -> None:
    """A new folder says which of its modules others may use, and each of them is there."""
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(FACES)
    shown = {f"{folder}.{each}" for folder, face in FACES.items() for each in face}
    assert shown <= {module for module, _ in modules()}


@pytest.mark.parametrize("key", [str, part_of])
def test_nothing_goes_in_a_circle(key: Callable[[str], str]) -> None:
    """Files and parts have an order in which a stranger can read them."""
    assert unmeasured(circles)(dict(modules()), key) == []


def test_few_files_stand_at_the_top() -> None:
    """Whatever has a subject is in the folder of its subject."""
    assert loose_files(module for module, _ in modules()) == []


@pytest.mark.parametrize(
    ("loose", "offences"),
    [
        pytest.param(MOST_LOOSE_FILES, [], id="as many as may be"),
        pytest.param(9, ["9 files stand in no folder"], id="more"),
    ],
)
def test_loose_files_are_seen(loose: int, offences: list[str]) -> None:
    """What is in a folder does not count."""
    names = [*(f"m{number}" for number in range(loose)), "cloud.rest", "cloud.__init__"]
    assert loose_files(names) == offences


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        pytest.param({"a.b": "from .c import d", "a.c": "import os"}, [], id="one way"),
        pytest.param({"a.b": "from .b import d"}, [], id="itself"),
        pytest.param(
            {"a.b": "from .c import d", "a.c": "from .b import e"}, ["a.c <- a.b <- a.c"], id="two"
        ),
        pytest.param(
            {
                "a.b": "from ..e import f",
                "e": "if TYPE_CHECKING:\n from .a import c",
                "a.c": "def late():\n from pytest_mcscopes.a.b import x",
            },
            ["a.c <- e <- a.b <- a.c"],
            id="three, for types and late",
        ),
        pytest.param(
            {"__init__": "from .a import b", "a": "from . import b"},
            ["a <- __init__ <- a"],
            id="the package itself",
        ),
    ],
)
def test_circles_are_seen(sources: Mapping[str, str], found: list[str]) -> None:
    """Any way by which two files lead to each other is one."""
    assert [{*each.split(" <- ")} for each in circles(sources)] == [
        {*each.split(" <- ")} for each in found
    ]


def test_circles_of_parts_are_seen() -> None:
    """Folders may lead to each other although no two files of theirs do."""
    sources = {"a.b": "from ..c.d import e", "c.d": "", "c.f": "from ..a.g import h", "a.g": ""}
    assert circles(sources) == []
    assert len(circles(sources, part_of)) == 1


@pytest.mark.parametrize(
    ("module", "source", "offences"),
    [
        pytest.param("cloud.rest", "from ..ledger.facts import CallMade", [], id="the face"),
        pytest.param("ledger.ledger", "from .shown import show_words", [], id="within"),
        pytest.param("cloud.soap.exchange", "from ..http import Request", [], id="the room around"),
        pytest.param("cli.main", "from .. import __version__", [], id="a public name"),
        pytest.param("cloud.cloud", "from .rest import answer", [], id="a room of the same folder"),
        pytest.param(
            "cloud.rest",
            "from ..ledger.shown import show_words",
            ["cloud.rest imports ledger.shown.show_words"],
            id="the inside",
        ),
        pytest.param(
            "cloud.rest",
            "if TYPE_CHECKING:\n from ..ledger import shown",
            ["cloud.rest imports ledger.shown"],
            id="the inside for types",
        ),
        pytest.param("cloud.cloud", "from .soap.xml import parse", [], id="a room within"),
        pytest.param(
            "stubs.soap",
            "from ..cloud.soap.xml import parse",
            ["stubs.soap imports cloud.soap.xml.parse"],
            id="a room of another folder",
        ),
        pytest.param(
            "ledger.ledger",
            "from .facts import _hidden",
            ["ledger.ledger imports ledger.facts._hidden"],
            id="a private name",
        ),
    ],
)
def test_folders_are_used_by_their_faces(module: str, source: str, offences: list[str]) -> None:
    """What is not in the table can be changed without a look at other folders."""
    assert foreign_insides(module, source) == offences


def test_long_files_are_seen() -> None:
    """The last line that is allowed is no offence."""
    assert long_files("cloud.rest", "x = 1\n" * MOST_LINES) == []
    assert long_files("cloud.rest", "x = 1\n" * 401) == ["cloud.rest has 401 lines"]


@pytest.mark.parametrize(
    ("name", "members", "offences"),
    [
        pytest.param("Case", MOST_MEMBERS, [], id="as many as may be"),
        pytest.param("Case", 21, ["cloud.rest.Case has 21 members"], id="more"),
        pytest.param("Tenant", 21, [], id="the one whose names are documented"),
    ],
)
def test_large_classes_are_seen(name: str, members: int, offences: list[str]) -> None:
    """Private members and a second definition of a name, as of a setter, do not count."""
    names = [*(f"m{number}" for number in range(members)), "m0", "_private", "__init__"]
    body = "".join(f"\n    def {each}(self): ..." for each in names)
    assert large_classes("cloud.rest", f"class {name}:{body}") == offences


@pytest.mark.parametrize(
    ("module", "source", "offences"),
    [
        pytest.param("cloud.rest", "from ..ledger.facts import CallMade", [], id="down"),
        pytest.param("cloud.rest", "from .http import Request", [], id="within"),
        pytest.param("cloud.__init__", "from .http import Request", [], id="within, from init"),
        pytest.param("plugin", "from .hooks import header", [], id="within the plugin"),
        pytest.param("plugin", "from . import __version__", [], id="public name"),
        pytest.param("catalogue.model", "import json", [], id="from outside"),
        pytest.param(
            "catalogue.model",
            "from ..cloud import http",
            ["catalogue.model imports cloud.http"],
            id="up",
        ),
        pytest.param(
            "cloud.rest",
            "from ..privilege.rules import Case",
            ["cloud.rest imports privilege.rules.Case"],
            id="sideways",
        ),
        pytest.param(
            "ledger.facts",
            "if TYPE_CHECKING:\n from ..cloud.http import Request",
            ["ledger.facts imports cloud.http.Request"],
            id="up for types",
        ),
        pytest.param(
            "tenant",
            "def late():\n import pytest_mcscopes.plugin",
            ["tenant imports plugin"],
            id="up within a function",
        ),
        pytest.param(
            "learn.text", "from ..cli import main", ["learn.text imports cli.main"], id="top"
        ),
        pytest.param(
            "cli",
            "from .hooks import header",
            ["cli imports hooks.header"],
            id="twin",
        ),
        pytest.param(
            "tenant", "from . import Tenant", ["tenant imports Tenant"], id="the public names"
        ),
        pytest.param(
            "tenant",
            "import pytest_mcscopes",
            ["tenant imports pytest_mcscopes"],
            id="the whole package",
        ),
    ],
)
def test_arrows_point_down(module: str, source: str, offences: list[str]) -> None:
    """A part imports from lower layers and from itself only."""
    assert broken_arrows(module, source) == offences


@pytest.mark.parametrize(
    ("module", "source", "offences"),
    [
        pytest.param("transport.in_process", "import httpx, respx", [], id="the transport"),
        pytest.param("tenant.clock", "import time", [], id="the clock"),
        pytest.param("hooks.summary", "import pytest", [], id="a helper of the plugin"),
        pytest.param("cloud.rest", "from json import dumps", [], id="no fence"),
        pytest.param("tenant", "import httpx", ["tenant imports httpx"], id="httpx"),
        pytest.param("tenant", "from respx import Router", ["tenant imports respx"], id="respx"),
        pytest.param("cli", "import pytest", ["cli imports pytest"], id="pytest"),
        pytest.param(
            "plugin", "from _pytest import nodes", ["plugin imports _pytest"], id="private pytest"
        ),
        pytest.param("config", "import pydantic", ["config imports pydantic"], id="pydantic"),
        pytest.param(
            "evidence.manifesto",
            "import pydantic",
            ["evidence.manifesto imports pydantic"],
            id="a name that begins alike",
        ),
        pytest.param("cloud.rest", "from time import time", ["cloud.rest imports time"], id="time"),
        pytest.param(
            "cloud.rest",
            "def late():\n import secrets, random",
            ["cloud.rest imports secrets", "cloud.rest imports random"],
            id="chance within a function",
        ),
    ],
)
def test_fences_hold(module: str, source: str, offences: list[str]) -> None:
    """What is fenced in is imported by the named modules only."""
    assert broken_fences(module, source) == offences


@pytest.mark.parametrize(
    ("source", "offences"),
    [
        pytest.param("datetime.fromtimestamp(at, UTC)", [], id="given"),
        pytest.param("self.clock.now()", [], id="our clock"),
        pytest.param("datetime.now(UTC)", ["cloud.rest calls datetime.now"], id="now"),
        pytest.param(
            "datetime.datetime.utcnow()", ["cloud.rest calls datetime.datetime.utcnow"], id="utcnow"
        ),
        pytest.param(
            "f(default=date.today)", ["cloud.rest calls date.today"], id="today, uncalled"
        ),
    ],
)
def test_the_time_of_day_is_never_asked_for(source: str, offences: list[str]) -> None:
    """Time is an argument everywhere but in the clock."""
    assert clock_readings("cloud.rest", source) == offences


def loaded_by(command: list[str], folder: Path) -> set[str]:
    """Run Python and return the modules that it names in `loaded.txt`."""
    home = str(Path(pytest_mcscopes.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": home, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, check=True)
    return set((folder / "loaded.txt").read_text().split())


WRITE_DOWN = "import pathlib, sys; pathlib.Path('loaded.txt').write_text('\\n'.join(sys.modules))"


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    """`import pytest_mcscopes` is free, even with all names listed."""
    code = f"import pytest_mcscopes; dir(pytest_mcscopes); {WRITE_DOWN}"
    loaded = loaded_by(["-c", code], tmp_path)
    assert "pytest_mcscopes" in loaded
    assert loaded & HEAVY == set()


def test_a_tenant_at_a_port_loads_nothing_that_a_test_alone_needs(tmp_path: Path) -> None:
    """A process that serves a tenant answers its first token without pytest, respx or httpx."""
    code = f"""
import json
from http.client import HTTPConnection
from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.tenant.core import TenantCore
from pytest_mcscopes.tenant.tenant import Tenant
from pytest_mcscopes.transport.loopback.server import Loopback

core = TenantCore(Config(), (PackageConfig(),), 1, load_catalogue())
ports = Loopback(print)
tenant = Tenant(core, ports.open(core))
client = HTTPConnection(tenant.auth_url.split("/")[2])
login = dict(client_id=tenant.client_id, client_secret=tenant.client_secret)
body = json.dumps(login | dict(grant_type="client_credentials", scope="email_send"))
client.request("POST", "/v2/token", body, dict([("Content-Type", "application/json")]))
assert client.getresponse().status == 200
client.close()
ports.shutdown()
{WRITE_DOWN}
"""
    loaded = loaded_by(["-c", code], tmp_path)
    assert "pytest_mcscopes.transport.loopback.server" in loaded
    assert loaded & NOT_AT_A_PORT == set()


def test_an_unrelated_test_run_loads_nothing_heavy(tmp_path: Path) -> None:
    """Being installed costs next to nothing until a fixture or a marker is used."""
    (tmp_path / "conftest.py").write_text(f"def pytest_unconfigure():\n    {WRITE_DOWN}\n")
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    run = ["-m", "pytest"]
    without = loaded_by(run, tmp_path)
    with_plugin = loaded_by([*run, "-p", "pytest_mcscopes.plugin"], tmp_path)
    assert "pytest_mcscopes.plugin" in with_plugin - without
    assert with_plugin - without == LIGHT


def test_an_early_guard_loads_next_to_nothing(tmp_path: Path) -> None:
    """Where mc_guard is "always", an unrelated run has the names of the service beside it."""
    (tmp_path / "conftest.py").write_text(f"def pytest_unconfigure():\n    {WRITE_DOWN}\n")
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    run = ["-m", "pytest", "-p", "pytest_mcscopes.plugin"]
    more = loaded_by([*run, "--mc-guard=always"], tmp_path) - loaded_by(run, tmp_path)
    assert {each for each in more if each.startswith("pytest_mcscopes")} == EARLY_GUARD
    # From Python 3.13 on pytest itself does without these.
    assert more - EARLY_GUARD <= {"_socket", "array", "selectors", "socket"}


def test_each_public_name_is_there() -> None:
    """All that is listed can be had, and is listed by `dir`."""
    for name in set(pytest_mcscopes.__all__) - {"__version__"}:
        assert getattr(pytest_mcscopes, name).__name__ == name
    assert set(pytest_mcscopes.__all__) <= set(dir(pytest_mcscopes))


def test_a_misspelt_public_name_is_an_attribute_error() -> None:
    """Lazy names fail like any other."""
    with pytest.raises(AttributeError, match=r"^module 'pytest_mcscopes' has no .* 'Tennant'$"):
        _ = pytest_mcscopes.Tennant  # type: ignore[attr-defined]
