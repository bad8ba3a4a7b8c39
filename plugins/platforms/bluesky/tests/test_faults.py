from __future__ import annotations

import asyncio
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
from mpcas2_platform_bluesky import xrpc
from mpcas2_platform_bluesky.wire import WrittenRecord
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PUT = "com.atproto.repo.putRecord"


def fault(server: str, *, irreversible: bool) -> PlatformError:
    async def run() -> WrittenRecord:
        async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
            return await xrpc.procedure(
                client, server, PUT, {}, WrittenRecord, now=NOW, irreversible=irreversible
            )

    with pytest.raises(PlatformError) as raised:
        asyncio.run(run())
    return raised.value


# Status, body, the error of an irreversible request, the error of any other.
TABLE: list[tuple[int, bytes, type[PlatformError], type[PlatformError]]] = [
    (401, b'{"error":"AuthMissing"}', Unauthorized, Unauthorized),
    (401, b"", Unauthorized, Unauthorized),
    (400, b'{"error":"ExpiredToken","message":"Token has expired"}', Unauthorized, Unauthorized),
    (400, b'{"error":"InvalidToken"}', Unauthorized, Unauthorized),
    (429, b'{"error":"RateLimitExceeded"}', RateLimited, RateLimited),
    (400, b'{"error":"RateLimitExceeded"}', RateLimited, RateLimited),
    (400, b'{"error":"InvalidRequest","message":"Invalid record"}', Rejected, Rejected),
    (400, b"", Rejected, Rejected),
    (400, b"\xff\xfe not JSON", Rejected, Rejected),
    (400, b'{"error":{"a":1}}', Rejected, Rejected),
    (400, b"[]", Rejected, Rejected),
    (403, b"<html>", Rejected, Rejected),
    (404, b"", Rejected, Rejected),
    (413, b'{"error":"PayloadTooLarge"}', Rejected, Rejected),
    (408, b"", OutcomeUnknown, Unavailable),
    (302, b"", OutcomeUnknown, Unavailable),
    (202, b"{}", OutcomeUnknown, Unavailable),
    (500, b'{"error":"InternalServerError"}', OutcomeUnknown, Unavailable),
    (501, b'{"error":"MethodNotImplemented"}', OutcomeUnknown, Unavailable),
    (502, b"<html>", OutcomeUnknown, Unavailable),
    (503, b"", OutcomeUnknown, Unavailable),
    (504, b"", OutcomeUnknown, Unavailable),
    (200, b"", OutcomeUnknown, Unavailable),
    (200, b'{"uri":"at://x","cid"', OutcomeUnknown, Unavailable),
    (200, b'{"uri":"at://x"}', OutcomeUnknown, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "irreversible", "repeatable"), TABLE)
def test_each_answer_has_its_error(
    canned: CannedServer,
    status: int,
    body: bytes,
    irreversible: type[PlatformError],
    repeatable: type[PlatformError],
) -> None:
    canned.answer(PUT, body, status=status)
    assert type(fault(canned.url, irreversible=True)) is irreversible
    assert type(fault(canned.url, irreversible=False)) is repeatable


def test_a_connection_cut_after_sending_leaves_the_outcome_unknown(canned: CannedServer) -> None:
    canned.answer(PUT, cut=True)
    assert type(fault(canned.url, irreversible=True)) is OutcomeUnknown
    assert type(fault(canned.url, irreversible=False)) is Unavailable


def test_an_answer_that_breaks_off_leaves_the_outcome_unknown(canned: CannedServer) -> None:
    canned.answer(PUT, b'{"uri"', headers={"content-encoding": "gzip"})
    assert type(fault(canned.url, irreversible=True)) is OutcomeUnknown


def test_no_connection_means_that_nothing_happened() -> None:
    assert type(fault("http://127.0.0.1:9", irreversible=True)) is Unavailable


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectTimeout, Unavailable),
        (httpx.PoolTimeout, Unavailable),
        (httpx.UnsupportedProtocol, Unavailable),
        (httpx.ReadTimeout, OutcomeUnknown),
        (httpx.WriteTimeout, OutcomeUnknown),
        (httpx.WriteError, OutcomeUnknown),
        (httpx.ReadError, OutcomeUnknown),
        (httpx.CloseError, OutcomeUnknown),
        (httpx.RemoteProtocolError, OutcomeUnknown),
        (httpx.ProxyError, OutcomeUnknown),
    ],
)
def test_only_what_was_certainly_not_sent_is_unavailable(
    error: type[httpx.TransportError], expected: type[PlatformError]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("made for the test", request=request)

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
            await xrpc.procedure(
                client, "http://x.test", PUT, {}, WrittenRecord, now=NOW, irreversible=True
            )

    with pytest.raises(PlatformError) as raised:
        asyncio.run(run())
    assert type(raised.value) is expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"ratelimit-reset": "1795435230"}, 30.0),
        ({"ratelimit-reset": "1"}, 0.0),
        ({"retry-after": "soon", "ratelimit-reset": "1795435230"}, 30.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "5", "ratelimit-reset": "1795435230"}, 5.0),
        ({"ratelimit-reset": "later"}, None),
    ],
)
def test_a_rate_limit_tells_when_to_come_back(
    canned: CannedServer, headers: dict[str, str], seconds: float | None
) -> None:
    assert datetime.fromtimestamp(1795435200, UTC) == NOW
    canned.answer(PUT, status=429, headers=headers)
    error = fault(canned.url, irreversible=True)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize("name", ["AccountTakedown", "AccountDeactivated", "AccountSuspended"])
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_gone_account_is_revoked(canned: CannedServer, name: str, status: int) -> None:
    canned.answer(PUT, {"error": name}, status=status)
    error = fault(canned.url, irreversible=True)
    assert isinstance(error, Unauthorized)
    assert error.revoked


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"error": "InvalidRequest", "message": "Too long"}, "Too long"),
        (400, {"error": "BlobNotFound"}, "publish the post again"),
        (413, {}, "smaller"),
        (403, {}, "403"),
    ],
)
def test_a_refusal_has_words_for_a_person(
    canned: CannedServer, status: int, body: dict[str, Any], words: str
) -> None:
    canned.answer(PUT, body, status=status)
    error = fault(canned.url, irreversible=True)
    assert words in error.message
    assert error.answer["status"] == status


def test_a_long_answer_is_cut_for_the_ledger(canned: CannedServer) -> None:
    canned.answer(PUT, b"x" * 100_000, status=400)
    assert len(fault(canned.url, irreversible=True).answer["body"]) <= 500
