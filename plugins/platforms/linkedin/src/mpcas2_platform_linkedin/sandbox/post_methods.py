"""The routes that make, show, list and delete posts."""

from mpcas2_platform_linkedin.sandbox import little_text
from mpcas2_platform_linkedin.sandbox.calls import Call, Reply, decoded, page_of, urn_of
from mpcas2_platform_linkedin.sandbox.directory import Member
from mpcas2_platform_linkedin.sandbox.post_body import PostBody
from mpcas2_platform_linkedin.sandbox.post_rules import check_post
from mpcas2_platform_linkedin.sandbox.posts import Post, shown
from mpcas2_platform_linkedin.sandbox.refusals import Refused, duplicate, not_found

POST_KINDS = ("share", "ugcPost")
_VIEWS = ("READER", "AUTHOR")


def create_post(call: Call) -> Reply:
    """Makes a post (``POST /rest/posts``)."""
    call.query(())
    body = call.json(PostBody)
    author = call.author(urn_of(body.author, "person", "organization"))
    call.writes_as(author, "posts.CREATE")
    state = call.state
    media = check_post(body, author, state.media)
    settings = state.settings
    same = state.posts.same(
        author, body, settings.duplicate_seconds, ghosts=settings.ghost_duplicates
    )
    if same is not None:
        state.duplicates_refused += 1
        raise duplicate(same.urn)
    text = little_text.parse(body.commentary)
    post = state.posts.add(author, call.member, body, text, media)
    return Reply(status=201, headers={"x-restli-id": post.urn})


def get_post(call: Call) -> Reply:
    """Shows one post (``GET /rest/posts/{urn}``)."""
    query = call.query({"viewContext"})
    if "viewContext" in query:
        decoded(query, "viewContext", _VIEWS)
    urn = urn_of(call.path("urn"), *POST_KINDS)
    post = call.state.posts.find(urn)
    if post is None:
        # Without a post there is no author whose scope could count: either reading scope will do.
        call.need("posts.GET", "r_member_social", "r_organization_social")
        raise not_found()
    call.reads_of(post.author, "posts.GET")
    if not call.state.posts.readable(post):
        raise not_found()
    return Reply(body=shown(post, call.state.posts))


def delete_post(call: Call) -> Reply:
    """Deletes a post (``DELETE /rest/posts/{urn}``); a second time answers the same."""
    call.query(())
    urn = urn_of(call.path("urn"), *POST_KINDS)
    post = call.state.posts.find(urn)
    if post is None:
        call.need("posts.DELETE", "w_member_social", "w_organization_social")
        raise not_found()
    call.writes_as(post.author, "posts.DELETE")
    post.deleted_at = post.deleted_at or call.state.core.clock.now()
    return Reply(status=204)


def list_posts(call: Call) -> Reply:
    """Lists an author's posts, the newest first (``GET /rest/posts?q=author``)."""
    query = call.query({"q", "author", "start", "count", "sortBy", "viewContext"})
    decoded(query, "q", ("author",))
    if "sortBy" in query:
        decoded(query, "sortBy", ("LAST_MODIFIED", "CREATED"))
    if "viewContext" in query:
        decoded(query, "viewContext", _VIEWS)
    author = call.author(urn_of(decoded(query, "author"), "person", "organization"), "author")
    call.reads_of(author, "posts.FINDER-author")
    now = call.state.core.clock.now()
    lag = call.state.settings.list_lag_seconds
    old = [
        shown(one, call.state.posts)
        for one in call.state.posts.of(author)
        if (now - one.created_at).total_seconds() >= lag
    ]
    return Reply(body=page_of(query, old))


def visible_post(call: Call, value: str, *more_kinds: str) -> Post:
    """Returns a post that people can see.

    Args:
        call: The call.
        value: The post's URN.
        more_kinds: Which URNs name it beside its own.

    Raises:
        Refused: There is none.
    """
    post = call.state.posts.find(urn_of(value, *POST_KINDS, *more_kinds))
    if post is None or not call.state.posts.public(post):
        raise not_found()
    strangers = isinstance(post.author, Member) and post.author is not call.member
    if post.body.visibility == "CONNECTIONS" and strangers:
        raise Refused(403, "The post is for connections only", code="ACCESS_DENIED")
    return post
