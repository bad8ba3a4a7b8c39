"""What people may do with a job: cancel, reschedule, confirm, repost, retry.

Every action locks the job's row in the due index first, as the worker's mark does. So either the
action sees the mark and refuses, or the mark finds the job gone and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from mpcas2_core.database.scope import Scope
from mpcas2_core.errors import Conflict, InvalidInput
from mpcas2_core.publishing import due, events, jobs
from mpcas2_core.publishing.jobs import JobRow

__all__ = ("cancel", "cancel_pending", "confirm", "repost", "reschedule", "retry")

WAITING = ("scheduled", "retrying")
PENDING = (*WAITING, "processing", "accepted", "missed")
MAX_URL = 2_000


async def cancel(scope: Scope, user_id: UUID, job_id: UUID) -> JobRow:
    """Takes a job back before anything irreversible is done.

    Where only the first comment is left, that is taken back and the post stays published.

    Raises:
        NotFound: The tenant has no such job.
        Conflict: It is being sent, waits for the network's answer, or is final.
    """
    job = await _lock(scope, job_id)
    _need(job, (*WAITING, "processing", "missed"), "cancelled")
    await _take_out(scope, job)
    return await _cancelled(scope, job, user_id, "")


async def reschedule(scope: Scope, user_id: UUID, job_id: UUID, at: datetime) -> JobRow:
    """Moves a job that was not tried yet, was missed or failed to another time.

    Raises:
        NotFound: The tenant has no such job.
        Conflict: It is being sent or final.
    """
    job = await _lock(scope, job_id)
    _need(job, (*WAITING, "missed", "failed", "cancelled"), "rescheduled")
    await _take_out(scope, job)
    await _wake(scope, job, at)
    return await _become(
        scope, job, "scheduled", user_id, f"Rescheduled to {at.isoformat()}.", at=at
    )


async def retry(scope: Scope, user_id: UUID, job_id: UUID) -> JobRow:
    """Tries a job again at once. An unconfirmed one is looked for at the network first.

    Of a published one the first comment is tried again, where that is missing.

    Raises:
        NotFound: The tenant has no such job.
        Conflict: There is nothing to try again.
    """
    job = await _lock(scope, job_id)
    if job.state != "published" or not await _comment_is_missing(scope, job_id):
        _need(job, ("failed", "missed", "retrying", "unconfirmed", "cancelled"), "retried")
    await _take_out(scope, job, sent_may=True)
    await scope.execute(
        "UPDATE publish_parts SET state = CASE WHEN handle IS NULL THEN 'sent' ELSE 'accepted' END "
        "WHERE job_id = $1 AND state = 'unconfirmed'",
        job_id,
    )
    now = datetime.now(UTC)
    await _wake(scope, job, now)
    if job.state == "published":
        message = "The first comment is tried again."
        return await _become(scope, job, "scheduled", user_id, message)
    return await _become(scope, job, "scheduled", user_id, "Tried again.", at=now)


async def confirm(
    scope: Scope,
    user_id: UUID,
    job_id: UUID,
    *,
    post_id: str | None = None,
    post_url: str | None = None,
) -> JobRow:
    """Takes a person's word that an unconfirmed post is on the network.

    Args:
        scope: The tenant's scope.
        user_id: Whose word it is.
        job_id: Which job.
        post_id: The network's id; needed when later parts must refer to it.
        post_url: Where the post is.

    Raises:
        NotFound: The tenant has no such job.
        Conflict: The job is not unconfirmed.
        InvalidInput: More parts follow and no id was given, or the address is no web address.
    """
    job = await _lock(scope, job_id)
    _need(job, ("unconfirmed",), "confirmed")
    if post_url is not None and (
        len(post_url) > MAX_URL or not post_url.startswith(("https://", "http://"))
    ):
        raise InvalidInput(
            "postUrl must be a web address that starts with https://.",
            details={"field": "postUrl"},
        )
    row = await scope.fetchrow(
        "SELECT p.position, p.role, count(l.position) AS later, "
        "count(l.position) FILTER (WHERE l.role = 'post') AS later_posts FROM publish_parts p "
        "LEFT JOIN publish_parts l ON l.job_id = p.job_id AND l.position > p.position "
        "WHERE p.job_id = $1 AND p.state = 'unconfirmed' GROUP BY p.job_id, p.position "
        "ORDER BY p.position LIMIT 1",
        job_id,
    )
    if row is None:
        raise Conflict("No part of this job is unconfirmed any more.", code="JOB_STATE")
    position, later = row["position"], row["later"]
    if later and not post_id:
        refers = "The first comment of this post refers to it."
        if row["later_posts"]:
            refers = f"{row['later_posts']} more posts of this thread refer to this one."
        raise InvalidInput(f"{refers} Give its postId.", details={"field": "postId"})
    await scope.execute(
        "UPDATE publish_parts SET state = 'published', post_id = coalesce($3, post_id), "
        "post_url = coalesce($4, post_url), published_at = now() "
        "WHERE job_id = $1 AND position = $2",
        job_id,
        position,
        post_id,
        post_url,
    )
    if position == 0:
        await scope.execute(
            "UPDATE publish_jobs SET platform_post_id = $2, platform_post_url = $3 WHERE id = $1",
            job_id,
            post_id,
            post_url,
        )
    what = "first comment" if row["role"] == "comment" else "post"
    message = f"Confirmed by a person: the {what} is there."
    if later:
        await _wake(scope, job, datetime.now(UTC))
        return await _become(scope, job, "scheduled", user_id, message)
    return await _become(scope, job, "published", user_id, message, kind="confirmed")


async def repost(scope: Scope, user_id: UUID, job_id: UUID, *, force: bool = False) -> JobRow:
    """Takes a person's word that an unconfirmed post is not there, and posts it again.

    Args:
        scope: The tenant's scope.
        user_id: Whose word it is.
        job_id: Which job.
        force: Posts even while an earlier attempt may still be on its way.

    Raises:
        NotFound: The tenant has no such job.
        Conflict: The job is not unconfirmed, or an earlier attempt may still be on its way.
    """
    job = await _lock(scope, job_id)
    _need(job, ("unconfirmed",), "reposted")
    alive = await scope.fetchrow(
        "SELECT worker, send_until FROM publish_attempts WHERE job_id = $1 AND kind = 'publish' "
        "AND late_at IS NULL AND (send_until > now() OR outcome = 'unreported') "
        "ORDER BY started_at DESC LIMIT 1",
        job_id,
    )
    if alive is not None and not force:
        raise Conflict(
            f"The attempt of worker {alive['worker']} may still be on its way: its answer is missing, "
            "or the worker is only stopped and posts when it wakes. Make sure that it is gone, or "
            "wait a minute; then repeat with force.",
            code="ATTEMPT_MAY_BE_ALIVE",
        )
    await scope.execute(
        "UPDATE publish_parts SET state = 'pending', staged = NULL, handle = NULL "
        "WHERE job_id = $1 AND state = 'unconfirmed'",
        job_id,
    )
    await _wake(scope, job, datetime.now(UTC))
    return await _become(
        scope, job, "scheduled", user_id, "A person said that the post is not there: posted again."
    )


async def cancel_pending(
    scope: Scope,
    user_id: UUID,
    *,
    reason: str,
    content_id: UUID | None = None,
    account_id: UUID | None = None,
) -> tuple[UUID, ...]:
    """Cancels every waiting job of some content or account, because that goes away.

    Args:
        scope: The tenant's scope.
        user_id: Who removes it.
        reason: Why, for the jobs' stories.
        content_id: Jobs of this content.
        account_id: Jobs of this account.

    Returns:
        The jobs that were cancelled.

    Raises:
        Conflict: One of them is being sent or waits for the network's answer; nothing is changed.
    """
    rows = await scope.fetch(
        "SELECT id FROM publish_jobs WHERE ($1::uuid IS NULL OR content_id = $1) "
        "AND ($2::uuid IS NULL OR social_account_id = $2) AND state = ANY($3) ORDER BY id",
        content_id,
        account_id,
        list(PENDING),
    )
    cancelled = []
    for row in rows:
        job = await _lock(scope, row["id"])
        if job.state not in PENDING:
            continue
        await _take_out(scope, job)
        await _cancelled(scope, job, user_id, f": {reason.rstrip('.')}")
        cancelled.append(job.id)
    return tuple(cancelled)


async def _lock(scope: Scope, job_id: UUID) -> JobRow:
    # The due index before the job, in the same order as the worker's statements.
    await scope.execute(
        "SELECT job_id FROM public.due_jobs WHERE job_id = $1 AND tenant_id = $2 FOR UPDATE",
        job_id,
        scope.tenant.id,
    )
    return await jobs.get(scope, job_id, lock=True)


async def _take_out(scope: Scope, job: JobRow, *, sent_may: bool = False) -> None:
    """Removes a job from the due index, unless something of it may be on its way."""
    await scope.execute("DELETE FROM public.due_jobs WHERE job_id = $1", job.id)
    await scope.execute(
        "UPDATE publish_attempts SET finished_at = now(), outcome = 'interrupted', "
        "message = 'Taken back before anything was sent.' "
        "WHERE job_id = $1 AND outcome IS NULL AND marked_at IS NULL",
        job.id,
    )
    busy = await scope.fetchval(
        "SELECT state FROM publish_parts WHERE job_id = $1 AND state IN ('sent', 'accepted')",
        job.id,
    )
    if busy and not sent_may:
        raise Conflict(
            "This post is being sent or decided by the network at this moment. Wait until it is "
            "final; `jobs show` tells.",
            code="JOB_IN_FLIGHT",
            details={"jobId": str(job.id), "state": job.state},
        )


async def _comment_is_missing(scope: Scope, job_id: UUID) -> bool:
    missing: bool = await scope.fetchval(
        "SELECT EXISTS (SELECT FROM publish_parts "
        "WHERE job_id = $1 AND role = 'comment' AND state <> 'published')",
        job_id,
    )
    return missing


async def _cancelled(scope: Scope, job: JobRow, user_id: UUID, why: str) -> JobRow:
    """Ends a job as cancelled, and says what of a thread is public all the same."""
    row = await scope.fetchrow(
        "SELECT count(*) AS parts, count(*) FILTER (WHERE state = 'published') AS published "
        "FROM publish_parts WHERE job_id = $1 AND role = 'post'",
        job.id,
    )
    public, parts = (row["published"], row["parts"]) if row else (0, 0)
    if public and public == parts:
        warning = f"The first comment was cancelled{why}. The post stays public."
        await scope.execute(
            "UPDATE publish_jobs SET warnings = warnings || (SELECT jsonb_build_object("
            "position::text, jsonb_build_array($2::text)) FROM publish_parts "
            "WHERE job_id = $1 AND role = 'comment') WHERE id = $1",
            job.id,
            warning,
        )
        return await _become(scope, job, "published", user_id, warning, kind="cancelled")
    message = f"Cancelled{why}."
    if public:
        message += f" {public} of its {parts} posts are public already."
    return await _become(scope, job, "cancelled", user_id, message)


async def _wake(scope: Scope, job: JobRow, at: datetime) -> None:
    if job.deleted_at is not None:
        raise Conflict("This post was taken down. Publish its content anew.", code="POST_DELETED")
    if await scope.fetchval("SELECT deleted_at FROM content WHERE id = $1", job.content_id):
        raise Conflict(
            "The content of this post was deleted. Make new content and publish that.",
            code="CONTENT_DELETED",
        )
    await due.add(scope, [(job.id, job.platform, at)])


async def _become(
    scope: Scope,
    job: JobRow,
    state: str,
    user_id: UUID,
    message: str,
    *,
    at: datetime | None = None,
    kind: str = "",
) -> JobRow:
    """Changes a job's state, and tells it in the story as a ``kind``: the state by default."""
    await scope.execute(
        "UPDATE publish_jobs SET state = $2, needs_attention = false, error_code = NULL, "
        "error_message = NULL, failures = 0, next_attempt_at = NULL, updated_at = now(), "
        "scheduled_at = coalesce($3, scheduled_at), "
        "published_at = CASE WHEN $2 = 'published' THEN coalesce(published_at, now()) "
        "ELSE published_at END WHERE id = $1",
        job.id,
        state,
        at,
    )
    await events.add(scope, job.id, kind or state, message, user_id=user_id)
    return await jobs.get(scope, job.id)


def _need(job: JobRow, states: Collection[str], verb: str) -> None:
    if job.state not in states:
        raise Conflict(
            f"This job is {job.state}; only a job that is {' or '.join(states)} can be {verb}.",
            code="JOB_STATE",
            details={"jobId": str(job.id), "state": job.state},
        )
