"""The routes for comments below posts."""

from msgspec import UNSET

from mpcas2_platform_linkedin.sandbox.calls import Call, Reply, page_of, urn_of
from mpcas2_platform_linkedin.sandbox.post_body import CommentBody
from mpcas2_platform_linkedin.sandbox.post_methods import visible_post
from mpcas2_platform_linkedin.sandbox.posts import shown_comment
from mpcas2_platform_linkedin.sandbox.refusals import bad_field

COMMENT = 1250


def create_comment(call: Call) -> Reply:
    """Writes a comment (``POST /rest/socialActions/{urn}/comments``)."""
    call.query(())
    body = call.json(CommentBody)
    actor = call.author(urn_of(body.actor, "person", "organization"), "/actor")
    old = call.state.settings.comments_by_posting_scopes
    call.writes_as(actor, "comments.CREATE", ("_feed", "") if old else ("_feed",))
    post = visible_post(call, call.path("urn"), "activity")
    if urn_of(body.object, "share", "ugcPost", "activity") not in {post.urn, post.activity}:
        raise bad_field("/object", "object is not the post of the address")
    if body.parent_comment is not UNSET:
        raise bad_field("/parentComment", "This practice network has no answers to comments")
    if not body.message.text.strip():
        raise bad_field("/message/text", "text is empty", "MISSING_FIELD")
    if len(body.message.text) > COMMENT:
        description = f"text is longer than {COMMENT} characters"
        raise bad_field("/message/text", description, "FIELD_LENGTH_TOO_LONG")
    comment = call.state.posts.add_comment(post, actor, call.member, body.message.text)
    call.state.notifications.tell_comment(post, comment)
    return Reply(body=shown_comment(post, comment), status=201, headers={"x-restli-id": comment.id})


def list_comments(call: Call) -> Reply:
    """Lists the comments below a post (``GET /rest/socialActions/{urn}/comments``)."""
    query = call.query({"start", "count"})
    post = visible_post(call, call.path("urn"), "activity")
    call.reads_of(post.author, "comments.GET_ALL", ("_feed", ""))
    return Reply(body=page_of(query, [shown_comment(post, one) for one in post.comments]))
