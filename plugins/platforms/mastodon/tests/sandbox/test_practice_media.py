from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.mastodon.tests.sandbox.conftest import Member

NOT_READY = "Cannot attach files that have not finished processing. Try again in a moment!"


def test_a_picture_is_ready_at_once_and_kept_as_it_was(ada: Member) -> None:
    data = ada.png(padding=100)
    answer = ada.upload(data, description="A <cat>", focus="0.5,-0.5")
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["meta"]["original"] == {"width": 1, "height": 1, "aspect": 1.0}
    assert shown["meta"]["focus"] == {"x": 0.5, "y": -0.5}
    assert ada.http.get(shown["url"]).content == data
    ada.posted("cat", media_ids=[shown["id"]])
    (stored,) = ada.control.call("GET", "posts")["posts"]
    assert stored["mediaSha256"] == [hashlib.sha256(data).hexdigest()]
    assert stored["altTexts"] == ["A <cat>"]


def test_a_video_takes_its_time(ada: Member) -> None:
    answer = ada.upload(ada.mp4(), "video/mp4")
    assert (answer.status_code, answer.json()["url"]) == (202, None)
    media_id = answer.json()["id"]
    path = f"/api/v1/media/{media_id}"
    assert ada.http.get(path).status_code == 206
    refused = ada.post("film", media_ids=[media_id])
    assert (refused.status_code, refused.json()["error"]) == (422, NOT_READY)
    ada.control.advance_clock(3)
    ready = ada.http.get(path).json()
    assert ready["type"] == "video"
    assert ready["meta"]["original"]["duration"] == 4
    assert ada.posted("film", media_ids=[media_id])["media_attachments"][0]["url"] == ready["url"]
    ranged = ada.http.get(ready["url"], headers={"Range": "bytes=0-7"})
    assert (ranged.status_code, ranged.content[4:]) == (206, b"ftyp")


def test_processing_may_fail(ada: Member) -> None:
    ada.control.call("POST", "processing", {"seconds": 1, "next": [{"fails": True}]})
    media_id = ada.uploaded(ada.mp4())
    ada.control.advance_clock(2)
    answer = ada.http.get(f"/api/v1/media/{media_id}")
    assert answer.status_code == 422
    assert answer.json()["error"] == "Error processing thumbnail for uploaded media"
    assert ada.post("film", media_ids=[media_id]).status_code == 422


def test_videos_stand_alone_but_moving_gifs_do_not(ada: Member) -> None:
    picture, gif, film = ada.uploaded(), ada.uploaded(ada.gif(moves=True)), ada.video()
    answer = ada.post("both", media_ids=[picture, film])
    assert answer.status_code == 422
    assert "Cannot attach a video" in answer.json()["error"]
    kinds = [
        one["type"] for one in ada.posted("two", media_ids=[gif, picture])["media_attachments"]
    ]
    assert kinds == ["gifv", "image"]


def test_a_file_belongs_to_one_post_until_that_is_deleted(ada: Member, bob: Member) -> None:
    media_id = ada.uploaded()
    assert bob.post("theirs", media_ids=[media_id]).status_code == 422
    status = ada.posted(media_ids=[media_id])
    assert ada.post("again", media_ids=[media_id]).status_code == 422
    assert ada.http.get(f"/api/v1/media/{media_id}").status_code == 404
    used = ada.http.delete(f"/api/v1/media/{media_id}")
    assert used.json()["error"] == "Media attachment is currently used by a status"
    ada.http.delete(f"/api/v1/statuses/{status['id']}")
    assert ada.post("again", media_ids=[media_id]).status_code == 200


def test_a_description_may_come_later(ada: Member) -> None:
    media_id = ada.uploaded()
    changed = ada.http.put(f"/api/v1/media/{media_id}", data={"description": "A dog"})
    assert changed.json()["description"] == "A dog"
    assert ada.control.call("GET", "media")["media"][0]["altText"] == "A dog"


def test_uploads_have_a_window_of_their_own(ada: Member) -> None:
    for left in range(29, -1, -1):
        assert ada.upload(ada.png()).headers["x-ratelimit-remaining"] == str(left)
    assert ada.upload(ada.png()).status_code == 429
    ada.control.advance_clock(1801)
    assert ada.upload(ada.png()).status_code == 200
