"""Reads back who an account is, what it posted and how that does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from mpcas2_platform_tiktok.sandbox.api_call import Call, Method
from mpcas2_platform_tiktok.sandbox.creators import Creator
from mpcas2_platform_tiktok.sandbox.publishes import Publish
from mpcas2_sandbox import here
from mpcas2_sandbox.growth import figure

_MOST = {"view_count": 9000, "like_count": 900, "comment_count": 90, "share_count": 60}
_MOST_FOLLOWERS = 5000
_FOLLOWING = 40
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_USER_SCOPES = {
    "open_id": "user.info.basic",
    "union_id": "user.info.basic",
    "avatar_url": "user.info.basic",
    "avatar_url_100": "user.info.basic",
    "avatar_large_url": "user.info.basic",
    "display_name": "user.info.basic",
    "bio_description": "user.info.profile",
    "profile_deep_link": "user.info.profile",
    "is_verified": "user.info.profile",
    "username": "user.info.profile",
    "follower_count": "user.info.stats",
    "following_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}


def figures(publish: Publish, now: datetime) -> dict[str, int]:
    """Returns the figures of a public post."""
    since = publish.public_since() or now
    return {
        name: figure(f"{publish.post_id}:{name}", since, now, most) for name, most in _MOST.items()
    }


def _video(publish: Publish, base: str, now: datetime) -> dict[str, Any]:
    cover = publish.media[publish.cover if publish.photos else 0].judged
    since = publish.public_since() or now
    return {
        "id": str(publish.post_id),
        "create_time": int(since.timestamp()),
        "cover_image_url": f"{base}/cover/{publish.post_id}.svg",
        "share_url": f"{base}{publish.path}",
        "video_description": publish.text if publish.photos else publish.info.title,
        "duration": int(cover.seconds or 0),
        "height": cover.height or 0,
        "width": cover.width or 0,
        "title": publish.info.title,
        "embed_html": "",
        "embed_link": f"{base}{publish.path}",
        **figures(publish, now),
    }


_VIDEO_FIELDS: dict[str, object] = dict.fromkeys(
    (
        *("id", "create_time", "cover_image_url", "share_url", "video_description", "duration"),
        *("height", "width", "title", "embed_html", "embed_link", *_MOST),
    )
)


class _Filters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    video_ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20)]


class _Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    filters: _Filters


class _Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    max_count: Annotated[int, msgspec.Meta(ge=1, le=20)] = 10
    cursor: Annotated[int, msgspec.Meta(ge=0)] | None = None


def _query(call: Call) -> dict[str, Any]:
    fields = call.fields(_VIDEO_FIELDS)
    base = here(call.request)
    found = [
        call.state.publishes.public_post(one, call.now)
        for one in call.body(_Query).filters.video_ids
    ]
    videos = [
        _video(one, base, call.now)
        for one in found
        if one is not None and one.creator is call.creator
    ]
    return {"videos": [{name: one[name] for name in fields} for one in videos]}


def _list(call: Call) -> dict[str, Any]:
    fields = call.fields(_VIDEO_FIELDS)
    page = call.body(_Page)
    known_by = call.now - timedelta(seconds=call.state.settings.list_lag_seconds)
    listed: list[tuple[int, Publish]] = []
    for publish in call.state.publishes.public(call.now):
        since = publish.public_since()
        if publish.creator is call.creator and since is not None and since <= known_by:
            listed.append((int(since.timestamp() * 1000), publish))
    listed.sort(key=lambda one: one[0], reverse=True)
    if page.cursor is not None:
        listed = [one for one in listed if one[0] < page.cursor]
    shown = listed[: page.max_count]
    base = here(call.request)
    videos = [_video(publish, base, call.now) for _, publish in shown]
    return {
        "videos": [{name: one[name] for name in fields} for one in videos],
        "cursor": shown[-1][0] if shown else page.cursor or 0,
        "has_more": len(listed) > len(shown),
    }


def _user(call: Call) -> dict[str, Any]:
    fields = call.fields(_USER_SCOPES)
    for name in fields:
        call.needs(_USER_SCOPES[name])
    base, creator = here(call.request), call.creator
    public = [one for one in call.state.publishes.public(call.now) if one.creator is creator]
    picture = f"{base}/@{creator.handle}/avatar.svg"
    every: dict[str, Callable[[], Any]] = {
        "open_id": lambda: creator.id,
        "union_id": lambda: creator.union_id,
        "avatar_url": lambda: picture,
        "avatar_url_100": lambda: picture,
        "avatar_large_url": lambda: picture,
        "display_name": lambda: creator.name,
        "bio_description": lambda: "",
        "profile_deep_link": lambda: f"{base}/@{creator.handle}",
        "is_verified": lambda: False,
        "username": lambda: creator.handle,
        "follower_count": lambda: followers(creator, call.now),
        "following_count": lambda: _FOLLOWING,
        "likes_count": lambda: sum(figures(one, call.now)["like_count"] for one in public),
        "video_count": lambda: len(public),
    }
    return {"user": {name: every[name]() for name in fields}}


def followers(creator: Creator, now: datetime) -> int:
    """Returns how many people follow a creator."""
    return figure(f"{creator.handle}:followers", _FIRST_DAY, now, _MOST_FOLLOWERS)


DISPLAY_METHODS = (
    Method(verb="GET", path="/v2/user/info/", answer=_user, scopes=("user.info.basic",)),
    Method(verb="POST", path="/v2/video/query/", answer=_query, scopes=("video.list",)),
    Method(verb="POST", path="/v2/video/list/", answer=_list, scopes=("video.list",)),
)
