"""The pages that people see: start, timeline and single posts."""

from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import (
    Card,
    Shot,
    missing_page,
    page_offset,
    post_page,
    timeline_page,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .state import Post, State

_TITLE = "Postbox"


def page_routes(state: State) -> list[BaseRoute]:
    """Returns the routes of the pages, and of the pictures on them."""

    async def start(_request: Request) -> Response:
        about = "The consent page lets you choose who you are."
        return start_page(state.accounts, network=_TITLE, about=about, posts=len(state.posts))

    async def timeline(request: Request) -> Response:
        posts = [post for post in reversed(state.posts.values()) if post.comment_on is None]
        cards = [_card(state, post) for post in posts]
        return timeline_page(cards, network=_TITLE, offset=page_offset(request))

    async def single(request: Request) -> Response:
        post = state.posts.get(request.path_params["id"])
        if post is None:
            return missing_page("There is no such post.", network=_TITLE)
        return post_page(_card(state, post), network=_TITLE)

    async def picture(request: Request) -> Response:
        post = state.posts.get(request.path_params["id"])
        image = post.draft.images.get(request.path_params["place"]) if post else None
        if image is None:
            return Response("Not Found", 404)
        return file_response(request, image.file, image.media_type)

    return [
        Route("/", start),
        Route("/timeline", timeline),
        Route("/posts/{id}", single),
        Route("/posts/{id}/images/{place:int}", picture),
    ]


def _card(state: State, post: Post) -> Card:
    """Shows a post with its pictures and the comments below it."""
    return Card(
        author=post.author.name,
        handle=post.author.handle,
        at=post.at,
        text=post.draft.body.text,
        url=f"/posts/{post.id}",
        media=tuple(
            Shot(url=f"/posts/{post.id}/images/{place}", alt=image.alt)
            for place, image in sorted(post.draft.images.items())
        ),
        badges=("for followers",) if post.draft.body.audience == "followers" else (),
        comments=tuple(_card(state, comment) for comment in state.comments(post.id)),
    )
