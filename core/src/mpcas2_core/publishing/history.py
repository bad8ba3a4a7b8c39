"""What earlier attempts say about the one at hand."""

from __future__ import annotations

from mpcas2_core.database.scope import Scope
from mpcas2_core.publishing.ledger import Work

__all__ = ("preparing_for", "questions_since_send")


async def preparing_for(scope: Scope, work: Work) -> float:
    """Tells for how many seconds the network has been preparing what the part needs."""
    seconds: float = await scope.fetchval(
        "SELECT coalesce(extract(epoch FROM now() - min(started_at)), 0)::float8 "
        "FROM publish_attempts WHERE outcome = 'preparing' AND position = $2 AND job_id = "
        "(SELECT job_id FROM publish_attempts WHERE id = $1)",
        work.attempt_id,
        work.part.position,
    )
    return seconds


async def questions_since_send(scope: Scope, work: Work) -> int:
    """Counts how often the network could not tell what became of the part since it was last sent."""
    count: int = await scope.fetchval(
        "SELECT count(t.id) FROM publish_attempts this JOIN publish_attempts t "
        "ON t.job_id = this.job_id AND t.position = this.position "
        "AND t.kind = 'find' AND t.outcome = 'cannot_tell' "
        "AND t.started_at > coalesce((SELECT max(s.marked_at) FROM publish_attempts s "
        "WHERE s.job_id = this.job_id AND s.position = this.position), '-infinity') "
        "WHERE this.id = $1",
        work.attempt_id,
    )
    return count
