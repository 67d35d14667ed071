"""The packages of the manifest in runs of pytest: tests have what production has."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue

if TYPE_CHECKING:
    from suites import Suite

MANIFEST = """\
[[package]]
name = "mailer"
scopes = ["email_send", "email_read"]
account_id = 500000002

[[package]]
name = "loader"
type = "web-app"
scopes = ["data_extensions_read", "offline"]
"""


@pytest.fixture
def with_manifest(suite: Suite) -> Suite:
    """A suite whose project has a manifest with two packages."""
    (suite.pytester.path / "mcscopes.toml").write_text(MANIFEST)
    return suite


class TestPrecedence:
    """Marker, then overridden fixture, then manifest, then the default; keyword by keyword."""

    def test_who_says_what(self, with_manifest: Suite) -> None:
        """One that names no package speaks of the first."""
        outcomes = with_manifest.judge(
            """
            import pytest

            def seen(tenant):
                return {
                    name: (each.type, sorted(each.scopes), each.assigned_in)
                    for name, each in tenant.packages.items()
                }

            MAILER = ("server-to-server", ["email_read", "email_send"], "mcscopes.toml:1")
            LOADER = ("web-app", ["data_extensions_read", "offline"], "mcscopes.toml:6")

            def test_manifest(mc_tenant):
                assert seen(mc_tenant) == {"mailer": MAILER, "loader": LOADER}
                assert mc_tenant.package.name == "mailer"
                assert mc_tenant.package.account_id == 500000002

            @pytest.mark.mc_package(scopes=["sms_send"])
            def test_scopes_of_a_mark(mc_tenant):
                mailer = ("server-to-server", ["sms_send"], "")
                assert seen(mc_tenant) == {"mailer": mailer, "loader": LOADER}
                assert mc_tenant.package.account_id == 500000002

            @pytest.mark.mc_package(account_id=500000003)
            def test_another_keyword(mc_tenant):
                assert seen(mc_tenant) == {"mailer": MAILER, "loader": LOADER}
                assert mc_tenant.package.account_id == 500000003

            @pytest.mark.mc_package(scopes=None)
            def test_the_default(mc_tenant):
                assert len(mc_tenant.package.scopes) == 86
                assert mc_tenant.package.assigned_in == ""

            @pytest.mark.mc_package(name="loader")
            def test_the_package_that_a_mark_names_is_the_first(mc_tenant):
                assert [*seen(mc_tenant)] == ["loader", "mailer"]
                assert mc_tenant.package.assigned_in == "mcscopes.toml:6"

            @pytest.mark.mc_package(name="another", scopes=["sms_read"])
            def test_a_further_package(mc_tenant):
                another = ("server-to-server", ["sms_read"], "")
                assert seen(mc_tenant) == {
                    "another": another, "mailer": MAILER, "loader": LOADER
                }
                assert mc_tenant.package.name == "another"

            @pytest.mark.mc_package(scopes=["sms_send"])
            class TestOneByNameAndOneWithout:
                @pytest.mark.mc_package(name="mailer", scopes=["sms_read"])
                def test_the_closer_counts(self, mc_tenant):
                    assert mc_tenant.package.scopes == {"sms_read"}

            class TestFixture:
                @pytest.fixture
                def mc_package(self):
                    return {"scopes": ["sms_read"], "account_id": 500000009}

                def test_before_the_manifest(self, mc_tenant):
                    mailer = ("server-to-server", ["sms_read"], "")
                    assert seen(mc_tenant) == {"mailer": mailer, "loader": LOADER}

                @pytest.mark.mc_package(scopes=["sms_send"])
                def test_after_a_mark(self, mc_tenant):
                    assert mc_tenant.package.scopes == {"sms_send"}
                    assert mc_tenant.package.account_id == 500000009

            class TestFixtureThatNames:
                @pytest.fixture
                def mc_package(self):
                    return {"name": "loader", "type": "public-app"}

                def test_it(self, mc_tenant):
                    assert [*seen(mc_tenant)] == ["loader", "mailer"]
                    assert mc_tenant.package.type == "public-app"
                    assert mc_tenant.package.scopes == {"data_extensions_read", "offline"}

            class TestCloud:
                def test_manifest(self, mc_cloud):
                    with mc_cloud.tenant() as tenant:
                        assert seen(tenant) == {"mailer": MAILER, "loader": LOADER}

                def test_keywords_of_one(self, mc_cloud):
                    with mc_cloud.tenant(scopes=["sms_send"], name="loader") as tenant:
                        assert [*seen(tenant)] == ["loader", "mailer"]
                        assert tenant.package.scopes == {"sms_send"}
                        assert tenant.package.type == "web-app"

                def test_packages(self, mc_cloud):
                    packages = [{"name": "loader"}, {"name": "own", "scopes": ["sms_send"]}]
                    with mc_cloud.tenant(packages=packages) as tenant:
                        own = ("server-to-server", ["sms_send"], "")
                        assert seen(tenant) == {"loader": LOADER, "own": own}

            def test_assigned_by_the_test(mc_tenant):
                mc_tenant.package.assign("email_send", "email_read")
                assert mc_tenant.package.assigned_in == ""
                assert mc_tenant.admin.assigned_in == ""
            """
        )
        assert outcomes == dict.fromkeys(outcomes, "passed")
        assert len(outcomes) == 14

    def test_two_marks_of_one_package_in_one_place(self, with_manifest: Suite) -> None:
        """One names it, and one means it without."""
        result = with_manifest.run(
            """
            import pytest

            @pytest.mark.mc_package(scopes=["sms_send"])
            @pytest.mark.mc_package(name="mailer", scopes=["sms_read"])
            def test_it(mc_tenant):
                pass
            """
        )
        result.stdout.fnmatch_lines(
            [
                (
                    "*two marks (mc_package) for the settings of package "
                    '"mailer" stand in one place. Keep the one that is meant.'
                )
            ]
        )

    def test_the_same_package_twice_in_a_list(self, with_manifest: Suite) -> None:
        """One without a name is the first."""
        result = with_manifest.run(
            """
            def test_it(mc_cloud):
                with mc_cloud.tenant(packages=[{}, {}]):
                    pass
            """
        )
        result.stdout.fnmatch_lines(["*two packages of one tenant have the name 'mailer'.*"])


class TestJudging:
    """The marks judge the manifest's packages, and texts say where these are from."""

    SUITE = """
        import pytest
        from asking import ask, call, send

        @pytest.mark.mc_scopes("email_send")
        def test_too_much(mc_tenant):
            send(mc_tenant, "email_send email_read")

        @pytest.mark.mc_scopes("email_send")
        def test_omitted(mc_tenant):
            send(mc_tenant)

        @pytest.mark.mc_scopes("email_send")
        def test_unassigned(mc_tenant):
            ask(mc_tenant, "email_send sms_send")

        @pytest.mark.mc_scopes("data_extensions_read", package="loader", match="at_most")
        def test_the_other_package(mc_tenant):
            mc_tenant.issue_token(package="loader")
            ask(mc_tenant, "email_send")

        @pytest.mark.mc_package(scopes=["email_send", "email_read"])
        @pytest.mark.mc_scopes("email_send")
        def test_scopes_of_a_mark(mc_tenant):
            send(mc_tenant)

        @pytest.mark.mc_scopes("email_send")
        def test_token_of_the_test(mc_tenant):
            send(mc_tenant, "email_send")
            mc_tenant.issue_token(scopes=["sms_send"])
        """

    def test_what_is_said(self, with_manifest: Suite) -> None:
        """The place stands beside the number, and in what to do next."""
        result = with_manifest.run(self.SUITE)
        result.stdout.fnmatch_lines(
            ['mcscopes: *SOAP operations; packages of mcscopes.toml: "mailer", "loader"']
        )
        text = result.stdout.str()
        sections = dict(
            re.findall(r"^_+ (test_\w+) _+$(.*?)(?=^[_=]{9})", text, re.MULTILINE | re.DOTALL)
        )
        place = 'package "mailer" is assigned 2 scopes, mcscopes.toml:1\n'
        for name in ("test_too_much", "test_omitted", "test_unassigned"):
            assert place in sections[name]
        assert 'package "mailer" is assigned 2 scopes\n' in sections["test_scopes_of_a_mark"]
        assert "mcscopes.toml" not in sections["test_scopes_of_a_mark"]
        told = {name: " ".join(each.split()) for name, each in sections.items()}
        assert (
            'assign the package just that: scopes=["email_send"] in mcscopes.toml:1, and the same'
            " on the real Installed Package"
        ) in told["test_omitted"]
        assert (
            'assign the package just that: @pytest.mark.mc_package(scopes=["email_send"]), and the'
            " same on the real Installed Package"
        ) in told["test_scopes_of_a_mark"]
        assert (
            'The package "mailer" is assigned email_read email_send, and not sms_send: leave it out'
            " of the request, or have it approved for the package and add it to mcscopes.toml:1."
        ) in told["test_unassigned"]
        assert (
            'package "loader" is assigned 2 scopes, mcscopes.toml:6'
            in (told["test_the_other_package"])
        )
        assert (
            'issue_token cannot grant sms_send: package "mailer" is not assigned that in'
            " mcscopes.toml:1. Assign it with mc_package(scopes=[...]), or leave it out."
        ) in told["test_token_of_the_test"]

    @pytest.mark.measured
    def test_what_is_the_default_is_called_that(self, suite: Suite) -> None:
        """Only where it is: not where the manifest happens to assign everything."""
        source = """
            import pytest
            from asking import send

            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant):
                send(mc_tenant)
            """
        default = suite.run(source).stdout.str()
        assert 'package "integration" is assigned 86 scopes\n' in default
        assert "the default: everything" in default
        scopes = json.dumps(sorted(load_catalogue().default_scopes))
        (suite.pytester.path / "mcscopes.toml").write_text(f"[[package]]\nscopes = {scopes}\n")
        said = suite.run(source).stdout.str()
        assert 'package "integration" is assigned 86 scopes, mcscopes.toml:1\n' in said
        assert "the default" not in said


def test_a_mark_without_a_name_is_known_to_be_the_first_package_s(with_manifest: Suite) -> None:
    """So the suggestion is to change that mark, and not to add one."""
    result = with_manifest.run(
        """
        import pytest
        from asking import send

        @pytest.mark.mc_package(scopes=["email_send", "sms_send"])
        def test_it(mc_tenant):
            send(mc_tenant)
        """,
        "--mc-suggest",
    )
    told = " ".join(result.stdout.str().split())
    assert 'or change the test\'s mc_package to scopes=["email_send"]' in told
    assert "@pytest.mark.mc_package(" not in told


def test_the_header_names_a_few(suite: Suite) -> None:
    """And counts the others; catalogue entries stand before them, settings alone are said so."""
    names = "".join(f'[[package]]\nname = "p{number}"\nscopes = []\n' for number in range(8))
    text = f'[[scope]]\nid = "own_read"\n{names}'
    (suite.pytester.path / "mcscopes.toml").write_text("expires_in = 60\n")
    suite.run("def test_it(mc_tenant): pass").stdout.fnmatch_lines(
        ["mcscopes: *SOAP operations; settings of mcscopes.toml"]
    )
    (suite.pytester.path / "mcscopes.toml").write_text(text)
    suite.run("def test_it(mc_tenant): assert len(mc_tenant.packages) == 8").stdout.fnmatch_lines(
        [
            (
                "mcscopes: *; your own catalogue entries in mcscopes.toml: 1 scope; packages of"
                ' mcscopes.toml: "p0", "p1", "p2", "p3", "p4", "p5" and 2 more'
            )
        ]
    )


def test_a_package_changes_the_digest_of_the_manifest(suite: Suite) -> None:
    """And not that of the catalogue entries; nor is anything said of an exception's date."""
    digests = []
    exception = (
        '[[package.exception]]\nscope = "email_send"\nreason = "r"\nowner = "o"\nexpires = {}\n'
    )
    texts = (
        '[[package]]\nscopes = ["email_send"]\n',
        '[[package]]\nscopes = ["email_send"] # as before\n',
        '[[package]]\nscopes = ["email_send"]\n' + exception.format("2027-01-01"),
        '[[package]]\nscopes = ["email_send"]\n' + exception.format("2027-01-02"),
    )
    for text in texts:
        (suite.pytester.path / "mcscopes.toml").write_text(text)
        suite.run("def test_it(): pass", "--mc-data")
        (path,) = (suite.pytester.path / ".mcscopes").glob("*.jsonl")
        digests.append(json.loads(path.read_text().splitlines()[0])["digests"])
        path.unlink()
    assert digests[0] == digests[1]
    assert len({each["manifest"] for each in digests}) == 3
    assert {each["overlay"] for each in digests} == {None}
