"""What a Mastodon server accepts: limits, quotas, and rules that span several fields of a post.

Every server has limits of its own and tells them; those of a fresh Mastodon 4 stand in for a server that
was not asked yet. Source: https://docs.joinmastodon.org/entities/Instance/.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mpcas2_hookspecs import (
    Account,
    Limits,
    MediaKind,
    MediaRule,
    Part,
    PostProblem,
    QuotaRule,
    TextRule,
)
from mpcas2_platform_mastodon.options import options_of
from mpcas2_platform_mastodon.text import text_length
from mpcas2_platform_mastodon.wire import Configuration

__all__ = ("POSTS", "QUOTAS", "UPLOADS", "configuration_of", "limits_of", "part_problems")

POSTS = "posts"
UPLOADS = "uploads"
QUOTAS = (
    # Not verified: from memory of the server's rate limiter; its headers go before these.
    QuotaRule(name=POSTS, title="posts", per="account", limit=300, window=3 * 60 * 60),
    QuotaRule(name=UPLOADS, title="uploads", per="account", limit=30, window=30 * 60, per_part=0),
)

_MAX_PARTS = 25  # our own limit: the network has none
_KINDS: tuple[MediaKind, ...] = ("image", "video", "audio")
_USUAL_TYPES = (
    *("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif"),
    *("video/mp4", "video/webm", "video/quicktime", "audio/mpeg", "audio/ogg", "audio/wav"),
    *("audio/flac", "audio/aac", "audio/mp4"),
)


def configuration_of(account: Account | None) -> Configuration:
    """Gives what the account's server allows."""
    told = None if account is None else account.data.get("limits")
    return Configuration() if told is None else msgspec.convert(told, Configuration)


def limits_of(account: Account | None) -> Limits:
    """Declares what may be posted on the account's server."""
    allowed = configuration_of(account)
    files = allowed.media_attachments
    types = files.supported_mime_types or _USUAL_TYPES
    rules = []
    for kind in _KINDS:
        of_kind = tuple(name for name in types if name.startswith(f"{kind}/"))
        if not of_kind:
            continue
        picture = kind == "image"
        rules.append(
            MediaRule(
                kind=kind,
                mime_types=of_kind,
                # Several pictures, or one of anything else.
                max_count=allowed.statuses.max_media_attachments if picture else 1,
                max_bytes=files.image_size_limit if picture else files.video_size_limit,
                max_pixels={
                    "image": files.image_matrix_limit,
                    "video": files.video_matrix_limit,
                }.get(kind),
                alt_text_max_length=files.description_limit or 1_500,
            )
        )
    text = TextRule(max_length=allowed.statuses.max_characters, unit="weighted")
    return Limits(
        text=text,
        media=tuple(rules),
        thumbnail=MediaRule(
            kind="image",
            mime_types=tuple(name for name in types if name.startswith("image/"))
            or ("image/jpeg",),
            max_count=1,
            max_bytes=files.image_size_limit,
        ),
        max_parts=_MAX_PARTS,
        comment=text,
    )


def part_problems(part: Part, account: Account) -> Iterator[PostProblem]:
    """Judges one part by the rules that span several fields."""
    options, allowed = options_of(part.options), configuration_of(account)
    statuses = allowed.statuses
    if options.spoiler_text:
        per_link = statuses.characters_reserved_per_url
        length = text_length(part.text, per_link) + text_length(options.spoiler_text, per_link)
        if length > statuses.max_characters:
            yield PostProblem(
                message=f"Text and content warning have {length} characters together, the server "
                f"takes {statuses.max_characters}. Shorten them by "
                f"{length - statuses.max_characters}.",
                field="options.spoilerText",
                part=part.index,
            )
    if part.thumbnail is not None and not any(media.kind != "image" for media in part.media):
        yield PostProblem(
            message="Mastodon takes a thumbnail for a video or a sound only. Leave it out.",
            field="thumbnail",
            part=part.index,
        )
    if options.poll is None or part.index > 0:
        return
    polls = allowed.polls
    if part.media:
        yield PostProblem(
            message="A post on Mastodon has either a poll or media; remove one of them.",
            field="options.poll",
        )
    if not part.text:
        yield PostProblem(message="A poll on Mastodon needs a text, its question.", field="text")
    if len(options.poll.options) > polls.max_options:
        yield PostProblem(
            message=f"The server takes {polls.max_options} answers in a poll; this has "
            f"{len(options.poll.options)}.",
            field="options.poll",
        )
    if len(set(options.poll.options)) < len(options.poll.options):
        yield PostProblem(message="Two answers of the poll are the same.", field="options.poll")
    for choice in options.poll.options:
        if len(choice) > polls.max_characters_per_option:
            yield PostProblem(
                message=f"An answer of a poll has at most {polls.max_characters_per_option} "
                f'characters; "{choice}" has {len(choice)}.',
                field="options.poll",
            )
    seconds = options.poll.duration_minutes * 60
    if not polls.min_expiration <= seconds <= polls.max_expiration:
        yield PostProblem(
            message=f"A poll lasts {polls.min_expiration // 60} to {polls.max_expiration // 60} "
            f"minutes on this server, not {options.poll.duration_minutes}.",
            field="options.poll",
        )
