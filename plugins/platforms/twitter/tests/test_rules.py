from __future__ import annotations

import pytest

from mpcas2_hookspecs import Account, Media, MediaKind, Part
from mpcas2_platform_twitter.adapter import XPlatform
from mpcas2_platform_twitter.bodies import post_body
from mpcas2_platform_twitter.options import PollOptions, XOptions
from mpcas2_platform_twitter.rules import limits_of, part_problems

POLL = PollOptions(options=("Yes", "No"))


def file(
    mime_type: str, size: int = 9, width: int | None = None, height: int | None = None
) -> Media:
    kind: MediaKind = "video" if mime_type.startswith("video/") else "image"
    return Media(id="m", kind=kind, mime_type=mime_type, size=size, width=width, height=height)


PNG = file("image/png")
GIF = file("image/gif")

TABLE: list[tuple[Part, list[str]]] = [
    (Part(index=0, text="Hello"), []),
    (Part(index=0, text=" "), ["text"]),
    (Part(index=0, text="", media=(PNG,)), []),
    (Part(index=0, text="$TWTR up"), []),
    (Part(index=0, text="$TWTR and $x.y, both"), ["text"]),
    (Part(index=0, text="$5 and $10 and a$b $cash$tag"), []),
    (Part(index=0, text="?", options=XOptions(poll=POLL)), []),
    (Part(index=0, text="?", media=(PNG,), options=XOptions(poll=POLL)), ["options.poll"]),
    (Part(index=0, text="?", options=XOptions(poll=POLL, quote_post_id="1")), ["options.poll"]),
    (Part(index=0, text="", options=XOptions(poll=POLL)), ["text", "text"]),
    (Part(index=1, text="!", media=(PNG,), options=XOptions(poll=POLL)), []),
    (Part(index=0, text="", media=(GIF,)), []),
    (Part(index=0, text="", media=(GIF, PNG)), ["media"]),
    (Part(index=0, text="", media=(GIF, GIF)), ["media"]),
    (Part(index=0, text="", media=(PNG,) * 4), []),
    (Part(index=0, text="", media=(file("image/png", 5_000_001),)), ["media"]),
    (Part(index=0, text="", media=(file("image/gif", 15_000_000, 1280, 1080),)), []),
    (Part(index=0, text="", media=(file("image/gif", 9, 1281, 10),)), ["media"]),
    (Part(index=0, text="", media=(file("video/mp4", 9, 1920, 1080),)), []),
    (Part(index=0, text="", media=(file("video/mp4", 9, 31, 64),)), ["media"]),
    (Part(index=0, text="", media=(file("video/mp4", 9, 100, 301),)), ["media"]),
]


@pytest.mark.parametrize(("part", "fields"), TABLE)
def test_a_part_is_judged_by_the_rules_that_span_fields(part: Part, fields: list[str]) -> None:
    problems = list(part_problems(part))
    assert [problem.field for problem in problems] == fields
    assert all(problem.part == part.index for problem in problems)


def test_a_post_is_judged_part_by_part() -> None:
    platform = XPlatform({"api_url": "https://api.x.com", "web_url": "https://x.com"})
    account = Account(id="a", platform="twitter", platform_account_id="1", username="ada")
    parts = [Part(index=0, text="one"), Part(index=1, text=""), Part(index=2, text="$A $B")]
    assert [problem.part for problem in platform.check_post(parts, account)] == [1, 2]


def test_the_first_part_takes_all_options_and_later_ones_the_disclosures() -> None:
    options = XOptions(
        poll=POLL,
        reply_settings="following",
        made_with_ai=True,
        paid_partnership=True,
        community_id="7",
    )
    assert post_body(Part(index=0, text="a", options=options), []) == {
        "text": "a",
        "poll": {"options": ["Yes", "No"], "duration_minutes": 1440},
        "reply_settings": "following",
        "community_id": "7",
        "made_with_ai": True,
        "paid_partnership": True,
    }
    assert post_body(Part(index=1, text="b", options=options), ["5"]) == {
        "text": "b",
        "media": {"media_ids": ["5"]},
        "made_with_ai": True,
        "paid_partnership": True,
    }


@pytest.mark.parametrize(
    ("data", "length"), [({}, 280), ({"premium": False}, 280), ({"premium": True}, 25_000)]
)
def test_a_paid_plan_may_write_long_posts(data: dict[str, bool], length: int) -> None:
    account = Account(id="a", platform="twitter", platform_account_id="1", username="x", data=data)
    assert limits_of(account).text.max_length == length
    assert limits_of(None).text.max_length == 280
