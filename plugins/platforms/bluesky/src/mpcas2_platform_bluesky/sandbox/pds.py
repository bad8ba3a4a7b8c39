"""The practice server: its routes over a fresh state, and its start page."""

from collections.abc import Sequence
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_bluesky.sandbox.account_control import account_control_routes
from mpcas2_platform_bluesky.sandbox.blobs import UPLOAD_LIMIT
from mpcas2_platform_bluesky.sandbox.read_methods import BLOB_HEADERS, READ_METHODS
from mpcas2_platform_bluesky.sandbox.server_methods import SERVER_METHODS
from mpcas2_platform_bluesky.sandbox.state import PdsState
from mpcas2_platform_bluesky.sandbox.timeline import TITLE, Timeline
from mpcas2_platform_bluesky.sandbox.write_methods import WRITE_METHODS
from mpcas2_platform_bluesky.sandbox.xrpc import Call, run_method
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.page import html_page

_METHODS = {**SERVER_METHODS, **READ_METHODS, **WRITE_METHODS}
_XRPC = "/xrpc/"
_SHOWN_ACCOUNTS = 50


def _start_page(state: PdsState) -> HTMLResponse:
    accounts = state.accounts.all()
    rows = "".join(
        f'<tr><td><a href="/profile/{escape(one.handle)}">{escape(one.handle)}</a></td>'
        f"<td><code>{escape(one.app_password)}</code></td></tr>"
        for one in accounts[:_SHOWN_ACCOUNTS]
    )
    more = len(accounts) - _SHOWN_ACCOUNTS
    rest = f'<p class="soft">and {more} more</p>' if more > 0 else ""
    stats = state.stats()
    body = (
        "<h1>A Bluesky of your own to practise on</h1>"
        '<div class="card"><p style="margin-top:0">This server plays Bluesky&#8217;s HTTP API on '
        "this machine. Connect one of the accounts below as you would connect a real one: this "
        "address as the service, the handle, and the app password.</p>"
        f'<p style="margin-bottom:0"><a href="/timeline">Public timeline</a> '
        f'<span class="soft">{stats.posts} posts</span></p></div>'
        '<h2>Accounts</h2><div class="card wide"><table><thead><tr><th>Handle</th>'
        f"<th>App password</th></tr></thead><tbody>{rows}</tbody></table>{rest}</div>"
        '<p class="soft">The control API under <code>/_sandbox/</code> adds accounts, faults and '
        "time; see the README of mpcas2-sandbox. Everything is forgotten when this process "
        "ends.</p>"
    )
    return html_page("Start", body, network=TITLE)


def _offset(request: Request) -> int:
    text: str = request.query_params.get("offset", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


class PracticePds:
    """Plays a personal data server and, in its pages, the public view of what it holds."""

    key = "bluesky"
    title = TITLE
    body_limit = UPLOAD_LIMIT
    practice = Practice(
        settings={},
        publish=(r"POST /xrpc/com\.atproto\.repo\.putRecord$",),
        credentials={
            "server": "{url}",
            "identifier": "{account[handle]}",
            "appPassword": "{account[appPassword]}",
        },
        samples=("image", "text", "images"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns the called method's name, or the HTTP method and path of a page."""
        return path.removeprefix(_XRPC) if path.startswith(_XRPC) else f"{method} {path}"

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the server's routes over a fresh state."""
        state = PdsState(core)
        timeline = Timeline(state)

        async def xrpc(request: Request) -> Response:
            call = Call(state, request, await request.body())
            return run_method(_METHODS, request.path_params["nsid"], request.method, call)

        async def start(_request: Request) -> Response:
            return _start_page(state)

        async def show_timeline(request: Request) -> Response:
            return timeline.timeline(_offset(request))

        async def show_profile(request: Request) -> Response:
            return timeline.profile(request.path_params["name"], _offset(request))

        async def show_post(request: Request) -> Response:
            return timeline.post(request.path_params["name"], request.path_params["rkey"])

        async def show_blob(request: Request) -> Response:
            account = state.accounts.find(request.path_params["did"])
            blob = None if account is None else account.repo.blobs.get(request.path_params["cid"])
            if blob is None:
                return Response("Not Found", 404)
            return Response(blob.data, media_type=blob.mime_type, headers=BLOB_HEADERS)

        return [
            Route("/xrpc/{nsid}", xrpc, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            *account_control_routes(state),
            Route("/", start, methods=["GET"]),
            Route("/timeline", show_timeline, methods=["GET"]),
            Route("/profile/{name}", show_profile, methods=["GET"]),
            Route("/profile/{name}/post/{rkey}", show_post, methods=["GET"]),
            Route("/blob/{did}/{cid}", show_blob, methods=["GET"]),
        ]
