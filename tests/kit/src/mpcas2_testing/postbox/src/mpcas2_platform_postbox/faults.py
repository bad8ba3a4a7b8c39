"""What Postbox's refusals mean, as the contract's errors.

Every refusal has the body ``{"error": "<code>", "message": "<sentence>"}``. A page of a proxy in its
place has neither, so both may be empty.
"""

from __future__ import annotations

from datetime import datetime

import httpx
import msgspec
from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    evidence_of,
    retry_after,
)

__all__ = ("Refusal", "fault_of", "read_refusal")

# What a person can do about a refusal, by its code. The network's own sentence is shown for others.
_ADVICE = {
    "scope-missing": "Postbox did not allow this app to do that; reconnect the account and allow it.",
    "unknown-draft": "Postbox no longer has the draft of this post; publish it anew.",
    "unknown-post": "Postbox no longer has this post; it may have been deleted there.",
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a refusal."""

    error: str = ""
    message: str = ""


def read_refusal(content: bytes) -> Refusal:
    """Reads the body of a refusal; one that cannot be read is empty."""
    try:
        return msgspec.json.decode(content, type=Refusal)
    except msgspec.MsgspecError:
        return Refusal()


def fault_of(response: httpx.Response, *, irreversible: bool, now: datetime) -> PlatformError:
    """Turns an answer that is no success into the error to raise.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, for ``Retry-After``.
    """
    status, refusal = response.status_code, read_refusal(response.content)
    code, evidence = refusal.error or str(status), evidence_of(response)
    if status == httpx.codes.UNAUTHORIZED:
        return Unauthorized("Postbox no longer accepts the token.", code=code, answer=evidence)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = retry_after(response.headers, now)
        return RateLimited(
            "Postbox asks to come back later.", code=code, answer=evidence, retry_after=wait
        )
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        # A server that fails may fail after the work as well as before it.
        kind = OutcomeUnknown if irreversible else Unavailable
        return kind(f"Postbox has a fault ({status}).", code=code, answer=evidence)
    # All that is left is a no for good. A redirect is not followed, so it is one as well.
    said = refusal.message or f"its answer was {status}"
    message = _ADVICE.get(code, f"Postbox refused: {said}")
    return Rejected(message, code=code, answer=evidence)
