"""The public pages: start, timeline, profiles, posts, and the media behind them."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_tiktok.sandbox.creators import Creator
from mpcas2_platform_tiktok.sandbox.display_methods import figures, followers
from mpcas2_platform_tiktok.sandbox.pictures import cover, face
from mpcas2_platform_tiktok.sandbox.post_request import DraftInfo, PhotoInfo, VideoInfo
from mpcas2_platform_tiktok.sandbox.publishes import Publish
from mpcas2_platform_tiktok.sandbox.state import TITLE, TikTokState
from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import Card, Shot, missing_page, page_offset, post_page, timeline_page

_MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_GONE = "This post is not here: it may be private, still in review, or taken down."
_ABOUT = (
    "This server plays TikTok's consent page and token endpoint, the Content Posting API with its "
    "upload host, the reading of posts and figures, and the public pages. Everybody below can be "
    "chosen on the consent page; no password is asked."
)

Handler = Callable[[Request], Awaitable[Response]]


def _badges(publish: Publish) -> tuple[str, ...]:
    info = publish.info
    if isinstance(info, DraftInfo):
        return ()
    told = {
        "Paid partnership": info.brand_content_toggle,
        "Promotional content": info.brand_organic_toggle,
        "Comments off": info.disable_comment or publish.creator.comment_disabled,
        "AI-generated": isinstance(info, VideoInfo) and info.is_aigc,
        "Duet off": isinstance(info, VideoInfo) and info.disable_duet,
        "Stitch off": isinstance(info, VideoInfo) and info.disable_stitch,
        "Music added": isinstance(info, PhotoInfo) and info.auto_add_music,
    }
    return tuple(words for words, holds in told.items() if holds)


def card(publish: Publish, now: datetime) -> Card:
    """Returns a public post as the pages show it."""
    info = publish.info
    photos = isinstance(info, PhotoInfo)
    counted = figures(publish, now)
    return Card(
        author=publish.creator.name,
        handle=publish.creator.handle,
        at=publish.public_since() or publish.created_at,
        title=info.title if photos else "",
        text=info.description if isinstance(info, PhotoInfo) else info.title,
        url=publish.path,
        media=tuple(
            Shot(
                url=f"/media/{publish.post_id}/{number}",
                kind="image" if photos else "video",
                alt=f"Photo {number + 1} of {len(publish.media)}" if photos else "",
            )
            for number in range(len(publish.media))
        ),
        badges=_badges(publish),
        counts=(
            ("views", counted["view_count"]),
            ("likes", counted["like_count"]),
            ("comments", counted["comment_count"]),
            ("shares", counted["share_count"]),
        ),
    )


def page_routes(state: TikTokState) -> list[BaseRoute]:
    """Returns the routes of the public pages and of what they embed."""

    def cards(creator: Creator | None) -> list[Card]:
        now = state.core.clock.now()
        return [
            card(one, now)
            for one in state.publishes.public(now)
            if creator is None or one.creator is creator
        ]

    async def start(_request: Request) -> Response:
        return start_page(
            state.creators.all(),
            network=TITLE,
            about=_ABOUT,
            posts=state.stats().public,
            client_id_name="Client key",
            notes=("Media may be pulled from this machine, and from verified domains.",),
        )

    async def timeline(request: Request) -> Response:
        return timeline_page(cards(None), network=TITLE, offset=page_offset(request))

    async def profile(request: Request) -> Response:
        creator = state.creators.find(request.path_params["handle"])
        if creator is None:
            return missing_page("There is no such account.", network=TITLE)
        count = followers(creator, state.core.clock.now())
        kind = "private account, " if creator.private else ""
        return timeline_page(
            cards(creator),
            network=TITLE,
            offset=page_offset(request),
            path=f"/@{creator.handle}",
            heading=creator.name,
            note=f"@{creator.handle} · {kind}{count:,} followers",
        )

    async def post(request: Request) -> Response:
        now = state.core.clock.now()
        post_id = request.path_params["name"].rpartition("/")[2]
        found = state.publishes.public_post(post_id, now)
        # Matched against the post's own path: neither another's name nor the wrong kind leads here.
        if found is None or request.path_params["name"] != found.path.removeprefix("/@"):
            return missing_page(_GONE, network=TITLE)
        return post_page(card(found, now), network=TITLE)

    async def media(request: Request) -> Response:
        found = state.publishes.public_post(request.path_params["post_id"], state.core.clock.now())
        number: int = request.path_params["number"]
        if found is None or number >= len(found.media):
            return missing_page(_GONE, network=TITLE)
        one = found.media[number]
        if "range" not in request.headers and one.file.size > _MAX_WHOLE_ANSWER:
            # The core holds a whole answer in memory; players ask for ranges anyway.
            return Response("Ask for a range of this video.", 403)
        kind = one.judged.media_type or "application/octet-stream"
        return file_response(request, one.file, kind)

    async def picture(request: Request) -> Response:
        creator = state.creators.find(request.path_params["handle"])
        if creator is None:
            return missing_page("There is no such account.", network=TITLE)
        return face(creator.handle, creator.name)

    async def poster(request: Request) -> Response:
        found = state.publishes.public_post(request.path_params["post_id"], state.core.clock.now())
        if found is None:
            return missing_page(_GONE, network=TITLE)
        return cover(str(found.post_id))

    shown: dict[str, Handler] = {
        "/": start,
        "/timeline": timeline,
        "/media/{post_id}/{number:int}": media,
        "/cover/{post_id}.svg": poster,
        "/@{handle}/avatar.svg": picture,
        "/@{handle}": profile,
        "/@{name:path}": post,
    }
    return [Route(path, handler, methods=["GET"]) for path, handler in shown.items()]
