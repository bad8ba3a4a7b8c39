from __future__ import annotations

import json
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
)
from mpcas2_platform_facebook.faults import fault_of, is_duplicate, is_gone
from mpcas2_platform_facebook.usage import reading_of

NOW = datetime(2026, 11, 23, 18, 0, 0, tzinfo=UTC)

# Code, subcode, the error of an irreversible request, that of another, words to look for.
TABLE: list[tuple[int, int | None, type[PlatformError], type[PlatformError], str]] = [
    (190, None, Unauthorized, Unauthorized, "Connect the Page again"),
    (190, 458, Unauthorized, Unauthorized, "removed"),
    (190, 459, Unauthorized, Unauthorized, "sign in"),
    (190, 460, Unauthorized, Unauthorized, "password"),
    (190, 463, Unauthorized, Unauthorized, "expired"),
    (190, 464, Unauthorized, Unauthorized, "confirm"),
    (190, 467, Unauthorized, Unauthorized, "no longer good"),
    (190, 2069032, Unauthorized, Unauthorized, "Page's own"),
    (102, None, Unauthorized, Unauthorized, "Connect the Page again"),
    (3, None, Rejected, Rejected, "permission"),
    (10, None, Rejected, Rejected, "permission"),
    (200, None, Rejected, Rejected, "permission"),
    (299, None, Rejected, Rejected, "permission"),
    (200, 1404078, Rejected, Rejected, "authorized"),
    (200, 4854002, Rejected, Rejected, "prove"),
    *[
        (code, None, RateLimited, RateLimited, "later")
        for code in (4, 17, 32, 341, 613, 80001, 80002)
    ],
    (1, None, OutcomeUnknown, Unavailable, "fault of its own"),
    (2, None, OutcomeUnknown, Unavailable, "fault of its own"),
    (368, None, Rejected, Rejected, "wait"),
    (368, 1346003, Rejected, Rejected, "rules"),
    (368, 1404102, Rejected, Rejected, "Change it"),
    (368, 1404112, Rejected, Rejected, "support inbox"),
    (1404102, None, Rejected, Rejected, "Change it"),
    (506, 1455006, Rejected, Rejected, "latest post"),
    (100, 1366051, Rejected, Rejected, "posted already"),
    (100, 1609005, Rejected, Rejected, "read the link"),
    (100, 1609008, Rejected, Rejected, "to itself"),
    (100, 2061006, Rejected, Rejected, "no address"),
    (100, 1366046, Rejected, Rejected, "smaller"),
    (2635, None, Rejected, Rejected, "MPCAS2_FACEBOOK_API_VERSION"),
    (2500, None, Rejected, Rejected, "MPCAS2_FACEBOOK_API_VERSION"),
    (6000, 1363019, Unavailable, Unavailable, "film"),
    (6001, 1363037, Unavailable, Unavailable, "another place"),
    (100, None, Rejected, Rejected, "Said so"),
    (100, 33, Rejected, Rejected, "Said so"),
]


def answer(body: Any, status: int = 400, headers: dict[str, str] | None = None) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=headers)


def refusal(code: int, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    error = {"message": "Said so", "type": "OAuthException", "code": code, **more}
    return {"error": error if subcode is None else {**error, "error_subcode": subcode}}


@pytest.mark.parametrize(("code", "subcode", "irreversible", "repeatable", "words"), TABLE)
def test_each_code_has_its_error(
    code: int,
    subcode: int | None,
    irreversible: type[PlatformError],
    repeatable: type[PlatformError],
    words: str,
) -> None:
    for kind, is_final in ((irreversible, True), (repeatable, False)):
        error = fault_of(answer(refusal(code, subcode)), irreversible=is_final, now=NOW)
        assert type(error) is kind
        assert words in error.message
        assert error.code == (str(code) if subcode is None else f"{code}/{subcode}")


@pytest.mark.parametrize(
    ("status", "body", "irreversible", "repeatable"),
    [
        (401, b"", Unauthorized, Unauthorized),
        (403, b"<html>", Rejected, Rejected),
        (404, b"[]", Rejected, Rejected),
        (408, b"", OutcomeUnknown, Unavailable),
        (429, b"", RateLimited, RateLimited),
        (302, b"", OutcomeUnknown, Unavailable),
        (500, b"", OutcomeUnknown, Unavailable),
        (503, b"\xff", OutcomeUnknown, Unavailable),
        (500, refusal(100), OutcomeUnknown, Unavailable),
        (400, refusal(999, is_transient=True), OutcomeUnknown, Unavailable),
        (400, {"debug_info": {"type": "OffsetInvalidError"}}, Unavailable, Unavailable),
        (400, {"debug_info": {"type": "X", "retriable": True}}, Unavailable, Unavailable),
        (400, {"debug_info": {"type": "ProcessingFailedError"}}, Rejected, Rejected),
    ],
)
def test_without_a_code_the_status_decides(
    status: int, body: Any, irreversible: type[PlatformError], repeatable: type[PlatformError]
) -> None:
    for kind, is_final in ((irreversible, True), (repeatable, False)):
        assert type(fault_of(answer(body, status), irreversible=is_final, now=NOW)) is kind


def test_the_minutes_of_the_usage_header_are_waited_for() -> None:
    use = {"call_count": 100, "total_cputime": 20, "estimated_time_to_regain_access": 7}
    headers = {"x-business-use-case-usage": json.dumps({"1": [{"type": "pages", **use}]})}
    error = fault_of(answer(refusal(80001), headers=headers), irreversible=True, now=NOW)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 420.0
    reading = reading_of(headers, NOW)
    assert reading is not None
    assert (reading.remaining, reading.limit) == (0, 100)
    assert reading.resets_at is not None
    assert (reading.resets_at - NOW).total_seconds() == 420.0


@pytest.mark.parametrize("value", ["", "{", "[]", '{"1": 3}', "{}"])
def test_an_odd_usage_header_tells_nothing(value: str) -> None:
    assert reading_of({"x-business-use-case-usage": value}, NOW) is None


def test_only_613_is_about_the_quota() -> None:
    for code, quota in ((613, "reels"), (4, None)):
        error = fault_of(answer(refusal(code)), irreversible=True, now=NOW, quota="reels")
        assert isinstance(error, RateLimited)
        assert error.quota == quota


def test_what_is_gone_and_what_is_there_already_are_told_apart() -> None:
    def of(code: int, subcode: int | None) -> Rejected:
        error = fault_of(answer(refusal(code, subcode)), irreversible=True, now=NOW)
        assert isinstance(error, Rejected)
        return error

    assert is_gone(of(100, 33))
    assert not is_gone(of(100, None))
    assert is_duplicate(of(506, None))
    assert is_duplicate(of(506, 1455006))
    assert is_duplicate(of(100, 1366051))
    assert not is_duplicate(of(100, 33))
