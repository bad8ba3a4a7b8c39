"""What TikTok accepts: limits, and rules that span several fields of a post.

Sources: TikTok's Content Posting API and what clients do, as the contract fixtures list them; lengths of
texts are from memory. Where decimal or binary megabytes are meant is not known: the smaller reading holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpcas2_hookspecs import Account, Limits, Media, MediaRule, Part, PostProblem, TextRule
from mpcas2_platform_tiktok.options import TikTokOptions, options_of

__all__ = ("MAX_SECONDS", "limits_of", "part_problems", "video_of")

MAX_SECONDS = 600
"""Longest video; a creator's own maximum may be less."""

# Photos may have 4,000; one declaration stands for both, so the smaller holds.
_MAX_TEXT = 2_200
_MAX_TITLE = 90
_SHORT_SIDE, _LONG_SIDE = 1_080, 1_920
_PHOTOS = MediaRule(
    kind="image",
    mime_types=("image/jpeg", "image/webp"),
    max_count=35,
    max_bytes=20_000_000,
    max_width=_LONG_SIDE,
    max_height=_LONG_SIDE,
    max_pixels=_SHORT_SIDE * _LONG_SIDE,
)


def limits_of(account: Account | None) -> Limits:
    """Declares what may be posted.

    Args:
        account: For whom; its own greatest length of videos is less than TikTok's at times.
    """
    own = None if account is None else account.data.get("maxVideoSeconds")
    seconds = min(MAX_SECONDS, own) if isinstance(own, int) else MAX_SECONDS
    video = MediaRule(
        kind="video",
        mime_types=("video/mp4", "video/quicktime", "video/webm"),
        max_count=1,
        max_bytes=4_000_000_000,
        max_duration=float(seconds),
        min_width=360,
        max_width=4_096,
        min_height=360,
        max_height=4_096,
    )
    return Limits(
        text=TextRule(max_length=_MAX_TEXT, unit="utf16"),
        title=TextRule(max_length=_MAX_TITLE, unit="utf16"),
        media=(video, _PHOTOS),
        requires_media=True,
    )


def part_problems(part: Part, account: Account) -> Iterator[PostProblem]:
    """Judges a post by all that :class:`Limits` cannot say, and by the lengths of its texts.

    Args:
        part: The post.
        account: For whom, with what TikTok told of the creator last.
    """
    options = options_of(part)
    yield from _text_problems(part)
    yield from _media_problems(part)
    if options.mode == "direct":
        yield from _privacy_problems(options, account)
    video = video_of(part)
    if video is None:
        yield from _wrong_kind(_VIDEO_ONLY, options, "videos")
        return
    yield from _wrong_kind(_PHOTO_ONLY, options, "photos")
    cover = options.cover_timestamp
    if cover is not None and video.duration is not None and cover > video.duration:
        yield PostProblem(
            message=f"The cover lies at {cover:g} s, and the video ends at {video.duration:g} s; "
            "choose an earlier moment.",
            field="options.coverTimestamp",
        )


def video_of(part: Part) -> Media | None:
    """Gives the video of a post; None for photos."""
    return next((one for one in part.media if one.kind == "video"), None)


def _text_problems(part: Part) -> Iterator[PostProblem]:
    for field, text, most in (("text", part.text, _MAX_TEXT), ("title", part.title, _MAX_TITLE)):
        length = len(text.encode("utf-16-le")) // 2
        if length > most:
            yield PostProblem(
                message=f"The {field} has {length} UTF-16 units; TikTok takes {most} at most.",
                field=field,
            )


def _media_problems(part: Part) -> Iterator[PostProblem]:
    videos = sum(one.kind == "video" for one in part.media)
    if not part.media or videos > 1 or 0 < videos < len(part.media):
        yield PostProblem(
            message="A post on TikTok is one video, or up to 35 photos; choose one of these.",
            field="media",
        )
    if len(part.media) > _PHOTOS.max_count:
        yield PostProblem(
            message=f"A post on TikTok has {_PHOTOS.max_count} photos at most; take some away.",
            field="media",
        )
    for photo in part.media:
        if photo.kind != "image" or photo.width is None or photo.height is None:
            continue
        if min(photo.width, photo.height) > _SHORT_SIDE:
            yield PostProblem(
                message=f"A photo is {photo.width} by {photo.height}; TikTok takes 1080 by 1920 at "
                "most, either way. Make it smaller.",
                field="media",
            )


def _privacy_problems(options: TikTokOptions, account: Account) -> Iterator[PostProblem]:
    offered = account.data.get("privacyOptions") or ()
    choices = ", ".join(offered) or "everyone, friends, followers, or only you"
    if options.privacy is None:
        yield PostProblem(
            message=f"Choose who can see the post ({choices}); TikTok asks for it at every post.",
            field="options.privacy",
        )
    elif offered and options.privacy not in offered:
        yield PostProblem(
            message=f"TikTok does not offer {options.privacy} to this account; choose one of: "
            f"{choices}.",
            field="options.privacy",
        )


_VIDEO_ONLY = ("disable_duet", "disable_stitch", "cover_timestamp", "ai_generated")
_PHOTO_ONLY = ("auto_add_music",)
_DEFAULTS = TikTokOptions()
_ENCODED = dict(
    zip(TikTokOptions.__struct_fields__, TikTokOptions.__struct_encode_fields__, strict=True)
)


def _wrong_kind(names: tuple[str, ...], options: TikTokOptions, kind: str) -> Iterator[PostProblem]:
    for name in names:
        if getattr(options, name) != getattr(_DEFAULTS, name):
            yield PostProblem(
                message=f"TikTok takes this option with {kind} only; leave it out.",
                field=f"options.{_ENCODED[name]}",
            )
