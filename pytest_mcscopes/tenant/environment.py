"""A tenant's settings as environment variables, for code that reads them there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..cloud.http import Urls
    from ..cloud.packages import Package

_NO_PROXY = ("NO_PROXY", "no_proxy")


def settings_of(package: Package, urls: Urls, subdomain: str, enterprise_id: int) -> dict[str, str]:
    """List what a client of a package is usually configured with, by usual names."""
    return {
        "AUTH_URL": urls.auth_url,
        "REST_URL": urls.rest_url,
        "SOAP_URL": urls.soap_url,
        "SUBDOMAIN": subdomain,
        "CLIENT_ID": package.client_id,
        "CLIENT_SECRET": package.client_secret,
        "ACCOUNT_ID": str(package.account_id),
        "ENTERPRISE_ID": str(enterprise_id),
    }


def infixes_of(names: Iterable[str]) -> dict[str, str]:
    """Find, by package, what goes between prefix and setting: `web-app` becomes `WEB_APP_`.

    The first package has nothing there.

    Raises:
        ConfigError: two names become the same.
    """
    spelt: dict[str, str] = {}
    for name in names:
        infix = re.sub("[^A-Z0-9]", "_", name.upper()) + "_"
        if infix in spelt:
            raise ConfigError(
                f'environment: the packages "{spelt[infix]}" and "{name}" would both become'
                f' {infix.removesuffix("_")}. Rename one, or write environment(package="{name}").'
            )
        spelt[infix] = name
    return {name: infix if place else "" for place, (infix, name) in enumerate(spelt.items())}


def without_proxy(urls: Urls, environ: Mapping[str, str]) -> dict[str, str]:
    """Add the hosts of ports to the list of those that are called without a proxy.

    Clients read the list in capitals or in small letters: each keeps the hosts
    that it has, and one that is missing gets those of the other.
    """
    hosts = {host.partition(":")[0] for host in urls.hosts}
    listed = {name: environ[name] for name in _NO_PROXY if environ.get(name)}
    usual = next(iter(listed.values()), "")
    return {name: _joined(listed.get(name, usual), hosts) for name in _NO_PROXY}


def _joined(listed: str, hosts: Iterable[str]) -> str:
    before = [each for each in map(str.strip, listed.split(",")) if each]
    if "*" in before:  # which some clients take only where it stands alone
        return listed
    return ",".join((*before, *sorted(set(hosts).difference(before))))
