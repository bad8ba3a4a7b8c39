"""Turns X's answers and broken connections into the contract's errors.

Sources: https://docs.x.com/x-api/fundamentals/response-codes-and-errors and .../rate-limits, and the
problem types of the API's OpenAPI description. X answers with ``application/problem+json``, with
``{"code", "message"}``, with a list of ``errors``, or with a page of a proxy; all are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    QuotaReading,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    evidence_of,
    retry_after,
)

__all__ = (
    "Problem",
    "fault_of",
    "quota_reading",
    "read_problem",
    "when_again",
)

_LONGEST_QUOTE = 500
# Faults beside no data in a success: only with these did certainly nothing happen.
_REFUSED_INSIDE = frozenset(
    {
        "client-forbidden",
        "disallowed-resource",
        "field-unauthorized",
        "invalid-request",
        "not-authorized-for-field",
        "not-authorized-for-resource",
        "resource-not-found",
    }
)

# What X's own words say, the code that the ledger keeps, and words for a person. The wording of the
# duplicate is from client code of other publishers; the rest from X's documentation.
_REFUSALS = (
    (
        "duplicate content",
        "duplicate",
        (
            "X refuses the post because the account posted the same text a moment ago. Look in the "
            "profile whether it is there; to post it again, change the text."
        ),
    ),
    (
        "client-forbidden",
        "client-forbidden",
        (
            "X does not let this app use the API. Whoever owns the app has to attach it to a project "
            "with API access in X's developer console; then publish again."
        ),
    ),
    (
        "oauth1-permissions",
        "app-permissions",
        (
            "The X app may only read. Whoever owns it has to give it the permission to read and write "
            "in X's developer console; then reconnect the account."
        ),
    ),
    (
        "suspended",
        "user-suspended",
        "X has suspended the account; only X's support can help.",
    ),
    (
        "reply to this conversation",
        "reply-refused",
        "X does not let this app reply here. Post the text as a post of its own.",
    ),
    (
        "not permitted",
        "not-permitted",
        (
            "X does not permit this to the app or to the account. Look whether the app's access covers "
            "it and whether the account may post, then publish again."
        ),
    ),
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What X said about a fault; all empty when it said nothing that can be read.

    Attributes:
        type: Last segment of the problem's type, for example ``"usage-capped"``.
        title: A few words, for example ``"CreditsDepleted"``.
        text: What a person can read.
    """

    type: str = ""
    title: str = ""
    text: str = ""


def read_problem(body: Any) -> Problem:
    """Reads what X said from a parsed body of whatever shape."""
    if not isinstance(body, Mapping):
        return Problem()
    listed = body.get("errors")
    first = listed[0] if isinstance(listed, list) and listed else {}
    inner = first if isinstance(first, Mapping) else {}
    said = [
        str(told)
        for place in (inner, body)
        for name in ("message", "detail")
        if (told := place.get(name))
    ]
    kind = str(body.get("type") or inner.get("type") or "")
    title = str(body.get("title") or inner.get("title") or "")
    return Problem(
        type=kind.rstrip("/").rpartition("/")[2],
        title=title,
        text=" ".join(dict.fromkeys(said)) or title,
    )


def fault_of(
    response: httpx.Response, *, irreversible: bool, now: datetime, quota: str | None
) -> PlatformError:
    """Classifies an answer that is not a success, or a success that holds only faults.

    Whatever is neither success nor refusal counts as unknown after an irreversible request: a proxy
    in front of the API answers so also when the API took the request.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, to turn the moment of a rate limit's reset into seconds.
        quota: The quota that the request spent, if any.
    """
    status = response.status_code
    try:
        problem = read_problem(msgspec.json.decode(response.content))
    except msgspec.MsgspecError:
        problem = Problem()
    code = problem.title or problem.type or str(status)
    answer = evidence_of(response) | {"problem": problem.type}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "X asks to come back later: its rate limit is reached.",
            code=code,
            answer=answer,
            retry_after=when_again(response.headers, now),
            quota=quota,
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(
            "X refused the account's grant; reconnect the account if this stays.",
            code=code,
            answer=answer,
        )
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return Rejected(
            "The credits of the X app are used up. Whoever owns the app has to buy credits in X's "
            "developer console; then retry the post.",
            code=problem.title or "CreditsDepleted",
            answer=answer,
        )
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    only_faults = response.is_success and problem.type in _REFUSED_INSIDE
    if only_faults or (refused and status != HTTPStatus.REQUEST_TIMEOUT):
        return _refusal(status, problem, code, answer)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"X answered with {status}.", code=code, answer=answer)


def quota_reading(headers: Mapping[str, str], quota: str) -> QuotaReading | None:
    """Reads the ``x-rate-limit`` headers of an answer; None when it has none."""
    limit = _number(headers, "x-rate-limit-limit")
    remaining = _number(headers, "x-rate-limit-remaining")
    reset = _number(headers, "x-rate-limit-reset")
    if remaining is None:
        return None
    return QuotaReading(
        name=quota,
        remaining=remaining,
        limit=limit,
        resets_at=None if reset is None else datetime.fromtimestamp(reset, UTC),
    )


def when_again(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Reads when to come back: ``x-rate-limit-reset`` is X's authority, ``Retry-After`` a proxy's."""
    reset = _number(headers, "x-rate-limit-reset")
    if reset is not None and now is not None:
        return max(0.0, reset - now.timestamp())
    return retry_after(headers, now)


def _refusal(status: int, problem: Problem, code: str, answer: dict[str, Any]) -> Rejected:
    words = f"{problem.type} {problem.title} {problem.text}".lower()
    for sign, known, message in _REFUSALS:
        if sign in words:
            return Rejected(message, code=known, answer=answer)
    if not problem.text:
        return Rejected(
            f"X refused the request ({status}) and gave no reason.", code=code, answer=answer
        )
    said = problem.text[:_LONGEST_QUOTE]
    return Rejected(f"X refused the request: {said}", code=code, answer=answer)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    told = headers.get(name, "").strip()
    # No more digits than a moment in seconds has: what is longer is no figure of X.
    return int(told) if told.isdecimal() and len(told) <= len("9999999999") else None
