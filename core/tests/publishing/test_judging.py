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


def test_a_problem_of_a_later_part_names_the_part() -> None:
    parts = (post(), post("#!"))
    (problem,) = judge(parts, Videos(), ACCOUNT, NoOptions())  # type: ignore[arg-type]  # as above
    assert problem.field == "thread[0].text"


def test_a_post_that_fits_has_no_problem() -> None:
    thumbnail = file(kind="image", mime_type="image/jpeg", size=5, duration=None)
    assert judge((post(thumbnail=thumbnail),), Videos(), ACCOUNT, NoOptions()) == []  # type: ignore[arg-type]  # as above
