from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.tiktok.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer

VIDEO = "/v2/post/publish/video/init/"
CHUNK = 5 * 1024**2


def test_chunks_in_order_become_the_video(ada: Client, files: type[Files]) -> None:
    data = files.mp4(2 * CHUNK + 77)
    begun = ada.data(VIDEO, ada.video(len(data), CHUNK, title="A walk"))
    first = ada.put(begun["upload_url"], data[:CHUNK], 0, len(data))
    assert (first.status_code, first.headers["content-range"]) == (
        206,
        f"bytes 0-{CHUNK - 1}/{len(data)}",
    )
    assert ada.stats()["posts"] == 0
    assert ada.put(begun["upload_url"], data[CHUNK:], CHUNK, len(data)).status_code == 201
    assert ada.stats()["posts"] == 1
    stored = ada.stored(begun["publish_id"])
    assert stored["chunks"] == [[0, CHUNK - 1], [CHUNK, len(data) - 1]]
    (media,) = stored["media"]
    assert media["sha256"] == hashlib.sha256(data).hexdigest()
    assert (media["mediaType"], media["width"], media["height"], media["seconds"]) == (
        "video/mp4",
        720,
        1280,
        10.0,
    )


def test_a_chunk_that_comes_twice_is_refused_and_the_status_says_where_to_go_on(
    ada: Client, files: type[Files]
) -> None:
    data = files.mp4(2 * CHUNK)
    begun = ada.data(VIDEO, ada.video(len(data), CHUNK))
    assert ada.put(begun["upload_url"], data[:CHUNK], 0, len(data)).status_code == 206
    again = ada.put(begun["upload_url"], data[:CHUNK], 0, len(data))
    assert (again.status_code, again.headers["content-range"]) == (
        416,
        f"bytes 0-{CHUNK - 1}/{len(data)}",
    )
    assert ada.status(begun["publish_id"])["uploaded_bytes"] == CHUNK
    assert ada.put(begun["upload_url"], data[CHUNK:], CHUNK, len(data)).status_code == 201
    assert ada.put(begun["upload_url"], data[CHUNK:], CHUNK, len(data)).status_code == 416
    assert ada.stats()["posts"] == 1


def test_an_upload_address_dies_after_an_hour_and_nothing_is_posted(
    ada: Client, files: type[Files]
) -> None:
    data = files.mp4()
    begun = ada.data(VIDEO, ada.video(len(data)))
    ada.control.advance_clock(3599)
    assert ada.status(begun["publish_id"])["status"] == "PROCESSING_UPLOAD"
    ada.control.advance_clock(1)
    assert ada.put(begun["upload_url"], data, 0, len(data)).status_code == 403
    assert ada.status(begun["publish_id"]) == {
        "status": "FAILED",
        "fail_reason": "internal",
        "uploaded_bytes": 0,
    }
    assert ada.stats()["posts"] == 0


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("mp4", {}, ""),
        ("mp4", {"brand": b"qt  "}, ""),
        ("mp4", {"width": 360, "height": 4096}, ""),
        ("mp4", {"width": 359}, "picture_size_check_failed"),
        ("mp4", {"height": 4097}, "picture_size_check_failed"),
        ("mp4", {"rate": 23.976}, ""),
        ("mp4", {"rate": 60}, ""),
        ("mp4", {"rate": 15}, "frame_rate_check_failed"),
        ("mp4", {"rate": 120}, "frame_rate_check_failed"),
        ("mp4", {"seconds": 600}, ""),
        ("mp4", {"seconds": 600.5}, "duration_check_failed"),
        ("mp4", {"brand": b"avif"}, "file_format_check_failed"),
        ("webm", {}, ""),
        ("webm", {"width": 100}, "picture_size_check_failed"),
        ("webm", {"seconds": 601}, "duration_check_failed"),
        ("jpeg", {}, "file_format_check_failed"),
    ],
)
def test_a_video_is_judged_by_its_header(
    name: str, changes: dict[str, int], reason: str, ada: Client, files: type[Files]
) -> None:
    publish_id = ada.publish(getattr(files, name)(**changes))
    ada.control.advance_clock(2)
    state = ada.status(publish_id)
    assert state["status"] == ("FAILED" if reason else "PUBLISH_COMPLETE")
    assert state.get("fail_reason", "") == reason
    assert ada.stats()["posts"] == (0 if reason else 1)


def test_a_creator_s_own_length_counts(ada: Client, files: type[Files]) -> None:
    ada.control.call("POST", "accounts/ada", {"maxVideoSeconds": 60})
    told = ada.data("/v2/post/publish/creator_info/query/")
    assert told["max_video_post_duration_sec"] == 60
    publish_id = ada.publish(files.mp4(seconds=61))
    ada.control.advance_clock(2)
    assert ada.status(publish_id)["fail_reason"] == "duration_check_failed"


def test_a_video_is_pulled(ada: Client, web: CannedServer, files: type[Files]) -> None:
    data = files.mp4()
    web.answer("a.mp4", data)
    body = {
        "post_info": {"privacy_level": "PUBLIC_TO_EVERYONE"},
        "source_info": {"source": "PULL_FROM_URL", "video_url": f"{web.url}/a.mp4"},
    }
    begun = ada.data(VIDEO, body)
    assert list(begun) == ["publish_id"]
    assert ada.stats()["posts"] == 1
    state = ada.settled(begun["publish_id"])
    assert (state["status"], state["downloaded_bytes"]) == ("PUBLISH_COMPLETE", len(data))
    assert ada.stored(begun["publish_id"])["media"][0]["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("jpeg", {}, ""),
        ("webp", {}, ""),
        ("jpeg", {"width": 1920, "height": 1080}, ""),
        ("jpeg", {"width": 1081, "height": 1920}, "picture_size_check_failed"),
        ("webp", {"width": 1080, "height": 1921}, "picture_size_check_failed"),
        ("jpeg", {"padding": 19_999_900}, ""),
        ("jpeg", {"padding": 20_000_000}, "photo_pull_failed"),
        ("mp4", {}, "file_format_check_failed"),
    ],
)
def test_a_photo_is_judged_by_its_header(
    name: str,
    changes: dict[str, int],
    reason: str,
    ada: Client,
    web: CannedServer,
    files: type[Files],
) -> None:
    web.answer("good", files.jpeg())
    web.answer("tried", getattr(files, name)(**changes))
    body = ada.photos(f"{web.url}/good", f"{web.url}/tried")
    state = ada.settled(ada.data("/v2/post/publish/content/init/", body)["publish_id"])
    assert state["status"] == ("FAILED" if reason else "PUBLISH_COMPLETE")
    assert state.get("fail_reason", "") == reason


def test_png_and_missing_photos_fail_the_post(
    ada: Client, web: CannedServer, files: type[Files]
) -> None:
    web.answer("a.png", files.PNG)
    for name, reason in (("a.png", "file_format_check_failed"), ("gone", "photo_pull_failed")):
        body = ada.photos(f"{web.url}/{name}")
        state = ada.settled(ada.data("/v2/post/publish/content/init/", body)["publish_id"])
        assert state["fail_reason"] == reason
    assert ada.stats()["posts"] == 0


def test_35_photos_become_one_post_in_order(
    ada: Client, web: CannedServer, files: type[Files]
) -> None:
    urls = []
    for number in range(35):
        web.answer(str(number), files.jpeg(padding=number))
        urls.append(f"{web.url}/{number}")
    publish_id = ada.data("/v2/post/publish/content/init/", ada.photos(*urls))["publish_id"]
    assert ada.settled(publish_id)["status"] == "PUBLISH_COMPLETE"
    stored = ada.stored(publish_id)
    assert [one["url"] for one in stored["media"]] == urls
    sizes = [one["size"] for one in stored["media"]]
    assert sizes == sorted(set(sizes))
