"""What can be done with published posts: lists, replies, deletion."""

from typing import Any

from mpcas2_platform_threads.sandbox.accounts import Account, used_within
from mpcas2_platform_threads.sandbox.errors import bad_parameter, quota_reached, unknown_object
from mpcas2_platform_threads.sandbox.graph_call import GraphCall
from mpcas2_platform_threads.sandbox.nodes import listed
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_platform_threads.sandbox.scopes import DELETE, MANAGE_REPLIES, READ_REPLIES


async def list_posts(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``GET /{user}/threads``: everything but replies, the newest first."""
    return _of_account(call, owner, "threads", replies=False)


async def list_own_replies(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``GET /{user}/replies``: what the account replied, the newest first."""
    call.needs(READ_REPLIES)
    return _of_account(call, owner, "replies", replies=True)


def _of_account(call: GraphCall, owner: Account, edge: str, *, replies: bool) -> dict[str, Any]:
    if owner is not call.account:
        raise unknown_object(call.verb, owner.id)
    posts = call.state.posts_of(owner, replies=replies)
    return listed(call, f"/{owner.id}/{edge}", posts, "id")


def visible_post(call: GraphCall, number: str) -> Post | None:
    """Returns a post of the caller, or a reply in a conversation that he began."""
    post = call.state.find(number)
    if post is None or call.account not in {post.owner, post.root.owner}:
        return None
    return post


async def list_replies(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``GET /{post}/replies``: what stands directly below it."""
    return _below(call, post, "replies", post.below(call.now))


async def list_conversation(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``GET /{post}/conversation``: all that stands below it, as a flat list."""
    return _below(call, post, "conversation", post.conversation(call.now))


def _below(call: GraphCall, post: Post, edge: str, replies: list[Post]) -> dict[str, Any]:
    call.needs(READ_REPLIES)
    order = call.given.get("reverse", "true")
    if order not in {"true", "false"}:
        raise bad_parameter("Param reverse must be a boolean")
    shown = replies[::-1] if order == "true" else replies
    return listed(call, f"/{post.id}/{edge}", shown, "id,text,timestamp")


async def manage_reply(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``POST /{reply}/manage_reply``: hides or shows a reply below the caller's post."""
    call.needs(MANAGE_REPLIES)
    word = call.needed("hide")
    if word not in {"true", "false"}:
        raise bad_parameter("Param hide must be a boolean")
    if post.replied_to is None or post.root.owner is not call.account:
        raise bad_parameter("Only replies below your own posts can be hidden.")
    post.hidden = word == "true"
    return {"success": True}


async def delete_post(call: GraphCall, post: Post) -> dict[str, Any]:
    """Answers ``DELETE /{post}``, which has a quota of its own."""
    call.needs(DELETE)
    if post.owner is not call.account:
        raise unknown_object(call.verb, post.id)
    settings = call.state.settings
    used = used_within(call.account.erased, call.now, settings.quota_seconds)
    if used >= settings.delete_quota_total:
        raise quota_reached(settings.quota_code, "deletions")
    post.gone = "deleted"
    call.account.erased.append(call.now)
    call.state.deleted += 1
    return {"success": True, "deleted_id": post.id}
