"""Figures of posts and accounts, under the names that they have today."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.errors import bad_parameter, unknown_object
from mpcas2_platform_instagram.sandbox.graph_call import GraphCall
from mpcas2_platform_instagram.sandbox.media import Figures, Media, Product
from mpcas2_platform_instagram.sandbox.nodes import graph_time
from mpcas2_platform_instagram.sandbox.scopes import INSIGHTS
from mpcas2_sandbox.growth import figure

_EVERYWHERE: Final = frozenset({"views", "reach", "shares", "total_interactions"})
_OF_PRODUCT: Final[dict[Product, frozenset[str]]] = {
    "FEED": _EVERYWHERE
    | {"likes", "comments", "saved", "reposts", "follows", "profile_visits", "profile_activity"},
    "REELS": _EVERYWHERE
    | {"likes", "comments", "saved", "reposts", "reels_skip_rate"}
    | {"ig_reels_avg_watch_time", "ig_reels_video_view_total_time"},
    "STORY": _EVERYWHERE
    | {"replies", "navigation", "follows", "profile_visits", "profile_activity"},
}
_ALL_MEDIA: Final = frozenset().union(*_OF_PRODUCT.values())
_REMOVED: Final = frozenset({"impressions", "plays", "video_views", "profile_views", "engagement"})
_TOTALS: Final = frozenset(
    {
        *("views", "reach", "accounts_engaged", "total_interactions", "likes", "comments"),
        *("shares", "saves", "replies", "reposts", "follows_and_unfollows", "profile_links_taps"),
    }
)
_SERIES: Final = frozenset({"reach", "follower_count"})
_MAX_DAYS = 30
_WATCH_MILLISECONDS = 4200


def _names(call: GraphCall) -> list[str]:
    names = [one.strip() for one in call.needed("metric").split(",") if one.strip()]
    for name in names:
        if name in _REMOVED:
            raise bad_parameter(
                f"Starting from version v22.0 and above, the {name} metric is no longer supported. "
                "Please try removing the metric and try again."
            )
    return list(dict.fromkeys(names))


def _entry(name: str, number: str, period: str) -> dict[str, Any]:
    return {
        "name": name,
        "period": period,
        "title": name.replace("_", " ").capitalize(),
        "description": f"The number of {name.replace('_', ' ')}.",
        "id": f"{number}/insights/{name}/{period}",
    }


async def media_insights(call: GraphCall, media: Media) -> dict[str, Any]:
    """Answers ``GET /{media}/insights``; one metric that does not fit fails all of them."""
    call.needs(INSIGHTS)
    names = _names(call)
    for name in names:
        if name not in _ALL_MEDIA:
            allowed = ", ".join(sorted(_ALL_MEDIA))
            raise bad_parameter(f"metric[0] must be one of the following values: {allowed}")
        if name not in _OF_PRODUCT[media.product]:
            raise bad_parameter(
                f"The Media Insights API does not support the {name} metric for this media "
                "product type."
            )
    if call.given.get("period", "lifetime") != "lifetime":
        raise bad_parameter("The period of media insights is lifetime.")
    figures = media.figures(call.now)
    data = [
        {**_entry(name, media.id, "lifetime"), "values": [{"value": _media_value(name, figures)}]}
        for name in names
    ]
    return {"data": data}


def _media_value(name: str, figures: Figures) -> float:
    match name:
        case "total_interactions":
            return figures.interactions
        case "profile_activity":
            return figures.profile_visits // 3
        case "ig_reels_avg_watch_time":
            return _WATCH_MILLISECONDS if figures.views else 0
        case "ig_reels_video_view_total_time":
            return _WATCH_MILLISECONDS * figures.views
        case "reels_skip_rate":
            return 27.5 if figures.views else 0
        case _:
            value: int = getattr(figures, name)
            return value


async def account_insights(call: GraphCall, account: Account) -> dict[str, Any]:
    """Answers ``GET /{ig-user}/insights`` for days of the last two years."""
    if account is not call.account:
        raise unknown_object(call.verb, account.id)
    call.needs(INSIGHTS)
    names = _names(call)
    if call.needed("period") != "day":
        raise bad_parameter("These metrics have the period day.")
    total = call.given.get("metric_type", "time_series") == "total_value"
    known = _TOTALS if total else _SERIES
    for name in names:
        if name not in _TOTALS | _SERIES:
            allowed = ", ".join(sorted(_TOTALS | _SERIES))
            raise bad_parameter(f"metric[0] must be one of the following values: {allowed}")
        if name not in known:
            wanted = "time_series" if total else "total_value"
            raise bad_parameter(
                f"The following metrics ({name}) should be specified with parameter "
                f"metric_type={wanted}"
            )
    since, until = _range(call)
    data = []
    for name in names:
        entry = _entry(name, account.id, "day")
        if total:
            entry["total_value"] = {"value": _grown(call, account, name, since, until)}
        else:
            entry["values"] = [
                {"value": _grown(call, account, name, start, end), "end_time": graph_time(end)}
                for start, end in _days(since, until)
            ]
        data.append(entry)
    return {"data": data}


def _range(call: GraphCall) -> tuple[datetime, datetime]:
    until_second = call.moment("until")
    until = call.now if until_second is None else datetime.fromtimestamp(until_second, UTC)
    since_second = call.moment("since")
    since = (
        until - timedelta(days=1)
        if since_second is None
        else datetime.fromtimestamp(since_second, UTC)
    )
    if since > until:
        raise bad_parameter("Param since must be before until.")
    if until - since > timedelta(days=_MAX_DAYS):
        raise bad_parameter(f"There cannot be more than {_MAX_DAYS} days between since and until.")
    return since, until


def _days(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    while since < until:
        end = min(since + timedelta(days=1), until)
        yield since, end
        since = end


def _grown(call: GraphCall, account: Account, name: str, since: datetime, until: datetime) -> int:
    """Returns by how much a figure of an account grew between two moments."""

    def by(moment: datetime) -> int:
        if name in {"follower_count", "follows_and_unfollows"}:
            return figure(f"{account.id}:followers", account.joined_at, moment, 90)
        if name == "profile_links_taps":
            return figure(f"{account.id}:taps", account.joined_at, moment, 45)
        total = 0
        for media in call.state.media.values():
            if media.owner is account and media.published_at <= moment:
                total += _share(name, media.figures(moment))
        return total

    return by(min(until, call.now)) - by(min(since, call.now))


def _share(name: str, figures: Figures) -> int:
    match name:
        case "total_interactions" | "accounts_engaged":
            return figures.interactions
        case "saves":
            return figures.saved
        case _:
            value: int = getattr(figures, name)
            return value
