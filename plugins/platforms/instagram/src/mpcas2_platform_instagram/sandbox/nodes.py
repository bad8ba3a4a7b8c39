"""Accounts, media and comments as the Graph API shows them, and their lists."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.containers import Container
from mpcas2_platform_instagram.sandbox.errors import bad_parameter, unknown_object
from mpcas2_platform_instagram.sandbox.field_list import FieldTree, Node, pick
from mpcas2_platform_instagram.sandbox.graph_call import GraphCall
from mpcas2_platform_instagram.sandbox.media import Comment, Media

_DEFAULT_LIMIT = 25
_MAX_LIMIT = 100

T = TypeVar("T")


def graph_time(moment: datetime) -> str:
    """Writes a moment as the API does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def show_account(call: GraphCall, account: Account, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of an account that are asked for."""
    mine = account is call.account
    if not mine:
        raise unknown_object(call.verb, account.id)
    posts = call.state.media_of(account, stories=False)
    node: Node = {
        "id": lambda _: account.scoped_id,
        "user_id": lambda _: account.id,
        "username": lambda _: account.handle,
        "name": lambda _: account.name,
        "account_type": lambda _: account.account_type,
        "profile_picture_url": lambda _: f"{call.here}/faces/{account.id}.svg",
        "followers_count": lambda _: account.followers,
        "follows_count": lambda _: account.follows,
        "media_count": lambda _: len(posts),
        "biography": lambda _: f"{account.name} practises.",
        "website": lambda _: None,
    }
    return pick(node, wanted, "IGUser")


def media_file_url(call: GraphCall, media: Media, place: int) -> str:
    """Returns the address of one file of a post."""
    return f"{call.here}/files/{media.id}/{place}"


def show_media(call: GraphCall, media: Media, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a post that are asked for."""
    figures = media.figures(call.now)
    order = media.container.order
    video = media.media_type == "VIDEO"

    def children(below: FieldTree) -> dict[str, Any] | None:
        if not media.item_ids:
            return None
        items = range(len(media.items))
        return {"data": [show_item(call, media, place, below) for place in items]}

    def comments(below: FieldTree) -> dict[str, Any]:
        shown = [show_comment(one, media, below or _COMMENT_FIELDS) for one in media.comments]
        return {"data": shown[::-1]}

    values: Mapping[str, Any] = {
        "id": media.id,
        "ig_id": media.id,
        "caption": media.caption or None,
        "media_type": media.media_type,
        "media_product_type": media.product,
        "media_url": None if media.item_ids else media_file_url(call, media, 0),
        "thumbnail_url": f"{call.here}/covers/{media.id}" if video else None,
        "permalink": f"{call.here}{media.path}",
        "shortcode": media.shortcode,
        "timestamp": graph_time(media.published_at),
        "username": media.owner.handle,
        "owner": {"id": media.owner.id},
        "alt_text": order.alt_text or None,
        "is_comment_enabled": True,
        "is_ai_generated": order.ai_generated,
        "is_shared_to_feed": order.share_to_feed if media.product == "REELS" else None,
        "like_count": figures.likes,
        "total_like_count": figures.likes,
        "comments_count": figures.comments,
        "total_comments_count": figures.comments,
        "view_count": figures.views,
        "total_views_count": figures.views,
        "saved_count": figures.saved,
        "shares_count": figures.shares,
        "reposts_count": figures.reposts,
    }
    node: dict[str, Callable[[FieldTree], Any]] = {
        name: _always(value) for name, value in values.items()
    }
    node["children"] = children
    node["comments"] = comments
    return pick(node, wanted, "IGMedia")


def _always(value: Any) -> Callable[[FieldTree], Any]:
    return lambda _: value


def show_item(call: GraphCall, media: Media, place: int, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of one item of a carousel."""
    item: Container = media.items[place]
    node: Node = {
        "id": lambda _: media.item_ids[place],
        "media_type": lambda _: "VIDEO" if item.order.is_video else "IMAGE",
        "media_url": lambda _: media_file_url(call, media, place),
        "alt_text": lambda _: item.order.alt_text or None,
        "permalink": lambda _: f"{call.here}{media.path}",
        "timestamp": lambda _: graph_time(media.published_at),
        "username": lambda _: media.owner.handle,
        "owner": lambda _: {"id": media.owner.id},
        "shortcode": lambda _: media.shortcode,
    }
    return pick(node, wanted, "IGMedia")


_COMMENT_FIELDS: FieldTree = {"timestamp": {}, "text": {}, "id": {}}


def show_comment(comment: Comment, media: Media, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a comment that are asked for."""
    author = comment.author
    node: Node = {
        "id": lambda _: comment.id,
        "text": lambda _: comment.text,
        "timestamp": lambda _: graph_time(comment.at),
        "username": lambda _: author.handle,
        "from": lambda _: {"id": author.scoped_id, "username": author.handle},
        "user": lambda _: {"id": author.scoped_id},
        "media": lambda _: {"id": media.id},
        "like_count": lambda _: 0,
        "hidden": lambda _: False,
        "parent_id": lambda _: None,
        "replies": lambda _: None,
    }
    return pick(node, wanted, "IGComment")


def paged(
    call: GraphCall,
    path: str,
    entries: Sequence[T],
    number_of: Callable[[T], str],
    show: Callable[[T], dict[str, Any]],
) -> dict[str, Any]:
    """Returns one page of a list, with cursors and the next page's address.

    Args:
        call: Its ``limit``, ``after`` and ``before`` choose the page.
        path: The list's path, below the version.
        entries: All entries.
        number_of: Names an entry in a cursor.
        show: Makes an entry's answer.

    Raises:
        GraphError: A parameter does not fit.
    """
    text = call.given.get("limit", str(_DEFAULT_LIMIT))
    if not text.isdecimal() or int(text) == 0:
        raise bad_parameter("Param limit must be a positive integer.")
    limit = min(int(text), _MAX_LIMIT)
    numbers = [number_of(one) for one in entries]
    start = 0
    for name in ("after", "before"):
        cursor = call.given.get(name)
        if not cursor:
            continue
        if cursor not in numbers:
            raise bad_parameter(f"Invalid cursors values: {name}")
        place = numbers.index(cursor)
        start = place + 1 if name == "after" else max(0, place - limit)
    page = entries[start : start + limit]
    answer: dict[str, Any] = {"data": [show(one) for one in page]}
    if page:
        cursors = {"before": number_of(page[0]), "after": number_of(page[-1])}
        answer["paging"] = {"cursors": cursors}
        if start + limit < len(entries):
            kept: dict[str, str] = {
                name: call.given[name] for name in ("fields", "limit") if name in call.given
            }
            kept["after"] = cursors["after"]
            query = urlencode(kept)
            answer["paging"]["next"] = f"{call.here}/v{call.version}.0{path}?{query}"
    return answer
