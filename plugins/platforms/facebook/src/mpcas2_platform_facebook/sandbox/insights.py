"""Figures of posts and Pages, under the names that they have today."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mpcas2_platform_facebook.sandbox.errors import bad_parameter
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.lists import graph_time
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.posts import Figures, Post
from mpcas2_platform_facebook.sandbox.scopes import INSIGHTS, READ
from mpcas2_sandbox.growth import figure

_POST: Final = frozenset(
    {
        *("post_media_view", "post_total_media_view_unique", "post_clicks"),
        *("post_reactions_by_type_total", "post_reactions_like_total", "post_reactions_love_total"),
    }
)
_PAGE: Final = frozenset(
    {
        *("page_media_view", "page_total_media_view_unique", "page_post_engagements"),
        *("page_follows", "page_daily_follows_unique", "page_views_total"),
    }
)
_PERIODS: Final = {"day": 1, "week": 7, "days_28": 28}
_MAX_DAYS = 92


def _names(call: GraphCall, known: frozenset[str]) -> list[str]:
    names = [one.strip() for one in call.needed("metric").split(",") if one.strip()]
    if any(one not in known for one in names):
        raise bad_parameter("The value must be a valid insights metric")
    return list(dict.fromkeys(names))


def _entry(name: str, number: str, period: str, values: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": name,
        "period": period,
        "values": values,
        "title": name.replace("_", " ").capitalize(),
        "description": f"The number of {name.replace('_', ' ')}.",
        "id": f"{number}/insights/{name}/{period}",
    }


async def post_insights(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``GET /{post}/insights``; one metric that does not fit fails all of them."""
    call.of_page(post.page)
    call.needs((*INSIGHTS, *READ))
    call.knows("metric", "period", "since", "until")
    names = _names(call, _POST)
    if call.given.get("period", "lifetime") != "lifetime":
        raise bad_parameter("The period of the insights of a post is lifetime.")
    figures = post.figures(call.now)
    data = [_entry(one, post.id, "lifetime", [{"value": _of_post(one, figures)}]) for one in names]
    return {"data": data}


def _of_post(name: str, figures: Figures) -> Any:
    match name:
        case "post_media_view":
            return figures.views
        case "post_total_media_view_unique":
            return figures.viewers
        case "post_clicks":
            return figures.clicks
        case "post_reactions_like_total":
            return figures.likes
        case "post_reactions_love_total":
            return figures.loves
        case _:
            kinds = {"like": figures.likes, "love": figures.loves}
            return {kind: number for kind, number in kinds.items() if number}


async def page_insights(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/insights``."""
    call.of_page(page)
    call.needs((*INSIGHTS, *READ))
    call.knows("metric", "period", "since", "until", "date_preset")
    names = _names(call, _PAGE)
    period = call.given.get("period", "day")
    if period not in _PERIODS:
        raise bad_parameter(f"Param period must be one of {', '.join(_PERIODS)}")
    since, until = _range(call)
    length = timedelta(days=_PERIODS[period])
    data = []
    for name in names:
        values, end = [], since + timedelta(days=1)
        while end <= until + timedelta(seconds=1):
            value = _of_page(call, page, name, end - length, end)
            values.append({"value": value, "end_time": graph_time(end)})
            end += timedelta(days=1)
        data.append(_entry(name, page.id, period, values))
    return {"data": data}


def _range(call: GraphCall) -> tuple[datetime, datetime]:
    last = call.moment("until")
    until = call.now if last is None else datetime.fromtimestamp(last, UTC)
    first = call.moment("since")
    since = until - timedelta(days=2) if first is None else datetime.fromtimestamp(first, UTC)
    if since > until:
        raise bad_parameter("Param since must be before until.")
    if until - since > timedelta(days=_MAX_DAYS):
        raise bad_parameter(f"There cannot be more than {_MAX_DAYS} days between since and until.")
    return since, until


def _of_page(call: GraphCall, page: Page, name: str, start: datetime, end: datetime) -> int:
    """Returns a Page's figure of a period; followers are counted as they stand at its end."""

    def by(moment: datetime) -> int:
        moment = min(moment, call.now)
        if name in {"page_follows", "page_daily_follows_unique"}:
            return figure(f"{page.id}:follows", page.joined_at, moment, 90)
        if name == "page_views_total":
            return figure(f"{page.id}:views", page.joined_at, moment, 700)
        total = 0
        for post in call.state.posts.values():
            if post.page is page and post.made_at <= moment and post.public_at() is not None:
                total += _share(name, post.figures(moment))
        return total

    if name == "page_follows":
        return page.followers + by(end)
    return by(end) - by(start)


def _share(name: str, figures: Figures) -> int:
    match name:
        case "page_media_view":
            return figures.views
        case "page_total_media_view_unique":
            return figures.viewers
        case _:
            return figures.clicks + figures.reactions + figures.comments + figures.shares
