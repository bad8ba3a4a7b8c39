"""Figures of Pins and of accounts.

Source: Pinterest's OpenAPI description 5.23.0. Its route for many Pins at once is a beta that apps have
to apply for, so each Pin is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mpcas2_hookspecs import AccountContext, AccountMetrics, PostMetrics, Published, Rejected
from mpcas2_platform_pinterest.api import Api
from mpcas2_platform_pinterest.faults import is_gone
from mpcas2_platform_pinterest.wire import PinFigures, PinFiguresAnswer, User

__all__ = ("FILMED", "account_figures", "pin_figures")

FILMED = "filmed"
"""Name in :attr:`Published.data` of whether the Pin is a video: videos have metrics of their own."""

_USUAL = ("IMPRESSION", "OUTBOUND_CLICK", "PIN_CLICK", "SAVE", "TOTAL_COMMENTS", "TOTAL_REACTIONS")
_VIDEO = ("VIDEO_MRC_VIEW", "VIDEO_START", "VIDEO_AVG_WATCH_TIME")
_WHOLE = "all"
# Pinterest tells of 90 days, today being one of them.
_DAYS = timedelta(days=89)


async def pin_figures(
    posts: Sequence[Published], ctx: AccountContext, api: Api
) -> dict[str, PostMetrics]:
    """Reads the figures of Pins, of the last 90 days.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    today = ctx.now().date()
    found: dict[str, PostMetrics] = {}
    for post in {one.id: one for one in posts}.values():
        filmed = bool(post.data.get(FILMED))
        params = {
            "start_date": (today - _DAYS).isoformat(),
            "end_date": today.isoformat(),
            "metric_types": ",".join((*_USUAL, *_VIDEO) if filmed else _USUAL),
        }
        path = f"pins/{post.id}/analytics"
        try:
            told = await api.get(ctx.http, path, PinFiguresAnswer, now=ctx.now(), params=params)
        except Rejected as error:
            if not is_gone(error):
                raise
            continue
        found[post.id] = _metrics(told.get(_WHOLE, PinFigures()), filmed=filmed)
    return found


async def account_figures(ctx: AccountContext, api: Api) -> AccountMetrics:
    """Reads the account's figures.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    user = await api.get(ctx.http, "user_account", User, now=ctx.now())
    more = {"boards": user.board_count, "monthly_views": user.monthly_views}
    return AccountMetrics(
        followers=user.follower_count,
        following=user.following_count,
        posts=user.pin_count,
        more={name: float(value) for name, value in more.items() if value is not None},
    )


def _metrics(told: PinFigures, *, filmed: bool) -> PostMetrics:
    figures = {**told.summary_metrics, **told.lifetime_metrics}

    def whole(name: str) -> int | None:
        return round(figures[name]) if name in figures else None

    return PostMetrics(
        views=whole("VIDEO_MRC_VIEW" if filmed else "IMPRESSION"),
        likes=whole("TOTAL_REACTIONS"),
        comments=whole("TOTAL_COMMENTS"),
        saves=whole("SAVE"),
        clicks=whole("OUTBOUND_CLICK"),
        more={
            name.lower(): float(figures[name]) for name in _shown(filmed=filmed) if name in figures
        },
    )


def _shown(*, filmed: bool) -> tuple[str, ...]:
    # What stands in a field of its own is not told again.
    return ("IMPRESSION", "PIN_CLICK", *_VIDEO[1:]) if filmed else ("PIN_CLICK",)
