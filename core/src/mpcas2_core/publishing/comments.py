"""What becomes of a post whose first comment fails: nothing, for it is public already."""

from __future__ import annotations

import msgspec

from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.settlement import Settlement

__all__ = ("spared",)


def spared(work: Work, result: Settlement) -> Settlement:
    """Gives an outcome with what it means for a post that only waits for its first comment.

    Args:
        work: The attempt.
        result: How it ended, as if the part were a post.
    """
    if work.part.role != "comment":
        return result
    if result.job_state == "failed":
        warning = f"The first comment could not be posted: {result.message} `retry` sends the comment alone."
        return msgspec.structs.replace(
            result,
            job_state="published",
            is_public=True,
            needs_attention=False,
            error_code=None,
            warnings=(warning,),
        )
    if result.job_state == "unconfirmed":
        return msgspec.structs.replace(
            result,
            is_public=True,
            message=f"The post is public; its first comment may be missing. {result.message}",
        )
    return result
