"""The Graph API's routes: which node, which edge, and the usage headers of every answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_facebook.sandbox.comment_methods import (
    delete_comment,
    delete_post,
    delete_staged,
    list_comments,
    write_comment,
)
from mpcas2_platform_facebook.sandbox.errors import GraphError, graph_json, unknown_object
from mpcas2_platform_facebook.sandbox.feed_methods import (
    list_published,
    list_scheduled,
    write_post,
)
from mpcas2_platform_facebook.sandbox.form_body import read_parameters
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_platform_facebook.sandbox.insights import page_insights, post_insights
from mpcas2_platform_facebook.sandbox.members import Page
from mpcas2_platform_facebook.sandbox.nodes import (
    show_comment,
    show_page,
    show_person,
    show_photo,
    show_post,
    show_video,
)
from mpcas2_platform_facebook.sandbox.page_methods import (
    end_permissions,
    list_accounts,
    list_permissions,
    list_subscriptions,
    subscribe,
    unsubscribe,
)
from mpcas2_platform_facebook.sandbox.photo_methods import (
    add_photo,
    add_photo_story,
    list_stories,
)
from mpcas2_platform_facebook.sandbox.posts import Post
from mpcas2_platform_facebook.sandbox.reel_methods import add_reel, add_video_story
from mpcas2_platform_facebook.sandbox.scopes import READ
from mpcas2_platform_facebook.sandbox.state import FacebookState
from mpcas2_platform_facebook.sandbox.usage import count_call
from mpcas2_platform_facebook.sandbox.video_methods import add_video, list_reels, list_videos

OfPage = Callable[[GraphCall, Page], Awaitable[dict[str, Any]]]
OfPost = Callable[[GraphCall, Post], Awaitable[dict[str, Any]]]
OfPerson = Callable[[GraphCall], dict[str, Any]]

PERSON_EDGES: dict[tuple[str, str], OfPerson] = {
    ("GET", "accounts"): list_accounts,
    ("GET", "permissions"): list_permissions,
    ("DELETE", "permissions"): end_permissions,
}
PAGE_EDGES: dict[tuple[str, str], OfPage] = {
    ("POST", "feed"): write_post,
    ("POST", "photos"): add_photo,
    ("POST", "videos"): add_video,
    ("POST", "video_reels"): add_reel,
    ("POST", "photo_stories"): add_photo_story,
    ("POST", "video_stories"): add_video_story,
    ("GET", "feed"): list_published,
    ("GET", "posts"): list_published,
    ("GET", "published_posts"): list_published,
    ("GET", "scheduled_posts"): list_scheduled,
    ("GET", "videos"): list_videos,
    ("GET", "video_reels"): list_reels,
    ("GET", "stories"): list_stories,
    ("GET", "insights"): page_insights,
    ("GET", "subscribed_apps"): list_subscriptions,
    ("POST", "subscribed_apps"): subscribe,
    ("DELETE", "subscribed_apps"): unsubscribe,
}
POST_EDGES: dict[tuple[str, str], OfPost] = {
    ("GET", "comments"): list_comments,
    ("POST", "comments"): write_comment,
    ("GET", "insights"): post_insights,
}
_VERBS = ["GET", "POST", "DELETE"]


class _AsItStands(Convertor[str]):
    """A part of a path that is kept as it stands."""

    def convert(self, value: str) -> str:
        """Returns the part as it stands in the path."""
        return value

    def to_string(self, value: str) -> str:
        """Returns the part as it stands in a path."""
        return value


class GraphVersion(_AsItStands):
    """A version in a path, such as ``v26.0``."""

    regex = r"v[0-9]{1,3}\.[0-9]{1,2}"


class NodeNumber(_AsItStands):
    """A node's number in a path, such as ``123`` or ``123_456``."""

    regex = r"[0-9]+(?:_[0-9]+)?"


register_url_convertor("facebook_version", GraphVersion())
register_url_convertor("facebook_node", NodeNumber())


def graph_routes(state: FacebookState) -> list[BaseRoute]:
    """Returns the routes of all nodes, with and without a version before them."""

    async def call(request: Request) -> Response:
        return await _call(state, request)

    routes: list[BaseRoute] = []
    for before in ("/{version:facebook_version}", ""):
        for node in ("me", "{node:facebook_node}"):
            routes.append(Route(f"{before}/{node}", call, methods=_VERBS))
            routes.append(Route(f"{before}/{node}/{{edge}}", call, methods=_VERBS))
    # Whatever else is asked for below a version is refused as the API does it.
    routes.append(Route("/{version:facebook_version}/{rest:path}", call, methods=_VERBS))
    return routes


async def _call(state: FacebookState, request: Request) -> Response:
    headers: dict[str, str] = {}
    try:
        given, files = await read_parameters(request, state.disk)
        call = GraphCall(state, request, given, files)
        call.at_version(request.path_params.get("version"))
        headers["facebook-api-version"] = f"v{call.version}.0"
        count_call(call, headers)
        answer = graph_json(await _dispatch(call, request))
    except GraphError as error:
        answer = error.answer()
    answer.headers.update(headers)
    return answer


async def _dispatch(call: GraphCall, request: Request) -> dict[str, Any]:
    parameters = request.path_params
    if "rest" in parameters:
        raise GraphError(2500, f"Unknown path components: /{parameters['rest']}")
    number = parameters.get("node", "me")
    edge: str = parameters.get("edge", "")
    if number == "me":
        number = call.person.id if call.page is None else call.page.id
    if number == call.person.id:
        return _on_person(call, edge)
    page = call.state.members.page(number)
    if page is not None:
        return await _on_page(call, page, edge)
    if edge:
        return await _on_post_edge(call, number, edge)
    if call.verb == "DELETE":
        return _delete(call, number)
    if call.verb == "GET":
        return _show(call, number)
    raise unknown_object(call.verb, number)


def _on_person(call: GraphCall, edge: str) -> dict[str, Any]:
    if not edge and call.verb == "GET":
        call.knows("fields")
        return show_person(call.person, call.fields("name,id"))
    method = PERSON_EDGES.get((call.verb, edge))
    if method is None:
        raise unknown_object(call.verb, call.person.id)
    return method(call)


async def _on_page(call: GraphCall, page: Page, edge: str) -> dict[str, Any]:
    if not edge and call.verb == "GET":
        call.knows("fields")
        mine = page is call.page or (call.page is None and page.id in call.token.grant.places)
        if not mine:
            raise unknown_object(call.verb, page.id)
        return show_page(call, page, call.fields("name,id"))
    method = PAGE_EDGES.get((call.verb, edge))
    if method is None:
        raise unknown_object(call.verb, page.id)
    return await method(call, page)


async def _on_post_edge(call: GraphCall, number: str, edge: str) -> dict[str, Any]:
    post = call.state.find_post(number)
    method = POST_EDGES.get((call.verb, edge))
    if post is None or method is None:
        raise unknown_object(call.verb, number)
    return await method(call, post)


def _delete(call: GraphCall, number: str) -> dict[str, Any]:
    call.knows()
    post = call.state.find_post(number)
    if post is not None and (number == post.id or len(post.photos) <= 1):
        return delete_post(call, post)
    found = call.state.find_comment(number)
    if found is not None:
        return delete_comment(call, *found)
    staged = number in call.state.photos or number in call.state.videos
    if staged and post is None:
        return delete_staged(call, number)
    raise unknown_object(call.verb, number)


def _show(call: GraphCall, number: str) -> dict[str, Any]:
    call.knows("fields")
    state = call.state
    post, photo, video = state.posts.get(number), state.photos.get(number), state.videos.get(number)
    found = state.find_comment(number)
    if post is not None:
        _readable(call, post.page)
        return show_post(call, post, call.fields("created_time,message,id"))
    if photo is not None and photo.lives(call.now):
        _readable(call, photo.page)
        return show_photo(call, photo, call.fields("created_time,name,id"))
    if video is not None:
        _readable(call, video.page)
        return show_video(call, video, call.fields("updated_time,description,id"))
    if found is not None:
        _readable(call, found[1].page)
        return show_comment(call, *found, call.fields("created_time,from,message,id"))
    raise unknown_object(call.verb, number)


def _readable(call: GraphCall, page: Page) -> None:
    call.of_page(page)
    call.needs(READ)
