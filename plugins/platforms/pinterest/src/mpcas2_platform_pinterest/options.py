"""Pinterest's own fields of a Pin; their JSON schema drives forms, API and validation."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ("PinterestOptions", "options_of")

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,32}$")]
Link = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2_048)]
Color = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$")]
Second = Annotated[int, Meta(ge=0, le=900)]


class PinterestOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a Pin may carry beside title, description and media.

    Attributes:
        board_id: The board that the Pin goes to; every Pin needs one.
        board_section_id: A section of that board.
        link: Where a click on the Pin leads.
        dominant_color: Shown until the picture is loaded.
        cover_key_frame_time: The second of the video whose picture becomes the cover.
    """

    board_id: Annotated[
        Id | None,
        Meta(
            title="Board", description="Id of the board that the Pin goes to. Every Pin needs one."
        ),
    ] = None
    board_section_id: Annotated[
        Id | None,
        Meta(title="Section", description="Id of a section of the board; none when left out."),
    ] = None
    link: Annotated[
        Link | None,
        Meta(title="Link", description="Address that a click on the Pin leads to."),
    ] = None
    dominant_color: Annotated[
        Color | None,
        Meta(
            title="Dominant colour",
            description="Colour that is shown until the picture is there, such as #6E7874.",
        ),
    ] = None
    cover_key_frame_time: Annotated[
        Second | None,
        Meta(
            title="Cover from second",
            description="Second of the video whose picture becomes the cover, in place of a thumbnail. "
            "With neither, it is second 1.",
        ),
    ] = None


def options_of(options: msgspec.Struct | None) -> PinterestOptions:
    """Gives the options of a part; None stands for the defaults."""
    return options if isinstance(options, PinterestOptions) else PinterestOptions()
