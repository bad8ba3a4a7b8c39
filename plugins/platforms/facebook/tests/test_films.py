"""What a film's status means, told by canned answers: the practice network does not stop halfway."""

from __future__ import annotations

from typing import Any

import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    CannotTell,
    Published,
    Rejected,
    Staged,
    StillDeciding,
    Unavailable,
)
from mpcas2_testing import CannedServer

HANDLE = {"kind": "reel", "film": "7"}
STAGED = Staged(
    data={
        "kind": "reel",
        "path": "1/video_reels",
        "form": {"upload_phase": "finish", "video_id": "7"},
        "since": "2026-11-23T12:00:00Z",
        "film": "7",
    }
)


def told(processing: str = "complete", publishing: str = "complete", **more: Any) -> dict[str, Any]:
    status = {
        "video_status": "processing",
        "uploading_phase": {"status": "complete"},
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": publishing},
    }
    return {"id": "7", "status": status, **more}


GONE = {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}}
FAILED = {
    "id": "7",
    "status": {
        "video_status": "error",
        "processing_phase": {"status": "error", "errors": [{"code": 1363128, "message": "Flat"}]},
    },
}


@pytest.mark.parametrize(
    ("body", "status", "result"),
    [
        (told(), 200, Accepted),
        (FAILED, 200, Accepted),
        (told("not_started", "not_started"), 200, Absent),
        (told("in_progress", "not_started"), 200, CannotTell),
        (told("complete", "in_progress"), 200, CannotTell),
        (GONE, 400, CannotTell),
    ],
)
def test_find_reads_the_status(
    canned_worker: Any, canned: CannedServer, body: Any, status: int, result: type
) -> None:
    canned.answer("7", body, status=status)
    assert isinstance(canned_worker.find(STAGED), result)


@pytest.mark.parametrize(
    ("body", "post", "path"),
    [
        (told(post_id="1_2", permalink_url="/reel/7/"), "1_2", "/reel/7/"),
        (told(permalink_url="/reel/7/"), "7", "/reel/7/"),
        (told(post_id="1_2"), "1_2", None),
    ],
)
def test_poll_tells_where_a_film_is(
    canned_worker: Any, canned: CannedServer, body: Any, post: str, path: str | None
) -> None:
    canned.answer("7", body)
    said = canned_worker.poll(HANDLE)
    assert isinstance(said, Published)
    assert said.id == post
    assert said.url == (None if path is None else canned.url + path)
    assert said.data == {"kind": "reel", "film": "7"}


@pytest.mark.parametrize("body", [told("in_progress", "not_started"), told()])
def test_poll_waits_for_processing_and_for_the_address(
    canned_worker: Any, canned: CannedServer, body: Any
) -> None:
    canned.answer("7", body)
    said = canned_worker.poll(HANDLE)
    assert isinstance(said, StillDeciding)
    assert said.note


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [(FAILED, 200, "1363128", "Flat"), (GONE, 400, "100/33", "took it down")],
)
def test_poll_tells_why_a_film_is_not_public(
    canned_worker: Any, canned: CannedServer, body: Any, status: int, code: str, words: str
) -> None:
    canned.answer("7", body, status=status)
    with pytest.raises(Rejected, match=words) as raised:
        canned_worker.poll(HANDLE)
    assert raised.value.code == code


def test_a_finish_before_the_bytes_came_is_tried_again(
    canned_worker: Any, canned: CannedServer
) -> None:
    error = {"code": 6000, "error_subcode": 1363019, "message": "Not uploaded"}
    canned.answer("video_reels", {"error": error}, status=400)
    with pytest.raises(Unavailable, match="not got all of the film"):
        canned_worker.publish(STAGED)
