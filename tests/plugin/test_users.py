"""Users in inner suites: who logs in, what they may do, and what a test is answerable for then."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

WEB = '''
from urllib.parse import parse_qs, urlencode, urlsplit
import httpx
import pytest
from asking import CLIENT, call

app_mark = pytest.mark.mc_package(type="web-app")
CALL_BACK = "https://127.0.0.1:80/"


class WebApp:
    """Lets a user log in, and acts for them."""

    def __init__(self, tenant, scope=None):
        self.tenant, self.scope = tenant, scope
        self.access = self.refresh = self.error = None

    @property
    def link(self):
        query = {
            "response_type": "code",
            "client_id": self.tenant.client_id,
            "redirect_uri": CALL_BACK,
            "state": "s-1",
        } | ({} if self.scope is None else {"scope": self.scope})
        return f"{self.tenant.auth_url}v2/authorize?{urlencode(query)}"

    def log_in(self, user=None):
        return self.call_back(self.tenant.authorize(self.link, user))

    def call_back(self, address):
        answer = {name: text for name, (text,) in parse_qs(urlsplit(address).query).items()}
        assert answer["state"] == "s-1"
        self.error = answer.get("error")
        if "code" in answer:
            self.ask("authorization_code", code=answer["code"], redirect_uri=CALL_BACK)
        return self

    def ask(self, grant_type, **more):
        body = {"grant_type": grant_type, "client_id": self.tenant.client_id} | more
        body["client_secret"] = self.tenant.client_secret
        answer = CLIENT.post(self.tenant.auth_url + "v2/token", json=body)
        got = answer.json()
        self.access, self.refresh = got.get("access_token"), got.get("refresh_token", self.refresh)
        return answer.status_code

    def renew(self, **more):
        return self.ask("refresh_token", refresh_token=self.refresh, **more)

    def send(self):
        return call(self.tenant, self.access)

    def validate(self):
        return call(self.tenant, self.access, "address/v1/validateEmail")

    def automations(self):
        return call(self.tenant, self.access, "automation/v1/automations", "GET")

    def userinfo(self):
        headers = {"Authorization": f"Bearer {self.access}"}
        return CLIENT.get(self.tenant.auth_url + "v2/userinfo", headers=headers).json()

    def who(self):
        return self.userinfo()["user"]["name"]

    def may(self):
        return {each["id"] for each in self.userinfo()["permissions"]}
'''
IMPORTS = """
import pytest
from web import *

pytestmark = app_mark
"""
CREATE = 152
"""TriggeredSendDefinition Create: to send a transactional e-mail."""
USERINFO = [
    {
        "objectTypeName": "TriggeredSendDefinition",
        "operationName": "Create",
        "name": "Create",
        "id": CREATE,
    },
    {"objectTypeName": "Flow", "operationName": "Run", "name": "Run Flows", "id": 9001},
]


@pytest.fixture
def web(suite: Suite) -> Suite:
    """An inner suite beside a web app."""
    suite.pytester.makepyfile(web=WEB)
    return suite


def run(web: Suite, source: str, *args: str) -> dict[str, str]:
    """Run tests of the web app, and give what each came to."""
    return web.judge(IMPORTS + _dedented(source), *args)


def _dedented(source: str) -> str:
    lines = source.splitlines()
    return "\n".join(line.removeprefix(" " * 8) for line in lines)


def printed(web: Suite, source: str, *args: str) -> str:
    """Run tests of the web app, and give all that was printed, blanks and breaks made one."""
    result = web.run(IMPORTS + _dedented(source), *args)
    return re.sub(r"\s+", " ", result.stdout.str() + result.stderr.str())


class TestWhoLogsIn:
    """By marks and the fixture `mc_user`, and by name in the test."""

    def test_marks(self, web: Suite) -> None:
        """The first written logs in where nobody is named; two at once do not mix."""
        assert run(
            web,
            """
        def test_nobody_is_named(mc_tenant):
            app = WebApp(mc_tenant).log_in()
            assert (app.who(), mc_tenant.user.name) == ("Example User", "Example User")
            assert len(app.may()) > 500

        @pytest.mark.mc_user(name="Ada", permissions=[152])
        @pytest.mark.mc_user(name="Bob", profile="nothing")
        class TestTwo:
            def test_the_first(self, mc_tenant):
                app = WebApp(mc_tenant).log_in()
                assert (app.who(), app.may(), app.send()) == ("Ada", {152}, 200)

            def test_by_name(self, mc_tenant):
                app = WebApp(mc_tenant).log_in("Bob")
                assert (app.who(), app.may(), app.send()) == ("Bob", set(), 403)

            def test_both_at_once(self, mc_tenant):
                ada, bob = WebApp(mc_tenant).log_in("Ada"), WebApp(mc_tenant).log_in("Bob")
                assert (ada.send(), bob.send(), ada.send()) == (200, 403, 200)
                assert (ada.renew(), bob.renew()) == (200, 200)
                assert (ada.who(), bob.who()) == ("Ada", "Bob")
                assert (ada.send(), bob.send()) == (200, 403)

            def test_who_sits_at_the_browser(self, mc_tenant):
                assert mc_tenant.log_in("Bob").name == "Bob"
                answer = CLIENT.get(WebApp(mc_tenant).link, follow_redirects=False)
                app = WebApp(mc_tenant).call_back(answer.headers["location"])
                assert app.who() == "Bob"

            def test_one_of_the_tests_own(self, mc_tenant):
                carl = mc_tenant.log_in({"name": "Carl", "permissions": ["Email Send"]})
                app = WebApp(mc_tenant).log_in()
                assert (app.who(), carl.permission_ids) == ("Carl", app.may())

            @pytest.mark.mc_user(name="Zed", profile="nothing")
            def test_one_of_the_test_comes_first(self, mc_tenant):
                app = WebApp(mc_tenant).log_in()
                assert (app.who(), app.send(), [*mc_tenant.users]) == (
                    "Zed", 403, ["Zed", "Ada", "Bob"]
                )

            @pytest.mark.mc_user(profile="nothing")
            def test_one_without_a_name_too(self, mc_tenant):
                assert WebApp(mc_tenant).log_in().who() == "Example User"

            @pytest.mark.mc_user(name="Bob", locale="de-DE")
            def test_a_closer_mark_of_one_that_is_there(self, mc_tenant):
                app = WebApp(mc_tenant).log_in()
                assert (app.who(), app.send(), mc_tenant.user.locale) == ("Bob", 403, "de-DE")

            @pytest.mark.mc_user(name="Bob", permissions=[152], locale="de-DE")
            def test_the_closer_mark(self, mc_tenant):
                assert WebApp(mc_tenant).log_in("Bob").send() == 200
                assert mc_tenant.users["Bob"].locale == "de-DE"
        """,
        ) == dict.fromkeys(
            [
                "test_nobody_is_named",
                "TestTwo::test_the_first",
                "TestTwo::test_by_name",
                "TestTwo::test_both_at_once",
                "TestTwo::test_who_sits_at_the_browser",
                "TestTwo::test_one_of_the_tests_own",
                "TestTwo::test_one_of_the_test_comes_first",
                "TestTwo::test_one_without_a_name_too",
                "TestTwo::test_a_closer_mark_of_one_that_is_there",
                "TestTwo::test_the_closer_mark",
            ],
            "passed",
        )

    def test_nobody_logs_in(self, web: Suite) -> None:
        """An app whose address no browser opened is told of `authorize`; a server is not."""
        told = printed(
            web,
            """
        @pytest.mark.mc_scopes("email_send")
        def test_an_app(mc_tenant):
            assert WebApp(mc_tenant).link

        @pytest.mark.mc_package(type="server-to-server")
        @pytest.mark.mc_scopes("email_send")
        def test_a_server(mc_tenant):
            pass

        @pytest.mark.mc_package(type="server-to-server")
        @pytest.mark.mc_scopes("email_send")
        def test_a_server_for_an_app(mc_tenant):
            CLIENT.get(WebApp(mc_tenant).link)
        """,
        )
        log_in = "Let a user log in to the app: give mc_tenant.authorize(url) the address that it"
        assert f"no token request arrived {log_in}" in told
        assert "no token request arrived Point the code at mc_tenant.auth_url" in told
        assert 'by mc_package(type="web-app", redirect_uris=[...])' in told

    def test_the_tests_own_come_after_the_marked(self, web: Suite) -> None:
        """Who is added in a test is neither the first, nor in the place of a marked one."""
        assert run(
            web,
            """
        @pytest.mark.mc_user(name="Ada")
        class TestIt:
            def test_the_first(self, mc_tenant):
                mc_tenant.authorize(WebApp(mc_tenant).link, {"name": "Carl"})
                assert (list(mc_tenant.users), mc_tenant.user.name) == (["Ada", "Carl"], "Ada")

            def test_a_name_that_is_taken(self, mc_tenant):
                with pytest.raises(Exception, match='two users of one tenant .* "Ada"'):
                    mc_tenant.log_in({"name": "Ada", "profile": "nothing"})
        """,
        ) == {"TestIt::test_the_first": "passed", "TestIt::test_a_name_that_is_taken": "passed"}

    def test_what_they_may_do(self, web: Suite) -> None:
        """As said in any of the ways, and as the REST host then has it."""
        (web.pytester.path / "answer.json").write_text(json.dumps({"permissions": USERINFO}))
        (web.pytester.path / "list.json").write_text(json.dumps(USERINFO))
        found = run(
            web,
            """
        def user(held, **settings):
            return pytest.param(held.split(), marks=pytest.mark.mc_user(**settings))

        @pytest.mark.parametrize(
            "held",
            [
                user("send validate", profile="everything"),
                user("", profile="nothing"),
                user("validate", profile="all_but_send"),
                user("validate", profile="read_only"),
                user("send", permissions=[152]),
                user("send", permissions=["152"]),
                user("send", permissions=["TriggeredSendDefinition Create"]),
                user("send", permissions=["email_send"]),
                user("send validate", permissions=["email_send"], profile="read_only"),
                user("", permissions=[]),
                user("validate", without=[152]),
                user("send", permissions_from="answer.json"),
                user("send", permissions_from="list.json"),
            ],
        )
        def test_it(mc_tenant, held):
            app = WebApp(mc_tenant).log_in()
            calls = {"send": app.send(), "validate": app.validate()}
            assert [name for name in calls if calls[name] == 200] == held
        """,
        )
        assert (len(found), set(found.values())) == (13, {"passed"})

    def test_a_file_keeps_what_the_catalogue_does_not_know(self, web: Suite) -> None:
        """Userinfo gives back what a real tenant gave."""
        (web.pytester.path / "answer.json").write_text(json.dumps({"permissions": USERINFO}))
        assert run(
            web,
            f"""
        @pytest.mark.mc_user(permissions_from="answer.json")
        def test_it(mc_tenant):
            told = WebApp(mc_tenant).log_in().userinfo()["permissions"]
            assert told == {USERINFO!r}
        """,
        ) == {"test_it": "passed"}

    def test_the_fixture(self, web: Suite) -> None:
        """It speaks of the first user, or of whom it names; a mark's keyword goes before its."""
        assert run(
            web,
            """
        class TestFirst:
            @pytest.fixture
            def mc_user(self):
                return {"permissions": [152], "locale": "de-DE"}

            def test_alone(self, mc_tenant):
                app = WebApp(mc_tenant).log_in()
                assert (app.who(), app.may()) == ("Example User", {152})

            @pytest.mark.mc_user(permissions=[5])
            def test_mark(self, mc_tenant):
                assert WebApp(mc_tenant).log_in().may() == {5}
                assert mc_tenant.user.locale == "de-DE"

            @pytest.mark.mc_user(name="Ada", permissions=[5])
            @pytest.mark.mc_user(name="Bob", permissions=[7])
            def test_the_first_of_two(self, mc_tenant):
                assert {name: each.locale for name, each in mc_tenant.users.items()} == {
                    "Ada": "de-DE", "Bob": "en-US",
                }

        class TestNamed:
            @pytest.fixture
            def mc_user(self):
                return {"name": "Bob", "permissions": [152]}

            @pytest.mark.mc_user(name="Ada", permissions=[5])
            @pytest.mark.mc_user(name="Bob", locale="de-DE")
            def test_both(self, mc_tenant):
                assert WebApp(mc_tenant).log_in().may() == {5}
                assert WebApp(mc_tenant).log_in("Bob").may() == {152}
                assert mc_tenant.users["Bob"].locale == "de-DE"

            @pytest.mark.mc_user(name="Ada", permissions=[5])
            def test_beside(self, mc_tenant):
                assert list(mc_tenant.users) == ["Bob", "Ada"]
                assert WebApp(mc_tenant).log_in().who() == "Bob"

        """,
        ) == dict.fromkeys(
            [
                "TestFirst::test_alone",
                "TestFirst::test_mark",
                "TestFirst::test_the_first_of_two",
                "TestNamed::test_both",
                "TestNamed::test_beside",
            ],
            "passed",
        )

    def test_a_wide_fixture_beside_a_narrow_one(self, web: Suite) -> None:
        """A fixture that is set up once counts again after another one of its name."""
        assert run(
            web,
            """
        @pytest.fixture(scope="session")
        def mc_user():
            return {"permissions": [152]}

        def test_first(mc_tenant):
            assert WebApp(mc_tenant).log_in().may() == {152}

        class TestOther:
            @pytest.fixture
            def mc_user(self):
                return {"permissions": [5]}

            def test_other(self, mc_tenant):
                assert WebApp(mc_tenant).log_in().may() == {5}

        def test_last(mc_tenant):
            assert WebApp(mc_tenant).log_in().may() == {152}
        """,
        ) == dict.fromkeys(["test_first", "TestOther::test_other", "test_last"], "passed")

    def test_a_wider_scope(self, web: Suite) -> None:
        """A tenant of `mc_cloud` has the users that it is given."""
        assert run(
            web,
            """
        pytestmark = []  # the marks of an app speak of mc_tenant

        @pytest.fixture(scope="module")
        def shared(mc_cloud):
            users = [{"name": "Ada", "permissions": [152]}, {"name": "Bob", "permissions": []}]
            with mc_cloud.tenant(type="web-app", users=users) as tenant:
                yield tenant

        def test_it(shared):
            ada, bob = WebApp(shared).log_in(), WebApp(shared).log_in("Bob")
            assert (ada.send(), bob.send()) == (200, 403)
        """,
        ) == {"test_it": "passed"}


class TestBadInput:
    """Told at collection, in plain words: the thing, and the fix."""

    MARKS = (
        (
            'mc_user(profile="readonly")',
            (
                'profile must be "nothing" or "read_only" or "all_but_send" or "everything", got'
                " 'readonly'."
            ),
        ),
        (
            'mc_user(permissions=["Emial Send"])',
            'permissions: unknown permission "Emial Send". Did you mean "Email Send"?',
        ),
        (
            'mc_user(without=["email_sned"])',
            'without: unknown permission "email_sned". Did you mean "email_send"?',
        ),
        ("mc_user(permissions=[99999])", 'permissions: unknown permission "99999".'),
        (
            'mc_user(permission=["email_send"])',
            "unknown keyword 'permission'. Did you mean \"permissions\"?",
        ),
        (
            'mc_user(permissions="email_send")',
            (
                "permissions must be a list of ids, scopes, families or names, as"
                ' permissions=[5, "email_send", "Email Send"], got \'email_send\'.'
            ),
        ),
        (
            'mc_user(permissions_from="gone.json")',
            (
                "permissions_from: gone.json cannot be read: No such file or directory. Write its"
                " path from"
            ),
        ),
        (
            'mc_user(permissions_from="bare.json")',
            (
                "permissions_from: bare.json has no permissions. For a user who may do nothing,"
                ' write profile="nothing".'
            ),
        ),
        ('mc_user("Ada")', "it takes keywords only, got 'Ada'."),
        (
            'mc_package(type="web-app", redirect_uris=["http://app.example.com/back"])',
            (
                "redirect_uris: Marketing Cloud refuses 'http://app.example.com/back': it is http://"
                " and not https://."
            ),
        ),
    )

    def test_marks(self, web: Suite) -> None:
        """All of them at once, each with its place; nothing runs."""
        (web.pytester.path / "bare.json").write_text("[]")
        tests = [
            f"@pytest.mark.{mark}\ndef test_{number}(mc_tenant):\n    pass"
            for number, (mark, _) in enumerate(self.MARKS)
        ]
        text = printed(web, "\n".join(tests), "--collect-only")
        assert "MCSCOPES: these marks cannot be read." in text
        for number, (mark, words) in enumerate(self.MARKS):
            told = f"@pytest.mark.{mark.partition('(')[0]}: {words}"
            assert re.search(rf"test_it\.py:\d+, test_{number} {re.escape(told)}", text)
        assert "Traceback" not in text

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            pytest.param(
                '{"permissions": ["Emial Send"]}',
                'permissions: unknown permission "Emial Send". Did you mean "Email Send"?',
                id="permission",
            ),
            pytest.param(
                '["Ada"]', "must be a mapping of mc_user's keywords, got ['Ada'].", id="no mapping"
            ),
        ],
    )
    def test_the_fixture(self, web: Suite, settings: str, words: str) -> None:
        """Told where it is asked for, with its place."""
        text = printed(
            web,
            f"""
        @pytest.fixture
        def mc_user():
            return {settings}

        def test_it(mc_tenant):
            pass
        """,
        )
        assert re.search(
            rf"MCSCOPES: the mc_user fixture \(test_it\.py:\d+\):? {re.escape(words)}", text
        )

    ACTS = (
        (
            'mc_tenant.log_in("Adda")',
            (
                'the tenant has no user "Adda", but "Ada", "Bob". Did you mean "Ada"? Add it by'
                ' @pytest.mark.mc_user(name="Adda"), or, where mc_cloud.tenant(...) makes the'
                " tenant, by users=[{...}]."
            ),
        ),
        (
            'mc_tenant.log_in({"name": "Carl", "permissions": ["Emial Send"]})',
            'log_in: permissions: unknown permission "Emial Send". Did you mean "Email Send"?',
        ),
        (
            'assert mc_tenant.users; mc_tenant.log_in({"name": "Ada", "permissions": [5]})',
            'two users of one tenant have the name "Ada". Give each a name of its own.',
        ),
        (
            'mc_tenant.authorize("https://app.example.com/login")',
            (
                "authorize: the URL leads to https://app.example.com, and the tenant's auth host is"
                " https://"
            ),
        ),
        (
            'mc_tenant.authorize(WebApp(mc_tenant).link.replace("127.0.0.1", "localhost"))',
            (
                "authorize: Marketing Cloud answered 400 and sent the browser nowhere: redirect_uri"
                ' https://localhost:80/ is none of package "integration"'
            ),
        ),
        ('mc_tenant.revoke("abc")', "revoke: the tenant never issued this token."),
        ("mc_tenant.clock.advance(minutes=-5)", "needs a time to come, got -300 seconds."),
        (
            'mc_tenant.package.assign("email_sned")',
            'assign: unknown scope "email_sned". Did you mean "email_send"?',
        ),
        (
            'mc_tenant.package.assign("email_send", lag=-1)',
            "assign: lag is a number of seconds to come, got -1.",
        ),
    )

    def test_in_a_test(self, web: Suite) -> None:
        """The line of the test's own, no traceback through our code."""
        body = """
        @pytest.mark.mc_user(name="Ada")
        @pytest.mark.mc_user(name="Bob")
        class TestIt:
        """
        tests = [
            f"{' ' * 12}def test_{number}(self, mc_tenant):\n{' ' * 16}{act}"
            for number, (act, _) in enumerate(self.ACTS)
        ]
        text = printed(web, "\n".join([body, *tests]))
        for number, (_, words) in enumerate(self.ACTS):
            title = f"_ TestIt.test_{number} _"
            told = re.escape(words)
            assert re.search(
                rf"{title}+ MCSCOPES: (\w+ )?{told}((?!_ TestIt).)* at test_it\.py:\d+", text
            )
        assert "pytest_mcscopes/" not in text


class TestWhatIsJudged:
    """A log-in is a token request as any other: by its `scope`, wherever it was built."""

    def test_by_what_the_log_in_asked_for(self, web: Suite) -> None:
        """In the test, in a fixture, through an exchange and a refresh that name nothing."""
        assert run(
            web,
            """
        @pytest.fixture
        def app(mc_tenant):
            return WebApp(mc_tenant, "email_read email_send").log_in()

        sends = pytest.mark.mc_scopes("email_send")
        both = pytest.mark.mc_scopes("email_read", "email_send")

        @sends
        def test_just_that(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200

        @sends
        def test_too_much(mc_tenant):
            assert WebApp(mc_tenant, "email_read email_send").log_in().send() == 200

        @sends
        def test_in_a_fixture_too_much(app):
            assert app.send() == 200

        @both
        def test_in_a_fixture_just_that(app):
            assert (app.send(), app.validate()) == (200, 200)

        @sends
        def test_in_a_fixture_and_renewed(app):
            assert (app.renew(), app.send()) == (200, 200)

        @sends
        def test_in_a_fixture_and_not_presented(app):
            pass

        @sends
        def test_a_narrower_exchange(mc_tenant):
            app = WebApp(mc_tenant, "email_read email_send")
            code = mc_tenant.authorize(app.link).partition("code=")[2].partition("&")[0]
            app.ask("authorization_code", code=code, redirect_uri=CALL_BACK, scope="email_send")
            assert app.send() == 200

        @sends
        def test_what_the_test_itself_does(mc_tenant):
            with mc_tenant.arrange():
                WebApp(mc_tenant).log_in()
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200
        """,
        ) == {
            "test_just_that": "passed",
            "test_too_much": "failed: MCS102",
            "test_in_a_fixture_too_much": "failed: MCS102",
            "test_in_a_fixture_just_that": "passed",
            "test_in_a_fixture_and_renewed": "failed: MCS102, note MCS303",
            "test_in_a_fixture_and_not_presented": "failed: MCS105",
            "test_a_narrower_exchange": "failed: MCS102",
            "test_what_the_test_itself_does": "passed",
        }

    def test_a_log_in_of_a_wider_fixture(self, web: Suite) -> None:
        """It is judged by each test that uses what came of it."""
        assert run(
            web,
            """
        pytestmark = []  # the marks of an app speak of mc_tenant

        @pytest.fixture(scope="module")
        def long_lived(mc_cloud):
            with mc_cloud.tenant(type="web-app") as tenant:
                yield WebApp(tenant, "email_read email_send").log_in()

        @pytest.mark.mc_scopes("email_send")
        def test_too_much(long_lived):
            assert long_lived.send() == 200

        @pytest.mark.mc_scopes("email_read", "email_send")
        def test_renewed(long_lived):
            assert (long_lived.renew(), long_lived.send(), long_lived.validate()) == (200, 200, 200)
        """,
        ) == {"test_too_much": "failed: MCS102", "test_renewed": "passed: note MCS303"}

    def test_an_omitted_scope(self, web: Suite) -> None:
        """Everything assigned at a log-in, no more than it had at a refresh: never MCS106."""
        assert run(
            web,
            """
        sends = pytest.mark.mc_scopes("email_send")

        @sends
        def test_at_the_log_in(mc_tenant):
            assert WebApp(mc_tenant).log_in().send() == 200

        @sends
        @pytest.mark.mc_package(scopes=["email_send", "offline"])
        def test_of_a_package_that_has_no_more(mc_tenant):
            assert WebApp(mc_tenant).log_in().send() == 200

        @sends
        def test_at_the_refresh(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send").log_in()
            for _ in range(3):
                assert app.send() == 200
                mc_clock.advance(minutes=19)
                assert app.renew() == 200
            assert app.send() == 200

        @sends
        def test_at_another_log_in(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200
            assert WebApp(mc_tenant).log_in().send() == 200
        """,
        ) == {
            "test_at_the_log_in": "failed: MCS101",
            "test_of_a_package_that_has_no_more": "passed",
            "test_at_the_refresh": "passed",
            "test_at_another_log_in": "failed: MCS106",
        }


class TestEffectiveRights:
    """MCS204 and MCS205: what a user may do counts beside what the token carries."""

    SOURCE = """
        sends = pytest.mark.mc_scopes("email_send")
        nobody = pytest.mark.mc_user(profile="read_only")

        @sends
        def test_who_may(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200

        @sends
        @nobody
        def test_who_may_not(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 403

        @sends
        @nobody
        def test_an_expected_denial(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            with mc_tenant.expect_denied():
                assert app.send() == 403

        @sends
        @nobody
        @pytest.mark.mc_allow("MCS204", reason="a test of the denial")
        def test_an_allowed_denial(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 403

        @pytest.mark.mc_scopes("email_read")
        @nobody
        def test_neither_scope_nor_permission(mc_tenant):
            assert WebApp(mc_tenant, "email_read").log_in().send() == 403

        @nobody
        @pytest.mark.mc_scopes("automations_read")
        def test_undetermined(mc_tenant):
            assert WebApp(mc_tenant, "automations_read").log_in().automations() == 200

        @sends
        def test_an_app_that_asks(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            if 152 in app.may():
                assert app.send() == 200
        """

    @pytest.mark.parametrize(
        "mode",
        [
            pytest.param((), id="by default"),
            pytest.param(("--mc-enforce=off",), id="where nothing is refused"),
        ],
    )
    def test_mcs204(self, web: Suite, mode: tuple[str, ...]) -> None:
        """By the row, whatever the status."""
        source = self.SOURCE.replace("403", "200" if mode else "403")
        assert run(web, source, *mode) == {
            "test_who_may": "passed",
            "test_who_may_not": "failed: MCS204",
            "test_an_expected_denial": "passed: note MCS108",
            "test_an_allowed_denial": "passed: note MCS108, note MCS204",
            "test_neither_scope_nor_permission": "failed: MCS201",
            "test_undetermined": "passed: note",
            "test_an_app_that_asks": "passed",
        }

    @pytest.mark.parametrize(
        ("rule", "severity"),
        [
            pytest.param("MCS205=note", "passed: note MCS205", id="note"),
            pytest.param("MCS205=error", "failed: MCS205", id="error"),
        ],
    )
    def test_mcs205(self, web: Suite, rule: str, severity: str) -> None:
        """Until v2/userinfo has been read for this user, by this or by an earlier token."""
        assert run(
            web,
            """
        pytestmark = [app_mark, pytest.mark.mc_scopes("email_send")]

        def test_not_read(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200

        def test_read_too_late(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            assert app.send() == 200
            assert 152 in app.may()

        def test_read(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            assert 152 in app.may()
            assert (app.send(), app.renew(), app.send()) == (200, 200, 200)

        @pytest.mark.mc_user(name="Ada")
        @pytest.mark.mc_user(name="Bob")
        def test_read_for_another(mc_tenant):
            ada, bob = (WebApp(mc_tenant, "email_send").log_in(name) for name in ("Ada", "Bob"))
            assert 152 in ada.may()
            assert bob.send() == 200

        @pytest.mark.mc_allow("MCS205", reason="a batch")
        def test_allowed(mc_tenant):
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200

        @pytest.mark.mc_package(type="server-to-server")
        def test_for_no_user(mc_tenant):
            from asking import send
            assert send(mc_tenant, "email_send") == 200
        """,
            "-o",
            f"mc_rules={rule}",
        ) == {
            "test_not_read": severity,
            "test_read_too_late": severity,
            "test_read": "passed: note MCS303",
            "test_read_for_another": severity,
            "test_allowed": "passed: note MCS205",
            "test_for_no_user": "passed",
        }

    def test_the_text_names_the_user_and_what_is_lacking(self, web: Suite) -> None:
        """As whoever reads it first sees it: both sides, and what to do."""
        text = printed(web, self.SOURCE, "-k", "may_not")
        assert (
            "MCSCOPES: the code under test calls what its user may not do."
            " declared email_send @pytest.mark.mc_scopes, test_it.py:" in text
        )
        assert (
            'granted email_send package "integration" is assigned 86 scopes'
            " the default: everything"
            " user Example User lacks 152 TriggeredSendDefinition Create used not shown" in text
        )
        assert "Let the code compare appScopes with permissions in v2/userinfo" in text
        # First of all, in the text, as what to ask for, in the count and in the short summary.
        assert text.count("MCS204") == 5

    def test_what_is_undetermined_is_told(self, web: Suite) -> None:
        """In the summary, by the route."""
        text = printed(web, self.SOURCE, "-k", "undetermined")
        assert (
            "test_it.py::test_undetermined: note undetermined: it is not known which permission a"
            " user needs for GET /automation/v1/automations; the scope alone decided" in text
        )


class TestTokensInTheLog:
    """MCS305: in records of the call phase."""

    def test_fires(self, web: Suite) -> None:
        """Whoever writes them, in whatever part of a record; not while a fixture sets up."""
        assert run(
            web,
            """
        import logging
        pytestmark = [app_mark, pytest.mark.mc_scopes("email_send")]
        LOGGER = logging.getLogger("shop")

        @pytest.fixture
        def app(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            LOGGER.warning("a fixture got %s", app.access)
            yield app
            LOGGER.warning("a fixture had %s", app.access)

        def test_nothing(app):
            LOGGER.warning("sending")
            assert app.send() == 200

        @pytest.mark.parametrize("name", ["access", "refresh"])
        def test_a_token(app, name):
            LOGGER.warning("got %s", getattr(app, name))
            assert app.send() == 200

        def test_the_secret(app):
            LOGGER.error("cannot log in", extra={"body": f"secret={app.tenant.client_secret}"})
            assert app.send() == 200

        def test_in_a_traceback(app):
            assert app.send() == 200
            try:
                raise ValueError(app.access)
            except ValueError:
                LOGGER.exception("cannot send")

        def test_below_the_level(app):
            LOGGER.debug("got %s", app.access)
            assert app.send() == 200

        def test_at_a_lower_level(app, caplog):
            caplog.set_level("DEBUG", "shop")
            LOGGER.debug("got %s", app.access)
            assert app.send() == 200

        @pytest.mark.mc_allow("MCS305", reason="an old client")
        def test_allowed(app):
            LOGGER.warning("got %s", app.access)
            assert app.send() == 200
        """,
        ) == {
            "test_nothing": "passed",
            "test_a_token[access]": "failed: MCS305",
            "test_a_token[refresh]": "failed: MCS305",
            "test_the_secret": "failed: MCS305",
            "test_in_a_traceback": "failed: MCS305",
            "test_below_the_level": "passed",
            "test_at_a_lower_level": "failed: MCS305",
            "test_allowed": "passed: note MCS305",
        }

    def test_the_report_does_not_repeat_it(self, web: Suite) -> None:
        """Where, and not what."""
        text = printed(
            web,
            """
        @pytest.mark.mc_package(client_secret="CanarySecretNobodyMaySee")
        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            import logging
            logging.getLogger("shop").warning(mc_tenant.client_secret)
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200
        """,
            "--show-capture=no",
        )
        assert re.search(
            r'MCS305 secret in the log: logger "shop", WARNING, test_it\.py:\d+ ', text
        )
        assert "CanarySecretNobodyMaySee" not in text


class TestTheEndOfALogIn:
    """What a test does to a log-in: none of it is the code's, and the code must cope."""

    def test_log_out_and_revoke(self, web: Suite) -> None:
        """A 401 is no finding; `offline` outlives a log-out."""
        assert run(
            web,
            """
        @pytest.mark.mc_scopes("email_send")
        def test_log_out(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            assert app.send() == 200
            mc_tenant.log_out()
            assert (app.send(), app.renew()) == (401, 401)
            assert app.log_in().send() == 200

        @pytest.mark.mc_scopes("email_send", "offline")
        def test_offline(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send offline").log_in()
            mc_tenant.log_out()
            mc_clock.advance(minutes=19)
            assert (app.renew(), app.send()) == (200, 200)

        @pytest.mark.mc_user(name="Ada")
        @pytest.mark.mc_user(name="Bob")
        @pytest.mark.mc_scopes("email_send")
        def test_another_user(mc_tenant):
            ada, bob = (WebApp(mc_tenant, "email_send").log_in(name) for name in ("Ada", "Bob"))
            mc_tenant.log_out("Bob")
            assert (ada.send(), bob.send()) == (200, 401)

        @pytest.mark.mc_scopes("email_send")
        def test_revoke(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            mc_tenant.revoke(app.access)
            assert (app.send(), app.renew(), app.send()) == (401, 200, 200)

        @pytest.mark.mc_scopes("email_send")
        def test_revoke_the_refresh_token(mc_tenant):
            app = WebApp(mc_tenant, "email_send").log_in()
            assert app.send() == 200
            mc_tenant.revoke(app.refresh)
            assert (app.send(), app.renew()) == (401, 401)
        """,
        ) == dict.fromkeys(
            [
                "test_log_out",
                "test_offline",
                "test_another_user",
                "test_revoke",
                "test_revoke_the_refresh_token",
            ],
            "passed",
        )

    def test_time(self, web: Suite) -> None:
        """A token ends by Marketing Cloud's time, whichever way it moves."""
        assert run(
            web,
            """
        import time
        pytestmark = [app_mark, pytest.mark.mc_scopes("email_send")]

        @pytest.mark.parametrize("way", ["advance", "travel"])
        def test_a_token(mc_tenant, mc_clock, way):
            app = WebApp(mc_tenant, "email_send").log_in()
            before = time.time()
            getattr(mc_clock, way)(minutes=21)
            assert (app.send(), app.renew(), app.send()) == (401, 200, 200)
            assert (time.time() - before > 1200) is (way == "travel")

        def test_a_code(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send")
            late = mc_tenant.authorize(app.link)
            mc_clock.travel(minutes=6)
            assert app.call_back(late).access is None
            assert app.log_in().send() == 200

        def test_a_refresh_token(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send").log_in()
            assert app.send() == 200
            mc_clock.travel(days=31)
            assert app.renew() == 400
        """,
        ) == dict.fromkeys(
            [
                "test_a_token[advance]",
                "test_a_token[travel]",
                "test_a_code",
                "test_a_refresh_token",
            ],
            "passed",
        )

    def test_a_changed_package(self, web: Suite) -> None:
        """A stale grant lasts as long as its token; what is added counts after the lag."""
        assert run(
            web,
            """
        @pytest.mark.mc_package(scopes=["email_read", "email_send"])
        @pytest.mark.mc_scopes("email_send")
        def test_less(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send").log_in()
            mc_tenant.package.assign("email_read", lag=300)
            assert (app.renew(), app.send()) == (200, 200)
            mc_clock.advance(minutes=6)
            assert app.send() == 200
            app.renew()
            with mc_tenant.expect_denied("email_send"):
                assert app.send() in (401, 403)

        @pytest.mark.mc_package(scopes=["email_read"])
        @pytest.mark.mc_scopes("email_send")
        def test_more(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send")
            mc_tenant.package.assign("email_read", "email_send", lag=300)
            assert app.log_in().error == "invalid_scope"
            mc_clock.advance(minutes=6)
            assert app.log_in().send() == 200

        @pytest.mark.mc_package(scopes=["email_read"])
        @pytest.mark.mc_scopes("email_send")
        def test_more_at_once(mc_tenant):
            mc_tenant.package.assign("email_send")
            assert WebApp(mc_tenant, "email_send").log_in().send() == 200
        """,
        ) == {
            "test_less": "passed: note MCS303",
            "test_more": "passed",
            "test_more_at_once": "passed",
        }


class TestOrders:
    """What a test orders to go wrong: it happens, or the test fails for it."""

    def test_they_happen(self, web: Suite) -> None:
        assert run(
            web,
            """
        @pytest.mark.mc_scopes("email_send")
        def test_deny(mc_tenant):
            mc_tenant.deny()
            app = WebApp(mc_tenant, "email_send").log_in()
            assert (app.error, app.access) == ("access_denied", None)
            assert app.log_in().send() == 200

        @pytest.mark.mc_scopes("email_read", "email_send")
        def test_dropped_scope(mc_tenant, mc_clock):
            mc_tenant.fail_next("token", "dropped_scope", scope="email_send")
            app = WebApp(mc_tenant, "email_read email_send").log_in()
            assert app.validate() == 200
            with mc_tenant.expect_denied("email_send"):
                assert app.send() == 403
            mc_clock.advance(minutes=19)
            assert app.log_in().send() == 200

        @pytest.mark.mc_scopes("email_send")
        def test_dropped_scope_unforeseen(mc_tenant):
            mc_tenant.fail_next("token", "dropped_scope", scope="email_send")
            assert WebApp(mc_tenant, "email_send").log_in().send() == 403

        @pytest.mark.mc_scopes("email_send")
        def test_a_refresh_fails(mc_tenant, mc_clock):
            app = WebApp(mc_tenant, "email_send").log_in()
            mc_clock.advance(minutes=19)
            mc_tenant.fail_next("token", "unavailable")
            assert (app.renew(), app.renew(), app.send()) == (503, 200, 200)

        @pytest.mark.mc_user(name="Ada", licensed=False)
        @pytest.mark.mc_user(name="Bob")
        @pytest.mark.mc_scopes("email_send")
        def test_without_a_licence(mc_tenant):
            app = WebApp(mc_tenant, "email_send")
            assert app.log_in("Ada").error == "user_not_licensed"
            assert app.log_in("Bob").send() == 200
        """,
        ) == {
            "test_deny": "passed",
            "test_dropped_scope": "passed",
            "test_dropped_scope_unforeseen": "failed: MCS201",
            "test_a_refresh_fails": "passed",
            "test_without_a_licence": "passed",
        }

    def test_a_scope_that_was_dropped_is_not_unused(self, web: Suite) -> None:
        """One cause, one finding: the code asked for it and used it, as far as it could."""
        assert run(
            web,
            """
        pytestmark = [app_mark, pytest.mark.mc_scopes("email_read", "email_send")]

        @pytest.fixture
        def app(mc_tenant):
            mc_tenant.fail_next("token", "dropped_scope", scope="email_send")
            return WebApp(mc_tenant, "email_read email_send").log_in()

        def test_expected(app):
            assert app.validate() == 200
            with app.tenant.expect_denied("email_send"):
                assert app.send() == 403

        def test_unforeseen(app):
            assert (app.validate(), app.send()) == (200, 403)
        """,
        ) == {"test_expected": "passed: note MCS108", "test_unforeseen": "failed: MCS201"}

    @pytest.mark.parametrize(
        "mark",
        [
            pytest.param('pytest.mark.mc_scopes("email_send")', id="judged"),
            pytest.param("pytest.mark.slow", id="unmarked"),
        ],
    )
    def test_they_never_come(self, web: Suite, mark: str) -> None:
        """Told by name and place at the end of the test; the next test begins without them."""
        text = printed(
            web,
            f"""
        pytestmark = [app_mark, {mark}]

        @pytest.fixture
        def app(mc_tenant):
            return WebApp(mc_tenant, "email_send").log_in()

        def test_deny(app):
            app.tenant.deny()
            app.send()

        def test_fault(app):
            app.tenant.fail_next("userinfo", "timeout")
            app.send()

        def test_not_as_often(app):
            app.tenant.fail_next("rest", "slow", times=2, seconds=1)
            app.send()

        def test_next(app):
            assert (app.send(), app.may() > {{152}}) == (200, True)
        """,
            "-o",
            "markers=slow",
        )
        for words in (
            r"deny\(\) \(test_it\.py:\d+\) never happened: no authorize request came\.",
            r'fail_next\("userinfo", "timeout"\) \(test_it\.py:\d+\) never happened: no such',
            (
                r'fail_next\("rest", "slow", times=2, seconds=1\) \(test_it\.py:\d+\) happened 1'
                r" of 2 times: only 1 such request came\."
            ),
        ):
            assert re.search(f"MCSCOPES: {words}", text)
        assert "3 failed, 1 passed" in text
