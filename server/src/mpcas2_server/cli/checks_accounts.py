"""What `mpcas2 doctor` says of connected accounts: whose permission ends soon, and what could not be renewed."""

from __future__ import annotations

from mpcas2_core.database import Database, Tenant
from mpcas2_core.database.migrate import latest, load
from mpcas2_core.database.scope import Scope, schema_of
from mpcas2_core.settings import Settings
from mpcas2_server.cli.account_state import WARNED_BEFORE
from mpcas2_server.cli.finding import Finding

__all__ = ("accounts",)

# More than a person reads at one time; the first of them name the tenant to look at.
MOST = 20


async def accounts(settings: Settings) -> list[Finding]:
    """Warns of accounts of all tenants that somebody has to connect again soon.

    Args:
        settings: With the address of the database.

    Raises:
        DatabaseUnavailable: It cannot be reached.
    """
    database = await Database.open(settings.database_url or "", size=1, application="mpcas2 doctor")
    found: list[Finding] = []
    try:
        for tenant in await _served(database):
            found += await database.run(tenant, _of_tenant)
    finally:
        await database.close()
    if len(found) > MOST:
        more = Finding(
            level="warn",
            area="accounts",
            message=f"{len(found) - MOST} more accounts need somebody.",
            advice="`mpcas2 account list` shows each tenant its own.",
        )
        return [*found[:MOST], more]
    return found


async def _served(database: Database) -> list[Tenant]:
    async with database.public() as connection:
        if await connection.fetchval("SELECT to_regclass('public.tenants') IS NULL"):
            return []
        rows = await connection.fetch(
            "SELECT id, name FROM public.tenants WHERE status = 'active' "
            "AND schema_version >= $1 ORDER BY id",
            latest(load("tenant")),
        )
    return [Tenant(id=row["id"], name=row["name"], schema=schema_of(row["id"])) for row in rows]


async def _of_tenant(scope: Scope) -> list[Finding]:
    rows = await scope.fetch(
        "SELECT a.platform, a.username, g.expires_at, g.renewable, g.renewal_failure "
        "FROM social_accounts a JOIN grants g ON g.account_id = a.id "
        "WHERE a.status = 'connected' AND (g.renewal_failure IS NOT NULL "
        "OR (NOT g.renewable AND g.expires_at <= now() + $1::interval)) "
        "ORDER BY g.expires_at NULLS LAST LIMIT 100",
        WARNED_BEFORE,
    )
    found = []
    for row in rows:
        who = f"{row['platform']}:@{row['username']} of {scope.tenant.name!r}"
        if row["renewable"]:
            message = f"Renewing the permission of {who} failed: {row['renewal_failure']}"
            advice = "It is tried again every hour; if it stays, connect the account again."
        else:
            message = f"The permission of {who} ends {row['expires_at']:%Y-%m-%d %H:%M} UTC."
            advice = f"Connect it again: mpcas2 account connect {row['platform']} --account @{row['username']}"
        found.append(Finding(level="warn", area="accounts", message=message, advice=advice))
    return found
