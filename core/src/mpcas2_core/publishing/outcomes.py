"""Turns what an adapter raised into what the ledger, the part and the job become.

The rules of this module are the product's promise: what may have been posted never ends as ``failed``,
and nothing is repeated unless the network proved that it is not there.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from mpcas2_core.publishing.answers import LONGEST_DECISION, unconfirmed
from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.patience import Patience
from mpcas2_core.publishing.settlement import Settlement
from mpcas2_hookspecs import (
    NotReady,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)

__all__ = ("again", "failed", "passing", "preparing")

DEFAULT_RATE_PAUSE = 60.0
# After a day of waiting nobody wants to wait for hours more.
MOST_SPREAD = 120.0

# Not NotReady: from anywhere but `stage` it would undo a mark.
KNOWN_ERRORS = (Unauthorized, RateLimited, Unavailable, Rejected, OutcomeUnknown)


def failed(work: Work, error: BaseException, patience: Patience) -> Settlement:
    """What an adapter raised, before or after the mark, in a publish, a find or a poll."""
    if not isinstance(error, KNOWN_ERRORS):
        error = _classified(work, error)
    if isinstance(error, OutcomeUnknown) and work.kind == "publish":
        return Settlement(
            outcome="unknown",
            message=error.message,
            code=error.code,
            answer=error.answer,
            part_state="sent",
            keeps_staged=True,
            failures=work.failures,
            continues=True,
        )
    if isinstance(error, Rejected) and work.kind == "publish" and work.part.staged is not None:
        # An earlier attempt sent the very same. "No" may mean "I have that already", so the network
        # is asked once more before the post is prepared anew.
        return Settlement(
            outcome="rejected",
            message=f"{error.message} The network is asked whether the post is there.",
            code=error.code,
            answer=error.answer,
            part_state="sent",
            keeps_staged=True,
            failures=work.failures,
            continues=True,
        )
    passing = not isinstance(error, Rejected | Unauthorized)
    failures = work.failures + (0 if isinstance(error, RateLimited) else 1)
    base = _Base(message=error.message, code=error.code, answer=error.answer)
    if passing and failures < patience.max_failures:
        return _later(work, error, failures, patience, base)
    return _ended(work, error, failures, base)


def again(work: Work, error: Unauthorized, why: str) -> Settlement:
    """The token was no good and another one is there: the same is tried at once."""
    return Settlement(
        outcome="unauthorized",
        message=f"The access token was refused; {why}.",
        code=error.code,
        part_state=_unchanged(work),
        keeps_staged=work.part.staged is not None,
        handle=work.part.handle,
        failures=work.failures,
        continues=True,
    )


def passing(error: Exception) -> Exception:
    """Gives an error from before the mark: what is no clear "no" is a passing fault."""
    if isinstance(error, OutcomeUnknown):
        return Unavailable(error.message, code=error.code, answer=error.answer)
    if isinstance(error, msgspec.ValidationError):
        return Rejected(f"The options of this post no longer fit the network: {error}.")
    if isinstance(error, Rejected | RateLimited | Unavailable | Unauthorized):
        return error
    return Unavailable(f"Preparing the post failed ({type(error).__name__}: {error}).")


def preparing(work: Work, error: NotReady, since: float) -> Settlement:
    """The network works on what was uploaded: no fault, and no reason to hold a worker.

    Args:
        work: The attempt.
        error: What ``stage`` raised.
        since: Seconds since it was first so.
    """
    if since > LONGEST_DECISION:
        return Settlement(
            outcome="preparing",
            message=f"{error.message} That has been so for a day. Nothing was posted; use `retry`, or "
            "publish another file.",
            code=error.code,
            answer=error.answer,
            part_state="pending",
            job_state="failed",
            needs_attention=True,
            error_code="NETWORK_UNAVAILABLE",
        )
    return Settlement(
        outcome="preparing",
        message=error.message,
        code=error.code,
        answer=error.answer,
        part_state="pending",
        job_state="processing",
        failures=work.failures,
        next_after=error.check_after,
    )


class _Base(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    code: str | None
    answer: dict[str, Any]


def _later(
    work: Work, error: PlatformError, failures: int, patience: Patience, base: _Base
) -> Settlement:
    pause = patience.pause(failures)
    if isinstance(error, RateLimited):
        told = DEFAULT_RATE_PAUSE if error.retry_after is None else error.retry_after
        # A little later than told, and not everybody at the same moment.
        pause = told + random.uniform(0.0, min(max(1.0, told * 0.1), MOST_SPREAD))  # noqa: S311 - spreads load
    return Settlement(
        outcome="rate_limited" if isinstance(error, RateLimited) else "unavailable",
        message=base.message,
        code=base.code,
        answer=base.answer,
        part_state=_unchanged(work),
        keeps_staged=work.part.staged is not None,
        handle=work.part.handle,
        job_state="accepted" if work.kind == "poll" else "retrying",
        failures=failures,
        next_after=pause,
    )


def _ended(work: Work, error: PlatformError, failures: int, base: _Base) -> Settlement:
    outcome, code = "unavailable", "NETWORK_UNAVAILABLE"
    if isinstance(error, Rejected):
        outcome, code = "rejected", "REJECTED"
    elif isinstance(error, Unauthorized):
        outcome, code = "unauthorized", "ACCOUNT_EXPIRED"
    may_be_there = work.kind == "find" or (work.kind == "poll" and outcome != "rejected")
    if may_be_there:
        # The question failed, not the post. `retry` asks again.
        return msgspec.structs.replace(
            unconfirmed(
                f"{base.message} Whether the post is there could not be found out. Use `retry` to ask "
                "the network again, or `confirm` or `repost` if you know.",
                outcome=outcome,
                handle=work.part.handle,
            ),
            code=base.code,
            answer=base.answer,
            failures=failures,
        )
    # What was staged is used up once the network took it; it took that back, so all begins anew.
    taken_back = work.kind == "poll"
    message = base.message
    if taken_back and work.part.role == "post":
        message = (
            f"{message} The network had accepted the post and did not keep it. Publish it anew with "
            "what is wrong mended, or use `retry` to send the same again."
        )
    return Settlement(
        outcome=outcome,
        message=message,
        code=base.code,
        answer=base.answer,
        part_state="pending",
        keeps_staged=work.part.staged is not None and not taken_back,
        forgets_journal=taken_back,
        job_state="failed",
        needs_attention=True,
        failures=failures,
        error_code=code,
    )


def _unchanged(work: Work) -> str:
    return {"find": "sent", "poll": "accepted"}.get(work.kind, "pending")


def _classified(work: Work, error: BaseException) -> PlatformError:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if work.kind == "publish":
        return OutcomeUnknown(f"The answer is missing or was not understood ({what}).")
    return Unavailable(f"The question to the network failed ({what}).")
