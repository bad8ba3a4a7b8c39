"""An adapter that breaks its promises, to show that the kill matrix notices."""

from __future__ import annotations

import os
from collections.abc import Iterable

from mpcas2_hookspecs import Absent, FindResult, Platform, PublishContext, Staged, hookimpl
from mpcas2_platform_twitter.adapter import XPlatform


class ForgetfulPlatform(XPlatform):
    """Swears that nothing was posted, although a timeline never proves that."""

    key = "x-forgetful"
    title = "X, forgetful"

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:  # noqa: ARG002 - it does not look
        """Never looks."""
        return Absent(proof="nobody looked")


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Registers the network, at the address of the adapter that it spoils."""
    url = os.environ.get("MPCAS2_TWITTER_API_URL", "http://127.0.0.1:1")
    return (ForgetfulPlatform({"api_url": url, "web_url": url}),)
