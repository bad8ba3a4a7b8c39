"""Turns LinkedIn's answers into the contract's errors.

LinkedIn answers ``{status, message, code?, serviceErrorCode?, errorDetails?}``. The codes and what they
mean are from LinkedIn's documentation and from what independent clients met; a code that is not in the
table is treated by its status.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
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

__all__ = ("DUPLICATE", "VERSION_SETTING", "fault_of", "has_status", "seconds_to_midnight")

DUPLICATE = "duplicate"
"""Code of the refusal of content that is there already; its answer holds the post under ``"post"``."""

VERSION_SETTING = "MPCAS2_LINKEDIN_API_VERSION"

_LONGEST_QUOTE = 500
_POST = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_REVOKED = frozenset({"REVOKED_ACCESS_TOKEN", "65601"})
_EXPIRED = frozenset({"EXPIRED_ACCESS_TOKEN", "65602"})
_VERSIONS = frozenset({"NONEXISTENT_VERSION", "VERSION_MISSING", "INVALID_VERSION"})
# Nothing is made of an asset that is not there yet, and it may be there a moment later.
_PASSING = {
    "MEDIA_ASSET_WAITING_UPLOAD": "LinkedIn still waits for an uploaded file; the post goes out later.",
}
_REFUSALS = {
    "MEDIA_ASSET_PROCESSING_FAILED": (
        "LinkedIn cannot process an uploaded file. Convert it (JPEG or PNG, MP4 with H.264 and AAC, "
        "PDF) and publish again."
    ),
    "FIELD_LENGTH_TOO_LONG": "A text is longer than LinkedIn takes. Shorten it and publish again.",
    "INVALID_CONTENT_OWNERSHIP": (
        "An uploaded file belongs to another account. Publish again, so that it is uploaded anew."
    ),
    "EXPIRED_UPLOAD_URL": "The time for an upload ran out. Publish again.",
    "INVALID_URN_ID": (
        "LinkedIn knows nobody by an id that the post names. Look at its mentions, and whether the "
        "page still exists."
    ),
    "INVALID_URN_TYPE": "LinkedIn refuses an id that the post names. Look at its mentions.",
}
# What the network calls the resource that it refuses, and what a person can do about it.
_PERMISSIONS = (
    (
        "comments.",
        (
            "LinkedIn lets this account not comment or read comments. The LinkedIn app needs the Community "
            "Management product; then add w_member_social_feed and r_member_social_feed (for pages "
            "w_organization_social_feed and r_organization_social_feed) to MPCAS2_LINKEDIN_MORE_SCOPES "
            "and connect the account again."
        ),
    ),
    (
        "membercreatorpostanalytics",
        (
            "LinkedIn tells this account no figures. The LinkedIn app needs r_member_postAnalytics; then "
            "add it to MPCAS2_LINKEDIN_MORE_SCOPES and connect the account again."
        ),
    ),
    (
        "organization",
        (
            "LinkedIn does not let this account see the page. Whoever connected it must be an "
            "administrator of the page, and MPCAS2_LINKEDIN_ORGANIZATIONS must be on when the account is "
            "connected."
        ),
    ),
)
_NOT_PERMITTED = (
    "LinkedIn does not permit this. Either the person lost the role on the page (ADMINISTRATOR or "
    "CONTENT_ADMINISTRATOR is needed), or a permission is missing: connect the account again."
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What LinkedIn said about a fault; all empty when it said nothing that can be read.

    Attributes:
        code: Its own code, or that of the first faulty input.
        service: The number beside it.
        text: Its words.
    """

    code: str = ""
    service: str = ""
    text: str = ""


def fault_of(response: httpx.Response, *, irreversible: bool, now: datetime) -> PlatformError:
    """Classifies an answer that is not a success.

    Whatever is neither success nor refusal counts as unknown after an irreversible request: a proxy
    in front of the API answers so also when the API took the request.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, for limits that end at midnight.
    """
    status = response.status_code
    problem = _problem(response.content)
    answer = evidence_of(response)
    code = problem.code or str(status)
    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(problem, code, answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(response, problem, answer, now)
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and status != HTTPStatus.REQUEST_TIMEOUT:
        return _refusal(status, problem, code, answer)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"LinkedIn answered with {status}.", code=code, answer=answer)


def has_status(error: PlatformError, *wanted: HTTPStatus) -> bool:
    """Tells whether an error came from an answer with one of these statuses."""
    return error.answer.get("status") in wanted


def seconds_to_midnight(now: datetime) -> float:
    """Counts the seconds until LinkedIn's daily counters start anew, at 00:00 UTC.

    Args:
        now: Aware time in UTC.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - now).total_seconds()


def _unauthorized(problem: Problem, code: str, answer: dict[str, Any]) -> Unauthorized:
    said = {problem.code, problem.service}
    if said & _REVOKED:
        return Unauthorized(
            "The permission that LinkedIn gave was taken back; connect the account again.",
            code=code,
            answer=answer,
            revoked=True,
        )
    if said & _EXPIRED:
        message = "The permission that LinkedIn gave has ended; connect the account again."
    else:
        message = "LinkedIn refused the account's grant; connect the account again if this stays."
    return Unauthorized(message, code=code, answer=answer)


def _limited(
    response: httpx.Response, problem: Problem, answer: dict[str, Any], now: datetime
) -> RateLimited:
    told = retry_after(response.headers, now)
    daily = "DAY" in problem.text
    if told is None and daily:
        told = seconds_to_midnight(now)
    return RateLimited(
        "LinkedIn's daily limit for this account or app is used up; it starts anew at 00:00 UTC."
        if daily
        else "LinkedIn asks to come back later: too many requests.",
        code=problem.code or str(response.status_code),
        answer=answer,
        retry_after=told,
    )


def _refusal(status: int, problem: Problem, code: str, answer: dict[str, Any]) -> PlatformError:
    if problem.code == "DUPLICATE_POST" or "duplicate of urn:li:" in problem.text:
        there = _POST.search(problem.text)
        return Rejected(
            "LinkedIn refuses the post because the same content is there already. To post it again, "
            "change the text.",
            code=DUPLICATE,
            answer=answer | ({"post": there[0]} if there else {}),
        )
    if status == HTTPStatus.UPGRADE_REQUIRED or problem.code in _VERSIONS:
        return Rejected(
            "LinkedIn has retired the version of its API that this installation asks for, or never "
            f"had it. Whoever runs it has to set {VERSION_SETTING} to a newer one (year and month, "
            "such as 202607); then publish again.",
            code=code,
            answer=answer,
        )
    if problem.code in _PASSING:
        return Unavailable(_PASSING[problem.code], code=code, answer=answer)
    message = _REFUSALS.get(problem.code)
    if message is None and status == HTTPStatus.FORBIDDEN:
        words = problem.text.lower()
        found = (advice for sign, advice in _PERMISSIONS if f"access: {sign}" in words)
        message = next(found, _NOT_PERMITTED)
    if message is None and status == HTTPStatus.NOT_FOUND:
        message = "LinkedIn has nothing by this id any more; it was deleted or withdrawn."
    said = problem.text[:_LONGEST_QUOTE]
    if message is None:
        message = f"LinkedIn refused the request ({status})" + ("." if not said else f": {said}")
    return Rejected(message, code=code, answer=answer)


def _problem(content: bytes) -> Problem:
    try:
        body = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Problem()
    if not isinstance(body, dict):
        return Problem()
    return Problem(
        code=str(body.get("code") or _input_code(body.get("errorDetails"))),
        service=str(body.get("serviceErrorCode") or ""),
        text=str(body.get("message") or ""),
    )


def _input_code(details: object) -> str:
    faults = details.get("inputErrors") if isinstance(details, dict) else None
    first = faults[0] if isinstance(faults, list) and faults else None
    return str(first.get("code") or "") if isinstance(first, dict) else ""
