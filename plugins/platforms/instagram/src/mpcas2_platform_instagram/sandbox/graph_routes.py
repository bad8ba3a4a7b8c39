"""The Graph API's routes: which node, which edge, and the usage headers of every answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.errors import GraphError, graph_json, unknown_object
from mpcas2_platform_instagram.sandbox.graph_call import GraphCall, read_parameters
from mpcas2_platform_instagram.sandbox.insights import account_insights, media_insights
from mpcas2_platform_instagram.sandbox.media import Media
from mpcas2_platform_instagram.sandbox.media_methods import (
    delete_comment,
    delete_media,
    find_comment,
    find_media,
    list_children,
    list_comments,
    list_media,
    list_stories,
    write_comment,
)
from mpcas2_platform_instagram.sandbox.nodes import show_account, show_comment, show_media
from mpcas2_platform_instagram.sandbox.publishing import (
    create_container,
    publish_container,
    publishing_limit,
    show_container,
)
from mpcas2_platform_instagram.sandbox.state import InstagramState
from mpcas2_platform_instagram.sandbox.subscriptions import (
    list_subscriptions,
    subscribe,
    unsubscribe,
)
from mpcas2_sandbox.windows import Room, Taken

OfAccount = Callable[[GraphCall, Account], Awaitable[dict[str, Any]]]
OfMedia = Callable[[GraphCall, Media], Awaitable[dict[str, Any]]]

ACCOUNT_EDGES: dict[tuple[str, str], OfAccount] = {
    ("POST", "media"): create_container,
    ("POST", "media_publish"): publish_container,
    ("GET", "media"): list_media,
    ("GET", "stories"): list_stories,
    ("GET", "content_publishing_limit"): publishing_limit,
    ("GET", "insights"): account_insights,
    ("GET", "subscribed_apps"): list_subscriptions,
    ("POST", "subscribed_apps"): subscribe,
    ("DELETE", "subscribed_apps"): unsubscribe,
}
MEDIA_EDGES: dict[tuple[str, str], OfMedia] = {
    ("GET", "comments"): list_comments,
    ("POST", "comments"): write_comment,
    ("GET", "insights"): media_insights,
    ("GET", "children"): list_children,
}
_VERBS = ["GET", "POST", "DELETE"]
_APP_LIMIT = 4
_ACCOUNT_LIMIT = 80002


class GraphVersion(Convertor[str]):
    """A version in a path, such as ``v26.0``."""

    regex = r"v[0-9]{1,3}\.[0-9]{1,2}"

    def convert(self, value: str) -> str:
        """Returns the version as it stands in the path."""
        return value

    def to_string(self, value: str) -> str:
        """Returns the version as it stands in a path."""
        return value


register_url_convertor("graph_version", GraphVersion())


def graph_routes(state: InstagramState) -> list[BaseRoute]:
    """Returns the routes of all nodes, with and without a version before them."""

    async def call(request: Request) -> Response:
        return await _call(state, request)

    routes: list[BaseRoute] = []
    for before in ("/{version:graph_version}", ""):
        for node in ("me", "{node:int}"):
            routes.append(Route(f"{before}/{node}", call, methods=_VERBS))
            routes.append(Route(f"{before}/{node}/{{edge}}", call, methods=_VERBS))
    # Whatever else is asked for below a version is refused as the API does it.
    routes.append(Route("/{version:graph_version}/{rest:path}", call, methods=_VERBS))
    return routes


async def _call(state: InstagramState, request: Request) -> Response:
    headers: dict[str, str] = {}
    try:
        call = GraphCall(state, request, await read_parameters(request))
        call.at_version(request.path_params.get("version"))
        headers["facebook-api-version"] = f"v{call.version}.0"
        _count(call, headers)
        answer = graph_json(await _dispatch(call, request))
    except GraphError as error:
        answer = error.answer()
    answer.headers.update(headers)
    return answer


def _count(call: GraphCall, headers: dict[str, str]) -> None:
    """Counts the call, writes what is used into the headers, and refuses calls beyond."""
    account = call.account
    app_id = call.token.grant.client_id
    taken: Taken = call.state.calls.take("graph", user=account.id, app=app_id)
    rooms = {room.window.per: room for room in taken.rooms}
    app, user = rooms.get("app"), rooms.get("user")
    usage = {name: _percent(app) for name in ("call_count", "total_cputime", "total_time")}
    headers["X-App-Usage"] = msgspec.json.encode(usage).decode()
    spent = user is not None and user.left == 0
    wait = 0
    if user is not None and spent:
        wait = max(1, -(-int((user.resets_at - call.now).total_seconds()) // 60))
    business = {
        "type": "instagram",
        **{name: _percent(user) for name in ("call_count", "total_cputime", "total_time")},
        "estimated_time_to_regain_access": wait,
    }
    headers["X-Business-Use-Case-Usage"] = msgspec.json.encode({account.id: [business]}).decode()
    if taken.room:
        return
    if app is not None and app.left == 0:
        raise GraphError(_APP_LIMIT, "(#4) Application request limit reached")
    raise GraphError(
        _ACCOUNT_LIMIT,
        "(#80002) There have been too many calls to this Instagram account. Wait a bit and try "
        "again.",
    )


def _percent(room: Room | None) -> int:
    if room is None:
        return 0
    return 100 if room.left == 0 else room.used * 100 // room.limit


async def _dispatch(call: GraphCall, request: Request) -> dict[str, Any]:
    state = call.state
    path: str = request.url.path
    parameters = request.path_params
    if "rest" in parameters:
        raise GraphError(2500, f"Unknown path components: /{parameters['rest']}")
    number = str(parameters.get("node", "me"))
    edge: str = parameters.get("edge", "")
    account = call.account if number == "me" else state.accounts.find(number)
    if account is not None:
        return await _on_account(call, account, edge)
    media = find_media(call, number)
    if media is not None:
        return await _on_media(call, media, edge)
    container = state.containers.get(number)
    if (
        container is not None
        and container.owner is call.account
        and call.verb == "GET"
        and not edge
    ):
        return show_container(call, container)
    found = find_comment(call, number)
    if found is not None and not edge:
        if call.verb == "DELETE":
            return delete_comment(call, *found)
        if call.verb == "GET":
            return show_comment(*found, call.fields("timestamp,text,id"))
    raise unknown_object(call.verb, number or path)


async def _on_account(call: GraphCall, account: Account, edge: str) -> dict[str, Any]:
    if not edge and call.verb == "GET":
        return show_account(call, account, call.fields("id,username"))
    method = ACCOUNT_EDGES.get((call.verb, edge))
    if method is None:
        raise unknown_object(call.verb, account.id)
    return await method(call, account)


async def _on_media(call: GraphCall, media: Media, edge: str) -> dict[str, Any]:
    if not edge:
        if call.verb == "GET":
            return show_media(call, media, call.fields())
        if call.verb == "DELETE":
            return delete_media(call, media)
    method = MEDIA_EDGES.get((call.verb, edge))
    if method is None:
        raise unknown_object(call.verb, media.id)
    return await method(call, media)
