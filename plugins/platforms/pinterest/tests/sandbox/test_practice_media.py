from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer


def test_a_video_is_registered_uploaded_processed_and_pinned(
    ada: Client, files: type[Files]
) -> None:
    media = ada.registered()
    path = f"/media/{media['media_id']}"
    assert ada.json(path)["status"] == "registered"
    assert ada.upload(media, files.mp4()).status_code == 204
    assert ada.json(path)["status"] == "processing"
    source = ada.video_source(media["media_id"])
    assert ada.refusal(ada.post("/pins", ada.body(media_source=source))) == (400, 1)
    ada.control.advance_clock(3)
    assert ada.json(path)["status"] == "succeeded"
    pin = ada.pin(media_source=source)
    assert (pin["media"]["width"], pin["media"]["duration"]) == (640, 5000)
    (post,) = ada.stored()
    assert post["media"][0]["sha256"] == hashlib.sha256(files.mp4()).hexdigest()


def test_processing_fails_where_it_was_planned(ada: Client) -> None:
    ada.control.call("POST", "processing", {"next": [{"failed": True}]})
    media_id = ada.uploaded()
    assert ada.json(f"/media/{media_id}")["status"] == "failed"
    answer = ada.post("/pins", ada.body(media_source=ada.video_source(media_id)))
    assert ada.refusal(answer) == (400, 1)


@pytest.mark.parametrize(
    ("width", "height", "seconds", "status"),
    [
        (640, 360, 4.0, "succeeded"),
        (640, 360, 3.9, "failed"),
        (640, 360, 900.0, "succeeded"),
        (640, 360, 900.1, "failed"),
        (360, 720, 5.0, "succeeded"),
        (359, 720, 5.0, "failed"),
        (1910, 1000, 5.0, "succeeded"),
        (1911, 1000, 5.0, "failed"),
    ],
)
def test_length_and_frame_of_videos_are_looked_at(
    ada: Client, files: type[Files], width: int, height: int, seconds: float, status: str
) -> None:
    media_id = ada.uploaded(files.mp4(width=width, height=height, seconds=seconds))
    assert ada.json(f"/media/{media_id}")["status"] == status


def test_containers_are_told_by_their_bytes(ada: Client, files: type[Files]) -> None:
    states = [
        ada.json(f"/media/{ada.uploaded(data)}")["status"] for data in (files.mov(), files.png())
    ]
    assert states == ["succeeded", "failed"]


def test_covers_are_sent_or_pulled(ada: Client, web: CannedServer, files: type[Files]) -> None:
    media_id = ada.uploaded()
    sent = {
        "cover_image_content_type": "image/png",
        "cover_image_data": ada.sent()["data"],
        "cover_image_key_frame_time": None,
    }
    assert ada.pin(media_source=ada.video_source(media_id, **sent))
    web.answer("cover.jpg", files.jpeg())
    url = f"{web.url}/cover.jpg"
    pulled = {"cover_image_url": url, "cover_image_key_frame_time": None}
    pin = ada.pin(media_source=ada.video_source(media_id, **pulled))
    assert ada.http.get(pin["media"]["cover_image_url"]).content == files.jpeg()
    assert ada.stored()[1]["cover"]["url"] == url


def test_the_upload_host_counts_bytes(ada: Client, files: type[Files]) -> None:
    ada.settings(maxVideoBytes=4_000)
    assert ada.upload(ada.registered(), files.mp4()).status_code == 204
    answer = ada.upload(ada.registered(), files.mp4() + b"x")
    assert answer.status_code == 400
    assert "<Code>EntityTooLarge</Code>" in answer.text


def test_upload_parameters_expire(ada: Client, files: type[Files]) -> None:
    ada.settings(uploadSeconds=60)
    media = ada.registered()
    ada.control.advance_clock(60)
    answer = ada.upload(media, files.mp4())
    assert answer.status_code == 403
    assert "Policy expired" in answer.text


def test_a_second_upload_changes_nothing(ada: Client, files: type[Files]) -> None:
    media = ada.registered()
    assert ada.upload(media, files.mp4()).status_code == 204
    assert ada.upload(media, files.mov()).status_code == 204
    (kept,) = ada.control.call("GET", "media")["media"]
    assert kept["sha256"] == hashlib.sha256(files.mp4()).hexdigest()
