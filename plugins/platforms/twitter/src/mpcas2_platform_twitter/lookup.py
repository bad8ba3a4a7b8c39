"""Finds a post of ours in the account's timeline, after an answer was lost.

X gives no handle to ask with, so the post is known by what it says: the same text with the same links,
the same place in a thread, the same kind of attachments, and not older than the attempt. The API
gives texts back with links as t.co addresses, with ``&``, ``<`` and ``>`` as HTML entities, and with one
more t.co address at the end for media or a quoted post.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpcas2_platform_twitter.links import find_links
from mpcas2_platform_twitter.wire import Post

__all__ = ("CLOCK_SKEW", "LAG_SECONDS", "StagedPost", "is_ours", "matching")

CLOCK_SKEW = timedelta(seconds=5)
"""How far X's clock may be behind ours."""

LAG_SECONDS = 15.0
"""After how many seconds a timeline that lagged behind may show a post."""

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_SHORT = "https://t.co/"
_LINK = "\0"

Words = tuple[str, tuple[str, ...]]
"""A text without its links, and where they lead."""


class StagedPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``stage`` chose, as :attr:`~mpcas2_hookspecs.Staged.data` holds it.

    Attributes:
        body: The body of ``POST /2/tweets``.
        staged_at: When it was made; the post cannot be older.
        author_id: X's id of the account.
    """

    body: dict[str, Any]
    staged_at: datetime
    author_id: str


def matching(staged: StagedPost, posts: Sequence[Post]) -> Post | None:
    """Gives the oldest of the posts that is the staged one; None when none is."""
    ours = [post for post in posts if is_ours(staged, post)]
    return min(ours, key=lambda post: int(post.id), default=None)


def is_ours(staged: StagedPost, post: Post) -> bool:
    """Tells whether a post is the staged one; what cannot be compared is not."""
    body = staged.body
    if post.created_at is None or post.created_at < staged.staged_at - CLOCK_SKEW:
        return False
    references = {one.type: one.id for one in (*post.referenced_posts, *post.referenced_tweets)}
    parent = body.get("reply", {}).get("in_reply_to_tweet_id")
    if references.get("replied_to") != parent or post.id == parent:
        return False
    if references.get("quoted") != body.get("quote_tweet_id") or "retweeted" in references:
        return False
    media = len(body.get("media", {}).get("media_ids", ()))
    if len(post.attachments.media_keys) != media:
        return False
    if bool(post.attachments.poll_ids) != ("poll" in body):
        return False
    attached = bool(media) + ("quote_tweet_id" in body)
    return _words(body.get("text", ""), {}) in _told_words(post, attached=attached)


def _told_words(post: Post, *, attached: int) -> list[Words]:
    """Gives the ways to read a post: with and without the addresses of what is attached to it."""
    long = post.note_post or post.note_tweet
    text = post.text if long is None else long.text
    entities = post.entities if long is None else long.entities
    for name, sign in _ENTITIES:
        text = text.replace(name, sign)
    leads = {link.url: link.expanded_url or link.url for link in entities.urls}
    readings = [_words(text, leads)]
    for _ in range(attached):
        text, _, last = text.rstrip().rpartition(" ")
        if not last.startswith(_SHORT):
            break
        readings.append(_words(text, leads))
    return readings


def _words(text: str, leads: Mapping[str, str]) -> Words:
    normal = unicodedata.normalize("NFC", text)
    plain: list[str] = []
    links: list[str] = []
    done = 0
    for begin, end in find_links(normal):
        link = normal[begin:end]
        plain += (normal[done:begin], _LINK)
        links.append(_address(leads.get(link, link)))
        done = end
    plain.append(normal[done:])
    # X trims a text and may join blanks; how they were typed tells nothing.
    return " ".join("".join(plain).split()), tuple(links)


def _address(link: str) -> str:
    """Takes from an address what X may add: the scheme and a slash at the end."""
    _, scheme, rest = link.partition("://")
    host, slash, path = (rest if scheme else link).partition("/")
    return f"{host.lower()}{slash}{path}".rstrip("/")
