"""The rules that a post must pass beyond the shape of its request."""

from datetime import datetime

from mpcas2_platform_twitter.sandbox.accounts import Account
from mpcas2_platform_twitter.sandbox.media import Media
from mpcas2_platform_twitter.sandbox.post_request import UNSET, PostRequest
from mpcas2_platform_twitter.sandbox.posts import StoredPost
from mpcas2_platform_twitter.sandbox.problems import forbidden, invalid_request
from mpcas2_platform_twitter.sandbox.state import XState
from mpcas2_platform_twitter.sandbox.weighted_text import cashtags, max_weight, mentions, weight

_BAD_MEDIA = "Your media IDs are invalid."


def new_post(state: XState, author: Account, request: PostRequest, now: datetime) -> StoredPost:
    """Returns the post that a request makes; nobody else sees it yet.

    Raises:
        Problem: It breaks a rule.
    """
    _check_parts(request)
    _check_text(request.text, max_weight(author.subscription))
    media = _media(state, author, request)
    parent = _parent(state, author, request)
    quoted = None
    if request.quote_tweet_id is not UNSET:
        quoted = state.posts.find(request.quote_tweet_id)
        if quoted is None:
            raise invalid_request(
                "quote_tweet_id names no post that exists", value=request.quote_tweet_id
            )
    post_id = state.numbers.next(now)
    post = StoredPost(
        id=post_id,
        author=author,
        request=request,
        media=media,
        parent=parent,
        quoted=quoted,
        created_at=now,
        conversation_id=post_id if parent is None else parent.conversation_id,
    )
    same = state.posts.same_as(post)
    if same is not None:
        age = (now - same.created_at).total_seconds()
        if age < state.settings.duplicate_seconds:
            state.duplicates_refused += 1
            raise forbidden("You are not allowed to create a Tweet with duplicate content.")
    return post


def _check_parts(request: PostRequest) -> None:
    has_media, has_poll = request.media is not UNSET, request.poll is not UNSET
    if not request.text.strip() and not has_media:
        raise invalid_request("text is required unless media is provided")
    if has_poll and has_media:
        raise invalid_request("poll and media exclude each other")
    if has_poll and request.quote_tweet_id is not UNSET:
        raise invalid_request("poll and quote_tweet_id exclude each other")
    if request.card_uri is not UNSET and (has_poll or has_media):
        raise invalid_request("card_uri excludes media and poll")
    if request.edit_options is not UNSET:
        raise forbidden("You are not permitted to edit posts with this account.")


def _check_text(text: str, most: int) -> None:
    taken = weight(text)
    if taken > most:
        raise invalid_request(
            f"Your Tweet text is too long: it weighs {taken} of {most} characters."
        )
    if len(cashtags(text)) > 1:
        raise forbidden("A post may have one cashtag.")


def _media(state: XState, author: Account, request: PostRequest) -> tuple[Media, ...]:
    if request.media is UNSET:
        return ()
    found: list[Media] = []
    for media_id in request.media.media_ids:
        media = state.media.find(media_id, author)
        if media is None or media.file is None or media in found:
            raise invalid_request(_BAD_MEDIA, value=media_id)
        match state.media.state(media):
            case "failed":
                raise invalid_request(_BAD_MEDIA, value=media_id)
            case "pending" | "in_progress":
                raise invalid_request(f"{_BAD_MEDIA} Still being processed.", value=media_id)
        found.append(media)
    if len(found) > 1 and any(one.kind != "photo" for one in found):
        raise invalid_request("a post has up to four pictures, or one GIF, or one video")
    for user_id in request.media.tagged_user_ids:
        if state.accounts.by_id(user_id) is None:
            raise invalid_request("tagged_user_ids names no user", value=user_id)
    return tuple(found)


def _parent(state: XState, author: Account, request: PostRequest) -> StoredPost | None:
    if request.reply is UNSET:
        return None
    parent = state.posts.find(request.reply.in_reply_to_tweet_id)
    if parent is None:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if parent.author is author and state.settings.own_replies:
        return parent
    mentioned = {found.group(1).lower() for found in mentions(parent.text)}
    quoted = parent.quoted is not None and parent.quoted.author is author
    if author.handle not in mentioned and not quoted:
        raise forbidden(
            "Reply to this conversation is not allowed because you have not been mentioned or "
            "otherwise engaged by the author of the post you are replying to."
        )
    return parent
