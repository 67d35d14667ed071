"""pysfmc from PyPI, unmodified, as the code under test: it never sends `scope`.

Each inner test is written for the async client; the sync one's text follows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    RunClient = Callable[[str], pytest.RunResult]

PREAMBLE = """
import pytest
from pysfmc import AsyncSFMCClient, SFMCClient, SFMCSettings
from pysfmc import SFMCAuthenticationError, SFMCAuthorizationError

ONE = {"id": 7, "name": "Receipts"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def settings(mc_tenant):
    lists = mc_tenant.rest.get(path__regex="/(categories|assets)$")
    lists.respond(json={"count": 1, "page": 1, "pageSize": 50, "items": [ONE]})
    mc_tenant.rest.route(path__startswith="/asset/v1/content").respond(json=ONE)
    return SFMCSettings(
        client_id=mc_tenant.client_id,
        client_secret=mc_tenant.client_secret,
        account_id=str(mc_tenant.account_id),
        subdomain=mc_tenant.subdomain,
    )
"""
ASYNC_ONLY = ("@pytest.mark.anyio\n", "async ", "await ", "Async")


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> RunClient:
    """Run inner tests with one of the two clients."""

    def run_client(source: str) -> pytest.RunResult:
        if request.param == "sync":
            for word in ASYNC_ONLY:
                source = source.replace(word, "")
        pytester.makepyfile(test_folders=PREAMBLE + source)
        return pytester.runpytest_inprocess("-p", "anyio", "-p", "pytest_mcscopes.plugin")

    return run_client


def verdict_in(result: pytest.RunResult) -> str:
    """Pick the verdict out of a run's output; the clients' texts differ in the mark's line only."""
    _, _, rest = result.stdout.str().partition(": MCSCOPES: ")
    return re.sub(r"test_folders\.py:\d+", "test_folders.py", rest.partition("\n==")[0] + "\n")


def test_on_the_default_package_it_asks_for_far_too_much(run: RunClient) -> None:
    """MCS101, and the way out for a client that cannot send a scope: a narrow package."""
    result = run(
        """
@pytest.mark.anyio
@pytest.mark.mc_scopes("documents_and_images_read")
async def test_folders_are_listed(settings):
    async with AsyncSFMCClient(settings) as client:
        answer = await client.assets.categories.get_categories()
    assert [folder.name for folder in answer.items] == ["Receipts"]
"""
    )
    result.assert_outcomes(failed=1)
    assert verdict_in(result) == (
        """\
the code under test asks Marketing Cloud for more than it needs.
  declared   documents_and_images_read          @pytest.mark.mc_scopes, test_folders.py
  requested  everything assigned (no scope parameter)
  granted    86 scopes                          package "integration" is assigned 86 scopes
                                                the default: everything
  used       documents_and_images_read          GET \
/asset/v1/content/categories (doubtful: an alternative contradicts it)
  MCS101  scope omitted: the request asks for everything that is assigned, 84 scopes (Documents and
          Images, Saved Content, Automations and 31 more families; offline not counted) more than
          declared
  note MCS108  undetermined: whether documents_and_images_read is needed: GET
               /asset/v1/content/categories (doubtful: an alternative contradicts it)
               If your tenant shows what the sources state, add it to your own catalogue entries:
                 # mcscopes.toml
                 [[route]]
                 method = "GET"
                 path = "/asset/v1/content/categories"
                 all_of = ["documents_and_images_read"]
                 # another source: email_read saved_content_read web_read
  Request scope="documents_and_images_read"; or, if the client cannot send a scope, assign the
  package just that: @pytest.mark.mc_package(scopes=["documents_and_images_read"]), and the same on
  the real Installed Package.
  More: mcscopes explain MCS101
"""
    )


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        pytest.param(
            "documents_and_images_read", "categories.get_categories()", id="lists folders"
        ),
        pytest.param(
            "documents_and_images_read", "categories.get_category_by_id(7)", id="reads a folder"
        ),
        pytest.param(
            "documents_and_images_write",
            'categories.create_category("New", 7)',
            id="makes a folder",
        ),
        pytest.param(
            "documents_and_images_write", "categories.delete_category_by_id(7)", id="drops a folder"
        ),
        pytest.param("documents_and_images_read", "query.get_assets()", id="lists assets"),
        pytest.param("documents_and_images_read", "query.get_asset_by_id(9)", id="reads an asset"),
        pytest.param(
            "saved_content_write",
            'content.create_asset("Receipt", "htmlemail", 208)',
            id="makes an asset",
        ),
        pytest.param("documents_and_images_write", "content.delete_asset(9)", id="drops an asset"),
    ],
)
def test_on_a_package_with_just_what_it_uses_it_passes(
    scope: str, call: str, run: RunClient
) -> None:
    """Leaving scope out asks for everything assigned, and here that is the minimum."""
    result = run(
        f"""
@pytest.mark.anyio
@pytest.mark.mc_package(scopes=["{scope}"])
@pytest.mark.mc_scopes("{scope}")
async def test_folders(settings):
    async with AsyncSFMCClient(settings) as client:
        await client.assets.{call}
"""
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 test judged[:,] no errors"])


def test_on_a_package_that_lacks_what_it_calls_it_is_denied(run: RunClient) -> None:
    """It raises its own error for the 403; where the code swallows that, MCS201 still fails."""
    result = run(
        """
@pytest.mark.anyio
@pytest.mark.mc_package(scopes=["documents_and_images_read"])
@pytest.mark.mc_scopes("documents_and_images_read")
async def test_folder_is_made(settings):
    async with AsyncSFMCClient(settings) as client:
        await client.assets.categories.get_categories()
        with pytest.raises(SFMCAuthorizationError, match="Insufficient Privileges"):
            await client.assets.categories.create_category("New", 7)
"""
    )
    result.assert_outcomes(failed=1)
    assert verdict_in(result) == (
        """\
the code under test calls what its token does not allow.
  declared   documents_and_images_read          @pytest.mark.mc_scopes, test_folders.py
  requested  everything assigned (no scope parameter)
  granted    documents_and_images_read          package "integration" is assigned 1 scope
  used       documents_and_images_read          GET \
/asset/v1/content/categories (doubtful: an alternative contradicts it)
  MCS201  denied call: POST /asset/v1/content/categories (documented) needs
          documents_and_images_write; the token has documents_and_images_read
  note MCS108  undetermined: whether documents_and_images_read is needed: GET
               /asset/v1/content/categories (doubtful: an alternative contradicts it)
               If your tenant shows what the sources state, add it to your own catalogue entries:
                 # mcscopes.toml
                 [[route]]
                 method = "GET"
                 path = "/asset/v1/content/categories"
                 all_of = ["documents_and_images_read"]
                 # another source: email_read saved_content_read web_read
  Drop the call, or have documents_and_images_write approved for the package "integration" and
  declared; if the denial is what you test, write the call in a block: with
  mc_tenant.expect_denied("documents_and_images_write"):
  More: mcscopes explain MCS201
"""
    )


def test_its_token_is_used_again_until_its_own_clock_says_otherwise(run: RunClient) -> None:
    """Two minutes before `expires_in` it asks again, without a scope as before: no MCS106."""
    result = run(
        """
from freezegun import freeze_time


@pytest.mark.anyio
@pytest.mark.mc_package(scopes=["documents_and_images_read"])
@pytest.mark.mc_scopes("documents_and_images_read")
async def test_folders(settings, mc_tenant):
    requests = mc_tenant.ledger.tokens
    with freeze_time("2026-11-21") as time:
        async with AsyncSFMCClient(settings) as client:
            await client.assets.categories.get_categories()
            time.tick(1079 - 120 - 1)
            await client.assets.categories.get_categories()
            assert len(requests) == 1
            time.tick(1)
            await client.assets.categories.get_categories()
            assert len(requests) == 2
"""
    )
    result.assert_outcomes(passed=1)


def test_it_does_not_try_again_when_a_token_is_refused(run: RunClient) -> None:
    """Marketing Cloud's time moves, the process's does not: the client believes in its token."""
    result = run(
        """
@pytest.mark.anyio
@pytest.mark.mc_package(scopes=["documents_and_images_read"])
@pytest.mark.mc_scopes("documents_and_images_read")
async def test_folders(settings, mc_clock):
    async with AsyncSFMCClient(settings) as client:
        await client.assets.categories.get_categories()
        mc_clock.advance(minutes=20)
        with pytest.raises(SFMCAuthenticationError, match="Not Authorized"):
            await client.assets.categories.get_categories()
"""
    )
    result.assert_outcomes(passed=1)
