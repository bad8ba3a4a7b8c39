"""Threads' own fields of a post; their JSON schema drives forms, API and validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("ReplyControl", "ThreadsOptions", "options_of")

ReplyControl = Literal[
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
]
"""Who may reply, in the words of the API."""

Choice = Annotated[
    str,
    Meta(min_length=1, max_length=25, title="Choice", description="One answer of the poll."),
]
Topic = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^.&]+$")]
Id = Annotated[str, Meta(pattern=r"^[0-9]{1,32}$")]
Link = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2_000)]


class ThreadsOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on Threads may carry beside text and media.

    Attributes:
        reply_control: Who may reply to the first post.
        topic_tag: The topic of the first post, without a hash sign.
        link_attachment: A link card below a text post.
        quote_post_id: The post that is quoted.
        poll: Two to four answers below a text post.
        spoiler_media: Whether the media are hidden until a click.
        location_id: The place of the first post.
    """

    reply_control: Annotated[
        ReplyControl | None,
        Meta(
            title="Who can reply",
            description="Everyone, accounts you follow, mentioned ones, the author of the post above, "
            "or followers; the account's own default when left out.",
        ),
    ] = None
    topic_tag: Annotated[
        Topic | None,
        Meta(
            title="Topic",
            description="The one topic of the first post, without # and without full stops or &.",
        ),
    ] = None
    link_attachment: Annotated[
        Link | None,
        Meta(title="Link card", description="Address of a link card below a post without media."),
    ] = None
    quote_post_id: Annotated[
        Id | None,
        Meta(title="Quoted post", description="Id of a post to quote in the first post."),
    ] = None
    poll: Annotated[
        tuple[Choice, ...] | None,
        Meta(
            title="Poll",
            description="Two to four answers of at most 25 characters, below a post without media; "
            "it runs for a day.",
        ),
    ] = None
    spoiler_media: Annotated[
        bool, Meta(title="Spoiler", description="Hides the media until somebody clicks.")
    ] = False
    location_id: Annotated[
        Id | None, Meta(title="Place", description="Id of the place of the first post.")
    ] = None


def options_of(options: msgspec.Struct | None) -> ThreadsOptions:
    """Gives the options of a part; None stands for the defaults."""
    return options if isinstance(options, ThreadsOptions) else ThreadsOptions()
