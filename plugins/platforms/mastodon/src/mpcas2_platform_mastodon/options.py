"""Mastodon's own fields of a post; their JSON schema drives forms, API and validation.

Visibility, content warning, sensitivity and language go on every part of a thread, since each can be
seen alone; a poll is about the first part.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("MastodonOptions", "PollOptions", "Visibility", "options_of")

Visibility = Literal["public", "unlisted", "private", "direct"]
"""Who sees a post, in the words of the API."""

Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")]
Choice = Annotated[str, Meta(min_length=1, title="Choice", description="One answer of the poll.")]


class PollOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A poll below the text.

    Attributes:
        options: What to choose from.
        duration_minutes: How long votes are taken.
        multiple: Whether one may choose several.
        hide_totals: Whether the counts are hidden until the end.
    """

    options: Annotated[
        tuple[Choice, ...],
        Meta(
            min_length=2,
            title="Choices",
            description="Two answers or more; most servers take four of 50 characters.",
        ),
    ]
    duration_minutes: Annotated[
        int,
        Meta(ge=1, title="Duration", description="Minutes in which votes are taken."),
    ] = 1_440
    multiple: Annotated[
        bool, Meta(title="Several answers", description="Lets people choose more than one answer.")
    ] = False
    hide_totals: Annotated[
        bool, Meta(title="Hide counts", description="Hides the counts until the poll has ended.")
    ] = False


class MastodonOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on Mastodon may carry beside text and media.

    Attributes:
        visibility: Who sees it; None for the account's own default.
        spoiler_text: A content warning that stands before the text; it counts as text.
        sensitive: Whether the media are blurred.
        language: ISO 639-1 code of the text; None for the account's own default.
        poll: A poll; a post has either a poll or media.
    """

    visibility: Annotated[
        Visibility | None,
        Meta(
            title="Visibility",
            description="Public, unlisted (not in public timelines), private (followers) or direct "
            "(whom it mentions); the account's own default when left out.",
        ),
    ] = None
    spoiler_text: Annotated[
        str,
        Meta(
            title="Content warning",
            description="Stands before the text, which shows on a click. It counts as text.",
        ),
    ] = ""
    sensitive: Annotated[
        bool, Meta(title="Sensitive media", description="Blurs the media until a click.")
    ] = False
    language: Annotated[
        Language | None,
        Meta(
            title="Language",
            description="ISO 639 code of the text, such as en; the account's default when left out.",
        ),
    ] = None
    poll: Annotated[
        PollOptions | None,
        Meta(title="Poll", description="A poll below the first post. It excludes media."),
    ] = None


def options_of(options: msgspec.Struct | None) -> MastodonOptions:
    """Gives the options of a part; None stands for the defaults."""
    return options if isinstance(options, MastodonOptions) else MastodonOptions()
