"""Tools that answer for an HTTP library, and how each is told to leave a tenant alone."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST = "takes httpx's requests first"
_ABOVE_HTTPX = 'Leave out using="httpx": where respx answers by default, it is asked after us.'
_OWN_ANSWERS = (
    "Where it has answers of its own for Marketing Cloud's hosts, those come first: give them to"
    " mc_tenant.rest instead."
)
_UNLESS = "refuses requests to a tenant unless it is told to let them pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interceptor:
    """Something that takes requests of an HTTP library, those to a tenant too."""

    name: str
    does: str = _UNLESS
    way_out: str
    """How it leaves the ports of `mc_server` alone."""
    way_out_by_name: str = ""
    """How it leaves the hosts of `mc_tenant` alone; empty: as it leaves the ports."""


INTERCEPTORS = {
    "pytest_httpx": Interceptor(
        name="pytest-httpx's httpx_mock",
        does=_FIRST,
        way_out=(
            "Mark the test"
            " @pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud), and"
            " httpx_mock leaves Marketing Cloud alone."
        ),
    ),
    "respx.mocks": Interceptor(
        name='respx.mock(using="httpx")',
        does=_FIRST,
        way_out=_ABOVE_HTTPX,
    ),
    "pytest_socket": Interceptor(
        name="pytest-socket",
        does="refuses sockets to 127.0.0.1",
        way_out=(
            "Run pytest with --allow-hosts=127.0.0.1 beside --disable-socket, or mark the test"
            ' @pytest.mark.allow_hosts(["127.0.0.1"]); a test that is marked disable_socket, or'
            " asks for socket_disabled, must leave that out."
        ),
    ),
    "responses": Interceptor(
        name="responses",
        way_out=(
            'Write responses.add_passthru("http://127.0.0.1:") in the test, or the same of your own'
            " RequestsMock, and responses leaves the tenant's ports alone."
        ),
        way_out_by_name=(
            'Write responses.add_passthru(re.compile(r"https://[^/]+\\.marketingcloudapis\\.com"))'
            " in the test, or the same of your own RequestsMock, and mc_tenant answers."
            f" {_OWN_ANSWERS}"
        ),
    ),
    "requests_mock": Interceptor(
        name="requests-mock",
        way_out=(
            "Write"
            ' requests_mock.register_uri(ANY, re.compile("^http://127.0.0.1:"), real_http=True)'
            " in the test, or the same of your own Mocker (from requests_mock import ANY), and"
            " requests-mock leaves the tenant's ports alone."
        ),
        way_out_by_name=(
            "Write requests_mock.register_uri(ANY,"
            ' re.compile(r"^https://[^/]+\\.marketingcloudapis\\.com"), real_http=True)'
            " in the test, or the same of your own Mocker (from requests_mock import ANY), and"
            f" mc_tenant answers. {_OWN_ANSWERS}"
        ),
    ),
    "aioresponses": Interceptor(
        name="aioresponses",
        way_out=(
            'Write aioresponses(passthrough=["http://127.0.0.1"]), and it leaves the tenant\'s'
            " ports alone."
        ),
        way_out_by_name=(
            "Write aioresponses(passthrough=[mc_tenant.auth_url, mc_tenant.rest_url]), and"
            " mc_tenant answers."
        ),
    ),
    "respx": Interceptor(
        name="respx",
        way_out=(
            'Write respx.route(host="127.0.0.1").pass_through() in the test, or the same of'
            " respx_mock or your own router, and respx leaves the tenant's ports alone."
        ),
        way_out_by_name=_ABOVE_HTTPX,
    ),
}
"""By the package, or the module, whose patch or error is found. Never changed."""


def describe_refusal(package: str, *, by_name: bool) -> str:
    """Say who refused a request to a tenant, and how it lets it pass; empty: nobody known."""
    known = INTERCEPTORS.get(package)
    if known is None:
        return ""
    way_out = (by_name and known.way_out_by_name) or known.way_out
    return f"MCSCOPES: {known.name} {known.does}.\n{way_out}"
