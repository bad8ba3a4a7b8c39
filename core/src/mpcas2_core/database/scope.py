"""What code sees of a tenant's data: one transaction, in one schema, and nothing behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import msgspec

if TYPE_CHECKING:
    from mpcas2_core.database.pool import Connection

__all__ = ("Scope", "Tenant", "TenantBehind", "TenantUnavailable", "schema_of")


class TenantUnavailable(Exception):
    """The tenant is not there, suspended or deleted."""


class TenantBehind(Exception):
    """The tenant's schema is older than the code; ``mpcas2 migrate`` brings it up."""


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant that may be served, as resolved from a verified token or from a claimed job.

    Attributes:
        id: The tenant's id.
        name: Its name.
        schema: Its schema, always ``t_`` and the id in hexadecimal.
    """

    id: UUID
    name: str
    schema: str


def schema_of(tenant_id: UUID) -> str:
    """Names the schema of a tenant. Only hexadecimal digits enter the name."""
    return f"t_{tenant_id.hex}"


class Scope:
    """One transaction in one tenant's schema.

    The schema stands alone on the search path, so a table that the tenant lacks is an error and
    never falls through to another schema. Shared tables are named as ``public.<table>``.
    """

    __slots__ = ("_connection", "tenant")

    def __init__(self, tenant: Tenant, connection: Connection) -> None:
        self.tenant = tenant
        self._connection = connection

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Runs a statement and gives its rows."""
        return await self._connection.fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """Runs a statement and gives its first row, or None."""
        return await self._connection.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """Runs a statement and gives the first value of its first row, or None."""
        return await self._connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Runs a statement and gives its command tag."""
        return await self._connection.execute(sql, *args)

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for many rows in one batch."""
        await self._connection.executemany(sql, rows)
