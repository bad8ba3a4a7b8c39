"""Postbox as MPCAS2 sees it: stage, publish and find, and what else it can do.

Postbox lets the client choose the id of a draft. Everything follows from that: the id is chosen once
and journalled before its first use, so a successor goes on with the same draft; publishing is one
request that names the draft; and whether it happened is a question that the draft itself answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from mpcas2_hookspecs import (
    Absent,
    Account,
    AccountContext,
    FindResult,
    Found,
    Limits,
    MediaRule,
    Part,
    PostMetrics,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    Staged,
    TextRule,
)

from .api import send
from .connecting import ConnectsPostbox
from .options import PostboxOptions
from .wire import Draft, FiguresList, Nothing, Post

__all__ = ("PostboxPlatform",)

_LIMITS = Limits(
    text=TextRule(max_length=500),
    media=(
        MediaRule(
            kind="image",
            mime_types=("image/jpeg", "image/png"),
            max_count=4,
            max_bytes=10_000_000,
            alt_text_max_length=300,
        ),
    ),
    comment=TextRule(max_length=200, required=True),
)
_POSTS_A_QUESTION = 50


class PostboxPlatform(ConnectsPostbox):
    """Publishes texts and pictures to Postbox."""

    key = "postbox"
    title = "Postbox"
    options: type[msgspec.Struct] = PostboxOptions

    def limits(self, account: Account | None) -> Limits:
        """Declares what may be posted, by this account or (None) by anyone."""
        return _LIMITS

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Makes a draft and fills it; nobody sees it before it is published.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        draft_id, draft = ctx.journal.get("draft"), None
        if draft_id is None:
            draft_id = uuid4().hex
            # First the journal, then the network: a successor finds what a dead process began.
            await ctx.record("draft", draft_id)
        else:
            draft = await self._draft(draft_id, ctx)
        if draft is None:
            draft = await send(
                ctx.http, "PUT", self._url(draft_id), Draft, now=ctx.now(), json=_body(part)
            )
        for place, media in enumerate(part.media):
            if place not in draft.images:
                await send(
                    ctx.http,
                    "PUT",
                    f"{self._url(draft_id)}/images/{place}",
                    Draft,
                    now=ctx.now(),
                    # In chunks: a worker that holds whole files runs out of memory.
                    content=ctx.open_media(media),
                    headers={"content-type": media.mime_type, "content-length": str(media.size)},
                    params={"alt": media.alt_text},
                )
        return Staged(data={"draft": draft_id})

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Publishes the draft, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree but ``NotReady``: nothing happened.
        """
        url = f"{self._url(staged.data['draft'])}/publish"
        post = await send(ctx.http, "POST", url, Post, now=ctx.now(), irreversible=True)
        return Published(id=post.id, url=post.url)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks the draft whether it was published.

        Raises:
            PlatformError: The question itself failed.
        """
        draft = await self._draft(staged.data["draft"], ctx)
        if draft is None:
            # Postbox drops drafts that rest for 30 days, and never one that was published.
            return Absent(proof="the draft is gone, and a published one is kept for ever")
        if draft.post is None:
            return Absent(proof="the draft is not published")
        return Found(post=Published(id=draft.post.id, url=draft.post.url))

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a post down; one that is gone already is no error.

        Raises:
            PlatformError: Any of the tree but ``NotReady``.
        """
        url = f"{self._api_url}/v1/posts/{post.id}"
        try:
            await send(ctx.http, "DELETE", url, Nothing, now=ctx.now(), irreversible=True)
        except Rejected as error:
            if error.code != "unknown-post":
                raise

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of posts, fifty at a time.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        found: dict[str, PostMetrics] = {}
        for start in range(0, len(posts), _POSTS_A_QUESTION):
            ids = ",".join(post.id for post in posts[start : start + _POSTS_A_QUESTION])
            url = f"{self._api_url}/v1/posts"
            told = await send(ctx.http, "GET", url, FiguresList, now=ctx.now(), params={"ids": ids})
            for one in told.posts:
                found[one.id] = PostMetrics(views=one.views, likes=one.likes, comments=one.comments)
        return found

    def _url(self, draft_id: str) -> str:
        return f"{self._api_url}/v1/drafts/{draft_id}"

    async def _draft(self, draft_id: str, ctx: PublishContext) -> Draft | None:
        """Asks for a draft; None when Postbox does not have it."""
        try:
            return await send(ctx.http, "GET", self._url(draft_id), Draft, now=ctx.now())
        except Rejected as error:
            # By its own code: a 404 of a proxy or of a wrong address proves nothing.
            if error.code != "unknown-draft":
                raise
            return None


def _body(part: Part) -> dict[str, Any]:
    if part.root is not None:
        # Postbox has no threads, so what follows a post is its first comment; options are the post's.
        return {"text": part.text, "commentOn": part.root.id}
    options = part.options or PostboxOptions()
    return {"text": part.text, **msgspec.to_builtins(options)}
