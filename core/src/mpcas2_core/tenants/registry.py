"""The register of tenants: created in one transaction, resolved on every request."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec
import uuid_utils.compat as uuids

from mpcas2_core.database.migrate import Migration, latest, load, migrate_schema
from mpcas2_core.database.pool import Connection, Database
from mpcas2_core.database.scope import Tenant, TenantBehind, TenantUnavailable, schema_of
from mpcas2_core.vault import Vault

__all__ = ("TenantRow", "Tenants")


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant as the operator sees it."""

    id: UUID
    name: str
    status: str
    schema_version: str
    created_at: str


class Tenants:
    """The tenants of this installation.

    Args:
        database: Where they are.
        vault: Makes the data key of a new one.
        migrations: The tenant migrations that this code brings; others are for tests.
    """

    def __init__(
        self, database: Database, vault: Vault, migrations: Sequence[Migration] | None = None
    ) -> None:
        self._database = database
        self._vault = vault
        self._migrations = tuple(load("tenant") if migrations is None else migrations)
        self.version = latest(self._migrations)

    async def create(self, connection: Connection, name: str) -> Tenant:
        """Makes a tenant with its schema and key inside the caller's open transaction.

        Args:
            connection: Has a transaction open; the tenant is there when it commits.
            name: Name for people.
        """
        tenant_id = uuids.uuid7()
        schema = schema_of(tenant_id)
        await connection.execute(
            "INSERT INTO public.tenants (id, name, schema_name, schema_version) "
            "VALUES ($1, $2, $3, '')",
            tenant_id,
            name,
            schema,
        )
        await connection.execute(f'CREATE SCHEMA "{schema}"')
        await migrate_schema(connection, schema, self._migrations, tenant_id=tenant_id, name=name)
        await self._vault.create_tenant_key(connection, tenant_id)
        return Tenant(id=tenant_id, name=name, schema=schema)

    async def resolve(self, tenant_id: UUID) -> Tenant:
        """Gives the tenant that a verified token or a claimed job names.

        Raises:
            TenantUnavailable: There is none of that id, or it is suspended or deleted.
            TenantBehind: Its schema is older than this code.
        """
        async with self._database.public() as connection:
            row = await connection.fetchrow(
                "SELECT id, name, status, schema_version FROM public.tenants WHERE id = $1",
                tenant_id,
            )
        return self.check(tenant_id, row)

    def check(self, tenant_id: UUID, row: asyncpg.Record | None) -> Tenant:
        """Judges a row of ``public.tenants`` (id, name, status, schema_version).

        Raises:
            TenantUnavailable: There is no row, or the tenant is suspended or deleted.
            TenantBehind: Its schema is older than this code.
        """
        if row is None:
            raise TenantUnavailable(f"There is no tenant {tenant_id}.")
        if row["status"] != "active":
            raise TenantUnavailable(f"Tenant {row['name']!r} is {row['status']}.")
        if row["schema_version"] < self.version:
            raise TenantBehind(
                f"Tenant {row['name']!r} is at {row['schema_version'] or 'no version'}, this code "
                f"needs {self.version}. Run `mpcas2 migrate`."
            )
        return Tenant(id=tenant_id, name=row["name"], schema=schema_of(tenant_id))

    async def list(self) -> list[TenantRow]:
        """Gives all tenants, the oldest first."""
        async with self._database.public() as connection:
            rows = await connection.fetch(
                "SELECT id, name, status, schema_version, created_at FROM public.tenants "
                "ORDER BY created_at, id"
            )
        return [
            TenantRow(
                id=row["id"],
                name=row["name"],
                status=row["status"],
                schema_version=row["schema_version"],
                created_at=row["created_at"].isoformat(),
            )
            for row in rows
        ]
