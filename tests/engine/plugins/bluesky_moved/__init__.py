"""Bluesky with an adapter whose versions do not understand each other's handles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mpcas2_hookspecs import (
    FindResult,
    NotReady,
    Part,
    Platform,
    PublishContext,
    PublishResult,
    Staged,
    hookimpl,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform


class MovedPlatform(BlueskyPlatform):
    """Puts everything it keeps under a name, and looks for it under that name only."""

    key = "bluesky-moved"
    title = "Bluesky, moved"

    def __init__(self, shape: str, *, waits: bool) -> None:
        self._shape = shape
        self._waits = waits

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Keeps a handle, and finds it again if it has its own shape."""
        if "draft" in ctx.journal:
            assert ctx.journal["draft"][self._shape] == part.index
        else:
            await ctx.record("draft", {self._shape: part.index})
        if self._waits:
            raise NotReady("The network takes its time.", check_after=0.2)
        staged = await super().stage(part, ctx)
        return Staged(data={self._shape: dict(staged.data)})

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Posts what has its own shape."""
        return await super().publish(Staged(data=staged.data[self._shape]), ctx)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Looks for what has its own shape."""
        return await super().find(Staged(data=staged.data[self._shape]), ctx)


@hookimpl
def mpcas2_register_platforms(settings: Mapping[str, Any]) -> Iterable[Platform]:
    """Registers the network."""
    return (MovedPlatform(settings["shape"], waits=settings["waits"]),)
