from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.twitter.tests.sandbox.conftest import Member

MIB = 1024 * 1024


def test_a_picture_comes_in_one_piece(ada: Member) -> None:
    data = ada.upload(ada.png()).json()["data"]
    assert data["media_key"] == f"3_{data['id']}"
    assert data["image"] == {"image_type": "image/png", "w": 1, "h": 1}
    assert data["expires_after_secs"] in {86_399, 86_400}
    assert "processing_info" not in data
    ada.posted(media={"media_ids": [data["id"]]})
    page = ada.http.get(f"/media/{data['media_key']}")
    assert (page.content, page.headers["content-type"]) == (ada.png(), "image/png")


def test_a_picture_may_come_in_base64(ada: Member) -> None:
    media = base64.b64encode(ada.png()).decode()
    body = {"media": media, "media_category": "tweet_image"}
    assert ada.http.post("/2/media/upload", json=body).status_code == 200
    broken = ada.http.post("/2/media/upload", json={**body, "media": "%%%"})
    assert ada.refusal(broken)[0] == 400


@pytest.mark.parametrize(
    ("data", "category", "said"),
    [
        (b"just text", "tweet_image", "no known media type"),
        (b"", "tweet_image", "no known media type"),
        (b"GIF89a\1\0\1\0\0\0\0;", "tweet_video", "image/gif"),
        (b"\xff\xd8\xff" + b"\0" * 5_000_000, "tweet_image", "5000000"),
        (b"GIF89a\0\6\0\6\0\0\0;", "tweet_gif", "1280 by 1080"),
        (b"\xff\xd8\xff", "dm_image", "dm_image"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    ada: Member, data: bytes, category: str, said: str
) -> None:
    status, words = ada.refusal(ada.upload(data, category))
    assert status == 400
    assert said in words


def test_the_form_is_closed(ada: Member) -> None:
    assert ada.refusal(ada.upload(ada.png(), colour="red"))[0] == 400
    bare = ada.http.post("/2/media/upload", files={"media": ("f", ada.png())})
    assert "media_category" in ada.refusal(bare)[1]
    bare = ada.http.post("/2/media/upload", content=b"x")
    assert "multipart" in ada.refusal(bare)[1]
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    bare = ada.http.post("/2/media/upload", content=b"nothing", headers=broken)
    assert ada.refusal(bare)[0] == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"media_type": "image/gif"},
        {"media_type": "video/avi"},
        {"media_category": "tweet_film"},
        {"media_category": None},
        {"total_bytes": 0},
        {"total_bytes": 512_000_001},
        {"total_bytes": "3000"},
        {"colour": "red"},
    ],
)
def test_an_upload_that_cannot_be_begun_is_refused(ada: Member, changes: dict[str, Any]) -> None:
    assert ada.refusal(ada.initialize(3000, **changes))[0] == 400


def test_a_video_is_processed_by_the_networks_clock(ada: Member) -> None:
    data = ada.mp4(9000)
    media_id = ada.started(len(data))
    for index in range(3):
        answer = ada.append(media_id, index, data[index * 3000 : (index + 1) * 3000])
        assert answer.json()["data"]["expires_at"] > 0
    assert "processing_info" not in ada.status(media_id).json()["data"]
    ada.settings(processingSeconds=100)
    info = ada.finalize(media_id).json()["data"]["processing_info"]
    assert info == {"state": "pending", "check_after_secs": 1, "progress_percent": 0}
    early = ada.post(text="too early", media={"media_ids": [media_id]})
    assert "Still being processed" in ada.refusal(early)[1]
    ada.control.advance_clock(60)
    info = ada.status(media_id).json()["data"]["processing_info"]
    assert (info["state"], info["check_after_secs"]) == ("in_progress", 1)
    ada.control.advance_clock(60)
    shown = ada.status(media_id).json()["data"]
    assert shown["processing_info"] == {"state": "succeeded", "progress_percent": 100}
    assert shown["size"] == 9000
    ada.posted(text="now", media={"media_ids": [media_id]})
    (stored,) = ada.control.call("GET", "posts")["posts"]
    assert stored["mediaSha256"] == [hashlib.sha256(data).hexdigest()]


def test_processing_can_be_made_to_fail(ada: Member) -> None:
    ada.settings(failNextProcessing="Unsupported video format")
    media_id = ada.video()
    answer = ada.status(media_id).json()
    assert answer["data"]["processing_info"] == {"state": "failed"}
    assert answer["errors"][0]["detail"] == "Unsupported video format"
    assert ada.post(text="a", media={"media_ids": [media_id]}).status_code == 400
    assert ada.control.call("GET", "settings")["failNextProcessing"] is None
    ada.posted(text="b", media={"media_ids": [ada.video()]})


def test_segments_come_in_any_order_and_more_than_once(ada: Member) -> None:
    data = ada.mp4(600)
    media_id = ada.started(600)
    for index in (2, 0, 1, 0, 2):
        assert ada.append(media_id, index, data[index * 200 : (index + 1) * 200]).status_code == 200
    assert ada.finalize(media_id).status_code == 200
    assert ada.finalize(media_id).status_code == 200
    (stored,) = ada.control.call("GET", "media")["media"]
    assert stored["sha256"] == hashlib.sha256(data).hexdigest()
    assert ada.refusal(ada.append(media_id, 3, b"x"))[0] == 400


def test_segments_must_make_the_announced_file(ada: Member) -> None:
    data = ada.mp4(600)
    gap = ada.started(600)
    ada.append(gap, 0, data[:300])
    ada.append(gap, 2, data[300:])
    assert "segment 1 is missing" in ada.refusal(ada.finalize(gap))[1]
    ada.append(gap, 1, b"")
    short = ada.started(601)
    ada.append(short, 0, data)
    assert "do not add up" in ada.refusal(ada.finalize(short))[1]
    assert "do not add up" in ada.refusal(ada.append(short, 1, b"xx"))[1]
    none = ada.started(600)
    assert "segment 0 is missing" in ada.refusal(ada.finalize(none))[1]
    other = ada.started(len(ada.gif()))
    ada.append(other, 0, ada.gif())
    assert "image/gif" in ada.refusal(ada.finalize(other))[1]


@pytest.mark.parametrize("index", ["-1", "1000", "one", ""])
def test_a_segments_index_is_a_number_up_to_999(ada: Member, index: str) -> None:
    media_id = ada.started(600)
    assert "segment_index" in ada.refusal(ada.append(media_id, index, b"x"))[1]


def test_a_segment_has_at_most_five_mebibytes(ada: Member) -> None:
    media_id = ada.started(20 * MIB)
    assert ada.append(media_id, 0, bytes(5 * MIB)).status_code == 200
    assert str(5 * MIB) in ada.refusal(ada.append(media_id, 1, bytes(5 * MIB + 1)))[1]
    assert ada.refusal(ada.append(media_id, 1, b""))[0] == 400


def test_media_of_others_and_forgotten_media_do_not_exist(ada: Member, bob: Member) -> None:
    media_id = ada.uploaded()
    assert bob.refusal(bob.status(media_id))[0] == 404
    assert bob.refusal(bob.post(media={"media_ids": [media_id]}))[0] == 400
    assert ada.refusal(ada.status("5"))[0] == 404
    ada.control.advance_clock(86_401)
    again = type(ada)(ada.url, ada.control, "ada")
    assert ada.refusal(again.post(media={"media_ids": [media_id]}))[0] == 400
    again.close()


def test_four_pictures_or_one_gif_or_one_video(ada: Member) -> None:
    pictures = [ada.uploaded(ada.png(number)) for number in range(4)]
    ada.posted(text="four", media={"media_ids": pictures})
    gif = ada.uploaded(ada.gif(), "tweet_gif")
    ada.control.advance_clock(5)
    ada.posted(text="gif", media={"media_ids": [gif]})
    mixed = ada.post(text="both", media={"media_ids": [gif, pictures[0]]})
    assert "one GIF" in ada.refusal(mixed)[1]
    twice = ada.post(text="twice", media={"media_ids": [pictures[0]] * 2})
    assert ada.refusal(twice)[0] == 400


def test_alt_text_is_kept_up_to_a_thousand_letters(ada: Member, bob: Member) -> None:
    media_id = ada.uploaded()
    body: dict[str, Any] = {"id": media_id, "metadata": {"alt_text": {"text": "A <cat>"}}}
    answer = ada.http.post("/2/media/metadata", json=body)
    assert answer.json()["data"]["associated_metadata"] == {"alt_text": {"text": "A <cat>"}}
    body["metadata"]["alt_text"]["text"] = "x" * 1001
    assert ada.refusal(ada.http.post("/2/media/metadata", json=body))[0] == 400
    assert ada.http.post("/2/media/metadata", json={}).status_code == 400
    assert bob.http.post("/2/media/metadata", json={"id": media_id}).status_code == 404
    ada.posted(text="cat", media={"media_ids": [media_id]})
    query = {"expansions": "attachments.media_keys", "media.fields": "alt_text,url,width,height"}
    (media,) = ada.timeline(**query)["includes"]["media"]
    assert (media["alt_text"], media["width"], media["type"]) == ("A <cat>", 1, "photo")
