"""A post is judged when it is planned, and every problem has the name of its field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from mpcas2_core.content.rows import MediaFile
from mpcas2_core.publishing.compose import ComposedPart
from mpcas2_core.publishing.judging import judge
from mpcas2_hookspecs import Account, Limits, MediaRule, Part, PostProblem, TextRule

ACCOUNT = Account(id="1", platform="videos", platform_account_id="a", username="ada")


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Videos:
    """As much of a platform as the judge looks at."""

    key = "videos"
    title = "Videos"
    options = NoOptions

    def limits(self, _account: Account | None) -> Limits:
        return Limits(
            text=TextRule(max_length=10, unit="weighted"),
            title=TextRule(max_length=5, required=True),
            media=(
                MediaRule(
                    kind="video",
                    mime_types=("video/mp4",),
                    max_count=1,
                    max_bytes=1000,
                    min_duration=0.5,
                    max_duration=60,
                ),
            ),
            thumbnail=MediaRule(
                kind="image", mime_types=("image/jpeg",), max_count=1, max_bytes=100
            ),
            requires_media=True,
            max_parts=2,
        )

    def text_length(self, text: str) -> int:
        return 2 * len(text)

    def check_post(self, parts: Sequence[Part], _account: Account) -> Sequence[PostProblem]:
        return [
            PostProblem(message=f"No {word} here.", field="text", part=part.index)
            for part in parts
            for word in ("swearing",)
            if "#!" in part.text
        ]


def file(**changes: Any) -> MediaFile:
    facts: dict[str, Any] = {
        "kind": "video",
        "mime_type": "video/mp4",
        "size": 500,
        "duration": 5.0,
    }
    return MediaFile(content_id=uuid4(), sha256="0" * 64, **{**facts, **changes})


def post(text: str = "Hi", **changes: Any) -> ComposedPart:
    return msgspec.structs.replace(
        ComposedPart(text=text, title="Title", media=(file(),)), **changes
    )


@pytest.mark.parametrize(
    ("part", "field", "words"),
    [
        (post("123456"), "text", "has 12 characters as the network counts"),
        (post(title=""), "title", "needs a title"),
        (post(title="Longer"), "title", "The title has 6 characters, Videos takes 5"),
        (post(media=()), "media", "needs a file: video"),
        (post(media=(file(duration=61.0),)), "media[0]", "lasts 61.0 s, Videos takes 60"),
        (post(media=(file(duration=0.1),)), "media[0]", "wants 0.5 at least"),
        (post(media=(file(size=1001),)), "media[0]", "has 1001 bytes"),
        (post(thumbnail=file()), "thumbnail", "this is a video file"),
        (
            post(thumbnail=file(kind="image", mime_type="image/png", size=5)),
            "thumbnail",
            "does not take image/png",
        ),
        (post("#!"), "text", "No swearing here."),
    ],
)
def test_each_problem_names_its_field(part: ComposedPart, field: str, words: str) -> None:
    (problem,) = judge((part,), Videos(), ACCOUNT, NoOptions())  # type: ignore[arg-type]  # it publishes nothing
    assert problem.field == field
    assert words in problem.message


class Pictures(Videos):
    """A network that is particular about its pictures, and takes comments."""

    title = "Pictures"

    def limits(self, _account: Account | None) -> Limits:
        return Limits(
            text=TextRule(max_length=100),
            media=(
                MediaRule(
                    kind="image",
                    mime_types=("image/jpeg",),
                    max_count=10,
                    max_bytes=1000,
                    min_bytes=10,
                    min_width=320,
                    max_width=1440,
                    min_height=200,
                    max_height=1800,
                    max_pixels=1440 * 1440,
                    min_aspect=0.8,
                    max_aspect=1.91,
                ),
                MediaRule(kind="video", mime_types=("video/mp4",), max_count=10, max_bytes=1000),
            ),
            mixes_media=True,
            max_media=3,
            comment=TextRule(max_length=5),
        )


def picture(width: int | None, height: int | None, size: int = 500) -> MediaFile:
    return file(
        kind="image", mime_type="image/jpeg", size=size, width=width, height=height, duration=None
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (picture(319, 319), ["It is 319 pixels wide, Pictures wants 320 at least"]),
        (picture(320, 199), ["It is 199 pixels high, Pictures wants 200 at least"]),
        (picture(1441, 1000), ["It is 1441 pixels wide, Pictures takes 1440. Scale it down."]),
        (picture(1440, 1801), ["1801 pixels high", "2593440 pixels", "width to height of 0.7996"]),
        (picture(1300, 1625), ["It has 1300 x 1625 = 2112500 pixels, Pictures takes 2073600"]),
        (picture(799, 1000), ["takes 0.8 to 1.91. Crop its height."]),
        (
            picture(1000, 523),
            ["width to height of 1.912; Pictures takes 0.8 to 1.91. Crop its width"],
        ),
        (picture(500, 500, size=9), ["has 9 bytes, Pictures wants 10 at least"]),
        (picture(500, 500, size=1001), ["has 1001 bytes, Pictures takes 1000"]),
        (picture(319, None), ["319 pixels wide"]),
    ],
)
def test_what_a_picture_is_like_is_judged_at_its_place(given: MediaFile, words: list[str]) -> None:
    parts = (ComposedPart(text="", media=(file(size=1), given)),)
    problems = judge(parts, Pictures(), ACCOUNT, NoOptions())  # type: ignore[arg-type]  # as above
    assert {problem.field for problem in problems} == {"media[1]"}
    assert len(problems) == len(words)
    for problem, expected in zip(problems, words, strict=True):
        assert expected in problem.message


@pytest.mark.parametrize(
    "given",
    [
        picture(320, 320),
        picture(1440, 1440),
        picture(800, 1000),
        picture(1000, 524),
        picture(500, 500, size=10),
        picture(500, 500, size=1000),
        picture(None, None),
    ],
)
def test_what_is_exactly_at_a_limit_or_unknown_passes(given: MediaFile) -> None:
    parts = (ComposedPart(text="", media=(given,) * 3),)
    assert judge(parts, Pictures(), ACCOUNT, NoOptions()) == []  # type: ignore[arg-type]  # as above


def test_files_of_all_kinds_together_are_counted() -> None:
    parts = (ComposedPart(text="", media=(picture(500, 500), file(), file(), file())),)
    (problem,) = judge(parts, Pictures(), ACCOUNT, NoOptions())  # type: ignore[arg-type]  # as above
    assert (problem.field, problem.message) == (
        "media",
        "Pictures takes 3 files in one post; this has 4. Leave 1 out.",
    )


@pytest.mark.parametrize(
    ("network", "comment", "words"),
    [
        (Pictures(), "12345", None),
        (
            Pictures(),
            "123456",
            "The first comment has 6 characters, Pictures takes 5. Shorten it by 1",
        ),
        (Videos(), "1", "Videos takes no first comment from programs. Leave it out"),
    ],
)
def test_a_first_comment_has_a_rule_of_its_own(
    network: Videos, comment: str, words: str | None
) -> None:
    parts = (post(), ComposedPart(text=comment, role="comment"))
    problems = judge(parts, network, ACCOUNT, NoOptions())  # type: ignore[arg-type]  # as above
    assert [problem.field for problem in problems] == (["firstComment"] if words else [])
    assert all(str(words) in problem.message for problem in problems)


def test_what_the_network_itself_says_of_a_comment_names_the_field() -> None:
    parts = (post(), ComposedPart(text="#!", role="comment"))
    (problem,) = judge(parts, Pictures(), ACCOUNT, NoOptions())  # type: ignore[arg-type]  # as above
    assert problem.field == "firstComment"


def test_a_problem_of_a_later_part_names_the_part() -> None:
    parts = (post(), post("#!"))
    (problem,) = judge(parts, Videos(), ACCOUNT, NoOptions())  # type: ignore[arg-type]  # as above
    assert problem.field == "thread[0].text"


def test_a_post_that_fits_has_no_problem() -> None:
    thumbnail = file(kind="image", mime_type="image/jpeg", size=5, duration=None)
    assert judge((post(thumbnail=thumbnail),), Videos(), ACCOUNT, NoOptions()) == []  # type: ignore[arg-type]  # as above
