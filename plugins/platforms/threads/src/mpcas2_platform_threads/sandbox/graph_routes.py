"""The Graph API's routes: which node, which edge, and the usage header of every answer."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.errors import GraphError, graph_json, unknown_object
from mpcas2_platform_threads.sandbox.graph_call import GraphCall, read_parameters
from mpcas2_platform_threads.sandbox.insights import account_insights, post_insights
from mpcas2_platform_threads.sandbox.nodes import show_account, show_post
from mpcas2_platform_threads.sandbox.post_methods import (
    delete_post,
    list_conversation,
    list_own_replies,
    list_posts,
    list_replies,
    manage_reply,
    visible_post,
)
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_platform_threads.sandbox.publishing import (
    create_container,
    publish_container,
    publishing_limit,
    repost,
    show_container,
)
from mpcas2_platform_threads.sandbox.state import ThreadsState
from mpcas2_sandbox.windows import Room

OfAccount = Callable[[GraphCall, Account], Awaitable[dict[str, Any]]]
OfPost = Callable[[GraphCall, Post], Awaitable[dict[str, Any]]]

ACCOUNT_EDGES: Final[dict[tuple[str, str], OfAccount]] = {
    ("POST", "threads"): create_container,
    ("POST", "threads_publish"): publish_container,
    ("GET", "threads"): list_posts,
    ("GET", "replies"): list_own_replies,
    ("GET", "threads_publishing_limit"): publishing_limit,
    ("GET", "threads_insights"): account_insights,
}
POST_EDGES: Final[dict[tuple[str, str], OfPost]] = {
    ("GET", "replies"): list_replies,
    ("GET", "conversation"): list_conversation,
    ("GET", "insights"): post_insights,
    ("POST", "manage_reply"): manage_reply,
    ("DELETE", ""): delete_post,
}
_VERBS = ["GET", "POST", "DELETE"]
_APP_LIMIT = GraphError(4, "(#4) Application request limit reached")
_USER_LIMIT = GraphError(17, "(#17) User request limit reached")


def graph_routes(state: ThreadsState) -> list[BaseRoute]:
    """Returns the routes of all nodes, with and without the version before them."""

    async def call(request: Request) -> Response:
        return await _call(state, request)

    routes: list[BaseRoute] = []
    for before in ("/v1.0", ""):
        for node in ("me", "{node:int}"):
            for end in ("", "/"):
                routes.append(Route(f"{before}/{node}{end}", call, methods=_VERBS))
                routes.append(Route(f"{before}/{node}/{{edge}}{end}", call, methods=_VERBS))
    # Whatever else is asked for below a version is refused as the API does it.
    routes.append(Route("/v{version}/{rest:path}", call, methods=_VERBS))
    return routes


async def _call(state: ThreadsState, request: Request) -> Response:
    headers: dict[str, str] = {}
    try:
        call = GraphCall(state, request, await read_parameters(request))
        _count(call, headers)
        answer = graph_json(await _dispatch(call, request))
    except GraphError as error:
        answer = error.answer()
    answer.headers.update(headers)
    return answer


def _count(call: GraphCall, headers: dict[str, str]) -> None:
    """Counts the call, writes what is used into the header, and refuses calls beyond."""
    taken = call.state.calls.take("graph", user=call.account.id, app=call.token.grant.client_id)
    percent = max(map(_percent, taken.rooms), default=0)
    usage = dict.fromkeys(("call_count", "total_cputime", "total_time"), percent)
    headers["X-App-Usage"] = msgspec.json.encode(usage).decode()
    if not taken.room:
        app = any(room.window.per == "app" and room.left == 0 for room in taken.rooms)
        raise _APP_LIMIT if app else _USER_LIMIT


def _percent(room: Room) -> int:
    return 100 if room.left == 0 else room.used * 100 // room.limit


async def _dispatch(call: GraphCall, request: Request) -> dict[str, Any]:
    parameters = request.path_params
    if "rest" in parameters:
        path = f"/v{parameters['version']}/{parameters['rest']}"
        raise GraphError(2500, f"Unknown path components: {path}")
    number = str(parameters.get("node", "me"))
    edge: str = parameters.get("edge", "")
    account = call.account if number == "me" else call.state.accounts.find(number)
    if account is not None:
        return await _on_account(call, account, edge)
    if (call.verb, edge) == ("POST", "repost"):
        return await repost(call, number)
    post = visible_post(call, number)
    if post is not None:
        return await _on_post(call, post, edge)
    container = call.state.containers.get(number)
    mine = container is not None and container.owner is call.account
    if container is None or not mine or (call.verb, edge) != ("GET", ""):
        raise unknown_object(call.verb, number)
    return show_container(call, container)


async def _on_account(call: GraphCall, account: Account, edge: str) -> dict[str, Any]:
    if (call.verb, edge) == ("GET", ""):
        return show_account(call, account)
    method = ACCOUNT_EDGES.get((call.verb, edge))
    if method is None:
        raise unknown_object(call.verb, account.id)
    return await method(call, account)


async def _on_post(call: GraphCall, post: Post, edge: str) -> dict[str, Any]:
    if (call.verb, edge) == ("GET", ""):
        return show_post(call, post, call.fields())
    method = POST_EDGES.get((call.verb, edge))
    if method is None:
        raise unknown_object(call.verb, post.id)
    return await method(call, post)
