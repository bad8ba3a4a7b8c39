"""Bluesky's own fields of a post; their JSON schema drives forms, API and validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("BlueskyOptions", "ExternalCard", "Language", "SelfLabel")

SelfLabel = Literal["sexual", "nudity", "porn", "graphic-media"]
"""The content warnings that an author can put on a post of their own.

The lexicon ``com.atproto.label.defs`` knows more values; the others mean something on accounts or
from moderators only.
"""

Language = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        title="Language",
        description="A BCP 47 language tag, for example en, de or pt-BR.",
        examples=["en", "pt-BR"],
    ),
]


class ExternalCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link that is shown as a card below the text.

    Attributes:
        uri: Where the card leads.
        title: The card's headline.
        description: One or two sentences below the headline; may be empty.
    """

    uri: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^\s/?#]\S*$",
            max_length=2_000,
            title="Address",
            description="Where the card leads, starting with https:// or http://.",
        ),
    ]
    title: Annotated[
        str,
        Meta(min_length=1, max_length=300, title="Headline", description="The card's headline."),
    ]
    description: Annotated[
        str,
        Meta(
            max_length=1_000,
            title="Description",
            description="One or two sentences below the headline.",
        ),
    ] = ""


class BlueskyOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on Bluesky may carry beside text and media.

    Attributes:
        langs: Languages of the text, at most three.
        external: A link card; a post has either a card or images.
        labels: Content warnings.
    """

    langs: Annotated[
        tuple[Language, ...],
        Meta(
            max_length=3,
            title="Languages",
            description="Languages of the text, so that readers find it; at most three.",
        ),
    ] = ()
    external: Annotated[
        ExternalCard | None,
        Meta(
            title="Link card",
            description="Shows a link as a card. A post has either a card or images, not both.",
        ),
    ] = None
    labels: Annotated[
        tuple[SelfLabel, ...],
        Meta(
            max_length=4,
            title="Content warnings",
            description="Warnings that readers see before the post's pictures.",
        ),
    ] = ()
