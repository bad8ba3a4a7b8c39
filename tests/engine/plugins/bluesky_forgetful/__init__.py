"""An adapter that breaks its promises, to show that the kill matrix notices."""

from __future__ import annotations

from collections.abc import Iterable

from mpcas2_hookspecs import (
    Absent,
    FindResult,
    Platform,
    PublishContext,
    PublishResult,
    Staged,
    hookimpl,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_platform_bluesky.records import new_tid


class ForgetfulPlatform(BlueskyPlatform):
    """Chooses another record key at each send, and swears that nothing was posted."""

    key = "bluesky-forgetful"
    title = "Bluesky, forgetful"

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Posts under a fresh key."""
        return await super().publish(Staged(data={**staged.data, "rkey": new_tid(ctx.now())}), ctx)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:  # noqa: ARG002 - it does not look
        """Never looks."""
        return Absent(proof="nobody looked")


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Registers the network."""
    return (ForgetfulPlatform(),)
