"""What Threads accepts: limits, quotas, counting, and rules that span several fields of a post.

Source: https://developers.facebook.com/docs/threads/overview (500 characters, emoji counted as their
bytes in UTF-8; 250 posts and 1,000 replies in 24 hours). Sizes of media are from other publishers'
documentation, the number of links from memory: neither was tried against the real network.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from mpcas2_hookspecs import (
    Limits,
    MediaRule,
    Part,
    PostProblem,
    QuotaRule,
    TextMark,
    TextRule,
)
from mpcas2_platform_threads.options import options_of

__all__ = ("LIMITS", "POSTS", "QUOTAS", "REPLIES", "marks", "part_problems", "text_length")

POSTS = "posts"
REPLIES = "replies"
_DAY = 24 * 60 * 60
QUOTAS = (
    QuotaRule(name=POSTS, title="posts", per="account", limit=250, window=_DAY),
    QuotaRule(name=REPLIES, title="replies", per="account", limit=1_000, window=_DAY, per_part=0),
)

_TEXT = 500
_FILES = 20
_MAX_PARTS = 25  # our own limit: the network has none
_LINKS = 5
_ALT_TEXT = 1_000

LIMITS = Limits(
    text=TextRule(max_length=_TEXT, unit="weighted"),
    media=(
        MediaRule(
            kind="image",
            mime_types=("image/jpeg", "image/png"),
            max_count=_FILES,
            max_bytes=8 * 1024 * 1024,
            max_aspect=10.0,
            alt_text_max_length=_ALT_TEXT,
        ),
        MediaRule(
            kind="video",
            mime_types=("video/mp4", "video/quicktime"),
            max_count=_FILES,
            max_bytes=1024 * 1024 * 1024,
            max_duration=300.0,
            alt_text_max_length=_ALT_TEXT,
        ),
    ),
    mixes_media=True,
    max_media=_FILES,
    max_parts=_MAX_PARTS,
    comment=TextRule(max_length=_TEXT, unit="weighted", required=True),
)
"""The same for every account."""

_EMOJI = regex.compile(
    r"(?:\p{RI}\p{RI}|\p{Emoji}(?:\p{EMod}|\uFE0F\u20E3?|[\U000E0020-\U000E007E]+\U000E007F)?"
    r"(?:\u200D\p{Emoji}(?:\p{EMod}|\uFE0F\u20E3?)?)*)"
)
_LINK = regex.compile(r"(?<![\w@])https?://[^\s<>\"]*[^\s<>\".,:;!?'\])}]", regex.IGNORECASE)
_MENTION = regex.compile(r"(?<![\w@/.])@(?P<name>[a-z0-9_](?:[a-z0-9_.]*[a-z0-9_])?)", regex.I)
_HASHTAG = regex.compile(r"(?<![\w&/])#(?=\w*\p{L})[\w]+")


def text_length(text: str) -> int:
    """Counts a text as Threads does: an emoji as its bytes, anything else as characters."""
    length = len(text)
    for match in _EMOJI.finditer(text):
        emoji = match.group()
        # Digits and signs such as # are emoji only with what makes them one.
        if emoji.isascii():
            continue
        length += len(emoji.encode()) - len(emoji)
    return length


def marks(text: str) -> list[TextMark]:
    """Finds links, mentions and the topic, in the order of the text; they do not overlap."""
    links = [
        TextMark(start=one.start(), end=one.end(), kind="link", url=one.group())
        for one in _LINK.finditer(text)
    ]
    mentions = [
        TextMark(start=one.start(), end=one.end(), kind="mention")
        for one in _MENTION.finditer(text)
        if not _inside(one.start(), links)
    ]
    # Threads makes a topic of the first hashtag alone and shows it without the sign.
    topics = [
        TextMark(start=one.start(), end=one.end(), kind="hashtag", shown=one.group()[1:])
        for one in _HASHTAG.finditer(text)
        if not _inside(one.start(), links)
    ]
    return sorted([*links, *mentions, *topics[:1]], key=lambda mark: mark.start)


def part_problems(part: Part) -> Iterator[PostProblem]:
    """Judges one part by the rules that span several fields."""
    options = options_of(part.options)
    links = {mark.url for mark in marks(part.text) if mark.kind == "link"}
    if options.link_attachment is not None and part.index == 0:
        links.add(options.link_attachment)
    if len(links) > _LINKS:
        yield PostProblem(
            message=f"A post on Threads has at most {_LINKS} different links; this has "
            f"{len(links)}. Take some out.",
            field="text",
            part=part.index,
        )
    if part.index > 0:
        return
    if options.poll is not None and not 2 <= len(options.poll) <= 4:  # noqa: PLR2004 - two to four
        yield PostProblem(
            message=f"A poll on Threads has two to four answers; this has {len(options.poll)}.",
            field="options.poll",
        )
    for name, value in (("poll", options.poll), ("linkAttachment", options.link_attachment)):
        if value is not None and part.media:
            yield PostProblem(
                message="Threads takes this with a text post only; remove it or the media.",
                field=f"options.{name}",
            )
    if options.poll is not None and not part.text:
        yield PostProblem(message="A poll on Threads needs a text, its question.", field="text")
    if options.spoiler_media and not part.media:
        yield PostProblem(
            message="There are no media to hide; leave this out.", field="options.spoilerMedia"
        )


def _inside(place: int, marks: list[TextMark]) -> bool:
    return any(mark.start <= place < mark.end for mark in marks)
