"""Turns the Graph API's answers into the contract's errors.

Source: https://developers.facebook.com/docs/graph-api/guides/error-handling. Meta answers with status 400
whatever the cause, so the code decides, and the status only where there is none. The long numbers come as
subcodes or as codes: both places are looked at.
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
from mpcas2_platform_facebook.usage import wait_seconds
from mpcas2_platform_facebook.wire import ErrorAnswer, GraphError, UploadRefusal

__all__ = (
    "BLOCKED",
    "DUPLICATE",
    "LATER",
    "MISPLACED",
    "PERMANENT",
    "TOKEN_WORDS",
    "VERSION_ENDED",
    "error_in",
    "fault_of",
    "is_duplicate",
    "is_gone",
)

VERSION_ENDED = (
    "Facebook no longer speaks this version of its API. Whoever runs this installation has to set "
    "MPCAS2_FACEBOOK_API_VERSION to a newer one and restart."
)
MISPLACED = 1363037
"""Subcode: a piece of a film begins at another byte than Facebook has come to."""

TOKENS = frozenset({102, 190})
TOKEN_WORDS: Mapping[int, str] = {
    458: "The app was removed from the account.",
    459: "Facebook wants the person to sign in on its website and pass a check first.",
    460: "The password was changed.",
    463: "The permission has expired.",
    464: "The person's account is not confirmed; confirm it on Facebook first.",
    467: "The permission is no longer good.",
    2069032: "Facebook wants the Page's own permission.",
}
PERMISSIONS = frozenset({3, 10, *range(200, 300)})
THROTTLED = frozenset({4, 17, 32, 341, 613, 80001, 80002})
PASSING = frozenset({1, 2})
LATER: Mapping[int, str] = {
    1363019: "Facebook has not got all of the film yet.",
    MISPLACED: "Facebook has come to another place in the film.",
}
"""Subcodes after which the same is tried again."""

BLOCKED: Mapping[int, str] = {
    368: "Facebook has blocked this action for a while because of its rules; wait, then publish again.",
    1346003: "Facebook has blocked this because of its rules. Wait, or change the content.",
    1404102: "Facebook has blocked the content because of its rules. Change it.",
    1404078: "Facebook wants the Page to be authorized to publish; look into the Page's settings.",
    1404112: "Facebook has limited the account; look into its support inbox on Facebook.",
    4854002: "Facebook wants the person to prove who he is, on its website.",
}
DUPLICATE: Mapping[int, str] = {
    506: "The Page's latest post says the same. Change the text to post again.",
    1366051: "These pictures were posted already. Change the post, or upload other pictures.",
}
PERMANENT: Mapping[int, str] = {
    1609005: "Facebook cannot read the link. Open it in a browser, and correct it.",
    1609008: "Facebook takes no link to itself. Take it out.",
    2061006: "The link is no address that Facebook takes. Correct it.",
    1366046: "A picture is too large for Facebook, or in a format that it does not take. Make it smaller.",
    2635: VERSION_ENDED,
    2500: "Facebook does not know this address. If nothing was mistyped, the version in "
    "MPCAS2_FACEBOOK_API_VERSION does not exist; whoever runs this installation has to set another.",
}

_LONGEST_QUOTE = 300
_UPLOAD_PASSING = frozenset({"OffsetInvalidError", "PartialRequestError"})
_GONE = "100/33"


def fault_of(
    response: httpx.Response, *, irreversible: bool, now: datetime, quota: str | None = None
) -> PlatformError:
    """Says what an answer that is no success means.

    Args:
        response: The answer, read.
        irreversible: True when the request, carried out, cannot be taken back.
        now: Aware time.
        quota: The quota that a refusal for too many posts (613) is about.
    """
    evidence = evidence_of(response)
    error = error_in(response.content)
    waits = retry_after(response.headers, now) or wait_seconds(response.headers)
    if error is None or error.code is None:
        return _by_status(response, evidence, waits, irreversible=irreversible)
    number, code, said = error.code, _code(error), _said(error)
    long = error.error_subcode or 0
    if number in TOKENS:
        why = TOKEN_WORDS.get(long, "")
        return Unauthorized(
            f"Facebook no longer accepts the Page's permission. {why} Connect the Page again.",
            code=code,
            answer=evidence,
            revoked=True,
        )
    if number in THROTTLED:
        return RateLimited(
            "Facebook asks to come back later: too many requests or posts.",
            code=code,
            answer=evidence,
            retry_after=waits,
            quota=quota if number == 613 else None,  # noqa: PLR2004 - the code for custom limits
        )
    for words in (BLOCKED, DUPLICATE, PERMANENT):
        key = long if long in words else number
        if key in words:
            return Rejected(f"{words[key]}{said}", code=code, answer=evidence)
    if long in LATER:
        if isinstance(error.error_data, Mapping):
            evidence |= {name: str(value)[:20] for name, value in error.error_data.items()}
        return Unavailable(LATER[long], code=code, answer=evidence)
    if number in PERMISSIONS:
        return Rejected(
            "A permission is missing for this. Connect the Page again with every permission left on, as "
            f"somebody who may create content there; the app needs it approved by Meta, too.{said}",
            code=code,
            answer=evidence,
        )
    broken = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    if number in PASSING or error.is_transient or broken:
        kind = OutcomeUnknown if irreversible else Unavailable
        return kind(f"Facebook has a fault of its own.{said}", code=code, answer=evidence)
    return Rejected(
        f"Facebook refused this. Change it as Facebook says, and publish again.{said}",
        code=code,
        answer=evidence,
    )


def error_in(content: bytes) -> GraphError | None:
    """Reads Meta's envelope; None when the body is none."""
    try:
        return msgspec.json.decode(content, type=ErrorAnswer).error
    except msgspec.MsgspecError:
        return None


def is_duplicate(error: Rejected) -> bool:
    """Tells whether Facebook refuses because it has the same already."""
    return any(part in {str(one) for one in DUPLICATE} for part in (error.code or "").split("/"))


def is_gone(error: Rejected) -> bool:
    """Tells whether a refusal means that the thing is not there."""
    return error.code == _GONE


def _by_status(
    response: httpx.Response,
    evidence: dict[str, Any],
    waits: float | None,
    *,
    irreversible: bool,
) -> PlatformError:
    status = response.status_code
    code = str(status)
    upload = _upload_refusal(response.content)
    if upload is not None:
        return upload
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(
            "Facebook no longer accepts the Page's permission. Connect the Page again.",
            code=code,
            answer=evidence,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Facebook asks to come back later: too many requests.",
            code=code,
            answer=evidence,
            retry_after=waits,
        )
    passing = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and status not in passing:
        return Rejected(
            f"Facebook refused this with {status} and gave no reason. If it stays, ask whoever runs "
            "this installation to look at the app in Meta's developer console.",
            code=code,
            answer=evidence,
        )
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"Facebook answered with {status}.", code=code, answer=evidence)


def _upload_refusal(content: bytes) -> PlatformError | None:
    """Reads what the upload host says in a shape of its own; None when the body is another."""
    try:
        told = msgspec.json.decode(content, type=UploadRefusal).debug_info
    except msgspec.MsgspecError:
        return None
    answer = {"type": told.type, "message": told.message[:_LONGEST_QUOTE]}
    if told.retriable or told.type in _UPLOAD_PASSING:
        # The next attempt asks first how many bytes have come.
        return Unavailable("Facebook took only a part of the film.", code=told.type, answer=answer)
    return Rejected(
        "Facebook does not take the video. Convert it to MP4 with H.264 and AAC, and publish again. It "
        f"said: {answer['message']}",
        code=told.type,
        answer=answer,
    )


def _code(error: GraphError) -> str:
    if error.error_subcode is None:
        return str(error.code)
    return f"{error.code}/{error.error_subcode}"


def _said(error: GraphError) -> str:
    said = error.error_user_msg or error.message
    return f" It said: {said[:_LONGEST_QUOTE]}" if said else ""
