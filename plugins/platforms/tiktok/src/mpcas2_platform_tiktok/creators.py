"""Who a TikTok account is, and what its creator allows now.

Source: ``user/info`` and ``creator_info/query``. TikTok wants the latter to be shown while a post is
composed, and asked anew before each one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from mpcas2_hookspecs import (
    AccountContext,
    AccountProfile,
    ConnectContext,
    Connection,
    Grant,
    RateLimited,
    Rejected,
    Unauthorized,
)
from mpcas2_platform_tiktok.api import CREATOR, TikTokApi
from mpcas2_platform_tiktok.wire import Creator, ProfileData

__all__ = ("connections", "creator_info", "read_profile", "scopes_of")

USER = "v2/user/info/"


def scopes_of(data: Mapping[str, Any]) -> frozenset[str] | None:
    """Gives what the person allowed, from an account's data; None when TikTok did not say."""
    told = data.get("scopes")
    return None if told is None else frozenset(told)


async def creator_info(api: TikTokApi, client: httpx.AsyncClient, now: datetime) -> Creator:
    """Asks what the creator allows now.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    return await api.post(client, CREATOR, Creator, now=now)


async def connections(api: TikTokApi, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
    """Gives the one account of a grant.

    Raises:
        Rejected: TikTok refuses to tell.
        Unavailable: TikTok cannot be reached now.
        RateLimited: TikTok asks to come back later.
    """
    data = {} if grant.scopes is None else {"scopes": list(grant.scopes)}
    try:
        profile = await _profile(api, ctx.http, ctx.now(), data)
    except Unauthorized as error:
        raise Rejected(error.message, code=error.code, answer=error.answer) from error
    return [Connection(profile=profile, grant=grant)]


async def read_profile(api: TikTokApi, ctx: AccountContext) -> AccountProfile:
    """Reads account and creator anew; what the creator allows stays as it was if TikTok refuses it.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    return await _profile(api, ctx.http, ctx.now(), ctx.account.data)


async def _profile(
    api: TikTokApi, client: httpx.AsyncClient, now: datetime, known: Mapping[str, Any]
) -> AccountProfile:
    scopes = scopes_of(known)
    fields = ["open_id", "display_name", "avatar_url"]
    if scopes is None or "user.info.profile" in scopes:
        fields.append("username")
    params = {"fields": ",".join(fields)}
    user = (await api.get(client, USER, ProfileData, now=now, params=params)).user
    data = dict(known)
    if user.username:
        data["handle"] = user.username
    if scopes is None or "video.publish" in scopes:
        data |= await _allowed(api, client, now)
    return AccountProfile(
        platform_account_id=user.open_id,
        username=str(data.get("handle") or user.display_name or user.open_id),
        display_name=user.display_name or None,
        avatar_url=user.avatar_url or None,
        data=data,
    )


async def _allowed(api: TikTokApi, client: httpx.AsyncClient, now: datetime) -> dict[str, Any]:
    try:
        creator = await creator_info(api, client, now)
    except (Rejected, RateLimited):
        # A creator who may not post today is an account all the same.
        return {}
    handle = {"handle": creator.creator_username} if creator.creator_username else {}
    return {
        **handle,
        "privacyOptions": creator.privacy_level_options,
        "commentDisabled": creator.comment_disabled,
        "duetDisabled": creator.duet_disabled,
        "stitchDisabled": creator.stitch_disabled,
        "maxVideoSeconds": creator.max_video_post_duration_sec,
    }
