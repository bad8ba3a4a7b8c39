from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    lost_connection,
)
from mpcas2_platform_youtube.faults import fault_of, until_quota_reset

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MIDNIGHT = 20 * 3600.0  # 12:00 UTC is 04:00 in Los Angeles


def fault(
    status: int,
    body: Any = None,
    *,
    irreversible: bool = True,
    quota: str = "units",
    headers: dict[str, str] | None = None,
) -> PlatformError:
    content = body if isinstance(body, bytes) else None
    json = None if isinstance(body, bytes) else body
    response = httpx.Response(status, content=content, json=json, headers=headers)
    return fault_of(response, irreversible=irreversible, now=NOW, quota=quota)


def said(reason: str, message: str = "YouTube said so") -> dict[str, Any]:
    return {
        "error": {
            "code": 400,
            "message": message,
            "errors": [{"domain": "youtube", "reason": reason, "message": message}],
            "status": "INVALID_ARGUMENT",
        }
    }


# Status, body, the error of an irreversible request, the error of any other.
TABLE: list[tuple[int, Any, type[PlatformError], type[PlatformError]]] = [
    (401, said("authError"), Unauthorized, Unauthorized),
    (401, b"", Unauthorized, Unauthorized),
    (401, said("youtubeSignupRequired"), Unauthorized, Unauthorized),
    (403, said("authenticatedUserAccountSuspended"), Unauthorized, Unauthorized),
    (403, said("quotaExceeded"), RateLimited, RateLimited),
    (403, said("dailyLimitExceeded"), RateLimited, RateLimited),
    (403, said("rateLimitExceeded"), RateLimited, RateLimited),
    (403, said("userRateLimitExceeded"), RateLimited, RateLimited),
    (400, said("uploadLimitExceeded"), RateLimited, RateLimited),
    (429, said("uploadRateLimitExceeded"), RateLimited, RateLimited),
    (429, b"", RateLimited, RateLimited),
    (403, said("forbidden"), Rejected, Rejected),
    (403, said("insufficientPermissions"), Rejected, Rejected),
    (400, said("invalidTitle"), Rejected, Rejected),
    (400, said("mediaBodyRequired"), Rejected, Rejected),
    (404, said("playlistNotFound"), Rejected, Rejected),
    (400, b"", Rejected, Rejected),
    (400, b"\xff\xfe not JSON", Rejected, Rejected),
    (400, {"error": "invalid"}, Rejected, Rejected),
    (400, {"error": {"errors": []}}, Rejected, Rejected),
    (413, b"<html>", Rejected, Rejected),
    (408, b"", OutcomeUnknown, Unavailable),
    (302, b"", OutcomeUnknown, Unavailable),
    (500, said("backendError"), OutcomeUnknown, Unavailable),
    (502, b"<html>", OutcomeUnknown, Unavailable),
    (503, b"", OutcomeUnknown, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "irreversible", "repeatable"), TABLE)
def test_each_answer_has_its_error(
    status: int,
    body: Any,
    irreversible: type[PlatformError],
    repeatable: type[PlatformError],
) -> None:
    assert type(fault(status, body)) is irreversible
    assert type(fault(status, body, irreversible=False)) is repeatable


@pytest.mark.parametrize("quota", ["uploads", "units"])
def test_a_used_up_quota_is_named_and_waits_for_midnight_pacific(quota: str) -> None:
    error = fault(403, said("quotaExceeded"), quota=quota)
    assert isinstance(error, RateLimited)
    assert (error.quota, error.retry_after) == (quota, MIDNIGHT)


def test_the_channels_own_cap_holds_a_day_and_holds_back_nobody_else() -> None:
    error = fault(400, said("uploadLimitExceeded"), quota="uploads")
    assert isinstance(error, RateLimited)
    assert (error.quota, error.retry_after) == (None, 24 * 3600.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_throttling_tells_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    error = fault(403, said("userRateLimitExceeded"), headers=headers)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.quota) == (seconds, None)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-11-23T07:59:00+00:00", 1 / 60),
        ("2026-11-23T08:00:00+00:00", 24),
        # The days on which the clocks change have 23 and 25 hours.
        ("2026-03-08T08:00:00+00:00", 23),
        ("2026-11-01T07:00:00+00:00", 25),
    ],
)
def test_midnight_pacific_is_found_through_the_year(now: str, hours: float) -> None:
    assert until_quota_reset(datetime.fromisoformat(now)) == pytest.approx(hours * 3600)


@pytest.mark.parametrize(
    "reason", ["authenticatedUserAccountClosed", "authenticatedUserAccountSuspended"]
)
def test_a_gone_account_is_revoked(reason: str) -> None:
    error = fault(403, said(reason))
    assert isinstance(error, Unauthorized)
    assert error.revoked


def test_an_ended_token_is_not_revoked() -> None:
    error = fault(401, said("authError"))
    assert isinstance(error, Unauthorized)
    assert not error.revoked


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, said("somethingNew", "The moon is wrong"), "The moon is wrong"),
        (400, said("somethingNew", ""), "somethingNew"),
        (400, said("invalidTags"), "500 characters"),
        (403, said("accessNotConfigured"), "enabled"),
        (403, b"", "403"),
    ],
)
def test_a_refusal_has_words_for_a_person(status: int, body: Any, words: str) -> None:
    error = fault(status, body)
    assert words in error.message
    assert error.answer["status"] == status


def test_a_long_answer_is_cut_for_the_ledger() -> None:
    error = fault(400, said("x", "y" * 100_000))
    assert len(error.answer["body"]) <= 500
    assert len(error.message) < 600


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError, Unavailable),
        (httpx.ConnectTimeout, Unavailable),
        (httpx.PoolTimeout, Unavailable),
        (httpx.ReadTimeout, OutcomeUnknown),
        (httpx.WriteError, OutcomeUnknown),
        (httpx.RemoteProtocolError, OutcomeUnknown),
        (httpx.DecodingError, OutcomeUnknown),
    ],
)
def test_only_what_was_certainly_not_sent_is_unavailable(
    error: type[httpx.RequestError], expected: type[PlatformError]
) -> None:
    assert (
        type(lost_connection(error("made for the test"), "YouTube", irreversible=True)) is expected
    )
    assert (
        type(lost_connection(error("made for the test"), "YouTube", irreversible=False))
        is Unavailable
    )
