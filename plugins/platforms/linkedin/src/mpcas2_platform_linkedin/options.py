"""LinkedIn's own fields of a post; their JSON schema drives forms, API and validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("LinkOptions", "LinkedInOptions", "PollDuration", "PollOptions", "Visibility")

Visibility = Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"]
"""Who sees a post, in the words of the API; all but ``PUBLIC`` are from memory."""

PollDuration = Literal["ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"]
"""How long votes are taken, in the words of the API."""

Choice = Annotated[
    str,
    Meta(min_length=1, max_length=30, title="Choice", description="One answer of the poll."),
]


class PollOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A poll below the text.

    Attributes:
        question: What is asked.
        choices: Two to four answers to choose from.
        duration: How long votes are taken.
    """

    question: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=140,
            title="Question",
            description="What is asked, in at most 140 characters.",
        ),
    ]
    choices: Annotated[
        tuple[Choice, ...],
        Meta(
            min_length=2,
            max_length=4,
            title="Choices",
            description="Two to four answers of at most 30 characters each.",
        ),
    ]
    duration: Annotated[
        PollDuration, Meta(title="Duration", description="How long votes are taken.")
    ] = "THREE_DAYS"


class LinkOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A page that the post shows as a card; LinkedIn does not fetch it by itself.

    Attributes:
        url: Address of the page.
        title: The card's heading; None for the title of the post.
        description: What the card says below it.
    """

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://\S+$",
            max_length=2_000,
            title="Address",
            description="Address of the page, with https:// at its beginning.",
        ),
    ]
    title: Annotated[
        str | None,
        Meta(
            title="Heading",
            description="Heading of the card; the title of the post when left out.",
        ),
    ] = None
    description: Annotated[
        str, Meta(title="Description", description="What the card says below its heading.")
    ] = ""


class LinkedInOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on LinkedIn may carry beside text and media.

    Attributes:
        visibility: Who sees the post.
        disable_reshare: Whether others may not share it.
        link: A page shown as a card, with the post's thumbnail as its picture.
        poll: A poll; a post has either media or a link or a poll.
    """

    visibility: Annotated[
        Visibility,
        Meta(
            title="Visibility",
            description="Everybody, the member's connections, or people who are signed in. Posts of "
            "pages cannot be for connections only.",
        ),
    ] = "PUBLIC"
    disable_reshare: Annotated[
        bool,
        Meta(title="No resharing", description="Keeps others from sharing the post."),
    ] = False
    link: Annotated[
        LinkOptions | None,
        Meta(
            title="Link",
            description="A page that the post shows as a card, with the thumbnail of the post as its "
            "picture. It excludes media and a poll.",
        ),
    ] = None
    poll: Annotated[
        PollOptions | None,
        Meta(title="Poll", description="A poll below the text. It excludes media and a link."),
    ] = None
