"""Texts, links and posts of several pictures, and the lists of a Page's posts."""

import re
import urllib.parse
from datetime import UTC, datetime
from typing import Any

import msgspec

from mpcas2_platform_facebook.sandbox.errors import (
    DUPLICATE_PHOTOS,
    bad_parameter,
    told,
    unknown_object,
)
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.lists import LIST_PARAMETERS, paged, since_until
from mpcas2_platform_facebook.sandbox.media import Photo
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.nodes import show_post
from mpcas2_platform_facebook.sandbox.posts import Kind, Post
from mpcas2_platform_facebook.sandbox.scopes import PUBLISH, READ

COMMON = ("published", "scheduled_publish_time", "unpublished_content_type", "is_ai_generated")
"""Parameters that every request has which makes a post."""

_FEED = ("message", "link", "attached_media", "attached_media[]", "place", "tags", "targeting")
_NOT_STORIES: frozenset[Kind] = frozenset({"status", "link", "photo", "photos", "video", "reel"})
_NUMBERED = re.compile(r"attached_media\[(\d+)\]\Z")
_FACEBOOK = re.compile(r"(?:^|\.)(?:facebook\.com|fb\.com|fb\.me)\Z")
_LIST_FIELDS = "created_time,message,id"


class _Attached(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of ``attached_media``."""

    media_fbid: str | int


async def write_post(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``POST /{page}/feed``."""
    call.may_publish(page)
    call.knows(*_FEED, *COMMON)
    text = checked_text(call, "message")
    link = call.given.get("link", "")
    photos = _attached(call, page)
    if not text and not link and not photos:
        raise told(1349125)
    if link:
        _check_link(call, link)
    if link and photos:
        raise bad_parameter("link and attached_media cannot be used together.")
    publishes_at = publish_time(call)
    if not photos and _repeats(call, page, text, link):
        raise told(1455006)
    call.count_publish(page)
    kind: Kind = "link" if link else "status"
    if photos:
        kind = "photo" if len(photos) == 1 else "photos"
    post = Post(
        id=f"{page.id}_{call.state.next_number('12')}",
        page=page,
        kind=kind,
        text=text,
        link=link,
        made_at=call.now,
        client_id=call.token.grant.client_id,
        publishes_at=publishes_at,
        photos=photos,
        request=call.given,
        unknown=call.unknown,
    )
    return {"id": call.state.add_post(post).id}


def checked_text(call: GraphCall, name: str) -> str:
    """Returns the text of a post.

    Raises:
        GraphError: It is too long.
    """
    text = call.given.get(name, "")
    most = call.state.settings.text_characters
    if len(text) > most:
        raise bad_parameter(f"Param {name} must be no longer than {most} characters")
    return text


def publish_time(call: GraphCall) -> datetime | None:
    """Returns when a new post is to be public; None for one that stays unpublished.

    Raises:
        GraphError: What was given does not fit together, or is too soon or too late.
    """
    published = call.flag("published", usual=True)
    second = call.moment("scheduled_publish_time")
    if second is None:
        return call.now if published else None
    if published:
        raise bad_parameter("scheduled_publish_time goes with published=false only.")
    return scheduled(call, second)


def scheduled(call: GraphCall, second: float) -> datetime:
    """Returns the moment that a post is scheduled for.

    Raises:
        GraphError: It is too soon or too late.
    """
    settings, ahead = call.state.settings, second - call.now.timestamp()
    if not settings.schedule_min_seconds <= ahead <= settings.schedule_max_seconds:
        raise bad_parameter("The specified scheduled publish time is invalid.")
    return datetime.fromtimestamp(second, UTC)


def _attached(call: GraphCall, page: Page) -> tuple[Photo, ...]:
    entries: list[_Attached] = []
    try:
        if call.given.get("attached_media"):
            entries = msgspec.json.decode(call.given["attached_media"], type=list[_Attached])
        numbered = {
            int(match[1]): value
            for name, value in call.given.items()
            if (match := _NUMBERED.match(name))
        }
        for place in sorted(numbered):
            entries.append(msgspec.json.decode(numbered[place], type=_Attached))
    except msgspec.MsgspecError:
        raise bad_parameter("Param attached_media must be a list of {media_fbid}.") from None
    most = call.state.settings.photo_count
    if len(entries) > most:
        raise bad_parameter(f"Param attached_media must have {most} entries at most.")
    numbers = [str(one.media_fbid) for one in entries]
    if len(set(numbers)) < len(numbers):
        raise told(DUPLICATE_PHOTOS)
    return tuple(unused_photo(call, page, number) for number in numbers)


def unused_photo(call: GraphCall, page: Page, number: str) -> Photo:
    """Returns an unpublished picture of a Page.

    Raises:
        GraphError: There is none of that number, or a post shows it already.
    """
    photo = call.state.photos.get(number)
    if photo is None or photo.page is not page or not photo.lives(call.now):
        raise unknown_object(call.verb, number)
    if photo.post_id:
        raise told(DUPLICATE_PHOTOS)
    return photo


def _check_link(call: GraphCall, link: str) -> None:
    try:
        parts = urllib.parse.urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise told(2061006) from None
    if parts.scheme not in {"http", "https"} or not host or " " in link:
        raise told(2061006)
    if _FACEBOOK.search(host) or link.startswith(f"{call.here}/"):
        raise told(1609008)
    if host in call.state.settings.unreadable_hosts:
        raise told(1609005)


def _repeats(call: GraphCall, page: Page, text: str, link: str) -> bool:
    """Tells whether the Page's latest post without media says the same."""
    mine = (
        one
        for one in reversed(call.state.posts.values())
        if one.page is page and one.kind in {"status", "link"}
    )
    last = next(mine, None)
    return last is not None and (last.text, last.link) == (text, link)


async def list_published(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/published_posts``, ``/posts`` and ``/feed``: what people can see."""
    lag = call.state.settings.list_lag_seconds
    found = [
        one
        for one in call.state.public_posts()
        if one.page is page
        and one.kind in _NOT_STORIES
        and (call.now - one.made_at).total_seconds() >= lag
    ]
    return _listed(call, page, "published_posts", found)


async def list_scheduled(call: GraphCall, page: Page) -> dict[str, Any]:
    """Answers ``GET /{page}/scheduled_posts``."""
    call.needs(PUBLISH)
    found = [
        one
        for one in reversed(call.state.posts.values())
        if one.page is page and one.state(call.now) == "scheduled"
    ]
    return _listed(call, page, "scheduled_posts", found)


def _listed(call: GraphCall, page: Page, edge: str, posts: list[Post]) -> dict[str, Any]:
    call.of_page(page)
    call.needs(READ)
    call.knows(*LIST_PARAMETERS)
    wanted = call.fields(_LIST_FIELDS)
    found = since_until(call, posts, lambda one: one.made_at)
    path = f"/{page.id}/{edge}"
    return paged(call, path, found, lambda one: one.id, lambda one: show_post(call, one, wanted))
