"""A secret in a test's own id: no text or file of ours has it, and each test keeps one id."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.cli.report import FORMATS, REVIEWS

if TYPE_CHECKING:
    from pathlib import Path

    from suites import Suite

SECRET, STAGED, SHARED = "s3cr3tvalue", "otherw0rd", "forever4ll"
SUITE = f"""
import pytest
from asking import CLIENT, ask, call

scopes = pytest.mark.mc_scopes("email_send")
secrets = pytest.mark.parametrize("secret", ["{SECRET}", "{STAGED}"])
KEPT = {{}}

@pytest.fixture
def mc_package(request):
    known = getattr(request.node, "callspec", None)
    return {{"client_secret": known.params["secret"]}} if known else {{}}

@pytest.fixture(scope="module")
def tenant(mc_cloud):
    with mc_cloud.tenant(client_secret="{SHARED}") as tenant:
        yield tenant

@scopes
@secrets
@pytest.mark.parametrize("number", [1, 2])
def test_too_much(mc_tenant, secret, number):
    KEPT.setdefault("token", ask(mc_tenant, "email_read email_send"))
    KEPT.setdefault("url", mc_tenant.rest_url)
    call(mc_tenant, KEPT["token"])
    print("story:", mc_tenant.ledger.story())

@scopes
def test_of_another_tenant(mc_tenant):
    call(mc_tenant, KEPT["token"])
    with pytest.raises(Exception) as refused:
        CLIENT.get(KEPT["url"])
    print("refused:", refused.value)

@secrets
def test_without_a_mark(mc_tenant, secret):
    assert ask(mc_tenant, "email_raed")

@scopes
@pytest.mark.parametrize("given", ["x-{SHARED}-y"])
def test_shared(tenant, given):
    ask(tenant, "email_send email_read")

@scopes
def test_told_of_the_test_before(tenant):
    pass

@scopes
@pytest.mark.parametrize("secret", ["{SECRET}"])
def test_in_its_body(mc_cloud, secret):
    with mc_cloud.tenant(client_secret=secret) as own:
        ask(own, "email_send email_read")

@pytest.mark.parametrize("secret", ["{SECRET}"])
def test_in_its_set_up(mc_tenant, secret, broken):
    pass

@pytest.fixture
def broken(mc_tenant):
    mc_tenant.judged("no such")

@scopes
@pytest.mark.parametrize("word", ["plain", "secret"])
def test_words(mc_tenant, word, request):
    ask(mc_tenant, "email_send email_read")
"""
SUITE = SUITE.replace('known.params["secret"]}', 'known.params.get("secret")}')
WORKERS = ("-p", "xdist", "-n", "2", "--dist", "loadfile")
IN_PYTESTS_OWN_WORDS = re.compile(r"(?:_+ .* _+$|FAILED |ERROR |PASSED |E  )")


def ids_in(data: Path) -> list[str]:
    _, *tests = map(json.loads, data.read_text().splitlines())
    return [each["test"] for each in tests]


@pytest.fixture
def ran(suite: Suite) -> tuple[Path, str]:
    """The data file, and what was printed."""
    result = suite.run(SUITE, "--mc-data", "--mc-suggest", "-rA", "--tb=line")
    [data] = suite.pytester.path.glob(".mcscopes/*.jsonl")
    return data, result.stdout.str() + result.stderr.str()


def test_no_text_of_ours_has_it(ran: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    data, printed = ran
    ours = [line for line in printed.splitlines() if not IN_PYTESTS_OWN_WORDS.match(line)]
    assert [line for line in ours if SECRET in line or STAGED in line or SHARED in line] == []
    assert any(line.startswith("story: test_it.py::test_too_much[<redacted>-") for line in ours)
    assert any(re.match(r"refused: .* for test_it\.py::test_too_much\[<red", each) for each in ours)
    assert "granted a token earlier (test_it.py::test_shared[<redacted>-" in " ".join(
        printed.split()
    )
    texts = [data.read_text()]
    commands = [
        ("suggest", data),
        ("check", data),
        *(("report", data, "--format", name) for name in FORMATS),
        *(("report", data, "--for-review", "--format", name) for name in REVIEWS),
    ]
    for command in commands:
        capsys.readouterr()
        main([*map(str, command)])
        texts.append("".join(capsys.readouterr()))
    assert [each for each in texts if SECRET in each or STAGED in each or SHARED in each] == []


def test_each_test_keeps_an_id_of_its_own(ran: tuple[Path, str]) -> None:
    """Words that are no secret of the test's tenants stay."""
    data, _ = ran
    ids = ids_in(data)
    assert len(set(ids)) == len(ids) == 13
    hidden = [each for each in ids if "<redacted>" in each]
    assert len(hidden) == 9
    assert all(
        re.fullmatch(r"test_it\.py::\w+\[<redacted>-[0-9a-f]{12}\]", each) for each in hidden
    )
    assert {*ids} - {*hidden} == {
        "test_it.py::test_of_another_tenant",
        "test_it.py::test_told_of_the_test_before",
        "test_it.py::test_words[plain]",
        "test_it.py::test_words[secret]",
    }


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([()], id="again"),
        pytest.param([WORKERS], id="xdist"),
        pytest.param([("-k", "number or 1"), ("-k", "not 1")], id="shards"),
    ],
)
def test_the_ids_are_the_same_in_each_run(
    suite: Suite, ran: tuple[Path, str], parts: list[tuple[str, ...]]
) -> None:
    """What one shard left out is known by the id that it has where it ran."""
    data, _ = ran
    ids = ids_in(data)
    data.unlink()
    for part in parts:
        suite.run(SUITE, "--mc-data", *part)
    output = suite.pytester.path / "all.jsonl"
    assert main(["combine", str(data.parent), "-o", str(output)]) == 0
    assert ids_in(output) == ids
    run = json.loads(output.read_text().partition("\n")[0])
    assert (run["complete"], run["seen"]["left_out"]) == (True, [])


def test_a_baseline_knows_them_again(suite: Suite, ran: tuple[Path, str]) -> None:
    """What it has fails the gate no more, in a later run either."""
    data, _ = ran
    baseline = str(suite.pytester.path / "baseline.json")
    assert main(["check", str(data), "--write-baseline", baseline]) == 0
    assert SECRET not in (suite.pytester.path / "baseline.json").read_text()
    data.unlink()
    suite.run(SUITE, "--mc-data")
    assert main(["check", str(data.parent)]) == 1
    assert main(["check", str(data.parent), "--baseline", baseline]) == 0


@pytest.mark.measured
def test_a_first_draft_names_none_of_them(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """A list of marks by ids has only tests that can be found by what it says."""
    suite.run(
        f"""
        import pytest
        from asking import send

        @pytest.mark.parametrize("secret", ["{SECRET}", "plain"])
        def test_sends(mc_cloud, secret):
            with mc_cloud.tenant(client_secret=secret if secret != "plain" else None) as tenant:
                send(tenant, "email_send")
        """.replace("\n        ", "\n"),
        "--mc-data",
    )
    capsys.readouterr()
    assert main(["init"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "1 test gets no mark yet: its parameters hold a secret, so that a list of tests" in told
    drafted = (suite.pytester.path / "conftest.py").read_text()
    assert "test_it.py::test_sends[plain]" in drafted
    assert "redacted" not in drafted
    assert SECRET not in drafted
