from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    QuotaReading,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_mastodon.api import json_request, read, send
from mpcas2_platform_mastodon.wire import Status
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

# Status, body, the error of an irreversible request, the error of any other, words of the message.
TABLE: list[tuple[int, bytes, type[PlatformError], type[PlatformError], str]] = [
    (401, b'{"error":"The access token is invalid"}', Unauthorized, Unauthorized, "connect"),
    (401, b"<html>", Unauthorized, Unauthorized, "connect"),
    (403, b'{"error":"This action is not allowed"}', Rejected, Rejected, "not allowed"),
    (403, b'{"error":"Your login is currently disabled"}', Rejected, Rejected, "moderators"),
    (403, b'{"error":"Your login is currently pending approval"}', Rejected, Rejected, "approved"),
    (404, b'{"error":"Record not found"}', Rejected, Rejected, "deleted"),
    (410, b"", Rejected, Rejected, "deleted"),
    (413, b"", Rejected, Rejected, "smaller"),
    (422, b'{"error":"Validation failed: Text is too long"}', Rejected, Rejected, "too long"),
    (
        422,
        b'{"error":"Cannot attach files that have not finished processing. Try again!"}',
        Unavailable,
        Unavailable,
        "processing",
    ),
    (429, b'{"error":"Too many requests"}', RateLimited, RateLimited, "later"),
    (408, b"", OutcomeUnknown, Unavailable, "408"),
    (302, b"", OutcomeUnknown, Unavailable, "302"),
    (500, b'{"error":"Something went wrong"}', OutcomeUnknown, Unavailable, "500"),
    (503, b"<html>", OutcomeUnknown, Unavailable, "503"),
    (200, b"<html>", OutcomeUnknown, Unavailable, "read"),
    (200, b'{"id":"1","crea', OutcomeUnknown, Unavailable, "read"),
    (200, b"", OutcomeUnknown, Unavailable, "read"),
]


def fault(
    server: str, *, irreversible: bool, readings: list[QuotaReading] | None = None
) -> PlatformError:
    async def run() -> Status:
        async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
            response = await send(
                client,
                json_request(client, f"{server}/api/v1/statuses", {}),
                now=NOW,
                irreversible=irreversible,
                quota="posts",
                observe=None if readings is None else readings.append,
            )
            return read(response, Status, irreversible=irreversible)

    with pytest.raises(PlatformError) as raised:
        asyncio.run(run())
    return raised.value


@pytest.mark.parametrize(("status", "body", "final", "other", "words"), TABLE)
def test_an_answer_becomes_the_right_error_with_words_that_help(
    canned: CannedServer,
    status: int,
    body: bytes,
    final: type[PlatformError],
    other: type[PlatformError],
    words: str,
) -> None:
    canned.answer("statuses", body, status=status)
    for irreversible, expected in ((True, final), (False, other)):
        error = fault(canned.url, irreversible=irreversible)
        assert type(error) is expected
        assert words in error.message
        assert error.answer["status"] == status


def test_a_lost_answer_leaves_the_outcome_open(canned: CannedServer) -> None:
    canned.answer("statuses", cut=True)
    assert type(fault(canned.url, irreversible=True)) is OutcomeUnknown
    assert type(fault(canned.url, irreversible=False)) is Unavailable


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    assert type(fault("http://127.0.0.1:9", irreversible=True)) is Unavailable


def test_a_limit_tells_when_it_starts_anew(canned: CannedServer) -> None:
    headers = {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2026-11-23T12:05:00.000Z",
    }
    readings: list[QuotaReading] = []
    canned.answer("statuses", {}, status=429, headers=headers)
    error = fault(canned.url, irreversible=True, readings=readings)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.quota) == (300.0, "posts")
    assert readings == [
        QuotaReading(
            name="posts",
            remaining=0,
            limit=300,
            resets_at=datetime(2026, 11, 23, 12, 5, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-RateLimit-Remaining": "many"}, {"X-RateLimit-Reset": "soon"}],
)
def test_headers_that_say_nothing_are_no_reading(
    canned: CannedServer, headers: dict[str, str]
) -> None:
    readings: list[QuotaReading] = []
    canned.answer("statuses", {}, status=429, headers=headers)
    error = fault(canned.url, irreversible=True, readings=readings)
    assert isinstance(error, RateLimited)
    assert error.retry_after is None
    assert readings == []
