from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part
from mpcas2_platform_mastodon.adapter import MastodonPlatform
from mpcas2_platform_mastodon.options import MastodonOptions, PollOptions

PLATFORM = MastodonPlatform({"client_name": "MPCAS2", "website": ""})
PICTURE = Media(id="p", kind="image", mime_type="image/png", size=9)
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=9)


def account(**limits: Any) -> Account:
    return Account(
        id="a",
        platform="mastodon",
        platform_account_id="7@s.example",
        username="ada@s.example",
        data={"server": "https://s.example", "id": "7", "name": "ada", "limits": limits},
    )


def poll(*options: str, minutes: int = 60) -> MastodonOptions:
    return MastodonOptions(poll=PollOptions(options=options, duration_minutes=minutes))


GOOD = [
    Part(index=0, text="Hi"),
    Part(index=0, text="x" * 490, options=MastodonOptions(spoiler_text="y" * 10)),
    Part(index=0, text="?", options=poll("a", "b", "c", "d")),
    Part(index=0, text="?", options=poll("a" * 50, "b", minutes=5)),
    Part(index=1, text="!", media=(PICTURE,), options=poll("a", "b")),
    Part(index=0, text="", media=(VIDEO,), thumbnail=PICTURE),
]
BAD = [
    (Part(index=0, text="x" * 491, options=MastodonOptions(spoiler_text="y" * 10)), "by 1."),
    (Part(index=0, text="?", options=poll("a", "b", "c", "d", "e")), "4 answers"),
    (Part(index=0, text="?", options=poll("a" * 51, "b")), "50"),
    (Part(index=0, text="?", options=poll("a", "a")), "same"),
    (Part(index=0, text="?", options=poll("a", "b", minutes=4)), "5 to"),
    (Part(index=0, text="", options=poll("a", "b")), "question"),
    (Part(index=0, text="?", media=(PICTURE,), options=poll("a", "b")), "either"),
    (Part(index=0, text="", media=(PICTURE,), thumbnail=PICTURE), "thumbnail"),
]


@pytest.mark.parametrize("part", GOOD)
def test_a_good_post_has_no_problem(part: Part) -> None:
    assert list(PLATFORM.check_post([part], account())) == []


@pytest.mark.parametrize(("part", "words"), BAD)
def test_a_bad_post_has_one_problem_in_words(part: Part, words: str) -> None:
    (problem,) = PLATFORM.check_post([part], account())
    assert words in problem.message


def test_a_server_with_other_limits_is_believed() -> None:
    theirs = account(
        statuses={
            "max_characters": 5000,
            "max_media_attachments": 16,
            "characters_reserved_per_url": 23,
        },
        media_attachments={
            "supported_mime_types": ["image/png", "video/mp4"],
            "image_size_limit": 7,
            "image_matrix_limit": 8,
            "video_size_limit": 9,
            "video_matrix_limit": 10,
            "video_frame_rate_limit": 60,
            "description_limit": 42,
        },
        polls={
            "max_options": 9,
            "max_characters_per_option": 100,
            "min_expiration": 300,
            "max_expiration": 6000,
        },
    )
    limits = PLATFORM.limits(theirs)
    assert limits.text.max_length == 5000
    assert [(rule.kind, rule.mime_types, rule.max_count) for rule in limits.media] == [
        ("image", ("image/png",), 16),
        ("video", ("video/mp4",), 1),
    ]
    assert [(rule.max_bytes, rule.max_pixels) for rule in limits.media] == [(7, 8), (9, 10)]
    many = Part(index=0, text="?", options=poll(*"abcdefghi"))
    assert list(PLATFORM.check_post([many], theirs)) == []


@pytest.mark.parametrize(
    "given",
    [
        {"visibility": "everybody"},
        {"language": "English"},
        {"poll": {"options": ["only one"]}},
        {"poll": {"options": ["a", "b"], "durationMinutes": 0}},
        {"unknown": 1},
    ],
)
def test_options_that_do_not_fit_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, MastodonOptions)
