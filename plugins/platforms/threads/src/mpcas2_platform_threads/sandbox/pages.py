"""The public pages: timeline, profile, and the page of a post with what stands below it."""

from collections.abc import Iterable
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_threads.sandbox.accounts import face
from mpcas2_platform_threads.sandbox.containers import Container
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_platform_threads.sandbox.state import TITLE, ThreadsState
from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import Card, Shot, missing_page, page_offset, post_page, timeline_page

_NOT_FOUND = 404
_MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_ABOUT = (
    "This server plays the consent page, token routes, Graph API and public pages of Threads. "
    "Everybody below can be chosen on the consent page; no password is asked."
)


def page_routes(state: ThreadsState) -> list[BaseRoute]:
    """Returns the routes of the pages and of the files that they show."""

    async def start(_request: Request) -> Response:
        return start_page(
            state.accounts.all(), network=TITLE, about=_ABOUT, posts=state.stats()["posts"]
        )

    async def timeline(request: Request) -> Response:
        posts = reversed(state.posts.values())
        return timeline_page(_cards(state, posts), network=TITLE, offset=page_offset(request))

    async def profile(request: Request) -> Response:
        account = state.accounts.named(request.path_params["handle"])
        if account is None:
            return missing_page("There is no such account.", network=TITLE)
        return timeline_page(
            _cards(state, (one for one in reversed(state.posts.values()) if one.owner is account)),
            network=TITLE,
            offset=page_offset(request),
            path=f"/@{account.handle}",
            heading=account.name,
            note=f"@{account.handle} · {account.followers:,} followers",
        )

    async def post(request: Request) -> Response:
        named, handle = request.path_params["shortcode"], request.path_params["handle"]
        found = next(
            (
                one
                for one in state.posts.values()
                if one.shortcode == named
                and one.owner.handle == handle
                and one.shown(state.core.clock.now())
            ),
            None,
        )
        if found is None:
            return missing_page("This post isn't available. It may be deleted.", network=TITLE)
        return post_page(_card(state, found, whole=True), network=TITLE)

    async def file(request: Request) -> Response:
        found = state.posts.get(request.path_params["number"])
        place: int = request.path_params["place"]
        if found is None or place >= len(found.items):
            return Response("Not Found", _NOT_FOUND)
        return _file(request, found.items[place])

    async def portrait(request: Request) -> Response:
        account = state.accounts.find(request.path_params["number"])
        return Response("Not Found", _NOT_FOUND) if account is None else face(account)

    return [
        Route("/", start, methods=["GET"]),
        Route("/timeline", timeline, methods=["GET"]),
        Route("/files/{number}/{place:int}", file, methods=["GET"]),
        Route("/faces/{number}.svg", portrait, methods=["GET"]),
        Route("/@{handle}/post/{shortcode}", post, methods=["GET"]),
        Route("/@{handle}", profile, methods=["GET"]),
    ]


def _file(request: Request, item: Container) -> Response:
    if item.file is None:
        return Response("Not Found", _NOT_FOUND)
    if "range" not in request.headers and item.file.size > _MAX_WHOLE_ANSWER:
        # The core holds a whole answer in memory; players ask for ranges anyway.
        return Response("Ask for a range of this file.", 403)
    return file_response(request, item.file, item.media_type)


def _cards(state: ThreadsState, posts: Iterable[Post]) -> list[Card]:
    now = state.core.clock.now()
    return [_card(state, one) for one in posts if one.shown(now)]


def _card(state: ThreadsState, post: Post, *, whole: bool = False) -> Card:
    now = state.core.clock.now()
    figures = post.figures(now)
    shown = post.reposted or post
    visible = (one for one in post.below(now) if not one.hidden)
    return Card(
        author=post.owner.name,
        handle=post.owner.handle,
        at=post.published_at,
        text=_text(shown),
        url=post.path,
        media=tuple(_shot(shown, place, one) for place, one in enumerate(shown.items)),
        badges=tuple(_badges(post)),
        counts=(
            ("likes", figures.likes),
            ("reply" if figures.replies == 1 else "replies", figures.replies),
            ("reposts", figures.reposts),
            ("views", figures.views),
        ),
        comments=tuple(_card(state, one, whole=True) for one in visible) if whole else (),
    )


def _text(post: Post) -> str:
    """Returns what people read: the text with the link, the poll and the long text below it."""
    order = post.order
    poll = "\n".join(f"○ {one}" for one in order.poll.options().values()) if order.poll else ""
    long = order.text_attachment.plaintext if order.text_attachment else ""
    return "\n\n".join(one for one in (order.text, order.link_attachment, poll, long) if one)


def _badges(post: Post) -> Iterable[str]:
    order = post.order
    if post.replied_to is not None:
        yield f"reply to @{post.replied_to.owner.handle}"
    if post.reposted is not None:
        yield f"reposts @{post.reposted.owner.handle}"
    if post.quoted is not None:
        yield f"quotes @{post.quoted.owner.handle}"
    if order.topic_tag:
        yield f"# {order.topic_tag}"
    if order.poll:
        yield "poll"
    if order.reply_control != "everyone":
        yield f"replies: {order.reply_control.replace('_', ' ')}"
    if order.location_id:
        yield f"at {order.location_id}"
    if order.ghost:
        yield "ghost post"
    if order.spoiler or order.text_entities:
        yield "spoiler"


def _shot(post: Post, place: int, item: Container) -> Shot:
    url = f"/files/{post.id}/{place}"
    kind: Literal["image", "video"] = "video" if item.order.is_video else "image"
    return Shot(url=url, kind=kind, alt=item.order.alt_text)
