from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import Media, NotReady, Part, Rejected, Unavailable
from mpcas2_platform_twitter.uploads import SEGMENT_BYTES
from mpcas2_testing import CannedServer

SIZE = 2 * SEGMENT_BYTES + 5
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=SIZE)
GIF = Media(id="g", kind="image", mime_type="image/gif", size=9)
PNG = Media(id="p", kind="image", mime_type="image/png", size=9, alt_text="Sea")
CONTENT = bytes(range(256)) * (SIZE // 256 + 1)


def stage(worker: Any, *media: Media) -> list[str]:
    worker.media |= {"v": CONTENT[:SIZE], "g": b"GIF89a...", "p": b"\x89PNG....."}
    part = Part(index=0, text="", media=media)
    staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    ids: list[str] = staged.data["body"]["media"]["media_ids"]
    return ids


def told(media_id: str, state: str | None = None, **more: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"id": media_id, "expires_after_secs": 86_400, **more}
    if state is not None:
        data["processing_info"] = {"state": state, "check_after_secs": 0.01}
    return {"data": data}


def serve(canned: CannedServer, *, state: str | None = None) -> None:
    canned.answer("initialize", told("71"))
    canned.answer("append", {"data": {"expires_at": 1}})
    canned.answer("finalize", told("71", state))
    canned.answer("upload", told("71", "succeeded"))
    canned.answer("metadata", {"data": {"id": "71"}})


def segments(canned: CannedServer) -> list[tuple[int, bytes]]:
    """Reads index and bytes of each segment that arrived."""
    found = []
    for request in canned.received:
        if request.path.endswith("/append"):
            index = re.search(rb'name="segment_index"\r\n\r\n(\d+)\r\n', request.body)
            media = re.search(
                rb'name="media"; filename="media"\r\n.*?\r\n\r\n(.*)\r\n--', request.body, re.DOTALL
            )
            assert index is not None
            assert media is not None
            found.append((int(index.group(1)), media.group(1)))
    return found


def test_a_video_goes_up_in_segments(canned: CannedServer, worker: Any) -> None:
    serve(canned)
    assert stage(worker, VIDEO) == ["71"]
    assert canned.names() == ["initialize", "append", "append", "append", "finalize"]
    assert json.loads(canned.received[0].body) == {
        "media_type": "video/mp4",
        "media_category": "tweet_video",
        "total_bytes": SIZE,
    }
    assert {request.path for request in canned.received[1:4]} == {"/2/media/upload/71/append"}
    assert [index for index, _ in segments(canned)] == [0, 1, 2]
    assert b"".join(segment for _, segment in segments(canned)) == CONTENT[:SIZE]


def test_a_gif_goes_up_in_segments_too(canned: CannedServer, worker: Any) -> None:
    serve(canned)
    stage(worker, GIF)
    assert canned.names() == ["initialize", "append", "finalize"]
    assert json.loads(canned.received[0].body)["media_category"] == "tweet_gif"


def test_a_picture_goes_up_whole_and_gets_its_words(canned: CannedServer, worker: Any) -> None:
    canned.answer("upload", told("72"))
    canned.answer("metadata", b"")
    assert stage(worker, PNG) == ["72"]
    assert canned.names() == ["upload", "metadata"]
    assert b'name="media_category"\r\n\r\ntweet_image\r\n' in canned.received[0].body
    assert b"\r\n\r\n\x89PNG.....\r\n" in canned.received[0].body
    words = {"id": "72", "metadata": {"alt_text": {"text": "Sea"}}}
    assert json.loads(canned.received[1].body) == words


@pytest.mark.parametrize("records", range(6))
def test_a_successor_goes_on_where_the_dead_stopped(
    canned: CannedServer, worker: Any, records: int
) -> None:
    # Records: begun, three segments, finalized, ready.
    serve(canned, state="pending")
    worker.records_left = records
    with pytest.raises(worker.killed):
        stage(worker, VIDEO)
    worker.records_left = None
    assert stage(worker, VIDEO) == ["71"]
    indices = [index for index, _ in segments(canned)]
    assert sorted(set(indices)) == [0, 1, 2]
    assert len(indices) <= 4, "at most the segment under way is sent again"
    assert dict(segments(canned)) == {
        index: CONTENT[index * SEGMENT_BYTES : min(SIZE, (index + 1) * SEGMENT_BYTES)]
        for index in range(3)
    }
    assert canned.names().count("initialize") == (2 if records == 0 else 1)


def test_what_is_ready_is_not_asked_about_again(canned: CannedServer, worker: Any) -> None:
    serve(canned)
    stage(worker, VIDEO)
    before = len(canned.received)
    assert stage(worker, VIDEO) == ["71"]
    assert len(canned.received) == before


def test_a_file_that_x_drops_soon_goes_up_anew(canned: CannedServer, worker: Any) -> None:
    serve(canned)
    stage(worker, GIF)
    worker.now += timedelta(hours=23, minutes=49)
    stage(worker, GIF)
    assert canned.names().count("initialize") == 1
    worker.now += timedelta(minutes=2)
    stage(worker, GIF)
    assert canned.names().count("initialize") == 2


def test_an_upload_that_x_has_forgotten_begins_anew(canned: CannedServer, worker: Any) -> None:
    serve(canned)
    worker.records_left = 2
    with pytest.raises(worker.killed):
        stage(worker, VIDEO)
    worker.records_left = None
    canned.answer("append", {"detail": "unknown media"}, status=404)
    with pytest.raises(Rejected):
        stage(worker, VIDEO)
    assert canned.names().count("initialize") == 2


def test_a_finalize_that_died_before_its_record_is_asked_about(
    canned: CannedServer, worker: Any
) -> None:
    serve(canned)
    worker.records_left = 4
    with pytest.raises(worker.killed):
        stage(worker, VIDEO)
    worker.records_left = None
    canned.answer("finalize", {"detail": "already finalized"}, status=400)
    assert stage(worker, VIDEO) == ["71"]
    last = canned.received[-1]
    assert (last.method, last.query) == ("GET", "command=STATUS&media_id=71")


def test_a_file_that_cannot_be_processed_is_told_and_not_sent_again(
    canned: CannedServer, worker: Any
) -> None:
    serve(canned, state="pending")
    failed = told("71", "failed")
    failed["data"]["processing_info"]["error"] = {"message": "unsupported codec"}
    canned.answer("upload", failed)
    for _ in range(2):
        with pytest.raises(Rejected, match="unsupported codec") as raised:
            stage(worker, VIDEO)
        assert raised.value.code == "media-processing-failed"
    assert canned.names().count("initialize") == 1


def test_a_file_that_x_still_processes_frees_the_worker_and_is_kept(
    canned: CannedServer, worker: Any
) -> None:
    serve(canned, state="pending")
    canned.answer("upload", told("71", "in_progress"))
    for _ in range(2):
        with pytest.raises(NotReady, match="processing the file") as raised:
            stage(worker, VIDEO)
        assert raised.value.check_after == 0.01
    assert len([request for request in canned.received if request.method == "GET"]) == 2
    canned.answer("upload", told("71", "succeeded"))
    assert stage(worker, VIDEO) == ["71"]
    assert canned.names().count("finalize") == 1


@pytest.mark.parametrize("name", ["initialize", "append", "finalize", "upload"])
def test_a_lost_answer_of_an_upload_is_a_passing_fault(
    canned: CannedServer, worker: Any, name: str
) -> None:
    serve(canned, state="pending")
    canned.answer(name, cut=True)
    with pytest.raises(Unavailable):
        stage(worker, VIDEO)
