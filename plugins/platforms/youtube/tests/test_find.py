from __future__ import annotations

from typing import Any

import pytest

from mpcas2_hookspecs import Absent, Accepted, CannotTell, Unavailable
from mpcas2_platform_youtube.adapter import YouTubePlatform

LOOK = {"publishedAt": "2026-11-23T12:00:05Z", "title": "A title", "description": "A text"}


def test_find_tells_a_waiting_session_from_a_finished_one(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    staged = studio.stage(platform, studio.part())
    assert isinstance(studio.find(platform, staged), Absent)
    answer = studio.publish(platform, staged)
    assert studio.find(platform, staged) == answer


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 201, "body": b"<html>"},
        {"status": 500},
        {"cut": True},
        {"status": 308, "headers": {"range": "bytes=0-999"}},
        {"status": 308, "headers": {"location": "https://elsewhere.example/"}},
    ],
)
def test_find_claims_nothing_without_a_clear_answer(
    google: Any, platform: YouTubePlatform, studio: Any, reply: dict[str, Any]
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.queue("PUT session", **reply)
    with pytest.raises(Unavailable):
        studio.find(platform, staged)


def entry(video_id: str, **more: str) -> dict[str, Any]:
    return {"snippet": {**LOOK, **more, "resourceId": {"videoId": video_id}}}


@pytest.mark.parametrize(
    ("uploads", "found"),
    [
        ([entry("vid7")], "vid7"),
        ([entry("vid8", title="Another"), entry("vid7")], "vid7"),
        ([entry("vid7", publishedAt="2026-11-23T11:00:00Z")], None),
        ([entry("vid7", description="Other words")], None),
        ([entry("vid7"), entry("vid8")], None),
        ([], None),
    ],
)
def test_find_looks_among_the_uploads_when_the_session_is_gone(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    uploads: list[dict[str, Any]],
    found: str | None,
) -> None:
    staged = studio.stage(platform, studio.part(1000))
    google.gone = True
    google.queue("GET playlistItems", {"items": uploads})
    answer = studio.find(platform, staged)
    if found is None:
        assert isinstance(answer, CannotTell)
        assert "A title" in answer.reason
    else:
        assert isinstance(answer, Accepted)
        assert answer.handle["videoId"] == found
