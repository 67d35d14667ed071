"""What a user may do: profiles of ours, and the words for single permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from catalogues import routes_of
from measuring import unmeasured

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.model import Permission
from pytest_mcscopes.catalogue.permissions import PROFILES, known_permissions, permissions_for
from pytest_mcscopes.config import Profile, UserConfig
from pytest_mcscopes.errors import ConfigError

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.catalogue import Catalogue

WAYS = (
    "Write its id (5), a scope (email_send), a family of scopes (email), or its object type and"
    " operation (Email Send). The command mcscopes explain 5 tells what a permission goes with."
)
NEWER = Permission(id=9001, object_type="Flow", operation="Run", name="Run Flows")
RENAMED = Permission(id=5, object_type="E-Mail", operation="Look", name="Look")


@pytest.fixture
def catalogue() -> Catalogue:
    """The packaged catalogue."""
    return load_catalogue()


def ids(config: UserConfig, catalogue: Catalogue) -> list[int]:
    """Give the ids of what a user may do."""
    return [each.id for each in permissions_for(config, catalogue)]


def words_of(catalogue: Catalogue, profile: Profile) -> set[str]:
    """Give the operations of a profile's permissions."""
    return {each.operation for each in permissions_for(UserConfig(profile=profile), catalogue)}


def test_every_profile_has_its_rule() -> None:
    """No profile can be named that has none."""
    assert tuple(PROFILES) == get_args(Profile)


def test_everything_is_all_that_has_an_id(catalogue: Catalogue) -> None:
    """Those of the userinfo sample, and that which only the table of REST permissions has."""
    assert ids(UserConfig(profile="everything"), catalogue) == sorted({*catalogue.permissions, 600})


def test_every_call_can_be_allowed(catalogue: Catalogue) -> None:
    """No route needs a permission that even a user with everything lacks."""
    needed = {number for route in routes_of(catalogue) for number in route.permission_ids}
    assert needed <= set(known_permissions(catalogue))


def test_who_only_reads(catalogue: Catalogue) -> None:
    """The operations are View, Access and Read; those that merely begin so are not."""
    assert words_of(catalogue, "read_only") == {"View", "Access"}
    assert 5 in ids(UserConfig(profile="read_only"), catalogue)


def test_who_sends_nothing(catalogue: Catalogue) -> None:
    """No permission is left that sends, by its words or by a scope that it goes with."""
    everything = permissions_for(UserConfig(profile="everything"), catalogue)
    kept = permissions_for(UserConfig(profile="all_but_send"), catalogue)
    assert {f"{each.object_type} {each.operation}" for each in everything if each not in kept} == {
        "ABTestSend ABTestSendDates",
        "ABTestSend Schedule",
        "AllSubscribersList Send",
        "Audience Send",
        "Email Send",
        "Email TestSend",
        "EmailSendDefinition Send",
        "EmailSendDefinition TestSend",
        "Group Send",
        "GroupConnectOTTChatMessaging Send",
        "List Send",
        "MobileConnect ScheduleandSendMessage",
        "MobilePush ScheduleandSendMessage",
        "SMSTriggeredSend Send",
        "SalesforceSend Schedule",
        "SalesforceSendV5 Send",
        "TriggeredSendDefinition Create",
        "TriggeredSendDefinition Start",
        "Xpress Send",
        "Xpress SendEmailToList",
        "Xpress SendToDataExtensions",
        "Xpress SendToFilters",
        "Xpress SendToGroups",
        "Xpress SendToLists",
        "Xpress SendToSharedDataExtensions",
    }


def test_no_call_that_sends_is_left_to_who_sends_nothing(catalogue: Catalogue) -> None:
    """Where a route of a `_send` scope alone tells its permissions, none of them is held."""
    held = set(ids(UserConfig(profile="all_but_send"), catalogue))
    sending = [
        route
        for route in routes_of(catalogue)
        if any(scope.endswith("_send") for scope in route.all_of or ()) and route.permission_ids
    ]
    assert len(sending) > 10
    assert [route.label for route in sending if held.issuperset(route.permission_ids)] == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(UserConfig(profile="nothing"), [], id="nothing"),
        pytest.param(UserConfig(permissions=(9, 5)), [5, 9], id="no profile, but permissions"),
        pytest.param(UserConfig(observed=(NEWER,)), [9001], id="no profile, but an answer"),
        pytest.param(
            UserConfig(permissions=("5",), observed=(NEWER, RENAMED)), [5, 9001], id="both"
        ),
        pytest.param(
            UserConfig(permissions=("email_send",), without=("Email TestSend", 300)),
            [9, 75, 152],
            id="fewer",
        ),
        pytest.param(
            UserConfig(observed=(NEWER, RENAMED), without=("flow run",)), [5], id="fewer of both"
        ),
        pytest.param(UserConfig(profile="nothing", without=(5,)), [], id="fewer than none"),
    ],
)
def test_profile_and_words_add_up(
    config: UserConfig, expected: list[int], catalogue: Catalogue
) -> None:
    """Profile, permissions and real answer are put together; then some are taken away."""
    assert ids(config, catalogue) == expected


def test_nothing_said_is_everything(catalogue: Catalogue) -> None:
    """A user of whom nothing is told may do all, less what is taken away."""
    everything = ids(UserConfig(profile="everything"), catalogue)
    assert ids(UserConfig(), catalogue) == everything
    assert ids(UserConfig(without=(4,)), catalogue) == everything[1:]


def test_a_real_answer_is_told_in_its_own_words(catalogue: Catalogue) -> None:
    """Where the answer names a permission otherwise than the catalogue, it is believed."""
    config = UserConfig(profile="read_only", observed=(RENAMED,))
    assert permissions_for(config, catalogue)[0] == RENAMED


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param(9, [9], id="id"),
        pytest.param("9", [9], id="digits"),
        pytest.param(600, [600], id="id of the REST table alone"),
        pytest.param("email_send", [9, 10, 75, 152, 300], id="scope"),
        pytest.param("accounts_write", [220, 286], id="scope, of which some rows have no id"),
        pytest.param("data_extensions", [97, 98, 100, 101, 452], id="family, as ids begin"),
        pytest.param("Data Extensions", [97, 98, 100, 101, 452], id="family, as labels read"),
        pytest.param("organizations", [220, 286], id="family of another label"),
        pytest.param("Email Send", [9], id="name"),
        pytest.param("email | send", [9], id="name with a bar"),
        pytest.param("Email Test Send", [10], id="name as shown"),
        pytest.param("data extension view", [97], id="name in plain words"),
        pytest.param("Email View", [5], id="operation before name"),
        pytest.param("SocialPages EditNameIconDescription", [1205], id="a blank at the data's end"),
    ],
)
def test_words(word: int | str, expected: list[int], catalogue: Catalogue) -> None:
    """A permission goes by its id, by scope or family that it goes with, or by name."""
    assert ids(UserConfig(permissions=(word,)), catalogue) == expected


def test_each_permission_can_be_named(catalogue: Catalogue) -> None:
    """Object type and operation mean that one, and no family of scopes."""
    known = known_permissions(catalogue).values()
    names = tuple(f"{each.object_type} | {each.operation}" for each in known)
    found = [unmeasured(ids)(UserConfig(permissions=(name,)), catalogue) for name in names]
    assert found == [[each.id] for each in known]


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        pytest.param(
            UserConfig(permissions=(99999,)),
            f'user "Example User": permissions: unknown permission "99999". {WAYS}',
            id="id",
        ),
        pytest.param(
            UserConfig(name="Ada", without=("emial",)),
            f'user "Ada": without: unknown permission "emial". Did you mean "email"? {WAYS}',
            id="family",
        ),
        pytest.param(
            UserConfig(permissions=("emial_send",)),
            'user "Example User": permissions: unknown permission "emial_send".'
            f' Did you mean "email_send"? {WAYS}',
            id="scope",
        ),
        pytest.param(
            UserConfig(permissions=("no_such_thing_at_all",)),
            f'user "Example User": permissions: unknown permission "no_such_thing_at_all". {WAYS}',
            id="nothing near",
        ),
        pytest.param(
            UserConfig(permissions=("Email Sned",)),
            'user "Example User": permissions: unknown permission "Email Sned".'
            f' Did you mean "Email Send"? {WAYS}',
            id="name",
        ),
        pytest.param(
            UserConfig(permissions=("9" * 5000,)),
            f'user "Example User": permissions: unknown permission "{"9" * 5000}". {WAYS}',
            id="more digits than Python reads",
        ),
        pytest.param(
            UserConfig(permissions=("AudienceBuilder Edit",)),
            'user "Example User": permissions: "AudienceBuilder Edit" is 2 permissions.'
            " Write AudienceBuilder Update (457) or AudienceBuilder UpdateOthers (462).",
            id="two of a name",
        ),
        pytest.param(
            UserConfig(permissions=("offline",)),
            'user "Example User": permissions: "offline" goes with no permission that the catalogue'
            " knows, so it would say nothing. Name the permissions that are meant, by id or by"
            " object type and operation.",
            id="scope without permission",
        ),
        pytest.param(
            UserConfig(permissions=("webhooks",)),
            'user "Example User": permissions: "webhooks" goes with no permission that the'
            " catalogue knows, so it would say nothing. Name the permissions that are meant, by id"
            " or by object type and operation.",
            id="family without permission",
        ),
    ],
)
def test_words_that_mean_nothing(config: UserConfig, complaint: str, catalogue: Catalogue) -> None:
    """The word is told with what may have been meant; none is without effect."""
    with pytest.raises(ConfigError) as told:
        permissions_for(config, catalogue)
    assert str(told.value) == f"MCSCOPES: {complaint}"


def test_a_door_is_named(catalogue: Catalogue) -> None:
    """An error names the door that the words came through, where it is known."""
    with pytest.raises(ConfigError, match=r"^MCSCOPES: the mc_user fixture: permissions: unknown"):
        permissions_for(UserConfig(permissions=(0,)), catalogue, "the mc_user fixture")
