"""Builds what TikTok is told about a post, from its options and from what the creator allows now.

Source: ``post_info`` and ``source_info`` of the three ``init`` routes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from mpcas2_hookspecs import Media, Part, Rejected
from mpcas2_platform_tiktok.options import TikTokOptions, options_of
from mpcas2_platform_tiktok.records import StagedPhotos
from mpcas2_platform_tiktok.wire import Creator

__all__ = ("draft_digest", "photo_body", "refuse_unless_allowed", "video_body", "video_info")


def draft_digest(part: Part, media: Media) -> str:
    """Gives a digest of all that makes a video: two drafts with the same one are the same."""
    facts = [part.text, options_of(part), media.id, media.size, media.mime_type]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def refuse_unless_allowed(options: TikTokOptions, creator: Creator, duration: float | None) -> None:
    """Compares a direct post with what the creator allows right now.

    Args:
        options: The post's.
        creator: A fresh answer.
        duration: Length of the video in seconds, where known.

    Raises:
        Rejected: It does not fit any more; the message says what to change.
    """
    if options.privacy not in creator.privacy_level_options:
        raise Rejected(
            f"TikTok does not offer {options.privacy} to this account now; choose one of: "
            f"{', '.join(creator.privacy_level_options)}.",
            code="privacy_level_option_mismatch",
        )
    most = creator.max_video_post_duration_sec
    if most is not None and duration is not None and duration > most:
        raise Rejected(
            f"The video is {duration:g} s long, and TikTok lets this account post {most} s at most; "
            "make it shorter.",
            code="duration_check_failed",
        )


def video_info(text: str, options: TikTokOptions, creator: Creator) -> dict[str, Any]:
    """Builds ``post_info`` of a video that is published directly.

    What the creator has switched off for all posts is switched off here too: TikTok asks for that.
    """
    info: dict[str, Any] = {
        "title": text,
        "privacy_level": options.privacy,
        "disable_comment": options.disable_comment or creator.comment_disabled,
        "disable_duet": options.disable_duet or creator.duet_disabled,
        "disable_stitch": options.disable_stitch or creator.stitch_disabled,
        "brand_content_toggle": options.brand_content,
        "brand_organic_toggle": options.brand_organic,
        "is_aigc": options.ai_generated,
    }
    if options.cover_timestamp is not None:
        info["video_cover_timestamp_ms"] = round(options.cover_timestamp * 1000)
    return info


def video_body(
    info: dict[str, Any] | None, size: int, chunk_size: int, chunk_count: int
) -> dict[str, Any]:
    """Builds the request that begins a video.

    Args:
        info: ``post_info``; None for a draft, which has none.
        size: Bytes of the file.
        chunk_size: Bytes of each chunk but the last.
        chunk_count: How many there are.
    """
    source = {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": chunk_size,
        "total_chunk_count": chunk_count,
    }
    body: dict[str, Any] = {"source_info": source}
    return body if info is None else {"post_info": info, **body}


def photo_body(staged: StagedPhotos, addresses: Sequence[str]) -> dict[str, Any]:
    """Builds the request that makes a post, or a draft, of photos.

    Args:
        staged: The post.
        addresses: From where TikTok fetches each photo, in order.
    """
    info: dict[str, Any] = {"title": staged.title, "description": staged.description}
    if staged.mode == "direct":
        info |= {
            "privacy_level": staged.privacy,
            "disable_comment": staged.disable_comment,
            "auto_add_music": staged.auto_add_music,
            "brand_content_toggle": staged.brand_content,
            "brand_organic_toggle": staged.brand_organic,
        }
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST" if staged.mode == "direct" else "MEDIA_UPLOAD",
        "post_info": info,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": list(addresses),
            "photo_cover_index": 0,
        },
    }
