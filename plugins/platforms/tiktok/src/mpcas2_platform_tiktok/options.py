"""TikTok's own fields of a post; their JSON schema drives forms, API and validation.

Source: ``post_info`` of the Content Posting API, as the contract fixtures have it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mpcas2_hookspecs import Part

__all__ = ("Mode", "Privacy", "TikTokOptions", "options_of")

Privacy = Literal["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
"""Who sees a post, in TikTok's words; each creator has some of these."""

Mode = Literal["direct", "inbox"]
"""Whether TikTok publishes it, or keeps it as a draft for the person."""


class TikTokOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on TikTok may carry beside text, title and files.

    Attributes:
        privacy: Who sees the post; a direct post needs it, a draft has none.
        mode: Published at once, or left as a draft in the TikTok app.
        disable_comment: Nobody may comment.
        disable_duet: Nobody may make a duet with the video.
        disable_stitch: Nobody may stitch the video.
        cover_timestamp: The moment of the video that stands for it, in seconds.
        brand_content: A paid partnership with somebody else's brand.
        brand_organic: Advertising for one's own brand.
        ai_generated: The video was made by AI.
        auto_add_music: TikTok chooses music for photos.
    """

    privacy: Annotated[
        Privacy | None,
        Meta(
            title="Who can see it",
            description="Who sees the post: PUBLIC_TO_EVERYONE (everyone), MUTUAL_FOLLOW_FRIENDS "
            "(friends), FOLLOWER_OF_CREATOR (followers) or SELF_ONLY (only you). TikTok asks for a "
            "choice at every direct post; which of them an account has, TikTok decides.",
        ),
    ] = None
    mode: Annotated[
        Mode,
        Meta(
            title="How to post",
            description="direct publishes the post; inbox leaves it as a draft in the TikTok app, "
            "where the person finishes it.",
        ),
    ] = "direct"
    disable_comment: Annotated[
        bool, Meta(title="No comments", description="Whether comments are switched off.")
    ] = False
    disable_duet: Annotated[
        bool,
        Meta(title="No duets", description="Whether duets with the video are switched off."),
    ] = False
    disable_stitch: Annotated[
        bool,
        Meta(title="No stitches", description="Whether stitches of the video are switched off."),
    ] = False
    cover_timestamp: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            title="Cover",
            description="The moment of the video, in seconds from its beginning, whose picture "
            "stands for it. Left out, TikTok chooses.",
            examples=[1.5],
        ),
    ] = None
    brand_content: Annotated[
        bool,
        Meta(
            title="Paid partnership",
            description="Whether the post advertises somebody else's brand for a reward; TikTok "
            "labels it so.",
        ),
    ] = False
    brand_organic: Annotated[
        bool,
        Meta(
            title="Your brand",
            description="Whether the post advertises your own business; TikTok labels it so.",
        ),
    ] = False
    ai_generated: Annotated[
        bool,
        Meta(
            title="Made by AI",
            description="Whether the video was made by AI; TikTok labels it so.",
        ),
    ] = False
    auto_add_music: Annotated[
        bool,
        Meta(title="Add music", description="Whether TikTok adds music to photos by itself."),
    ] = False


def options_of(part: Part) -> TikTokOptions:
    """Gives a part's options, or their defaults.

    Args:
        part: What is posted.
    """
    return part.options if isinstance(part.options, TikTokOptions) else TikTokOptions()
