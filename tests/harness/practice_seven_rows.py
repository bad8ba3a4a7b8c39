"""What is each of seven practice networks' own, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from practice import Call, PostKind

__all__ = ("MEDIA", "ROWS", "Row")

ENOUGH = 1_000_000
NO_WAIT: dict[str, Any] = {"seconds": 0}

MEDIA: Mapping[PostKind, tuple[str, ...]] = {
    "text": (),
    "image": ("still-0",),
    "images": ("still-0", "still-1", "still-2"),
    "video": ("reel",),
    "story": ("still-0",),
    "document": ("paper",),
    "thread": (),
    "poll": (),
    "comment": (),
}
"""The library's names of the files of each kind of post."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A practice network.

    Attributes:
        key: Of the network.
        kinds: Its kinds of posts, with their options as JSON; ``{mark}`` and ``{board}`` are filled in.
        calls: The requests that its adapter makes.
        addresses: The plugin's settings that take the network's address; none where people name it.
        more: Further settings of the plugin.
        prepared: Control routes and bodies: no waiting, no quotas, and the same post taken twice.
        asking: The kinds whose posts nobody can prove to be absent.
        alike: The kinds whose posts cannot be told from others of the same minute, even when listed.
        least_media: Files of kinds that have none, where a post needs one.
        short_tokens: Whether connecting begins with a token that is traded for a lasting one.
        id_member: Where a post of ``GET /_sandbox/posts`` has the id that people see.
    """

    key: str
    kinds: Mapping[PostKind, str]
    calls: tuple[Call, ...]
    addresses: tuple[str, ...] = ("API_URL", "WEB_URL")
    more: Mapping[str, str] = {}
    prepared: tuple[tuple[str, dict[str, Any]], ...] = ()
    asking: tuple[PostKind, ...] = ()
    alike: tuple[PostKind, ...] = ()
    least_media: tuple[str, ...] = ()
    short_tokens: bool = False
    id_member: str = "id"


def _call(name: str, method: str, path: str, *, final: bool = False) -> Call:
    return Call(name=name, method=method, path=path, final=final)


INSTAGRAM = Row(
    key="instagram",
    kinds={
        "image": "{}",
        "images": "{}",
        "video": "{}",
        # A story has no text; whom it tags bears the mark.
        "story": '{"placement": "story", "userTags": [{"username": "m{mark}", "x": 0, "y": 0}]}',
        "comment": "{}",
    },
    calls=(
        _call("media_publish", "POST", r"/media_publish$", final=True),
        _call("comment", "POST", r"/\d+/comments$", final=True),
        _call("media", "POST", r"/\d+/media$"),
        _call("bytes", "POST", r"^/ig-api-upload/"),
        _call("limit", "GET", r"/content_publishing_limit$"),
        _call("comments", "GET", r"/\d+/comments$"),
        _call("list", "GET", r"/(media|stories)$"),
        _call("node", "GET", r"/\d+$"),
    ),
    addresses=("API_URL", "WEB_URL", "AUTH_URL", "TOKEN_URL", "UPLOAD_URL"),
    prepared=(("decisions", NO_WAIT), ("settings", {"quotaTotal": ENOUGH})),
    # A list of comments never proves that one is absent, and a listed story has no words.
    asking=("comment", "story"),
    alike=("story",),
    least_media=("still-0",),
    short_tokens=True,
)

THREADS = Row(
    key="threads",
    kinds={
        "image": "{}",
        "text": "{}",
        "images": "{}",
        "video": "{}",
        "thread": "{}",
        "poll": '{"poll": ["yes", "no"]}',
        "comment": "{}",
    },
    calls=(
        _call("threads_publish", "POST", r"/me/threads_publish$", final=True),
        _call("threads", "POST", r"/me/threads$"),
        _call("limit", "GET", r"/me/threads_publishing_limit$"),
        _call("list", "GET", r"/me/(threads|replies)$"),
        _call("node", "GET", r"/\d+$"),
    ),
    prepared=(
        ("decisions", NO_WAIT),
        ("settings", {"quotaTotal": ENOUGH, "replyQuotaTotal": ENOUGH}),
    ),
    short_tokens=True,
)

MASTODON = Row(
    key="mastodon",
    kinds={
        "image": "{}",
        "text": "{}",
        "images": "{}",
        "video": "{}",
        "thread": "{}",
        "poll": '{"poll": {"options": ["yes", "no"]}}',
        "comment": "{}",
    },
    calls=(
        _call("statuses", "POST", r"^/api/v1/statuses$", final=True),
        _call("list", "GET", r"^/api/v1/accounts/\d+/statuses$"),
        _call("upload", "POST", r"^/api/v2/media$"),
        _call("media", "GET", r"^/api/v1/media/\d+$"),
        _call("describe", "PUT", r"^/api/v1/media/\d+$"),
        _call("status", "GET", r"^/api/v1/statuses/\d+$"),
    ),
    addresses=(),
    prepared=(("processing", NO_WAIT),),
)

LINKEDIN = Row(
    key="linkedin",
    kinds={
        "image": "{}",
        "text": "{}",
        "images": "{}",
        "video": "{}",
        "document": "{}",
        "poll": '{"poll": {"question": "Which {mark}?", "choices": ["yes", "no"]}}',
        "comment": "{}",
    },
    calls=(
        _call("posts", "POST", r"^/rest/posts$", final=True),
        _call("comment", "POST", r"^/rest/socialActions/[^/]+/comments$", final=True),
        _call("list", "GET", r"^/rest/posts$"),
        _call("post", "GET", r"^/rest/posts/"),
        _call("upload", "POST", r"^/rest/(images|documents|videos)$"),
        _call("bytes", "PUT", r"^/dms-uploads/"),
        _call("asset", "GET", r"^/rest/(images|documents|videos)/"),
        _call("comments", "GET", r"^/rest/socialActions/[^/]+/comments$"),
    ),
    more={"MORE_SCOPES": "w_member_social_feed r_member_social_feed"},
    prepared=(
        ("processing", NO_WAIT),
        ("settings", {"duplicateSeconds": 0}),
    ),
    asking=("text", "image", "images", "video", "document", "poll", "comment"),
)

TIKTOK = Row(
    key="tiktok",
    kinds={
        "video": '{"privacy": "PUBLIC_TO_EVERYONE"}',
        "image": '{"privacy": "PUBLIC_TO_EVERYONE"}',
        "images": '{"privacy": "PUBLIC_TO_EVERYONE"}',
    },
    calls=(
        _call("chunk", "PUT", r"^/upload/video/$", final=True),
        _call("photos", "POST", r"^/v2/post/publish/content/init/$", final=True),
        _call("init", "POST", r"/video/init/$"),
        _call("creator", "POST", r"/creator_info/query/$"),
        _call("status", "POST", r"/status/fetch/$"),
        _call("list", "POST", r"^/v2/video/(list|query)/$"),
        _call("user", "GET", r"^/v2/user/info/$"),
    ),
    prepared=(("decisions", NO_WAIT),),
    # Photos are one request, and afterwards a list in which they may show late.
    asking=("image", "images"),
    id_member="postId",
)

PINTEREST = Row(
    key="pinterest",
    kinds={
        "image": '{"boardId": "{board}"}',
        "images": '{"boardId": "{board}"}',
        "video": '{"boardId": "{board}"}',
    },
    calls=(
        _call("pins", "POST", r"^/v5/pins$", final=True),
        _call("list", "GET", r"^/v5/boards/\d+/pins$"),
        _call("media", "POST", r"^/v5/media$"),
        _call("upload", "POST", r"^/media-upload/$"),
        _call("state", "GET", r"^/v5/media/\d+$"),
    ),
    prepared=(("processing", NO_WAIT),),
    asking=("image", "images", "video"),
)

FACEBOOK = Row(
    key="facebook",
    kinds={"image": "{}", "text": "{}", "images": "{}", "video": "{}", "comment": "{}"},
    calls=(
        _call("feed", "POST", r"/\d+/feed$", final=True),
        _call("photos", "POST", r"/\d+/photos$", final=True),
        _call("videos", "POST", r"/\d+/videos$", final=True),
        _call("reels", "POST", r"/\d+/video_reels$", final=True),
        _call("stories", "POST", r"/\d+/(photo|video)_stories$", final=True),
        _call("comment", "POST", r"/[\d_]+/comments$", final=True),
        _call("bytes", "POST", r"^/video-upload/"),
        _call("list", "GET", r"/(published_posts|feed|posts|videos|video_reels|stories)$"),
        _call("comments", "GET", r"/[\d_]+/comments$"),
        _call("sent", "GET", r"^/video-upload/"),
        _call("node", "GET", r"/[\d_]+$"),
    ),
    addresses=("API_URL", "WEB_URL", "UPLOAD_URL"),
    prepared=(
        ("decisions", NO_WAIT),
        ("settings", {"reelsTotal": ENOUGH}),
    ),
    asking=("text", "image", "images", "video", "comment"),
    short_tokens=True,
)

ROWS = (INSTAGRAM, TIKTOK, LINKEDIN, FACEBOOK, PINTEREST, THREADS, MASTODON)
