"""Who a grant may post for: the member, and the pages on which the member has a posting role.

An account's lasting id is its URN, because it is the author of its posts. What the grant allows stands
in the account's data, because nothing else tells it later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

from mpcas2_hookspecs import (
    Account,
    AccountContext,
    AccountProfile,
    ConnectContext,
    Connection,
    Grant,
    Rejected,
    Unauthorized,
)
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.rest import Rest, read, send
from mpcas2_platform_linkedin.wire import Acls, Organization, UserInfo

__all__ = ("connections", "is_page", "may_comment", "may_list_comments", "may_read", "profile_of")

_PAGE = "urn:li:organization:"
_PERSON = "urn:li:person:"
_ROLES = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR"})
_AT_ONCE = 100
_MOST_PAGES = 20


def is_page(account: Account) -> bool:
    """Tells whether an account is an organisation's page and not a member."""
    return account.platform_account_id.startswith(_PAGE)


def may_read(account: Account) -> bool:
    """Tells whether the account's own posts can be read."""
    return _has(account, "r_organization_social", "r_member_social")


def may_comment(account: Account) -> bool:
    """Tells whether the account can comment."""
    return _has(account, "w_organization_social_feed", "w_member_social_feed")


def may_list_comments(account: Account) -> bool:
    """Tells whether the comments below the account's posts can be read."""
    feed = _has(account, "r_organization_social_feed", "r_member_social_feed")
    return feed or may_read(account)


def _has(account: Account, page_scope: str, member_scope: str) -> bool:
    scopes = account.data.get("scopes", ())
    return (page_scope if is_page(account) else member_scope) in scopes


async def connections(
    rest: Rest, grant: Grant, ctx: ConnectContext, asked: tuple[str, ...]
) -> list[Connection]:
    """Tells the member, and the pages if the grant covers them.

    Args:
        rest: Builds requests.
        grant: The fresh grant; all of them share it.
        ctx: Client and clock.
        asked: What was asked for, in case the grant does not tell what was given.

    Raises:
        Rejected: LinkedIn refuses to tell.
        RateLimited: LinkedIn asks to come back later.
        Unavailable: LinkedIn cannot be reached now.
    """
    scopes = asked if grant.scopes is None else grant.scopes
    data = {"scopes": sorted(scopes)}
    try:
        profiles = [await _member(rest, ctx, data)]
        if "w_organization_social" in scopes:
            profiles += [await _page(rest, ctx, urn, data) async for urn in _pages(rest, ctx)]
    except Unauthorized as error:
        raise Rejected(
            "LinkedIn refused the permission that it has just given. Start the connection again.",
            code=error.code,
            answer=error.answer,
        ) from error
    return [Connection(profile=profile, grant=grant) for profile in profiles]


async def profile_of(rest: Rest, ctx: AccountContext) -> AccountProfile:
    """Reads the profile of a connected account anew.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    account = ctx.account
    if is_page(account):
        return await _page(rest, ctx, account.platform_account_id, account.data)
    return await _member(rest, ctx, account.data)


async def _member(
    rest: Rest, ctx: ConnectContext | AccountContext, data: Mapping[str, Any]
) -> AccountProfile:
    request = ctx.http.build_request("GET", f"{rest.api_url}/v2/userinfo")
    told = read(await send(ctx.http, request, now=ctx.now()), UserInfo)
    # LinkedIn tells no handle, so the name has to do.
    return AccountProfile(
        platform_account_id=f"{_PERSON}{told.sub}",
        username=told.name or told.sub,
        display_name=told.name or None,
        avatar_url=told.picture,
        data=dict(data),
    )


async def _pages(rest: Rest, ctx: ConnectContext) -> AsyncIterator[str]:
    """Lists the URNs of the pages on which the member may post, each once."""
    seen: set[str] = set()
    for page in range(_MOST_PAGES):
        start = page * _AT_ONCE
        path = f"organizationAcls?q=roleAssignee&state=APPROVED&start={start}&count={_AT_ONCE}"
        told = await rest.get(ctx.http, path, Acls, ctx.now())
        for one in told.elements:
            allowed = one.role in _ROLES and one.state in {"", "APPROVED"}
            if allowed and one.organization not in seen and one.organization.startswith(_PAGE):
                seen.add(one.organization)
                yield one.organization
        if len(told.elements) < _AT_ONCE:
            return


async def _page(
    rest: Rest, ctx: ConnectContext | AccountContext, urn: str, data: Mapping[str, Any]
) -> AccountProfile:
    number = urn.removeprefix(_PAGE)
    told = await _organization(rest, number, ctx)
    return AccountProfile(
        platform_account_id=urn,
        username=told.vanity_name or told.localized_name or number,
        display_name=told.localized_name or None,
        data=dict(data),
    )


async def _organization(
    rest: Rest, number: str, ctx: ConnectContext | AccountContext
) -> Organization:
    try:
        return await rest.get(ctx.http, f"organizations/{number}", Organization, ctx.now())
    except Rejected as error:
        # A page can be posted to without its name being readable: then its number is its name.
        if not has_status(error, HTTPStatus.FORBIDDEN):
            raise
        return Organization()
