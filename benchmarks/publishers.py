"""Tenants with connected accounts, and posts of theirs stored in bulk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import uuid_utils.compat as uuids
from benchmarks.networks import TEXT, TITLE, Network

from mpcas2_core.content.rows import ContentType, MediaFile, NewContent
from mpcas2_core.database import Scope, Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.identity import Principal
from mpcas2_core.publishing import due
from mpcas2_core.quotas import Subject
from mpcas2_hookspecs import DeclaresQuotas

__all__ = ("Publisher", "drained", "hurried", "make_publisher", "register", "submit_many")

ENOUGH = 1_000_000_000
CHUNK = 256 * 1024


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant with one connected account and one content, a film where posts need one."""

    platform: str
    tenant: Tenant
    user_id: UUID
    account_id: UUID
    content_id: UUID
    media: tuple[MediaFile, ...] = ()


async def register(engine: Engine) -> tuple[Principal, str]:
    """Registers a tenant; gives its owner, and an access token."""
    password = await engine.identity.hash_new("Benchmark-Secret-1")
    async with engine.identity.transaction() as connection:
        owner = await engine.identity.register(
            connection,
            email=f"{uuid4().hex}@example.com",
            password_hash=password,
            name="Benchmark",
            tenant_name="Benchmark",
        )
        session = await engine.identity.open_session(connection, owner)
    return owner, session.access_token


async def make_publisher(
    engine: Engine,
    network: Network,
    film: Path | None = None,
    *,
    owner: Principal | None = None,
) -> Publisher:
    """Registers a tenant, connects a fresh account of the practice network, and makes a content.

    Args:
        engine: Where.
        network: The practice network.
        film: The file of the content; None for a text.
        owner: Of a tenant that is there; None registers one.
    """
    if owner is None:
        owner, _ = await register(engine)
    await engine.vault.load(engine.database, owner.tenant)
    connected = await network.connect()

    async def store(scope: Scope) -> UUID:
        row, _ = await engine.accounts.store(
            scope, owner.user_id, network.key, connected, client_id=network.client_id
        )
        return row.id

    account_id = await engine.database.run(owner.tenant, store)
    await _lift_quotas(engine, network, connected.profile.platform_account_id)
    content_id, media = await _make_content(engine, owner.tenant, owner.user_id, film)
    return Publisher(
        platform=network.key,
        tenant=owner.tenant,
        user_id=owner.user_id,
        account_id=account_id,
        content_id=content_id,
        media=media,
    )


async def _make_content(
    engine: Engine, tenant: Tenant, user_id: UUID, film: Path | None
) -> tuple[UUID, tuple[MediaFile, ...]]:
    kind: ContentType = "text" if film is None else "video"
    new = NewContent(title="Benchmark", type=kind, text="Benchmark")
    if film is None:
        row = await engine.database.run(
            tenant, lambda scope: engine.contents.create(scope, user_id, new)
        )
        return row.id, ()
    async with engine.contents.receive(tenant) as upload:
        with film.open("rb") as file:
            while step := file.read(CHUNK):
                await upload.write(step)
        await upload.check("video", film.name)
        row = await engine.database.run(
            tenant, lambda scope: engine.contents.create(scope, user_id, new, upload)
        )
    found = await engine.database.run(
        tenant, lambda scope: engine.contents.media_for(scope, [row.id])
    )
    return row.id, (found[row.id],)


async def _lift_quotas(engine: Engine, network: Network, account: str) -> None:
    """Writes down that the network told of more than it declares, as an answer would."""
    platform = engine.plugins.platform(network.key)
    if not isinstance(platform, DeclaresQuotas):
        return
    subject = Subject(platform=network.key, account=account, app=network.client_id or "")
    async with engine.database.public() as connection:
        await connection.executemany(
            "INSERT INTO public.quota_windows (subject, name, used, told_limit, resets_at) "
            "VALUES ($1, $2, 0, $3, now() + interval '1 day') ON CONFLICT DO NOTHING",
            [(subject.key(rule), rule.name, ENOUGH) for rule in platform.quotas],
        )


async def submit_many(
    engine: Engine, publishers: Sequence[Publisher], *, each: int, due_at: datetime, first: int = 0
) -> None:
    """Stores posts in bulk: the same rows as ``publishing.jobs.submit``, without its checks.

    Args:
        engine: Where.
        publishers: Whose posts.
        each: How many of each.
        due_at: When all are due.
        first: Number in the text of the first; X refuses a text that an account has posted already.
    """
    for publisher in publishers:

        async def work(scope: Scope, one: Publisher = publisher) -> None:
            await _store_posts(scope, one, range(first, first + each), due_at)

        await engine.database.run(publisher.tenant, work)
    async with engine.database.public() as connection:
        # As autovacuum would have done long before the due time.
        await connection.execute("ANALYZE public.due_jobs")


async def _store_posts(scope: Scope, one: Publisher, numbers: range, due_at: datetime) -> None:
    ids = [uuids.uuid7() for _ in numbers]
    media: list[Any] = msgspec.to_builtins(one.media)
    await scope.execute(
        "INSERT INTO publish_jobs (id, user_id, content_id, social_account_id, platform, "
        "scheduled_at) SELECT id, $2, $3, $4, $5, $6 FROM unnest($1::uuid[]) AS id",
        ids,
        one.user_id,
        one.content_id,
        one.account_id,
        one.platform,
        due_at,
    )
    await scope.execute(
        "INSERT INTO publish_parts (job_id, position, text, title, media) "
        "SELECT id, 0, text, title, $4 "
        "FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (id, text, title)",
        ids,
        [TEXT.format(number=number) for number in numbers],
        [TITLE.format(number=number) if one.media else "" for number in numbers],
        media,
    )
    await due.add(scope, [(job_id, one.platform, due_at) for job_id in ids])


async def drained(engine: Engine, seconds: float, *, but: str = "") -> None:
    """Waits until nothing is in the due index any more.

    Args:
        engine: Where.
        seconds: How long at most.
        but: A network whose posts may stay.
    """
    sql = "SELECT EXISTS (SELECT 1 FROM public.due_jobs WHERE platform <> $1)"
    async with asyncio.timeout(seconds), engine.database.public() as connection:
        while await connection.fetchval(sql, but):  # noqa: ASYNC110 - other processes empty it
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def hurried(engine: Engine, platforms: Collection[str]) -> AsyncIterator[None]:
    """Cuts short the pauses that an adapter asks for before it looks again, during a block.

    Nobody works in such a pause, so it says nothing about speed; YouTube's is five seconds.
    """

    async def hurry() -> None:
        async with engine.database.public() as connection:
            while True:
                await connection.execute(
                    "UPDATE public.due_jobs SET next_at = now() WHERE next_at > now() "
                    "AND platform = ANY($1) AND NOT offered AND lease_until IS NULL "
                    "AND due_at <= now()",
                    list(platforms),
                )
                await asyncio.sleep(0.1)

    task = asyncio.create_task(hurry())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
