"""What is sent to make a Pin, and how it is known again."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import CannotTell, Found, Media, Part, Published, Rejected, Staged
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MB = 1_000_000
OPTIONS = PinterestOptions(
    board_id="5", board_section_id="6", link="https://example.com/a", dominant_color="#102030"
)


def picture(worker: Any, name: str, size: int = 10, **changes: Any) -> Media:
    worker.media[name] = bytes(number % 251 for number in range(min(size, MB)))
    return Media(id=name, kind="image", mime_type="image/png", size=size, **changes)


def staged(worker: Any, **changes: Any) -> Staged:
    given = {"text": "Hello  there", "title": "Sea", "options": OPTIONS, **changes}
    part = Part(index=0, **given)
    made: Staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    return made


def publish(worker: Any, canned: CannedServer, value: Staged) -> dict[str, Any]:
    canned.answer("pins", {"id": "99"}, status=201)
    post = worker.run(lambda platform, ctx: platform.publish(value, ctx))
    assert (post.id, post.url) == ("99", "https://pins.example/pin/99/")
    request = canned.received[-1]
    assert (request.method, request.path) == ("POST", "/below/v5/pins")
    assert "transfer-encoding" not in request.headers
    body: dict[str, Any] = json.loads(request.body)
    return body


@pytest.mark.parametrize("size", [1, 2, 3, 4, 300_001])
def test_a_picture_travels_whole_inside_the_request(
    worker: Any, canned: CannedServer, size: int
) -> None:
    value = staged(worker, media=(picture(worker, "p", size, alt_text="Waves"),))
    assert canned.received == []
    body = publish(worker, canned, value)
    source = body.pop("media_source")
    assert b64decode(source.pop("data"), validate=True) == worker.media["p"]
    assert source == {"source_type": "image_base64", "content_type": "image/png"}
    assert body == {
        "board_id": "5",
        "board_section_id": "6",
        "title": "Sea",
        "description": "Hello  there",
        "link": "https://example.com/a",
        "alt_text": "Waves",
        "dominant_color": "#102030",
    }


def test_what_is_empty_is_left_out(worker: Any, canned: CannedServer) -> None:
    value = staged(
        worker,
        text="",
        title="",
        media=(picture(worker, "p"),),
        options=PinterestOptions(board_id="5"),
    )
    assert publish(worker, canned, value).keys() == {"board_id", "media_source"}


def test_several_pictures_are_a_carousel_in_order(worker: Any, canned: CannedServer) -> None:
    files = tuple(picture(worker, name, size, alt_text="A") for name, size in (("p", 4), ("q", 7)))
    body = publish(worker, canned, staged(worker, media=files))
    assert body["media_source"]["source_type"] == "multiple_image_base64"
    items = body["media_source"]["items"]
    assert [b64decode(one["data"]) for one in items] == [worker.media["p"], worker.media["q"]]
    assert body["alt_text"] == "A"


@pytest.mark.parametrize(("count", "kind"), [(1, "image_url"), (2, "multiple_image_urls")])
def test_large_pictures_are_fetched_by_pinterest(
    worker: Any, canned: CannedServer, count: int, kind: str
) -> None:
    files = tuple(picture(worker, f"p{number}", 10 * MB + 1) for number in range(count))
    value = staged(worker, media=files)
    source = publish(worker, canned, value)["media_source"]
    assert source["source_type"] == kind
    urls = [one["url"] for one in source.get("items", [source])]
    assert len(set(urls)) == count
    assert not any(url in json.dumps(value.data) for url in urls)


COVERS: list[tuple[bool, int | None, dict[str, Any]]] = [
    (False, None, {"cover_image_key_frame_time": 1}),
    (False, 0, {"cover_image_key_frame_time": 0}),
    (True, 7, {"cover_image_key_frame_time": 7}),
    (True, None, {"cover_image_content_type": "image/png", "cover_image_data": "AAECAw=="}),
]


@pytest.mark.parametrize(("thumbnail", "second", "cover"), COVERS)
def test_a_video_has_a_cover(
    worker: Any, canned: CannedServer, thumbnail: bool, second: int | None, cover: dict[str, Any]
) -> None:
    worker.journal["video"] = {"mediaId": "71", "sent": True}
    canned.answer("71", {"media_id": "71", "media_type": "video", "status": "succeeded"})
    film = Media(id="v", kind="video", mime_type="video/mp4", size=9)
    value = staged(
        worker,
        media=(film,),
        thumbnail=picture(worker, "t", 4) if thumbnail else None,
        options=PinterestOptions(board_id="5", cover_key_frame_time=second),
    )
    source = publish(worker, canned, value)["media_source"]
    assert source == {"source_type": "video_id", "media_id": "71", **cover}


def listed(**changes: Any) -> dict[str, Any]:
    return {
        "id": "99",
        "created_at": (NOW + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S"),
        "title": "Sea",
        "description": "Hello there ",
        "link": "https://example.com/a/",
        "board_section_id": "6",
        **changes,
    }


def find(worker: Any, canned: CannedServer, *pins: dict[str, Any]) -> Any:
    value = staged(worker, media=(picture(worker, "p"),))
    canned.answer("pins", {"items": list(pins), "bookmark": None})
    return worker.run(lambda platform, ctx: platform.find(value, ctx))


def test_a_pin_with_the_same_words_is_found(worker: Any, canned: CannedServer) -> None:
    found = find(worker, canned, listed(id="100", title="Land"), listed())
    assert found == Found(post=Published(id="99", url="https://pins.example/pin/99/"))
    assert canned.received[-1].path == "/below/v5/boards/5/pins"


OTHERS: list[dict[str, Any]] = [
    {"title": "Land"},
    {"title": None},
    {"description": "Hello where"},
    {"link": "https://example.com/b"},
    {"link": None},
    {"board_section_id": None},
    {"created_at": (NOW - timedelta(minutes=1)).isoformat()},
    {"created_at": None},
    {"created_at": "yesterday"},
]


@pytest.mark.parametrize("other", OTHERS)
def test_another_pin_is_not_taken_for_ours(
    worker: Any, canned: CannedServer, other: dict[str, Any]
) -> None:
    said = find(worker, canned, listed(**other))
    assert isinstance(said, CannotTell)
    assert "Sea" in said.reason
    assert said.ask_again_after


def test_of_two_alike_none_is_chosen(worker: Any, canned: CannedServer) -> None:
    said = find(worker, canned, listed(), listed(id="98"))
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is None


def test_a_board_that_is_gone_proves_nothing(worker: Any, canned: CannedServer) -> None:
    value = staged(worker, media=(picture(worker, "p"),))
    canned.answer("pins", {"code": 404, "message": "Board not found."}, status=404)
    said = worker.run(lambda platform, ctx: platform.find(value, ctx))
    assert isinstance(said, CannotTell)


def test_a_file_that_is_gone_breaks_the_request_off(worker: Any, canned: CannedServer) -> None:
    value = staged(worker, media=(picture(worker, "p", 300_001),))
    worker.media.clear()
    canned.answer("pins", {"id": "99"}, status=201)
    with pytest.raises(Rejected):
        worker.run(lambda platform, ctx: platform.publish(value, ctx))
