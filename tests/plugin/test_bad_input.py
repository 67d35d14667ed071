"""Bad input is told in plain words, with place and remedy, in every mode of running."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

MODES = [
    pytest.param((), id="plain"),
    pytest.param(("-p", "xdist", "-n", "2"), id="xdist"),
    pytest.param(("--collect-only",), id="collect-only"),
]
RUNNING = MODES[:2]


def output(result: pytest.RunResult) -> str:
    """Give all that was printed, once it is sure that none of it is about our inside."""
    text = result.stdout.str() + result.stderr.str()
    for inside in ("Traceback", "INTERNALERROR", "pytest_mcscopes/", "raise ", "Error("):
        assert inside not in text
    return text


BAD_MARKS = [
    ('mc_scopes("email_sned")', 'unknown scope "email_sned". Did you mean "email_send"?'),
    ('mc_scopes("zzzzzz")', 'unknown scope "zzzzzz".'),
    (
        'mc_scopes("email_send", mach="exact")',
        "unknown keyword 'mach'. Did you mean \"match\"? It takes match, package.",
    ),
    (
        'mc_scopes("email_send", match="least")',
        'match must be "exact" or "at_most" or "at_least", got \'least\'.',
    ),
    (
        'mc_scopes("email_send,email_read")',
        (
            '"email_send,email_read" is 2 scopes in one text.'
            ' Write mc_scopes("email_send", "email_read").'
        ),
    ),
    (
        'mc_scopes("email_send email_read")',
        (
            '"email_send email_read" is 2 scopes in one text.'
            ' Write mc_scopes("email_send", "email_read").'
        ),
    ),
    (
        'mc_scopes(["email_send"])',
        (
            "a scope is a text such as \"email_send\", got ['email_send']."
            " Write the scopes one by one, without the brackets."
        ),
    ),
    ("mc_scopes(1)", 'a scope is a text such as "email_send", got 1.'),
    (
        "mc_scopes()",
        (
            "it names no scope. Write mc_no_token(reason=...) if the code asks for no token at all,"
            " or mc_least_privilege if it must ask for just what its calls need."
        ),
    ),
    (
        'mc_scopes("email_send", package=["a"])',
        "package must be the name of a package, got ['a'].",
    ),
    (
        'mc_least_privilege("email_send")',
        "it takes no scopes, got 'email_send'. List them by mc_scopes(...).",
    ),
    ('mc_least_privilege(reason="x")', "unknown keyword 'reason'. It takes package."),
    (
        "mc_no_token(reason=1)",
        'reason must be a text, as reason="answers from its cache", got 1.',
    ),
    ("mc_no_token(refused=1)", "refused must be True or False, got 1."),
    (
        "mc_no_token(refused=True)",
        'reason must be a text with refused=True, as reason="a test of a wrong secret", got None.',
    ),
    (
        'mc_no_token(refuse=True, reason="x")',
        "unknown keyword 'refuse'. Did you mean \"refused\"? It takes reason, refused, package.",
    ),
    (
        'mc_allow("MCS2033", reason="x")',
        "unknown rule 'MCS2033'. Did you mean \"MCS203\"?",
    ),
    ('mc_allow(["MCS201"], reason="x")', "unknown rule ['MCS201']."),
    (
        'mc_allow("MCS201")',
        'reason must be a text, as mc_allow("MCS201", reason="a test of the denial"), got None.',
    ),
    ("mc_allow(reason='x')", 'it names no rule. Write mc_allow("MCS201", reason="...").'),
    (
        'mc_allow("MCS107:bearers", reason="x")',
        '"MCS107:bearers" names no findings. Write "MCS107" or "MCS107:bearer".',
    ),
    (
        'mc_allow("MCS107:", reason="x")',
        '"MCS107:" names no findings. Write "MCS107" or "MCS107:bearer".',
    ),
    (
        'mc_allow("MCS201:bearer", reason="x")',
        '"MCS201:bearer" names no findings. Write "MCS201".',
    ),
    (
        'mc_allow("MCS108:bearer:x", reason="x")',
        '"MCS108:bearer:x" names no findings. Write "MCS108".',
    ),
    (
        'mc_allow("MCS1007:bearer", reason="x")',
        "unknown rule 'MCS1007:bearer'. Did you mean \"MCS107\"?",
    ),
    (
        'mc_allow("MCS107:bearer", "MCS107", reason="x")',
        "it names MCS107 twice. Keep the one that is meant.",
    ),
    (
        'mc_allow("MCS105", reason="x")',
        "MCS105 (no-token-granted) cannot be allowed: nothing else would be judged.",
    ),
    (
        'mc_package("mailer")',
        "it takes keywords only, got 'mailer'. Write mc_package(scopes=[...]).",
    ),
    (
        'mc_package(scope=["email_send"])',
        (
            "unknown keyword 'scope'. Did you mean \"scopes\"? It takes name, scopes, type,"
            " client_id, client_secret, staged_secret, account_id, business_units, subdomain,"
            " unassigned, enabled, user_active, redirect_uris, pkce, published."
        ),
    ),
    (
        'mc_package(scopes="email_send")',
        (
            'scopes must be a list, as scopes=["email_send"] (an empty one assigns none),'
            " got 'email_send'."
        ),
    ),
    (
        'mc_package(scopes=["email_sned"])',
        'scopes: unknown scope "email_sned". Did you mean "email_send"?',
    ),
    (
        'mc_package(type="web")',
        'type must be "server-to-server" or "web-app" or "public-app", got \'web\'.',
    ),
    (
        "mc_package(client_secret=1)",
        "client_secret must be a text that is not empty, got something",
    ),
]


@pytest.mark.parametrize("mode", MODES)
def test_bad_marks(suite: Suite, mode: tuple[str, ...]) -> None:
    """All bad marks of a file are told at once, each with its line; other files run."""
    lines = ["import pytest", ""]
    for number, (mark, _) in enumerate(BAD_MARKS):
        lines += [f"@pytest.mark.{mark}", f"def test_{number}():", "    pass"]
    suite.pytester.makepyfile(test_good="def test_good():\n    pass")
    result = suite.run("\n".join(lines), *mode, "--continue-on-collection-errors")
    told = output(result)
    assert "MCSCOPES: these marks cannot be read." in told
    for number, (mark, complaint) in enumerate(BAD_MARKS):
        name = mark.partition("(")[0]
        place = f"test_it.py:{3 + 3 * number}, test_{number}"
        assert f"{place}\n  @pytest.mark.{name}: {complaint}" in told
    assert "1 error" in told
    assert result.ret != 0


@pytest.mark.parametrize("mode", MODES)
def test_bad_marks_of_every_level(suite: Suite, mode: tuple[str, ...]) -> None:
    """Marks are read wherever they stand; two on one level are told apart from two levels."""
    suite.pytester.makepyfile(
        **{
            "part/__init__": """
            import pytest
            pytestmark = pytest.mark.mc_scopes("bad_package")
            """,
            "part/test_it": """
            import pytest

            scopes = pytest.mark.mc_scopes
            pytestmark = [scopes("bad_module"), pytest.mark.mc_allow("MCS1", reason="x")]
            SHARED = scopes("bad_shared")

            @pytest.mark.mc_scopes("bad_base")
            class Base:
                @pytest.mark.mc_scopes("bad_inherited")
                def test_inherited(self):
                    pass

            class TestOuter(Base):
                pytestmark = pytest.mark.mc_scopes("bad_class")
                other = Base

                class TestInner:
                    @staticmethod
                    @SHARED
                    def test_nested():
                        pass

            @pytest.mark.parametrize("number", [
                1,
                pytest.param(2, marks=pytest.mark.mc_scopes("bad_parameter")),
            ])
            def test_parametrised(number):
                pass

            @pytest.mark.mc_scopes("email_send")
            @pytest.mark.mc_least_privilege
            def test_two():
                pass

            @pytest.mark.mc_scopes("email_send")
            @pytest.mark.mc_scopes("email_send", package="integration")
            def test_two_of_one_package():
                pass

            @pytest.mark.mc_allow("MCS201", reason="x")
            @pytest.mark.mc_allow("MCS202", "MCS201", reason="x")
            def test_two_of_one_rule():
                pass

            @pytest.mark.mc_allow("MCS107", reason="x")
            @pytest.mark.mc_allow("MCS107:bearer", reason="x")
            def test_whole_and_part_of_one_rule():
                pass

            @pytest.mark.mc_package(name="a", scopes=[])
            @pytest.mark.mc_package(name="a", type="web-app")
            def test_two_packages():
                pass
            """,
        }
    )
    told = output(suite.run_files(*mode))
    expected = {
        "part/__init__.py:2": 'unknown scope "bad_package"',
        "part/test_it.py:4": 'unknown scope "bad_module"',
        "part/test_it.py:7, Base": 'unknown scope "bad_base"',
        "part/test_it.py:9, Base.test_inherited": 'unknown scope "bad_inherited"',
        "part/test_it.py:14, TestOuter": 'unknown scope "bad_class"',
        "part/test_it.py:18, TestOuter.TestInner.test_nested": 'unknown scope "bad_shared"',
        "part/test_it.py:25, test_parametrised": 'unknown scope "bad_parameter"',
        "part/test_it.py:31, test_two": "two marks (mc_scopes and mc_least_privilege) for what",
    }
    for place, complaint in expected.items():
        assert f"\n{place}\n  @pytest.mark." in told
        assert complaint in told
    assert "@pytest.mark.mc_allow: unknown rule 'MCS1'" in told
    assert "test_two_of_one_package\n  @pytest.mark.mc_scopes: two marks (mc_scopes) for" in told
    assert "test_two_of_one_rule\n  @pytest.mark.mc_allow: two marks (mc_allow) for rule" in told
    assert "part_of_one_rule\n  @pytest.mark.mc_allow: two marks (mc_allow) for rule MCS107" in told
    assert 'two marks (mc_package) for the settings of package "a" stand in one place. Keep' in told


@pytest.mark.parametrize("mode", RUNNING)
def test_misuse_while_running(suite: Suite, mode: tuple[str, ...]) -> None:
    """What can only be known in the test names file and line, and shows nothing of our inside."""
    result = suite.run(
        """
        import unittest
        import pytest
        from asking import ask

        @pytest.mark.mc_scopes("email_send", package="nobody")
        def test_unknown_package(mc_tenant):
            ask(mc_tenant)

        def test_twins(mc_tenant, mc_cloud):
            with mc_cloud.tenant(client_id=mc_tenant.client_id):
                pass

        def test_twin_hosts(mc_tenant, mc_cloud):
            with mc_cloud.tenant(subdomain=mc_tenant.subdomain):
                pass

        @pytest.fixture
        def broken(mc_cloud):
            with mc_cloud.tenant(scopes=["email_sned"]) as tenant:
                yield tenant

        def test_broken(broken):
            pass

        def test_both_forms(mc_cloud):
            with mc_cloud.tenant(packages=[{"name": "a"}], name="b"):
                pass

        def test_no_mapping(mc_cloud):
            with mc_cloud.tenant(packages=["mailer"]):
                pass

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _tenant(self, mc_tenant):
                self.tenant = mc_tenant

            def test_token(self):
                self.tenant.issue_token("email_send")

        class TestFixture:
            @pytest.fixture
            def mc_package(self):
                return ["email_send"]

            def test_list(self, mc_tenant):
                pass

        class TestOtherFixture:
            @pytest.fixture
            def mc_package(self):
                return {"scope": ["email_send"]}

            def test_keyword(self, mc_tenant):
                pass

        @pytest.mark.parametrize("mc_package", ["email_send"])
        def test_directly(mc_tenant, mc_package):
            pass

        @pytest.mark.mc_package(name="a", subdomain="mc-a")
        @pytest.mark.mc_package(name="b", subdomain="mc-b")
        def test_two_subdomains(mc_tenant):
            pass

        @pytest.fixture
        def teardown(mc_tenant):
            yield
            mc_tenant.fail_next("token", "tired")

        def test_teardown(teardown):
            pass
        """,
        *mode,
    )
    told = output(result)
    result.assert_outcomes(failed=6, errors=6, passed=1)
    for complaint in (
        'mc_scopes, test_it.py:5 names package "nobody", but the test has "integration"',
        (
            "MCSCOPES: two living tenants have the same client id: one was built by"
            " fixture mc_tenant for test_it.py::test_twins, one by test_it.py::test_twins."
            " Leave client_id= out of one of them, or let the tests share one tenant.\n"
            "  at test_it.py:10\n"
        ),
        "\n  at test_it.py:14\n",
        (
            'MCSCOPES: mc_cloud.tenant: scopes: unknown scope "email_sned".'
            ' Did you mean "email_send"?\n  at test_it.py:19\n'
        ),
        (
            "MCSCOPES: mc_cloud.tenant: packages=[...] and the keywords of one"
            " package (name) are both given. Write one or the other.\n  at test_it.py:26\n"
        ),
        (
            "MCSCOPES: mc_cloud.tenant must be a mapping of mc_package's keywords,"
            " got 'mailer'.\n  at test_it.py:30\n"
        ),
        (
            "MCSCOPES: issue_token: scopes is a list, got 'email_send'."
            ' Write scopes=["email_send"].\n  at test_it.py:39\n'
        ),
        (
            "MCSCOPES: the mc_package fixture (test_it.py:42) must be a mapping of mc_package's"
            " keywords, got ['email_send']."
        ),
        "MCSCOPES: the mc_package fixture (test_it.py:50): unknown keyword 'scope'.",
        "MCSCOPES: the mc_package fixture must be a mapping",
        'MCSCOPES: fail_next: the fault of "token" must be ',
        "\n  at test_it.py:69\n",
        "MCSCOPES: two packages of one tenant give different subdomains: mc-a, mc-b.",
        "FAILED test_it.py::test_twins - Failed: MCSCOPES: two living",
    ):
        assert complaint in told


SETTINGS = [
    pytest.param("pytest.ini", "[pytest]\nmc_enforc = all", (), id="pytest.ini"),
    pytest.param("pyproject.toml", "[tool.pytest.ini_options]\nmc_enforc = 'all'", (), id="toml"),
    pytest.param("pyproject.toml", "[tool.pytest]\nmc_enforc = 'all'", (), id="native toml"),
    pytest.param("pytest.ini", "[pytest]", ("-o", "mc_enforc=all"), id="override"),
    pytest.param("readme.txt", "", ("-o", "mc_enforc=all"), id="override without a file"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("file", "text", "args"), SETTINGS)
def test_unknown_settings(
    suite: Suite, file: str, text: str, args: tuple[str, ...], mode: tuple[str, ...]
) -> None:
    """A mistyped setting ends the run before it starts: it must not go unseen."""
    (suite.pytester.path / file).write_text(text)
    result = suite.run("def test_it():\n    pass", *args, *mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = output(result)
    assert "MCSCOPES: unknown setting mc_enforc" in told
    assert (f" in {suite.pytester.path / file}" in told) == (file != "readme.txt")
    assert 'Did you mean "mc_enforce"? There are mc_enforce, mc_trust, ' in told


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        pytest.param(
            ("-o", "mc_enforce=al"),
            'mc_enforce must be "documented" or "all" or "off", got \'al\'. Did you mean "all"?',
            id="word",
        ),
        pytest.param(
            ("--mc-trust", "everything"),
            'mc_trust must be "attested" or "documented", got \'everything\'.',
            id="option",
        ),
        pytest.param(
            ("-o", "mc_trust="),
            'mc_trust must be "attested" or "documented", got \'\'.',
            id="empty",
        ),
        pytest.param(
            ("-o", "mc_token_life=0"),
            "mc_token_life must be a positive number of seconds, got 0.",
            id="zero",
        ),
        pytest.param(("-o", "mc_expires_in=long"), "mc_expires_in: invalid literal", id="number"),
        pytest.param(
            ("-o", "mc_basic_auth=perhaps"), "mc_basic_auth: invalid truth value", id="flag"
        ),
    ],
)
def test_bad_settings(
    suite: Suite, args: tuple[str, ...], complaint: str, mode: tuple[str, ...]
) -> None:
    """A setting that makes no sense is a usage error, which tells what it may be."""
    result = suite.run("def test_it():\n    pass", *args, *mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"MCSCOPES: {complaint}" in output(result)


def test_keys_of_others(suite: Suite) -> None:
    """A key that another plugin has announced is none of our business."""
    suite.pytester.makeconftest(
        "def pytest_addoption(parser):\n    parser.addini('mc_theirs', 'help')\n"
    )
    result = suite.run("def test_it():\n    pass", "-o", "mc_theirs=1")
    result.assert_outcomes(passed=1)
