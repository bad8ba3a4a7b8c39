"""What is stored about a post, from the first request to the last question."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mpcas2_hookspecs import Media
from mpcas2_platform_tiktok.options import Mode, Privacy

__all__ = ("Handle", "StagedPhotos", "StagedPost", "StagedVideo", "Upload")


class Upload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A begun video, as the journal holds it from the moment it exists.

    Attributes:
        publish_id: TikTok's name of the post.
        url: Where its bytes go.
        began_at: When it was begun; the address is good for about an hour.
        draft: Digest of text, options and file; a post that was edited since begins anew.
        offset: How many bytes TikTok has for certain.
    """

    publish_id: str
    url: str
    began_at: datetime
    draft: str
    offset: int = 0


class StagedVideo(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="video"):
    """A video of which TikTok has all but the last chunk.

    Attributes:
        upload: Where its bytes go, and how many are there.
        media: The file, with its size.
        privacy: Who sees it; None for a draft.
        mode: Published, or left as a draft.
        text: Whether the post has a text.
    """

    upload: Upload
    media: Media
    privacy: Privacy | None
    mode: Mode
    text: bool


class StagedPhotos(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="photos"):
    """Photos that TikTok knows nothing of yet.

    Attributes:
        title: The title.
        description: The text.
        media: The files, in order.
        privacy: Who sees them; None for a draft.
        mode: Published, or left as a draft.
        disable_comment: Nobody may comment.
        auto_add_music: TikTok chooses music.
        brand_content: A paid partnership.
        brand_organic: Advertising for one's own brand.
        prepared_at: When it was staged; the post cannot be older.
    """

    title: str
    description: str
    media: tuple[Media, ...]
    privacy: Privacy | None
    mode: Mode
    disable_comment: bool
    auto_add_music: bool
    brand_content: bool
    brand_organic: bool
    prepared_at: datetime


StagedPost = StagedVideo | StagedPhotos
"""What ``publish`` and ``find`` need."""


class Handle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``poll`` needs.

    Attributes:
        publish_id: TikTok's name of the post until it has an id.
        taken_at: When TikTok had all of it.
        privacy: Who sees it; None for a draft.
        mode: Published, or left as a draft.
        photos: True for photos, whose pages lie elsewhere.
        loses_text: True for a draft whose text TikTok did not take.
    """

    publish_id: str
    taken_at: datetime
    privacy: Privacy | None
    mode: Mode
    photos: bool = False
    loses_text: bool = False
