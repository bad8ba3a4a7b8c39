"""All practice networks on one port, each below its key, with an index page at the root."""

import warnings
from collections.abc import Mapping
from html import escape
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from mpcas2_sandbox.address import ROOT_PATH, here
from mpcas2_sandbox.app import SandboxApp
from mpcas2_sandbox.control import control_json
from mpcas2_sandbox.network import Network, practice_of
from mpcas2_sandbox.page import html_page
from mpcas2_sandbox.practice import Practice

_MOST_ACCOUNTS = 8
_STYLE = """
.card h2{margin:0 0 .3rem}.card p{margin:.3rem 0}.links{display:flex;flex-wrap:wrap;gap:0 1rem}
.card table{margin:.5rem 0 0;font-size:.9rem}.card th{width:30%}
.card th,.card td{padding-left:0}
"""


class _Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the index shows of an account."""

    handle: str


class _Accounts(msgspec.Struct, frozen=True, kw_only=True):
    accounts: list[_Account] = []


class SharedHost:
    """Serves every network below ``/{key}``, with clock, faults, log and state of its own.

    Args:
        networks: The networks by their keys.
    """

    def __init__(self, networks: Mapping[str, Network]) -> None:
        self._apps: dict[str, SandboxApp] = {}
        for key, network in networks.items():
            try:
                self._apps[key] = SandboxApp(network, root_path=f"/{key}")
            except Exception as error:  # noqa: BLE001  # a stranger's network may raise anything
                warnings.warn(
                    f"practice network {key!r} cannot be opened: {error!r}",
                    RuntimeWarning,
                    stacklevel=2,
                )
        routes = [
            Route("/", self._index, methods=["GET"]),
            Route("/_sandbox/networks", self._list, methods=["GET"]),
            Route("/_sandbox/reset", self._reset, methods=["POST"]),
        ]
        self._router = Router(routes, redirect_slashes=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the networks that are served; one that cannot be opened is left out."""
        return tuple(self._apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        key, slash, _ = scope["path"][1:].partition("/")
        app = self._apps.get(key)
        if app is None:
            ROOT_PATH.set("")
            await self._router(scope, receive, send)
        elif slash:
            await app(scope, receive, send)
        else:
            await RedirectResponse(f"/{key}/")(scope, receive, send)

    async def _list(self, request: Request) -> Response:
        base = here(request)
        networks = {
            key: {
                "title": app.network.title,
                "url": f"{base}/{key}",
                "control": _control(base, key),
            }
            for key, app in self._apps.items()
        }
        return control_json({"networks": networks})

    async def _reset(self, _request: Request) -> Response:
        for app in self._apps.values():
            app.reset()
        return control_json({})

    async def _index(self, request: Request) -> HTMLResponse:
        base = here(request)
        cards = [
            _card(base, key, app.network, await _handles(app)) for key, app in self._apps.items()
        ]
        body = (
            "<h1>Networks to practise on</h1>"
            '<p class="soft">Each plays one network\u2019s HTTP API below its own address. Nothing '
            "that is sent here leaves this machine, and everything is forgotten when this process "
            "ends.</p>"
            f"{''.join(cards) or '<p>No network is installed.</p>'}"
        )
        return html_page("Networks", body, network="MPCAS2", style=_STYLE, links=())


def _control(base: str, key: str) -> str:
    return f"{base}/{key}/_sandbox"


def _card(base: str, key: str, network: Network, handles: list[str]) -> str:
    more = " …" if len(handles) > _MOST_ACCOUNTS else ""
    people = ", ".join(f"@{escape(one)}" for one in handles[:_MOST_ACCOUNTS]) + more
    practice = practice_of(network)
    rows = "".join(
        f"<tr><th><code>{escape(name)}</code></th>"
        f"<td><code>{escape(value.replace('{url}', f'{base}/{key}'))}</code></td></tr>"
        for name, value in ({} if practice is None else _to_set(practice)).items()
    )
    table = (
        '<p class="soft">To be set in MPCAS2:</p>'
        f'<div class="wide"><table><tbody>{rows}</tbody></table></div>'
        if rows
        else ""
    )
    return (
        f'<section class="card"><h2><a href="/{escape(key)}/">{escape(network.title)}</a></h2>'
        f'<p class="soft">Accounts: {people or "see its own page"}</p>'
        f'<p class="links"><a href="/{escape(key)}/">Start page</a>'
        f'<a href="/{escape(key)}/timeline">Timeline</a></p>{table}</section>'
    )


def _to_set(practice: Practice) -> dict[str, str]:
    """Returns what makes an adapter talk to the network: settings, or else what a form asks for."""
    if practice.settings:
        return practice.settings
    if practice.server:
        return {"server": practice.server}
    return {name: value for name, value in practice.credentials.items() if "{account" not in value}


async def _handles(app: SandboxApp) -> list[str]:
    """Returns the handles that the network's control API lists; none if it lists none."""
    chunks: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        chunks.append(message.get("body", b""))

    root = ROOT_PATH.get()
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/{app.network.key}/_sandbox/accounts",
        "query_string": b"",
        "headers": [],
    }
    try:
        await app(scope, receive, send)
        listed = msgspec.json.decode(b"".join(chunks), type=_Accounts)
    except ValueError:  # a stranger's network may list accounts in a way of its own
        return []
    finally:
        ROOT_PATH.set(root)
    return [one.handle for one in listed.accounts]
