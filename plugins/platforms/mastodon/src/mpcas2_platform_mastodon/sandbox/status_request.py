"""The body of ``POST /api/v1/statuses``."""

from typing import Literal

import msgspec

Visibility = Literal["public", "unlisted", "private", "direct"]


class PollRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A poll as it was sent.

    Args:
        options: The choices.
        expires_in: How many seconds it runs.
        multiple: Whether one may choose several.
        hide_totals: Whether nobody sees the votes before it ends.
    """

    options: tuple[str, ...] = ()
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class StatusRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post as it was sent; blank texts count as absent.

    Args:
        status: Its text.
        media_ids: Its files.
        poll: Its poll.
        in_reply_to_id: The post that it answers.
        sensitive: Whether its media are hidden at first.
        spoiler_text: Its content warning.
        visibility: Who may see it.
        language: Its language's code.
        quoted_status_id: The post that it quotes.
        quote_approval_policy: Who may quote it.
        scheduled_at: When it shall be made; refused here.
    """

    status: str | None = None
    media_ids: tuple[str, ...] | None = None
    poll: PollRequest | None = None
    in_reply_to_id: str | None = None
    sensitive: bool | None = None
    spoiler_text: str | None = None
    visibility: Visibility | Literal[""] | None = None
    language: str | None = None
    quoted_status_id: str | None = None
    quote_approval_policy: Literal["public", "followers", "nobody", ""] | None = None
    scheduled_at: str | None = None
