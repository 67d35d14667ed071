"""What is known of the running test."""

from __future__ import annotations

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.session.running_test import RunningTest


@pytest.mark.parametrize(
    ("parameters", "hidden"),
    [
        pytest.param("s3cret", True, id="the shortest secret that is looked for"),
        pytest.param("1-s3cret", True, id="a secret among others"),
        pytest.param("s3cre", False, id="shorter than any"),
        pytest.param("another", False, id="no secret"),
    ],
)
def test_an_id_that_holds_a_secret_is_hidden(parameters: str, hidden: bool) -> None:  # noqa: FBT001
    packages = (PackageConfig(client_secret="s3cret"),)
    redaction = build_state(Config(), packages, "seed", load_catalogue()).redaction
    running = RunningTest([])
    running.begin(f"a.py::test[{parameters}]", (), tuple, marked=False)
    running.hide_id(redaction.occurs_in)
    assert (parameters not in running.name) is hidden
