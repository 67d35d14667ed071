"""How a draft is written in Python, whatever tests are called."""

from __future__ import annotations

import ast

import pytest

from pytest_mcscopes.learn.first_draft import FirstDraft

MARK = 'pytest.mark.mc_scopes("email_send")'


@pytest.mark.parametrize(
    ("test", "written"),
    [
        pytest.param("test_it.py::test_it[a b]", '"test_it.py::test_it[a b]"', id="plain"),
        pytest.param("t.py::t[it's]", '"t.py::t[it\'s]"', id="an apostrophe"),
        pytest.param('t.py::t["x"]', "'t.py::t[\"x\"]'", id="quotes"),
        pytest.param("t.py::t['\"]", "'t.py::t[\\'\"]'", id="both"),
        pytest.param("t.py::t[\\n]", '"t.py::t[\\\\n]"', id="a backslash"),
        pytest.param("t\u00e9.py::t", '"t\u00e9.py::t"', id="a letter of another alphabet"),
        pytest.param("t.py::t[\ud800]", '"t.py::t[\\ud800]"', id="what is no text"),
    ],
)
def test_the_id_of_a_test(test: str, written: str) -> None:
    """It is read back as it is."""
    hook = FirstDraft(marks={test: (MARK,)}, lenient=0, left={}, packages={}).hook()
    assert hook.splitlines()[1] == f"    {written}: ["
    assert ast.literal_eval(written) == test
