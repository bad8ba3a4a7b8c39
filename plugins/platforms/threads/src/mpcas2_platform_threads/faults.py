"""Turns the Threads API's answers into the contract's errors.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/threads/troubleshooting. Meta answers with status 400 whatever the
cause, so the code decides and the status only where there is none.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

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
from mpcas2_platform_threads.wire import ErrorAnswer, GraphError

__all__ = ("NOT_THERE", "container_fault", "error_in", "fault_of")

NOT_THERE = "24"
"""Code for what does not exist, or not yet: a container that was published too early, too."""

_LONGEST_QUOTE = 300
# Permission missing: 3, 10 and 200 to 299.
_PERMISSIONS = frozenset({3, 10, *range(200, 300)})
_TOKENS = frozenset({102, 190})
_THROTTLED = frozenset({4, 17, 32, 341, 613})
_PASSING = frozenset({1, 2})
_TOKEN_WORDS = {
    458: "The app was removed from the account.",
    459: "Threads wants the owner to sign in and pass a check first.",
    460: "The password was changed.",
    463: "The permission has expired.",
    464: "The account is not confirmed.",
    467: "The permission is no longer good.",
}
_BLOCKED = {
    368: "Threads has blocked this action for a while because of its rules; wait, then retry.",
    1346003: "Threads has blocked the content because of its rules. Change it.",
    1404102: "Threads has blocked the content because of its rules. Change it.",
    1404078: "Threads wants the account's owner to confirm who he is, in the Threads app.",
    1404112: "Threads has limited the account; look into the Threads app.",
    4854002: "Threads wants the account's owner to prove who he is, in the Threads app.",
}
# Quota of posts or replies used up. Known of Instagram; for Threads it is not verified.
_QUOTA = 9

# What a container says when its media cannot be used, and what a person can do.
_CONTAINER_WORDS = {
    "FAILED_PROCESSING_AUDIO": "Threads cannot process the sound; convert it to AAC.",
    "FAILED_PROCESSING_VIDEO": "Threads cannot process the video; convert it to MP4 with H.264.",
    "INVALID_ASPEC_RATIO": "Threads does not take this shape; crop the file.",
    "INVALID_BIT_RATE": "The video's bit rate is too high; export it with at most 100 Mbit/s.",
    "INVALID_DURATION": "The video is too long or too short; Threads takes up to five minutes.",
    "INVALID_FRAME_RATE": "Threads takes 23 to 60 frames per second; export the video anew.",
    "INVALID_AUDIO_CHANNELS": "Threads takes sound with one or two channels; export it anew.",
    "INVALID_AUDIO_CHANNEL_LAYOUT": "Threads takes mono or stereo sound; export it anew.",
}
# Worth another container.
_CONTAINER_PASSING = frozenset({"FAILED_DOWNLOADING_VIDEO", "UNKNOWN"})


def fault_of(
    response: httpx.Response, *, irreversible: bool, now: datetime, quota: str | None = None
) -> PlatformError:
    """Says what an answer that is no success means.

    Args:
        response: The answer, read.
        irreversible: True when the request, carried out, cannot be taken back.
        now: Aware time.
        quota: The quota that a refusal for too many posts is about.
    """
    status, evidence = response.status_code, evidence_of(response)
    error = error_in(response.content)
    waits = retry_after(response.headers, now)
    if error is None or error.code is None:
        return _by_status(status, evidence, waits, irreversible=irreversible)
    code, number = _code(error), error.code
    said = _said(error)
    if number in _TOKENS:
        why = _TOKEN_WORDS.get(error.error_subcode or 0, "")
        return Unauthorized(
            f"Threads no longer accepts the account's permission. {why} Connect the account again.",
            code=code,
            answer=evidence,
            revoked=True,
        )
    if number in _THROTTLED or number == _QUOTA:
        used_up = number == _QUOTA
        return RateLimited(
            "The account has used up what Threads lets it post in 24 hours."
            if used_up
            else "Threads asks to come back later: too many requests.",
            code=code,
            answer=evidence,
            retry_after=waits,
            quota=quota if used_up else None,
        )
    if number in _BLOCKED:
        return Rejected(f"{_BLOCKED[number]}{said}", code=code, answer=evidence)
    if number in _PERMISSIONS:
        return Rejected(
            "A permission is missing for this. Connect the account again and leave every permission "
            f"on; the app needs it approved by Meta, too.{said}",
            code=code,
            answer=evidence,
        )
    if number in _PASSING or error.is_transient or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = OutcomeUnknown if irreversible else Unavailable
        return kind(f"Threads has a fault of its own.{said}", code=code, answer=evidence)
    return Rejected(
        f"Threads refused this. Change it as Threads says, and retry.{said}",
        code=code,
        answer=evidence,
    )


def container_fault(message: str) -> PlatformError:
    """Says what it means that a container failed.

    Args:
        message: Its ``error_message``.
    """
    name = message.partition(":")[0].strip().upper()
    if name in _CONTAINER_PASSING or not name:
        return Unavailable(
            "Threads could not fetch or process a file; it is given the file anew.", code=name
        )
    words = _CONTAINER_WORDS.get(name)
    if words is None:
        words = f"Threads cannot use a file of the post; convert it and upload it again. It said: {message[:_LONGEST_QUOTE]}"
    return Rejected(words, code=name, answer={"error_message": message[:_LONGEST_QUOTE]})


def error_in(content: bytes) -> GraphError | None:
    """Reads Meta's envelope; None when the body is none."""
    try:
        return msgspec.json.decode(content, type=ErrorAnswer).error
    except msgspec.MsgspecError:
        return None


def _by_status(
    status: int, evidence: dict[str, Any], waits: float | None, *, irreversible: bool
) -> PlatformError:
    code = str(status)
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(
            "Threads no longer accepts the account's permission. Connect the account again.",
            code=code,
            answer=evidence,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Threads asks to come back later: too many requests.",
            code=code,
            answer=evidence,
            retry_after=waits,
        )
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
    ):
        return Rejected(
            f"Threads refused this with {status} and gave no reason. If it stays, ask whoever runs "
            "this installation to look at the app in Meta's developer console.",
            code=code,
            answer=evidence,
        )
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"Threads answered with {status}.", code=code, answer=evidence)


def _code(error: GraphError) -> str:
    if error.error_subcode is None:
        return str(error.code)
    return f"{error.code}/{error.error_subcode}"


def _said(error: GraphError) -> str:
    said = error.error_user_msg or error.message
    return f" It said: {said[:_LONGEST_QUOTE]}" if said else ""
