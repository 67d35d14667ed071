"""What may stand between a client in this process and a tenant's ports, and how it is found.

Mocks of HTTP libraries, and pytest-socket: known by their patches and errors, never imported.
"""

from __future__ import annotations

import re
import socket
import sys
from traceback import walk_tb
from typing import TYPE_CHECKING
from urllib.request import getproxies_environment, proxy_bypass
from warnings import catch_warnings

from respx.mocks import Mocker

from ..errors import McScopesError
from ..ledger.interceptor_texts import INTERCEPTORS
from .loopback.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from .hosts import Hosts

_PATCHED = {
    "requests.adapters": "HTTPAdapter.send",
    "requests.sessions": "Session.send",
    "aiohttp.client": "ClientSession._request",
}
"""Where mocks put their own, by the module that has it."""
_CLIENTS = frozenset(
    {"requests", "httpx", "httpx2", "urllib", "urllib3", "aiohttp", "http", "json"}
)
"""Whose errors tell that a request failed, or that its answer was a strange one. `mc_tenant`
answers all of them that are libraries of HTTP."""
_UPON_URLLIB3 = frozenset({"requests", "niquests", "urllib3"})
SOCKETS = "pytest_socket"
_NOWHERE = 9
"""A port that nothing is sent to."""


def require_sockets() -> None:
    """Make sure that ports can be opened at all: pytest-socket may refuse every socket."""
    try:
        with catch_warnings(action="ignore"):  # pytest-socket's own: we say it better
            socket.socket().close()
    except Exception as error:
        if raised_by(error) != SOCKETS:
            raise
        raise McScopesError(
            f"a tenant's ports are sockets of {LOOPBACK}, and pytest-socket refuses every socket in"
            f" this test. {INTERCEPTORS[SOCKETS].way_out} mc_tenant needs none: it answers in"
            " process."
        ) from None


def refuser(error: BaseException | None, ports: Collection[int | None]) -> str:
    """Name what raised an error, or one that it came from, instead of calling one of the ports.

    Empty: nobody that is known to. `ports` are those that tenants have or had.
    """
    said = _refusals_in(error)
    return next((package for package, text in said if _is_about(ports, text, package)), "")


def refuser_by_name(error: BaseException | None, hosts: Iterable[str]) -> str:
    """Name what raised an error, or one that it came from, instead of calling a tenant's host.

    Empty: nobody that is known to. `hosts` are those of living tenants.
    """
    said = ((package, text.lower()) for package, text in _refusals_in(error))
    return next((package for package, text in said if any(host in text for host in hosts)), "")


def _refusals_in(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Yield which known tools raised an error, or those that it came from, and what they said."""
    for each in came_from(error):
        package = raised_by(each)
        if package in INTERCEPTORS:
            yield package, str(each)


def came_from(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from; respx lets some come from each other."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def misdirected(error: BaseException | None, hosts: Hosts, *, talked: bool) -> str:
    """Say why a connection failed: a tenant's name was looked up, or its ports have ended.

    Empty: nothing is known of it, or the error says so itself. *talked*: a tenant has had a
    request of the test, so that the error may well be about its answer.
    """
    chain = [*came_from(error)]
    failed = [each for each in chain if isinstance(each, OSError)]
    if not failed or any("MCSCOPES: " in str(each) for each in chain):
        return ""
    called = " ".join(word for each in failed for word in (str(each), *_hosts_looked_up(each)))
    host = next((name for name in hosts.live if name in called), "")
    library = _package(type(chain[0]).__module__)
    replaced = say_if_urllib3_is_replaced() if library in _UPON_URLLIB3 else ""
    if host and not talked and (library not in _CLIENTS or replaced):
        answered = "httpx, requests, urllib, aiohttp and what is built upon them"
        if replaced:
            answered = f"httpx, urllib and aiohttp: {replaced}"
        return (
            f"MCSCOPES: {library} called {host} by name, and there mc_tenant answers {answered}.\n"
            "Give this code the URLs of mc_server."
        )
    for port in re.findall(rf"{re.escape(LOOPBACK)}'?(?::|, port=)(\d+)", called):
        if built_by := hosts.ended.get(f"{LOOPBACK}:{port}"):
            return (
                f"MCSCOPES: {LOOPBACK}:{port} belongs to a tenant that ended with {built_by}.\n"
                "Build the client in a function-scoped fixture, or give it a tenant of its own life"
                " by mc_cloud."
            )
    return ""


def say_if_urllib3_is_replaced() -> str:
    """Say that another package is installed over urllib3, as urllib3-future is; empty: none is.

    Its connections are none of http.client's, and so is what requests sends by them.
    """
    kind = getattr(sys.modules.get("urllib3.connection"), "HTTPConnection", None)
    if not isinstance(kind, type) or _package(kind.__module__) != "urllib3":
        return ""
    if any(each.__module__ == "http.client" for each in kind.__mro__):
        return ""
    return (
        "urllib3-future, which niquests brings, has taken urllib3's place here, so that requests"
        " is not answered"
    )


def behind_proxy(error: BaseException | None) -> str:
    """Say that requests to a tenant's ports go to a proxy, where a failed one may have done so.

    Empty: no proxy is set, it is not for the ports, or the error is none of a request's.
    """
    proxies = getproxies_environment()
    proxy = next((f"{each}_proxy" for each in ("http", "all") if proxies.get(each)), "")
    if not proxy or proxy_bypass(LOOPBACK):
        return ""
    chain = [*came_from(error)]
    if not any(_is_of_a_request(each) for each in chain):
        return ""
    if any("MCSCOPES: " in str(each) for each in chain):
        return ""
    return (
        f"MCSCOPES: {proxy.upper()} is set and NO_PROXY does not name {LOOPBACK}: what the code"
        " sends to mc_server goes to that proxy, and nothing of it came.\nGive the code what"
        " mc_server.environment() gives, which has NO_PROXY, or set"
        f" NO_PROXY={LOOPBACK}."
    )


def _is_of_a_request(error: BaseException) -> bool:
    return isinstance(error, ConnectionError) or _package(type(error).__module__) in _CLIENTS


def _hosts_looked_up(error: BaseException) -> Iterator[str]:
    """Name the hosts that the frames of an error speak of: some errors do not say which."""
    for frame, _ in walk_tb(error.__traceback__):
        if isinstance(host := frame.f_locals.get("host"), str):
            yield host


def in_the_way(test: object, called: Collection[str]) -> str:
    """Name what refuses a tenant's ports unless it is told to let them pass; empty: nothing.

    A decorator of the test function may have done so while it ran. *called* has
    the hosts that the code was seen to call.
    """
    if _blocks_loopback():
        return SOCKETS
    there = {*_patching(), *_answering(called), *_decorating(test)}
    return next((package for package in INTERCEPTORS if package in there), "")


def raised_by(error: BaseException) -> str:
    """Name the package whose own code raised an error; empty: it was never raised."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return _package(frames[-1].f_globals.get("__name__")) if frames else ""


def _is_about(ports: Collection[int | None], text: str, package: str) -> bool:
    if package == SOCKETS:  # which knows no port, and where it refuses all, no host either
        return f'host "{LOOPBACK}"' in text or "with host" not in text
    called = re.findall(rf"{re.escape(LOOPBACK)}:(\d+)", text)
    return any(int(port) in ports for port in called)


def _blocks_loopback() -> bool:
    """Try as a client would, but with a datagram socket, which by connecting sends nothing."""
    try:
        with catch_warnings(action="ignore"), socket.socket(type=socket.SOCK_DGRAM) as client:
            client.connect((LOOPBACK, _NOWHERE))
    except Exception as error:  # noqa: BLE001 - a patched socket may raise anything
        return raised_by(error) == SOCKETS
    return False


def _patching() -> Iterator[str]:
    """Name the packages whose patches are in force."""
    for module, place in _PATCHED.items():
        patch: object = sys.modules.get(module)
        for name in place.split("."):
            patch = getattr(patch, name, None)
        # A mock of unittest's says by its side effect whose it is.
        patch = getattr(patch, "side_effect", None) or patch
        yield _package(getattr(patch, "__module__", None))


def _answering(called: Collection[str]) -> Iterator[str]:
    """Name respx, unless it lies below httpx and the code was not seen to call a port."""
    beneath = any(mocker.routers for mocker in Mocker.registry.values())
    if Mocker.registry["httpx"].routers or (LOOPBACK in called and beneath):
        yield "respx"


def _decorating(test: object) -> Iterator[str]:
    """Name the packages whose decorators lie around a test."""
    while test is not None:
        yield _package(getattr(test, "__globals__", {}).get("__name__"))
        test = getattr(test, "__wrapped__", None)


def _package(module: object) -> str:
    return str(module).partition(".")[0]
