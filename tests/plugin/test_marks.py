"""The closest mark counts, and which settings go before which."""

from __future__ import annotations

from cProfile import Profile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from suites import Suite

pytestmark = pytest.mark.measured


def test_closest_mark(suite: Suite) -> None:
    """Parameter set, function, class, base class, module: the closest that speaks counts."""
    assert suite.judge(
        """
        import pytest
        from asking import ask

        mark = pytest.mark.mc_scopes
        pytestmark = mark("sms_read")

        def test_module(mc_tenant):
            ask(mc_tenant, "sms_read")

        @mark("email_read")
        def test_function(mc_tenant):
            ask(mc_tenant, "email_read")

        @pytest.mark.mc_no_token(reason="another member of the family")
        def test_replaced(mc_tenant):
            pass

        @mark("push_read")
        class Base:
            def test_class(self, mc_tenant):
                ask(mc_tenant, self.scope)

            @mark("email_read")
            @pytest.mark.parametrize("scope", [
                "email_read", pytest.param("sms_send", marks=mark("sms_send"))
            ])
            def test_function(self, mc_tenant, scope):
                ask(mc_tenant, scope)

        class TestInherits(Base):
            scope = "push_read"

        class TestSub(Base):
            pytestmark = [mark("campaign_read")]
            scope = "campaign_read"

            class TestNested:
                def test_nested(self, mc_tenant):
                    ask(mc_tenant, "campaign_read")

            class TestNestedAndMarked:
                pytestmark = mark("list_and_subscribers_read")

                def test_nested(self, mc_tenant):
                    ask(mc_tenant, "list_and_subscribers_read")
        """
    ) == {
        "test_module": "passed",
        "test_function": "passed",
        "test_replaced": "passed",
        "TestInherits::test_class": "passed",
        "TestInherits::test_function[email_read]": "passed",
        "TestInherits::test_function[sms_send]": "passed",
        "TestSub::test_class": "passed",
        "TestSub::test_function[email_read]": "passed",
        "TestSub::test_function[sms_send]": "passed",
        "TestSub::TestNested::test_nested": "passed",
        "TestSub::TestNestedAndMarked::test_nested": "passed",
    }


def test_marks_of_packages(suite: Suite) -> None:
    """A `pytestmark` in an `__init__.py` counts, which pytest ignores; inner before outer."""
    write = suite.pytester.makepyfile
    mark = "import pytest\npytestmark = pytest.mark.mc_scopes('{}')"
    test = """
        from asking import ask

        def test_it(mc_tenant):
            ask(mc_tenant, {scope!r})
    """
    write(
        **{
            "outer/__init__": mark.format("email_read"),
            "outer/test_outer": test.format(scope="email_read"),
            "outer/inner/__init__": mark.format("sms_read"),
            "outer/inner/test_inner": test.format(scope="sms_read"),
            "outer/inner/test_excess": test.format(scope="email_read"),
            "outer/plain/__init__": "pytestmark = 'no mark at all'",
            "outer/plain/test_plain": test.format(scope=None),
        }
    )
    for mode in ("prepend", "importlib"):
        result = suite.run_files(f"--import-mode={mode}")
        assert suite.told(result, of_one_file=False) == {
            "outer/inner/test_excess.py::test_it": "failed: MCS102, MCS103",
            "outer/inner/test_inner.py::test_it": "passed",
            "outer/plain/test_plain.py::test_it": "failed: MCS101",
            "outer/test_outer.py::test_it": "passed",
        }
    result.stdout.fnmatch_lines(["*@pytest.mark.mc_scopes, outer/inner/__init__.py:2"])


def test_marks_added_by_hooks(suite: Suite) -> None:
    """`add_marker` adds to the level of its node: to a test, a class, a file or a folder."""
    suite.pytester.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            scopes = {
                "test_added": "sms_read",
                "TestBoth": "sms_read",
                "TestOwn": "sms_read",
                "test_it.py": "email_read",
            }
            nodes = dict.fromkeys(node for item in items for node in item.listchain())
            for node in nodes:
                if node.name in scopes:
                    node.add_marker(pytest.mark.mc_scopes(scopes[node.name]))
                if node.name == "test_bad":
                    node.add_marker(pytest.mark.mc_scopes("email_raed"))
        """
    )
    result = suite.run(
        """
        import pytest
        from asking import ask

        def test_of_the_file(mc_tenant):
            ask(mc_tenant, "email_read")

        def test_added(mc_tenant):
            ask(mc_tenant, "sms_read")

        @pytest.mark.mc_scopes("push_read")
        class TestBoth:
            def test_added_before_written(self, mc_tenant):
                ask(mc_tenant, "sms_read")

        class TestOwn:
            @pytest.mark.mc_scopes("email_read")
            def test_added(self, mc_tenant):
                ask(mc_tenant, "sms_read")

        def test_bad(mc_tenant):
            pass
        """
    )
    assert suite.told(result) == {
        "test_of_the_file": "passed",
        "test_added": "passed",
        "TestBoth::test_added_before_written": "passed",
        "TestOwn::test_added": "error",
        "test_bad": "error",
    }
    result.stdout.fnmatch_lines(
        [
            '*two marks (mc_scopes) for what package "integration" may ask for stand in one place*',
            "MCSCOPES: these marks cannot be read.",
            "test_it.py:20, test_bad",
            '  @pytest.mark.mc_scopes: unknown scope "email_raed". Did you mean "email_read"?',
        ],
        consecutive=False,
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_marks_added_too_late(suite: Suite) -> None:
    """A fixture's mark would be without effect, and its test would pass unjudged."""
    result = suite.run(
        """
        import pytest
        from asking import ask

        @pytest.fixture
        def late(request):
            request.node.add_marker(pytest.mark.mc_scopes("email_read"))

        def test_late(late, mc_tenant):
            ask(mc_tenant, "sms_read")
        """
    )
    assert suite.told(result) == {"test_late": "failed"}
    result.stdout.fnmatch_lines(
        ["MCSCOPES: @pytest.mark.mc_scopes was added while the test was set up, which is too late*"]
    )


def test_misspelt_marks(suite: Suite) -> None:
    """One that nobody registered is an error: its test would pass unjudged."""
    result = suite.run(
        """
        import pytest

        @pytest.mark.mc_scope("email_read")
        @pytest.mark.mc_mine
        @pytest.mark.mc_scopes("Hub | Campaigns | Read")
        def test_it():
            pass
        """,
        *("-o", "markers=mc_mine: another plugin's"),
        *("-W", "ignore::pytest.PytestUnknownMarkWarning"),
    )
    assert suite.told(result) == {}
    result.stdout.fnmatch_lines(
        [
            '*@pytest.mark.mc_scope: there is no such mark. Did you mean "mc_scopes"?*',
            "*is a label of the vendor's page*mcscopes explain*tells the id.",
        ],
    )
    result.stdout.no_fnmatch_line("*mc_mine:*")


def test_a_fixture_of_a_wider_scope(suite: Suite) -> None:
    """It counts again after a test that overrides it, although it is not set up anew."""
    assert suite.judge(
        """
        import pytest
        from asking import send

        pytestmark = pytest.mark.mc_scopes("email_send")

        @pytest.fixture(scope="module")
        def mc_package():
            return {"account_id": 500000009}

        def test_before(mc_tenant):
            send(mc_tenant, "email_send")
            assert mc_tenant.account_id == 500000009

        class TestOther:
            @pytest.fixture
            def mc_package(self):
                return {"account_id": 500000008}

            def test_other(self, mc_tenant):
                send(mc_tenant, "email_send")
                assert mc_tenant.account_id == 500000008

        def test_after(mc_tenant):
            send(mc_tenant, "email_send")
            assert mc_tenant.account_id == 500000009
        """
    ) == {
        "test_before": "passed",
        "TestOther::test_other": "passed",
        "test_after": "passed",
    }


class SettingUp:
    """A plugin that counts the fixtures which pytest sets up, or looks up anew, for each test."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        profile = Profile()
        with profile:
            yield
        calls = {getattr(each.code, "co_qualname", ""): each for each in profile.getstats()}
        self.counts[item.name] = calls["FixtureDef.execute"].callcount


def test_settings_that_say_nothing_are_looked_up_once(suite: Suite) -> None:
    """Unless a user has put something over one of them, or in its place."""
    counting = SettingUp()
    suite.run(
        """
        import pytest

        pytestmark = pytest.mark.mc_no_token

        def test_first(mc_tenant): pass

        def test_next(mc_tenant): pass

        class TestOver:
            @pytest.fixture
            def mc_package(self, mc_package):
                assert mc_package == {}
                return {"account_id": 500000008}

            def test_over(self, mc_tenant):
                assert mc_tenant.account_id == 500000008

        @pytest.mark.parametrize("mc_user", [{"name": "Ann"}])
        def test_in_place(mc_tenant, mc_user):
            assert mc_user == {"name": "Ann"}
            assert "Ann" in mc_tenant.users

        def test_last(mc_tenant, mc_user):
            assert mc_user == {}
            assert mc_tenant.account_id != 500000008
        """,
        plugins=[counting],
    ).assert_outcomes(passed=5)
    assert counting.counts == {
        "test_first": 4,
        "test_next": 1,
        "test_over": 3,
        "test_in_place[mc_user0]": 2,
        "test_last": 1,
    }


def test_a_plan_gives_no_settings(suite: Suite) -> None:
    """`--setup-plan` runs no fixture, so that there is nothing to check."""
    result = suite.run(
        """
        import pytest

        @pytest.fixture
        def mc_package():
            return "no mapping"

        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            pass
        """,
        "--setup-plan",
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*SETUP    F mc_package", "*SETUP    F mc_tenant*"])


def test_settings_of_a_package(suite: Suite) -> None:
    """Of each keyword the closest mark counts, then the fixture, then the default."""
    assert suite.judge(
        """
        import pytest

        @pytest.fixture
        def mc_package():
            return {
                "scopes": ["sms_read"], "account_id": "500000009", "client_id": "of-the-fixture"
            }

        pytestmark = pytest.mark.mc_package(scopes=["email_read"], subdomain="mcmodule")

        def seen(tenant):
            package = tenant.package
            return [sorted(package.scopes), package.client_id, package.account_id, tenant.subdomain]

        @pytest.mark.mc_package(client_id="of-the-function")
        def test_merged(mc_tenant):
            assert seen(mc_tenant) == [["email_read"], "of-the-function", 500000009, "mcmodule"]

        @pytest.mark.mc_package(name="second", scopes=[])
        def test_both(mc_tenant):
            assert list(mc_tenant.packages) == ["integration", "second"]
            assert seen(mc_tenant) == [["email_read"], "of-the-fixture", 500000009, "mcmodule"]
            assert mc_tenant.packages["second"].client_id != "of-the-fixture"

        @pytest.mark.mc_package(name="second", scopes=[])
        class TestNamed:
            @pytest.fixture
            def mc_package(self):
                return {"name": "second", "client_id": "of-the-fixture"}

            def test_fixture_names_it(self, mc_tenant):
                assert mc_tenant.packages["second"].client_id == "of-the-fixture"
                assert not mc_tenant.packages["second"].scopes

        class TestThird:
            @pytest.fixture
            def mc_package(self):
                return {"name": "third"}

            def test_fixture_adds_one(self, mc_tenant):
                assert list(mc_tenant.packages) == ["third", "integration"]

        class TestOrder:
            pytestmark = [pytest.mark.mc_package(name="b"), pytest.mark.mc_package(name="a")]

            def test_body(self, mc_tenant):
                assert list(mc_tenant.packages) == ["integration", "b", "a"]

            @pytest.mark.mc_package(name="d")
            @pytest.mark.mc_package(name="c")
            def test_above(self, mc_tenant):
                assert list(mc_tenant.packages) == ["integration", "b", "a", "d", "c"]
        """
    ) == {
        "test_merged": "passed",
        "test_both": "passed",
        "TestNamed::test_fixture_names_it": "passed",
        "TestThird::test_fixture_adds_one": "passed",
        "TestOrder::test_body": "passed",
        "TestOrder::test_above": "passed",
    }


def test_no_marks_at_all(suite: Suite) -> None:
    """Without marks the fixture's settings stand, or the defaults."""
    assert suite.judge(
        """
        import pytest

        def test_defaults(mc_tenant):
            assert list(mc_tenant.packages) == ["integration"]
            assert len(mc_tenant.package.scopes) == 86

        class TestFixture:
            @pytest.fixture
            def mc_package(self):
                return {"scopes": ["sms_read"]}

            def test_fixture(self, mc_tenant):
                assert mc_tenant.package.scopes == {"sms_read"}
        """
    ) == {"test_defaults": "passed", "TestFixture::test_fixture": "passed"}


def test_parametrised_fixtures(suite: Suite) -> None:
    """A parametrised `mc_tenant` or `mc_package` parametrises a marked test that names neither."""
    assert suite.judge(
        """
        import pytest
        from asking import ask

        class TestPackage:
            @pytest.fixture(params=["email_read", "sms_read"])
            def mc_package(self, request):
                return {"scopes": [request.param]}

            @pytest.fixture(autouse=True)
            def login(self, request):
                ask(request.getfixturevalue("mc_tenant"))

            @pytest.mark.mc_least_privilege
            def test_plain(self):
                pass

        class TestTenant:
            @pytest.fixture(params=["email_read", "sms_read"])
            def mc_tenant(self, request, mc_cloud):
                with mc_cloud.tenant(scopes=[request.param]) as tenant:
                    yield tenant

            @pytest.mark.mc_no_token(reason="nothing is asked")
            @pytest.mark.parametrize("number", [1, 2])
            def test_with_another_parameter(self, number):
                pass

        @pytest.mark.mc_no_token(reason="nothing is asked")
        @pytest.mark.parametrize("mc_package", [{"scopes": []}, {"scopes": ["sms_read"]}])
        def test_directly(mc_package):
            pass

        @pytest.mark.parametrize("word", [
            "one", pytest.param("two", marks=pytest.mark.mc_scopes("sms_read"))
        ])
        def test_one_set_is_marked(word):
            pass
        """
    ) == {
        "TestPackage::test_plain[email_read]": "failed: MCS105",
        "TestPackage::test_plain[sms_read]": "failed: MCS105",
        "TestTenant::test_with_another_parameter[email_read-1]": "passed",
        "TestTenant::test_with_another_parameter[email_read-2]": "passed",
        "TestTenant::test_with_another_parameter[sms_read-1]": "passed",
        "TestTenant::test_with_another_parameter[sms_read-2]": "passed",
        "test_directly[mc_package0]": "passed",
        "test_directly[mc_package1]": "passed",
        "test_one_set_is_marked[one]": "passed",
        "test_one_set_is_marked[two]": "failed: MCS105",
    }
