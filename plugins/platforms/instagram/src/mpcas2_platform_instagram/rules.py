"""What Instagram accepts: limits, quotas, and rules that span several fields of a post.

Source: https://developers.facebook.com/docs/instagram-platform/content-publishing and the reference of
the media edge. Megabytes of videos are taken as decimal, the smaller reading. The least width of a
picture and the length of videos in carousels are from memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mpcas2_hookspecs import Limits, Media, MediaRule, Part, PostProblem, QuotaRule, TextRule
from mpcas2_platform_instagram.captions import hashtags, mentions
from mpcas2_platform_instagram.faults import POSTS
from mpcas2_platform_instagram.options import InstagramOptions

__all__ = ("LIMITS", "QUOTAS", "Kind", "kind_of", "options_of", "part_problems", "text_problems")

Kind = Literal["picture", "carousel", "reel", "story"]
"""What becomes of a part."""

QUOTAS = (QuotaRule(name=POSTS, title="posts", per="account", limit=100, window=24 * 3600),)

_TEXT = 2_200
_HASHTAGS = 30
_MENTIONS = 20
_MAX_FILES = 10
_PICTURE = MediaRule(
    kind="image",
    mime_types=("image/jpeg",),
    max_count=_MAX_FILES,
    max_bytes=8 * 1024 * 1024,
    min_width=320,
    alt_text_max_length=1_000,
)
_COVER = MediaRule(kind="image", mime_types=("image/jpeg",), max_count=1, max_bytes=8 * 1024 * 1024)
_VIDEO = MediaRule(
    kind="video",
    mime_types=("video/mp4", "video/quicktime"),
    max_count=_MAX_FILES,
    max_bytes=1_000_000_000,
    min_duration=3,
    max_duration=15 * 60,
    max_width=1_920,
    min_aspect=0.01,
    max_aspect=10,
)
LIMITS = Limits(
    text=TextRule(max_length=_TEXT, folds_at=125),
    media=(_PICTURE, _VIDEO),
    thumbnail=_COVER,
    mixes_media=True,
    requires_media=True,
    max_media=_MAX_FILES,
    comment=TextRule(max_length=_TEXT),
)
"""The same for every account. What holds for one placement only is in :func:`part_problems`."""

_LEAST_ASPECT = 4 / 5
_GREATEST_ASPECT = 1.91
# A dot more or less is no other shape: 1080 by 566 is meant as 1.91 to 1.
_TOLERANCE = 0.005
_SHORT_SECONDS = 60
_STORY_BYTES = 100_000_000
_LEAST_CAROUSEL = 2

_ONLY_REELS = "Only reels have this; remove it, or publish one video as a reel."
_NOT_STORIES = "Stories do not take this; remove it."


def options_of(part: Part) -> InstagramOptions:
    """Gives the options of a part, or their defaults."""
    return part.options if isinstance(part.options, InstagramOptions) else InstagramOptions()


def kind_of(part: Part) -> Kind:
    """Tells what becomes of a part: every single video is a reel, unless it is a story."""
    if options_of(part).placement == "story":
        return "story"
    if len(part.media) >= _LEAST_CAROUSEL:
        return "carousel"
    return "reel" if part.media and part.media[0].kind == "video" else "picture"


def part_problems(part: Part) -> Iterator[PostProblem]:
    """Judges the part that has the media, by the rules that the limits cannot express; pure."""
    options, kind = options_of(part), kind_of(part)

    def problem(field: str, message: str) -> PostProblem:
        return PostProblem(message=message, field=field, part=part.index)

    if not part.media:
        yield problem("media", "A post on Instagram needs a picture or a video.")
    elif len(part.media) > _MAX_FILES:
        yield problem("media", "Instagram takes at most 10 files in a post; remove some.")
    elif kind == "story" and len(part.media) > 1:
        yield problem(
            "media", "A story takes one picture or one video; publish one story for each."
        )
    if options.placement == "reel" and kind != "reel":
        yield problem("options.placement", "A reel is one video; choose `auto` or another file.")
    for field, given in (
        ("options.shareToFeed", not options.share_to_feed),
        ("options.thumbOffset", options.thumb_offset is not None),
        ("options.audioName", bool(options.audio_name)),
        ("options.trial", options.trial is not None),
        ("thumbnail", part.thumbnail is not None),
    ):
        if given and kind != "reel":
            yield problem(field, _ONLY_REELS)
    for field, given in (
        ("options.collaborators", bool(options.collaborators)),
        ("options.locationId", options.location_id is not None),
    ):
        if given and kind == "story":
            yield problem(field, _NOT_STORIES)
    if options.thumb_offset is not None and part.thumbnail is not None:
        yield problem(
            "options.thumbOffset",
            "A reel has a cover picture or a moment as its cover; choose one.",
        )
    longest = max((media.duration or 0.0 for media in part.media), default=0.0)
    if options.thumb_offset is not None and 0 < longest < options.thumb_offset:
        yield problem("options.thumbOffset", "The cover's time lies behind the end of the video.")
    for message in _tag_problems(part, options):
        yield problem("options.userTags", message)
    for message in dict.fromkeys(_file_problems(part, kind)):
        yield problem("media", message)
    if kind != "story":
        yield from text_problems(part)


def text_problems(part: Part) -> Iterator[PostProblem]:
    """Judges hashtags and mentions of a caption or a comment; pure."""
    for count, most, name in (
        (hashtags(part.text), _HASHTAGS, "hashtags"),
        (mentions(part.text), _MENTIONS, "mentions"),
    ):
        if count > most:
            yield PostProblem(
                message=f"Instagram takes at most {most} {name}; this text has {count}.",
                field="text",
                part=part.index,
            )


def _tag_problems(part: Part, options: InstagramOptions) -> Iterator[str]:
    for tag in options.user_tags:
        if tag.item >= len(part.media):
            yield f"@{tag.username} is tagged on a file that the post does not have."
        elif part.media[tag.item].kind == "image" and (tag.x is None or tag.y is None):
            yield f"@{tag.username} needs a place on the picture: x and y, from 0 to 1."
        elif part.media[tag.item].kind == "video" and (tag.x, tag.y) != (None, None):
            yield f"@{tag.username} is tagged on a video, which takes no x and y; remove both."


def _file_problems(part: Part, kind: Kind) -> Iterator[str]:
    for media in part.media:
        if media.kind == "image" and kind != "story" and not _fits_feed(media):
            yield (
                "Instagram takes pictures from 4:5 to 1.91:1 in the feed; this one has "
                f"{media.width} by {media.height}. Crop it, or publish it as a story."
            )
        if media.kind == "video" and kind in {"story", "carousel"}:
            if (media.duration or 0) > _SHORT_SECONDS:
                yield f"A video in a {kind} has at most 60 seconds; this one has {media.duration:g}."
            if kind == "story" and media.size > _STORY_BYTES:
                yield f"A video in a story has at most 100 MB; this one has {media.size / 1e6:.1f}."


def _fits_feed(media: Media) -> bool:
    if not media.width or not media.height:
        return True
    aspect = media.width / media.height
    return _LEAST_ASPECT - _TOLERANCE <= aspect <= _GREATEST_ASPECT + _TOLERANCE
