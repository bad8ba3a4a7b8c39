"""The public pages: timeline, a Page's own, and the page of a post, a film or a story."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_facebook.sandbox.members import face
from mpcas2_platform_facebook.sandbox.posts import Comment, Post
from mpcas2_platform_facebook.sandbox.state import TITLE, FacebookState
from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import Card, Shot, missing_page, page_offset, post_page, timeline_page

_NOT_FOUND = 404
_MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_ABOUT = (
    "This server plays Facebook's consent page, Graph API, upload host and public pages. Everybody "
    "below can be chosen on the consent page, with the Pages that are theirs; no password is asked."
)


def page_routes(state: FacebookState) -> list[BaseRoute]:
    """Returns the routes of the pages and of the files that they show."""

    async def start(_request: Request) -> Response:
        pages = ", ".join(one.name for one in state.members.pages()[:20])
        return start_page(
            state.members.all(),
            network=TITLE,
            about=_ABOUT,
            posts=state.stats()["posts"],
            client_id_name="App id",
            notes=(f"The Pages: {pages}.",),
        )

    async def timeline(request: Request) -> Response:
        cards = _cards(state, state.public_posts())
        return timeline_page(cards, network=TITLE, offset=page_offset(request))

    async def profile(request: Request) -> Response:
        page = state.members.page(request.path_params["handle"])
        if page is None:
            return missing_page("There is no such Page.", network=TITLE)
        return timeline_page(
            _cards(state, (one for one in state.public_posts() if one.page is page)),
            network=TITLE,
            offset=page_offset(request),
            path=f"/{page.handle}",
            heading=page.name,
            note=f"@{page.handle} · {page.followers:,} followers",
        )

    async def post(request: Request) -> Response:
        path = request.url.path.removeprefix(request.scope.get("root_path", "")).rstrip("/")
        shown = (one for one in state.public_posts() if one.path.rstrip("/") == path)
        found = next(shown, None)
        if found is None:
            return missing_page("This content isn't available right now.", network=TITLE)
        return post_page(_card(state, found, whole=True), network=TITLE)

    async def file(request: Request) -> Response:
        number = request.path_params["number"]
        photo, video = state.photos.get(number), state.videos.get(number)
        kept = photo or video
        if kept is None:
            return Response("Not Found", _NOT_FOUND)
        if "range" not in request.headers and kept.file.size > _MAX_WHOLE_ANSWER:
            # The core holds a whole answer in memory; players ask for ranges anyway.
            return Response("Ask for a range of this file.", 403)
        return file_response(request, kept.file, kept.media_type or "application/octet-stream")

    async def portrait(request: Request) -> Response:
        page = state.members.page(request.path_params["number"])
        return Response("Not Found", _NOT_FOUND) if page is None else face(page)

    routes: list[BaseRoute] = [
        Route("/", start, methods=["GET"]),
        Route("/timeline", timeline, methods=["GET"]),
        Route("/files/{number}", file, methods=["GET"]),
        Route("/faces/{number}.svg", portrait, methods=["GET"]),
    ]
    for path in ("/{page}/posts/{named}", "/reel/{named}", "/watch/{named}", "/stories/{page}/{n}"):
        routes += [Route(path, post, methods=["GET"]), Route(f"{path}/", post, methods=["GET"])]
    routes.append(Route("/{handle}", profile, methods=["GET"]))
    return routes


def _cards(state: FacebookState, posts: Iterable[Post]) -> list[Card]:
    return [_card(state, one) for one in posts]


def _card(state: FacebookState, post: Post, *, whole: bool = False) -> Card:
    figures = post.figures(state.core.clock.now())
    badges: list[str] = [post.kind] if post.kind in {"reel", "story"} else []
    badges += ["made with AI"] if post.request.get("is_ai_generated") in {"true", "1"} else []
    shots = [Shot(url=f"/files/{one.id}", alt=one.alt_text) for one in post.photos]
    if post.video is not None:
        shots.append(Shot(url=f"/files/{post.video.id}", kind="video"))
    text = f"{post.text}\n{post.link}" if post.link and post.link not in post.text else post.text
    return Card(
        author=post.page.name,
        handle=post.page.handle,
        at=post.public_at() or post.made_at,
        text=text.strip(),
        title=post.title,
        url=post.path,
        media=tuple(shots),
        badges=tuple(badges),
        counts=(
            ("views", figures.views),
            ("reactions", figures.reactions),
            ("comment" if figures.comments == 1 else "comments", figures.comments),
            ("shares", figures.shares),
        ),
        comments=tuple(_comment(one) for one in post.comments) if whole else (),
    )


def _comment(comment: Comment) -> Card:
    handle = comment.author.lower().replace(" ", ".")
    return Card(author=comment.author, handle=handle, at=comment.at, text=comment.text)
