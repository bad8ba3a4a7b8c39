"""Reads how posts and accounts do.

A page's figures come for many posts at once, a member's one figure of one post at a time. Each needs a
permission of its own: ``r_organization_social`` and ``r_member_postAnalytics``.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from mpcas2_hookspecs import AccountContext, AccountMetrics, PostMetrics, Published, Rejected
from mpcas2_platform_linkedin.accounts import is_page
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.rest import Rest, encoded
from mpcas2_platform_linkedin.wire import Analytics, FollowerCount, StatisticsAnswer

__all__ = ("account_figures", "post_figures")

_AT_ONCE = 20
_SHARE = "urn:li:share:"
_MEMBER_FIGURES = ("IMPRESSION", "MEMBERS_REACHED", "RESHARE", "REACTION", "COMMENT")
_PAGE_NAMES = {
    "views": "impressionCount",
    "likes": "likeCount",
    "comments": "commentCount",
    "shares": "shareCount",
    "clicks": "clickCount",
}


async def post_figures(
    posts: Sequence[Published], ctx: AccountContext, rest: Rest
) -> dict[str, PostMetrics]:
    """Reads the figures of posts; those that are gone are missing.

    Raises:
        Rejected: The account's permission does not cover figures.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    wanted = list(dict.fromkeys(post.id for post in posts))
    if is_page(ctx.account):
        return await _page_posts(wanted, ctx, rest)
    found: dict[str, PostMetrics] = {}
    for urn in wanted:
        kind = "share" if urn.startswith(_SHARE) else "ugc"
        told = await _member_figures(f"q=entity&entity=({kind}:{encoded(urn)})", ctx, rest)
        if told is not None:
            found[urn] = PostMetrics(
                views=told.pop("IMPRESSION", None),
                shares=told.pop("RESHARE", None),
                likes=told.pop("REACTION", None),
                comments=told.pop("COMMENT", None),
                more=dict(told),
            )
    return found


async def account_figures(ctx: AccountContext, rest: Rest) -> AccountMetrics:
    """Reads the figures of a page or a member.

    Raises:
        Rejected: The account's permission does not cover figures.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    if not is_page(ctx.account):
        told = await _member_figures("q=me", ctx, rest) or {}
        return AccountMetrics(views=told.pop("IMPRESSION", None), more=dict(told))
    urn = encoded(ctx.account.platform_account_id)
    path = f"networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
    followers = await rest.get(ctx.http, path, FollowerCount, ctx.now())
    answer = await rest.get(ctx.http, _statistics_path(urn), StatisticsAnswer, ctx.now())
    total = answer.elements[0].total_share_statistics if answer.elements else {}
    figures = _numbers(total)
    return AccountMetrics(
        followers=followers.first_degree_size,
        views=_whole(figures.pop("impressionCount", None)),
        more=figures,
    )


async def _page_posts(
    wanted: Sequence[str], ctx: AccountContext, rest: Rest
) -> dict[str, PostMetrics]:
    found: dict[str, PostMetrics] = {}
    page = encoded(ctx.account.platform_account_id)
    shares = [urn for urn in wanted if urn.startswith(_SHARE)]
    others = [urn for urn in wanted if not urn.startswith(_SHARE)]
    for name, urns in (("shares", shares), ("ugcPosts", others)):
        for start in range(0, len(urns), _AT_ONCE):
            listed = ",".join(map(encoded, urns[start : start + _AT_ONCE]))
            path = f"{_statistics_path(page)}&{name}=List({listed})"
            answer = await rest.get(ctx.http, path, StatisticsAnswer, ctx.now())
            for one in answer.elements:
                found[one.share or one.ugc_post] = _page_metrics(one.total_share_statistics)
    return {urn: found[urn] for urn in wanted if urn in found}


async def _member_figures(query: str, ctx: AccountContext, rest: Rest) -> dict[str, int] | None:
    """Asks for each figure of one post or of all; None when the post is gone."""
    found: dict[str, int] = {}
    for figure in _MEMBER_FIGURES:
        path = f"memberCreatorPostAnalytics?{query}&queryType={figure}&aggregation=TOTAL"
        try:
            told = await rest.get(ctx.http, path, Analytics, ctx.now())
        except Rejected as error:
            if has_status(error, HTTPStatus.NOT_FOUND):
                return None
            raise
        found[figure] = sum(one.count for one in told.elements)
    return found


def _statistics_path(page: str) -> str:
    return "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=" + page


def _page_metrics(told: dict[str, Any]) -> PostMetrics:
    figures = _numbers(told)
    known = {name: _whole(figures.pop(theirs, None)) for name, theirs in _PAGE_NAMES.items()}
    return PostMetrics(**known, more=figures)


def _numbers(told: dict[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in told.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _whole(value: float | None) -> int | None:
    # LinkedIn takes likes back below nothing (clients saw negative counts); none is none.
    return None if value is None else max(0, int(value))
