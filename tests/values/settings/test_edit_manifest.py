"""Manifests of every form are changed in the one place, and nowhere else."""

from __future__ import annotations

import pytest

from pytest_mcscopes.settings.edit_manifest import PackageChange, edit_manifest


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        pytest.param(
            '[["package"]]\n"scopes" = ["a_a"]\n',
            '[["package"]]\n"scopes" = ["b_b", "c_c"]\ntype = "public-app"\n',
            id="keys in quotes",
        ),
        pytest.param(
            '[["pack\\u0061ge"]]\nscopes = ["a\\u005fa"]\n',
            '[["pack\\u0061ge"]]\nscopes = ["b_b", "c_c"]\ntype = "public-app"\n',
            id="escapes",
        ),
        pytest.param(
            '[[ package ]]\n  scopes   =   [ "a_a" , "b_b" ]   # x\n  name="q"',
            '[[ package ]]\n  scopes   =   ["b_b", "c_c" ]   # x\ntype = "public-app"\n  name="q"',
            id="spaces",
        ),
        pytest.param(
            '[[package]]\nscopes=["a_a","b_b",]#x\ntype="web-app"#y',
            '[[package]]\nscopes=["b_b", "c_c"]#x\ntype="public-app"#y',
            id="crammed",
        ),
        pytest.param(
            '[[package]]\nname = """x\nscopes = ["z"]\n"""\nscopes = [\n\n"a_a"\n,\n# c\n"b_b"]\n',
            '[[package]]\nname = """x\nscopes = ["z"]\n"""\nscopes = [\n# c\n"b_b",\n"c_c"]\n'
            'type = "public-app"\n',
            id="what looks like a key",
        ),
        pytest.param(
            "[[package]]\nscopes = [\"\"\"a_a\"\"\", '''b_b''']\n",
            "[[package]]\nscopes = ['''b_b''', \"c_c\"]\ntype = \"public-app\"\n",
            id="long quotes",
        ),
        pytest.param(
            'package = [\n  {name = "x", scopes = ["a_a"]}, # c\n  {name = "y", scopes = []},\n]\n',
            'package = [\n  {name = "x", scopes = ["b_b", "c_c"], type = "public-app"}, # c\n'
            '  {name = "y", scopes = []},\n]\n',
            id="tables in a list",
        ),
        pytest.param(
            "[[package]]\nscopes = ['a_a']\n[[package.exception]]\nscope = 'q_q'\n[[route]]\n"
            "[[package]]\nname = '2'\nscopes = ['q_q']\n",
            '[[package]]\nscopes = ["b_b", "c_c"]\ntype = "public-app"\n[[package.exception]]\n'
            "scope = 'q_q'\n[[route]]\n[[package]]\nname = '2'\nscopes = ['q_q']\n",
            id="tables between",
        ),
        pytest.param(
            '[[package]]\nscopes = ["a_a", "a_a", "b_b", "b_b"]\n',
            '[[package]]\nscopes = ["b_b", "b_b", "c_c"]\ntype = "public-app"\n',
            id="one twice",
        ),
    ],
)
def test_a_package_is_changed(text: str, edited: str) -> None:
    """Its scopes become these, and its type; the spaces between are tomlkit's affair."""
    change = PackageChange(number=0, name="", type="public-app", scopes=frozenset({"b_b", "c_c"}))
    assert "".join(edit_manifest(text, (), change).split()) == "".join(edited.split())


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param("package = []\n", (), id="an empty list"),
        pytest.param("tool.mcscopes.package = [{scopes = []}]\n", ("tool", "mcscopes"), id="dots"),
        pytest.param("[tool]\nmcscopes = {trust = 'x'}\n", ("tool", "mcscopes"), id="one line"),
    ],
)
def test_a_package_cannot_be_added(text: str, keys: tuple[str, ...]) -> None:
    """To what TOML takes no further table for."""
    change = PackageChange(number=None, name="x", type=None, scopes=frozenset())
    with pytest.raises(ValueError, match="has a form that cannot be changed for sure"):
        edit_manifest(text, keys, change)


def test_many_scopes_are_put_into_an_empty_list() -> None:
    """As they come."""
    change = PackageChange(number=0, name="", type=None, scopes=frozenset({"b_b", "a_a"}))
    assert edit_manifest("[[package]]\nscopes = [] # none\n", (), change) == (
        '[[package]]\nscopes = ["a_a", "b_b"] # none\n'
    )


def test_what_tomlkit_gets_wrong_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some versions do, with lists of an odd form: nothing is written then."""
    change = PackageChange(number=0, name="", type="web-app", scopes=frozenset({"a_a"}))
    for wrong in ("scopes = [,]\n", "scopes = []\n"):
        monkeypatch.setattr("tomlkit.dumps", lambda _, wrong=wrong: wrong)
        with pytest.raises(ValueError, match="has a form that cannot be changed for sure"):
            edit_manifest("[[package]]\nscopes = []\n", (), change)
