"""The rows that are about one token request by requests or aiohttp, beside a mock of its own."""

from __future__ import annotations

import asyncio
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from calls import living_tenant, login
from runs import measure_in_test
from timing import NotMeasured, alternate, per_call

if TYPE_CHECKING:
    from timing import Pair, Scale

URL = "https://mc0123456789abcdefghijklmnop.auth.marketingcloudapis.com/v2/token"
BODY = login("0" * 24, "0" * 24)
ANSWER = {
    "access_token": "0" * 512,
    "token_type": "Bearer",
    "expires_in": 1079,
    "scope": "email_send",
    "soap_instance_url": "https://mc0123456789abcdefghijklmnop.soap.marketingcloudapis.com/",
    "rest_instance_url": "https://mc0123456789abcdefghijklmnop.rest.marketingcloudapis.com/",
}


def request_by_requests(scale: Scale) -> list[Pair]:
    """Ask a tenant by one session of requests, and a static answer of responses."""
    requests, responses = _installed("requests", "responses")
    session = requests.Session()

    def ours() -> float:
        with living_tenant() as tenant:
            url, body = f"{tenant.auth_url}v2/token", login(tenant.client_id, tenant.client_secret)
            return per_call(partial(session.post, url, json=body), scale.calls)

    def theirs() -> float:
        with responses.RequestsMock() as mock:
            mock.post(URL, json=ANSWER)
            return per_call(partial(session.post, URL, json=BODY), scale.calls)

    with session:
        return measure_in_test(partial(alternate, scale.rounds, ours, theirs))


def request_by_aiohttp(scale: Scale) -> list[Pair]:
    """Ask a tenant by one session of aiohttp, and a static answer of aioresponses."""
    aiohttp, aioresponses = _installed("aiohttp", "aioresponses")

    with asyncio.Runner() as runner:

        async def ask(session: Any, url: str, body: dict[str, str]) -> None:  # noqa: ANN401
            for _ in range(scale.calls):
                async with session.post(url, json=body) as answer:
                    await answer.read()

        def each(url: str, body: dict[str, str]) -> float:
            """Tell what one takes; all are of one run of the loop, whose start costs both."""
            return per_call(lambda: runner.run(ask(session, url, body)), 1) / scale.calls

        def ours() -> float:
            with living_tenant() as tenant:
                client = login(tenant.client_id, tenant.client_secret)
                return each(f"{tenant.auth_url}v2/token", client)

        def theirs() -> float:
            with aioresponses.aioresponses() as mock:
                mock.post(URL, payload=ANSWER, repeat=True)
                return each(URL, BODY)

        async def open_session() -> Any:  # noqa: ANN401
            return aiohttp.ClientSession()

        session = runner.run(open_session())
        try:
            theirs()
            # aioresponses makes aiohttp note the whole stack for each answer.
            return measure_in_test(partial(alternate, scale.rounds, ours, theirs))
        except TypeError:  # aioresponses, to 0.7.9 at least, builds answers as aiohttp 3.13 does
            raise NotMeasured('aioresponses needs pip install "aiohttp<3.14"') from None
        finally:
            runner.run(session.close())


def _installed(client: str, mock: str) -> tuple[Any, Any]:
    """Import a library and what mocks it.

    Raises:
        NotMeasured: one of them is not here.
    """
    try:
        return import_module(client), import_module(mock)
    except ImportError:
        raise NotMeasured(f"pip install {client} {mock}") from None
