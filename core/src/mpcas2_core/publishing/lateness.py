"""What becomes of a post whose time passed while nothing ran."""

from __future__ import annotations

from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.settlement import Settlement

__all__ = ("missed", "too_late")


def too_late(work: Work) -> bool:
    """Says whether a post that nobody tried is past what its owner wants to have posted."""
    return (
        work.part.role == "post"
        and work.late_by is not None
        and work.late_by > work.late_policy.within_seconds
        and work.late_policy.otherwise != "post"
    )


def missed(work: Work) -> Settlement:
    """The post's time passed while nothing ran, and its owner does not want it that late."""
    ask = work.late_policy.otherwise == "ask"
    minutes = round((work.late_by or 0) / 60)
    advice = "Use `retry` to post it now, or `reschedule`." if ask else "It was skipped, as wished."
    return Settlement(
        outcome="missed",
        message=f"The time of this post passed {minutes} minutes ago while nothing ran. {advice}",
        part_state="pending",
        job_state="missed",
        needs_attention=ask,
        error_code="MISSED",
    )
