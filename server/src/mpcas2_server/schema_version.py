"""Whether the database is at the version that this code needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from mpcas2_core.database.migrate import latest, load

if TYPE_CHECKING:
    from mpcas2_core.database import Database

__all__ = ("UNMIGRATED", "is_migrated")

UNMIGRATED = "The database is not migrated. Run `mpcas2 migrate`."


async def is_migrated(database: Database) -> bool:
    """Tells whether what all tenants share is at this code's version, or at a later one.

    Args:
        database: To look at.

    Raises:
        OSError: The database does not answer.
        asyncpg.PostgresError: It refuses to.
    """
    try:
        async with database.public() as connection:
            current = await connection.fetchval("SELECT max(name) FROM _public_migrations")
    except asyncpg.UndefinedTableError:
        return False
    return (current or "") >= latest(load("public"))
