"""The public pages: start, timeline, profiles, boards, Pins, and the media behind them."""

from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_pinterest.sandbox.figures import pin_total
from mpcas2_platform_pinterest.sandbox.pins import Pin
from mpcas2_platform_pinterest.sandbox.state import TITLE, PinterestState
from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.start_page import start_page
from mpcas2_sandbox.timeline import Card, Shot, missing_page, page_offset, post_page, timeline_page

_MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_GONE = "This Pin is not here: it may be secret, deleted, or seen by its creator only."
_NOBODY = "There is no such account."
_ABOUT = (
    "This server plays Pinterest's consent page and token endpoint, the API v5 with its upload "
    "host, statistics, and the public pages. Everybody below can be chosen on the consent page; no "
    "password is asked."
)
_DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120"><rect width="120" height="120" '
    'fill="#bd081c"/><text x="60" y="60" fill="#fff" font-family="sans-serif" font-size="56" '
    'text-anchor="middle" dominant-baseline="central">{}</text></svg>'
)

Handler = Callable[[Request], Awaitable[Response]]


def _card(state: PinterestState, pin: Pin) -> Card:
    now = state.core.clock.now()
    body = pin.body
    section = pin.board.section(body.board_section_id or "")
    place = pin.board.name if section is None else f"{pin.board.name} / {section.name}"
    alt = body.alt_text or ""
    pictures = tuple(
        Shot(url=f"/media/{pin.id}/{number}", alt=one.description or one.title or alt)
        for number, one in enumerate(pin.images)
    )
    video = Shot(url=f"/media/{pin.id}/video", kind="video", alt=alt)
    words = [body.description or "", body.link or ""]
    return Card(
        author=pin.owner.name,
        handle=pin.owner.handle,
        at=pin.created_at,
        title=body.title or "",
        text="\n".join(one for one in words if one),
        url=pin.path,
        media=pictures if pin.video is None else (video, *pictures),
        badges=(place,),
        counts=(
            ("impressions", pin_total(pin, "IMPRESSION", now)),
            ("saves", pin_total(pin, "SAVE", now)),
            ("reactions", pin_total(pin, "TOTAL_REACTIONS", now)),
        ),
    )


def page_routes(state: PinterestState) -> list[BaseRoute]:
    """Returns the routes of the public pages and of what they embed."""

    def cards(of: Callable[[Pin], bool]) -> list[Card]:
        public = [one for one in state.pins.newest() if state.pins.is_public(one) and of(one)]
        return [_card(state, one) for one in public]

    async def start(_request: Request) -> Response:
        return start_page(
            state.pinners.all(),
            network=TITLE,
            about=_ABOUT,
            posts=state.stats().public,
            client_id_name="App id",
            notes=("Each account has the boards Recipes, Workshop and, secretly, Gift ideas.",),
        )

    async def timeline(request: Request) -> Response:
        return timeline_page(
            cards(lambda _: True),
            network=TITLE,
            offset=page_offset(request),
            note="Pins on public boards, the newest first.",
        )

    async def profile(request: Request) -> Response:
        pinner = state.pinners.find(request.path_params["handle"])
        if pinner is None:
            return missing_page(_NOBODY, network=TITLE)
        return timeline_page(
            cards(lambda one: one.owner is pinner),
            network=TITLE,
            offset=page_offset(request),
            path=f"/{pinner.handle}/",
            heading=pinner.name,
            note=f"@{pinner.handle}",
        )

    async def pin(request: Request) -> Response:
        found = state.pins.find(request.path_params["pin_id"])
        if found is None or not state.pins.is_public(found):
            return missing_page(_GONE, network=TITLE)
        return post_page(_card(state, found), network=TITLE)

    async def picture(request: Request) -> Response:
        found = state.pins.find(request.path_params["pin_id"])
        number: int = request.path_params["number"]
        if found is None or number >= len(found.images):
            return missing_page(_GONE, network=TITLE)
        image = found.images[number]
        return file_response(request, image.file, image.picture.media_type)

    async def video(request: Request) -> Response:
        found = state.pins.find(request.path_params["pin_id"])
        media = None if found is None else found.video
        if media is None or media.file is None or media.movie is None:
            return missing_page(_GONE, network=TITLE)
        if "range" not in request.headers and media.file.size > _MAX_WHOLE_ANSWER:
            # The core holds a whole answer in memory; players ask for ranges anyway.
            return Response("Ask for a range of this video.", 403)
        return file_response(request, media.file, media.movie.media_type)

    async def key_frame(request: Request) -> Response:
        found = state.pins.find(request.path_params["pin_id"])
        if found is None:
            return missing_page(_GONE, network=TITLE)
        return _drawn("▶")

    async def face(request: Request) -> Response:
        pinner = state.pinners.find(request.path_params["handle"])
        if pinner is None:
            return missing_page(_NOBODY, network=TITLE)
        return _drawn(pinner.name[:1])

    shown: dict[str, Handler] = {
        "/": start,
        "/timeline": timeline,
        "/media/{pin_id}/video": video,
        "/media/{pin_id}/cover.svg": key_frame,
        "/media/{pin_id}/{number:int}": picture,
        "/pin/{pin_id}": pin,
        "/pin/{pin_id}/": pin,
        "/{handle}/avatar.svg": face,
        "/{handle}/": profile,
    }
    return [Route(path, handler, methods=["GET"]) for path, handler in shown.items()]


def _drawn(letter: str) -> Response:
    return Response(_DRAWN.format(escape(letter)), media_type="image/svg+xml")
