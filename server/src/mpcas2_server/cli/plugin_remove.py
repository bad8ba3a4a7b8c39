"""``mpcas2 plugin remove``: takes a plugin away, unless posts wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import json_option
from mpcas2_server.cli.plugin_renewal import changing, confirmed, need_answer, record_of, renew
from mpcas2_server.cli.plugin_sources import pip

if TYPE_CHECKING:
    from mpcas2_core.settings import Settings

__all__ = ("remove", "waiting_posts")

_WAITING_SQL = (
    "SELECT t.id::text AS id, t.name, count(*) AS posts, "
    "count(*) FILTER (WHERE d.lease_until > now()) AS sending "
    "FROM due_jobs d JOIN tenants t ON t.id = d.tenant_id WHERE d.platform = ANY($1) "
    "GROUP BY t.id, t.name ORDER BY t.name, t.id"
)


@click.command()
@click.argument("plugin")
@click.option("--park", is_flag=True, help="Let the posts that are planned on it wait for it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(*, plugin: str, park: bool, yes: bool, as_json: bool) -> None:
    """Uninstall PLUGIN, its key or package; refused while posts are planned on it.

    With --park those posts are neither failed nor lost: each says that its
    plugin is missing, can be cancelled, and goes on when the plugin is back.

    Example: mpcas2 plugin remove acme --park
    """
    from mpcas2_core.plugins.shelf import Change  # noqa: PLC0415 - heavy

    record = record_of(plugin)
    platforms = record.platforms or (record.key,)
    waiting = waiting_posts(platforms)
    total = sum(one["posts"] for one in waiting)
    if total and not park:
        each = "; ".join(
            f"{one['name']} ({one['id']}): {one['posts']}"
            + (f", {one['sending']} being sent" if one["sending"] else "")
            for one in waiting
        )
        raise CliError(
            f"{total} post{'' if total == 1 else 's'} of {len(waiting)} "
            f"tenant{'' if len(waiting) == 1 else 's'} {'is' if total == 1 else 'are'} planned on "
            f"{record.key}: {each}.",
            hint="Cancel them, or add --park: they wait until the plugin is back.",
            exit_code=ExitCode.CONFLICT,
            code="POSTS_PLANNED",
            details={"tenants": waiting},
        )
    parked = f" {total} posts will wait for it." if total else ""
    need_answer(yes=yes, as_json=as_json)
    confirmed(f"Uninstall {record.distribution} {record.version}?{parked}", yes=yes)
    with changing() as shelf:
        pip("uninstall", "--yes", record.distribution)
        shelf.record(
            Change(
                at=datetime.now(UTC),
                action="removed",
                distribution=record.distribution,
                version=record.version,
            )
        )
    told = {
        "action": "removed",
        "plugins": [record.key],
        "distribution": record.distribution,
        "version": record.version,
        "parked": total,
    }
    renew(told, f"Removed {record.distribution} {record.version}.{parked}", as_json=as_json)


def waiting_posts(platforms: Sequence[str]) -> list[dict[str, Any]]:
    """Counts the posts that are scheduled or being sent on some networks, tenant by tenant.

    Args:
        platforms: The networks' keys.

    Returns:
        ``id``, ``name``, ``posts`` and ``sending`` of each tenant that has any.
    """
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick
    from mpcas2_server.cli.installation import installation, quiet_logs  # noqa: PLC0415 - heavy

    quiet_logs()
    settings = Settings.load()
    # Nothing can wait in a database that was never made, and none is made to look.
    if settings.database_url is None and not (settings.home / "postgres").exists():
        return []
    with installation() as found:
        return asyncio.run(_count(found, list(platforms)))


async def _count(settings: Settings, platforms: list[str]) -> list[dict[str, Any]]:
    from mpcas2_core.database import Database  # noqa: PLC0415 - heavy

    database = await Database.open(settings.database_url or "", size=1, application="mpcas2 plugin")
    try:
        async with database.public() as connection:
            if await connection.fetchval("SELECT to_regclass('public.due_jobs') IS NULL"):
                return []
            return [dict(row) for row in await connection.fetch(_WAITING_SQL, platforms)]
    finally:
        await database.close()
