"""Builds the body of ``POST /2/tweets``.

Source: ``CreatePostsRequest`` in the API's OpenAPI description; the object is closed, so nothing else
may stand in it, and what is left out takes X's default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpcas2_hookspecs import Part
from mpcas2_platform_twitter.options import XOptions

__all__ = ("options_of", "post_body")


def options_of(part: Part) -> XOptions:
    """Gives the options that are about this part: a later one takes only the disclosures."""
    given = part.options if isinstance(part.options, XOptions) else XOptions()
    if part.index == 0:
        return given
    return XOptions(made_with_ai=given.made_with_ai, paid_partnership=given.paid_partnership)


def post_body(part: Part, media_ids: Sequence[str]) -> dict[str, Any]:
    """Puts a part into the words of the API.

    Args:
        part: The part; with a parent it becomes a reply to it, and a first comment to the first part.
        media_ids: X's ids of the part's files, in order.
    """
    options = options_of(part)
    # Always sent: the description says that the service refuses an absent text, also with media.
    body: dict[str, Any] = {"text": part.text}
    if media_ids:
        body["media"] = {"media_ids": list(media_ids)}
    above = part.root if part.role == "comment" else part.parent
    if above is not None:
        body["reply"] = {"in_reply_to_tweet_id": above.id}
    if options.poll is not None:
        body["poll"] = {
            "options": list(options.poll.options),
            "duration_minutes": options.poll.duration_minutes,
        }
    named = {
        "reply_settings": options.reply_settings,
        "quote_tweet_id": options.quote_post_id,
        "community_id": options.community_id,
        # A disclosure that is not made is left out.
        "made_with_ai": options.made_with_ai or None,
        "paid_partnership": options.paid_partnership or None,
    }
    return body | {name: value for name, value in named.items() if value is not None}
