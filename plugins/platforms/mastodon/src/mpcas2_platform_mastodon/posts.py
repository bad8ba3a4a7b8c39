"""The request that makes a post, and what is read off posts: address, figures, comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mpcas2_hookspecs import (
    AccountContext,
    Comment,
    CommentPage,
    Part,
    PostMetrics,
    Published,
)
from mpcas2_platform_mastodon.api import read, send
from mpcas2_platform_mastodon.options import options_of
from mpcas2_platform_mastodon.text import plain_text
from mpcas2_platform_mastodon.wire import Context, Status

__all__ = ("collect", "comments_below", "post_body", "published")

_AT_ONCE = 20


def post_body(part: Part, media_ids: Sequence[str]) -> dict[str, Any]:
    """Makes the body of ``POST /api/v1/statuses``; what is left out is the account's own default."""
    options = options_of(part.options)
    body: dict[str, Any] = {}
    if part.text:
        body["status"] = part.text
    if media_ids:
        body["media_ids"] = list(media_ids)
    if part.parent is not None:
        body["in_reply_to_id"] = part.parent.id
    if options.visibility is not None:
        body["visibility"] = options.visibility
    if options.spoiler_text:
        body["spoiler_text"] = options.spoiler_text
    if options.sensitive:
        body["sensitive"] = True
    if options.language is not None:
        body["language"] = options.language
    if options.poll is not None and part.parent is None:
        body["poll"] = {
            "options": list(options.poll.options),
            "expires_in": options.poll.duration_minutes * 60,
            "multiple": options.poll.multiple,
            "hide_totals": options.poll.hide_totals,
        }
    return body


def published(status: Status) -> Published:
    """Gives a post as the engine keeps it."""
    return Published(id=status.id, url=status.url or status.uri or None)


async def collect(
    posts: Sequence[Published], ctx: AccountContext, server: str
) -> Mapping[str, PostMetrics]:
    """Reads the figures of posts, twenty at a time. Servers do not count views.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    wanted = list(dict.fromkeys(post.id for post in posts))
    found: dict[str, PostMetrics] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        request = ctx.http.build_request(
            "GET",
            f"{server}/api/v1/statuses",
            params=[("id[]", post_id) for post_id in wanted[start : start + _AT_ONCE]],
        )
        told = read(await send(ctx.http, request, now=ctx.now()), tuple[Status, ...])
        found |= {status.id: _metrics(status) for status in told}
    return {post_id: found[post_id] for post_id in wanted if post_id in found}


async def comments_below(post: Published, ctx: AccountContext, server: str) -> CommentPage:
    """Reads everything that was written below a post; servers give it at once, the oldest first.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    request = ctx.http.build_request("GET", f"{server}/api/v1/statuses/{post.id}/context")
    context = read(await send(ctx.http, request, now=ctx.now()), Context)
    return CommentPage(
        comments=tuple(
            Comment(
                id=status.id,
                author="" if status.account is None else status.account.acct,
                text=plain_text(status.content),
                created_at=status.created_at,
                url=status.url,
                parent_id=None if status.in_reply_to_id == post.id else status.in_reply_to_id,
                likes=status.favourites_count,
            )
            for status in context.descendants
        )
    )


def _metrics(status: Status) -> PostMetrics:
    quotes = status.quotes_count
    return PostMetrics(
        likes=status.favourites_count,
        comments=status.replies_count,
        shares=status.reblogs_count + (quotes or 0),
        more={} if quotes is None else {"quotes_count": quotes},
    )
