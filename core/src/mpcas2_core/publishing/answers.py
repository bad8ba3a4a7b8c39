"""Turns what an adapter returned into what the ledger, the part and the job become."""

from __future__ import annotations

from typing import Any

import msgspec

from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.patience import Patience
from mpcas2_core.publishing.settlement import Settlement
from mpcas2_hookspecs import (
    Absent,
    Accepted,
    FindResult,
    Found,
    PollResult,
    Published,
    StillDeciding,
)

__all__ = (
    "LONGEST_DECISION",
    "absent",
    "accepted",
    "deciding",
    "found",
    "polled",
    "published",
    "unconfirmed",
)

LONGEST_DECISION = 24 * 3600.0
"""Seconds; a network that has not decided by then is not going to."""

# How often a network that may be able to tell later is asked again before a person is.
MOST_QUESTIONS = 5
SHORTEST_PAUSE = 1.0


def published(work: Work, post: Published, *, found: bool = False) -> Settlement:
    """The part is on the network."""
    warnings = post.data.get("warnings")
    told = tuple(str(one) for one in warnings) if isinstance(warnings, list) else ()
    said = ("An earlier attempt had succeeded.", *told) if found else told
    return Settlement(
        outcome="found" if found else "published",
        message=" ".join(said) or None,
        warnings=told,
        part_state="published",
        post=post,
        answer=_plain(post),
        job_state="published" if work.is_last else None,
        is_public=work.ends_post,
        continues=not work.is_last,
    )


def accepted(answer: Accepted) -> Settlement:
    """The network took the part and decides later."""
    return Settlement(
        outcome="accepted",
        message="The network accepted the post and is working on it.",
        part_state="accepted",
        handle=answer.handle,
        awaits=answer.key,
        keeps_staged=True,
        answer=_plain(answer),
        job_state="accepted",
        next_after=answer.check_after,
    )


def deciding(work: Work, answer: StillDeciding) -> Settlement:
    """The network is still at it."""
    if work.sent_ago is not None and work.sent_ago > LONGEST_DECISION:
        return unconfirmed(
            "The network accepted the post a day ago and has not decided yet. If the post is there, "
            "use `confirm`; if it is not, use `repost`; `retry` asks the network again.",
            outcome="still_deciding",
            handle=work.part.handle,
        )
    return Settlement(
        outcome="still_deciding",
        message=answer.note or None,
        part_state="accepted",
        handle=work.part.handle,
        keeps_staged=True,
        job_state="accepted",
        next_after=answer.check_after,
    )


def polled(work: Work, answer: PollResult) -> Settlement:
    """What ``poll`` said."""
    if isinstance(answer, Published):
        return published(work, answer)
    return deciding(work, answer)


def absent(work: Work, answer: Absent, patience: Patience) -> Settlement:
    """The network proved that nothing was posted, so the very same may be sent again."""
    failures = work.failures + 1
    # Some adapters give a whole sentence.
    proof = answer.proof.rstrip(".")
    if failures >= patience.max_failures:
        return Settlement(
            outcome="absent",
            message=f"Nothing was posted ({proof}), after {failures} tries. Use `retry` once "
            "the network answers again.",
            part_state="pending",
            keeps_staged=True,
            job_state="failed",
            needs_attention=True,
            failures=failures,
            error_code="NETWORK_UNAVAILABLE",
        )
    if work.last_outcome == "rejected":
        # The network refused to take the same again, and proved that it is not there: what was staged
        # no longer fits, for example an upload that ran out. So it is staged anew.
        return Settlement(
            outcome="absent",
            message="Nothing was posted; the post is prepared anew.",
            part_state="pending",
            failures=failures,
            continues=True,
        )
    at_once = work.failures == 0
    return Settlement(
        outcome="absent",
        message=f"Nothing was posted: {proof}.",
        part_state="pending",
        keeps_staged=True,
        failures=failures,
        job_state=None if at_once else "retrying",
        continues=at_once,
        next_after=None if at_once else patience.pause(failures),
    )


def unconfirmed(
    message: str, *, outcome: str = "cannot_tell", handle: dict[str, Any] | None = None
) -> Settlement:
    """Nobody can tell whether the part is there; a person decides."""
    return Settlement(
        outcome=outcome,
        message=message,
        part_state="unconfirmed",
        keeps_staged=True,
        handle=handle,
        job_state="unconfirmed",
        needs_attention=True,
        error_code="UNCONFIRMED",
    )


def found(work: Work, answer: FindResult, patience: Patience, *, asked: int = 0) -> Settlement:
    """What ``find`` said.

    Args:
        work: The attempt.
        answer: What it said.
        patience: How passing faults are waited for.
        asked: How often it could not tell since the part was sent.
    """
    if isinstance(answer, Found):
        return published(work, answer.post, found=True)
    if isinstance(answer, Accepted):
        return accepted(answer)
    if isinstance(answer, Absent):
        return absent(work, answer, patience)
    if answer.ask_again_after is not None and asked < MOST_QUESTIONS:
        return Settlement(
            outcome="cannot_tell",
            message="The network cannot tell yet whether the post is there; it is asked again.",
            part_state="sent",
            keeps_staged=True,
            job_state="retrying",
            failures=work.failures,
            next_after=max(answer.ask_again_after, SHORTEST_PAUSE),
        )
    return unconfirmed(
        f"{answer.reason} If the post is there, use `confirm`; if it is not, use `repost`."
    )


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
