"""Rules of the schemas, read from PostgreSQL's catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mpcas2_core.accounts import store as accounts
from mpcas2_core.content import store as contents
from mpcas2_core.content.rows import ContentFilter
from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.database.migrate import FOLDER
from mpcas2_core.publishing import jobs
from mpcas2_core.publishing.due import OFFER_SQL
from mpcas2_core.publishing.warnings import NEIGHBOURS_SQL

if TYPE_CHECKING:
    from shared_servers import Stores

# Enough rows, and values rare enough, that PostgreSQL prefers an index where there is one.
ROWS = 10_000
FILL = f"""
INSERT INTO users (id, login_id, email, name, role)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'a@b.example', 'A', 'owner');
INSERT INTO content (id, user_id, type, title, status, created_at)
    SELECT gen_random_uuid(), u.id, CASE n % 400 WHEN 0 THEN 'image' ELSE 'text' END, 'T',
        CASE n % 500 WHEN 0 THEN 'draft' ELSE 'ready' END, now() - n * interval '1 minute'
    FROM users u, generate_series(1, {ROWS}) n;
INSERT INTO social_accounts (id, user_id, platform, platform_account_id, username, connected_at)
    SELECT gen_random_uuid(), u.id, 'bluesky', n::text, 'u', now() - n * interval '1 minute'
    FROM users u, generate_series(1, {ROWS}) n;
INSERT INTO publish_jobs (id, user_id, content_id, social_account_id, platform, scheduled_at, state,
        created_at)
    SELECT gen_random_uuid(), c.user_id, c.id, a.id, 'bluesky', now(),
        CASE c.n % 500 WHEN 0 THEN 'failed' ELSE 'published' END, now() - c.n * interval '1 minute'
    FROM (SELECT *, row_number() OVER () AS n FROM content) c
    JOIN (SELECT id, row_number() OVER () AS n FROM social_accounts) a ON a.n = c.n;
"""


class Explaining(Scope):
    """Takes the place of a scope and keeps the statements, to ask for their plans afterwards."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope.tenant, scope._connection)
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        self.asked.append((sql, args))
        return await super().fetch(sql, *args)

    async def plans(self) -> str:
        texts = []
        for sql, args in self.asked:
            rows = await super().fetch(f"EXPLAIN {sql}", *args)
            texts.append("\n".join(row[0] for row in rows))
        return "\n".join(texts)


@pytest.fixture(scope="module")
def grown(
    servers: Stores, found_tenants: Callable[[str, Path, list[str]], list[Tenant]]
) -> Iterator[tuple[str, Tenant]]:
    """A tenant as the product makes it, with many rows."""

    async def fill(url: str, tenant: Tenant) -> None:
        database = await Database.open(url, size=1)
        await database.run(tenant, lambda scope: scope.execute(FILL))
        async with database.public() as connection:
            await connection.execute(
                "INSERT INTO due_jobs (job_id, tenant_id, due_at, next_at) SELECT "
                "gen_random_uuid(), $1, now(), now() + n * interval '1 minute' "
                f"FROM generate_series(-10, {ROWS}) n",
                tenant.id,
            )
            await connection.execute("ANALYZE")
        await database.close()

    with servers.database() as url:
        (tenant,) = found_tenants(url, FOLDER, ["real"])
        asyncio.run(fill(url, tenant))
        yield url, tenant


def ask(url: str, sql: str, *args: Any) -> list[Any]:
    async def story() -> list[Any]:
        database = await Database.open(url, size=1)
        try:
            async with database.public() as connection:
                return [tuple(row) for row in await connection.fetch(sql, *args)]
        finally:
            await database.close()

    return asyncio.run(story())


def test_tenants_use_only_types_that_all_of_them_share(grown: tuple[str, Tenant]) -> None:
    url, tenant = grown
    own = ask(
        url,
        "SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
        "LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE n.nspname = $1 AND "
        "(t.typtype IN ('e', 'd', 'r', 'm') OR (t.typtype = 'c' AND c.relkind = 'c'))",
        tenant.schema,
    )
    foreign = ask(
        url,
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_type t ON t.oid = a.atttypid WHERE c.relnamespace = $1::regnamespace "
        "AND t.typnamespace <> 'pg_catalog'::regnamespace",
        tenant.schema,
    )
    assert (own, foreign) == ([], [])


def test_no_name_of_a_table_is_in_public_and_in_a_tenant(grown: tuple[str, Tenant]) -> None:
    url, tenant = grown
    names = (
        "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace "
        "AND relkind IN ('r', 'p', 'v', 'm', 'S')"
    )
    shared, own = (set(ask(url, names, schema)) for schema in ("public", tenant.schema))
    assert len(shared) > 5
    assert len(own) > 5
    assert shared & own == set()


def test_every_foreign_key_has_an_index(grown: tuple[str, Tenant]) -> None:
    url, tenant = grown
    bare = ask(
        url,
        "SELECT conrelid::regclass::text, conname FROM pg_constraint k WHERE contype = 'f' "
        "AND connamespace IN ('public'::regnamespace, $1::regnamespace) AND NOT EXISTS ("
        "SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indpred IS NULL AND "
        "(i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)",
        tenant.schema,
    )
    assert not bare


def by_content(**asked: Any) -> Callable[[Scope], Any]:
    return lambda scope: contents.list_page(scope, ContentFilter(page=1, limit=20, **asked))


def by_job(**asked: Any) -> Callable[[Scope], Any]:
    return lambda scope: jobs.list_page(scope, limit=20, offset=0, **asked)


def neighbours(scope: Scope) -> Any:
    account, at = uuid4(), datetime.now(UTC)
    states = ["scheduled", "published"]
    return scope.fetch(
        NEIGHBOURS_SQL, [0], [account], [None], [b"print"], [at], 15, 7, states, states
    )


@pytest.mark.parametrize(
    ("listing", "index"),
    [
        (by_content(), "content_newest"),
        (by_content(type="image"), "content_by_type"),
        (by_content(status="draft"), "content_by_status"),
        (by_content(type="image", status="ready"), "content_by_type"),
        (by_job(), "publish_jobs_newest"),
        (by_job(states=["failed"]), "publish_jobs_by_state"),
        (by_job(platform="bluesky"), "publish_jobs_newest"),
        (by_job(content_id=uuid4()), "publish_jobs_content"),
        (by_job(social_account_id=uuid4()), "publish_jobs_slot"),
        (neighbours, "publish_jobs_slot"),
        (
            lambda scope: accounts.list_page(scope, platform=None, limit=20, offset=0),
            "social_accounts_newest",
        ),
        (
            lambda scope: accounts.list_page(scope, platform="bluesky", limit=20, offset=0),
            "social_accounts_newest",
        ),
    ],
)
def test_every_list_is_read_by_an_index(
    grown: tuple[str, Tenant], listing: Callable[[Scope], Any], index: str
) -> None:
    url, tenant = grown

    async def planned(scope: Scope) -> str:
        explaining = Explaining(scope)
        await listing(explaining)
        return await explaining.plans()

    async def story() -> str:
        database = await Database.open(url, size=1)
        try:
            return await database.run(tenant, planned)
        finally:
            await database.close()

    assert f"{index} on" in asyncio.run(story())


def test_offers_are_found_by_an_index(grown: tuple[str, Tenant]) -> None:
    url, _ = grown
    plan = "\n".join(row[0] for row in ask(url, f"EXPLAIN {OFFER_SQL}", 100, 10.0))
    assert "due_jobs_next on due_jobs" in plan
    assert "Seq Scan" not in plan
