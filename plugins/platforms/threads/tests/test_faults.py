from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

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
from mpcas2_platform_threads.api import Graph
from mpcas2_platform_threads.faults import container_fault
from mpcas2_platform_threads.wire import Created
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def meta(code: int, subcode: int | None = None, *, passes: bool = False) -> bytes:
    error = {"message": "Meta's words", "type": "OAuthException", "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    if passes:
        error["is_transient"] = True
    return json.dumps({"error": error}).encode()


# Status, body, the error of an irreversible request, the error of any other, words of the message.
TABLE: list[tuple[int, bytes, type[PlatformError], type[PlatformError], str]] = [
    *[
        (400, meta(190, subcode), Unauthorized, Unauthorized, "Connect the account again")
        for subcode in (458, 459, 460, 463, 464, 467, None)
    ],
    (400, meta(102), Unauthorized, Unauthorized, "Connect"),
    *[
        (400, meta(code), Rejected, Rejected, "permission is missing")
        for code in (3, 10, 200, 250, 299)
    ],
    *[(400, meta(code), RateLimited, RateLimited, "later") for code in (4, 17, 32, 341, 613)],
    (400, meta(9, 2207042), RateLimited, RateLimited, "24 hours"),
    (400, meta(368), Rejected, Rejected, "blocked"),
    (400, meta(1346003), Rejected, Rejected, "blocked"),
    (400, meta(1404102), Rejected, Rejected, "blocked"),
    (400, meta(1404078), Rejected, Rejected, "confirm"),
    (400, meta(1404112), Rejected, Rejected, "limited"),
    (400, meta(4854002), Rejected, Rejected, "prove"),
    (400, meta(1), OutcomeUnknown, Unavailable, "fault of its own"),
    (400, meta(2), OutcomeUnknown, Unavailable, "fault of its own"),
    (400, meta(100, passes=True), OutcomeUnknown, Unavailable, "fault of its own"),
    (500, meta(100), OutcomeUnknown, Unavailable, "fault of its own"),
    (400, meta(100), Rejected, Rejected, "Meta's words"),
    (400, meta(1609005), Rejected, Rejected, "Meta's words"),
    (200, meta(100), Rejected, Rejected, "Meta's words"),
    (401, b"", Unauthorized, Unauthorized, "Connect"),
    (403, b"<html>", Rejected, Rejected, "403"),
    (429, b"", RateLimited, RateLimited, "later"),
    (408, b"", OutcomeUnknown, Unavailable, "408"),
    (302, b"", OutcomeUnknown, Unavailable, "302"),
    (502, b"<html>", OutcomeUnknown, Unavailable, "502"),
    (200, b'{"id":', OutcomeUnknown, Unavailable, "read"),
    (200, b"{}", OutcomeUnknown, Unavailable, "read"),
]


def fault(server: str, *, irreversible: bool) -> PlatformError:
    async def run() -> Created:
        async with httpx.AsyncClient(timeout=0.5, trust_env=False) as client:
            return await Graph(server, "v1.0").post(
                client,
                "me/threads_publish",
                {"creation_id": "1"},
                Created,
                now=NOW,
                irreversible=irreversible,
                quota="posts",
            )

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
    canned.answer("threads_publish", body, status=status)
    for irreversible, expected in ((True, final), (False, other)):
        error = fault(canned.url, irreversible=irreversible)
        assert type(error) is expected
        assert words in error.message


def test_a_used_up_quota_is_told_from_haste(canned: CannedServer) -> None:
    for body, quota in ((meta(9, 2207042), "posts"), (meta(4), None)):
        canned.answer("threads_publish", body, status=400, headers={"Retry-After": "30"})
        error = fault(canned.url, irreversible=True)
        assert isinstance(error, RateLimited)
        assert (error.quota, error.retry_after) == (quota, 30.0)


def test_a_lost_answer_leaves_the_outcome_open(canned: CannedServer) -> None:
    canned.answer("threads_publish", cut=True)
    assert type(fault(canned.url, irreversible=True)) is OutcomeUnknown
    assert type(fault(canned.url, irreversible=False)) is Unavailable


CONTAINERS = [
    ("FAILED_DOWNLOADING_VIDEO", Unavailable, "anew"),
    ("UNKNOWN", Unavailable, "anew"),
    ("", Unavailable, "anew"),
    ("FAILED_PROCESSING_AUDIO", Rejected, "AAC"),
    ("FAILED_PROCESSING_VIDEO", Rejected, "MP4"),
    ("INVALID_ASPEC_RATIO", Rejected, "crop"),
    ("INVALID_BIT_RATE", Rejected, "bit rate"),
    ("INVALID_DURATION", Rejected, "five minutes"),
    ("INVALID_FRAME_RATE", Rejected, "frames"),
    ("INVALID_AUDIO_CHANNELS", Rejected, "channels"),
    ("INVALID_AUDIO_CHANNEL_LAYOUT", Rejected, "stereo"),
    ("SOMETHING_NEW", Rejected, "SOMETHING_NEW"),
]


@pytest.mark.parametrize(("message", "kind", "words"), CONTAINERS)
def test_a_failed_container_says_what_to_do(
    message: str, kind: type[PlatformError], words: str
) -> None:
    error = container_fault(message)
    assert type(error) is kind
    assert words in error.message
