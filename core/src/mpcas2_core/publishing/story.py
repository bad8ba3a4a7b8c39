"""A job's whole story: its parts, every attempt of the ledger, and what people did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mpcas2_core.database.scope import Scope
from mpcas2_core.publishing import jobs
from mpcas2_core.publishing.jobs import JobRow

__all__ = ("Attempt", "Event", "PartStory", "Story", "tell")


class PartStory(msgspec.Struct, frozen=True, kw_only=True):
    """One part and where it stands."""

    position: int
    role: str = "post"
    text: str
    state: str
    media: list[dict[str, Any]]
    post_id: str | None
    post_url: str | None
    published_at: datetime | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger."""

    id: UUID
    position: int
    kind: str
    worker: str
    started_at: datetime
    marked_at: datetime | None
    finished_at: datetime | None
    outcome: str | None
    message: str | None
    code: str | None
    answer: dict[str, Any] | None
    late_outcome: str | None
    late_answer: dict[str, Any] | None
    late_at: datetime | None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to the job apart from attempts."""

    at: datetime
    kind: str
    message: str
    user_id: UUID | None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A job with everything that is known about it, each list in order of time."""

    job: JobRow
    parts: tuple[PartStory, ...]
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]


async def tell(scope: Scope, job_id: UUID) -> Story:
    """Gives a job's story.

    Raises:
        NotFound: The tenant has no such job.
    """
    job = await jobs.get(scope, job_id)
    parts = await scope.fetch(
        "SELECT position, role, text, state, media, post_id, post_url, published_at "
        "FROM publish_parts WHERE job_id = $1 ORDER BY position",
        job_id,
    )
    attempts = await scope.fetch(
        "SELECT id, position, kind, worker, started_at, marked_at, finished_at, outcome, message, "
        "code, answer, late_outcome, late_answer, late_at FROM publish_attempts "
        "WHERE job_id = $1 ORDER BY started_at, id",
        job_id,
    )
    events = await scope.fetch(
        "SELECT at, kind, message, user_id FROM publish_events WHERE job_id = $1 ORDER BY at, id",
        job_id,
    )
    return Story(
        job=job,
        parts=tuple(PartStory(**dict(row)) for row in parts),
        attempts=tuple(Attempt(**dict(row)) for row in attempts),
        events=tuple(Event(**dict(row)) for row in events),
    )
