"""Warns of what is planned oddly: too close to another post, the same again, more than a quota holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from mpcas2_core.database.scope import Scope
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing.jobs import JobRow, NewJob
from mpcas2_core.quotas import PlannedPost, warnings_for

__all__ = ("PlanWarning", "warnings_of_jobs", "warnings_of_plan")

# Jobs that may still go out, and those of which something may be public.
WAITING = ("scheduled", "processing", "retrying", "accepted", "unconfirmed")
THERE = (*WAITING, "published")
CLOSE_MINUTES = 15
SAME_DAYS = 7


class PlanWarning(msgspec.Struct, frozen=True, kw_only=True):
    """What will go otherwise than planned, or may not be meant, although nothing is wrong.

    Attributes:
        code: ``QUOTA``: it will wait. ``COLLISION``: another post of the account is close.
            ``DUPLICATE``: the same is planned or published already.
        account_id: The account that it is about.
        message: For people.
    """

    code: Literal["QUOTA", "COLLISION", "DUPLICATE"]
    account_id: UUID
    message: str


class _Planned(msgspec.Struct, frozen=True, kw_only=True):
    account_id: UUID
    username: str
    platform: str
    at: datetime
    unstored_parts: int = 0
    job_id: UUID | None = None
    fingerprint: bytes | None = None


async def warnings_of_plan(
    scope: Scope, plugins: PluginHost, planned: Sequence[NewJob], at: datetime
) -> list[PlanWarning]:
    """Warns of jobs that are not stored.

    Args:
        scope: The tenant's scope.
        plugins: The networks.
        planned: The jobs.
        at: When they would go out.
    """
    posts = [
        _Planned(
            account_id=job.account.id,
            username=job.account.username,
            platform=job.account.platform,
            at=at,
            unstored_parts=sum(1 for part in job.parts if part.role == "post"),
            fingerprint=job.fingerprint,
        )
        for job in planned
    ]
    return await _warnings(scope, plugins, posts)


async def warnings_of_jobs(
    scope: Scope, plugins: PluginHost, rows: Sequence[JobRow]
) -> list[PlanWarning]:
    """Warns of jobs that were just stored.

    Args:
        scope: The tenant's scope.
        plugins: The networks.
        rows: The jobs.
    """
    posts = [
        _Planned(
            account_id=row.social_account_id,
            username=row.username,
            platform=row.platform,
            at=row.scheduled_at,
            job_id=row.id,
        )
        for row in rows
    ]
    return await _warnings(scope, plugins, posts)


# One statement for all accounts; each side is a look into one index.
NEIGHBOURS_SQL = (
    "/* mpcas2:neighbours */ SELECT w.n, near.at AS near_at, same.at AS same_at, same.state "
    "FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::bytea[], $5::timestamptz[]) "
    "AS w (n, account, job, print, at) "
    "LEFT JOIN publish_jobs own ON own.id = w.job "
    "LEFT JOIN LATERAL (SELECT j.scheduled_at AS at FROM publish_jobs j "
    "WHERE j.social_account_id = w.account AND j.id IS DISTINCT FROM w.job "
    "AND j.scheduled_at BETWEEN w.at - make_interval(mins => $6) "
    "AND w.at + make_interval(mins => $6) AND j.state = ANY($8) "
    "ORDER BY abs(extract(epoch FROM j.scheduled_at - w.at)), j.id LIMIT 1) near ON true "
    "LEFT JOIN LATERAL (SELECT j.scheduled_at AS at, j.state FROM publish_jobs j "
    "WHERE j.social_account_id = w.account AND j.id IS DISTINCT FROM w.job "
    "AND j.fingerprint = coalesce(w.print, own.fingerprint) "
    "AND j.scheduled_at BETWEEN w.at - make_interval(days => $7) "
    "AND w.at + make_interval(days => $7) AND j.state = ANY($9) AND j.deleted_at IS NULL "
    "ORDER BY j.scheduled_at DESC, j.id LIMIT 1) same ON true "
    "WHERE near.at IS NOT NULL OR same.at IS NOT NULL ORDER BY w.n"
)


async def _warnings(
    scope: Scope, plugins: PluginHost, posts: Sequence[_Planned]
) -> list[PlanWarning]:
    quotas = await warnings_for(
        scope,
        plugins,
        [
            PlannedPost(
                account_id=one.account_id,
                platform=one.platform,
                at=one.at,
                unstored_parts=one.unstored_parts,
            )
            for one in posts
        ],
    )
    found = [
        PlanWarning(code="QUOTA", account_id=one.account_id, message=one.message) for one in quotas
    ]
    rows = await scope.fetch(
        NEIGHBOURS_SQL,
        list(range(len(posts))),
        [one.account_id for one in posts],
        [one.job_id for one in posts],
        [one.fingerprint for one in posts],
        [one.at for one in posts],
        CLOSE_MINUTES,
        SAME_DAYS,
        list(WAITING),
        list(THERE),
    )
    for row in rows:
        post = posts[row["n"]]
        if row["near_at"] is not None:
            found.append(_collision(post, row["near_at"]))
        if row["same_at"] is not None:
            found.append(_duplicate(post, row["same_at"], row["state"]))
    return found


def _collision(post: _Planned, other: datetime) -> PlanWarning:
    return PlanWarning(
        code="COLLISION",
        account_id=post.account_id,
        message=f"@{post.username} on {post.platform} has another post planned for "
        f"{other:%Y-%m-%d %H:%M} UTC, within {CLOSE_MINUTES} minutes of this one. Move one of them "
        "if they shall not follow each other so closely.",
    )


def _duplicate(post: _Planned, other: datetime, state: str) -> PlanWarning:
    there = "was published" if state == "published" else "is planned"
    return PlanWarning(
        code="DUPLICATE",
        account_id=post.account_id,
        message=f"The same post {there} for @{post.username} on {post.platform} at "
        f"{other:%Y-%m-%d %H:%M} UTC. Networks may refuse repeats; change it, or leave it out unless "
        "it is meant.",
    )
