"""Accounts and posts as the Graph API shows them, and their lists."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.containers import Container
from mpcas2_platform_threads.sandbox.errors import bad_parameter, unknown_object
from mpcas2_platform_threads.sandbox.events import graph_time
from mpcas2_platform_threads.sandbox.field_list import FieldTree, Node, pick
from mpcas2_platform_threads.sandbox.graph_call import GraphCall
from mpcas2_platform_threads.sandbox.posts import Post

_DEFAULT_LIMIT = 25
_MAX_LIMIT = 100


def show_account(call: GraphCall, account: Account) -> dict[str, Any]:
    """Answers ``GET /{user}``."""
    if account is not call.account:
        raise unknown_object(call.verb, account.id)
    node = _node(
        {
            "id": account.id,
            "username": account.handle,
            "name": account.name,
            "threads_profile_picture_url": f"{call.here}/faces/{account.id}.svg",
            "threads_biography": f"{account.name} practises.",
            "is_verified": False,
            "recently_searched_keywords": [],
            "is_eligible_for_geo_gating": True,
        }
    )
    return pick(node, call.fields("id,name"), "ThreadsUser")


def _node(values: dict[str, Any]) -> dict[str, Callable[[FieldTree], Any]]:
    return {name: _always(value) for name, value in values.items()}


def _always(value: Any) -> Callable[[FieldTree], Any]:
    return lambda _: value


def show_post(call: GraphCall, post: Post, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a post or reply that are asked for."""
    order = post.order
    whole = post.items[0] if post.items and not post.item_ids else None
    reply = post.replied_to is not None
    face = f"{call.here}/faces/{post.owner.id}.svg"
    node = _node(
        {
            "id": post.id,
            "media_product_type": "THREADS",
            "media_type": post.media_type,
            "media_url": None if whole is None else _file_url(call, post, 0),
            "gif_url": f"{call.here}/gifs/{order.gif.gif_id}" if order.gif else None,
            "permalink": f"{call.here}{post.path}",
            "owner": {"id": post.owner.id},
            "username": post.owner.handle,
            "text": order.text or None,
            "timestamp": graph_time(post.published_at),
            "shortcode": post.shortcode,
            "thumbnail_url": face if whole is not None and whole.order.is_video else None,
            "is_quote_post": post.quoted is not None,
            "quoted_post": _reference(post.quoted),
            "reposted_post": _reference(post.reposted),
            "has_replies": bool(post.below(call.now)),
            "alt_text": order.alt_text or None,
            "link_attachment_url": order.link_attachment or None,
            "location_id": order.location_id or None,
            "topic_tag": order.topic_tag or None,
            "is_verified": False,
            "profile_picture_url": face,
            "is_reply": reply,
            "is_reply_owned_by_me": post.owner is call.account if reply else None,
            "root_post": _reference(post.root) if reply else None,
            "replied_to": _reference(post.replied_to),
            "hide_status": ("HIDDEN" if post.hidden else "NOT_HUSHED") if reply else None,
            "reply_audience": order.reply_control.upper(),
            "ghost_post_status": "ACTIVE" if order.ghost else None,
        }
    )

    def children(below: FieldTree) -> dict[str, Any] | None:
        if not post.item_ids:
            return None
        places = range(len(post.items))
        return {"data": [_show_item(call, post, place, below) for place in places]}

    def poll(below: FieldTree) -> dict[str, Any] | None:
        shown = _poll(call, post)
        return {name: one for name, one in shown.items() if name in below or not below} or None

    node["children"] = children
    node["poll_attachment"] = poll
    return pick(node, wanted, "ThreadsMedia")


def _reference(post: Post | None) -> dict[str, str] | None:
    return None if post is None else {"id": post.id}


def _poll(call: GraphCall, post: Post) -> dict[str, Any]:
    if post.order.poll is None:
        return {}
    votes = post.votes(call.now)
    total = sum(votes.values()) or 1
    shares = {f"{name}_votes_percentage": round(one / total, 4) for name, one in votes.items()}
    ends = {"expiration_timestamp": graph_time(post.poll_ends_at)}
    return {**post.order.poll.options(), **shares, **ends}


def _file_url(call: GraphCall, post: Post, place: int) -> str:
    return f"{call.here}/files/{post.id}/{place}"


def _show_item(call: GraphCall, post: Post, place: int, wanted: FieldTree) -> dict[str, Any]:
    item: Container = post.items[place]
    node: Node = _node(
        {
            "id": post.item_ids[place],
            "media_product_type": "THREADS",
            "media_type": item.order.kind,
            "media_url": _file_url(call, post, place),
            "alt_text": item.order.alt_text or None,
            "timestamp": graph_time(post.published_at),
            "username": post.owner.handle,
            "owner": {"id": post.owner.id},
        }
    )
    return pick(node, wanted, "ThreadsMedia")


def listed(call: GraphCall, path: str, posts: Sequence[Post], usual: str) -> dict[str, Any]:
    """Returns one page of a list, with cursors and the next page's address.

    Args:
        call: Its ``limit``, ``after``, ``before``, ``since`` and ``until`` choose the page.
        path: The list's path, below the version.
        posts: All entries.
        usual: The fields of a request that asks for none.

    Raises:
        GraphError: A parameter does not fit.
    """
    wanted = call.fields(usual)
    since, until = call.moment("since"), call.moment("until")
    entries = [
        one
        for one in posts
        if (since is None or one.published_at.timestamp() >= since)
        and (until is None or one.published_at.timestamp() <= until)
    ]
    limit, start = _page(call, [one.id for one in entries])
    page = entries[start : start + limit]
    answer: dict[str, Any] = {"data": [show_post(call, one, wanted) for one in page]}
    if page:
        cursors = {"before": page[0].id, "after": page[-1].id}
        answer["paging"] = {"cursors": cursors}
        if start + limit < len(entries):
            kept = {name: one for name, one in call.given.items() if name != "before"}
            query = urlencode({**kept, "after": cursors["after"]})
            answer["paging"]["next"] = f"{call.here}/v1.0{path}?{query}"
    return answer


def _page(call: GraphCall, numbers: Sequence[str]) -> tuple[int, int]:
    text = call.given.get("limit", str(_DEFAULT_LIMIT))
    if not text.isdecimal() or int(text) == 0:
        raise bad_parameter("Param limit must be a positive integer.")
    limit = min(int(text), _MAX_LIMIT)
    after, before = call.given.get("after"), call.given.get("before")
    if after and before:
        raise bad_parameter("Both before and after cannot be sent in the same request.")
    cursor = after or before
    if not cursor:
        return limit, 0
    if cursor not in numbers:
        raise bad_parameter("Invalid cursors values")
    place = numbers.index(cursor)
    return (limit, place + 1) if after else (min(limit, place), max(0, place - limit))
