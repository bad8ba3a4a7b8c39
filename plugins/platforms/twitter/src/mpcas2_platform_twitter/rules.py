"""What X accepts: limits, quotas, and rules that span several fields of a post.

Source: https://docs.x.com/x-api/media/quickstart/best-practices, .../posts/manage-tweets and
.../fundamentals/rate-limits. Megabytes are taken as decimal, the smaller reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from mpcas2_hookspecs import (
    Account,
    Limits,
    Media,
    MediaRule,
    Part,
    PostProblem,
    QuotaRule,
    TextRule,
)
from mpcas2_platform_twitter.bodies import options_of
from mpcas2_platform_twitter.marks import find_cashtags

__all__ = ("APP_POSTS", "GIF", "POSTS", "QUOTAS", "limits_of", "part_problems")

GIF = "image/gif"
"""X treats it as a moving picture: one alone, uploaded in segments."""

POSTS = "posts"
"""Name of the quota of an account; X tells it in the headers of every answer."""

APP_POSTS = "app-posts"
"""Name of the quota that all accounts of an app share."""

QUOTAS = (
    QuotaRule(name=POSTS, title="posts", per="account", limit=100, window=15 * 60),
    QuotaRule(name=APP_POSTS, title="posts", per="app", limit=10_000, window=24 * 60 * 60),
)

_TEXT = 280
_PREMIUM_TEXT = 25_000
_MAX_PARTS = 25  # our own limit: the network has none
_ALT_TEXT = 1_000
_PICTURE_BYTES = 5_000_000
_GIF_BYTES = 15_000_000
_GIF_SIZE = (1_280, 1_080)
_VIDEO_BYTES = 512_000_000
_VIDEO_LEAST_SIDE = 32
_VIDEO_RATIO = 3


def limits_of(account: Account | None) -> Limits:
    """Declares what may be posted; accounts with a paid plan may write long posts."""
    premium = account is not None and account.data.get("premium") is True
    # A long post is folded behind what everybody may write (from memory).
    text = (
        TextRule(max_length=_PREMIUM_TEXT, unit="weighted", folds_at=_TEXT)
        if premium
        else TextRule(max_length=_TEXT, unit="weighted")
    )
    return Limits(
        text=text,
        media=(
            MediaRule(
                kind="image",
                mime_types=("image/jpeg", "image/png", "image/webp", GIF),
                max_count=4,
                # A GIF's; part_problems holds pictures to theirs.
                max_bytes=_GIF_BYTES,
                alt_text_max_length=_ALT_TEXT,
            ),
            MediaRule(
                kind="video",
                mime_types=("video/mp4",),
                max_count=1,
                max_bytes=_VIDEO_BYTES,
                min_duration=0.5,
                max_duration=140,
                alt_text_max_length=_ALT_TEXT,
            ),
        ),
        mixes_media=False,
        max_parts=_MAX_PARTS,
        comment=text,
    )


def part_problems(part: Part) -> Iterator[PostProblem]:
    """Judges one part by the rules that the limits cannot express; pure."""
    options = options_of(part)
    if not part.text.strip() and not part.media:
        yield PostProblem(
            message="A post on X needs a text or media.", field="text", part=part.index
        )
    if len(find_cashtags(part.text)) > 1:
        yield PostProblem(
            message="X takes at most one cashtag ($NAME) in a post; remove the others.",
            field="text",
            part=part.index,
        )
    if options.poll is not None and part.media:
        yield PostProblem(
            message="A post on X has either a poll or media; remove one of them.",
            field="options.poll",
            part=part.index,
        )
    if options.poll is not None and not part.text.strip():
        # From memory: the app refuses a poll without a question too.
        yield PostProblem(
            message="A poll on X needs a text that asks the question.",
            field="text",
            part=part.index,
        )
    if options.poll is not None and options.quote_post_id is not None:
        yield PostProblem(
            message="A post on X has either a poll or a quoted post; remove one of them.",
            field="options.poll",
            part=part.index,
        )
    gifs = [media for media in part.media if media.mime_type == GIF]
    if gifs and len(part.media) > 1:
        yield PostProblem(
            message="X takes one GIF alone; put other pictures into another post.",
            field="media",
            part=part.index,
        )
    for media in part.media:
        message = _file_problem(media)
        if message is not None:
            yield PostProblem(message=message, field="media", part=part.index)


def _file_problem(media: Media) -> str | None:
    if media.kind == "image" and media.mime_type != GIF and media.size > _PICTURE_BYTES:
        return f"X takes pictures of at most 5 MB; this one has {media.size / 1e6:.1f} MB."
    if media.width is None or media.height is None:
        return None
    if media.mime_type == GIF and (media.width > _GIF_SIZE[0] or media.height > _GIF_SIZE[1]):
        return (
            f"X takes GIFs of at most 1280 by 1080; this one has {media.width} by {media.height}."
        )
    if media.kind == "video":
        # X names 1280 by 1024 as the greatest size too, and scales larger ones down (from memory).
        short, long = sorted((media.width, media.height))
        if short < _VIDEO_LEAST_SIDE:
            return "X takes videos of at least 32 by 32 pixels."
        if long > _VIDEO_RATIO * short:
            return "X takes videos whose sides are at most as 1 to 3."
    return None
