"""What the listener hears: secrets and tokens in log records, while it listens."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from tenants import build_tenant, core_of

from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.session.log_listener import LogListener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mcscopes.privilege.rules.logs import Logged
    from pytest_mcscopes.tenant.tenant import Tenant

    Write = Callable[[str], None]

LOGGER = logging.getLogger("mailer")
SECRET = "Canary+Secret/Nobody=MaySee"


def build(client_secret: str = SECRET) -> Tenant:
    """Build a tenant whose secret looks otherwise in a URL."""
    return build_tenant(PackageConfig(client_secret=client_secret), seed=client_secret)


@pytest.fixture
def tenant() -> Tenant:
    """The living tenant."""
    return build()


@pytest.fixture
def heard() -> list[Logged]:
    """What was found."""
    return []


@pytest.fixture
def listener(tenant: Tenant, heard: list[Logged]) -> LogListener:
    """Somebody who looks for what is the living tenant's."""
    return LogListener(lambda: [core_of(tenant)], heard.append)


@pytest.fixture
def listening(listener: LogListener) -> Iterator[LogListener]:
    """The same, while it listens."""
    listener.listen()
    yield listener
    listener.rest()


def kinds(heard: list[Logged]) -> list[str]:
    """List what was found, without where."""
    return [each.what for each in heard]


class Shy:
    """Has a text for those who log it as `%s`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        """Give the text."""
        return self.text


class Mute:
    """Cannot be logged as `%s`."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError


def in_the_message(text: str) -> None:
    LOGGER.warning("logging in with " + text)  # noqa: G003 - as careless code does


def in_an_argument(text: str) -> None:
    LOGGER.warning("logging in with %s", text)


def in_one_of_several(text: str) -> None:
    LOGGER.warning("%s sends %s", "the client", {"client_secret": text})


def in_an_argument_by_name(text: str) -> None:
    LOGGER.warning("logging in with %(secret)s", {"secret": text})


def in_an_objects_text(text: str) -> None:
    LOGGER.warning("logging in with %s", Shy(text))


def in_an_object(text: str) -> None:
    LOGGER.warning(Shy(text))


def in_extra(text: str) -> None:
    LOGGER.warning("logging in", extra={"client_secret": text})


def in_an_argument_too_many(text: str) -> None:
    LOGGER.warning("logging in", text)  # noqa: PLE1205 - as careless code does


def in_an_argument_of_another_kind(text: str) -> None:
    LOGGER.warning("logging in with %d", text)  # as careless code does


def in_an_argument_of_another_name(text: str) -> None:
    LOGGER.warning("logging in with %(token)s", {"secret": text})


def refuse(text: str) -> None:
    raise ValueError(text)


def in_a_traceback(text: str) -> None:
    try:
        refuse(text)
    except ValueError:
        LOGGER.exception("cannot log in")


def in_the_cause_of_an_error(text: str) -> None:
    try:
        try:
            refuse(text)
        except ValueError as error:
            raise LookupError from error
    except LookupError:
        LOGGER.error("cannot log in", exc_info=True)  # noqa: G201 - as some code does


def in_the_name_of_a_logger(text: str) -> None:
    logging.getLogger(f"client.{text}").warning("logging in")


WAYS = [
    in_the_message,
    in_an_argument,
    in_one_of_several,
    in_an_argument_by_name,
    in_an_objects_text,
    in_an_object,
    in_extra,
    in_an_argument_too_many,
    in_an_argument_of_another_kind,
    in_an_argument_of_another_name,
    in_a_traceback,
    in_the_cause_of_an_error,
    in_the_name_of_a_logger,
]


@pytest.fixture(autouse=True)
def _no_complaints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging itself, and pytest's own handler, complain of arguments that do not fit."""
    monkeypatch.setattr(logging, "raiseExceptions", False)


@pytest.mark.usefixtures("listening")
class TestWhatIsFound:
    """Every way into a log."""

    @pytest.mark.parametrize("write", WAYS)
    def test_a_secret(self, write: Write, heard: list[Logged]) -> None:
        write(SECRET)
        assert kinds(heard) == ["secret"]

    @pytest.mark.parametrize("write", WAYS)
    def test_a_token(self, write: Write, tenant: Tenant, heard: list[Logged]) -> None:
        write(tenant.issue_token(["email_send"]))
        assert kinds(heard) == ["token"]

    @pytest.mark.parametrize("write", WAYS)
    def test_nothing(self, write: Write, heard: list[Logged]) -> None:
        """What looks like neither is neither, however it is logged."""
        write("email_send")
        assert heard == []

    def test_a_secret_as_in_a_url(self, heard: list[Logged]) -> None:
        LOGGER.warning("GET /?client_secret=%s", quote(SECRET, safe=""))
        assert kinds(heard) == ["secret"]

    def test_a_secret_in_a_header_of_http_basic(self, tenant: Tenant, heard: list[Logged]) -> None:
        pair = b64encode(f"{tenant.client_id}:{tenant.client_secret}".encode()).decode()
        LOGGER.warning("sent Authorization: Basic %s", pair)
        assert kinds(heard) == ["secret"]

    def test_both_in_one_record(self, tenant: Tenant, heard: list[Logged]) -> None:
        LOGGER.warning("%s gave %s", SECRET, tenant.issue_token())
        assert kinds(heard) == ["secret", "token"]

    def test_a_part_of_a_token(self, tenant: Tenant, heard: list[Logged]) -> None:
        """Its beginning alone opens nothing: so code shows which token it means."""
        LOGGER.warning("got %s...", tenant.issue_token()[:8])
        assert heard == []

    @pytest.mark.parametrize("wrap", [Shy, str.encode, lambda text: {"a": [text]}])
    def test_deep_in_extra(self, wrap: Callable[[str], object], heard: list[Logged]) -> None:
        """What a formatter writes as JSON, or as text."""
        LOGGER.warning("logging in", extra={"body": wrap(SECRET)})
        assert kinds(heard) == ["secret"]

    def test_a_record_that_cannot_be_written(self, heard: list[Logged]) -> None:
        """The code under test does not get to see the error: it would not without us."""
        LOGGER.warning("logging in with %s and %s", SECRET, Mute())
        assert kinds(heard) == ["secret"]

    @pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.CRITICAL])
    def test_at_every_level_that_is_logged(self, level: int, heard: list[Logged]) -> None:
        """What a logger drops comes into no log."""
        LOGGER.setLevel(level)
        try:
            LOGGER.log(level - 1, SECRET)
            assert heard == []
            LOGGER.log(level, SECRET)
        finally:
            LOGGER.setLevel(logging.NOTSET)
        assert [each.level for each in heard] == [logging.getLevelName(level)]


@pytest.mark.usefixtures("listening")
def test_it_is_told_where_and_not_what(heard: list[Logged]) -> None:
    """Logger, level, file and line; the secret goes into no report."""
    in_the_message(SECRET)
    (logged,) = heard
    line = in_the_message.__code__.co_firstlineno + 1
    assert (logged.logger, logged.level) == ("mailer", "WARNING")
    assert logged.where == f"test_log_listener.py:{line}"
    assert SECRET not in repr(logged)


@pytest.mark.usefixtures("listening")
class TestWhose:
    """Secrets are told by whose they are, tokens by their form too."""

    def test_another_tenants_secret(self, heard: list[Logged]) -> None:
        """One that has ended, or that never was, has no secret to keep."""
        in_the_message(build("AnotherSecretOfAnotherTenant").client_secret)
        assert heard == []

    def test_another_tenants_token(self, heard: list[Logged]) -> None:
        """A token is one by its form: the code does with its own as it does with this."""
        in_the_message(build("AnotherSecretOfAnotherTenant").issue_token())
        assert kinds(heard) == ["token"]


def test_any_living_tenants_secret(tenant: Tenant, heard: list[Logged]) -> None:
    """Whoever lives when it is logged is asked."""
    living: list[Tenant] = []
    listener = LogListener(lambda: map(core_of, living), heard.append)
    listener.listen()
    in_the_message(SECRET)
    assert heard == []
    living += [build("AnotherSecretOfAnotherTenant"), tenant]
    in_the_message(SECRET)
    listener.rest()
    assert kinds(heard) == ["secret"]


class TestWhen:
    """From `listen` to as many `rest`."""

    def test_not_before(self, listener: LogListener, heard: list[Logged]) -> None:
        in_the_message(SECRET)
        listener.listen()
        listener.rest()
        assert heard == []

    def test_not_after(self, listener: LogListener, heard: list[Logged]) -> None:
        listener.listen()
        listener.rest()
        in_the_message(SECRET)
        assert heard == []

    def test_to_the_end_of_the_outermost_window(
        self, listener: LogListener, heard: list[Logged]
    ) -> None:
        """A block within a test rests for itself, not for the test; a record counts once."""
        listener.listen()
        listener.listen()
        in_the_message(SECRET)
        listener.rest()
        in_the_message(SECRET)
        listener.rest()
        in_the_message(SECRET)
        assert kinds(heard) == ["secret", "secret"]

    def test_again(self, listener: LogListener, heard: list[Logged]) -> None:
        """The next test listens anew."""
        listener.listen()
        listener.rest()
        listener.listen()
        in_the_message(SECRET)
        listener.rest()
        assert kinds(heard) == ["secret"]

    def test_nothing_is_left_behind(self, listener: LogListener) -> None:
        """The root logger has the handlers that it had."""
        before = list(logging.getLogger().handlers)
        listener.listen()
        assert listener in logging.getLogger().handlers
        listener.rest()
        assert logging.getLogger().handlers == before


@pytest.mark.usefixtures("listening")
def test_a_logger_that_keeps_its_records_keeps_them_from_us(heard: list[Logged]) -> None:
    """What does not reach the root logger is not heard."""
    LOGGER.propagate = False
    try:
        in_the_message(SECRET)
    finally:
        LOGGER.propagate = True
    assert heard == []
