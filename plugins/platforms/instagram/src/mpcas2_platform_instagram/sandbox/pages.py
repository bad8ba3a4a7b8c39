"""The public pages: timeline, profile, and the page of a post, a reel or a story."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_instagram.sandbox.accounts import face
from mpcas2_platform_instagram.sandbox.containers import Container
from mpcas2_platform_instagram.sandbox.media import Comment, Media
from mpcas2_platform_instagram.sandbox.state import TITLE, InstagramState
from mpcas2_sandbox.files import StoredFile, file_response
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import Card, Shot, missing_page, page_offset, post_page, timeline_page

_NOT_FOUND = 404
_MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_ABOUT = (
    "This server plays Instagram's consent page, token routes, Graph API, upload host and public "
    "pages. Everybody below can be chosen on the consent page; no password is asked."
)


def page_routes(state: InstagramState) -> list[BaseRoute]:
    """Returns the routes of the pages and of the files that they show."""

    async def start(_request: Request) -> Response:
        return start_page(
            state.accounts.all(), network=TITLE, about=_ABOUT, posts=state.stats()["posts"]
        )

    async def timeline(request: Request) -> Response:
        media = reversed(state.media.values())
        return timeline_page(_cards(state, media), network=TITLE, offset=page_offset(request))

    async def profile(request: Request) -> Response:
        account = state.accounts.named(request.path_params["handle"])
        if account is None:
            return missing_page("There is no such account.", network=TITLE)
        return timeline_page(
            _cards(state, (one for one in reversed(state.media.values()) if one.owner is account)),
            network=TITLE,
            offset=page_offset(request),
            path=f"/{account.handle}/",
            heading=account.name,
            note=f"@{account.handle} · {account.followers:,} followers",
        )

    async def post(request: Request) -> Response:
        named = request.path_params["named"]
        media = next(
            (one for one in state.media.values() if named in {one.shortcode, one.id}), None
        )
        path = request.url.path.removeprefix(request.scope.get("root_path", "")).rstrip("/")
        if (
            media is None
            or media.path.rstrip("/") != path
            or not media.shown(state.core.clock.now())
        ):
            return missing_page("This page isn't available. It may be removed.", network=TITLE)
        return post_page(_card(state, media, whole=True), network=TITLE)

    async def file(request: Request) -> Response:
        media = state.media.get(request.path_params["number"])
        place: int = request.path_params["place"]
        if media is None or place >= len(media.items):
            return Response("Not Found", _NOT_FOUND)
        return _file(request, media.items[place].file, media.items[place].media_type)

    async def cover(request: Request) -> Response:
        media = state.media.get(request.path_params["number"])
        if media is None:
            return Response("Not Found", _NOT_FOUND)
        if media.container.cover is not None:
            return _file(request, media.container.cover, "image/jpeg")
        return face(media.owner)

    async def portrait(request: Request) -> Response:
        account = state.accounts.find(request.path_params["number"])
        return Response("Not Found", _NOT_FOUND) if account is None else face(account)

    routes: list[BaseRoute] = [
        Route("/", start, methods=["GET"]),
        Route("/timeline", timeline, methods=["GET"]),
        Route("/files/{number}/{place:int}", file, methods=["GET"]),
        Route("/covers/{number}", cover, methods=["GET"]),
        Route("/faces/{number}.svg", portrait, methods=["GET"]),
    ]
    for path in ("/p/{named}", "/reel/{named}", "/stories/{handle}/{named}"):
        routes += [Route(path, post, methods=["GET"]), Route(f"{path}/", post, methods=["GET"])]
    routes.append(Route("/{handle}/", profile, methods=["GET"]))
    return routes


def _file(request: Request, file: StoredFile | None, media_type: str) -> Response:
    if file is None:
        return Response("Not Found", _NOT_FOUND)
    if "range" not in request.headers and file.size > _MAX_WHOLE_ANSWER:
        # The core holds a whole answer in memory; players ask for ranges anyway.
        return Response("Ask for a range of this file.", 403)
    return file_response(request, file, media_type)


def _cards(state: InstagramState, media: Iterable[Media]) -> list[Card]:
    now = state.core.clock.now()
    return [_card(state, one) for one in media if one.shown(now)]


def _card(state: InstagramState, media: Media, *, whole: bool = False) -> Card:
    figures = media.figures(state.core.clock.now())
    order = media.container.order
    badges = {"REELS": ["reel"], "STORY": ["story"], "FEED": []}[media.product]
    badges += ["made with AI"] if order.ai_generated else []
    badges += ["trial reel"] if order.trial is not None else []
    badges += [f"with @{one}" for one in order.collaborators]
    badges += [f"at {order.location_id}"] if order.location_id else []
    badges += [f"♪ {order.audio_name}"] if order.audio_name else []
    return Card(
        author=media.owner.name,
        handle=media.owner.handle,
        at=media.published_at,
        text=media.caption,
        url=media.path,
        media=tuple(_shot(media, place, one) for place, one in enumerate(media.items)),
        badges=tuple(badges),
        counts=(
            ("views", figures.views),
            ("likes", figures.likes),
            ("comment" if figures.comments == 1 else "comments", figures.comments),
        ),
        comments=tuple(map(_comment, media.comments)) if whole else (),
    )


def _comment(comment: Comment) -> Card:
    author = comment.author
    return Card(author=author.name, handle=author.handle, at=comment.at, text=comment.text)


def _shot(media: Media, place: int, item: Container) -> Shot:
    kind = "video" if item.order.is_video else "image"
    url = f"/files/{media.id}/{place}"
    if kind == "video":
        return Shot(url=url, kind="video")
    return Shot(url=url, alt=item.order.alt_text)
