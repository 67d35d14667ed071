"""Tenants are left out of vcrpy's cassettes.

A stand-in for vcrpy here; tests/compat/test_cassettes.py runs the real one.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from in_process import REST, UNOWNED

from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.cassettes import Cassettes
from pytest_mcscopes.transport.in_process.late_imports import LateImport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


VCR = """
class Cassette:
    def __init__(self, before):
        self._before_record_request = before

    def play_response(self, request):
        return "played"
"""


class TestCassettes:
    @pytest.fixture
    def hook(self, hosts: Hosts) -> Iterator[Cassettes]:
        """Give the patch, and take it off in the end."""
        hook = Cassettes(hosts)
        yield hook
        hook.leave()

    @pytest.fixture(autouse=True)
    def no_vcr(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Forget the real one."""
        for name in [name for name in sys.modules if name.partition(".")[0] == "vcr"]:
            monkeypatch.delitem(sys.modules, name)

    @pytest.fixture
    def vcr(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put a stand-in on the path."""
        tmp_path.joinpath("vcr").mkdir()
        tmp_path.joinpath("vcr/__init__.py").write_text("")
        tmp_path.joinpath("vcr/cassette.py").write_text(VCR)
        monkeypatch.syspath_prepend(tmp_path)

    @pytest.mark.usefixtures("vcr")
    @pytest.mark.parametrize("early", [True, False], ids=["imported before", "imported after"])
    def test_tenants_are_filtered(self, hook: Cassettes, hosts: Hosts, *, early: bool) -> None:
        """In cassettes that were open before, too; other requests go to the user's own filter."""
        taken: list[tuple[str, str]] = []
        hosts.on_taken = lambda *what: taken.append(what)
        if early:
            opened = import_module("vcr.cassette").Cassette(lambda _: "user's")
            hook.late_import.ensure()
        else:
            hook.late_import.ensure()
            hook.late_import.ensure()
            opened = import_module("vcr.cassette").Cassette(lambda _: "user's")
        hook.late_import.ensure()
        ours, shop = (SimpleNamespace(uri=f"https://{host}/") for host in (REST, "shop.test"))
        real = SimpleNamespace(uri=f"https://{UNOWNED}/")
        kept = [opened._before_record_request(each) for each in (ours, shop, real)]  # noqa: SLF001
        assert kept == [None, "user's", "user's"]
        assert [opened.play_response(each) for each in (shop, real)] == ["played"] * 2
        assert taken == [(UNOWNED, "vcr")]
        hook.leave()
        assert opened._before_record_request(ours) == "user's"  # noqa: SLF001
        assert opened.play_response(real) == "played"
        assert taken == [(UNOWNED, "vcr")]

    @pytest.mark.usefixtures("vcr")
    @pytest.mark.parametrize("inner_first", [True, False])
    def test_two_sessions_may_patch_it(self, hook: Cassettes, *, inner_first: bool) -> None:
        """Each filters its own tenants while it lasts, in whichever order they end."""
        cassette = import_module("vcr.cassette").Cassette
        bare = {name for name in vars(cassette) if not name.startswith("__")}
        opened, ours = cassette(lambda _: "user's"), SimpleNamespace(uri=f"https://{REST}/")
        inner = Cassettes(Hosts())
        hook.late_import.ensure()
        inner.late_import.ensure()
        assert opened._before_record_request(ours) is None  # noqa: SLF001
        (inner if inner_first else hook).leave()
        kept = opened._before_record_request(ours)  # noqa: SLF001
        assert kept == (None if inner_first else "user's")
        assert opened.play_response(ours) == "played"
        (hook if inner_first else inner).leave()
        assert opened._before_record_request(ours) == "user's"  # noqa: SLF001
        assert inner_first == (
            {name for name in vars(cassette) if not name.startswith("__")} == bare
        )

    def test_where_a_test_put_something_in_its_place(
        self, hook: Cassettes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has no cassettes to patch."""
        hook.late_import.ensure()
        monkeypatch.setitem(sys.modules, "vcr.cassette", ModuleType("vcr.cassette"))
        hook.late_import.ensure()
        hook.leave()


class TestLateImport:
    def test_only_its_module_is_found(self) -> None:
        """Where it is not installed it is not found, as by Python itself."""
        heard: list[ModuleType] = []
        late = LateImport("vcr.none_such", heard.append)
        late.ensure()
        late.ensure()
        assert sys.meta_path.count(late) == 1
        assert late.find_spec("vcr.none_such", []) is None
        assert late.find_spec("json", None) is None
        late.leave()
        late.leave()
        assert late not in sys.meta_path
        assert heard == []
