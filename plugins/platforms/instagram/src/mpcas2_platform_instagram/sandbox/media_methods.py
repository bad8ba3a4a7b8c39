"""What can be done with published media: lists, comments, deletion."""

from typing import Any

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.errors import GraphError, bad_parameter, unknown_object
from mpcas2_platform_instagram.sandbox.graph_call import GraphCall
from mpcas2_platform_instagram.sandbox.media import Comment, Media
from mpcas2_platform_instagram.sandbox.nodes import paged, show_comment, show_item, show_media
from mpcas2_platform_instagram.sandbox.scopes import COMMENTS, DELETE

_COMMENT_LIST_FIELDS = "timestamp,text,id"


async def list_media(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``GET /{ig-user}/media``: everything but stories, the newest first."""
    return _listed(call, owner, "media", stories=False)


async def list_stories(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``GET /{ig-user}/stories``: the stories of the last 24 hours."""
    return _listed(call, owner, "stories", stories=True)


def _listed(call: GraphCall, owner: Account, edge: str, *, stories: bool) -> dict[str, Any]:
    if owner is not call.account:
        raise unknown_object(call.verb, owner.id)
    wanted = call.fields()
    since, until = call.moment("since"), call.moment("until")
    found = [
        one
        for one in call.state.media_of(owner, stories=stories)
        if (since is None or one.published_at.timestamp() >= since)
        and (until is None or one.published_at.timestamp() <= until)
    ]
    return paged(
        call,
        f"/{owner.id}/{edge}",
        found,
        lambda one: one.id,
        lambda one: show_media(call, one, wanted),
    )


def find_media(call: GraphCall, number: str) -> Media | None:
    """Returns the caller's post of that number; posts that were taken down are nobody's."""
    media = call.state.media.get(number)
    return None if media is None or media.removed or media.owner is not call.account else media


async def list_children(call: GraphCall, media: Media) -> dict[str, Any]:
    """Answers ``GET /{media}/children``."""
    wanted = call.fields()
    places = range(len(media.item_ids))
    return {"data": [show_item(call, media, place, wanted) for place in places]}


async def list_comments(call: GraphCall, media: Media) -> dict[str, Any]:
    """Answers ``GET /{media}/comments``, the newest first."""
    call.needs(COMMENTS)
    wanted = call.fields(_COMMENT_LIST_FIELDS)
    return paged(
        call,
        f"/{media.id}/comments",
        media.comments[::-1],
        lambda one: one.id,
        lambda one: show_comment(one, media, wanted),
    )


async def write_comment(call: GraphCall, media: Media) -> dict[str, Any]:
    """Answers ``POST /{media}/comments``.

    Who asks for ``fields`` as well gets an error, although the comment is there: so does the
    network.
    """
    call.needs(COMMENTS)
    text = call.needed("message")
    most = call.state.settings.comment_characters
    if len(text) > most:
        raise bad_parameter(f"A comment may have {most} characters at most.")
    if not media.shown(call.now) or media.product == "STORY":
        raise bad_parameter("This media has no comments.")
    comment = call.state.comment(media, call.account, text)
    if "fields" in call.given:
        raise bad_parameter(
            "Tried accessing nonexisting field on node type (IGComment) in the answer to a comment"
        )
    return {"id": comment.id}


def find_comment(call: GraphCall, number: str) -> tuple[Comment, Media] | None:
    """Returns a comment that the caller wrote, or that stands below a post of his."""
    for media in call.state.media.values():
        for comment in media.comments:
            if comment.id == number and call.account in {media.owner, comment.author}:
                return comment, media
    return None


def delete_comment(call: GraphCall, comment: Comment, media: Media) -> dict[str, Any]:
    """Answers ``DELETE /{comment}``."""
    call.needs(COMMENTS)
    media.comments.remove(comment)
    return {"success": True}


def delete_media(call: GraphCall, media: Media) -> dict[str, Any]:
    """Answers ``DELETE /{media}``, which only tokens of Facebook login may ask for.

    Raises:
        GraphError: The token is of Instagram login, or lacks the permission.
    """
    if call.token.kind != "facebook":
        raise unknown_object(call.verb, media.id)
    if not set(DELETE) & set(call.token.grant.scopes):
        raise GraphError(
            10, f"(#10) Application does not have permission for this action: {DELETE[0]} missing"
        )
    del call.state.media[media.id]
    call.state.deleted += 1
    return {"success": True}
