"""What the containers say, and what ``stage``, ``find`` and ``poll`` make of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    CannotTell,
    Found,
    Media,
    NotReady,
    Part,
    PlatformError,
    Published,
    RateLimited,
    Rejected,
    Staged,
    StillDeciding,
    Unavailable,
)
from mpcas2_platform_instagram.lookup import StagedComment, StagedPost
from mpcas2_testing import CannedServer, jpeg_bytes, video_bytes

from .conftest import NOW, Worker

STAGED = StagedPost(container="17", product="FEED", caption="Hello there", staged_at=NOW)
COMMENT = StagedComment(media="18", text="First", staged_at=NOW)
MISSING = {"error": {"message": "Unsupported get request.", "code": 100, "error_subcode": 33}}


def find(worker: Worker, value: StagedPost | StagedComment) -> Any:
    staged = Staged(data=msgspec.json.decode(msgspec.json.encode(value)))
    return worker.run(lambda platform, ctx: platform.find(staged, ctx))


def post(**fields: Any) -> dict[str, Any]:
    return {
        "id": "18",
        "caption": "Hello there",
        "timestamp": "2026-11-23T12:00:01+0000",
        "permalink": "https://www.instagram.com/p/x/",
        "media_product_type": "FEED",
    } | fields


@pytest.mark.parametrize("status", ["FINISHED", "EXPIRED", "ERROR"])
def test_a_container_that_is_no_post_proves_it(
    canned: CannedServer, worker: Worker, status: str
) -> None:
    canned.answer("17", {"status_code": status, "status": ""})
    assert isinstance(find(worker, STAGED), Absent)
    assert canned.names() == ["17"]


def test_a_container_that_instagram_forgot_proves_nothing(
    canned: CannedServer, worker: Worker
) -> None:
    canned.answer("17", MISSING, status=400)
    said = find(worker, STAGED)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is None


def test_a_container_in_progress_is_asked_again(canned: CannedServer, worker: Worker) -> None:
    canned.answer("17", {"status_code": "IN_PROGRESS"})
    with pytest.raises(Unavailable):
        find(worker, STAGED)


OURS = [post(), post(caption=" Hello  there\n"), post(timestamp="2026-11-23T11:59:55+0000")]
OTHERS = [
    post(caption="Hello"),
    post(timestamp="2026-11-23T11:00:00+0000"),
    post(media_product_type="REELS"),
    post(timestamp=""),
]


@pytest.mark.parametrize("ours", OURS)
def test_a_published_container_is_found_among_the_newest(
    canned: CannedServer, worker: Worker, ours: dict[str, Any]
) -> None:
    canned.answer("17", {"status_code": "PUBLISHED"})
    canned.answer("media", {"data": [*OTHERS, ours]})
    expected = Published(id="18", url="https://www.instagram.com/p/x/", data={"product": "FEED"})
    assert find(worker, STAGED) == Found(post=expected)


def test_a_published_container_that_is_not_listed_yet_is_asked_for_again(
    canned: CannedServer, worker: Worker
) -> None:
    canned.answer("17", {"status_code": "PUBLISHED"})
    canned.answer("media", {"data": OTHERS})
    said = find(worker, STAGED)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after


def test_two_posts_that_look_the_same_are_left_to_a_person(
    canned: CannedServer, worker: Worker
) -> None:
    canned.answer("17", {"status_code": "PUBLISHED"})
    canned.answer("media", {"data": [post(), post(id="19")]})
    said = find(worker, STAGED)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is None
    assert "Hello there" in said.reason


def test_a_story_is_found_among_the_stories(canned: CannedServer, worker: Worker) -> None:
    canned.answer("17", {"status_code": "PUBLISHED"})
    canned.answer("stories", {"data": [post(media_product_type="STORY", caption="")]})
    story = msgspec.structs.replace(STAGED, product="STORY", caption="", warnings=["No text."])
    said = find(worker, story)
    assert isinstance(said, Found)
    assert said.post.data == {"product": "STORY", "warnings": ["No text."]}


def comment(**fields: Any) -> dict[str, Any]:
    told = {"id": "5", "text": "First", "timestamp": "2026-11-23T12:00:01+0000"}
    return {**told, "username": "ada"} | fields


def test_a_comment_is_found_by_author_text_and_time(canned: CannedServer, worker: Worker) -> None:
    others = [
        comment(username="bob"),
        comment(text="Second"),
        comment(timestamp="2026-11-23T10:00:00+0000"),
    ]
    canned.answer("comments", {"data": others})
    assert isinstance(find(worker, COMMENT), CannotTell)
    canned.answer("comments", {"data": [*others, comment(id="6")]})
    assert find(worker, COMMENT) == Found(post=Published(id="6"))


def poll(worker: Worker) -> Any:
    handle = {"media": "18", "product": "FEED", "publishedAt": "2026-11-23T12:00:00Z"}
    return worker.run(lambda platform, ctx: platform.poll(handle, ctx))


def test_a_new_post_gets_its_address(canned: CannedServer, worker: Worker) -> None:
    canned.answer("18", {"id": "18", "permalink": "https://www.instagram.com/p/x/"})
    assert poll(worker).url == "https://www.instagram.com/p/x/"


def test_a_post_that_was_taken_down_is_told(canned: CannedServer, worker: Worker) -> None:
    canned.answer("18", MISSING, status=400)
    assert isinstance(poll(worker), StillDeciding)
    worker.now = NOW + timedelta(minutes=2)
    with pytest.raises(Rejected) as raised:
        poll(worker)
    assert raised.value.code == "taken-down"


PICTURE = Media(id="p", kind="image", mime_type="image/jpeg", size=9)
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=900)


def stage(worker: Worker, media: Media = PICTURE) -> Any:
    worker.media = {"p": jpeg_bytes(320, 320), "v": video_bytes(900)}
    part = Part(index=0, text="Hello", media=(media,))
    return worker.run(lambda platform, ctx: platform.stage(part, ctx))


def ready(canned: CannedServer, usage: int = 3) -> None:
    canned.answer("media", {"id": "17"})
    canned.answer("17", {"status_code": "FINISHED"})
    quota = {"quota_usage": usage, "config": {"quota_total": 50, "quota_duration": 86_400}}
    canned.answer("content_publishing_limit", {"data": [quota]})


def test_stage_tells_how_much_may_still_be_published(canned: CannedServer, worker: Worker) -> None:
    ready(canned)
    stage(worker)
    assert worker.spent == [("posts", 1)]
    assert [(one.name, one.remaining, one.limit) for one in worker.readings] == [("posts", 47, 50)]


def test_a_used_up_quota_waits_with_the_container_kept(
    canned: CannedServer, worker: Worker
) -> None:
    ready(canned, usage=50)
    for _ in range(2):
        with pytest.raises(RateLimited) as raised:
            stage(worker)
        assert raised.value.quota == "posts"
    assert canned.names().count("media") == 1


def test_waiting_grows_longer_with_the_age_of_a_container(
    canned: CannedServer, worker: Worker
) -> None:
    ready(canned)
    canned.answer("17", {"status_code": "IN_PROGRESS"})
    waits = []
    for seconds in (0, 60):
        worker.now = NOW + timedelta(seconds=seconds)
        with pytest.raises(NotReady) as raised:
            stage(worker)
        waits.append(raised.value.check_after)
    assert waits == [3.0, 60.0]
    assert canned.names().count("media") == 1


ENDS: list[tuple[str, type[PlatformError]]] = [
    ("Error: Media upload has failed with error code 2207026", Rejected),
    ("Error: Media upload has failed with error code 2207009", Rejected),
    ("Error: Media upload has failed with error code 2207053", Unavailable),
    ("Error: Media upload has failed with error code 2207003", Unavailable),
    ("Error: something new", Rejected),
]


@pytest.mark.parametrize(("status", "expected"), ENDS)
def test_a_failed_container_is_made_anew_next_time(
    canned: CannedServer, worker: Worker, status: str, expected: type[PlatformError]
) -> None:
    ready(canned)
    canned.answer("17", {"status_code": "ERROR", "status": status})
    with pytest.raises(PlatformError) as raised:
        stage(worker)
    assert type(raised.value) is expected
    canned.answer("media", {"id": "20"})
    canned.answer("20", {"status_code": "FINISHED"})
    assert stage(worker).data["container"] == "20"


def test_a_container_that_ran_out_is_made_anew_at_once(
    canned: CannedServer, worker: Worker
) -> None:
    ready(canned)
    stage(worker)
    canned.answer("17", {"status_code": "EXPIRED"})
    canned.answer("media", {"id": "20"})
    canned.answer("20", {"status_code": "FINISHED"})
    assert stage(worker).data["container"] == "20"


def test_a_video_goes_on_where_its_upload_broke_off(canned: CannedServer, worker: Worker) -> None:
    ready(canned)
    canned.answer("17", cut=True)
    with pytest.raises(Unavailable):
        stage(worker, VIDEO)
    phase = {"uploading_phase": {"status": "in_progress", "bytes_transferred": 400}}
    # The same last segment answers the question and the upload.
    told = {"status_code": "IN_PROGRESS", "video_status": phase, "success": True}
    canned.answer("17", told)
    with pytest.raises(NotReady):
        stage(worker, VIDEO)
    [first, second] = [one for one in canned.received if "ig-api-upload" in one.path]
    assert first.headers["offset"] == "0"
    assert second.headers["offset"] == "400"
    assert second.headers["file_size"] == "900"
    assert second.body == video_bytes(900)[400:]
