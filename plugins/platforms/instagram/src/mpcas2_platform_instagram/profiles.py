"""Asks whose account it is."""

from __future__ import annotations

from datetime import datetime

import httpx

from mpcas2_hookspecs import AccountProfile
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.wire import Profile

__all__ = ("profile_of",)

_FIELDS = "user_id,username,name,profile_picture_url,account_type"


async def profile_of(graph: Graph, client: httpx.AsyncClient, now: datetime) -> AccountProfile:
    """Reads the account that the client's token is for.

    Its ``user_id`` is the number that posts and webhooks name; ``id`` is one for this app alone.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    who = await graph.get(client, "me", {"fields": _FIELDS}, Profile, now=now)
    return AccountProfile(
        platform_account_id=who.user_id,
        username=who.username,
        display_name=who.name,
        avatar_url=who.profile_picture_url,
        data={"accountType": who.account_type},
    )
