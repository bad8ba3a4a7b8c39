"""Turns answers of the YouTube Data API and broken connections into the contract's errors.

Source: https://developers.google.com/youtube/v3/docs/errors. The reason in the body counts more than
the status: a used-up quota, a throttled client and a forbidden act are all 403.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

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
from mpcas2_platform_youtube.wire import FaultBody

__all__ = ("QUOTA_ZONE", "fault_of", "until_quota_reset")

QUOTA_ZONE = "America/Los_Angeles"
"""At its midnight the quotas of the Data API start anew."""

_DAY_SECONDS = 24 * 3600.0
_USED_UP = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_THROTTLED = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "uploadRateLimitExceeded",
        "concurrentLimitExceeded",
    }
)
_GONE = {
    "authenticatedUserAccountSuspended": "YouTube has suspended the account; only YouTube's support "
    "can help.",
    "authenticatedUserAccountClosed": "The YouTube account was closed; connect another one.",
    "youtubeSignupRequired": "This Google account has no YouTube channel. Create one at "
    "https://www.youtube.com/create_channel, then connect the account again.",
}
_REMEDIES = {
    "invalidTitle": "YouTube does not take the title; it must have 1 to 100 characters, without < "
    "and >.",
    "invalidDescription": "YouTube does not take the description; it may have 5,000 bytes, without < "
    "and >.",
    "invalidTags": "YouTube does not take the tags; they may have 500 characters together, without < "
    "and >.",
    "invalidCategoryId": "YouTube does not know the category; choose another one.",
    "invalidPublishAt": "YouTube does not take the publishing time; choose one in the future and make "
    "the video private.",
    "invalidFilename": "YouTube does not take the name of the file.",
    "mediaBodyRequired": "YouTube got no file; upload it again.",
    "defaultLanguageNotSet": "YouTube needs the language of title and description; set it.",
    "forbiddenPrivacySetting": "YouTube does not let this channel use this visibility; choose another "
    "one.",
    "forbiddenLicenseSetting": "YouTube does not let this channel use this licence; leave it out.",
    "insufficientPermissions": "The account was connected without a permission that this needs; "
    "reconnect it and allow everything that Google asks for.",
    "accessNotConfigured": "The YouTube Data API is not enabled in the Google Cloud project of this "
    "installation; its operator has to enable it.",
    "playlistNotFound": "The playlist does not exist any more; choose another one.",
    "playlistContainsMaximumNumberOfVideos": "The playlist is full; choose another one.",
    "commentsDisabled": "The video takes no comments: it is private or made for children, or somebody "
    "turned them off.",
    "commentTextRequired": "YouTube takes no empty comment; write something.",
    "commentTextTooLong": "The comment is too long for YouTube; shorten it.",
    "ineligibleAccount": "YouTube lets this account write no comments; look in YouTube Studio why.",
    "invalidImage": "YouTube cannot read the thumbnail; use a JPEG or PNG picture.",
}
_LONGEST_QUOTE = 500


def until_quota_reset(now: datetime) -> float:
    """Counts the seconds until the quotas start anew, at midnight Pacific time.

    Args:
        now: Aware time.
    """
    zone = ZoneInfo(QUOTA_ZONE)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, time(), zone) - now).total_seconds()


def fault_of(
    response: httpx.Response, *, irreversible: bool, now: datetime, quota: str
) -> PlatformError:
    """Classifies an answer that is not a success.

    Whatever is neither success nor refusal counts as unknown after an irreversible request, 503 and
    408 too: a proxy in front of the server answers so also when the server took the request and the
    way back broke, and the upload session tells for one request what happened.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, to turn the moment of a reset into seconds.
        quota: The quota that the request spends, should it be used up.
    """
    status = response.status_code
    reason, said = _read(response)
    code = reason or str(status)
    answer = evidence_of(response)
    if reason in _USED_UP:
        return RateLimited(
            "The YouTube quota of this installation is used up until midnight Pacific time.",
            code=code,
            answer=answer,
            retry_after=until_quota_reset(now),
            quota=quota,
        )
    if reason == "uploadLimitExceeded":
        # The channel's own cap, which no quota of the app shows.
        return RateLimited(
            "YouTube takes no more videos for this channel today.",
            code=code,
            answer=answer,
            retry_after=_DAY_SECONDS,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS or reason in _THROTTLED:
        return RateLimited(
            "YouTube asks to come back later: too much was asked in a short time.",
            code=code,
            answer=answer,
            retry_after=retry_after(response.headers, now),
        )
    if reason in _GONE:
        return Unauthorized(_GONE[reason], code=code, answer=answer, revoked=True)
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(
            "Google refused the account's access; reconnect the account if this stays.",
            code=code,
            answer=answer,
        )
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if refused and status != HTTPStatus.REQUEST_TIMEOUT:
        words = _REMEDIES.get(reason) or _refusal(status, said or reason)
        return Rejected(words, code=code, answer=answer)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"YouTube answered with {status}.", code=code, answer=answer)


def _refusal(status: int, said: str) -> str:
    if not said:
        return f"YouTube refused the request ({status}) and gave no reason."
    return f"YouTube refused the request: {said[:_LONGEST_QUOTE]}"


def _read(response: httpx.Response) -> tuple[str, str]:
    """Gives reason and message of a fault; empty ones when the body is no such thing."""
    try:
        fault = msgspec.json.decode(response.content, type=FaultBody).error
    except msgspec.MsgspecError:
        return "", ""
    first = fault.errors[0] if fault.errors else None
    return (first.reason if first else ""), fault.message or (first.message if first else "")
