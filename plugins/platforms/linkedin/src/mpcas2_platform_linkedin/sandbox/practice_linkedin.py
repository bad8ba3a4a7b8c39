"""The practice network: its routes over a fresh state."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_linkedin.sandbox import (
    comment_methods,
    directory_methods,
    figure_methods,
    media_methods,
    post_methods,
)
from mpcas2_platform_linkedin.sandbox.calls import Handler, endpoint
from mpcas2_platform_linkedin.sandbox.media import DOCUMENT_BYTES
from mpcas2_platform_linkedin.sandbox.pages import Pages
from mpcas2_platform_linkedin.sandbox.practice_control import practice_control_routes
from mpcas2_platform_linkedin.sandbox.refusals import Refused, throttled, unauthorized
from mpcas2_platform_linkedin.sandbox.state import TITLE, LinkedInState
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.files import file_response
from mpcas2_sandbox.timeline import page_offset

_URN = re.compile(r"urn:li:[A-Za-z]+:[A-Za-z0-9_-]+")
_UPLOAD = re.compile(r"/dms-uploads/[^/]+(/\w+)?")
_NUMBER = re.compile(r"(?<=/organizations)/\d+")
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_THROTTLED = 429

_API: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/rest/organizationAcls", directory_methods.roles),
    ("GET", "/rest/organizations/{id}", directory_methods.organization),
    ("GET", "/rest/posts", post_methods.list_posts),
    ("POST", "/rest/posts", post_methods.create_post),
    ("GET", "/rest/posts/{urn}", post_methods.get_post),
    ("DELETE", "/rest/posts/{urn}", post_methods.delete_post),
    ("POST", "/rest/images", media_methods.initialize("image")),
    ("GET", "/rest/images/{urn}", media_methods.show("image")),
    ("POST", "/rest/documents", media_methods.initialize("document")),
    ("GET", "/rest/documents/{urn}", media_methods.show("document")),
    ("POST", "/rest/videos", media_methods.video_action),
    ("GET", "/rest/videos/{urn}", media_methods.show("video")),
    ("POST", "/rest/socialActions/{urn}/comments", comment_methods.create_comment),
    ("GET", "/rest/socialActions/{urn}/comments", comment_methods.list_comments),
    ("GET", "/rest/organizationalEntityShareStatistics", figure_methods.share_statistics),
    ("GET", "/rest/memberCreatorPostAnalytics", figure_methods.member_analytics),
    ("GET", "/rest/networkSizes/{urn}", figure_methods.network_size),
)
_UNVERSIONED: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v2/userinfo", directory_methods.userinfo),
    ("PUT", "/dms-uploads/{id}", media_methods.put_whole),
)


def _api_routes(state: LinkedInState) -> list[BaseRoute]:
    routes: list[BaseRoute] = []
    for table, versioned in ((_API, True), (_UNVERSIONED, False)):
        for method, path, handler in table:
            run = endpoint(state, f"{method} {path}", handler, versioned=versioned)
            routes.append(Route(path, run, methods=[method]))

    async def put_part(request: Request) -> Response:
        path = (request.path_params["id"], request.path_params["part"])
        try:
            body = await request.body()
            reply = media_methods.put_part(state, path, request.headers.get, body)
        except Refused as refusal:
            return refusal.response()
        return Response(None, reply.status, reply.headers)

    return [*routes, Route("/dms-uploads/{id}/{part}", put_part, methods=["PUT"])]


def _page_routes(state: LinkedInState) -> list[BaseRoute]:
    pages = Pages(state)

    async def start(_request: Request) -> Response:
        return pages.start()

    async def timeline(request: Request) -> Response:
        return pages.timeline(page_offset(request))

    async def member(request: Request) -> Response:
        found = state.directory.member(request.path_params["handle"])
        return pages.profile(found, page_offset(request))

    async def organization(request: Request) -> Response:
        found = state.directory.organization(request.path_params["name"])
        return pages.profile(found, page_offset(request))

    async def post(request: Request) -> Response:
        return pages.post(request.path_params["urn"])

    async def media(request: Request) -> Response:
        found = state.media.find(request.path_params["id"])
        if found is None or found.file is None or not found.used:
            return Response("Not Found", 404)
        return file_response(request, found.file, found.media_type)

    return [
        Route("/", start, methods=["GET"]),
        Route("/timeline", timeline, methods=["GET"]),
        Route("/in/{handle}", member, methods=["GET"]),
        Route("/company/{name}", organization, methods=["GET"]),
        Route("/feed/update/{urn}", post, methods=["GET"]),
        Route("/feed/update/{urn}/", post, methods=["GET"]),
        Route("/media/{id}", media, methods=["GET"]),
    ]


class PracticeLinkedIn:
    """Plays LinkedIn's API, its consent page and the public view of what was posted."""

    key = "linkedin"
    title = TITLE
    body_limit = DOCUMENT_BYTES + 1024
    practice = Practice(
        settings={
            "api_url": "{url}",
            "web_url": "{url}",
            "more_scopes": "w_member_social_feed r_member_social_feed r_member_postAnalytics",
        },
        publish=(r"POST /rest/posts$",),
        person="ada",
        exact=False,
        repeats_words=False,
        samples=("text", "image", "images", "video", "document"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns the HTTP method and the path, with ``{urn}`` and ``{id}`` in their places."""
        path = _UPLOAD.sub(lambda one: "/dms-uploads/{id}" + ("/{part}" if one[1] else ""), path)
        return f"{method} {_NUMBER.sub('/{id}', _URN.sub('{urn}', path))}"

    def error_body(self, status: int) -> dict[str, object]:
        """Returns LinkedIn's own words for a status that a fault rule asks for."""
        known = {
            _UNAUTHORIZED: unauthorized("expired"),
            _FORBIDDEN: Refused(403, "Access denied", code="ACCESS_DENIED", service=100),
            _THROTTLED: throttled("APPLICATION"),
        }
        other = Refused(status, "Internal Server Error", code="INTERNAL_SERVER_ERROR")
        return known.get(status, other).body

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        counted = tuple(f"{method} {path}" for method, path, _ in (*_API, *_UNVERSIONED))
        state = LinkedInState(core, counted)
        return [
            *_api_routes(state),
            *state.oauth.routes(),
            *practice_control_routes(state),
            *_page_routes(state),
        ]
