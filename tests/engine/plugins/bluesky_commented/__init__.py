"""Bluesky as it would be if it took first comments, which are replies there."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Account,
    CannotTell,
    FindResult,
    Limits,
    Part,
    Platform,
    PublishContext,
    Rejected,
    Staged,
    TextRule,
    hookimpl,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform

UNTELLABLE = "nobody can tell"
LAGGING = "shown late"
ASK_AGAIN_SECONDS = 60.0


class CommentedPlatform(BlueskyPlatform):
    """Takes first comments, and what a text says decides how well it is found."""

    key = "bluesky-commented"
    title = "Bluesky, commented"

    def limits(self, account: Account | None) -> Limits:
        """Declares what Bluesky takes, and comments."""
        limits = super().limits(account)
        return msgspec.structs.replace(limits, comment=TextRule(max_length=50, unit="graphemes"))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Refuses a comment that is none of the contract's."""
        if part.role == "comment" and (part.parent is None or part.parent != part.root):
            raise Rejected("A comment hangs below the first post.")
        return await super().stage(part, ctx)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Looks, unless the text says that it is of no use."""
        text = staged.data["record"]["text"]
        if UNTELLABLE in text:
            return CannotTell(reason="The network only has a list, and the list may be old.")
        found = await super().find(staged, ctx)
        if LAGGING in text and isinstance(found, Absent):
            return CannotTell(
                reason="The list does not show it.", ask_again_after=ASK_AGAIN_SECONDS
            )
        return found


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Registers the network."""
    return (CommentedPlatform(),)
