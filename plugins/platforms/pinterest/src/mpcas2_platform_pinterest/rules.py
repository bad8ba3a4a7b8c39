"""What Pinterest accepts: limits, and rules that span several fields of a Pin.

Source: Pinterest's OpenAPI description 5.23.0 (schemas PinCreate and PinMediaSource) for lengths and
counts. Sizes, lengths and shapes of media are from memory: none was tried against the real network.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpcas2_hookspecs import Limits, MediaRule, Part, PostProblem, TextRule
from mpcas2_platform_pinterest.options import options_of

__all__ = ("LIMITS", "MAX_INLINE_BYTES", "alt_text_of", "part_problems")

# Nobody says whether these are decimal or binary: the smaller passes either way.
_MB = 1_000_000
_PICTURES = ("image/jpeg", "image/png")
_CAROUSEL = 5
_ALT_TEXT = 500

MAX_INLINE_BYTES = 10 * _MB
"""Largest picture that is sent inside of the request; a larger one is fetched from an address."""

LIMITS = Limits(
    text=TextRule(max_length=800),
    title=TextRule(max_length=100),
    media=(
        MediaRule(
            kind="image",
            mime_types=_PICTURES,
            max_count=_CAROUSEL,
            max_bytes=20 * _MB,
            alt_text_max_length=_ALT_TEXT,
        ),
        MediaRule(
            kind="video",
            mime_types=("video/mp4", "video/quicktime", "video/x-m4v"),
            max_count=1,
            max_bytes=2_000 * _MB,
            min_duration=4.0,
            max_duration=15 * 60.0,
            min_aspect=0.5,
            max_aspect=1.91,
            alt_text_max_length=_ALT_TEXT,
        ),
    ),
    thumbnail=MediaRule(
        kind="image", mime_types=_PICTURES, max_count=1, max_bytes=MAX_INLINE_BYTES
    ),
    requires_media=True,
)
"""The same for every account."""


def alt_text_of(part: Part) -> str:
    """Gives the one alternative text of a Pin: those of all its files, each once."""
    return "\n".join(dict.fromkeys(one.alt_text for one in part.media if one.alt_text))


def part_problems(part: Part) -> Iterator[PostProblem]:
    """Judges a Pin by the rules that span several fields."""
    options = options_of(part.options)
    if options.board_id is None:
        yield PostProblem(
            message="Every Pin goes to a board. Choose one of the account's boards.",
            field="options.boardId",
            part=part.index,
        )
    kinds = {one.kind for one in part.media}
    if options.cover_key_frame_time is not None and "video" not in kinds:
        yield PostProblem(
            message="Only a video has a cover. Leave the second of the cover out, or attach a video.",
            field="options.coverKeyFrameTime",
            part=part.index,
        )
    if len({(one.width, one.height) for one in part.media if one.width and one.height}) > 1:
        yield PostProblem(
            message="The pictures of a carousel on Pinterest share one size. Crop them alike.",
            field="media",
            part=part.index,
        )
    if len(part.media) > 1 and len(alt_text_of(part)) > _ALT_TEXT:
        yield PostProblem(
            message="A Pin has one alternative text for all of its pictures, of at most "
            f"{_ALT_TEXT} characters; these have {len(alt_text_of(part))} together. Shorten them.",
            field="media",
            part=part.index,
        )
