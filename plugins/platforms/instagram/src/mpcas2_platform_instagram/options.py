"""Instagram's own fields of a post; their JSON schema drives forms, API and validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("InstagramOptions", "Placement", "Trial", "UserTag")

Placement = Literal["auto", "feed", "reel", "story"]
"""Where the post appears; ``auto`` chooses by the media."""

Trial = Literal["manual", "performance"]
"""What makes a trial reel a reel for everybody: its owner, or how it does."""

Username = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._]{1,30}$", title="Account")]
Share = Annotated[float, Meta(ge=0, le=1)]


class UserTag(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """An account that is tagged on a picture or a video.

    Attributes:
        username: The account.
        x: How far from the left edge, as a share of the width.
        y: How far from the top edge, as a share of the height.
        item: On which file of a carousel, from 0.
    """

    username: Annotated[
        Username, Meta(title="Account", description="Handle of the account, without the @ sign.")
    ]
    x: Annotated[
        Share | None,
        Meta(title="From the left", description="Share of the width, 0 to 1; for pictures only."),
    ] = None
    y: Annotated[
        Share | None,
        Meta(title="From the top", description="Share of the height, 0 to 1; for pictures only."),
    ] = None
    item: Annotated[
        int,
        Meta(
            ge=0, le=9, title="File", description="Which file of a carousel; the first one has 0."
        ),
    ] = 0


class InstagramOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on Instagram may carry beside text and media.

    Attributes:
        placement: Feed, reel or story.
        share_to_feed: Whether a reel also appears in the feed.
        collaborators: Accounts that are asked to be authors as well.
        location_id: A place.
        user_tags: Accounts that are tagged.
        thumb_offset: Which moment of a reel is its cover.
        audio_name: What a reel's own sound is called.
        ai_generated: Discloses media made with AI.
        trial: Shows a reel to people who do not follow the account first.
    """

    placement: Annotated[
        Placement,
        Meta(
            title="Where",
            description="Feed (pictures and carousels), reel (one video) or story (one picture or "
            "video). `auto` makes a reel of one video and a feed post of anything else.",
        ),
    ] = "auto"
    share_to_feed: Annotated[
        bool, Meta(title="Also in the feed", description="Whether a reel appears in the feed too.")
    ] = True
    collaborators: Annotated[
        tuple[Username, ...],
        Meta(
            max_length=3,
            title="Collaborators",
            description="Up to three accounts that are asked to be authors of the post as well.",
        ),
    ] = ()
    location_id: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9]{1,25}$")] | None,
        Meta(title="Place", description="Number of the Facebook Page of a place."),
    ] = None
    user_tags: Annotated[
        tuple[UserTag, ...],
        Meta(max_length=20, title="Tagged accounts", description="Accounts tagged on the media."),
    ] = ()
    thumb_offset: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            title="Cover at",
            description="Seconds from the beginning of a reel to the moment that is its cover; not "
            "together with a cover picture.",
        ),
    ] = None
    audio_name: Annotated[
        str, Meta(max_length=200, title="Sound", description="Name of the reel's own sound.")
    ] = ""
    ai_generated: Annotated[
        bool, Meta(title="Made with AI", description="Discloses media made with AI.")
    ] = False
    trial: Annotated[
        Trial | None,
        Meta(
            title="Trial reel",
            description="Shows a reel to people who do not follow the account first. It becomes a reel "
            "for everybody by hand (`manual`) or if it does well (`performance`).",
        ),
    ] = None
