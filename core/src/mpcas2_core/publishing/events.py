"""What people and the engine did to a job, apart from attempts at the network."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat as uuids

from mpcas2_core.database.scope import Scope

__all__ = ("add",)


async def add(
    scope: Scope, job_id: UUID, kind: str, message: str, *, user_id: UUID | None = None
) -> None:
    """Writes one line into a job's story.

    Args:
        scope: The tenant's scope.
        job_id: The job.
        kind: What happened, for programs.
        message: What happened, for people.
        user_id: Who did it; None for the engine.
    """
    await scope.execute(
        "INSERT INTO publish_events (id, job_id, kind, user_id, message) "
        "VALUES ($1, $2, $3, $4, $5)",
        uuids.uuid7(),
        job_id,
        kind,
        user_id,
        message,
    )
