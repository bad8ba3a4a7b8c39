"""What comes too late: the outcome of a worker that no longer holds the job.

A worker that was stopped between its mark and its send may still send when it wakes, because no network
checks our fence. Its successor has settled the matter by then, or is about to. So the late outcome
changes nothing by itself: it is kept as evidence on its own attempt, shown with the job, and it
resolves the one question that nobody else can answer, an ``unconfirmed`` part.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mpcas2_core.database.scope import Scope
from mpcas2_core.publishing import due, events
from mpcas2_core.publishing.due import Lease
from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.settlement import Settlement, storable

__all__ = ("keep",)


async def keep(scope: Scope, lease: Lease, work: Work, result: Settlement) -> None:
    """Stores a late outcome, and puts the part right if it says "published".

    Args:
        scope: The scope of the lease's tenant.
        lease: The claim that was lost.
        work: The attempt whose outcome comes late.
        result: What the attempt would have settled.
    """
    result = storable(result)
    # The due index before the job, in the same order as everybody else.
    held = await scope.fetchval(
        "SELECT job_id FROM public.due_jobs WHERE job_id = $1 FOR UPDATE", lease.job_id
    )
    state = await scope.fetchval(
        "SELECT state FROM publish_jobs WHERE id = $1 FOR UPDATE", lease.job_id
    )
    written = await scope.fetchval(
        "/* mpcas2:late */ UPDATE publish_attempts SET late_outcome = $2, late_answer = $3, "
        "late_at = now() WHERE id = $1 AND outcome IS DISTINCT FROM $2 RETURNING id",
        work.attempt_id,
        result.outcome,
        result.answer or None,
    )
    if written is None:
        # Our own settlement was committed after all; only the answer to the commit was lost.
        return
    await events.add(
        scope,
        lease.job_id,
        "late_outcome",
        f"A worker that had lost the job reported late: {result.outcome}.",
    )
    if result.post is None:
        return
    resolved = await scope.fetchval(
        "UPDATE publish_parts SET state = 'published', post_id = $3, post_url = $4, "
        "post_data = $5, published_at = now() WHERE job_id = $1 AND position = $2 "
        "AND state IN ('unconfirmed', 'pending') RETURNING position",
        lease.job_id,
        work.part.position,
        result.post.id,
        result.post.url,
        result.post.data,
    )
    if resolved is None:
        return
    await scope.execute(
        "UPDATE publish_jobs SET updated_at = now(), needs_attention = false, error_code = NULL, "
        "error_message = NULL, state = CASE WHEN $2 THEN 'published' "
        "WHEN state = 'unconfirmed' THEN 'scheduled' ELSE state END, "
        "published_at = CASE WHEN $2 THEN now() END, "
        "warnings = warnings - $3::int::text, "
        "platform_post_id = CASE WHEN $3 = 0 THEN $4 ELSE platform_post_id END, "
        "platform_post_url = CASE WHEN $3 = 0 THEN $5 ELSE platform_post_url END WHERE id = $1",
        lease.job_id,
        work.is_last,
        work.part.position,
        result.post.id,
        result.post.url,
    )
    await events.add(
        scope, lease.job_id, "resolved", "The late report shows that the part is published."
    )
    # Whoever works on the job now has read that the part is missing. A new fence stops it at its
    # mark, and the next claim sees what is true.
    if work.is_last:
        await scope.execute("DELETE FROM public.due_jobs WHERE job_id = $1", lease.job_id)
    elif held or state == "unconfirmed":
        await due.add(scope, [(lease.job_id, work.account.platform, datetime.now(UTC))])
