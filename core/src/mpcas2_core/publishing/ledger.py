"""The ledger: what the engine is about to do for a part, that it did it, and how it ended.

Three statements carry the promise "never twice". ``begin`` decides from the rows alone what may be
done next: a part whose mark was written and whose outcome is unknown can only be looked for. ``mark``
writes the pre-commit mark if, and only if, the job still belongs to this worker. ``settle`` writes an
outcome under the same condition, together with what the job and the due index become.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mpcas2_core.accounts.broker import GrantRow
from mpcas2_core.accounts.store import LatePolicy
from mpcas2_core.content.rows import MediaFile
from mpcas2_core.database.scope import Scope
from mpcas2_core.publishing import awaited
from mpcas2_core.publishing.due import Lease, LeaseLost
from mpcas2_core.publishing.settlement import Settlement, storable
from mpcas2_hookspecs import Account, Published

__all__ = ("PartRow", "Work", "begin", "mark", "settle")

Kind = Literal["publish", "find", "poll"]


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a post as the tables hold it."""

    position: int
    text: str
    media: tuple[MediaFile, ...]
    state: Literal["pending", "sent", "accepted", "unconfirmed", "published"]
    role: Literal["post", "comment"] = "post"
    title: str = ""
    thumbnail: MediaFile | None = None
    staged: dict[str, Any] | None = None
    journal: dict[str, Any] = {}
    handle: dict[str, Any] | None = None
    post_id: str | None = None
    post_url: str | None = None
    post_data: dict[str, Any] | None = None
    plugin_version: str | None = None

    def as_published(self) -> Published:
        """Gives a published part as later parts refer to it."""
        return Published(id=self.post_id or "", url=self.post_url, data=self.post_data or {})


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The one next thing to do for a claimed job.

    Attributes:
        attempt_id: Row of the ledger that was opened for it.
        kind: Publish the part, look for it, or ask what became of it.
        part: The part.
        earlier: The parts before it, all published.
        is_last: Whether nothing is left to do once this part is published.
        ends_post: Whether the post is complete then, its first comment apart.
        account: For whom.
        account_status: ``connected``, or why it cannot be used.
        account_reason: What to do when it is not connected.
        grant: The account's stored grant.
        options: The network's own fields, for the first part.
        failures: Passing faults in a row so far.
        last_outcome: How the latest send ended, of whatever part; None when nothing was sent.
        sent_ago: Seconds since that send; None when nothing was sent.
        late_by: Seconds past its time, when nothing was tried since then; else None.
        late_policy: What the owner wants done with a late post.
        plugins_off: Keys of the plugins that are switched off for the tenant.
    """

    attempt_id: UUID
    kind: Kind
    part: PartRow
    earlier: tuple[PartRow, ...]
    is_last: bool
    ends_post: bool
    account: Account
    account_status: str
    account_reason: str | None
    grant: GrantRow | None
    options: dict[str, Any]
    failures: int
    last_outcome: str | None
    sent_ago: float | None
    late_by: float | None
    late_policy: LatePolicy
    plugins_off: frozenset[str] = frozenset()


LOAD_SQL = (
    "/* mpcas2:load */ WITH held AS MATERIALIZED (SELECT job_id FROM public.due_jobs "
    "WHERE job_id = $1 AND fence = $2 FOR UPDATE), "
    "job AS (UPDATE publish_jobs SET next_attempt_at = NULL, "
    "updated_at = now(), state = CASE state WHEN 'accepted' THEN state ELSE 'processing' END "
    "WHERE id = $1 AND state IN ('scheduled', 'retrying', 'processing', 'accepted') "
    "AND EXISTS (SELECT 1 FROM held) "
    "RETURNING id, social_account_id, options, failures, scheduled_at) "
    "SELECT j.options, j.failures, "
    "extract(epoch FROM now() - j.scheduled_at)::float8 AS late_by, "
    "NOT EXISTS (SELECT 1 FROM publish_attempts t WHERE t.job_id = j.id "
    "AND t.started_at >= j.scheduled_at) AS untried, "
    "s.outcome AS last_outcome, "
    "extract(epoch FROM now() - s.marked_at)::float8 AS sent_ago, "
    "a.id AS account_id, a.platform, a.platform_account_id, a.username, a.data, a.status, "
    "a.status_reason, a.late_within_seconds, a.late_otherwise, "
    "g.sealed, g.version, g.expires_at, g.client_id, "
    "(SELECT jsonb_agg(jsonb_build_object('position', p.position, 'role', p.role, 'text', p.text, "
    "'title', p.title, 'media', p.media, 'thumbnail', p.thumbnail, 'state', p.state, 'staged', p.staged, 'journal', p.journal, "
    "'handle', p.handle, 'post_id', p.post_id, 'post_url', p.post_url, "
    "'post_data', p.post_data, 'plugin_version', p.plugin_version) ORDER BY p.position) "
    "FROM publish_parts p WHERE p.job_id = j.id) AS parts, "
    "(SELECT array_agg(o.plugin) FROM public.tenant_plugins o "
    "WHERE o.tenant_id = $3 AND NOT o.enabled) AS plugins_off "
    "FROM job j JOIN social_accounts a ON a.id = j.social_account_id "
    "LEFT JOIN grants g ON g.account_id = a.id "
    "LEFT JOIN LATERAL (SELECT t.outcome, t.marked_at FROM publish_attempts t "
    "WHERE t.job_id = j.id AND t.kind = 'publish' AND t.marked_at IS NOT NULL "
    "ORDER BY t.started_at DESC, t.id DESC LIMIT 1) s ON true"
)

# An attempt without an outcome belongs to a worker that did not report back.
OPEN_SQL = (
    "/* mpcas2:open */ WITH dangling AS (UPDATE publish_attempts SET finished_at = now(), "
    "outcome = CASE WHEN marked_at IS NULL THEN 'interrupted' ELSE 'unreported' END, "
    "message = CASE WHEN marked_at IS NULL THEN 'The worker stopped before it sent anything.' "
    "ELSE 'The worker did not report back after the pre-commit mark.' END "
    "WHERE job_id = $2 AND outcome IS NULL) "
    "INSERT INTO publish_attempts (id, job_id, position, kind, fence, worker) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)


async def begin(scope: Scope, lease: Lease, worker: str) -> Work | None:
    """Opens the next attempt of a claimed job.

    Args:
        scope: The scope of the lease's tenant.
        lease: The claim.
        worker: Name of the worker, for the ledger.

    Returns:
        What to do, or None when nothing is left to do; the job has then left the due index.
    """
    row = await scope.fetchrow(LOAD_SQL, lease.job_id, lease.fence, lease.tenant.id)
    parts = msgspec.convert(row["parts"], tuple[PartRow, ...]) if row else ()
    part = next((entry for entry in parts if entry.state != "published"), None)
    if row is None or part is None or part.state == "unconfirmed":
        if row is not None and part is None:
            # The last part was published by a report that came late.
            await scope.execute(
                "UPDATE publish_jobs SET state = 'published', needs_attention = false, "
                "published_at = coalesce(published_at, now()) WHERE id = $1",
                lease.job_id,
            )
        await scope.execute(
            "DELETE FROM public.due_jobs WHERE job_id = $1 AND fence = $2",
            lease.job_id,
            lease.fence,
        )
        return None
    kind: Kind = {"sent": "find", "accepted": "poll"}.get(part.state, "publish")  # type: ignore[assignment]  # the three values of Kind
    attempt_id = uuids.uuid7()
    await scope.execute(
        OPEN_SQL, attempt_id, lease.job_id, part.position, kind, lease.fence, worker
    )
    return Work(
        attempt_id=attempt_id,
        kind=kind,
        part=part,
        earlier=parts[: part.position],
        is_last=part.position == parts[-1].position,
        ends_post=all(entry.role == "comment" for entry in parts[part.position + 1 :]),
        account=Account(
            id=str(row["account_id"]),
            platform=row["platform"],
            platform_account_id=row["platform_account_id"],
            username=row["username"],
            data=row["data"],
        ),
        account_status=row["status"],
        account_reason=row["status_reason"],
        grant=(
            GrantRow(
                sealed=row["sealed"],
                version=row["version"],
                expires_at=row["expires_at"],
                client_id=row["client_id"],
            )
            if row["sealed"] is not None
            else None
        ),
        options=row["options"],
        failures=row["failures"],
        last_outcome=row["last_outcome"],
        sent_ago=row["sent_ago"],
        late_by=row["late_by"] if row["untried"] else None,
        late_policy=LatePolicy(
            within_seconds=row["late_within_seconds"], otherwise=row["late_otherwise"]
        ),
        plugins_off=frozenset(row["plugins_off"] or ()),
    )


MARK_SQL = (
    "/* mpcas2:mark */ WITH held AS (UPDATE public.due_jobs SET "
    "lease_until = now() + make_interval(secs => $6), "
    "next_at = now() + make_interval(secs => $6) "
    "WHERE job_id = $1 AND fence = $2 AND lease_until > now() RETURNING job_id), "
    "part AS (UPDATE publish_parts SET state = 'sent', staged = $5, "
    "plugin_version = $8 "
    "WHERE job_id = $1 AND position = $4 AND state = 'pending' "
    "AND EXISTS (SELECT 1 FROM held) RETURNING position) "
    "UPDATE publish_attempts SET marked_at = now(), "
    "send_until = now() + make_interval(secs => $7) "
    "WHERE id = $3 AND EXISTS (SELECT 1 FROM part) RETURNING marked_at"
)


async def mark(
    scope: Scope,
    lease: Lease,
    work: Work,
    staged: Mapping[str, Any],
    *,
    plugin_version: str,
    lease_seconds: float,
    send_seconds: float,
) -> datetime:
    """Writes the pre-commit mark and what will be sent.

    Args:
        scope: The scope of the lease's tenant.
        lease: The claim, which must still hold.
        work: The attempt.
        staged: What ``publish`` will be given.
        plugin_version: The version of the plugin that sends it.
        lease_seconds: The lease runs this long from now.
        send_seconds: The send may last this long.

    Raises:
        LeaseLost: The job belongs to somebody else, was cancelled, or the lease ran out.
    """
    marked_at: datetime | None = await scope.fetchval(
        MARK_SQL,
        lease.job_id,
        lease.fence,
        work.attempt_id,
        work.part.position,
        staged,
        lease_seconds,
        send_seconds,
        plugin_version,
    )
    if marked_at is None:
        raise LeaseLost
    return marked_at


SETTLE_SQL = (
    "/* mpcas2:settle */ WITH held AS MATERIALIZED (SELECT job_id FROM public.due_jobs "
    "WHERE job_id = $1 AND fence = $2 FOR UPDATE), "
    "attempt AS (UPDATE publish_attempts SET finished_at = now(), outcome = $5, message = $6, "
    "code = $7, answer = $8 WHERE id = $3 AND EXISTS (SELECT 1 FROM held)), "
    "part AS (UPDATE publish_parts SET state = $9, "
    "staged = CASE WHEN $10 THEN staged END, handle = $11, post_id = $12, post_url = $13, "
    "journal = CASE WHEN $23 THEN '{}'::jsonb ELSE journal END, "
    "post_data = $14, published_at = CASE WHEN $9 = 'published' THEN now() END "
    "WHERE job_id = $1 AND position = $4 AND EXISTS (SELECT 1 FROM held)), "
    "gone AS (DELETE FROM public.due_jobs WHERE job_id IN (SELECT job_id FROM held) "
    "AND NOT $15 AND $16::float8 IS NULL), "
    "parked AS (UPDATE public.due_jobs SET lease_until = NULL, worker = NULL, offered = false, "
    "next_at = now() + make_interval(secs => $16) "
    "WHERE job_id IN (SELECT job_id FROM held) AND NOT $15 AND $16::float8 IS NOT NULL) "
    "UPDATE publish_jobs SET state = coalesce($17, state), needs_attention = $18, "
    "failures = $19, error_code = $20, error_message = CASE WHEN $20::text IS NULL THEN NULL "
    "ELSE $6 END, next_attempt_at = now() + make_interval(secs => $16), updated_at = now(), "
    "published_at = CASE WHEN $22 THEN coalesce(published_at, now()) ELSE published_at END, "
    "warnings = (warnings - $4::int::text) || $21, "
    "platform_post_id = CASE WHEN $4 = 0 THEN coalesce($12, platform_post_id) "
    "ELSE platform_post_id END, "
    "platform_post_url = CASE WHEN $4 = 0 THEN coalesce($13, platform_post_url) "
    "ELSE platform_post_url END "
    "WHERE id = $1 AND EXISTS (SELECT 1 FROM held) RETURNING id"
)


async def settle(scope: Scope, lease: Lease, work: Work, result: Settlement) -> None:
    """Writes how an attempt ended.

    Raises:
        LeaseLost: The job is no longer this worker's; nothing was written.
    """
    result = storable(result)
    post = result.post
    written = await scope.fetchval(
        SETTLE_SQL,
        lease.job_id,
        lease.fence,
        work.attempt_id,
        work.part.position,
        result.outcome,
        result.message,
        result.code,
        result.answer or None,
        result.part_state,
        result.keeps_staged,
        result.handle,
        post.id if post else None,
        post.url if post else None,
        post.data if post else None,
        result.continues,
        result.next_after,
        result.job_state,
        result.needs_attention,
        result.failures,
        result.error_code,
        {str(work.part.position): list(result.warnings)} if result.warnings else {},
        result.is_public,
        result.forgets_journal,
    )
    if written is None:
        raise LeaseLost
    await awaited.note(
        scope, lease.job_id, work.account.platform, result.awaits, decides=work.kind == "poll"
    )
