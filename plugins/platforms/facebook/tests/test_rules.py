from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Media, Part
from mpcas2_platform_facebook.options import FacebookOptions
from mpcas2_platform_facebook.rules import marks, part_problems

PICTURE = Media(id="p", kind="image", mime_type="image/png", size=1)


def video(**more: Any) -> Media:
    told = {"width": 1080, "height": 1920, "duration": 5.0} | more
    return Media(id="v", kind="video", mime_type="video/mp4", size=1, **told)


def part(*media: Media, text: str = "Words", title: str = "", **options: Any) -> Part:
    chosen = FacebookOptions(**options)
    return Part(index=0, text=text, title=title, media=media, options=chosen)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (part(text=""), "text"),
        (part(title="t" * 256), "title"),
        (part(PICTURE, link="https://example.com"), "options.link"),
        (part(link="https://m.facebook.com/x"), "options.link"),
        (part(link="https://fb.watch/x"), "options.link"),
        (part(video(), ai_generated=True), "options.aiGenerated"),
        (part(placement="reel"), "media"),
        (part(PICTURE, placement="reel"), "media"),
        (part(PICTURE, PICTURE, placement="story"), "media"),
        (part(placement="story"), "media"),
        (part(video(duration=2.0), placement="reel"), "media"),
        (part(video(duration=91.0), placement="reel"), "media"),
        (part(video(duration=61.0), placement="story"), "media"),
        (part(video(width=1920, height=1080), placement="reel"), "media"),
        (part(video(width=360, height=640), placement="story"), "media"),
    ],
)
def test_what_facebook_refuses_is_a_problem(given: Part, field: str) -> None:
    assert [one.field for one in part_problems(given)] == [field]


@pytest.mark.parametrize(
    "given",
    [
        part(),
        part(text="", link="https://notfacebook.com"),
        part(PICTURE, PICTURE, text=""),
        part(video(width=640, height=360, duration=600.0), title="A film"),
        part(video(), placement="reel", ai_generated=True),
        part(video(duration=90.0, width=None, height=None), placement="reel"),
        part(PICTURE, placement="story"),
        part(video(duration=60.0), placement="story"),
        Part(index=1, role="comment", text="First"),
    ],
)
def test_what_facebook_takes_is_none(given: Part) -> None:
    assert not list(part_problems(given))


def test_links_and_hashtags_are_marked_and_names_are_not() -> None:
    text = "🙂 https://example.com/#a?b=1, @ada, #news and #1 or a#b."
    told = [(one.kind, text[one.start : one.end]) for one in marks(text)]
    assert told == [("link", "https://example.com/#a?b=1"), ("hashtag", "#news")]


@pytest.mark.parametrize(
    "given", [{"placement": "wall"}, {"link": "ftp://x"}, {"unknown": 1}, {"aiGenerated": "yes"}]
)
def test_options_are_closed(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, FacebookOptions)
