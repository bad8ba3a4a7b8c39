"""YouTube's own fields of a post; their JSON schema drives forms, API and validation.

Source: the resource ``Video`` and the method ``videos.insert`` in the discovery document of the
YouTube Data API v3.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("Privacy", "Tag", "YouTubeOptions")

Privacy = Literal["public", "unlisted", "private"]
"""Who sees a video: ``status.privacyStatus``."""

Tag = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=r"^[^<>]*$",
        title="Tag",
        description="A keyword, without < and >.",
        examples=["travel"],
    ),
]


class YouTubeOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a video on YouTube may carry beside title, description, file and thumbnail.

    Attributes:
        privacy: Who sees the video; None stands for public, and for private with ``publish_at``.
        publish_at: When YouTube itself makes the video public.
        made_for_kids: Whether the video is made for children; None leaves it to the channel.
        synthetic_media: Whether it shows realistic scenes that were altered or made by AI.
        tags: Keywords.
        category_id: Id of YouTube's category.
        playlist_id: A playlist of the channel that the video is put into.
        license: The video's licence; None leaves it to YouTube.
        embeddable: Whether other sites may embed it; None leaves it to YouTube.
        default_language: Language of title and description.
        notify_subscribers: Whether subscribers are told; None leaves it to YouTube, which does.
    """

    privacy: Annotated[
        Privacy | None,
        Meta(
            title="Visibility",
            description="Who sees the video. Left out it is public, and with a publishing time "
            "private until then.",
        ),
    ] = None
    publish_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(
            title="Publishing time",
            description="When YouTube makes the private video public, with a time zone, for example "
            "2027-01-31T18:00:00Z. The video is uploaded when the post is due.",
        ),
    ] = None
    made_for_kids: Annotated[
        bool | None,
        Meta(
            title="Made for kids",
            description="Whether the video is made for children, as the law in the US asks to "
            "declare. Left out, the channel's own setting holds.",
        ),
    ] = None
    synthetic_media: Annotated[
        bool,
        Meta(
            title="Altered or synthetic",
            description="Whether the video shows realistic people, places or events that were "
            "altered or made by AI; YouTube then labels it.",
        ),
    ] = False
    tags: Annotated[
        tuple[Tag, ...],
        Meta(
            max_length=250,
            title="Tags",
            description="Keywords; at most 500 characters together.",
        ),
    ] = ()
    category_id: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9]{1,5}$")] | None,
        Meta(
            title="Category",
            description="Id of YouTube's category, for example 22 for People & Blogs.",
            examples=["22"],
        ),
    ] = None
    playlist_id: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)] | None,
        Meta(
            title="Playlist",
            description="Id of a playlist of the channel that the video is put into.",
        ),
    ] = None
    license: Annotated[
        Literal["youtube", "creativeCommon"] | None,
        Meta(
            title="Licence",
            description="YouTube's standard licence, or Creative Commons Attribution.",
        ),
    ] = None
    embeddable: Annotated[
        bool | None,
        Meta(title="Embedding", description="Whether other sites may embed the video."),
    ] = None
    default_language: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] | None,
        Meta(
            title="Language",
            description="Language of title and description as a BCP 47 tag, for example en or de.",
        ),
    ] = None
    notify_subscribers: Annotated[
        bool | None,
        Meta(
            title="Notify subscribers",
            description="Whether subscribers are told of the video. Left out, they are.",
        ),
    ] = None
