"""The practice network: its routes over a fresh state, and its start page."""

import re
from collections.abc import Sequence
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_twitter.sandbox import read_methods, write_methods
from mpcas2_platform_twitter.sandbox.calls import endpoint
from mpcas2_platform_twitter.sandbox.practice_control import practice_control_routes
from mpcas2_platform_twitter.sandbox.state import TITLE, XState
from mpcas2_platform_twitter.sandbox.timeline import Timeline
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET
from mpcas2_sandbox.page import html_page

# A GIF of 15 MB in Base64, with room for the fields around it.
_BODY_LIMIT = 24 * 1024 * 1024
_SHOWN_ACCOUNTS = 50
_READ = ("tweet.read", "users.read")
_WRITE = ("tweet.read", "tweet.write", "users.read")
_MEDIA = ("media.write",)
_NUMBER = re.compile(r"(?<=.)/\d+(?=/|$)")


def _start_page(state: XState) -> HTMLResponse:
    accounts = state.accounts.all()
    rows = "".join(
        f'<tr><td><a href="/{escape(one.handle)}">@{escape(one.handle)}</a></td>'
        f"<td>{escape(one.name)}</td><td><code>{one.id}</code></td></tr>"
        for one in accounts[:_SHOWN_ACCOUNTS]
    )
    more = len(accounts) - _SHOWN_ACCOUNTS
    rest = f'<p class="soft">and {more} more</p>' if more > 0 else ""
    body = (
        "<h1>An X of your own to practise on</h1>"
        '<div class="card"><p style="margin-top:0">This server plays X&#8217;s HTTP API on this '
        "machine. Connect an account as you would connect a real one: the app sends you to a "
        "consent page here, where you choose who you are.</p>"
        f'<p style="margin-bottom:0"><a href="/timeline">Public timeline</a> '
        f'<span class="soft">{len(state.posts)} posts</span></p></div>'
        '<h2>The registered app</h2><div class="card wide"><table><tbody>'
        f"<tr><th>Client id</th><td><code>{PRACTICE_CLIENT_ID}</code></td></tr>"
        f"<tr><th>Client secret</th><td><code>{PRACTICE_CLIENT_SECRET}</code></td></tr>"
        "<tr><th>Redirect addresses</th><td>any <code>http://127.0.0.1</code> or "
        "<code>http://localhost</code></td></tr></tbody></table></div>"
        '<h2>Accounts</h2><div class="card wide"><table><thead><tr><th>Handle</th><th>Name</th>'
        f"<th>Number</th></tr></thead><tbody>{rows}</tbody></table>{rest}</div>"
        '<p class="soft">The control API under <code>/_sandbox/</code> adds accounts, faults and '
        "time; see the README of mpcas2-sandbox. Everything is forgotten when this process "
        "ends.</p>"
    )
    return html_page("Start", body, network=TITLE)


def _offset(request: Request) -> int:
    text: str = request.query_params.get("offset", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def _api_routes(state: XState) -> list[BaseRoute]:
    reads, writes = read_methods, write_methods
    upload = "/2/media/upload"
    table = (
        ("GET", "/2/users/me", _READ, reads.get_me, 200),
        ("GET", "/2/users/{id}/tweets", _READ, reads.get_timeline, 200),
        ("GET", "/2/tweets", _READ, reads.get_posts, 200),
        ("POST", "/2/tweets", _WRITE, writes.create_post, 201),
        ("GET", "/2/tweets/{id}", _READ, reads.get_post, 200),
        ("DELETE", "/2/tweets/{id}", _WRITE, writes.delete_post, 200),
        ("POST", upload, _MEDIA, writes.upload, 200),
        ("GET", upload, _MEDIA, writes.upload_status, 200),
        ("POST", f"{upload}/initialize", _MEDIA, writes.initialize, 200),
        ("POST", f"{upload}/{{id}}/append", _MEDIA, writes.append, 200),
        ("POST", f"{upload}/{{id}}/finalize", _MEDIA, writes.finalize, 200),
        ("POST", "/2/media/metadata", _MEDIA, writes.set_metadata, 200),
    )
    return [
        Route(
            path,
            endpoint(state, f"{method} {path}", scopes, handler, status=status),
            methods=[method],
        )
        for method, path, scopes, handler, status in table
    ]


class PracticeX:
    """Plays X's API, its consent page and the public view of what was posted."""

    key = "twitter"
    title = TITLE
    body_limit = _BODY_LIMIT
    practice = Practice(
        settings={"api_url": "{url}", "web_url": "{url}"},
        publish=("POST /2/tweets$",),
        person="ada",
        exact=False,
        repeats_words=False,
        samples=("image", "text", "images", "video"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns the HTTP method and the path, with ``{id}`` in the place of numbers."""
        return f"{method} {_NUMBER.sub('/{id}', path) if path.startswith('/2/') else path}"

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = XState(core)
        timeline = Timeline(state)

        async def start(_request: Request) -> Response:
            return _start_page(state)

        async def show_timeline(request: Request) -> Response:
            return timeline.timeline(_offset(request))

        async def show_profile(request: Request) -> Response:
            return timeline.profile(request.path_params["handle"], _offset(request))

        async def show_post(request: Request) -> Response:
            return timeline.post(request.path_params["handle"], request.path_params["id"])

        async def show_media(request: Request) -> Response:
            media = state.media.by_key(request.path_params["key"])
            if media is None or media.file is None or not media.used:
                return Response("Not Found", 404)
            return file_response(request, media.file, media.mime_type)

        return [
            *_api_routes(state),
            *state.oauth.routes(),
            *practice_control_routes(state),
            Route("/", start, methods=["GET"]),
            Route("/timeline", show_timeline, methods=["GET"]),
            Route("/media/{key}", show_media, methods=["GET"]),
            Route("/{handle}", show_profile, methods=["GET"]),
            Route("/{handle}/status/{id}", show_post, methods=["GET"]),
        ]
