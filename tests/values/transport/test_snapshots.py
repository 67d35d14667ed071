"""What is seen of a change at names of modules and classes."""

from __future__ import annotations

from types import ModuleType

import pytest

from pytest_mcscopes.transport.in_process.snapshots import Snapshot


class Library:
    """A library's client, with a method of its own."""

    def send(self) -> None:
        """Send."""


class Heir(Library):
    """One that inherits all."""


class Equal:
    """Says of itself that it equals everything, as wrappers of functions say of what they wrap."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


@pytest.fixture
def module() -> ModuleType:
    """Make a module that has a function, and another name for it."""
    made = ModuleType("library")
    vars(made).update(get=Library.send, post=Library.send)
    return made


@pytest.fixture
def snapshot(module: ModuleType) -> Snapshot:
    """Look at what module and classes have, and at names that they do not have."""
    names = [(module, "get"), (module, "post"), (module, "put")]
    return Snapshot([*names, (Library, "send"), (Library, "close"), (Heir, "send")])


class TestSnapshot:
    """Whether all is as it was."""

    def test_nothing_has_changed(self, snapshot: Snapshot, module: ModuleType) -> None:
        """Neither by what is looked at nor by other names."""
        assert snapshot.is_left()
        vars(module)["patch"] = Library.send
        assert snapshot.is_left()

    @pytest.mark.parametrize("there", [Equal(), None, lambda: None])
    @pytest.mark.parametrize("name", ["get", "put"])
    def test_another_stands_there(
        self, snapshot: Snapshot, module: ModuleType, name: str, there: object
    ) -> None:
        """In place of what was there, or where nothing was; by whatever way it came there."""
        vars(module)[name] = there
        assert not snapshot.is_left()

    @pytest.mark.parametrize(
        ("owner", "name"), [(Library, "send"), (Library, "close"), (Heir, "send")]
    )
    def test_a_class_has_another(
        self, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
    ) -> None:
        """One in place of what it inherits too; all is well once it is taken off."""
        other = Equal()
        assert other == Library.send
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, other, raising=False)
            assert not snapshot.is_left()
        assert snapshot.is_left()

    def test_it_is_gone(self, snapshot: Snapshot, module: ModuleType) -> None:
        """What is taken away is missed."""
        del module.post
        assert not snapshot.is_left()

    def test_of_nothing(self) -> None:
        """Where nothing is looked at nothing has changed."""
        assert Snapshot([]).is_left()
