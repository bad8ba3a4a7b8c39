"""The public pages: the start page, timelines, posts, and what they embed."""

import hashlib
from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_mastodon.sandbox.media import Media
from mpcas2_platform_mastodon.sandbox.shapes import Shapes
from mpcas2_platform_mastodon.sandbox.state import TITLE, MastodonState
from mpcas2_platform_mastodon.sandbox.statuses import LISTED, Status
from mpcas2_sandbox import here
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

_ABOUT = (
    "This server plays one Mastodon server on this machine. Name its address where a server is "
    "asked for: the app registers itself and sends you to a consent page here."
)
_GONE = "This page is not, or no longer, on this server."
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[Request], Awaitable[Response]]


def _shot(media: Media) -> Shot:
    kind = media.look.kind
    return Shot(
        url=f"/media_attachments/{media.id}/original",
        # A GIF moves in an image element as well; no browser plays it as a video.
        kind="video" if kind == "video" else "document" if kind == "audio" else "image",
        alt=media.description or ("Sound" if kind == "audio" else ""),
    )


def _badges(status: Status) -> tuple[str, ...]:
    badges = [f"warning: {status.spoiler_text}"] if status.spoiler_text else []
    badges += ["unlisted"] if status.visibility == "unlisted" else []
    badges += ["sensitive"] if status.sensitive and status.media else []
    badges += ["reply"] if status.parent is not None else []
    return tuple(badges)


def _words(status: Status, shapes: Shapes) -> str:
    """Returns the text, with the choices of a poll and the page of a quoted post below it."""
    lines = [status.text]
    poll = shapes.poll(status)
    for option in (poll or {}).get("options", ()):
        votes = option["votes_count"]
        lines.append(f"○ {option['title']}" + ("" if votes is None else f" ({votes})"))
    if status.quoted is not None:
        lines.append(f"Quotes @{status.quoted.author.handle}: {status.quoted.text}")
    return "\n".join(lines)


def page_routes(state: MastodonState) -> list[BaseRoute]:
    """Returns the routes of the public pages and of what they embed."""

    def card(status: Status, shapes: Shapes, *, comments: bool = False) -> Card:
        likes, shares = shapes.figures(status)
        below = state.statuses.descendants(status)
        return Card(
            author=status.author.name,
            handle=status.author.handle,
            at=status.created_at,
            text=_words(status, shapes),
            url=status.path,
            media=tuple(_shot(one) for one in status.media),
            badges=_badges(status),
            counts=(
                ("reply" if len(below) == 1 else "replies", len(below)),
                ("boosts", shares),
                ("favourites", likes),
            ),
            comments=tuple(card(one, shapes) for one in below if one.visibility in LISTED)
            if comments
            else (),
        )

    async def start(_request: Request) -> Response:
        return start_page(
            state.accounts.all(),
            network=TITLE,
            about=_ABOUT,
            posts=state.stats().posts,
            shows_app=False,
        )

    async def timeline(request: Request) -> Response:
        shapes = Shapes(state, here(request))
        public = [one for one in reversed(state.statuses.all()) if one.visibility == "public"]
        cards = [card(one, shapes) for one in public]
        return timeline_page(cards, network=TITLE, offset=page_offset(request))

    async def profile(request: Request) -> Response:
        account = state.accounts.by_handle(request.path_params["handle"])
        if account is None:
            return missing_page(_GONE, network=TITLE)
        shapes = Shapes(state, here(request))
        followers = shapes.account(account)["followers_count"]
        return timeline_page(
            [card(one, shapes) for one in state.statuses.of(account)],
            network=TITLE,
            offset=page_offset(request),
            path=f"/@{account.handle}",
            heading=account.name,
            note=f"@{account.handle} · {followers:,} followers",
        )

    async def post(request: Request) -> Response:
        status = state.statuses.find(request.path_params["id"], None)
        if status is None or status.author.handle != request.path_params["handle"].lower():
            return missing_page(_GONE, network=TITLE)
        return post_page(card(status, Shapes(state, here(request)), comments=True), network=TITLE)

    async def uri(request: Request) -> Response:
        names = request.path_params
        return RedirectResponse(f"{here(request)}/@{names['handle']}/{names['id']}", 302)

    async def media(request: Request) -> Response:
        found = state.media.find(request.path_params["id"])
        if found is None or state.media.state(found) != "ready":
            return missing_page(_GONE, network=TITLE)
        return file_response(request, found.file, found.look.media_type)

    async def avatar(request: Request) -> Response:
        account = state.accounts.by_handle(request.path_params["handle"])
        if account is None:
            return missing_page(_GONE, network=TITLE)
        hue = hashlib.sha256(account.handle.encode()).digest()[0] * 360 // 256
        return _drawn(
            100,
            f'<rect width="100" height="100" fill="hsl({hue} 45% 42%)"/><text x="50" y="66" '
            'font-family="sans-serif" font-size="46" fill="#fff" text-anchor="middle">'
            f"{escape(account.name[:1])}</text>",
        )

    async def header(_request: Request) -> Response:
        return _drawn(300, '<rect width="300" height="100" fill="hsl(250 30% 45%)"/>')

    shown: dict[str, Handler] = {
        "/": start,
        "/timeline": timeline,
        "/media_attachments/{id}/original": media,
        "/avatars/{handle}.svg": avatar,
        "/headers/missing.svg": header,
        "/users/{handle}/statuses/{id}": uri,
        "/@{handle}": profile,
        "/@{handle}/{id}": post,
    }
    return [Route(path, handler, methods=["GET"]) for path, handler in shown.items()]


def _drawn(width: int, inner: str) -> Response:
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 100" width="{width}" '
        f'height="100">{inner}</svg>'
    )
    return Response(body, media_type="image/svg+xml", headers=_HEADERS)
