"""Migrations over a whole fleet: resumable, checked, one transaction per schema, never backwards."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.database.migrate import (
    LOCK_SPACE,
    PARALLEL,
    MigrationError,
    MigrationReport,
    load,
    migrate,
    migrate_schema,
)

T = TypeVar("T")
Found = Callable[[str, Path, list[str]], list[Tenant]]
COLOUR = "ALTER TABLE notes ADD COLUMN colour text NOT NULL DEFAULT 'grey';"
# Tenants of that name wait here for whoever holds the lock.
WAITING = COLOUR + (
    "SELECT pg_advisory_xact_lock(77) FROM public.tenants "
    "WHERE name = 'slow' AND schema_name = current_schema();"
)
RUNNER = """
import asyncio, sys
from pathlib import Path
from mpcas2_core.database import Database
from mpcas2_core.database.migrate import migrate

async def main(url, folder):
    database = await Database.open(url, size=10, application="runner")
    await migrate(database, folder=Path(folder))

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def opened(url: str, *, size: int = 10) -> AsyncIterator[Database]:
    database = await Database.open(url, size=size)
    try:
        yield database
    finally:
        await database.close()


def within(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def story() -> T:
        async with opened(url) as database:
            return await work(database)

    return asyncio.run(story())


def run(url: str, folder: Path) -> MigrationReport:
    return within(url, lambda database: migrate(database, folder=folder))


def add(folder: Path, name: str, text: str) -> None:
    (folder / "tenant" / name).write_text(text)


async def ledger(scope: Scope) -> list[str]:
    return [row["name"] for row in await scope.fetch("SELECT name FROM _migrations ORDER BY name")]


async def columns(scope: Scope) -> set[str]:
    rows = await scope.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attnum > 0"
    )
    return {row["attname"] for row in rows}


async def versions(database: Database) -> list[str]:
    async with database.public() as connection:
        rows = await connection.fetch("SELECT schema_version FROM public.tenants ORDER BY id")
    return [row["schema_version"] for row in rows]


async def waiting(connection: Any) -> int:
    """Counts the sessions that wait for the lock of slow tenants."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return count


async def until_waiting(connection: Any, number: int) -> None:
    async with asyncio.timeout(30):
        while await waiting(connection) < number:
            await asyncio.sleep(0.01)


def test_a_new_migration_runs_over_200_tenants_several_at_a_time(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    names = ["slow"] * PARALLEL + ["quick"] * (200 - PARALLEL)
    tenants = found_tenants(fresh_database_url, steps, names)
    add(steps, "0002_colour.sql", WAITING)

    async def story(database: Database) -> MigrationReport:
        async with database.public() as connection:
            await connection.execute("SELECT pg_advisory_lock(77)")
            running = asyncio.create_task(migrate(database, folder=steps))
            await until_waiting(connection, PARALLEL)
            await connection.execute("SELECT pg_advisory_unlock(77)")
            report = await running
        for tenant in tenants:
            assert await database.run(tenant, ledger) == ["0001_notes.sql", "0002_colour.sql"]
            assert "colour" in await database.run(tenant, columns)
        return report

    report = within(fresh_database_url, story)
    assert report == MigrationReport(schemas=201, applied=200, failed={})
    assert run(fresh_database_url, steps) == MigrationReport(schemas=1, applied=0, failed={})


def test_a_run_that_is_killed_half_way_is_finished_by_the_next(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    tenants = found_tenants(fresh_database_url, steps, ["quick"] * 200)
    add(steps, "0002_colour.sql", WAITING)

    async def story(database: Database) -> int:
        async with database.public() as connection:
            # Migrated in the order of their ids: the second half waits.
            await connection.execute(
                "UPDATE public.tenants SET name = 'slow' WHERE id > (SELECT id FROM public.tenants "
                "ORDER BY id OFFSET 99 LIMIT 1)"
            )
            await connection.execute("SELECT pg_advisory_lock(77)")
            command = [sys.executable, "-c", RUNNER, fresh_database_url, str(steps)]
            with subprocess.Popen(command) as runner:  # noqa: ASYNC220 - one child, for a moment
                await until_waiting(connection, PARALLEL)
                runner.send_signal(signal.SIGKILL)
            half = (await versions(database)).count("0002_colour.sql")
            await connection.execute("SELECT pg_advisory_unlock(77)")
        return half

    assert within(fresh_database_url, story) == 100

    async def whole(database: Database) -> None:
        # What the dead runner had begun may still be rolling back; its locks are waited for.
        report = await migrate(database, folder=steps)
        assert report == MigrationReport(schemas=101, applied=100, failed={})
        for tenant in tenants:
            assert await database.run(tenant, ledger) == ["0001_notes.sql", "0002_colour.sql"]
            assert await database.run(tenant, columns) == {"id", "owner", "body", "colour"}

    within(fresh_database_url, whole)


def test_a_failing_file_leaves_its_tenant_as_it_was_and_the_others_are_done(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    tenants = found_tenants(fresh_database_url, steps, ["a", "b", "c", "d"])
    bad, good = tenants[1], [tenants[0], *tenants[2:]]
    within(
        fresh_database_url,
        lambda db: db.run(bad, lambda s: s.execute("UPDATE notes SET body = 'many' WHERE id = 2")),
    )
    add(steps, "0002_colour.sql", COLOUR)
    add(steps, "0003_numbers.sql", "ALTER TABLE notes ALTER body TYPE integer USING body::integer;")

    report = run(fresh_database_url, steps)
    assert (report.schemas, report.applied) == (5, 6)
    (message,) = report.failed.values()
    assert set(report.failed) == {bad.schema}
    for words in (bad.schema, "0003_numbers.sql", "many", "mpcas2 migrate"):
        assert words in message

    async def half(database: Database) -> None:
        assert await database.run(bad, ledger) == ["0001_notes.sql"]
        assert "colour" not in await database.run(bad, columns)
        for tenant in good:
            assert len(await database.run(tenant, ledger)) == 3
        await database.run(bad, lambda s: s.execute("UPDATE notes SET body = '5' WHERE id = 2"))

    within(fresh_database_url, half)
    # The cause is mended: only what is missing runs.
    assert run(fresh_database_url, steps) == MigrationReport(schemas=2, applied=2, failed={})


def test_a_tenant_whose_schema_is_gone_is_reported(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    gone, _ = found_tenants(fresh_database_url, steps, ["a", "b"])

    async def drop(database: Database) -> None:
        async with database.public() as connection:
            await connection.execute(f'DROP SCHEMA "{gone.schema}" CASCADE')

    within(fresh_database_url, drop)
    add(steps, "0002_colour.sql", COLOUR)
    report = run(fresh_database_url, steps)
    assert (report.applied, set(report.failed)) == (1, {gone.schema})


def test_a_file_that_was_edited_after_it_ran_is_refused(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    (tenant,) = found_tenants(fresh_database_url, steps, ["a"])
    add(steps, "0001_notes.sql", "CREATE TABLE notes (id integer);")
    add(steps, "0002_colour.sql", COLOUR)
    report = run(fresh_database_url, steps)
    assert "0001_notes.sql ran before with another content" in report.failed[tenant.schema]
    assert within(fresh_database_url, lambda db: db.run(tenant, ledger)) == ["0001_notes.sql"]

    edited = next((steps / "public").glob("0001_*.sql"))
    edited.write_text(edited.read_text() + "-- edited\n")
    with pytest.raises(MigrationError, match=r"public: 0001_.* ran before with another content"):
        run(fresh_database_url, steps)


def test_a_step_in_python_works_on_the_tenant_it_is_given(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    tenants = found_tenants(fresh_database_url, steps, ["Ann", "Ben"])
    add(
        steps,
        "0002_names.py",
        "async def migrate(scope):\n"
        "    for row in await scope.fetch('SELECT id FROM notes ORDER BY id'):\n"
        "        body = f'{scope.tenant.name} {row[0]}'\n"
        "        await scope.execute('UPDATE notes SET body = $2 WHERE id = $1', row[0], body)\n",
    )
    assert run(fresh_database_url, steps).applied == 2

    async def bodies(scope: Scope) -> list[str]:
        return [row[0] for row in await scope.fetch("SELECT body FROM notes ORDER BY id")]

    found = [
        within(fresh_database_url, lambda db, t=tenant: db.run(t, bodies))  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
        for tenant in tenants
    ]
    assert found == [["Ann 1", "Ann 2", "Ann 3"], ["Ben 1", "Ben 2", "Ben 3"]]


def test_a_step_in_python_that_raises_stops_its_tenant_only(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    bad, good = found_tenants(fresh_database_url, steps, ["bad", "good"])
    add(
        steps,
        "0002_picky.py",
        "async def migrate(scope):\n"
        "    await scope.execute('DELETE FROM notes')\n"
        "    if scope.tenant.name == 'bad':\n"
        "        raise KeyError('no such thing')\n",
    )
    report = run(fresh_database_url, steps)
    assert report.applied == 1
    assert "0002_picky.py" in report.failed[bad.schema]
    assert "no such thing" in report.failed[bad.schema]

    async def notes(scope: Scope) -> int:
        count: int = await scope.fetchval("SELECT count(*) FROM notes")
        return count

    assert within(fresh_database_url, lambda db: db.run(bad, notes)) == 3
    assert within(fresh_database_url, lambda db: db.run(good, notes)) == 0


def test_two_runners_at_once_do_each_schema_once(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    tenants = found_tenants(fresh_database_url, steps, ["t"] * 40)
    add(steps, "0002_colour.sql", COLOUR)

    async def story() -> None:
        async with opened(fresh_database_url) as one, opened(fresh_database_url) as two:
            reports = await asyncio.gather(*(migrate(db, folder=steps) for db in (one, two)))
            assert [report.failed for report in reports] == [{}, {}]
            assert sum(report.applied for report in reports) == len(tenants)
            for tenant in tenants:
                assert len(await one.run(tenant, ledger)) == 2

    asyncio.run(story())


def test_code_that_is_older_than_the_database_changes_nothing(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    (tenant,) = found_tenants(fresh_database_url, steps, ["a"])
    old = load("tenant", steps)
    add(steps, "0002_colour.sql", COLOUR)
    run(fresh_database_url, steps)
    (steps / "tenant" / "0002_colour.sql").unlink()

    async def story(database: Database) -> None:
        assert (await migrate(database, folder=steps)).applied == 0
        # It may have chosen the tenant before the newer code was done with it.
        async with database.public() as connection:
            done = await migrate_schema(connection, tenant.schema, old, tenant_id=tenant.id)
        assert done == 0
        assert await versions(database) == ["0002_colour.sql"]
        assert "colour" in await database.run(tenant, columns)

    within(fresh_database_url, story)


def test_public_and_tenants_keep_ledgers_of_different_names(
    fresh_database_url: str, steps: Path, found_tenants: Found
) -> None:
    (tenant,) = found_tenants(fresh_database_url, steps, ["a"])

    async def story(database: Database) -> None:
        async with database.public() as connection:
            kept = await connection.fetch("SELECT name, checksum FROM _public_migrations")
            with pytest.raises(asyncpg.UndefinedTableError):
                await connection.fetch("SELECT name FROM _migrations")
        assert [tuple(row) for row in kept] == [
            (file.name, file.checksum) for file in load("public", steps)
        ]
        assert await database.run(tenant, ledger) == ["0001_notes.sql"]

    within(fresh_database_url, story)


def test_a_second_run_waits_for_the_first_however_long_it_takes(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mpcas2_core.database.migrate.LOCK_TIMEOUT", "10ms")

    async def story(database: Database) -> MigrationReport:
        async with database.public() as connection:
            await connection.execute("SELECT pg_advisory_lock($1, hashtext('public'))", LOCK_SPACE)
            running = asyncio.create_task(migrate(database))
            async with asyncio.timeout(30):
                while not await connection.fetchval(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' "
                    "AND classid = $1 AND now() - waitstart > interval '50 ms' AND database = "
                    "(SELECT oid FROM pg_database WHERE datname = current_database())",
                    LOCK_SPACE,
                ):
                    assert not running.done(), running
                    await asyncio.sleep(0.01)
            await connection.execute(
                "SELECT pg_advisory_unlock($1, hashtext('public'))", LOCK_SPACE
            )
            return await running

    assert within(fresh_database_url, story).failed == {}
