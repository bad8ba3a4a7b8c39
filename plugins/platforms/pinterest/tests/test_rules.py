from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Media, Part
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_platform_pinterest.rules import LIMITS, alt_text_of

FILM = Media(id="v", kind="video", mime_type="video/mp4", size=9)


def picture(name: str = "p", **changes: Any) -> Media:
    return Media(id=name, kind="image", mime_type="image/png", size=9, **changes)


def fields(worker: Any, *media: Media, **options: Any) -> list[str]:
    part = Part(
        index=0, text="", media=media, options=PinterestOptions(**{"board_id": "5", **options})
    )
    found = worker.platform.check_post([part], worker.account)
    assert all(problem.message.endswith(".") for problem in found)
    return [problem.field for problem in found]


GOOD: list[tuple[tuple[Media, ...], dict[str, Any]]] = [
    ((picture(),), {}),
    ((picture(), picture("q", width=4, height=3), picture("r", width=4, height=3)), {}),
    ((picture(alt_text="a" * 250), picture("q", alt_text="b" * 249)), {}),
    ((FILM,), {"cover_key_frame_time": 3}),
]


@pytest.mark.parametrize(("media", "options"), GOOD)
def test_what_pinterest_takes_has_no_problem(
    worker: Any, media: tuple[Media, ...], options: dict[str, Any]
) -> None:
    assert fields(worker, *media, **options) == []


BAD: list[tuple[tuple[Media, ...], dict[str, Any], str]] = [
    ((picture(),), {"board_id": None}, "options.boardId"),
    ((picture(),), {"cover_key_frame_time": 3}, "options.coverKeyFrameTime"),
    ((picture(width=4, height=3), picture("q", width=3, height=4)), {}, "media"),
    ((picture(alt_text="a" * 250), picture("q", alt_text="b" * 250)), {}, "media"),
]


@pytest.mark.parametrize(("media", "options", "field"), BAD)
def test_what_pinterest_refuses_is_named_by_its_field(
    worker: Any, media: tuple[Media, ...], options: dict[str, Any], field: str
) -> None:
    assert fields(worker, *media, **options) == [field]


OPTIONS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"boardId": "549755885175"}, True),
    ({"boardId": "my-board"}, False),
    ({"boardSectionId": ""}, False),
    ({"link": "https://example.com/" + "a" * 2_028}, True),
    ({"link": "https://example.com/" + "a" * 2_029}, False),
    ({"link": "example.com"}, False),
    ({"dominantColor": "#6E7874"}, True),
    ({"dominantColor": "red"}, False),
    ({"coverKeyFrameTime": -1}, False),
    ({"altText": "x"}, False),
]


@pytest.mark.parametrize(("value", "fits"), OPTIONS)
def test_options_are_checked(value: dict[str, Any], fits: bool) -> None:
    if fits:
        msgspec.convert(value, PinterestOptions)
        return
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, PinterestOptions)


def test_a_pin_has_one_alternative_text() -> None:
    files = [picture(str(number), alt_text=text) for number, text in enumerate(["A", "", "B", "A"])]
    assert alt_text_of(Part(index=0, text="", media=tuple(files))) == "A\nB"


def test_limits_have_no_threads_and_no_comments() -> None:
    assert LIMITS.requires_media
    assert not LIMITS.mixes_media
    assert LIMITS.max_parts == 1
    assert LIMITS.comment is None
