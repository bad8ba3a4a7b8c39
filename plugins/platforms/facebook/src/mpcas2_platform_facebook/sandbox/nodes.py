"""People, Pages, posts, pictures, films and comments as the Graph API shows them."""

from collections.abc import Mapping
from typing import Any

from mpcas2_platform_facebook.sandbox.field_list import FieldTree, Wanted, parse_fields, pick
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.lists import graph_time
from mpcas2_platform_facebook.sandbox.media import Photo, Video
from mpcas2_platform_facebook.sandbox.members import Page, Person
from mpcas2_platform_facebook.sandbox.posts import Comment, Post
from mpcas2_platform_facebook.sandbox.tokens import page_token

_MOST_BELOW = 25
_STATUS_TYPES = {
    "status": "mobile_status_update",
    "link": "shared_story",
    "photo": "added_photos",
    "photos": "added_photos",
    "video": "added_video",
    "reel": "added_video",
    "story": "added_photos",
}


def _pick(values: Mapping[str, Any], wanted: FieldTree, kind: str, **made: Any) -> dict[str, Any]:
    """Picks from values that stand for themselves and others that are made of what is wanted."""
    node = {name: _always(value) for name, value in values.items()}
    return pick({**node, **made}, wanted, kind)


def _always(value: Any) -> Any:
    return lambda _: value


def show_person(person: Person, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a person that are asked for."""
    first, _, last = person.name.partition(" ")
    values = {"id": person.id, "name": person.name, "first_name": first, "last_name": last}
    return _pick(values, wanted, "User")


def show_page(call: GraphCall, page: Page, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a Page that are asked for; its token for its owner's user token."""
    own = call.page is None and page in call.person.pages and page.id in call.token.grant.places
    picture = {"url": f"{call.here}/faces/{page.id}.svg", "height": 88, "width": 88}
    values: dict[str, Any] = {
        "id": page.id,
        "name": page.name,
        "username": page.handle,
        "category": "Local business",
        "category_list": [{"id": "2500", "name": "Local business"}],
        "link": f"{call.here}/{page.handle}",
        "about": f"{page.name} practises.",
        "followers_count": page.followers,
        "fan_count": page.followers * 9 // 10,
        "is_published": True,
        "verification_status": "not_verified",
        "tasks": list(page.tasks) if own else None,
        "access_token": page_token(call.state, call.token, page) if own else None,
        "picture": {"data": {**picture, "is_silhouette": False}},
    }
    return _pick(values, wanted, "Page")


def file_url(call: GraphCall, number: str) -> str:
    """Returns the address of a picture's or film's bytes."""
    return f"{call.here}/files/{number}"


def _below(wanted: Wanted) -> int:
    text = wanted.arguments.get("limit", str(_MOST_BELOW))
    return min(int(text), _MOST_BELOW) if text.isdecimal() else _MOST_BELOW


def _summary(wanted: Wanted, count: int) -> dict[str, Any]:
    if wanted.arguments.get("summary") not in {"true", "1", "total_count"}:
        return {}
    return {"summary": {"total_count": count, "can_comment": True}}


def _attachments(call: GraphCall, post: Post) -> dict[str, Any] | None:
    shown: list[dict[str, Any]] = []
    for photo in post.photos:
        image = {"image": {"src": file_url(call, photo.id)}}
        shown.append({"media": image, "type": "photo", "target": {"id": photo.id}})
    if post.video is not None:
        target = {"id": post.video.id, "url": f"{call.here}{post.path}"}
        shown.append({"type": "video_inline", "target": target, "title": post.title or None})
    if post.link:
        shown.append({"type": "share", "url": post.link, "unshimmed_url": post.link})
    if len(shown) > 1 and post.photos:
        shown = [{"type": "album", "subattachments": {"data": shown}}]
    return {"data": shown} if shown else None


def show_post(call: GraphCall, post: Post, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a post that are asked for."""
    figures = post.figures(call.now)
    public = post.state(call.now) == "public"
    scheduled = post.publishes_at if post.state(call.now) == "scheduled" else None
    shares = {"count": figures.shares} if figures.shares else None

    def comments(one: Wanted) -> dict[str, Any]:
        below = one.below or parse_fields("created_time,from,message,id")
        data = [show_comment(call, each, post, below) for each in post.comments[: _below(one)]]
        return {"data": data, **_summary(one, figures.comments)}

    def reactions(one: Wanted) -> dict[str, Any]:
        return {"data": [], **_summary(one, figures.reactions)}

    values = {
        "id": post.id,
        "message": post.text or None,
        "story": None,
        "created_time": graph_time(post.made_at),
        "updated_time": graph_time(post.made_at),
        "permalink_url": f"{call.here}{post.path}",
        "status_type": _STATUS_TYPES[post.kind],
        "is_published": public,
        "is_hidden": False,
        "from": {"name": post.page.name, "id": post.page.id},
        "full_picture": file_url(call, post.photos[0].id) if post.photos else None,
        "scheduled_publish_time": None if scheduled is None else int(scheduled.timestamp()),
        "attachments": _attachments(call, post),
        "shares": shares if public else None,
    }
    made = {"comments": comments, "reactions": reactions, "likes": reactions}
    return _pick(values, wanted, "PagePost", **made)


def show_photo(call: GraphCall, photo: Photo, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a picture that are asked for."""
    post = call.state.posts.get(photo.post_id)
    link = f"{call.here}{post.path}" if post is not None else None
    values = {
        "id": photo.id,
        "name": photo.caption or None,
        "alt_text": photo.alt_text or None,
        "alt_text_custom": photo.alt_text or None,
        "created_time": graph_time(photo.made_at),
        "images": [{"source": file_url(call, photo.id)}],
        "link": link,
        "permalink_url": link,
        "page_story_id": photo.post_id or None,
        "from": {"name": photo.page.name, "id": photo.page.id},
    }
    return _pick(values, wanted, "Photo")


def show_video(call: GraphCall, video: Video, wanted: FieldTree) -> dict[str, Any]:
    """Returns the fields of a film that are asked for; address and post once it is out."""
    post = call.state.posts.get(video.post_id)
    shown = post is not None and video.phases(call.now)[1] == "complete"
    values = {
        "id": video.id,
        "status": video.status(call.now),
        "title": (post.title or None) if post is not None else None,
        "description": (post.text or None) if post is not None else None,
        "created_time": graph_time(video.made_at),
        "updated_time": graph_time(video.made_at),
        "length": video.seconds if shown else None,
        "published": post is not None and post.state(call.now) == "public",
        "permalink_url": post.path if post is not None and shown else None,
        "post_id": video.post_id if shown else None,
        "source": file_url(call, video.id) if shown else None,
        "from": {"name": video.page.name, "id": video.page.id},
    }
    return _pick(values, wanted, "Video")


def show_comment(
    call: GraphCall, comment: Comment, post: Post, wanted: FieldTree
) -> dict[str, Any]:
    """Returns the fields of a comment that are asked for."""
    values = {
        "id": comment.id,
        "message": comment.text,
        "created_time": graph_time(comment.at),
        "from": {"name": comment.author, "id": comment.author_id},
        "permalink_url": f"{call.here}{post.path}?comment_id={comment.id.partition('_')[2]}",
        "like_count": 0,
        "comment_count": 0,
        "can_remove": True,
        "is_hidden": False,
        "parent": None,
    }
    return _pick(values, wanted, "Comment")
