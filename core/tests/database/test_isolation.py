"""200 tenants on few connections: whatever goes wrong, a scope sees its own tenant and nothing else."""

from __future__ import annotations

import asyncio
import random
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import pytest

from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.database.scope import schema_of

T = TypeVar("T")
READ = "SELECT id, owner, body FROM notes ORDER BY id"
WRITE = "UPDATE notes SET body = $1"


class Mishap(Exception):
    """What goes wrong inside a scope here."""


@asynccontextmanager
async def opened(url: str, *, size: int) -> AsyncIterator[Database]:
    database = await Database.open(url, size=size)
    try:
        yield database
    finally:
        await database.close()


async def look(scope: Scope) -> str:
    """Reads the tenant's notes and gives the one text that they all have."""
    rows = await scope.fetch(READ)
    assert len(rows) == 3
    assert {row["owner"] for row in rows} == {scope.tenant.schema}
    (body,) = {row["body"] for row in rows}
    return str(body)


async def outside_is_clean(database: Database) -> None:
    async with database.public() as connection:
        assert await connection.fetchval("SHOW search_path") == "public"
        assert not connection.is_in_transaction()
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.fetch("SELECT id FROM notes")


async def all_see_their_own(database: Database, tenants: list[Tenant]) -> None:
    await asyncio.gather(*(database.run(tenant, look) for tenant in tenants))
    await outside_is_clean(database)


@types.coroutine
def cancelled_at(work: Coroutine[Any, Any, T], number: int) -> Generator[Any, Any, T]:
    """Runs work in the current task and cancels that task when it waits for the n-th time."""
    waits = 0
    resume: Callable[[], Any] = lambda: work.send(None)  # noqa: E731 - replaced at each turn
    while True:
        try:
            future = resume()
        except StopIteration as end:
            result: T = end.value
            return result
        waits += 1
        if waits == number:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            sent = yield future
        except BaseException as error:  # noqa: BLE001 - passed on as it is
            resume = lambda error=error: work.throw(error)  # type: ignore[misc]  # noqa: E731 - mypy cannot infer a lambda with defaults
        else:
            resume = lambda sent=sent: work.send(sent)  # type: ignore[misc]  # noqa: E731 - as above


def test_interleaved_scopes_with_mishaps_never_see_another_tenant(
    fleet: list[Tenant], fleet_url: str
) -> None:
    dice = random.Random(4)
    ends = {"kept": 0, "sql": 0, "python": 0, "cancelled": 0}

    async def visit(database: Database, tenant: Tenant, how: str, mark: str) -> None:
        async def work(scope: Scope) -> None:
            await look(scope)
            await scope.execute(WRITE, mark)
            await asyncio.sleep(0)
            assert await look(scope) == mark
            if how == "sql":
                await scope.execute("INSERT INTO notes VALUES (1, 'twice', '')")
            if how == "python":
                raise Mishap

        task = asyncio.create_task(database.run(tenant, work))
        if how == "cancelled":
            for _ in range(dice.randrange(60)):
                await asyncio.sleep(0)
            task.cancel()
        (end,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(end, AssertionError):
            raise end
        expected = {
            "kept": type(None),
            "sql": asyncpg.UniqueViolationError,
            "python": Mishap,
            "cancelled": (asyncio.CancelledError, type(None)),
        }
        assert isinstance(end, expected[how]), end  # type: ignore[arg-type]  # a tuple or a type
        ends[how] += 1

    async def story() -> None:
        async with opened(fleet_url, size=4) as database:
            visits = [(tenant, how) for tenant in fleet for how in ends]
            dice.shuffle(visits)
            await asyncio.gather(
                *(visit(database, tenant, how, str(n)) for n, (tenant, how) in enumerate(visits))
            )
            await all_see_their_own(database, fleet)

    asyncio.run(story())
    assert ends == dict.fromkeys(ends, len(fleet))


def test_a_cancellation_at_every_await_leaves_all_or_nothing(
    fleet: list[Tenant], fleet_url: str
) -> None:
    first, second = fleet[0], fleet[1]

    async def story() -> None:
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, seen: complaints.append(seen))
        # One connection: whatever the cancelled scope left behind, the next scope would meet.
        async with opened(fleet_url, size=1) as database:
            outcomes = []
            for number in range(1, 100):
                before = await database.run(first, look)
                mark = f"cancelled at {number}"

                async def work(scope: Scope, mark: str = mark) -> None:
                    await scope.execute("UPDATE notes SET body = $1 WHERE id = 1", mark)
                    await asyncio.sleep(0)
                    await scope.fetchval("SELECT pg_sleep(0.002)")
                    await scope.execute("UPDATE notes SET body = $1 WHERE id <> 1", mark)

                async def cancelled(
                    number: int = number, work: Callable[[Scope], Awaitable[None]] = work
                ) -> None:
                    await cancelled_at(database.run(first, work), number)

                (end,) = await asyncio.gather(
                    asyncio.create_task(cancelled()), return_exceptions=True
                )
                await database.run(second, look)
                await outside_is_clean(database)
                after = await database.run(first, look)
                assert after in {before, mark}
                outcomes.append((end is None, after == mark))
                if end is None:
                    break
                assert isinstance(end, asyncio.CancelledError)
            # The last one was never cancelled; the first ones stored nothing.
            assert outcomes[-1] == (True, True)
            assert outcomes[0] == (False, False)
            assert len(outcomes) >= 6
            assert complaints == []

    asyncio.run(story())


def test_a_query_cancelled_while_the_server_runs_it_is_undone(
    fleet: list[Tenant], fleet_url: str
) -> None:
    async def slow(scope: Scope) -> None:
        await scope.execute(WRITE, "half")
        await scope.fetchval("/* slow */ SELECT pg_sleep(60)")

    async def story() -> None:
        async with opened(fleet_url, size=2) as database:
            before = await database.run(fleet[2], look)
            task = asyncio.create_task(database.run(fleet[2], slow))
            async with database.public() as connection, asyncio.timeout(20):
                while not await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' "
                    "AND datname = current_database()"
                ):
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await database.run(fleet[2], look) == before
            await all_see_their_own(database, fleet[:10])

    asyncio.run(story())


@pytest.mark.parametrize("how", ["sql", "python"])
def test_the_next_scope_on_a_connection_that_failed_sees_its_own(
    fleet: list[Tenant], fleet_url: str, how: str
) -> None:
    async def failing(scope: Scope) -> None:
        await scope.execute(WRITE, "lost")
        if how == "python":
            raise Mishap
        await scope.fetch("SELECT nothing FROM nowhere")

    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            pids = set()
            for tenant in fleet[:20]:
                with pytest.raises((Mishap, asyncpg.UndefinedTableError)):
                    await database.run(tenant, failing)
                assert await database.run(tenant, look) != "lost"
                pids.add(
                    await database.run(tenant, lambda s: s.fetchval("SELECT pg_backend_pid()"))
                )
            assert len(pids) == 1
            await outside_is_clean(database)

    asyncio.run(story())


def test_a_failed_statement_that_is_swallowed_does_not_pass_for_stored(
    fleet: list[Tenant], fleet_url: str
) -> None:
    async def swallowing(scope: Scope) -> str:
        await scope.execute(WRITE, "swallowed")
        with pytest.raises(asyncpg.UndefinedTableError):
            await scope.fetch("SELECT 1 FROM nowhere")
        return "stored"

    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            with pytest.raises(asyncpg.InFailedSQLTransactionError, match="nothing of the scope"):
                await database.run(fleet[3], swallowing)
            assert await database.run(fleet[3], look) != "swallowed"

    asyncio.run(story())


def test_a_scope_of_a_missing_schema_fails_and_reads_nothing_of_public(fleet_url: str) -> None:
    tenant_id = uuid4()
    ghost = Tenant(id=tenant_id, name="ghost", schema=schema_of(tenant_id))

    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            for table in ("notes", "tenants", "logins", "due_jobs"):
                with pytest.raises(asyncpg.UndefinedTableError):
                    await database.run(ghost, lambda s, t=table: s.fetch(f"SELECT 1 FROM {t}"))  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
            with pytest.raises(asyncpg.InvalidSchemaNameError):
                await database.run(ghost, lambda s: s.execute("CREATE TABLE stray (id integer)"))

    asyncio.run(story())


def test_shared_tables_are_reached_by_their_full_name_only(
    fleet: list[Tenant], fleet_url: str
) -> None:
    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            count = "SELECT count(*) FROM public.tenants"
            assert await database.run(fleet[0], lambda s: s.fetchval(count)) == len(fleet)
            with pytest.raises(asyncpg.UndefinedTableError):
                await database.run(fleet[0], lambda s: s.fetchval("SELECT count(*) FROM tenants"))

    asyncio.run(story())


def test_a_connection_that_is_lost_inside_a_scope_is_replaced(
    fleet: list[Tenant], fleet_url: str
) -> None:
    async def losing(scope: Scope) -> None:
        await scope.execute(WRITE, "lost")
        pid = await scope.fetchval("SELECT pg_backend_pid()")
        other = await asyncpg.connect(fleet_url)
        await other.execute("SELECT pg_terminate_backend($1, 10000)", pid)
        await other.close()
        await scope.fetchval("SELECT 1")

    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            before = await database.run(fleet[4], look)
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                await database.run(fleet[4], losing)
            assert await database.run(fleet[4], look) == before
            await all_see_their_own(database, fleet[:10])

    asyncio.run(story())


def test_connections_are_recycled_so_that_they_do_not_grow(
    fleet: list[Tenant], fleet_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mpcas2_core.database.pool.MAX_QUERIES", 40)

    async def story() -> set[int]:
        async with opened(fleet_url, size=1) as database:
            return {
                await database.run(tenant, lambda s: s.fetchval("SELECT pg_backend_pid()"))
                for tenant in fleet[:60]
            }

    assert 3 <= len(asyncio.run(story())) <= 12
