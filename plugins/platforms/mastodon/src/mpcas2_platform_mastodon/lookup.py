"""Tells whether a post is there, after an answer was lost.

Source: https://docs.joinmastodon.org/methods/statuses/#create. A server remembers the key of a post for
an hour and answers a repeat of it with the post that is there. So within that time a repeat is harmless
whatever happened, which is all that ``Absent`` promises; behind it only the account's own list can tell,
and a list proves that a post is there and never that it is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpcas2_hookspecs import Absent, CannotTell, FindResult, Found, PublishContext
from mpcas2_platform_mastodon.api import read, send
from mpcas2_platform_mastodon.posts import published
from mpcas2_platform_mastodon.wire import Source, Status

__all__ = ("StagedPost", "look_up")

KEY_LASTS = timedelta(minutes=50)
"""How long a key is relied on; servers keep it for an hour."""

CLOCK_SKEW = timedelta(seconds=10)
"""How far the server's clock may be behind ours."""

_NEWEST = 40
_ASK_AGAIN = 20.0


class StagedPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``stage`` chose, as :attr:`~mpcas2_hookspecs.Staged.data` holds it.

    Attributes:
        server: The server's address.
        body: The body of ``POST /api/v1/statuses``.
        key: The idempotency key.
        keyed_at: When it was made; the post cannot be older.
    """

    server: str
    body: dict[str, Any]
    key: str
    keyed_at: datetime


async def look_up(post: StagedPost, ctx: PublishContext) -> FindResult:
    """Looks for a post among the account's newest, and falls back to what its key promises.

    Raises:
        PlatformError: The question itself failed.
    """
    ours = await _among_the_newest(post, ctx)
    if ours is not None:
        return Found(post=published(ours))
    if ctx.now() - post.keyed_at < KEY_LASTS:
        return Absent(
            proof="it is not listed, and the server would answer a repeat of its key with the post"
        )
    said = str(post.body.get("status", ""))[:60]
    return CannotTell(
        reason=f"The account's list does not show the post, which may be lag. Look at "
        f"{post.server}/@{ctx.account.data['name']} for a post after "
        f'{post.keyed_at:%Y-%m-%d %H:%M} UTC that begins with "{said}".',
        ask_again_after=_ASK_AGAIN,
    )


async def _among_the_newest(post: StagedPost, ctx: PublishContext) -> Status | None:
    request = ctx.http.build_request(
        "GET",
        f"{post.server}/api/v1/accounts/{ctx.account.data['id']}/statuses",
        params={"limit": str(_NEWEST), "exclude_reblogs": "true"},
    )
    listed = read(await send(ctx.http, request, now=ctx.now()), tuple[Status, ...])
    # The oldest first: a later one with the same words is another post.
    for status in reversed(listed):
        if _may_be(post, status) and await _says_the_same(post, status, ctx):
            return status
    return None


def _may_be(post: StagedPost, status: Status) -> bool:
    media = [attachment.id for attachment in status.media_attachments]
    return (
        status.created_at >= post.keyed_at - CLOCK_SKEW
        and status.in_reply_to_id == post.body.get("in_reply_to_id")
        and media == post.body.get("media_ids", [])
    )


async def _says_the_same(post: StagedPost, status: Status, ctx: PublishContext) -> bool:
    """Compares texts as they were typed; what the server lists is HTML."""
    request = ctx.http.build_request("GET", f"{post.server}/api/v1/statuses/{status.id}/source")
    source = read(await send(ctx.http, request, now=ctx.now()), Source)
    return _words(source.text) == _words(post.body.get("status", "")) and _words(
        source.spoiler_text
    ) == _words(post.body.get("spoiler_text", ""))


def _words(text: str) -> list[str]:
    # Servers trim texts and may join blanks; how they were typed tells nothing.
    return text.split()
