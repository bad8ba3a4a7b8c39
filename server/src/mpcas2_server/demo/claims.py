"""What the product claims to have published, put beside what was meant, for the count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpcas2_server.demo.posts import Plan
from mpcas2_server.demo.timeline import in_few_words
from mpcas2_server.demo.verdict import Claim, ClaimedPart

__all__ = ("claim_of",)


def claim_of(
    plan: Plan,
    title: str,
    job: dict[str, Any],
    digest: Callable[[str], str],
    opens: Callable[[str], bool],
) -> Claim:
    """Puts a job beside its plan.

    Args:
        plan: What was meant.
        title: What to call the post.
        job: The job with its ledger, as the API gives it.
        digest: Gives the SHA-256 of one of the demonstration's files.
        opens: Tells whether an address opens.
    """
    parts = []
    for part, told in zip(plan.parts, job["parts"], strict=True):
        link = told.get("postUrl", "")
        parts.append(
            ClaimedPart(
                text=plan.headline or part.text,
                id=told.get("postId"),
                alts=(part.alt,) if part.file else (),
                digests=(digest(part.file),) if part.file else (),
                thumbnail=bool(plan.thumbnail),
                link=link,
                opens=bool(link) and opens(link),
            )
        )
    return Claim(
        network=plan.network,
        title=title,
        story=in_few_words(job),
        state=job["state"],
        parts=tuple(parts),
        marks=plan.marks,
    )
