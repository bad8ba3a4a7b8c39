"""Comments below posts, and the end of posts, pictures and films."""

from typing import Any

from mpcas2_platform_facebook.sandbox.errors import bad_parameter
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.lists import LIST_PARAMETERS, paged, since_until
from mpcas2_platform_facebook.sandbox.nodes import show_comment
from mpcas2_platform_facebook.sandbox.posts import Comment, Post
from mpcas2_platform_facebook.sandbox.scopes import COMMENT, PUBLISH, READ_COMMENTS


async def write_comment(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``POST /{post}/comments``."""
    call.of_page(post.page)
    call.needs(COMMENT)
    call.knows("message")
    text = call.needed("message")
    most = call.state.settings.comment_characters
    if len(text) > most:
        raise bad_parameter(f"Param message must be no longer than {most} characters")
    if post.kind == "story" or post.state(call.now) != "public":
        raise bad_parameter("This post cannot be commented on.")
    call.count_publish(post.page)
    return {"id": call.state.add_comment(post, post.page, text, call.unknown).id}


async def list_comments(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``GET /{post}/comments``, the oldest first unless another order is asked for."""
    call.of_page(post.page)
    call.needs(READ_COMMENTS)
    call.knows(*LIST_PARAMETERS, "order", "filter", "summary")
    wanted = call.fields("created_time,from,message,id")
    order = call.given.get("order", "chronological")
    if order not in {"chronological", "reverse_chronological"}:
        raise bad_parameter("Param order must be chronological or reverse_chronological")
    comments = post.comments[:: 1 if order == "chronological" else -1]
    found = since_until(call, comments, lambda one: one.at)
    path = f"/{post.id}/comments"
    answer = paged(
        call, path, found, lambda one: one.id, lambda one: show_comment(call, one, post, wanted)
    )
    if call.flag("summary", usual=False):
        answer["summary"] = {"order": order, "total_count": len(found), "can_comment": True}
    return answer


def delete_comment(call: GraphCall, comment: Comment, post: Post) -> dict[str, Any]:
    """Answers ``DELETE /{comment}``."""
    call.of_page(post.page)
    call.needs(COMMENT)
    post.comments.remove(comment)
    return {"success": True}


def delete_post(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``DELETE`` of a post, or of the picture or film that is all it shows."""
    call.of_page(post.page)
    call.needs(PUBLISH)
    call.state.drop_post(post)
    return {"success": True}


def delete_staged(call: GraphCall, number: str) -> dict[str, Any]:
    """Answers ``DELETE`` of a picture or film that no post shows."""
    photo, video = call.state.photos.get(number), call.state.videos.get(number)
    page = photo.page if photo is not None else video.page if video is not None else None
    if page is not None:
        call.of_page(page)
    call.needs(PUBLISH)
    call.state.photos.pop(number, None)
    call.state.videos.pop(number, None)
    return {"success": True}
