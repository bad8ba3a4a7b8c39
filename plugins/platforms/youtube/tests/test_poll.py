from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    PlatformError,
    Published,
    RateLimited,
    Rejected,
    StillDeciding,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_platform_youtube.processing import FAILURES, REJECTIONS
from mpcas2_platform_youtube.upload_state import Handle, Wishes

THUMBNAIL, LIST, INSERT = "POST set", "GET playlistItems", "POST playlistItems"


def poll(platform: YouTubePlatform, studio: Any, **wishes: Any) -> Any:
    handle = Handle(video_id="vid1", wishes=Wishes(**{"privacy": "public", **wishes}))
    told = msgspec.json.decode(msgspec.json.encode(handle))
    return studio.run(lambda ctx: platform.poll(told, ctx))


def video(status: str, processing: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "items": [
            {
                "id": "vid1",
                "snippet": {"publishedAt": "2026-11-23T11:58:20Z"},
                "status": {"uploadStatus": status, "privacyStatus": "public", **more},
                "processingDetails": processing or {},
            }
        ]
    }


def refusal(reason: str) -> dict[str, Any]:
    return {"error": {"message": reason, "errors": [{"reason": reason}]}}


def test_a_processed_video_is_published(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("GET videos", video("processed"))
    assert poll(platform, studio) == Published(
        id="vid1", url="https://www.youtube.com/watch?v=vid1", data={"privacy": "public"}
    )
    assert studio.spent == [("units", 1)]


def test_a_scheduled_video_tells_its_time(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    told = video("processed", privacyStatus="private", publishAt="2027-01-01T00:00:00Z")
    google.queue("GET videos", told)
    post = poll(platform, studio, privacy="private")
    assert post.data == {"privacy": "private", "publishAt": "2027-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("age", "pause"), [(0, 25), (20, 30), (100_000, 300), (-100, 5), (-1000, 5)]
)
def test_a_video_in_the_works_is_asked_about_ever_more_rarely(
    google: Any, platform: YouTubePlatform, studio: Any, age: float, pause: float
) -> None:
    google.queue("GET videos", video("uploaded", {"processingStatus": "processing"}))
    studio.now = studio.now.replace(microsecond=0) + timedelta(seconds=age)
    answer = poll(platform, studio)
    assert isinstance(answer, StillDeciding)
    assert answer.check_after == pause
    assert answer.note


@pytest.mark.parametrize("status", ["uploaded", "somethingNew", ""])
def test_an_unknown_state_is_waited_for(
    google: Any, platform: YouTubePlatform, studio: Any, status: str
) -> None:
    google.queue("GET videos", video(status))
    assert isinstance(poll(platform, studio), StillDeciding)


@pytest.mark.parametrize("reason", [*FAILURES, "somethingNew", None])
def test_a_failure_is_told(
    google: Any, platform: YouTubePlatform, studio: Any, reason: str | None
) -> None:
    google.queue("GET videos", video("failed", failureReason=reason))
    with pytest.raises(Rejected) as raised:
        poll(platform, studio)
    assert raised.value.message == FAILURES.get(reason or "", raised.value.message)
    assert raised.value.code == (reason or "failed")


@pytest.mark.parametrize("reason", [*REJECTIONS, "somethingNew", None])
def test_a_rejection_is_told(
    google: Any, platform: YouTubePlatform, studio: Any, reason: str | None
) -> None:
    google.queue("GET videos", video("rejected", rejectionReason=reason))
    with pytest.raises(Rejected) as raised:
        poll(platform, studio)
    assert raised.value.message == REJECTIONS.get(reason or "", raised.value.message)
    assert raised.value.code == (reason or "rejected")


@pytest.mark.parametrize("reason", ["uploadFailed", "transcodeFailed", "streamingFailed", "other"])
@pytest.mark.parametrize("status", ["failed", "terminated"])
def test_processing_that_broke_down_is_a_failure(
    google: Any, platform: YouTubePlatform, studio: Any, status: str, reason: str
) -> None:
    details = {"processingStatus": status, "processingFailureReason": reason}
    google.queue("GET videos", video("uploaded", details))
    with pytest.raises(Rejected) as raised:
        poll(platform, studio)
    assert raised.value.code == reason


def test_a_deleted_video_is_told(google: Any, platform: YouTubePlatform, studio: Any) -> None:
    google.queue("GET videos", video("deleted"))
    with pytest.raises(Rejected, match="deleted"):
        poll(platform, studio)


def test_a_video_that_is_not_listed_is_waited_for_before_it_counts_as_gone(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("GET videos", {"items": []})
    assert isinstance(poll(platform, studio), StillDeciding)
    studio.now += timedelta(minutes=9)
    assert isinstance(poll(platform, studio), StillDeciding)
    studio.now += timedelta(minutes=2)
    with pytest.raises(Rejected, match="no longer"):
        poll(platform, studio)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"status": 500}, Unavailable),
        ({"cut": True}, Unavailable),
        ({"body": b"<html>"}, Unavailable),
        ({"status": 401}, Unauthorized),
        ({"status": 403, "body": refusal("quotaExceeded")}, RateLimited),
    ],
)
def test_a_question_that_failed_decides_nothing(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    reply: dict[str, Any],
    error: type[PlatformError],
) -> None:
    google.queue("GET videos", **reply)
    with pytest.raises(error) as raised:
        poll(platform, studio)
    assert type(raised.value) is error


def test_thumbnail_and_playlist_are_seen_to_once(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    studio.part()
    google.queue("GET videos", video("processed"))
    google.queue(THUMBNAIL)
    google.queue(LIST, {"items": []})
    google.queue(INSERT, {"id": "entry"})
    for _ in range(2):
        post = poll(platform, studio, thumbnail=studio.cover, playlist_id="PL1")
        assert "warnings" not in post.data
    assert google.names() == ["GET videos", THUMBNAIL, LIST, INSERT, "GET videos"]
    picture = google.requests[1]
    assert picture.body == studio.files["cover"]
    assert picture.headers["content-type"] == "image/jpeg"
    assert msgspec.json.decode(google.requests[3].body) == {
        "snippet": {
            "playlistId": "PL1",
            "resourceId": {"kind": "youtube#video", "videoId": "vid1"},
        }
    }
    units = [("units", 1), ("units", 50), ("units", 1), ("units", 50), ("units", 1)]
    assert studio.spent == units


@pytest.mark.parametrize("broken", [THUMBNAIL, LIST, INSERT])
def test_a_follow_up_goes_on_where_it_broke_off(
    google: Any, platform: YouTubePlatform, studio: Any, broken: str
) -> None:
    studio.part()
    google.queue("GET videos", video("processed"))
    for name in (THUMBNAIL, LIST, INSERT):
        if name == broken:
            google.queue(name, cut=True)
        google.queue(name)
    wishes = {"thumbnail": studio.cover, "playlist_id": "PL1"}
    with pytest.raises(Unavailable):
        poll(platform, studio, **wishes)
    assert isinstance(poll(platform, studio, **wishes), Published)
    assert google.names().count(THUMBNAIL) == (2 if broken == THUMBNAIL else 1)


def test_an_insert_whose_answer_was_lost_is_not_made_again(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("GET videos", video("processed"))
    google.queue(LIST, {"items": []})
    google.queue(INSERT, cut=True)
    with pytest.raises(Unavailable):
        poll(platform, studio, playlist_id="PL1")
    google.forget(LIST)
    google.queue(LIST, {"items": [{"id": "entry"}]})
    assert isinstance(poll(platform, studio, playlist_id="PL1"), Published)
    assert google.names().count(INSERT) == 1


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        (THUMBNAIL, 403, "forbidden"),
        (THUMBNAIL, 400, "invalidImage"),
        (LIST, 404, "playlistNotFound"),
        (INSERT, 403, "playlistContainsMaximumNumberOfVideos"),
        (INSERT, 403, "insufficientPermissions"),
    ],
)
def test_a_refused_follow_up_is_a_warning_and_the_video_stays(
    google: Any, platform: YouTubePlatform, studio: Any, name: str, status: int, reason: str
) -> None:
    studio.part()
    google.queue("GET videos", video("processed"))
    for other in (THUMBNAIL, LIST, INSERT):
        if other == name:
            google.queue(other, refusal(reason), status=status)
        else:
            google.queue(other)
    for _ in range(2):
        post = poll(platform, studio, thumbnail=studio.cover, playlist_id="PL1")
        assert isinstance(post, Published)
        [warning] = post.data["warnings"]
        assert ("thumbnail" in warning) == (name == THUMBNAIL)
    assert google.names().count(name) == 1


def test_a_thumbnail_that_is_no_longer_stored_is_a_warning(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("GET videos", video("processed"))
    post = poll(platform, studio, thumbnail=studio.cover)
    assert "thumbnail" in post.data["warnings"][0]


def test_a_used_up_quota_waits_with_the_follow_ups(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    google.queue("GET videos", video("processed"))
    google.queue(LIST, refusal("quotaExceeded"), status=403)
    with pytest.raises(RateLimited) as raised:
        poll(platform, studio, playlist_id="PL1")
    assert raised.value.quota == "units"


@pytest.mark.parametrize(
    ("wanted", "made", "warned"),
    [
        ("public", "private", True),
        ("unlisted", "private", True),
        ("public", "public", False),
        ("private", "public", False),
        ("public", None, False),
    ],
)
def test_a_video_that_fewer_people_see_than_wished_is_a_warning(
    google: Any,
    platform: YouTubePlatform,
    studio: Any,
    wanted: str,
    made: str | None,
    warned: bool,
) -> None:
    google.queue("GET videos", video("processed", privacyStatus=made))
    post = poll(platform, studio, privacy=wanted)
    assert bool(post.data.get("warnings")) is warned
    assert post.data["privacy"] == made
