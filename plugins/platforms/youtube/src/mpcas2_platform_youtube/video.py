"""What a video on YouTube is made of, and what it may be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import msgspec

from mpcas2_hookspecs import Limits, Media, MediaRule, Part, PostProblem, Rejected, TextRule
from mpcas2_platform_youtube.options import Privacy, YouTubeOptions

__all__ = (
    "LIMITS",
    "draft_digest",
    "insert_params",
    "options_of",
    "problems_of",
    "the_video",
    "video_resource",
    "wanted_privacy",
)

LIMITS = Limits(
    # https://support.google.com/youtube/answer/12948449; the discovery document does not say.
    # The fold is from memory: about two lines on a desktop.
    text=TextRule(max_length=5_000, unit="bytes", folds_at=150),
    title=TextRule(max_length=100, required=True),
    media=(
        MediaRule(
            kind="video",
            mime_types=(
                "video/mp4",
                "video/quicktime",
                "video/webm",
                "video/x-matroska",
                "video/x-msvideo",
                "video/3gpp",
                "video/mpeg",
                "video/x-ms-wmv",
                "video/x-flv",
            ),
            max_count=1,
            # Discovery document, videos.insert: maxSize.
            max_bytes=256 * 1024**3,
            # A channel without a verified telephone number is held to 15 minutes; only YouTube knows.
            max_duration=12 * 3600.0,
        ),
    ),
    thumbnail=MediaRule(
        kind="image",
        mime_types=("image/jpeg", "image/png"),
        max_count=1,
        # The discovery document allows 50 MiB, YouTube's help 2 MB: what both take.
        max_bytes=2_000_000,
    ),
    requires_media=True,
    # From memory; the discovery document does not say.
    comment=TextRule(max_length=10_000),
)
"""What one post may be; the same for every channel."""

_MAX_TAGS_LENGTH = 500


def options_of(part: Part) -> YouTubeOptions:
    """Gives the options of a part; the defaults when it has none."""
    return part.options if isinstance(part.options, YouTubeOptions) else YouTubeOptions()


def the_video(part: Part) -> Media:
    """Gives the one video of a part.

    Raises:
        Rejected: There is none, or there is more than it.
    """
    if len(part.media) != 1 or part.media[0].kind != "video":
        raise Rejected("A post on YouTube is exactly one video; add it, and take other files out.")
    if part.media[0].size <= 0:
        raise Rejected("The video file is empty; upload it again.")
    return part.media[0]


def wanted_privacy(options: YouTubeOptions) -> Privacy:
    """Tells who shall see the video: what was chosen, else private until its time, else public."""
    return options.privacy or ("public" if options.publish_at is None else "private")


def video_resource(part: Part) -> dict[str, Any]:
    """Builds the metadata of the part's video, a ``Video`` of the discovery document.

    The visibility is always sent: YouTube makes public what does not say.
    """
    options = options_of(part)
    snippet = {
        "title": part.title,
        "description": part.text,
        "tags": list(options.tags) or None,
        "categoryId": options.category_id,
        "defaultLanguage": options.default_language,
    }
    publish_at = options.publish_at
    status = {
        "privacyStatus": wanted_privacy(options),
        "publishAt": None
        if publish_at is None
        else publish_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "selfDeclaredMadeForKids": options.made_for_kids,
        "containsSyntheticMedia": options.synthetic_media,
        "license": options.license,
        "embeddable": options.embeddable,
    }
    return {"snippet": _given(snippet), "status": _given(status)}


def insert_params(options: YouTubeOptions) -> dict[str, str]:
    """Builds the query of ``videos.insert``."""
    params = {"part": "snippet,status"}
    if options.notify_subscribers is not None:
        params["notifySubscribers"] = "true" if options.notify_subscribers else "false"
    return params


def draft_digest(resource: dict[str, Any], params: dict[str, str], media: Media) -> str:
    """Names a draft by its metadata and file, so that an edited post is not sent as it was."""
    told = msgspec.json.encode(
        [resource, params, media.id, media.size, media.mime_type], order="deterministic"
    )
    return hashlib.sha256(told).hexdigest()


def problems_of(parts: Sequence[Part]) -> list[PostProblem]:
    """Judges what spans several fields; pure."""
    found: list[PostProblem] = []
    for part in parts:
        options = options_of(part)
        if part.role == "comment":
            if options.made_for_kids:
                found.append(
                    PostProblem(
                        message="YouTube takes no comments on videos made for children; take the "
                        "first comment out.",
                        field="text",
                        part=part.index,
                    )
                )
            continue
        for field, name, text in (
            ("title", "title", part.title),
            ("text", "description", part.text),
        ):
            if "<" in text or ">" in text:
                found.append(
                    PostProblem(
                        message=f"YouTube takes no < and > in a {name}; take them out.",
                        field=field,
                        part=part.index,
                    )
                )
        if options.publish_at is not None and wanted_privacy(options) != "private":
            found.append(
                PostProblem(
                    message="YouTube publishes at a later time only what is private until then; set "
                    "privacy to private, or leave it out.",
                    field="options.publishAt",
                    part=part.index,
                )
            )
        length = _tags_length(options.tags)
        if length > _MAX_TAGS_LENGTH:
            found.append(
                PostProblem(
                    message=f"The tags have {length} characters together and YouTube takes "
                    f"{_MAX_TAGS_LENGTH}; take some out.",
                    field="options.tags",
                    part=part.index,
                )
            )
    return found


def _tags_length(tags: Sequence[str]) -> int:
    """Counts as YouTube does: commas between tags, and quotes around one with a space, count too.

    Source: https://developers.google.com/youtube/v3/docs/videos#snippet.tags[].
    """
    return sum(len(tag) + (2 if " " in tag else 0) for tag in tags) + max(0, len(tags) - 1)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
