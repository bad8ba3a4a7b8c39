"""Figures of posts and accounts."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.errors import GraphError, bad_parameter, unknown_object
from mpcas2_platform_threads.sandbox.events import graph_time
from mpcas2_platform_threads.sandbox.graph_call import GraphCall
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_platform_threads.sandbox.scopes import INSIGHTS
from mpcas2_sandbox.growth import figure

_OF_POSTS: Final = ("views", "likes", "replies", "reposts", "quotes", "shares")
_OF_ACCOUNTS: Final = (
    *("views", "likes", "replies", "reposts", "quotes", "clicks"),
    *("followers_count", "follower_demographics"),
)
_BREAKDOWNS: Final = {
    "country": ("DE", "FI", "US"),
    "city": ("Hamburg", "Helsinki", "Portland"),
    "age": ("18-24", "25-34", "35-44"),
    "gender": ("F", "M", "U"),
}
_FIRST_MOMENT = 1_688_540_400
_ID_WORDS = {"replies": "thread_replies"}
_MANY_FOLLOWERS = 100


def _names(call: GraphCall, known: tuple[str, ...]) -> list[str]:
    names = [one.strip() for one in call.needed("metric").split(",") if one.strip()]
    for place, name in enumerate(names):
        if name not in known:
            raise bad_parameter(
                f"metric[{place}] must be one of the following values: {', '.join(known)}"
            )
    return list(dict.fromkeys(names))


def _entry(name: str, number: str, period: str) -> dict[str, Any]:
    return {
        "name": name,
        "period": period,
        "title": name.replace("_", " ").capitalize(),
        "description": f"The number of {name.replace('_', ' ')}.",
        "id": f"{number}/insights/{_ID_WORDS.get(name, name)}/{period}",
    }


async def post_insights(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``GET /{post}/insights``; a repost has no figures of its own."""
    call.needs(INSIGHTS)
    if post.owner is not call.account:
        raise unknown_object(call.verb, post.id)
    names = _names(call, _OF_POSTS)
    if post.reposted is not None:
        return {"data": []}
    figures = post.figures(call.now)
    return {
        "data": [
            {**_entry(name, post.id, "lifetime"), "values": [{"value": getattr(figures, name)}]}
            for name in names
        ]
    }


async def account_insights(call: GraphCall, account: Account) -> dict[str, Any]:
    """Answers ``GET /{user}/threads_insights``; without a range it is the last two days."""
    if account is not call.account:
        raise unknown_object(call.verb, account.id)
    call.needs(INSIGHTS)
    names = _names(call, _OF_ACCOUNTS)
    since, until = _range(call)
    return {
        "data": [_account_figure(call, account, name, since, until) for name in names],
        "paging": {
            "previous": _address(call, account, since - (until - since), since),
            "next": _address(call, account, until, until + (until - since)),
        },
    }


def _address(call: GraphCall, account: Account, since: datetime, until: datetime) -> str:
    """Returns the address of the same figures of another range."""
    moments = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    query = urlencode({**call.given, **moments})
    return f"{call.here}/v1.0/{account.id}/threads_insights?{query}"


def _range(call: GraphCall) -> tuple[datetime, datetime]:
    until_second, since_second = call.moment("until"), call.moment("since")
    until = call.now if until_second is None else datetime.fromtimestamp(until_second, UTC)
    since = until - timedelta(days=2)
    if since_second is not None:
        if since_second < _FIRST_MOMENT:
            raise bad_parameter(f"Param since must be at least {_FIRST_MOMENT}.")
        since = datetime.fromtimestamp(since_second, UTC)
    if since >= until:
        raise bad_parameter("Param since must be before until.")
    return since, until


def _account_figure(
    call: GraphCall, account: Account, name: str, since: datetime, until: datetime
) -> dict[str, Any]:
    period = "lifetime" if name == "follower_demographics" else "day"
    entry = _entry(name, account.id, period)
    if name == "views":
        entry["values"] = []
        while since < until:
            end = min(since + timedelta(days=1), until)
            value = _grown(call, account, name, since, end)
            entry["values"].append({"value": value, "end_time": graph_time(end)})
            since = end
    elif name == "clicks":
        entry["link_total_values"] = _clicks(call, account, since, until)
    elif name == "followers_count":
        entry["total_value"] = {"value": _followers(account, call.now)}
    elif name == "follower_demographics":
        entry["total_value"] = {"breakdowns": [_demographics(call, account)]}
    else:
        entry["total_value"] = {"value": _grown(call, account, name, since, until)}
    return entry


def _followers(account: Account, now: datetime) -> int:
    return account.followers + figure(f"{account.id}:followers", account.joined_at, now, 90)


def _grown(call: GraphCall, account: Account, name: str, since: datetime, until: datetime) -> int:
    """Returns by how much a figure of an account's posts grew between two moments."""

    def by(moment: datetime) -> int:
        mine = (one for one in call.state.posts.values() if one.owner is account)
        return sum(getattr(one.figures(moment), name) for one in mine if one.published_at <= moment)

    return by(min(until, call.now)) - by(min(since, call.now))


def _clicks(
    call: GraphCall, account: Account, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    clicks: dict[str, int] = {}
    for post in call.state.posts.values():
        link = post.order.link_attachment
        if post.owner is account and link:
            ends = (
                figure(f"{post.id}:clicks", post.published_at, min(moment, call.now), 120)
                for moment in (until, since)
            )
            clicks[link] = clicks.get(link, 0) + next(ends) - next(ends)
    return [{"link_url": link, "value": value} for link, value in clicks.items()]


def _demographics(call: GraphCall, account: Account) -> dict[str, Any]:
    breakdown = call.needed("breakdown")
    if breakdown not in _BREAKDOWNS:
        raise bad_parameter(
            f"breakdown must be one of the following values: {', '.join(_BREAKDOWNS)}"
        )
    total = _followers(account, call.now)
    if total < _MANY_FOLLOWERS:
        raise GraphError(10, f"(#10) Fewer than {_MANY_FOLLOWERS} followers are not broken down")
    words = _BREAKDOWNS[breakdown]
    shares = (total // 2, total // 3, total - total // 2 - total // 3)
    results = [
        {"dimension_values": [word], "value": share}
        for word, share in zip(words, shares, strict=True)
    ]
    return {"dimension_keys": [breakdown], "results": results}
