from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    Part,
    PlatformError,
    Published,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_pinterest.api import Api
from mpcas2_platform_pinterest.faults import fault_of, upload_fault
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_platform_pinterest.wire import Pin
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def said(code: int, message: str) -> bytes:
    return httpx.Request("POST", "http://x", json={"code": code, "message": message}).content


# Status, body, the error of an irreversible request, the error of any other, code, words.
TABLE: list[tuple[int, bytes, type[PlatformError], type[PlatformError], str, str]] = [
    (400, said(1, "Invalid title."), Rejected, Rejected, "1", "Invalid title"),
    (400, said(400, "Bad link."), Rejected, Rejected, "400", "Bad link"),
    (
        400,
        said(1, "Sorry, we were unable to reach the URL. Please try again."),
        Unavailable,
        Unavailable,
        "1",
        "could not fetch",
    ),
    (400, b"", Rejected, Rejected, "400", "refused"),
    (401, said(2, "Authentication failed."), Unauthorized, Unauthorized, "2", "Connect"),
    (401, b"<html>", Unauthorized, Unauthorized, "401", "Connect"),
    (401, said(7, "Not authorized to access board or Pin."), Rejected, Rejected, "7", "own"),
    (403, said(29, "You are not permitted."), Rejected, Rejected, "29", "approved"),
    (403, said(403, "Not authorized to access board."), Rejected, Rejected, "403", "permission"),
    (403, b"", Rejected, Rejected, "403", "permission"),
    (404, said(40, "Board not found."), Rejected, Rejected, "40", "another board"),
    (404, said(404, "Board not found."), Rejected, Rejected, "404", "another board"),
    (404, said(404, "Board section not found."), Rejected, Rejected, "404", "another section"),
    (404, said(2031, "Sorry!"), Rejected, Rejected, "2031", "another section"),
    (404, said(50, "Pin not found."), Rejected, Rejected, "50", "deleted"),
    (404, said(404, "Pin not found."), Rejected, Rejected, "404", "deleted"),
    (404, said(30, "User not found."), Rejected, Rejected, "30", "account"),
    (404, said(77, "Gone."), Rejected, Rejected, "77", "deleted"),
    (404, b"<html>", Rejected, Rejected, "no-such-address", "MPCAS2_PINTEREST_API_VERSION"),
    (410, b"", Rejected, Rejected, "no-such-address", "MPCAS2_PINTEREST_API_VERSION"),
    (409, said(409, "Board section conflict."), Unavailable, Unavailable, "409", "busy"),
    (413, b"", Rejected, Rejected, "413", "smaller"),
    (429, said(8, "This request exceeded a rate limit."), RateLimited, RateLimited, "8", "later"),
    (400, said(8, "This request exceeded a rate limit."), RateLimited, RateLimited, "8", "later"),
    (429, b"", RateLimited, RateLimited, "429", "later"),
    (302, b"", OutcomeUnknown, Unavailable, "302", "302"),
    (408, b"", OutcomeUnknown, Unavailable, "408", "408"),
    (500, said(500, "Oops."), OutcomeUnknown, Unavailable, "500", "Oops"),
    (503, b"<html>", OutcomeUnknown, Unavailable, "503", "503"),
]


@pytest.mark.parametrize(("status", "body", "final", "other", "code", "words"), TABLE)
def test_an_answer_becomes_the_right_error_with_words_that_help(
    status: int,
    body: bytes,
    final: type[PlatformError],
    other: type[PlatformError],
    code: str,
    words: str,
) -> None:
    for irreversible, expected in ((True, final), (False, other)):
        error = fault_of(httpx.Response(status, content=body), irreversible=irreversible, now=NOW)
        assert type(error) is expected
        assert words in error.message
        assert error.code == code
        assert error.answer["status"] == status


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7", "X-RateLimit-Reset": "30"}, 7.0),
        ({"X-RateLimit-Reset": "30"}, 30.0),
        ({"X-RateLimit-Reset": "30, 60"}, 30.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, 90.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 90)}, 0.0),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
)
def test_a_limit_tells_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    error = fault_of(httpx.Response(429, headers=headers), irreversible=True, now=NOW)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, b"<Error><Code>EntityTooLarge</Code></Error>", Rejected, "EntityTooLarge"),
        (413, b"", Rejected, "413"),
        (
            403,
            b"<Error><Code>AccessDenied</Code><X>signed</X></Error>",
            Unavailable,
            "AccessDenied",
        ),
        (400, b"<Error><Code>MalformedPOSTRequest</Code>", Unavailable, "MalformedPOSTRequest"),
        (307, b"", Unavailable, "307"),
        (429, b"", RateLimited, "429"),
        (503, b"<Error><Code>SlowDown</Code></Error>", Unavailable, "SlowDown"),
    ],
)
def test_the_upload_host_is_quoted_by_its_code_alone(
    status: int, body: bytes, kind: type[PlatformError], code: str
) -> None:
    error = upload_fault(httpx.Response(status, content=body))
    assert type(error) is kind
    assert error.code == code
    assert error.answer == {"status": status, "code": code}


def made(url: str) -> PlatformError:
    async def body() -> Any:
        yield b"{}"

    async def run() -> Pin:
        async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
            headers = {"content-length": "2"}
            return await Api(url, "v5").post_once(client, "pins", headers, body(), Pin, now=NOW)

    with pytest.raises(PlatformError) as raised:
        asyncio.run(run())
    return raised.value


@pytest.mark.parametrize("body", [b"<html>", b'{"id":"1', b"", b"[]", b'{"title":"x"}'])
def test_an_unreadable_success_leaves_the_outcome_open(canned: CannedServer, body: bytes) -> None:
    canned.answer("pins", body, status=201)
    assert type(made(canned.url)) is OutcomeUnknown


def test_a_lost_answer_leaves_the_outcome_open(canned: CannedServer) -> None:
    canned.answer("pins", cut=True)
    assert type(made(canned.url)) is OutcomeUnknown


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    assert type(made("http://127.0.0.1:9")) is Unavailable


def test_only_a_pin_that_is_gone_is_deleted_already(worker: Any, canned: CannedServer) -> None:
    pin = Published(id="9")
    for status, body in ((204, b""), (404, said(50, "Pin not found."))):
        canned.answer("9", body, status=status)
        worker.run(lambda platform, ctx: platform.delete(pin, ctx))
    for status, body in ((404, b"<html>"), (403, said(29, "No."))):
        canned.answer("9", body, status=status)
        with pytest.raises(Rejected):
            worker.run(lambda platform, ctx: platform.delete(pin, ctx))


def test_what_cannot_become_a_pin_is_refused_before_anything_is_sent(
    worker: Any, canned: CannedServer
) -> None:
    for options in (None, PinterestOptions(board_id="5")):
        part = Part(index=0, text="Hello", options=options)
        with pytest.raises(Rejected):
            worker.run(lambda platform, ctx: platform.stage(part, ctx))  # noqa: B023 - called at once
    assert canned.received == []
