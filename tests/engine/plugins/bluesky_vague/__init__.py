"""Bluesky as it would be if nobody could tell whether a post is there."""

from __future__ import annotations

from collections.abc import Iterable

from mpcas2_hookspecs import CannotTell, FindResult, Platform, PublishContext, Staged, hookimpl
from mpcas2_platform_bluesky.adapter import BlueskyPlatform


class VaguePlatform(BlueskyPlatform):
    """Publishes as Bluesky does, and never knows afterwards."""

    key = "bluesky-vague"
    title = "Bluesky, vague"

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:  # noqa: ARG002 - see above
        """Cannot tell."""
        return CannotTell(reason="The network only has a list, and the list may be old.")


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Registers the network."""
    return (VaguePlatform(),)
