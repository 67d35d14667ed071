"""What the `mc_cloud` fixture gives: tenants of any life."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..arguments.calls import takes
from ..arguments.keywords import FLAG, Kind, is_list
from ..config import PackageConfig
from ..errors import ConfigError
from ..settings.packages import lay_over_manifest, package_kinds, package_settings
from ..settings.users import read_user
from ..tenant.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..config import UserConfig
    from .tenant_builder import TenantBuilder

_LIST = Kind(is_list, "a list of mappings, of the keywords of one each", or_none=False)


class MarketingCloud:
    """The simulated Marketing Cloud of one test session.

    `with mc_cloud.tenant(scopes=["email_send"]) as tenant:` in a fixture of
    class, module or session scope makes a tenant that lives as long.
    """

    def __init__(self, builder: TenantBuilder) -> None:
        self._builder = builder

    def __repr__(self) -> str:
        return f"<MarketingCloud with {len(self._builder.members)} tenants>"

    @takes("mc_cloud.tenant", package_kinds, server=FLAG, packages=_LIST, users=_LIST)
    @contextmanager
    def tenant(
        self,
        *,
        packages: Sequence[Mapping[str, Any]] = (),
        users: Sequence[Mapping[str, Any]] = (),
        server: bool = False,
        **package: Any,  # noqa: ANN401 - checked by name
    ) -> Iterator[Tenant]:
        """Build a tenant that lives as long as the block.

        Args:
            server: whether it is given with the URLs of real ports, for any HTTP client.
            packages: the keywords of `mc_package`, a mapping each, where there are several; no
                others of the manifest are there then.
            users: the keywords of `mc_user`, a mapping each; the first one logs in by default.
            package: the keywords of `mc_package`, where there is one. What is not given is as the
                manifest says, or else by default.

        Raises:
            ConfigError: a setting makes no sense, or a living tenant has the same client id or
                subdomain.
        """
        catalogue, built = self._builder.catalogue, self._packages(packages, package)
        read = tuple(read_user(each, catalogue, "mc_cloud.tenant") for each in users)
        yield from live_tenant(self._builder, built, read, server=server)

    def _packages(
        self, packages: Sequence[Mapping[str, Any]], package: Mapping[str, Any]
    ) -> tuple[PackageConfig, ...]:
        if packages and package:
            raise ConfigError(
                "mc_cloud.tenant: packages=[...] and the keywords of one package"
                f" ({', '.join(package)}) are both given. Write one or the other."
            )
        builder = self._builder
        given = [
            package_settings(each, builder.catalogue, "mc_cloud.tenant")
            for each in packages or [package]
        ]
        laid = lay_over_manifest(given, builder.packages, others=not packages)
        return tuple(PackageConfig(**each) for each in laid)


def live_tenant(
    builder: TenantBuilder,
    packages: tuple[PackageConfig, ...],
    users: tuple[UserConfig, ...],
    *,
    server: bool = False,
) -> Iterator[Tenant]:
    """Build a tenant, yield it, with the URLs of real ports if *server* says so, and end it."""
    member = builder.build(packages, users)
    tenant = member.tenant
    try:
        face = Tenant(tenant)
        if server:
            with builder.serve(face) as served:
                yield served
        else:
            yield face
    except BaseException:
        if tenant.made_blocks is not None:
            tenant.made_blocks.end(aborted=True)
        raise
    finally:
        builder.end(member)
    if tenant.made_blocks is not None:
        tenant.made_blocks.refuse_unfinished()
