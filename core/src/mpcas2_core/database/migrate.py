"""Runs ordered migration files over ``public`` and over every tenant's schema.

Each schema keeps its own ledger, ``_migrations`` with a checksum per file (``public`` calls its
ledger ``_public_migrations``, as no table name may be in both). One schema is one
transaction: it is brought up whole or left as it was, so a run that is killed half-way is simply run
again. A file is plain SQL, or Python with ``async def migrate(scope)``.
"""

from __future__ import annotations

import asyncio
import hashlib
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from mpcas2_core.database.pool import Connection, Database
from mpcas2_core.database.scope import Scope, Tenant, schema_of

__all__ = (
    "Migration",
    "MigrationError",
    "MigrationReport",
    "latest",
    "load",
    "migrate",
    "migrate_schema",
)

Kind = Literal["public", "tenant"]
FOLDER = Path(__file__).parent / "migrations"
# Any two numbers do, as long as every version of the product uses the same.
LOCK_SPACE = 0x4D50
PARALLEL = 8
LOCK_TIMEOUT = "5s"
# A file may rewrite a large table, which takes longer than any statement of the product.
FILE_SECONDS = 3600.0


class MigrationError(Exception):
    """A schema could not be brought up; the message names schema, file and cause."""


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One migration file.

    Attributes:
        name: File name, ``NNNN_what.sql`` or ``.py``; its order is the order of running.
        checksum: SHA-256 of the file, in hexadecimal.
        source: The file's text.
        path: Where it is.
    """

    name: str
    checksum: str
    source: str
    path: Path


class MigrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did.

    Attributes:
        schemas: How many schemas were looked at.
        applied: How many files ran, over all schemas.
        failed: What went wrong, by schema; empty when all went well.
    """

    schemas: int
    applied: int
    failed: dict[str, str]


def load(kind: Kind, folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Reads the migration files of one kind in their order."""
    found = []
    for path in sorted((folder / kind).iterdir()):
        if path.suffix in {".sql", ".py"} and path.name[:4].isdigit():
            source = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(source.encode()).hexdigest()
            found.append(Migration(name=path.name, checksum=digest, source=source, path=path))
    return tuple(found)


def latest(migrations: Sequence[Migration]) -> str:
    """Names the version that a schema has once all these files ran."""
    return migrations[-1].name if migrations else ""


async def migrate(database: Database, *, folder: Path = FOLDER) -> MigrationReport:
    """Brings ``public`` up, then every tenant that is behind, several at a time.

    Tenants that fail are reported and do not stop the others; running it again resumes.

    Args:
        database: Where.
        folder: Where the files are; another one is for tests.

    Raises:
        MigrationError: ``public`` itself could not be brought up.
    """
    public, tenant = load("public", folder), load("tenant", folder)
    async with database.public() as connection:
        applied = await migrate_schema(connection, "public", public)
        rows = await connection.fetch(
            "SELECT id, name FROM public.tenants WHERE schema_version < $1 ORDER BY id",
            latest(tenant),
        )
    failed: dict[str, str] = {}
    gate = asyncio.Semaphore(PARALLEL)

    async def bring_up(tenant_id: UUID, name: str) -> int:
        schema = schema_of(tenant_id)
        async with gate:
            try:
                async with database.public() as connection:
                    return await migrate_schema(
                        connection, schema, tenant, tenant_id=tenant_id, name=name
                    )
            except MigrationError as error:
                failed[schema] = str(error)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                failed[schema] = f"{schema}: no connection ({type(error).__name__}: {error})."
            return 0

    applied += sum(await asyncio.gather(*(bring_up(row["id"], row["name"]) for row in rows)))
    return MigrationReport(schemas=1 + len(rows), applied=applied, failed=failed)


async def migrate_schema(
    connection: Connection,
    schema: str,
    migrations: Sequence[Migration],
    *,
    tenant_id: UUID | None = None,
    name: str = "",
) -> int:
    """Brings one schema up in one transaction, or joins the transaction that is open.

    Args:
        connection: Where.
        schema: ``public`` or a tenant's schema, which must exist.
        migrations: All files of that kind, in order.
        tenant_id: Whose schema it is; its version is noted in ``public.tenants``.
        name: The tenant's name, for Python migrations.

    Returns:
        How many files ran.

    Raises:
        MigrationError: A file failed, or one that ran before has changed since.
    """
    current = "(ledger)"
    ledger = "_migrations" if tenant_id else "_public_migrations"
    try:
        async with connection.transaction():
            await connection.execute(f'SET LOCAL search_path = "{schema}"')
            # Whoever migrates this schema at the same time may take long; only the locks that keep
            # the product waiting are asked for briefly.
            await connection.execute("SET LOCAL lock_timeout = 0")
            await connection.execute(
                "SELECT pg_advisory_xact_lock($1, hashtext($2))",
                LOCK_SPACE,
                schema,
                timeout=FILE_SECONDS,
            )
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {ledger} (name text PRIMARY KEY, "
                "checksum text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
            )
            done = {
                row["name"]: row["checksum"]
                for row in await connection.fetch(f"SELECT name, checksum FROM {ledger}")
            }
            applied = 0
            for migration in migrations:
                current = migration.name
                if migration.name in done:
                    _compare(migration, done[migration.name], schema)
                    continue
                await _apply(connection, migration, tenant_id, name, schema)
                await connection.execute(
                    f"INSERT INTO {ledger} (name, checksum) VALUES ($1, $2)",
                    migration.name,
                    migration.checksum,
                )
                applied += 1
            if tenant_id:
                await connection.execute(
                    # An older version of the code may run at the same time: never step back.
                    "UPDATE public.tenants SET schema_version = greatest(schema_version, $2) "
                    "WHERE id = $1",
                    tenant_id,
                    latest(migrations),
                )
            await connection.execute('SET LOCAL search_path = "public"')
    except MigrationError:
        raise
    except Exception as error:
        # A Python step may raise anything, and no failing tenant may stop the others.
        raise MigrationError(
            f"{schema}: {current} failed ({type(error).__name__}: {error}); nothing of this schema "
            "was changed. Mend the cause and run `mpcas2 migrate` again."
        ) from error
    return applied


async def _apply(
    connection: Connection, migration: Migration, tenant_id: UUID | None, name: str, schema: str
) -> None:
    if migration.path.suffix == ".sql":
        await connection.execute(migration.source, timeout=FILE_SECONDS)
        return
    step = runpy.run_path(str(migration.path))["migrate"]
    tenant = Tenant(id=tenant_id or UUID(int=0), name=name, schema=schema)
    await step(Scope(tenant, connection))


def _compare(migration: Migration, checksum: str, schema: str) -> None:
    if checksum != migration.checksum:
        raise MigrationError(
            f"{schema}: {migration.name} ran before with another content. Migration files are never "
            "edited: restore the file and put the change into a new one."
        )
