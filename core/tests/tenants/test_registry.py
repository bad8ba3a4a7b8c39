"""Tenants are made in one transaction and served only when they are up to date and active."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mpcas2_core.database import Database, Scope, TenantBehind, TenantUnavailable
from mpcas2_core.database.migrate import FOLDER, Migration, load, migrate
from mpcas2_core.publishing import due
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault

Story = Callable[[Database, Tenants], Awaitable[None]]


def keys() -> MasterKeys:
    return MasterKeys(base64.b64encode(os.urandom(32)).decode())


def tell(url: str, story: Story) -> None:
    async def whole() -> None:
        database = await Database.open(url, size=4)
        try:
            await story(database, Tenants(database, Vault(keys())))
        finally:
            await database.close()

    asyncio.run(whole())


async def schemas(database: Database) -> int:
    async with database.public() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%'"
        )
    return count


def test_a_tenant_is_whole_or_not_there(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: Tenants) -> None:
        async def failing() -> None:
            async with database.public() as connection, connection.transaction():
                await tenants.create(connection, "Never")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await failing()
        assert (await tenants.list(), await schemas(database)) == ([], 0)

        async with database.public() as connection, connection.transaction():
            made = await tenants.create(connection, "Acme")
        assert await tenants.resolve(made.id) == made
        (row,) = await tenants.list()
        assert (row.id, row.name, row.status) == (made.id, "Acme", "active")
        assert row.schema_version == tenants.version
        assert made.schema == f"t_{made.id.hex}"
        assert await schemas(database) == 1

    tell(fresh_database_url, story)


def test_a_name_of_a_tenant_is_only_a_name(fresh_database_url: str) -> None:
    name = 'Bobby\'; DROP SCHEMA public CASCADE; -- "%s" $1 \N{GRINNING FACE}'

    async def story(database: Database, tenants: Tenants) -> None:
        async with database.public() as connection, connection.transaction():
            made = await tenants.create(connection, name)
        assert (await tenants.resolve(made.id)).name == name

    tell(fresh_database_url, story)


def test_unknown_suspended_and_deleted_tenants_are_not_served(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: Tenants) -> None:
        with pytest.raises(TenantUnavailable, match="no tenant"):
            await tenants.resolve(uuid4())
        async with database.public() as connection, connection.transaction():
            made = await tenants.create(connection, "Acme")
        for status in ("suspended", "deleted"):
            async with database.public() as connection:
                await connection.execute("UPDATE public.tenants SET status = $1", status)
            with pytest.raises(TenantUnavailable, match=f"'Acme' is {status}"):
                await tenants.resolve(made.id)

    tell(fresh_database_url, story)


def test_a_tenant_behind_the_code_is_refused_and_served_after_the_migration(
    fresh_database_url: str, tmp_path: Path
) -> None:
    for kind in ("public", "tenant"):
        (tmp_path / kind).mkdir()
        for path in (FOLDER / kind).glob("*.sql"):
            (tmp_path / kind / path.name).write_text(path.read_text())
    (tmp_path / "tenant" / "9000_next.sql").write_text("CREATE TABLE later (id integer);")
    newer: tuple[Migration, ...] = load("tenant", tmp_path)

    async def claimed(database: Database, tenants: Tenants, job_id: UUID) -> int:
        async with database.public() as connection:
            # An hour has passed, as far as offers and leases know.
            await connection.execute(
                "UPDATE due_jobs SET next_at = now() - interval '1 minute', lease_until = NULL"
            )
            offers = await due.offer(connection, limit=10, again_after=60)
            jobs = [one.job_id for one in offers]
            assert jobs == [job_id]
            leases = await due.claim(connection, jobs, worker="w", seconds=30, tenants=tenants)
        return len(leases)

    async def story(database: Database, tenants: Tenants) -> None:
        async with database.public() as connection, connection.transaction():
            made = await tenants.create(connection, "Acme")
        job_id = uuid4()

        async def enter(scope: Scope) -> None:
            now = await scope.fetchval("SELECT now()")
            await due.add(scope, [(job_id, "bluesky", now)])

        await database.run(made, enter)
        assert await claimed(database, tenants, job_id) == 1

        updated = Tenants(database, Vault(keys()), newer)
        with pytest.raises(TenantBehind, match=r"'Acme' is at .* needs 9000_next.sql.*migrate"):
            await updated.resolve(made.id)
        assert await claimed(database, updated, job_id) == 0

        assert (await migrate(database, folder=tmp_path)).failed == {}
        assert await updated.resolve(made.id) == made
        assert await claimed(database, updated, job_id) == 1
        # Code of the version before still serves it: a rolling restart.
        assert await tenants.resolve(made.id) == made

    tell(fresh_database_url, story)
