"""Whether a tenant may use a platform now: its plugin is installed, enabled, and on for that tenant."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from mpcas2_core.database.pool import Connection, Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.plugins.host import PluginHost
from mpcas2_core.plugins.record import UnknownPlatform
from mpcas2_hookspecs import Platform

__all__ = ("PluginDisabled", "available", "require", "switch_for_tenant", "switched_off")


class PluginDisabled(UnknownPlatform):
    """The plugin that brings the platform is switched off for this tenant."""

    default_code = "PLUGIN_DISABLED"


async def switched_off(scope: Scope) -> frozenset[str]:
    """Gives the keys of the plugins that are switched off for the scope's tenant."""
    rows = await scope.fetch(
        "SELECT plugin FROM public.tenant_plugins WHERE tenant_id = $1 AND NOT enabled",
        scope.tenant.id,
    )
    return frozenset(row["plugin"] for row in rows)


async def switch_for_tenant(
    connection: Connection, tenant_id: UUID, plugin: str, *, on: bool
) -> None:
    """Switches a plugin on or off for one tenant; it holds at once, in every process.

    Args:
        connection: On ``public``.
        tenant_id: The tenant.
        plugin: The plugin's key; it need not be installed now.
        on: Whether the tenant may use it.
    """
    await connection.execute(
        "INSERT INTO tenant_plugins (tenant_id, plugin, enabled) VALUES ($1, $2, $3) "
        "ON CONFLICT (tenant_id, plugin) DO UPDATE SET enabled = excluded.enabled, "
        "changed_at = now()",
        tenant_id,
        plugin,
        on,
    )


def available(plugins: PluginHost, key: str, off: Collection[str]) -> Platform:
    """Gives a platform that a tenant may use.

    Args:
        plugins: What is installed.
        key: The platform's key.
        off: From :func:`switched_off`.

    Raises:
        UnknownPlatform: No enabled plugin brings it.
        PluginDisabled: Its plugin is switched off for the tenant.
    """
    platform = plugins.platform(key)
    plugin = plugins.plugin_of(key)
    if plugin is not None and plugin.key in off:
        raise PluginDisabled(
            f"The plugin {plugin.key!r}, which brings {platform.title}, is switched off for this "
            "tenant. Ask the operator to switch it on.",
            key=key,
        )
    return platform


async def require(database: Database, plugins: PluginHost, tenant: Tenant, key: str) -> Platform:
    """Looks up what is switched off for a tenant, then does what :func:`available` does."""
    return available(plugins, key, await database.run(tenant, switched_off))
