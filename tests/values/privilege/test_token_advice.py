"""What to request instead, where a user logs in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from facts import words
from user_cases import ASSETS, SEND, ask, call, case

from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import TokenRequested


class TestRequestScope:
    """The advice keeps `offline` where a user logs in: the refresh after a log-out needs it."""

    @pytest.mark.parametrize(
        ("requests", "step"),
        [
            pytest.param(
                [ask("email_read email_send offline", "authorize"), ask(None)],
                'Request scope="email_send offline" instead.',
                id="named",
            ),
            pytest.param(
                [ask(None, "authorize"), ask(None)],
                'Request scope="email_send offline"; or, if the client cannot send a scope, assign'
                ' the package just that: @pytest.mark.mc_package(scopes=["email_send", "offline"]),'
                " and the same on the real Installed Package.",
                id="by omission",
            ),
            pytest.param(
                [ask("email_read email_send", "authorize"), ask(None)],
                'Request scope="email_send" instead.',
                id="not requested",
            ),
            pytest.param(
                [ask("email_read email_send offline", "client_credentials")],
                'Request scope="email_send" instead.',
                id="no user",
            ),
        ],
    )
    def test_offline_is_kept(self, requests: list[TokenRequested], step: str) -> None:
        text = render(judge([case("email_send", *requests, call(SEND, "email_send"))]))
        assert re.sub(r"\s+", " ", text).partition(" More: ")[0].endswith(step)

    def test_so_it_is_where_a_smaller_set_may_do(self) -> None:
        """With and without the scope that a doubtful row may need."""
        wide = "documents_and_images_read email_send offline push_read"
        given = case(
            "documents_and_images_read email_send",
            ask(wide, "authorize"),
            ask(wide),
            call(SEND, wide),
            call(ASSETS, wide),
            assigned=words(wide),
        )
        text = re.sub(r"\s+", " ", render(judge([given])))
        assert 'Request scope="documents_and_images_read email_send offline" instead.' in text
        assert 'and request scope="email_send offline": GET /asset/v1/assets' in text

    def test_so_it_is_where_the_calls_are_the_measure(self) -> None:
        wide = "documents_and_images_read email_send offline push_read"
        given = case(None, ask(wide, "authorize"), ask(wide), call(SEND, wide), call(ASSETS, wide))
        text = re.sub(r"\s+", " ", render(judge([given])))
        assert 'Request scope="email_send offline" instead.' in text
        assert 'Or request scope="documents_and_images_read email_send offline", if' in text
