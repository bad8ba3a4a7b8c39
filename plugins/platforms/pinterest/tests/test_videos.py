"""Uploads of videos, and what a successor does with one that was begun."""

from __future__ import annotations

from typing import Any

import pytest

from mpcas2_hookspecs import Media, NotReady, Part, Rejected, Unavailable
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_testing import CannedServer

FILM = Media(id="v", kind="video", mime_type="video/mp4", size=9)
PART = Part(index=0, text="", media=(FILM,), options=PinterestOptions(board_id="5"))
FIELDS = {"key": "uploads/1", "policy": "signed-secret", "Content-Type": "multipart/form-data"}


def stage(worker: Any) -> Any:
    worker.media = {"v": b"film film"}
    return worker.run(lambda platform, ctx: platform.stage(PART, ctx))


def serve(canned: CannedServer, status: str) -> None:
    registered = {
        "media_id": "71",
        "media_type": "video",
        "upload_url": f"{canned.url}/host/upload",
        "upload_parameters": FIELDS,
    }
    canned.answer("media", registered, status=201)
    canned.answer("upload", b"", status=204)
    canned.answer("71", {"media_id": "71", "media_type": "video", "status": status})


def test_a_video_goes_up_as_a_form_with_the_file_last(worker: Any, canned: CannedServer) -> None:
    serve(canned, "succeeded")
    assert stage(worker).data["mediaId"] == "71"
    assert canned.names() == ["media", "upload", "71"]
    sent = canned.received[1]
    assert "authorization" not in sent.headers
    assert "transfer-encoding" not in sent.headers
    places = [sent.body.index(f'name="{name}"'.encode()) for name in (*FIELDS, "file")]
    assert places == sorted(places)
    assert b"film film" in sent.body
    assert "signed-secret" not in str(worker.journal)


@pytest.mark.parametrize("status", ["registered", "processing"])
def test_what_is_processed_is_waited_for_and_not_sent_again(
    worker: Any, canned: CannedServer, status: str
) -> None:
    serve(canned, status)
    for _ in range(2):
        with pytest.raises(NotReady):
            stage(worker)
    serve(canned, "succeeded")
    stage(worker)
    assert canned.names() == ["media", "upload", "71", "71", "71"]


def test_what_failed_is_refused_and_sent_anew_on_retry(worker: Any, canned: CannedServer) -> None:
    serve(canned, "failed")
    with pytest.raises(Rejected) as raised:
        stage(worker)
    assert raised.value.code == "failed"
    assert "Convert" in raised.value.message
    serve(canned, "succeeded")
    stage(worker)
    assert canned.names().count("upload") == 2


STANDING = [("registered", 1), ("processing", 0), ("succeeded", 0)]


@pytest.mark.parametrize(("status", "uploads"), STANDING)
def test_a_successor_asks_whether_the_file_arrived(
    worker: Any, canned: CannedServer, status: str, uploads: int
) -> None:
    worker.journal["video"] = {"mediaId": "70", "sent": False}
    serve(canned, "succeeded")
    canned.answer("70", {"media_id": "70", "media_type": "video", "status": status})
    if status == "processing":
        with pytest.raises(NotReady):
            stage(worker)
    else:
        stage(worker)
    assert canned.names().count("upload") == uploads


def test_an_upload_that_pinterest_forgot_is_made_anew(worker: Any, canned: CannedServer) -> None:
    worker.journal["video"] = {"mediaId": "70", "sent": True}
    serve(canned, "succeeded")
    canned.answer("70", {"code": 404, "message": "Media not found."}, status=404)
    assert stage(worker).data["mediaId"] == "71"


def test_an_upload_that_breaks_off_is_tried_again(worker: Any, canned: CannedServer) -> None:
    serve(canned, "registered")
    canned.answer("upload", b"<Error><Code>AccessDenied</Code></Error>", status=403)
    with pytest.raises(Unavailable):
        stage(worker)
    serve(canned, "succeeded")
    canned.answer("71", {"media_id": "71", "media_type": "video", "status": "registered"})
    with pytest.raises(NotReady):
        stage(worker)
    assert canned.names().count("upload") == 2
