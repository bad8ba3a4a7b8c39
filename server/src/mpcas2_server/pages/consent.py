"""Where a network sends people back to: the end of connecting an account, in words for a person."""

from __future__ import annotations

from html import escape
from typing import Any

import structlog
from litestar import Controller, Request, Response, get, post

from mpcas2_core.accounts import FlowView
from mpcas2_core.database import TenantBehind, TenantUnavailable
from mpcas2_core.errors import EngineError
from mpcas2_hookspecs import Connection
from mpcas2_server.caller import engine_of
from mpcas2_server.pages.layout import page

__all__ = ("ConsentPages",)

AnyRequest = Request[Any, Any, Any]
log = structlog.get_logger(__name__)


def explain(_request: AnyRequest, error: Exception) -> Response[str]:
    """Says on a page what every other address says in JSON."""
    if isinstance(error, EngineError):
        return _stopped(error)
    if isinstance(error, TenantUnavailable | TenantBehind | OSError):
        words, status = "This installation is being worked on. Try again in a few minutes.", 503
    else:
        log.error("page_failed", exc_info=error)
        words, status = "Something went wrong here. Start connecting the account again.", 500
    body = _mark("✕", "bad") + f"<h1>Nothing was connected</h1><p>{words}</p>"
    return page("Nothing was connected", body, status=status)


class ConsentPages(Controller):
    """The callback of every network with a consent page. The signed state is the only way in."""

    path = "/oauth"
    exception_handlers = {Exception: explain}  # noqa: RUF012 - Litestar's own attribute, read once

    @get("/callback/{platform:str}")
    async def callback(self, request: AnyRequest, platform: str) -> Response[str]:
        """Ends a connection and says how it went."""
        engine = engine_of(request)
        query = {name: request.query_params.get(name) or "" for name in request.query_params}
        view = await engine.connecting.callback(platform, query)
        return _ended(view, _title(request, view.flow.platform))

    @post("/choice", status_code=200)
    async def choice(self, request: AnyRequest) -> Response[str]:
        """Connects the account that the person chose."""
        engine = engine_of(request)
        form = await request.form()
        view = await engine.connecting.choose(
            str(form.get("state", "")), str(form.get("account", ""))
        )
        return _ended(view, _title(request, view.flow.platform))


def _title(request: AnyRequest, platform: str) -> str:
    plugin = engine_of(request).plugins.platforms.get(platform)
    return plugin.title if plugin is not None else platform


def _stopped(error: EngineError) -> Response[str]:
    body = _mark("✕", "bad") + f"<h1>Nothing was connected</h1><p>{escape(error.message)}</p>"
    return page("Nothing was connected", body, status=error.status)


def _ended(view: FlowView, title: str) -> Response[str]:
    flow, name = view.flow, escape(title)
    if flow.state == "connected" and view.account is not None:
        who = escape(view.account.username)
        again = (
            "Posts can go out with it from now on."
            if flow.is_new
            else "It was connected before: its access is renewed, and its planned posts go on."
        )
        body = (
            _mark("✓", "good")
            + f"<h1>@{who} is connected to {name}</h1><p>{again}</p>"
            + f'<p class="soft">It belongs to {escape(view.tenant)} now. You can close this window.</p>'
        )
        return page(f"{title} is connected", body)
    if flow.state == "choosing":
        return _choosing(view, title)
    if flow.state == "working":
        body = "<h1>One moment</h1><p>The account is being connected. Reload this page.</p>"
        return page("One moment", body, status=202)
    words = escape(flow.message or "Start connecting the account again.")
    code = f'<p class="soft">Code: <code>{escape(flow.code)}</code></p>' if flow.code else ""
    body = _mark("✕", "bad") + f"<h1>{name} was not connected</h1><p>{words}</p>{code}"
    return page(f"{title} was not connected", body, status=400)


def _choosing(view: FlowView, title: str) -> Response[str]:
    rows = "".join(_row(one, first=index == 0) for index, one in enumerate(view.choices))
    body = (
        f'<h1 id="which">Which account on {escape(title)}?</h1>'
        "<p>Your permission is good for several. Connect one now; start again for another.</p>"
        '<form method="post" action="/oauth/choice">'
        f'<input type="hidden" name="state" value="{escape(view.state)}">'
        f'<fieldset aria-labelledby="which">{rows}</fieldset>'
        "<button>Connect</button></form>"
    )
    return page("Choose an account", body)


def _row(connection: Connection, *, first: bool) -> str:
    profile = connection.profile
    checked = " checked" if first else ""
    return (
        f'<label><input type="radio" name="account" required{checked} '
        f'value="{escape(profile.platform_account_id)}"><span>'
        f"{escape(profile.display_name or profile.username)}"
        f"<small>@{escape(profile.username)}</small></span></label>"
    )


def _mark(sign: str, kind: str) -> str:
    return f'<p class="mark {kind}" aria-hidden="true">{sign}</p>'
