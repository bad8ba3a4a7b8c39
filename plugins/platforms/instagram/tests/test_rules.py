from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part
from mpcas2_platform_instagram.adapter import InstagramPlatform
from mpcas2_platform_instagram.options import InstagramOptions, UserTag
from mpcas2_platform_instagram.orders import child_orders, parent_order
from mpcas2_platform_instagram.rules import kind_of

from .conftest import settings_of

ACCOUNT = Account(id="a", platform="instagram", platform_account_id="7", username="ada")
PICTURE = Media(
    id="p", kind="image", mime_type="image/jpeg", size=9, width=1080, height=1080, alt_text="Dots"
)
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=9_000_000, duration=30.0)
LONG = msgspec.structs.replace(VIDEO, id="l", duration=61.0)
TALL = msgspec.structs.replace(PICTURE, id="t", width=1080, height=1920)


def part(*media: Media, text: str = "Hello", cover: Media | None = None, **options: Any) -> Part:
    chosen = msgspec.convert(options, InstagramOptions) if options else None
    return Part(index=0, text=text, media=media, options=chosen, thumbnail=cover)


def fields(*parts: Part) -> list[str]:
    platform = InstagramPlatform(settings_of("http://127.0.0.1:9"))
    return [one.field for one in platform.check_post(parts, ACCOUNT)]


KINDS: list[tuple[Part, str]] = [
    (part(PICTURE), "picture"),
    (part(VIDEO), "reel"),
    (part(VIDEO, placement="feed"), "reel"),
    (part(PICTURE, VIDEO), "carousel"),
    (part(PICTURE, placement="story"), "story"),
    (part(VIDEO, placement="story"), "story"),
]


@pytest.mark.parametrize(("post", "kind"), KINDS)
def test_the_media_choose_the_kind(post: Part, kind: str) -> None:
    assert kind_of(post) == kind
    assert not fields(post)


PROBLEMS: list[tuple[Part, list[str]]] = [
    (part(), ["media"]),
    (part(*[PICTURE] * 11), ["media"]),
    (part(*[PICTURE] * 10), []),
    (part(PICTURE, PICTURE, placement="story"), ["media"]),
    (part(PICTURE, placement="reel"), ["options.placement"]),
    (part(TALL), ["media"]),
    (part(TALL, TALL), ["media"]),
    (part(TALL, placement="story"), []),
    (part(msgspec.structs.replace(PICTURE, height=1350)), []),
    (part(msgspec.structs.replace(PICTURE, height=566)), []),
    (part(msgspec.structs.replace(PICTURE, height=540)), ["media"]),
    (part(LONG), []),
    (part(LONG, PICTURE), ["media"]),
    (part(LONG, placement="story"), ["media"]),
    (part(msgspec.structs.replace(VIDEO, size=100_000_001), placement="story"), ["media"]),
    (part(PICTURE, shareToFeed=False), ["options.shareToFeed"]),
    (part(PICTURE, thumbOffset=1.0), ["options.thumbOffset"]),
    (part(PICTURE, audioName="x"), ["options.audioName"]),
    (part(PICTURE, trial="manual"), ["options.trial"]),
    (part(PICTURE, cover=PICTURE), ["thumbnail"]),
    (part(VIDEO, cover=PICTURE), []),
    (part(VIDEO, cover=PICTURE, thumbOffset=1.0), ["options.thumbOffset"]),
    (part(VIDEO, thumbOffset=31.0), ["options.thumbOffset"]),
    (part(PICTURE, placement="story", collaborators=["bob"]), ["options.collaborators"]),
    (part(PICTURE, placement="story", locationId="1"), ["options.locationId"]),
    (part(PICTURE, userTags=[{"username": "bob"}]), ["options.userTags"]),
    (part(PICTURE, userTags=[{"username": "bob", "x": 0, "y": 1}]), []),
    (
        part(PICTURE, userTags=[{"username": "bob", "x": 0, "y": 1, "item": 1}]),
        ["options.userTags"],
    ),
    (part(VIDEO, userTags=[{"username": "bob"}]), []),
    (part(VIDEO, userTags=[{"username": "bob", "x": 0, "y": 1}]), ["options.userTags"]),
    (part(PICTURE, text="#a " * 30), []),
    (part(PICTURE, text="#a " * 31), ["text"]),
    (part(PICTURE, text="@a " * 20), []),
    (part(PICTURE, text="@a " * 21), ["text"]),
]


@pytest.mark.parametrize(("post", "expected"), PROBLEMS)
def test_each_rule_names_its_field(post: Part, expected: list[str]) -> None:
    assert fields(post) == expected


def test_a_story_takes_no_first_comment() -> None:
    comment = Part(index=1, role="comment", text="First")
    assert fields(part(PICTURE), comment) == []
    assert fields(part(PICTURE, placement="story"), comment) == ["text"]


@pytest.mark.parametrize(
    "options",
    [
        {"placement": "page"},
        {"collaborators": ["a", "b", "c", "d"]},
        {"collaborators": ["@bob"]},
        {"locationId": "Berlin"},
        {"thumbOffset": -1},
        {"unknown": 1},
    ],
)
def test_options_refuse_what_instagram_does_not_have(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, InstagramOptions)


def test_a_picture_is_ordered_by_address() -> None:
    tags = (UserTag(username="bob", x=0.5, y=1.0),)
    order = parent_order(
        part(PICTURE, collaborators=["bob"], locationId="5", aiGenerated=True, userTags=tags), []
    )
    assert order.fields == {
        "caption": "Hello",
        "alt_text": "Dots",
        "collaborators": '["bob"]',
        "location_id": "5",
        "is_ai_generated": "true",
        "user_tags": '[{"username":"bob","x":0.5,"y":1.0}]',
    }
    assert order.addresses == {"image_url": PICTURE}
    assert order.video is None


def test_a_reel_is_ordered_with_its_bytes() -> None:
    order = parent_order(
        part(VIDEO, thumbOffset=1.5, audioName="Mine", trial="performance", shareToFeed=False), []
    )
    assert order.fields == {
        "caption": "Hello",
        "media_type": "REELS",
        "upload_type": "resumable",
        "share_to_feed": "false",
        "thumb_offset": "1500",
        "audio_name": "Mine",
        "trial_params": '{"graduation_strategy":"SS_PERFORMANCE"}',
    }
    assert order.video == VIDEO
    assert parent_order(part(VIDEO, cover=PICTURE), []).addresses == {"cover_url": PICTURE}


def test_a_carousel_is_ordered_child_by_child() -> None:
    post = part(PICTURE, VIDEO)
    first, second = child_orders(post)
    assert first.fields == {"is_carousel_item": "true", "alt_text": "Dots"}
    assert second.fields == {
        "is_carousel_item": "true",
        "media_type": "VIDEO",
        "upload_type": "resumable",
    }
    order = parent_order(post, ["1", "2"])
    assert order.fields == {"caption": "Hello", "media_type": "CAROUSEL", "children": "1,2"}


def test_a_story_has_no_words() -> None:
    order = parent_order(part(PICTURE, placement="story"), [])
    assert order.fields == {"media_type": "STORIES"}


CHANGES: list[Callable[[Part], Part]] = [
    lambda post: msgspec.structs.replace(post, text="Other"),
    lambda post: msgspec.structs.replace(post, media=(TALL,)),
    lambda post: msgspec.structs.replace(post, options=InstagramOptions(ai_generated=True)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_post_is_another_order(change: Callable[[Part], Part]) -> None:
    post = part(PICTURE)
    assert parent_order(post, []).digest == parent_order(part(PICTURE), []).digest
    assert parent_order(change(post), []).digest != parent_order(post, []).digest


MARKS: list[tuple[str, list[tuple[str, str]]]] = [
    ("#news and @Ada.b, yes", [("#news", "hashtag"), ("@Ada.b", "mention")]),
    ("@ada.", [("@ada", "mention")]),
    ("ada@example.com", []),
    ("https://example.com/#top", []),
    ("#\u65e5\u672c #a_1", [("#\u65e5\u672c", "hashtag"), ("#a_1", "hashtag")]),
    ("a#b # @", []),
]


@pytest.mark.parametrize(("text", "expected"), MARKS)
def test_hashtags_and_mentions_are_marked(text: str, expected: list[tuple[str, str]]) -> None:
    platform = InstagramPlatform(settings_of("https://www.instagram.com"))
    found = platform.text_marks(text)
    assert [(text[one.start : one.end], one.kind) for one in found] == expected
