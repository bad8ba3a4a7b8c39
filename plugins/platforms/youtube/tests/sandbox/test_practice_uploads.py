from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mpcas2_sandbox import FaultRule

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator

UNIT = 256 * 1024
WEEK = 7 * 24 * 3600


def uploads(creator: Creator) -> list[dict[str, Any]]:
    sessions: list[dict[str, Any]] = creator.control.call("GET", "uploads")
    return sessions


def test_the_session_is_an_absolute_address_on_this_host(ada: Creator) -> None:
    answer = ada.start(ada.metadata())
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["location"].startswith(f"{ada.url}/upload/youtube/v3/videos?")
    assert "upload_id=" in answer.headers["location"]


def test_a_whole_file_in_one_request_makes_one_video(ada: Creator) -> None:
    data = ada.mp4(5000)
    video = ada.upload(data=data)
    assert video["kind"] == "youtube#video"
    assert video["snippet"]["title"] == "A walk"
    assert video["status"]["uploadStatus"] == "uploaded"
    posts = ada.control.call("GET", "posts")["posts"]
    assert [one["id"] for one in posts] == [video["id"]]
    assert posts[0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert ada.control.call("GET", "stats")["posts"] == 1


def test_chunks_are_acknowledged_and_the_last_one_makes_the_video(ada: Creator) -> None:
    data = ada.mp4(2 * UNIT + 1000)
    total = len(data)
    session = ada.session(total=total)
    fresh = ada.put(session, range_=f"bytes */{total}")
    assert (fresh.status_code, fresh.headers.get("range")) == (308, None)
    for start in (0, UNIT):
        end = start + UNIT
        answer = ada.put(session, data[start:end], f"bytes {start}-{end - 1}/{total}")
        assert (answer.status_code, answer.headers["range"]) == (308, f"bytes=0-{end - 1}")
    asked = ada.put(session, range_=f"bytes */{total}")
    assert (asked.status_code, asked.headers["range"]) == (308, f"bytes=0-{2 * UNIT - 1}")
    assert ada.control.call("GET", "stats")["posts"] == 0
    last = ada.put(session, data[2 * UNIT :], f"bytes {2 * UNIT}-{total - 1}/{total}")
    assert last.status_code == 200
    again = ada.put(session, range_=f"bytes */{total}")
    assert again.status_code == 200
    assert again.json() == last.json()
    (shown,) = uploads(ada)
    assert shown["received"] == [[0, UNIT - 1], [UNIT, 2 * UNIT - 1], [2 * UNIT, total - 1]]
    assert shown["sha256"] == hashlib.sha256(data).hexdigest()
    assert (shown["total"], shown["videoId"]) == (total, last.json()["id"])
    assert shown["createdBy"] == "practice-client"


def test_a_repeated_chunk_shows_in_the_log_and_changes_nothing(ada: Creator) -> None:
    data = ada.mp4(UNIT + 10)
    total = len(data)
    session = ada.session(total=total)
    for _ in range(2):
        answer = ada.put(session, data[:UNIT], f"bytes 0-{UNIT - 1}/{total}")
        assert (answer.status_code, answer.headers["range"]) == (308, f"bytes=0-{UNIT - 1}")
    last = [ada.put(session, data[UNIT:], f"bytes {UNIT}-{total - 1}/{total}") for _ in range(2)]
    assert last[0].json() == last[1].json()
    (shown,) = uploads(ada)
    assert shown["received"] == [[0, UNIT - 1]] * 2 + [[UNIT, total - 1]] * 2
    assert shown["sha256"] == hashlib.sha256(data).hexdigest()
    assert ada.control.call("GET", "stats")["posts"] == 1


def test_a_lost_answer_to_the_last_chunk_leaves_one_video_that_the_session_names(
    ada: Creator,
) -> None:
    session = ada.session()
    ada.control.add_fault(FaultRule(action="cut_after", method="PUT", path="/upload/"))
    with pytest.raises(httpx.RemoteProtocolError):
        ada.put(session, ada.mp4(), "bytes 0-4095/4096")
    answer = ada.put(session, range_="bytes */4096")
    assert answer.status_code == 200
    (post,) = ada.control.call("GET", "posts")["posts"]
    assert post["id"] == answer.json()["id"]
    assert uploads(ada)[0]["received"] == [[0, 4095]]


def test_a_chunk_that_overlaps_loses_only_what_is_known(ada: Creator) -> None:
    data = ada.mp4(2 * UNIT)
    session = ada.session(total=len(data))
    ada.put(session, data[:UNIT], f"bytes 0-{UNIT - 1}/{len(data)}")
    answer = ada.put(session, data, f"bytes 0-{len(data) - 1}/{len(data)}")
    assert answer.status_code == 200
    assert uploads(ada)[0]["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("range_", "length", "words"),
    [
        (f"bytes {UNIT}-{2 * UNIT - 1}/{3 * UNIT}", UNIT, "exceeds already uploaded size"),
        (f"bytes 0-999/{3 * UNIT}", 1000, "multiple of 262144"),
        (f"bytes 0-{UNIT - 1}/{3 * UNIT}", UNIT - 1, "the body has"),
        (f"bytes 0-{UNIT - 1}/{4 * UNIT}", UNIT, "total size"),
        (f"bytes 0-{4 * UNIT - 1}/{3 * UNIT}", 4 * UNIT, "beyond the total"),
        ("bytes 0-99", 100, "parse Content-Range"),
        (f"bytes */{3 * UNIT}", 100, "no body"),
        (None, 100, "total size"),
    ],
)
def test_bytes_that_do_not_fit_are_refused_and_not_kept(
    ada: Creator, range_: str | None, length: int, words: str
) -> None:
    session = ada.session(total=3 * UNIT)
    answer = ada.put(session, b"x" * length, range_)
    assert ada.refusal(answer) == (400, "badRequest")
    assert words in answer.json()["error"]["message"]
    assert ada.put(session, range_="bytes */*").headers.get("range") is None
    assert uploads(ada)[0]["received"] == []


def test_the_total_may_be_told_with_the_last_chunk(ada: Creator) -> None:
    data = ada.mp4(UNIT + 7)
    session = ada.session(total=None)
    assert ada.put(session, data[:UNIT], f"bytes 0-{UNIT - 1}/*").status_code == 308
    answer = ada.put(session, data[UNIT:], f"bytes {UNIT}-{UNIT + 6}/{UNIT + 7}")
    assert answer.status_code == 200


def test_a_session_dies_after_a_week_or_when_cancelled(ada: Creator) -> None:
    old, cancelled = ada.session(), ada.session()
    assert ada.http.delete(cancelled).status_code == 499
    assert ada.refusal(ada.put(cancelled, range_="bytes */*")) == (404, "notFound")
    ada.control.advance_clock(WEEK - 60)
    assert ada.put(old, range_="bytes */*").status_code == 308
    ada.control.advance_clock(61)
    assert ada.refusal(ada.put(old, range_="bytes */*")) == (404, "notFound")
    assert ada.refusal(ada.put(old.replace("upload_id=", "upload_id=x"))) == (404, "notFound")


def test_the_address_is_proof_enough_but_a_bad_token_is_refused(ada: Creator) -> None:
    session = ada.session()
    bad = ada.http.put(
        session, headers={"Authorization": "Bearer no", "Content-Range": "bytes */4096"}
    )
    assert ada.refusal(bad) == (401, "authError")
    good = ada.http.put(session, headers={**ada.headers, "Content-Range": "bytes */4096"})
    assert good.status_code == 308


@pytest.mark.parametrize(
    ("params", "total", "content_type", "refusal"),
    [
        ({"uploadType": "multipart"}, 10, "video/mp4", (400, "invalidParameter")),
        ({"part": ""}, 10, "video/mp4", (400, "required")),
        ({"part": "snippet,nothing"}, 10, "video/mp4", (400, "unknownPart")),
        ({"notify": "true"}, 10, "video/mp4", (400, "badRequest")),
        ({}, 0, "video/mp4", (400, "mediaBodyRequired")),
        ({}, 2**39, "video/mp4", (413, "uploadTooLarge")),
        ({}, 10, "image/png", (400, "badContent")),
    ],
)
def test_a_start_that_does_not_fit_is_refused(
    ada: Creator, params: dict[str, str], total: int, content_type: str, refusal: tuple[int, str]
) -> None:
    answer = ada.start(ada.metadata(), total, content_type=content_type, **params)
    assert ada.refusal(answer) == refusal
    assert uploads(ada) == []


def test_the_path_of_the_discovery_document_works_too(ada: Creator) -> None:
    answer = ada.http.post(
        "/resumable/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status",
        json=ada.metadata(),
        headers=ada.headers,
    )
    assert ada.put(answer.headers["location"], ada.mp4()).status_code == 200
    names = [one.operation for one in ada.control.requests()]
    assert names == ["videos.insert", "videos.insert bytes"]


def test_who_has_no_channel_cannot_upload(ada: Creator) -> None:
    nora = type(ada)(ada.url, ada.control, "nora")
    assert ada.refusal(nora.start(nora.metadata())) == (401, "youtubeSignupRequired")
    answer = nora.get("channels", part="snippet", mine="true").json()
    assert "items" not in answer
    assert answer["pageInfo"]["totalResults"] == 0
    nora.close()


def test_who_has_two_channels_can_name_one(ada: Creator) -> None:
    duo = type(ada)(ada.url, ada.control, "duo")
    answer = duo.get("channels", part="snippet,contentDetails", mine="true").json()
    first, second = (one["id"] for one in answer["items"])
    assert duo.upload()["snippet"]["channelId"] == first
    named = {"onBehalfOfContentOwner": "me", "onBehalfOfContentOwnerChannel": second}
    video = duo.put(duo.session(None, 4096, **named), duo.mp4()).json()
    assert video["snippet"]["channelId"] == second
    named["onBehalfOfContentOwnerChannel"] = "UCsomebody"
    assert duo.refusal(duo.start(duo.metadata(), **named)) == (403, "forbidden")
    duo.close()


def test_a_channel_can_have_uploaded_enough(ada: Creator) -> None:
    channel = ada.get("channels", part="id", mine="true").json()["items"][0]["id"]
    ada.control.call("POST", f"channels/{channel}", {"uploadLimitExceeded": True})
    assert ada.refusal(ada.start(ada.metadata())) == (400, "uploadLimitExceeded")
    ada.control.call("POST", f"channels/{channel}", {"uploadLimitExceeded": False})
    assert ada.start(ada.metadata()).status_code == 200
