"""Events wake the posts that they are about, mark accounts that are gone, and do so once."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

from mpcas2_core.database import Database, Tenant
from mpcas2_core.plugins import PluginHost
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault
from mpcas2_core.webhooks import WebhookEffects, events
from mpcas2_hookspecs import WebhookEvent, WebhookKind

T = TypeVar("T")


class Office:
    """Tenants in a fresh database, and the handling of events."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants = Tenants(
            database, Vault(MasterKeys(base64.b64encode(os.urandom(32)).decode()))
        )
        self.effects = WebhookEffects(database, self.tenants, PluginHost((), {}), poll_seconds=0.1)

    async def tenant(self) -> Tenant:
        async with self.database.public() as connection, connection.transaction():
            return await self.tenants.create(connection, "Acme")

    async def account(self, tenant: Tenant, platform_account_id: str) -> None:
        user = uuid4()
        sql = (
            "WITH u AS (INSERT INTO users (id, login_id, email, name, role) "
            "VALUES ($1, $1, 'a@b.example', 'A', 'owner')) INSERT INTO social_accounts "
            "(id, user_id, platform, platform_account_id, username) VALUES ($1, $1, 'fair', $2, 'ada')"
        )
        await self.database.run(tenant, lambda scope: scope.execute(sql, user, platform_account_id))

    async def status(self, tenant: Tenant) -> tuple[str, str | None]:
        row: Any = await self.database.run(
            tenant,
            lambda scope: scope.fetchrow("SELECT status, status_reason FROM social_accounts"),
        )
        return row["status"], row["status_reason"]

    async def awaited(self, tenant: Tenant, key: str, *, leased: bool = False) -> UUID:
        """Makes an accepted post that is polled in an hour."""
        job = uuid4()
        await self.sql(
            "INSERT INTO public.due_jobs (job_id, tenant_id, platform, due_at, next_at, lease_until) "
            "VALUES ($1, $2, 'fair', now(), now() + interval '1 hour', "
            "CASE WHEN $3 THEN now() + interval '1 hour' END)",
            job,
            tenant.id,
            leased,
        )
        await self.sql(
            "INSERT INTO public.awaited_posts (platform, key, tenant_id, job_id) "
            "VALUES ('fair', $1, $2, $3)",
            key,
            tenant.id,
            job,
        )
        return job

    async def sql(self, statement: str, *values: object) -> list[Any]:
        async with self.database.public() as connection:
            return await connection.fetch(statement, *values)

    async def due(self) -> set[UUID]:
        rows = await self.sql("SELECT job_id FROM public.due_jobs WHERE next_at <= now()")
        return {row["job_id"] for row in rows}

    async def tell(self, number: str, kind: WebhookKind, key: str = "", account: str = "42") -> int:
        told = WebhookEvent(id=number, kind=kind, platform_account_id=account, key=key)
        return await events.keep(self.database, "fair", [told])

    async def waiting(self) -> int:
        rows = await self.sql("SELECT id FROM public.webhook_events WHERE handled_at IS NULL")
        return len(rows)


def in_office(url: str, story: Callable[[Office], Awaitable[T]]) -> T:
    async def whole() -> T:
        database = await Database.open(url, size=1)
        try:
            return await story(Office(database))
        finally:
            await database.close()

    return asyncio.run(whole())


def test_a_decided_post_is_polled_now_and_once(fresh_database_url: str) -> None:
    async def story(office: Office) -> None:
        tenant = await office.tenant()
        job = await office.awaited(tenant, "pub-1")
        await office.awaited(tenant, "pub-2")
        assert await office.tell("e1", "post-decided", "pub-1") == 1
        assert await office.effects.handle() == 1
        assert await office.due() == {job}
        await office.sql("UPDATE public.due_jobs SET next_at = now() + interval '1 hour'")
        # The network delivers it again.
        assert await office.tell("e1", "post-decided", "pub-1") == 0
        assert await office.effects.handle() == 0
        assert await office.due() == set()

    in_office(fresh_database_url, story)


def test_the_key_of_another_network_wakes_nothing(fresh_database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.awaited(await office.tenant(), "pub-1")
        told = WebhookEvent(id="e1", kind="post-decided", platform_account_id="42", key="pub-1")
        await events.keep(office.database, "other", [told])
        assert await office.effects.handle() == 0
        assert await office.due() == set()

    in_office(fresh_database_url, story)


def test_a_post_that_a_worker_is_busy_with_is_woken_after_it(fresh_database_url: str) -> None:
    async def story(office: Office) -> None:
        job = await office.awaited(await office.tenant(), "pub-1", leased=True)
        await office.tell("e1", "post-decided", "pub-1")
        assert await office.effects.handle() == 0
        assert await office.waiting() == 1
        await office.sql("UPDATE public.due_jobs SET lease_until = NULL")
        assert await office.effects.handle() == 1
        assert await office.due() == {job}

    in_office(fresh_database_url, story)


def test_an_event_that_comes_before_our_note_of_the_post_is_not_lost(
    fresh_database_url: str,
) -> None:
    async def story(office: Office) -> None:
        await office.tell("e1", "post-decided", "pub-1")
        assert await office.effects.handle() == 0
        await office.effects.clear()
        job = await office.awaited(await office.tenant(), "pub-1")
        assert await office.effects.handle() == 1
        assert await office.due() == {job}

    in_office(fresh_database_url, story)


def test_an_account_that_is_gone_is_marked_in_every_tenant(fresh_database_url: str) -> None:
    async def story(office: Office) -> None:
        first, second, third = [await office.tenant() for _ in range(3)]
        await office.account(first, "42")
        await office.account(second, "42")
        await office.account(third, "43")
        await office.tell("g1", "account-gone")
        assert await office.effects.handle() == 1
        for tenant in (first, second):
            status, reason = await office.status(tenant)
            assert status == "expired"
            assert "Connect the account again" in (reason or "")
        assert await office.status(third) == ("connected", None)
        # Connected anew since: the same event, or a late look at it, changes nothing.
        await office.database.run(
            first,
            lambda scope: scope.execute(
                "UPDATE social_accounts SET status = 'connected', status_reason = NULL, "
                "connected_at = now() + interval '1 second'"
            ),
        )
        await office.sql("UPDATE public.webhook_events SET handled_at = NULL")
        await office.effects.handle()
        assert await office.status(first) == ("connected", None)

    in_office(fresh_database_url, story)


def test_comments_are_kept_and_old_events_forgotten(fresh_database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.tell("c1", "comment", "post-9")
        await office.tell("e1", "post-decided", "nobody's")
        assert await office.waiting() == 1
        await office.sql("UPDATE public.webhook_events SET received_at = now() - interval '1 day'")
        assert await office.effects.clear() == 0
        assert await office.waiting() == 0
        await office.sql(
            "UPDATE public.webhook_events SET received_at = now() - interval '31 days'"
        )
        assert await office.effects.clear() == 2

    in_office(fresh_database_url, story)
