"""Who else answers for httpx, and how it leaves a tenant's requests alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Something that takes every request of httpx, those to a tenant too."""

    name: str
    way_out: str


TAKERS = {
    "pytest_httpx": Taker(
        name="pytest-httpx's httpx_mock",
        way_out=(
            "Mark the test"
            " @pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud), and"
            " httpx_mock leaves Marketing Cloud alone."
        ),
    ),
    "respx.mocks": Taker(
        name='respx.mock(using="httpx")',
        way_out='Leave out using="httpx": where respx answers by default, it is asked after us.',
    ),
}
"""By the module whose patch is found over ours. Never changed."""
