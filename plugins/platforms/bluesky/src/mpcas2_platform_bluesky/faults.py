"""Turns XRPC answers and broken connections into the contract's errors.

Sources: https://atproto.com/specs/xrpc (status codes, error bodies), https://docs.bsky.app (rate
limit headers) and the error names of the lexicons. The name in the body counts more than the
status: a server answers an ended token with 400 ``ExpiredToken``.
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
from mpcas2_platform_bluesky.wire import XrpcFault

__all__ = ("GONE", "TOKEN_ENDED", "fault_of", "read_fault")

GONE = {
    "AccountDeactivated": "The Bluesky account is deactivated; activate it, then reconnect it.",
    "AccountSuspended": "Bluesky has suspended the account; only Bluesky's support can help.",
    "AccountTakedown": "Bluesky has taken the account down; only Bluesky's support can help.",
}
"""Error names that say that no grant helps any more, with words for the owner."""

TOKEN_ENDED = frozenset({"ExpiredToken", "InvalidToken"})
"""Error names that say that the token, not the request, was refused; their status is often 400."""

_REMEDIES = {
    "BlobNotFound": "Bluesky no longer holds an uploaded image; publish the post again.",
    "BlobTooLarge": "Bluesky takes no image of this size; use a smaller one.",
    "InvalidMimeType": "Bluesky does not take this kind of image; use JPEG, PNG or WebP.",
}
_LONGEST_QUOTE = 500


def read_fault(body: Any) -> XrpcFault:
    """Reads name and message of a fault from a parsed body; empty ones when it is no such body."""
    try:
        return msgspec.convert(body, XrpcFault)
    except msgspec.ValidationError:
        return XrpcFault()


def fault_of(response: httpx.Response, *, irreversible: bool, now: datetime) -> PlatformError:
    """Classifies an answer that is not a success.

    Whatever is neither success nor refusal counts as unknown after an irreversible request, 503 and
    408 too: a proxy in front of the server answers so also when the server took the request and
    the way back broke, and ``find`` is exact and costs one request.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, to turn the moment of a rate limit's reset into seconds.
    """
    status = response.status_code
    try:
        fault = msgspec.json.decode(response.content, type=XrpcFault)
    except msgspec.MsgspecError:
        fault = XrpcFault()
    code = fault.error or str(status)
    answer = evidence_of(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS or fault.error == "RateLimitExceeded":
        return RateLimited(
            "Bluesky asks to come back later: its rate limit is reached.",
            code=code,
            answer=answer,
            retry_after=_when(response.headers, now),
        )
    if fault.error in GONE:
        return Unauthorized(GONE[fault.error], code=code, answer=answer, revoked=True)
    if status == HTTPStatus.UNAUTHORIZED or fault.error in TOKEN_ENDED:
        return Unauthorized(
            "Bluesky refused the account's session; reconnect the account if this stays.",
            code=code,
            answer=answer,
        )
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and status != HTTPStatus.REQUEST_TIMEOUT:
        return Rejected(_refusal(status, fault), code=code, answer=answer)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"The Bluesky server answered with {status}.", code=code, answer=answer)


def _refusal(status: int, fault: XrpcFault) -> str:
    remedy = _REMEDIES.get(fault.error)
    if remedy is None and status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        remedy = _REMEDIES["BlobTooLarge"]
    if remedy is not None:
        return remedy
    said = fault.message or fault.error
    if not said:
        return f"Bluesky refused the request ({status}) and gave no reason."
    return f"Bluesky refused the request: {said[:_LONGEST_QUOTE]}"


def _when(headers: httpx.Headers, now: datetime) -> float | None:
    """Reads ``Retry-After``, else ``RateLimit-Reset`` (seconds since 1970)."""
    told = retry_after(headers, now)
    reset = headers.get("ratelimit-reset", "").strip()
    if told is None and reset.isdecimal():
        return max(0.0, float(reset) - now.timestamp())
    return told
