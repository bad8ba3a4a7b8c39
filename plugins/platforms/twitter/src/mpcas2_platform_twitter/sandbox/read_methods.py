"""The routes that read: the own account, timelines and single posts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mpcas2_platform_twitter.sandbox.calls import Answer, Call, number
from mpcas2_platform_twitter.sandbox.metrics import account_metrics
from mpcas2_platform_twitter.sandbox.post_fields import SELECTORS, PostView, chosen, shown_user
from mpcas2_platform_twitter.sandbox.posts import StoredPost
from mpcas2_platform_twitter.sandbox.problems import invalid_request, missing, not_found
from mpcas2_sandbox.clock import timestamp

_MAX_IDS = 100
_FEWEST, _USUAL, _MOST = 5, 10, 100
_EXCLUDABLE = frozenset({"replies", "retweets"})
_ME = frozenset({"user.fields", "post.fields", "tweet.fields", "expansions"})
_TIMELINE = SELECTORS | {
    "max_results",
    "pagination_token",
    "start_time",
    "end_time",
    "since_id",
    "until_id",
    "exclude",
}


def get_me(call: Call) -> Answer:
    """Shows who is calling (``GET /2/users/me``)."""
    wanted = chosen(call.query(_ME), "user.fields")
    data = shown_user(call.account)
    more: dict[str, Any] = {
        "created_at": timestamp(call.account.created_at),
        "description": "",
        "protected": False,
        "verified": call.account.subscription != "None",
        "verified_type": "none" if call.account.subscription == "None" else "blue",
        "subscription_type": call.account.subscription,
        "public_metrics": account_metrics(
            call.account, call.state.posts, call.state.core.clock.now()
        ),
        "url": f"{call.base_url}/{call.account.handle}",
    }
    data.update({name: value for name, value in more.items() if name in wanted})
    return {"data": data}


def get_posts(call: Call) -> Answer:
    """Shows up to a hundred posts (``GET /2/tweets``)."""
    query = call.query(SELECTORS | {"ids"})
    ids = [number("ids", one) for one in query.get("ids", "").split(",")]
    if len(ids) > _MAX_IDS:
        raise invalid_request(f"The number of values in the `ids` query parameter is {len(ids)}")
    return _posts(call, query, ids, "ids")


def get_post(call: Call) -> Answer:
    """Shows one post (``GET /2/tweets/{id}``)."""
    answer = _posts(call, call.query(SELECTORS), [call.path("id")], "id")
    data = answer.pop("data", None)
    return answer if data is None else {"data": data[0], **answer}


def _posts(call: Call, query: dict[str, str], ids: list[str], name: str) -> dict[str, Any]:
    view = PostView(call, query)
    shown: list[dict[str, Any]] = []
    for post_id in ids:
        post = call.state.posts.find(post_id)
        if post is None:
            view.errors.append(not_found("tweet", name, post_id))
        else:
            shown.append(view.shown(post))
    return _answer(shown, view)


def _answer(shown: list[dict[str, Any]], view: PostView) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if shown:
        answer["data"] = shown
    if includes := view.includes():
        answer["includes"] = includes
    if view.errors:
        answer["errors"] = view.errors
    return answer


def get_timeline(call: Call) -> Answer:
    """Shows the posts of an account, the newest first (``GET /2/users/{id}/tweets``)."""
    user_id = call.path("id")
    query = call.query(_TIMELINE)
    account = call.state.accounts.by_id(user_id)
    if account is None:
        raise missing("user", "id", user_id)
    count = _count(query)
    bounds = _Bounds(call, query)
    view = PostView(call, query)
    listed = [post for post in call.state.posts.of(account) if bounds.hold(post)]
    start = _offset(query.get("pagination_token"))
    page = listed[start : start + count]
    meta: dict[str, Any] = {"result_count": len(page)}
    if page:
        meta["newest_id"], meta["oldest_id"] = page[0].id, page[-1].id
    if start + count < len(listed):
        meta["next_token"] = f"p{start + count}"
    if start:
        meta["previous_token"] = f"p{max(0, start - count)}"
    return {**_answer([view.shown(post) for post in page], view), "meta": meta}


def _count(query: dict[str, str]) -> int:
    text = query.get("max_results", str(_USUAL))
    if not (text.isascii() and text.isdigit() and _FEWEST <= int(text) <= _MOST):
        raise invalid_request(
            f"The `max_results` query parameter value [{text}] is not between {_FEWEST} and {_MOST}"
        )
    return int(text)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if token[:1] != "p" or not (token[1:].isascii() and token[1:].isdigit()):
        raise invalid_request("The `pagination_token` is not one of this timeline", value=token)
    return int(token[1:])


class _Bounds:
    """Which posts of an account a query wants to see.

    Args:
        call: The call.
        query: Its query.

    Raises:
        Problem: A bound is no number or no time.
    """

    def __init__(self, call: Call, query: dict[str, str]) -> None:
        lag = timedelta(seconds=call.state.settings.timeline_lag_seconds)
        self._until = call.state.core.clock.now() - lag
        self._replies = "replies" not in chosen(query, "exclude", _EXCLUDABLE)
        self._since_id = int(number("since_id", query.get("since_id", "0")))
        self._until_id = int(number("until_id", query.get("until_id", "9" * 19)))
        self._start = _time(query, "start_time")
        self._end = _time(query, "end_time")

    def hold(self, post: StoredPost) -> bool:
        """Tells whether the post is within them."""
        # X compares whole seconds, as the times that it takes have no smaller ones.
        made = post.created_at.replace(microsecond=0)
        return (
            not post.request.nullcast
            and post.created_at <= self._until
            and self._since_id < int(post.id) < self._until_id
            and (self._start is None or made >= self._start)
            and (self._end is None or made < self._end)
            and (self._replies or post.parent is None)
        )


def _time(query: dict[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    text = query[name]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_request(f"The `{name}` value [{text}] is not a time", value=text) from error
    if moment.tzinfo is None:
        raise invalid_request(f"The `{name}` value [{text}] has no time zone", value=text)
    return moment.astimezone(UTC).replace(microsecond=0)
