"""Publish jobs as people make and read them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uuid_utils.compat as uuids

from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.database.scope import Scope
from mpcas2_core.errors import NotFound
from mpcas2_core.publishing import due
from mpcas2_core.publishing.compose import ComposedPart, PostMetadata

__all__ = ("STATUS_OF", "JobRow", "NewJob", "Target", "get", "list_page", "submit")

COLUMNS = (
    "j.id, j.user_id, j.content_id, j.social_account_id, j.platform, a.username, j.scheduled_at, "
    "j.state, j.needs_attention, j.metadata, j.options, j.next_attempt_at, j.error_code, "
    "j.error_message, j.warnings, j.platform_post_id, j.platform_post_url, j.published_at, j.deleted_at, "
    "j.created_at, j.updated_at"
)
SOURCE = "FROM publish_jobs j JOIN social_accounts a ON a.id = j.social_account_id"

# The five words of the seed's contract, and which exact states stand behind each.
STATUS_OF = {
    "scheduled": "scheduled",
    "processing": "processing",
    "retrying": "processing",
    "accepted": "processing",
    "unconfirmed": "processing",
    "published": "published",
    "failed": "failed",
    "missed": "failed",
    "cancelled": "cancelled",
}


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A publish job."""

    id: UUID
    user_id: UUID
    content_id: UUID
    social_account_id: UUID
    platform: str
    username: str
    scheduled_at: datetime
    state: str
    needs_attention: bool
    metadata: dict[str, Any]
    options: dict[str, Any]
    next_attempt_at: datetime | None
    error_code: str | None
    error_message: str | None
    warnings: tuple[str, ...] = ()
    platform_post_id: str | None
    platform_post_url: str | None
    published_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def status(self) -> str:
        """The seed's coarser word for the state."""
        return STATUS_OF[self.state]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One account that content is to be published to, with its own wishes."""

    social_account_id: UUID
    platform: str
    metadata: PostMetadata


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A judged job that is ready to be stored."""

    account: AccountRow
    wishes: PostMetadata
    options: dict[str, Any]
    parts: tuple[ComposedPart, ...]

    @property
    def fingerprint(self) -> bytes:
        """The same for every post with these texts and files, its first comment apart."""
        said = [
            (part.text, part.title, [file.sha256 for file in part.media])
            for part in self.parts
            if part.role == "post"
        ]
        return hashlib.sha256(msgspec.json.encode(said)).digest()


async def submit(
    scope: Scope,
    *,
    user_id: UUID,
    content_id: UUID,
    planned: Sequence[NewJob],
    scheduled_at: datetime,
) -> list[JobRow]:
    """Stores judged jobs and enters them into the due index, in one transaction.

    Args:
        scope: The tenant's scope.
        user_id: Who publishes.
        content_id: What.
        planned: From :func:`~mpcas2_core.publishing.planning.plan`.
        scheduled_at: When; the present for "now".
    """
    ids = [uuids.uuid7() for _ in planned]
    await scope.executemany(
        "INSERT INTO publish_jobs (id, user_id, content_id, social_account_id, platform, "
        "scheduled_at, metadata, options, fingerprint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            (
                job_id,
                user_id,
                content_id,
                job.account.id,
                job.account.platform,
                scheduled_at,
                _present(job.wishes),
                job.options,
                job.fingerprint,
            )
            for job_id, job in zip(ids, planned, strict=True)
        ],
    )
    await scope.executemany(
        "INSERT INTO publish_parts (job_id, position, role, text, title, media, thumbnail) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                job_id,
                position,
                part.role,
                part.text,
                part.title,
                msgspec.to_builtins(part.media),
                msgspec.to_builtins(part.thumbnail),
            )
            for job_id, job in zip(ids, planned, strict=True)
            for position, part in enumerate(job.parts)
        ],
    )
    await due.add(
        scope,
        [
            (job_id, job.account.platform, scheduled_at)
            for job_id, job in zip(ids, planned, strict=True)
        ],
    )
    rows = await scope.fetch(f"SELECT {COLUMNS} {SOURCE} WHERE j.id = ANY($1)", ids)
    by_id = {row["id"]: _from_record(row) for row in rows}
    return [by_id[job_id] for job_id in ids]


async def list_page(
    scope: Scope,
    *,
    limit: int,
    offset: int,
    states: Sequence[str] = (),
    platform: str | None = None,
    content_id: UUID | None = None,
    social_account_id: UUID | None = None,
) -> tuple[list[JobRow], int]:
    """Gives a page of jobs, the newest first, and how many there are in all."""
    conditions, args = ["true"], list[Any]()
    for condition, value in (
        ("j.state = ANY({})", list(states) or None),
        ("j.platform = {}", platform),
        ("j.content_id = {}", content_id),
        ("j.social_account_id = {}", social_account_id),
    ):
        if value is not None:
            args.append(value)
            conditions.append(condition.format(f"${len(args)}"))
    where = " AND ".join(conditions)
    rows = await scope.fetch(
        f"SELECT {COLUMNS} {SOURCE} WHERE {where} ORDER BY j.created_at DESC, j.id DESC "
        f"LIMIT ${len(args) + 1} OFFSET ${len(args) + 2}",
        *args,
        limit,
        offset,
    )
    total = await scope.fetchval(f"SELECT count(*) FROM publish_jobs j WHERE {where}", *args)
    return [_from_record(row) for row in rows], total


async def get(scope: Scope, job_id: UUID, *, lock: bool = False) -> JobRow:
    """Gives one job.

    Args:
        scope: The tenant's scope.
        job_id: Which.
        lock: Whether its row is locked until the scope ends.

    Raises:
        NotFound: The tenant has none of that id.
    """
    row = await scope.fetchrow(
        f"SELECT {COLUMNS} {SOURCE} WHERE j.id = $1{' FOR UPDATE OF j' if lock else ''}", job_id
    )
    if row is None:
        raise NotFound(f"There is no job {job_id}. List the jobs to see which there are.")
    return _from_record(row)


def _from_record(row: asyncpg.Record) -> JobRow:
    told = row["warnings"]
    warnings = tuple(one for place in sorted(told, key=int) for one in told[place])
    return JobRow(**{**dict(row), "warnings": warnings})


def _present(wishes: PostMetadata) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(wishes)
    return {key: value for key, value in plain.items() if value is not None}
