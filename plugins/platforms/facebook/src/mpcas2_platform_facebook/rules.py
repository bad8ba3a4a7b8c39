"""What Facebook accepts on a Page: limits, quotas, marks, and rules that span several fields of a post.

Numbers of text and media are from other publishers' documentation; the length of titles, comments and
alternative texts and where a text is folded are from memory. None was tried against the real network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mpcas2_hookspecs import (
    Limits,
    Media,
    MediaRule,
    Part,
    PostProblem,
    QuotaRule,
    TextMark,
    TextRule,
)
from mpcas2_platform_facebook.options import options_of
from mpcas2_platform_facebook.usage import CALLS_RULE

__all__ = ("LIMITS", "QUOTAS", "REELS", "marks", "part_problems")

REELS = "reels"
QUOTAS = (
    # Only reels spend it, so plans do not reckon with it.
    QuotaRule(name=REELS, title="reels", per="account", limit=30, window=24 * 60 * 60, per_part=0),
    CALLS_RULE,
)

_TITLE = 255

LIMITS = Limits(
    text=TextRule(max_length=63_206, folds_at=477),
    title=TextRule(max_length=_TITLE),
    media=(
        MediaRule(
            kind="image",
            mime_types=("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"),
            max_count=10,
            max_bytes=10_000_000,
            alt_text_max_length=1_000,
        ),
        MediaRule(
            kind="video",
            mime_types=("video/mp4", "video/quicktime"),
            max_count=1,
            max_bytes=10_000_000_000,
            max_duration=4 * 60 * 60.0,
        ),
    ),
    comment=TextRule(max_length=8_000, required=True),
)
"""The same for every Page; reels and stories are narrower, see :func:`part_problems`."""

_SECONDS = {"reel": (3.0, 90.0), "story": (3.0, 60.0)}
_LEAST_WIDTH = 540
_LEAST_HEIGHT = 960
_UPRIGHT = 9 / 16
_TOLERANCE = 0.02
_OWN_HOSTS = ("facebook.com", "fb.com", "fb.watch", "fb.me")

_LINK = re.compile(r"(?<![\w@])https?://[^\s<>\"]*[^\s<>\".,:;!?'\])}]", re.IGNORECASE)
_HASHTAG = re.compile(r"(?<![\w&/#])#(?=\w*[^\W\d_])\w+")


def marks(text: str) -> list[TextMark]:
    """Finds links and hashtags in the order of the text; a name behind ``@`` stays as it is."""
    links = [
        TextMark(start=one.start(), end=one.end(), kind="link", url=one.group())
        for one in _LINK.finditer(text)
    ]
    tags = [
        TextMark(start=one.start(), end=one.end(), kind="hashtag")
        for one in _HASHTAG.finditer(text)
        if not any(link.start <= one.start() < link.end for link in links)
    ]
    return sorted([*links, *tags], key=lambda mark: mark.start)


def part_problems(part: Part) -> Iterator[PostProblem]:
    """Judges one part by the rules that span several fields."""
    if part.role == "comment":
        return
    options = options_of(part.options)
    if len(part.title) > _TITLE:
        # Only films show a title; of the others Facebook would not complain.
        yield PostProblem(
            message=f"A title on Facebook has at most {_TITLE} characters; shorten it.",
            field="title",
        )
    if options.placement == "feed":
        yield from _in_feed(part)
    else:
        yield from _upright(part)
    if options.link is not None:
        if part.media or options.placement != "feed":
            yield PostProblem(
                message="Facebook shows a link card only below a post in the feed that has no media; "
                "remove the link or the media.",
                field="options.link",
            )
        host = urlsplit(options.link).hostname or ""
        if any(host == own or host.endswith(f".{own}") for own in _OWN_HOSTS):
            yield PostProblem(
                message="Facebook takes no link card that leads to itself; remove the link.",
                field="options.link",
            )
    if options.ai_generated and options.placement != "reel":
        yield PostProblem(
            message="Facebook takes this label for reels only; remove it, or say it in the text.",
            field="options.aiGenerated",
        )


def _in_feed(part: Part) -> Iterator[PostProblem]:
    if not part.text and not part.media and options_of(part.options).link is None:
        yield PostProblem(message="A post on Facebook needs a text, a link or media.", field="text")


def _upright(part: Part) -> Iterator[PostProblem]:
    """Judges a reel or a story."""
    placement = options_of(part.options).placement
    wanted = {"video"} if placement == "reel" else {"image", "video"}
    if len(part.media) != 1 or part.media[0].kind not in wanted:
        what = "one video" if placement == "reel" else "one picture or one video"
        yield PostProblem(
            message=f"A {placement} on Facebook is {what} and nothing else; choose it.",
            field="media",
        )
        return
    if part.media[0].kind == "video":
        yield from _film(part.media[0], placement)


def _film(film: Media, placement: str) -> Iterator[PostProblem]:
    least, most = _SECONDS[placement]
    if film.duration is not None and not least <= film.duration <= most:
        yield PostProblem(
            message=f"A {placement} on Facebook lasts {least:.0f} to {most:.0f} seconds; this video "
            f"lasts {film.duration:.1f}. Cut it.",
            field="media",
        )
    if film.width is None or film.height is None:
        return
    if abs(film.width / film.height - _UPRIGHT) > _TOLERANCE:
        yield PostProblem(
            message=f"A {placement} on Facebook is upright, 9:16; this video has {film.width} x "
            f"{film.height}. Crop it.",
            field="media",
        )
    elif film.width < _LEAST_WIDTH or film.height < _LEAST_HEIGHT:
        yield PostProblem(
            message=f"A {placement} on Facebook has at least {_LEAST_WIDTH} x {_LEAST_HEIGHT} dots; "
            f"this video has {film.width} x {film.height}. Export it larger.",
            field="media",
        )
