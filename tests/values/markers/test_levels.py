"""Where marks stand, as values: lines in files, levels of modules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.markers.closest import Readings, read_levels
from pytest_mcscopes.markers.levels import Level, unpacked
from pytest_mcscopes.markers.source_lines import find_place

if TYPE_CHECKING:
    from pytest_mcscopes.markers.levels import Declared

FILE = """\
import pytest

marks = pytest.mark
other = pytestmark = [
    marks.mc_allow("MCS201", reason="x"), marks.mc_scopes("email_read"),
]
SHARED = marks.mc_scopes("sms_read")
VALUE = "email_send"


@marks.usefixtures("tmp_path")
@marks.mc_scopes("email_send", match="at_most")
class TestMailer:
    pytestmark = marks.mc_least_privilege

    @marks.parametrize("number", [
        1, pytest.param(2, marks=marks.mc_scopes("email_send"))
    ])
    async def test_send(self): ...

    @SHARED
    def test_shared(self): ...

    @marks.mc_scopes(VALUE)
    def test_value(self): ...

    def test_plain(self): ...


def make():
    @marks.mc_scopes("push_read")
    def test_made(): ...


class TestOne:
    @marks.mc_scopes("push_read")
    def test_given(self): ...

    @marks.mc_scopes("push_read")
    def test_twice(self): ...


class TestOther:
    def test_given(self): ...

    @marks.mc_scopes("push_read")
    def test_twice(self): ...
"""


class Mark(NamedTuple):
    """A mark as a value, which `pytest.mark` makes of registered names only."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def scopes(*args: str, **kwargs: str) -> Mark:
    """Write `mc_scopes(...)`."""
    return Mark("mc_scopes", args, kwargs)


@pytest.mark.parametrize(
    ("mark", "qualname", "place"),
    [
        pytest.param(scopes("email_read"), "", (5, 42), id="module"),
        pytest.param(Mark("mc_no_token", (), {}), "", (4, 21), id="module, only the assignment"),
        pytest.param(scopes("email_send", match="at_most"), "TestMailer", (12, 1), id="class"),
        pytest.param(Mark("mc_least_privilege", (), {}), "TestMailer", (14, 17), id="class body"),
        pytest.param(scopes("email_send"), "TestMailer.test_send", (17, 33), id="parameter set"),
        pytest.param(scopes("sms_read"), "TestMailer.test_shared", (21, 5), id="by another name"),
        pytest.param(scopes("email_send"), "TestMailer.test_value", (24, 5), id="by a variable"),
        pytest.param(scopes("email_send"), "TestMailer.test_plain", (27, 4), id="added later"),
        pytest.param(scopes("push_read"), "make.<locals>.test_made", (31, 5), id="in a function"),
        pytest.param(scopes("push_read"), "TestMailer.test_gone", None, id="no such function"),
        pytest.param(scopes("push_read"), "accept.<locals>.test_given", (36, 5), id="decorated"),
        pytest.param(scopes("push_read"), "accept.<locals>.test_twice", None, id="one of several"),
    ],
)
def test_places(mark: Mark, qualname: str, place: tuple[int, int] | None, tmp_path: Path) -> None:
    """A mark is found where it is written, or else where it is put on."""
    path = tmp_path / "test_mailer.py"
    path.write_text(FILE)
    assert find_place(path, mark, qualname) == place


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    """The place is that of the file as it is now."""
    path = tmp_path / "test_mailer.py"
    for number, text in enumerate(["pytestmark = mark.mc_scopes()", "\npytestmark = 1"], start=1):
        path.write_text(text)
        os.utime(path, ns=(number, number))
        assert find_place(path, scopes()) == (number, 13)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no file"),
        pytest.param(b"def broken(:", id="no Python"),
        pytest.param(b"x = '\0'", id="no text"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_files_that_tell_nothing(content: bytes | None, tmp_path: Path) -> None:
    """Where the file cannot be read there is no place, and no error either."""
    path = tmp_path / "test_mailer.py"
    if content is not None:
        path.write_bytes(content)
    assert find_place(path, scopes("email_send")) is None


def test_marks_are_unpacked() -> None:
    """One mark or several, called or not; what is no mark is passed over."""
    bare, called = pytest.mark.skip, pytest.mark.usefixtures("tmp_path")
    assert unpacked(bare) == [bare.mark]
    assert unpacked([bare, called.mark, "slow"]) == [bare.mark, called.mark]
    assert unpacked("slow") == []


def user(*args: str, **kwargs: object) -> Mark:
    """Write `mc_user(...)`."""
    return Mark("mc_user", args, kwargs)


def declared(*levels: list[Mark]) -> Declared:
    """Read the marks of levels, the closest first."""
    marked = [cast("tuple[pytest.Mark, ...]", tuple(marks)) for marks in levels]
    return read_levels(
        [Level(marks=marks, path=Path("test_it.py")) for marks in marked],
        Readings(load_catalogue()),
    )


def test_users_are_joined_by_name() -> None:
    """Each keyword counts by itself, the closest; those of the closest level come first."""
    found = declared(
        [user(profile="read_only"), user(name="Eve", permissions=["email"])],
        [user(name="Ada", licensed=False), user(profile="nothing", locale="de-DE")],
    )
    assert found.users == (
        {"profile": "read_only", "locale": "de-DE"},
        {"name": "Eve", "permissions": ("email",)},
        {"name": "Ada", "licensed": False},
    )
    assert found.packages == ()


def test_a_user_and_a_package_may_have_one_name() -> None:
    """What a user is called is no matter of packages."""
    found = declared([user(name="Ada"), Mark("mc_package", (), {"name": "Ada"})])
    assert (found.users, found.packages) == (({"name": "Ada"},), ({"name": "Ada"},))


def allow(*rules: str) -> Mark:
    """Write `mc_allow(...)`."""
    return Mark("mc_allow", rules, {"reason": "a test"})


@pytest.mark.parametrize(
    ("levels", "allowed"),
    [
        pytest.param([[allow("MCS107")]], ["MCS107"], id="whole"),
        pytest.param([[allow("MCS201", "MCS107:bearer")]], ["MCS201", "MCS107:bearer"], id="kind"),
        pytest.param(
            [[allow("MCS107:bearer")], [allow("MCS107")]], ["MCS107:bearer"], id="closer kind"
        ),
        pytest.param([[allow("MCS107")], [allow("MCS107:bearer")]], ["MCS107"], id="closer whole"),
    ],
)
def test_allowances(levels: list[list[Mark]], allowed: list[str]) -> None:
    """A rule may be allowed whole, or for one kind of its findings; the closest mark says which."""
    assert [each.written for each in declared(*levels).allowances] == allowed


@pytest.mark.parametrize(
    ("marks", "complaint"),
    [
        pytest.param(
            [user(profile="nothing"), user(name="Example User")],
            '@pytest.mark.mc_user: two marks (mc_user) for the settings of user "Example User"'
            " stand in one place. Keep the one that is meant.",
            id="two of one name",
        ),
        pytest.param(
            [user("Ada")],
            "@pytest.mark.mc_user: it takes keywords only, got 'Ada'."
            " Write mc_user(permissions=[...]).",
            id="by position",
        ),
        pytest.param(
            [user(permissions=["offline"])],
            '@pytest.mark.mc_user: permissions: "offline" goes with no permission that the'
            " catalogue knows, so it would say nothing. Name the permissions that are meant, by id"
            " or by object type and operation.",
            id="word",
        ),
    ],
)
def test_bad_marks_of_users(marks: list[Mark], complaint: str) -> None:
    """A mark that cannot be read is told with its place."""
    with pytest.raises(ConfigError) as told:
        declared(marks)
    assert str(told.value) == (f"MCSCOPES: these marks cannot be read.\ntest_it.py\n  {complaint}")
