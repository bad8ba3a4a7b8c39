from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

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
from mpcas2_platform_twitter.api import json_request, send
from mpcas2_platform_twitter.wire import CreatedAnswer
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PROBLEM = "https://api.x.com/2/problems/"


def fault(
    server: str,
    *,
    irreversible: bool,
    transport: httpx.AsyncBaseTransport | None = None,
    readings: list[QuotaReading] | None = None,
) -> PlatformError:
    async def run() -> CreatedAnswer:
        async with httpx.AsyncClient(timeout=0.5, trust_env=False, transport=transport) as client:
            return await send(
                client,
                json_request(client, f"{server}/2/tweets", {}),
                CreatedAnswer,
                now=NOW,
                irreversible=irreversible,
                quota="posts",
                observe=None if readings is None else readings.append,
            )

    with pytest.raises(PlatformError) as raised:
        asyncio.run(run())
    return raised.value


# Status, body, the error of an irreversible request, the error of any other.
TABLE: list[tuple[int, bytes, type[PlatformError], type[PlatformError]]] = [
    (401, b'{"title":"Unauthorized","status":401}', Unauthorized, Unauthorized),
    (401, b"", Unauthorized, Unauthorized),
    (402, b'{"title":"CreditsDepleted"}', Rejected, Rejected),
    (429, b'{"title":"Too Many Requests"}', RateLimited, RateLimited),
    (429, b"<html>", RateLimited, RateLimited),
    (400, b'{"errors":[{"message":"bad"}],"title":"Invalid Request"}', Rejected, Rejected),
    (400, b"", Rejected, Rejected),
    (400, b"\xff\xfe not JSON", Rejected, Rejected),
    (400, b"[]", Rejected, Rejected),
    (400, b'{"errors":["words"],"detail":{"a":1}}', Rejected, Rejected),
    (403, b"<html>", Rejected, Rejected),
    (404, b"", Rejected, Rejected),
    (408, b"", OutcomeUnknown, Unavailable),
    (302, b"", OutcomeUnknown, Unavailable),
    (500, b'{"code":131,"message":"Internal error"}', OutcomeUnknown, Unavailable),
    (502, b"<html>", OutcomeUnknown, Unavailable),
    (503, b"", OutcomeUnknown, Unavailable),
    (200, b"", OutcomeUnknown, Unavailable),
    (201, b'{"data":{"id":', OutcomeUnknown, Unavailable),
    (201, b'{"data":{"text":"x"}}', OutcomeUnknown, Unavailable),
    (201, b"{}", OutcomeUnknown, Unavailable),
    (
        200,
        b'{"errors":[{"type":"%sinternal-error"}]}' % PROBLEM.encode(),
        OutcomeUnknown,
        Unavailable,
    ),
    (200, b'{"errors":[{"message":"Over capacity"}]}', OutcomeUnknown, Unavailable),
    (200, b'{"errors":[{"type":"%sinvalid-request"}]}' % PROBLEM.encode(), Rejected, Rejected),
    (
        200,
        b'{"errors":[{"type":"%snot-authorized-for-resource","detail":"No"}]}' % PROBLEM.encode(),
        Rejected,
        Rejected,
    ),
]


@pytest.mark.parametrize(("status", "body", "irreversible", "repeatable"), TABLE)
def test_each_answer_has_its_error(
    canned: CannedServer,
    status: int,
    body: bytes,
    irreversible: type[PlatformError],
    repeatable: type[PlatformError],
) -> None:
    canned.answer("tweets", body, status=status)
    assert type(fault(canned.url, irreversible=True)) is irreversible
    assert type(fault(canned.url, irreversible=False)) is repeatable


def test_a_connection_cut_after_sending_leaves_the_outcome_unknown(canned: CannedServer) -> None:
    canned.answer("tweets", cut=True)
    assert type(fault(canned.url, irreversible=True)) is OutcomeUnknown
    assert type(fault(canned.url, irreversible=False)) is Unavailable


def test_no_connection_means_that_nothing_happened() -> None:
    assert type(fault("http://127.0.0.1:9", irreversible=True)) is Unavailable


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectTimeout, Unavailable),
        (httpx.PoolTimeout, Unavailable),
        (httpx.ReadTimeout, OutcomeUnknown),
        (httpx.WriteTimeout, OutcomeUnknown),
        (httpx.WriteError, OutcomeUnknown),
        (httpx.ReadError, OutcomeUnknown),
        (httpx.RemoteProtocolError, OutcomeUnknown),
        (httpx.ProxyError, OutcomeUnknown),
    ],
)
def test_only_what_was_certainly_not_sent_is_unavailable(
    error: type[httpx.TransportError], expected: type[PlatformError]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("made for the test", request=request)

    transport = httpx.MockTransport(fail)
    assert type(fault("http://x.test", irreversible=True, transport=transport)) is expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"x-rate-limit-reset": "1795435230"}, 30.0),
        ({"x-rate-limit-reset": "1"}, 0.0),
        ({"retry-after": "5", "x-rate-limit-reset": "1795435230"}, 30.0),
        ({"retry-after": "5", "x-rate-limit-reset": "soon"}, 5.0),
        ({"x-rate-limit-reset": "9" * 40}, None),
    ],
)
def test_a_rate_limit_tells_when_to_come_back_and_what_is_used_up(
    canned: CannedServer, headers: dict[str, str], seconds: float | None
) -> None:
    canned.answer("tweets", status=429, headers=headers)
    error = fault(canned.url, irreversible=True)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.quota) == (seconds, "posts")


@pytest.mark.parametrize("status", [201, 429, 500])
def test_what_the_headers_tell_of_the_quota_is_passed_on(canned: CannedServer, status: int) -> None:
    readings: list[QuotaReading] = []
    told = {"limit": "100", "remaining": "7", "reset": "1795435230"}
    headers = {f"x-rate-limit-{name}": value for name, value in told.items()}
    canned.answer("tweets", status=status, headers=headers)
    fault(canned.url, irreversible=True, readings=readings)
    resets_at = NOW + timedelta(seconds=30)
    assert readings == [QuotaReading(name="posts", remaining=7, limit=100, resets_at=resets_at)]


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (402, {"title": "CreditsDepleted"}, "CreditsDepleted", "buy credits"),
        (402, {}, "CreditsDepleted", "owns the app"),
        (
            403,
            {"detail": "You are not allowed to create a Tweet with duplicate content."},
            "duplicate",
            "the same text",
        ),
        (
            403,
            {"errors": [{"message": "Status is a duplicate content.", "code": 187}]},
            "duplicate",
            "the same text",
        ),
        (
            403,
            {"type": f"{PROBLEM}client-forbidden", "title": "Client Forbidden"},
            "client-forbidden",
            "developer console",
        ),
        (403, {"type": f"{PROBLEM}oauth1-permissions"}, "app-permissions", "read and write"),
        (403, {"detail": "Your account is suspended"}, "user-suspended", "support"),
        (
            403,
            {"detail": "You are not permitted to perform this action."},
            "not-permitted",
            "access",
        ),
        (
            403,
            {
                "detail": "Reply to this conversation is not allowed because you have not been mentioned."
            },
            "reply-refused",
            "own",
        ),
        (403, {}, "403", "no reason"),
        (
            400,
            {
                "title": "Invalid Request",
                "detail": "One or more…",
                "errors": [{"message": "$.text: too long"}],
            },
            "Invalid Request",
            "too long",
        ),
    ],
)
def test_a_refusal_has_words_for_a_person(
    canned: CannedServer, status: int, body: dict[str, Any], code: str, words: str
) -> None:
    canned.answer("tweets", body, status=status)
    error = fault(canned.url, irreversible=True)
    assert isinstance(error, Rejected)
    assert error.code == code
    assert words in error.message
    assert error.answer["status"] == status


def test_a_long_answer_is_cut_for_the_ledger(canned: CannedServer) -> None:
    canned.answer("tweets", b"x" * 100_000, status=400)
    assert len(fault(canned.url, irreversible=True).answer["body"]) <= 500
