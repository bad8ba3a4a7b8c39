from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    Media,
    NotReady,
    Part,
    Published,
    Rejected,
    Staged,
    StillDeciding,
    Unavailable,
)
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PICTURE = Media(id="p", kind="image", mime_type="image/png", size=3, alt_text="Sea")
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=3)


@pytest.fixture
def network(canned: CannedServer) -> CannedServer:
    config = {"quota_total": 250, "quota_duration": 86400}
    limits = {
        "quota_usage": 3,
        "config": config,
        "reply_quota_usage": 999,
        "reply_config": config | {"quota_total": 1000},
    }
    canned.answer("threads_publishing_limit", {"data": [limits]})
    canned.answer("threads", {"id": "71"})
    canned.answer("71", {"status": "FINISHED"})
    return canned


def stage(worker: Any, part: Part) -> Staged:
    worker.media = {"p": b"png", "v": b"mp4"}
    made: Staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    return made


def forms(network: CannedServer) -> list[dict[str, str]]:
    return [
        {name: values[0] for name, values in parse_qs(one.body.decode()).items()}
        for one in network.received
        if one.method == "POST"
    ]


def test_a_text_has_a_container_and_is_never_published_by_making_it(
    worker: Any, network: CannedServer
) -> None:
    staged = stage(worker, Part(index=0, text="Hello"))
    assert forms(network) == [{"text": "Hello", "media_type": "TEXT"}]
    assert staged.data["container"] == "71"
    assert [(one.name, one.remaining) for one in worker.readings] == [
        ("posts", 247),
        ("replies", 1),
    ]


def test_a_carousel_has_a_container_for_each_file(worker: Any, network: CannedServer) -> None:
    stage(worker, Part(index=0, text="Two", media=(PICTURE, VIDEO)))
    first, second, whole = forms(network)
    assert (first["media_type"], first["alt_text"], first["is_carousel_item"]) == (
        "IMAGE",
        "Sea",
        "true",
    )
    assert "image_url" in first
    assert "video_url" in second
    assert whole == {"text": "Two", "media_type": "CAROUSEL", "children": "71,71"}


def test_a_second_run_makes_nothing_anew(worker: Any, network: CannedServer) -> None:
    part = Part(index=0, text="One", media=(PICTURE,))
    first = stage(worker, part)
    assert stage(worker, part) == first
    assert len(forms(network)) == 1


def test_a_container_in_progress_frees_the_worker(worker: Any, network: CannedServer) -> None:
    network.answer("71", {"status": "IN_PROGRESS"})
    with pytest.raises(NotReady) as waits:
        stage(worker, Part(index=0, text="", media=(VIDEO,)))
    assert waits.value.check_after < 15
    worker.now = NOW + timedelta(minutes=1)
    with pytest.raises(NotReady) as waits:
        stage(worker, Part(index=0, text="", media=(VIDEO,)))
    assert waits.value.check_after == 15
    assert len(forms(network)) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": "EXPIRED"}, Unavailable),
        ({"status": "ERROR", "error_message": "FAILED_DOWNLOADING_VIDEO"}, Unavailable),
        ({"status": "ERROR", "error_message": "INVALID_DURATION"}, Rejected),
    ],
)
def test_a_container_that_failed_is_made_anew(
    worker: Any, network: CannedServer, answer: dict[str, str], error: type[Exception]
) -> None:
    network.answer("71", answer)
    with pytest.raises(error):
        stage(worker, Part(index=0, text="", media=(VIDEO,)))
    network.answer("71", {"status": "FINISHED"})
    stage(worker, Part(index=0, text="", media=(VIDEO,)))
    assert len(forms(network)) == 2


def test_a_container_that_is_a_day_old_is_made_anew(worker: Any, network: CannedServer) -> None:
    part = Part(index=0, text="", media=(VIDEO,))
    stage(worker, part)
    worker.now = NOW + timedelta(hours=23, minutes=1)
    stage(worker, part)
    assert len(forms(network)) == 2


FIND = [("FINISHED", Absent), ("EXPIRED", Absent), ("IN_PROGRESS", Absent), ("PUBLISHED", Accepted)]


@pytest.mark.parametrize(("status", "kind"), FIND)
def test_the_container_tells_whether_it_was_published(
    worker: Any, network: CannedServer, status: str, kind: type
) -> None:
    staged = stage(worker, Part(index=0, text="Hello"))
    network.answer("71", {"status": status})
    assert isinstance(worker.run(lambda platform, ctx: platform.find(staged, ctx)), kind)


def test_a_published_container_is_known_once_it_is_listed(
    worker: Any, network: CannedServer
) -> None:
    staged = stage(worker, Part(index=0, text="Hello"))
    network.answer("71", {"status": "PUBLISHED"})
    found = worker.run(lambda platform, ctx: platform.find(staged, ctx))

    def poll() -> Any:
        return worker.run(lambda platform, ctx: platform.poll(found.handle, ctx))

    network.answer("threads", {"data": [{"id": "1", "text": "Other", "timestamp": ""}]})
    assert isinstance(poll(), StillDeciding)
    listed = {
        "id": "99",
        "text": "Hello",
        "timestamp": "2026-11-23T12:00:01+0000",
        "permalink": "https://www.threads.net/@ada/post/x",
    }
    older = {**listed, "id": "50", "timestamp": "2026-11-23T11:00:00+0000"}
    network.answer("threads", {"data": [listed, older]})
    assert poll() == Published(id="99", url=listed["permalink"])


def test_a_post_that_is_too_early_is_tried_again(worker: Any, network: CannedServer) -> None:
    staged = stage(worker, Part(index=0, text="Hello"))
    body = {"error": {"message": "The requested resource does not exist", "code": 24}}
    network.answer("threads_publish", body, status=400)
    with pytest.raises(Unavailable):
        worker.run(lambda platform, ctx: platform.publish(staged, ctx))


def test_a_post_that_was_taken_down_at_once_says_so(worker: Any, network: CannedServer) -> None:
    body = {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}
    network.answer("5", body, status=400)
    with pytest.raises(Rejected, match="took it down"):
        worker.run(lambda platform, ctx: platform.poll({"postId": "5"}, ctx))
