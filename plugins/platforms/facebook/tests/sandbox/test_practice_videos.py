"""Films, reels and film stories, and what the network decides about them later."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.facebook.tests.sandbox.conftest import Publisher

DAY = 86_400
SECRET = b"practice-secret"


def test_a_reel_goes_through_its_phases(ada: Publisher, make_movie: Any) -> None:
    plan = {"seconds": 30, "next": [{"publishSeconds": 10}]}
    ada.control.call("POST", "decisions", plan)
    data = make_movie()
    video = ada.uploaded(data=data)
    assert ada.status(video)["video_status"] == "upload_complete"
    assert ada.good(ada.finish(video, description="Waves", title="Sea"))["success"] is True
    seen = []
    for seconds in (0, 30, 10):
        ada.control.advance_clock(seconds)
        status = ada.status(video)
        phases = [status[f"{one}_phase"]["status"] for one in ("processing", "publishing")]
        seen.append((status["video_status"], *phases, ada.stats()["posts"]))
    assert seen == [
        ("processing", "in_progress", "not_started", 0),
        ("processing", "complete", "in_progress", 0),
        ("ready", "complete", "complete", 1),
    ]
    shown = ada.get(video, fields="post_id,permalink_url,description,title")
    assert shown["permalink_url"] == f"/reel/{video}/"
    assert ada.http.get(f"{ada.url}{shown['permalink_url']}").status_code == 200
    post = ada.kept(shown["post_id"])
    assert (post["kind"], post["text"], post["title"]) == ("reel", "Waves", "Sea")
    assert post["media"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert [one["id"] for one in ada.get(f"{ada.page}/video_reels")["data"]] == [video]


def test_finishing_twice_makes_one_reel(ada: Publisher) -> None:
    video = ada.reel()
    assert ada.good(ada.finish(video))["success"] is True
    assert ada.stats()["published"] == 1


@pytest.mark.parametrize("phase", ["processing", "publishing"])
def test_a_decided_error_shows_in_its_phase(ada: Publisher, phase: str) -> None:
    verdict = {"error": "Copyright match", "code": 1363041, "phase": phase}
    ada.control.call("POST", "decisions", {"next": [verdict]})
    video = ada.reel()
    status = ada.status(video)
    assert status["video_status"] == "error"
    errors = status[f"{phase}_phase"]["errors"]
    assert errors == [{"code": 1363041, "message": "Copyright match"}]
    assert ada.stats()["posts"] == 0


def test_a_reel_can_be_overruled_later(ada: Publisher) -> None:
    video = ada.reel()
    assert ada.stats()["posts"] == 1
    ada.control.call("POST", "decisions", {"overrule": {video: {"error": "Taken down"}}})
    assert ada.status(video)["video_status"] == "error"
    assert ada.stats()["posts"] == 0


def test_a_reel_that_does_not_fit_fails_in_processing(ada: Publisher, make_movie: Any) -> None:
    for given in (
        {"seconds": 2},
        {"seconds": 91},
        {"width": 1920, "height": 1080},
        {"width": 360, "height": 640},
        {"frames_a_second": 15},
        {"frames_a_second": 90},
    ):
        video = ada.reel(make_movie(**given))
        assert ada.status(video)["processing_phase"]["status"] == "error", given
    video = ada.reel(b"RIFF0000AVI " + bytes(100))
    assert ada.status(video)["processing_phase"]["errors"][0]["code"] == 1363024
    for given in ({"seconds": 3}, {"seconds": 90}, {"width": 540, "height": 960}):
        assert ada.status(ada.reel(make_movie(**given)))["video_status"] == "ready"


def test_thirty_reels_a_day_are_enough(ada: Publisher, codes: Any) -> None:
    ada.settings(reelsTotal=2)
    ada.reel()
    ada.reel()
    video = ada.uploaded()
    assert codes(ada.finish(video)) == (613, None)
    ada.good(ada.finish(video, video_state="DRAFT"))
    third = ada.uploaded()
    assert codes(ada.finish(third)) == (613, None)
    ada.control.advance_clock(DAY)
    ada.good(ada.finish(third))


def test_a_reel_is_pulled_or_comes_in_pieces(ada: Publisher, make_movie: Any) -> None:
    data = make_movie(size=3000)
    key = {"Authorization": f"OAuth {ada.token}"}
    made = ada.post(f"{ada.page}/video_reels", upload_phase="start")
    pulled = {**key, "file_url": ada.media.put(data)}
    ada.good(ada.http.post(made["upload_url"], headers=pulled))
    assert ada.status(made["video_id"])["uploading_phase"]["bytes_transferred"] == len(data)
    made = ada.post(f"{ada.page}/video_reels", upload_phase="start")
    for start in (0, 1000, 2000):
        headers = {**key, "offset": str(start), "file_size": str(len(data))}
        assert ada.good(ada.http.get(made["upload_url"], headers=key)) == {"offset": start}
        end = len(data) if start == 2000 else start + 1000
        ada.good(ada.http.post(made["upload_url"], headers=headers, content=data[start:end]))
    ada.good(ada.finish(made["video_id"]))
    assert ada.status(made["video_id"])["video_status"] == "ready"


def test_a_film_comes_in_the_chunks_that_the_network_asks_for(
    ada: Publisher, make_movie: Any, codes: Any
) -> None:
    ada.settings(chunkBytes=1000)
    data, path = make_movie(size=2500), f"{ada.page}/videos"
    begun = ada.post(path, upload_phase="start", file_size=str(len(data)))
    session = {"upload_session_id": begun["upload_session_id"]}
    start, end = int(begun["start_offset"]), int(begun["end_offset"])
    wrong = {"video_file_chunk": ("c", b"123", "application/octet-stream")}
    answer = ada.call("POST", path, wrong, upload_phase="transfer", start_offset="9", **session)
    assert codes(answer) == (6001, 1363037)
    assert answer.json()["error"]["error_data"] == {"start_offset": "0", "end_offset": "1000"}
    while start < end:
        chunk = {"video_file_chunk": ("c", data[start:end], "application/octet-stream")}
        given = {"upload_phase": "transfer", "start_offset": str(start), **session}
        told = ada.post(path, chunk, **given)
        start, end = int(told["start_offset"]), int(told["end_offset"])
    done = {"upload_phase": "finish", "title": "Film", "description": "Long", **session}
    assert ada.post(path, **done) == ada.post(path, **done) == {"success": True}
    shown = ada.get(begun["video_id"], fields="status,post_id,title,length")
    assert (shown["status"]["video_status"], shown["title"]) == ("ready", "Film")
    assert ada.kept(shown["post_id"])["media"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert ada.stats()["posts"] == 1


@pytest.mark.parametrize("by_url", [True, False])
def test_a_film_comes_whole(ada: Publisher, make_movie: Any, *, by_url: bool) -> None:
    data = make_movie(width=1920, height=1080)
    given = {"description": "Wide", **({"file_url": ada.media.put(data)} if by_url else {})}
    files = None if by_url else {"source": ("a.mp4", data, "video/mp4")}
    video = ada.post(f"{ada.page}/videos", files, **given)["id"]
    post = ada.kept(ada.get(video, fields="post_id")["post_id"])
    assert (post["kind"], post["text"], post["state"]) == ("video", "Wide", "public")
    assert [one["id"] for one in ada.get(f"{ada.page}/videos")["data"]] == [video]
    assert ada.good(ada.call("DELETE", video)) == {"success": True}
    assert ada.stats()["posts"] == 0


def test_a_film_story_is_shown(ada: Publisher, make_movie: Any) -> None:
    video = ada.uploaded("video_stories")
    made = ada.good(ada.finish(video, "video_stories"))
    assert ada.get(f"{ada.page}/stories")["data"][0]["post_id"] == made["post_id"]
    long = ada.uploaded("video_stories", make_movie(seconds=61))
    ada.good(ada.finish(long, "video_stories"))
    assert ada.status(long)["video_status"] == "error"


def _arrived(ada: Publisher, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 10
    while len(ada.media.received) < count:
        assert time.monotonic() < deadline, "the webhooks do not arrive"
        time.sleep(0.01)
    changes = []
    for signature, body in ada.media.received:
        right = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        assert signature == f"sha256={right}"
        event = json.loads(body)
        assert event["object"] == "page"
        assert event["entry"][0]["id"] == ada.page
        changes.append(event["entry"][0]["changes"][0])
    return changes


def test_subscribers_are_asked_and_told_with_a_signature(ada: Publisher) -> None:
    fields = {"subscribed_fields": "feed"}
    assert ada.post(f"{ada.page}/subscribed_apps", **fields) == {"success": True}
    assert ada.get(f"{ada.page}/subscribed_apps")["data"][0]["subscribed_fields"] == ["feed"]
    ada.control.call("POST", "webhooks", {"url": f"{ada.media.url}/hook", "verifyToken": "v"})
    plan = {"next": [{}, {"error": "Copyright match"}]}
    ada.control.call("POST", "decisions", plan)
    post = ada.says()
    ada.post(f"{post}/comments", message="First")
    good, bad = ada.reel(), ada.reel()
    ada.good(ada.call("DELETE", post))
    changes = _arrived(ada, 5)
    told = [(one["field"], one["value"].get("item"), one["value"].get("verb")) for one in changes]
    assert told == [
        ("feed", "status", "add"),
        ("feed", "comment", "add"),
        ("feed", "video", "add"),
        ("videos", None, None),
        ("feed", "status", "remove"),
    ]
    assert changes[0]["value"]["post_id"] == post
    assert changes[2]["value"]["video_id"] == good
    assert changes[3]["value"] == {"id": bad, "status": {"video_status": "error"}}
