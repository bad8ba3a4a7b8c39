"""Turns Meta's answers and those of its upload host into the contract's errors.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes. The
status is nearly always 400, so what counts is ``code`` and ``error_subcode``. Some of the pairs are
from client code of other publishers or from memory; an unknown pair is judged by its code.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from mpcas2_platform_instagram.fault_words import (
    BLOCKED,
    MEDIA,
    OTHER_CONTAINER,
    PARAMETERS,
    RECONNECT,
    VERSION,
    Subcode,
)
from mpcas2_platform_instagram.wire import DebugBody, Fault, FaultBody

__all__ = ("MISSING", "POSTS", "QUOTA_PAUSE", "code_of", "fault_of", "read_fault", "regain_seconds")

QUOTA_PAUSE = 3600.0
"""Seconds after which a used-up quota is asked for again: nobody says when its oldest post is a day old."""

POSTS = "posts"
"""Name of the quota of publishing; it is one for each account."""

MISSING = "100/33"
"""The code of something that does not exist, or not for this account."""

_LONGEST_QUOTE = 500
_PERMISSION = frozenset({3, 10, *range(200, 300)})
_THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
_TEMPORARY = frozenset({1, 2})
_EXPIRED_TOKEN = frozenset({102, 190})
_BUSINESS_USAGE = "x-business-use-case-usage"


def fault_of(response: httpx.Response, *, irreversible: bool, now: datetime) -> PlatformError:
    """Classifies an answer that is not a success.

    Whatever is neither success nor refusal counts as unknown after an irreversible request: a proxy
    in front of the API answers so also when the API took the request.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, to turn the date of ``Retry-After`` into seconds.
    """
    fault = read_fault(response.content)
    code, answer = code_of(fault) or str(response.status_code), evidence_of(response)
    known = _by_subcode(fault, code, answer, irreversible=irreversible)
    if known is not None:
        return known
    wait = regain_seconds(response.headers, now)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or fault.code in _THROTTLED:
        words = "Instagram asks to come back later: too much was asked in a short time."
        return RateLimited(words, code=code, answer=answer, retry_after=wait)
    refused = _by_code(fault, code, answer)
    if refused is not None:
        return refused
    told = _upload_fault(response, answer)
    if told is not None:
        return told
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        words = "Instagram refused the account's access; reconnect the account if this stays."
        return Unauthorized(words, code=code, answer=answer)
    passing = fault.is_transient or fault.code in _TEMPORARY
    refusal = HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    if refusal and not passing and response.status_code != HTTPStatus.REQUEST_TIMEOUT:
        return Rejected(_refusal(response.status_code, fault), code=code, answer=answer)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"Instagram could not do it now ({code}).", code=code, answer=answer)


def code_of(fault: Fault) -> str:
    """Gives code and subcode in the way the ledger keeps them, for example ``"9007/2207027"``."""
    if fault.code is None:
        return ""
    return str(fault.code) if fault.error_subcode is None else f"{fault.code}/{fault.error_subcode}"


def read_fault(content: bytes) -> Fault:
    """Reads Meta's envelope; an empty fault when the body is no such thing."""
    try:
        return msgspec.json.decode(content, type=FaultBody).error
    except msgspec.MsgspecError:
        return Fault()


def regain_seconds(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Tells after how long calls are taken again; None when Instagram does not say.

    ``X-Business-Use-Case-Usage`` has minutes for each kind of use
    (https://developers.facebook.com/docs/graph-api/overview/rate-limiting); the longest counts.

    Args:
        headers: The answer's.
        now: Aware time; None where it is not known.
    """
    told = retry_after(headers, now)
    if told is not None:
        return told
    try:
        usage = msgspec.json.decode(headers.get(_BUSINESS_USAGE, ""), type=dict[str, list[_Use]])
    except msgspec.MsgspecError:
        return None
    minutes = [use.estimated_time_to_regain_access for uses in usage.values() for use in uses]
    longest = max(minutes, default=0.0)
    return longest * 60 if longest > 0 else None


class _Use(msgspec.Struct, frozen=True, kw_only=True):
    estimated_time_to_regain_access: float = 0


def _by_subcode(
    fault: Fault, code: str, answer: Mapping[str, Any], *, irreversible: bool
) -> PlatformError | None:
    subcode = fault.error_subcode
    if fault.code in _EXPIRED_TOKEN:
        words, gone = RECONNECT.get(subcode or 0, RECONNECT[0])
        return Unauthorized(words, code=code, answer=answer, revoked=gone)
    if subcode == Subcode.QUOTA:
        words = "The account has published as much as Instagram allows in 24 hours."
        return RateLimited(words, code=code, answer=answer, retry_after=QUOTA_PAUSE, quota=POSTS)
    if subcode in {Subcode.UNKNOWN_MEDIA, Subcode.UNKNOWN_CONTAINER}:
        # Also the answer to a container that is a post already: only ``find`` can tell.
        words = "Instagram does not know what was prepared; it may be published already."
        kind: type[PlatformError] = OutcomeUnknown if irreversible else Unavailable
        return kind(words, code=code, answer=answer)
    if subcode == Subcode.SERVER:
        kind = OutcomeUnknown if irreversible else Unavailable
        return kind(OTHER_CONTAINER[subcode], code=code, answer=answer)
    if subcode == Subcode.EXPIRED:
        words = (
            "What was prepared is older than 24 hours, and Instagram has thrown it away; `retry` "
        )
        return Rejected(words + "prepares the post anew.", code=code, answer=answer)
    if subcode in OTHER_CONTAINER:
        return Unavailable(OTHER_CONTAINER[subcode], code=code, answer=answer)
    words = MEDIA.get(subcode or 0) or BLOCKED.get(subcode or 0) or ""
    return Rejected(words, code=code, answer=answer) if words else None


def _by_code(fault: Fault, code: str, answer: Mapping[str, Any]) -> PlatformError | None:
    if code == MISSING:
        words = "Instagram does not have this, or does not show it to this account."
    elif fault.code in _PERMISSION:
        words = (
            "Instagram did not permit it. Make sure that the account is a professional one, reconnect "
            "it and allow everything that Instagram asks for."
        )
    elif fault.code in VERSION:
        words = VERSION[fault.code]
    elif fault.code in BLOCKED:
        words = BLOCKED[fault.code]
    elif fault.code in PARAMETERS and not fault.is_transient:
        words = f"{PARAMETERS[fault.code]} {_said(fault)}".rstrip()
    else:
        return None
    return Rejected(words, code=code, answer=answer)


def _upload_fault(response: httpx.Response, answer: Mapping[str, Any]) -> PlatformError | None:
    try:
        told = msgspec.json.decode(response.content, type=DebugBody).debug_info
    except msgspec.MsgspecError:
        return None
    if told.retriable or told.type == "OffsetInvalidError":
        words = "Instagram did not take the piece of the video; it is sent again."
        return Unavailable(words, code=told.type, answer=answer)
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    words = f"Instagram refused the video: {told.message[:_LONGEST_QUOTE] or told.type}"
    return Rejected(words, code=told.type, answer=answer)


def _refusal(status: int, fault: Fault) -> str:
    said = _said(fault)
    if not said:
        return f"Instagram refused the request ({status}) and gave no reason."
    return f"Instagram refused the request: {said}"


def _said(fault: Fault) -> str:
    """Gives the words for a person, else those for a developer."""
    return (fault.error_user_msg or fault.message)[:_LONGEST_QUOTE]
