"""Seals what a tenant's accounts keep secret with its newest key, after :meth:`Vault.rotate`."""

from __future__ import annotations

from mpcas2_core.accounts.apps import PURPOSE as APP
from mpcas2_core.accounts.broker import PURPOSE as GRANT
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.vault import Vault

__all__ = ("reseal",)

# Table, column and purpose of everything that lasts; a connect flow is over in minutes.
_SEALED = (("grants", "sealed", GRANT), ("oauth_apps", "sealed_secret", APP))


async def reseal(database: Database, vault: Vault, tenant: Tenant) -> int:
    """Seals a tenant's grants and app secrets anew.

    What is renewed, connected or set anew meanwhile is left to whoever does that; run it again to be
    sure that nothing needs an older key.

    Args:
        database: Where they are.
        vault: Has the keys.
        tenant: Whose they are.

    Returns:
        How many were sealed anew.
    """
    await vault.load(database, tenant)
    return sum([await _column(database, vault, tenant, *one) for one in _SEALED])


async def _column(
    database: Database, vault: Vault, tenant: Tenant, table: str, column: str, purpose: str
) -> int:
    found = await database.run(
        tenant,
        lambda scope: scope.fetch(
            f"SELECT DISTINCT {column} AS sealed FROM {table} WHERE {column} IS NOT NULL"
        ),
    )
    changed = 0
    for old in (row["sealed"] for row in found):
        if vault.is_current(tenant, old):
            continue
        plain = await vault.open(database, tenant, purpose, old)
        new = vault.seal(tenant, purpose, plain)

        async def work(scope: Scope, old: bytes = old, new: bytes = new) -> str:
            return await scope.execute(
                f"UPDATE {table} SET {column} = $2 WHERE {column} = $1", old, new
            )

        changed += await database.run(tenant, work) == "UPDATE 1"
    return changed
