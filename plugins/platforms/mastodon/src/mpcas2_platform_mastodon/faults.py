"""Turns Mastodon's answers into the contract's errors.

Source: https://docs.joinmastodon.org/entities/Error/ and https://docs.joinmastodon.org/api/rate-limits/.
Servers answer with ``{"error", "error_description"?, "details"?}``, or with a page of a proxy.
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

__all__ = ("fault_of", "quota_reading", "said_in", "when_again")

_LONGEST_QUOTE = 300
# What servers say in English of an account rather than of a post. Not verified for every version.
_ACCOUNT_WORDS = (
    ("currently disabled", "The login is disabled on its server; only its moderators can help."),
    ("pending approval", "The server's moderators have not approved the account yet."),
    ("confirm your e-mail", "The account has to confirm its e-mail address on its server first."),
    ("suspended", "The server has suspended the account; only its moderators can help."),
)
# The server still works on a file that the post carries: nothing was published.
_UNFINISHED = "finished processing"


def fault_of(
    response: httpx.Response,
    *,
    server: str,
    irreversible: bool,
    now: datetime,
    quota: str | None = None,
) -> PlatformError:
    """Says what an answer that is no success means.

    Args:
        response: The answer, read.
        server: The server's host name, for people.
        irreversible: True when the request, carried out, cannot be taken back.
        now: Aware time.
        quota: The quota that a 429 is about.
    """
    status = response.status_code
    evidence = evidence_of(response)
    said = said_in(_json(response))
    code = str(status)
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(
            f"{server} no longer accepts the account's permission; connect the account again.",
            code=code,
            answer=evidence,
            revoked=True,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            f"{server} asks to come back later: its limit for this account is reached.",
            code=code,
            answer=evidence,
            retry_after=when_again(response.headers, now),
            quota=quota,
        )
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
    ):
        # Server faults, and redirects, which no API of Mastodon sends: a proxy answered.
        kind = OutcomeUnknown if irreversible else Unavailable
        return kind(f"{server} answered with {status}.", code=code, answer=evidence)
    if _UNFINISHED in said:
        return Unavailable(
            f"{server} is still processing a file of the post.", code=code, answer=evidence
        )
    return Rejected(_refusal(status, said, server), code=code, answer=evidence)


def quota_reading(headers: Mapping[str, str], quota: str) -> QuotaReading | None:
    """Reads what an answer tells about a quota; None when it tells nothing."""
    remaining, limit = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-limit")
    if not remaining.isdecimal():
        return None
    return QuotaReading(
        name=quota,
        remaining=int(remaining),
        limit=int(limit) if limit is not None and limit.isdecimal() else None,
        resets_at=_reset(headers),
    )


def when_again(headers: Mapping[str, str], now: datetime) -> float | None:
    """Tells after how many seconds the limit starts anew; None when nothing says so."""
    told = retry_after(headers, now)
    if told is not None:
        return told
    reset = _reset(headers)
    return None if reset is None else max(0.0, (reset - now).total_seconds())


def said_in(body: Any) -> str:
    """Gives the server's own words in an error, if it has some."""
    if not isinstance(body, Mapping):
        return ""
    said = body.get("error_description") or body.get("error")
    return said[:_LONGEST_QUOTE] if isinstance(said, str) else ""


def _refusal(status: int, said: str, server: str) -> str:
    lowered = said.lower()
    for words, message in _ACCOUNT_WORDS:
        if words in lowered:
            return message
    quoted = f" It said: {said}" if said else ""
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"{server} does not allow this to the account or to this app. Connect the account again "
            f"with every permission; if it stays, ask the server's moderators.{quoted}"
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return f"{server} does not have what this is about; it was deleted, or never was.{quoted}"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return f"{server} takes no file of this size. Upload a smaller one."
    return f"{server} refused the post. Change it as the server says, and retry.{quoted}"


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """Reads when a limit starts anew: a time in ISO 8601."""
    try:
        moment = datetime.fromisoformat(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _json(response: httpx.Response) -> Any:
    try:
        return msgspec.json.decode(response.content)
    except msgspec.MsgspecError:
        return None
