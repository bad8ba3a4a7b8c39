"""Bluesky as it would be if it took every post first and decided later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from mpcas2_hookspecs import (
    Accepted,
    Platform,
    PollResult,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    Staged,
    StillDeciding,
    Unavailable,
    hookimpl,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_platform_bluesky.session import server_of

CHECK_AFTER = 0.2


class SlowPlatform(BlueskyPlatform):
    """Asks for the record to learn of the decision: 202 means none yet, 422 means no."""

    key = "bluesky-slow"
    title = "Bluesky, slow"

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Posts, and gives a handle instead of the post."""
        answer = await super().publish(staged, ctx)
        if not isinstance(answer, Published):
            return answer
        names = ("repo", "collection", "rkey")
        handle = {
            "key": {name: staged.data[name] for name in names},
            "id": answer.id,
            "data": answer.data,
        }
        return Accepted(handle=handle, check_after=CHECK_AFTER, key=answer.id)

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks what was decided."""
        url = f"{server_of(ctx.account)}/xrpc/com.atproto.repo.getRecord"
        answer = await ctx.bare_http.get(url, params=handle["key"])
        if answer.status_code == httpx.codes.ACCEPTED:
            return StillDeciding(check_after=CHECK_AFTER, note="Somebody is looking at it.")
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise Rejected("The picture shows a trade mark. Use another.", code="TradeMark")
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"The network answered {answer.status_code}.")
        return Published(id=handle["id"], data=handle["data"])


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Registers the network."""
    return (SlowPlatform(),)
