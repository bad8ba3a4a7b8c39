"""What the API shows of a post: the fields and expansions that were asked for.

X's OpenAPI description calls the selector ``post.fields`` and its documentation ``tweet.fields``; some
fields have a name for each. Both are known here, and the answer speaks the language of the question.
"""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mpcas2_platform_twitter.sandbox.calls import Call
from mpcas2_platform_twitter.sandbox.media import Media
from mpcas2_platform_twitter.sandbox.metrics import (
    has_private_metrics,
    private_metrics,
    public_metrics,
    views,
)
from mpcas2_platform_twitter.sandbox.post_request import UNSET
from mpcas2_platform_twitter.sandbox.posts import StoredPost
from mpcas2_platform_twitter.sandbox.problems import invalid_request, no_field
from mpcas2_platform_twitter.sandbox.weighted_text import cashtags, hashtags, mentions
from mpcas2_sandbox.clock import timestamp

_COMMON = (
    "article attachments card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls entities geo id lang media_metadata non_public_metrics "
    "organic_metrics paid_partnership possibly_sensitive promoted_metrics public_metrics "
    "reply_settings scopes source text withheld"
)
_FIELDS = {
    "post.fields": frozenset(
        f"{_COMMON} article_title matched_media_notes note_post note_request_suggestions "
        "suggested_source_links suggested_source_links_with_counts".split()
    ),
    "tweet.fields": frozenset(
        f"{_COMMON} author_id edit_history_tweet_ids in_reply_to_user_id note_tweet "
        "referenced_tweets".split()
    ),
}
_EXPANDABLE = (
    "article.cover_media article.media_entities attachments.media_keys "
    "attachments.media_source_tweet attachments.poll_ids author_id edit_history_post_ids "
    "edit_history_tweet_ids entities.mentions.username geo.place_id in_reply_to_user_id "
    "referenced_posts referenced_tweets.id username"
)
_EXPANSIONS = frozenset(_EXPANDABLE.split())
_OTHER = ("user.fields", "media.fields", "poll.fields", "place.fields")
SELECTORS = frozenset({*_FIELDS, *_OTHER, "expansions"})


def chosen(query: dict[str, str], name: str, known: frozenset[str] | None = None) -> set[str]:
    """Returns the names in a parameter that lists them.

    Raises:
        Problem: One is empty, comes twice or is unknown.
    """
    if name not in query:
        return set()
    names = query[name].split(",")
    if len(set(names)) != len(names):
        raise invalid_request(f"The `{name}` query parameter names something twice")
    for one in names:
        if not one or (known is not None and one not in known):
            raise invalid_request(f"The `{name}` query parameter value [{one}] is not valid")
    return set(names)


@dataclasses.dataclass
class _Includes:
    """Things that posts refer to, each once, in the order of their first mention."""

    users: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    media: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    polls: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    posts: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


class PostView:
    """Shows posts as one call wants them.

    Args:
        call: The call.
        query: Its query.

    Raises:
        Problem: A selector names something unknown.
    """

    def __init__(self, call: Call, query: dict[str, str]) -> None:
        self._call = call
        self._now = call.state.core.clock.now()
        self._old = "tweet.fields" in query
        self._wanted: set[str] = set()
        for name, known in _FIELDS.items():
            self._wanted |= chosen(query, name, known)
        self._expansions = chosen(query, "expansions", _EXPANSIONS)
        self._media_fields = chosen(query, "media.fields")
        self._poll_fields = chosen(query, "poll.fields")
        self._includes = _Includes()
        self.errors: list[dict[str, Any]] = []

    def includes(self) -> dict[str, list[dict[str, Any]]]:
        """Returns what was collected for the expansions."""
        return {name: list(found.values()) for name, found in vars(self._includes).items() if found}

    def shown(self, post: StoredPost) -> dict[str, Any]:
        """Returns one post with the fields that were asked for."""
        text, urls = post.shown_text()
        history = "edit_history_tweet_ids" if self._old else "edit_history_post_ids"
        data: dict[str, Any] = {"id": post.id, "text": text, history: [post.id]}
        for name, value in self._values(post, text, urls).items():
            if name in self._wanted:
                made = value()
                if made is not None:
                    data[name] = made
        self._expand(post, data)
        return data

    def _values(
        self, post: StoredPost, text: str, urls: list[dict[str, Any]]
    ) -> dict[str, Callable[[], Any]]:
        reach = post.request.reply_settings
        return {
            "created_at": lambda: timestamp(post.created_at),
            "author_id": lambda: post.author.id,
            "conversation_id": lambda: post.conversation_id,
            "in_reply_to_user_id": lambda: post.parent and post.parent.author.id,
            "lang": lambda: "und",
            "source": lambda: "MPCAS2 practice",
            "possibly_sensitive": lambda: False,
            "paid_partnership": lambda: post.request.paid_partnership,
            "reply_settings": lambda: "everyone" if reach is UNSET else reach,
            "referenced_tweets": lambda: _references(post) or None,
            "attachments": lambda: self._attachments(post),
            "entities": lambda: _entities(text, urls),
            "public_metrics": lambda: public_metrics(
                post,
                self._call.state.posts,
                self._now,
                reposts="retweet_count" if self._old else "repost_count",
            ),
            "non_public_metrics": lambda: self._private(post, "non_public_metrics"),
            "organic_metrics": lambda: self._private(post, "organic_metrics"),
        }

    def _private(self, post: StoredPost, field: str) -> dict[str, int] | None:
        if post.author is self._call.account and has_private_metrics(post, self._now):
            return private_metrics(post, self._now)
        self.errors.append(no_field(field, post.id))
        return None

    def _attachments(self, post: StoredPost) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        if post.media:
            found["media_keys"] = [one.key for one in post.media]
        if post.request.poll is not UNSET:
            found["poll_ids"] = [post.id]
        return found or None

    def _expand(self, post: StoredPost, data: dict[str, Any]) -> None:
        if "author_id" in self._expansions:
            data["author_id"] = post.author.id
            self._includes.users[post.author.id] = shown_user(post.author)
        if "in_reply_to_user_id" in self._expansions and post.parent is not None:
            parent = post.parent.author
            data["in_reply_to_user_id"] = parent.id
            self._includes.users[parent.id] = shown_user(parent)
        if {"referenced_posts", "referenced_tweets.id"} & self._expansions and _references(post):
            name = "referenced_tweets" if self._old else "referenced_posts"
            data[name] = _references(post)
            for one in (post.parent, post.quoted):
                if one is not None:
                    self._includes.posts[one.id] = {"id": one.id, "text": one.shown_text()[0]}
        if "attachments.media_keys" in self._expansions and post.media:
            data["attachments"] = self._attachments(post)
            for media in post.media:
                self._includes.media[media.key] = self._media(post, media)
        if "attachments.poll_ids" in self._expansions and post.request.poll is not UNSET:
            data["attachments"] = self._attachments(post)
            self._includes.polls[post.id] = self._poll(post)

    def _media(self, post: StoredPost, media: Media) -> dict[str, Any]:
        shown: dict[str, Any] = {"media_key": media.key, "type": media.kind}
        if "alt_text" in self._media_fields and media.alt_text:
            shown["alt_text"] = media.alt_text
        if "url" in self._media_fields and media.kind == "photo":
            shown["url"] = f"{self._call.base_url}/media/{media.key}"
        if media.size is not None and {"width", "height"} & self._media_fields:
            shown["width"], shown["height"] = media.size
        if "public_metrics" in self._media_fields and media.kind == "video":
            shown["public_metrics"] = {"view_count": views(post, self._now) // 2}
        return shown

    def _poll(self, post: StoredPost) -> dict[str, Any]:
        poll = post.request.poll
        if poll is UNSET:
            return {}
        ends = post.created_at + timedelta(minutes=poll.duration_minutes)
        options = [
            {"position": place, "label": label, "votes": 0}
            for place, label in enumerate(poll.options, 1)
        ]
        shown: dict[str, Any] = {"id": post.id, "options": options}
        more = {
            "duration_minutes": poll.duration_minutes,
            "end_datetime": timestamp(ends),
            "voting_status": "open" if self._now < ends else "closed",
        }
        return shown | {name: more[name] for name in more if name in self._poll_fields}


def shown_user(account: Any) -> dict[str, Any]:
    """Returns what is always shown of an account."""
    return {"id": account.id, "name": account.name, "username": account.handle}


def _references(post: StoredPost) -> list[dict[str, str]]:
    found = []
    if post.parent is not None:
        found.append({"type": "replied_to", "id": post.parent.id})
    if post.quoted is not None:
        found.append({"type": "quoted", "id": post.quoted.id})
    return found


def _entities(text: str, urls: list[dict[str, Any]]) -> dict[str, Any] | None:
    found: dict[str, Any] = {"urls": urls} if urls else {}
    for name, key, matches in (
        ("hashtags", "tag", hashtags(text)),
        ("cashtags", "tag", cashtags(text)),
        ("mentions", "username", mentions(text)),
    ):
        if matches:
            found[name] = [
                {"start": one.start(), "end": one.end(), key: one.group()[1:]} for one in matches
            ]
    return found or None
