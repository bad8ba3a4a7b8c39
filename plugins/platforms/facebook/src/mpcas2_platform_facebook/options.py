"""Facebook's own fields of a post; their JSON schema drives forms, API and validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("FacebookOptions", "Placement", "options_of")

Placement = Literal["feed", "reel", "story"]
"""Where on a Page a post stands."""

Link = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2_000)]


class FacebookOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on a Page may carry beside text and media.

    Attributes:
        placement: Where on the Page it stands.
        link: The address that a post without media shows as a card.
        ai_generated: Whether a reel was made with artificial intelligence.
    """

    placement: Annotated[
        Placement,
        Meta(
            title="Placement",
            description="In the feed, as a reel (one upright video of 3 to 90 seconds), or as a story "
            "(one picture or video, for a day).",
        ),
    ] = "feed"
    link: Annotated[
        Link | None,
        Meta(title="Link card", description="Address of a link card below a post without media."),
    ] = None
    ai_generated: Annotated[
        bool,
        Meta(
            title="Made with AI",
            description="Labels a reel as made with artificial intelligence; for reels only.",
        ),
    ] = False


def options_of(options: msgspec.Struct | None) -> FacebookOptions:
    """Gives the options of a part; None stands for the defaults."""
    return options if isinstance(options, FacebookOptions) else FacebookOptions()
