"""The practice network's own part of the control API, below ``/_sandbox/``.

- ``GET accounts``, ``POST accounts {"count": n, "prefix": "user"}``: people with their channels.
- ``POST channels/{id} {"uploadLimitExceeded": true}``: uploads answer ``uploadLimitExceeded``.
- ``GET posts[?channelId=]``: every video with all that is known of it.
- ``GET uploads``: every session with the ranges that were taken, repeats included.
- ``GET quota``, ``POST quota {"uploads": n, "units": n}``: what was used, and the daily limits.
- ``POST processing {"processingSeconds": n, "next": [{"failureReason": …}]}``: how long processing
  takes from now on, and how it ends for the next videos, one entry each; ``{}`` ends well.
- ``POST videos/{id}/comments {"account": "bob", "text": …}``: lets somebody comment.
- ``POST comments {"lagSeconds": n}``: how old a comment must be to be listed.
- ``GET stats``: the counts.
"""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_youtube.sandbox.channels import Person
from mpcas2_platform_youtube.sandbox.comment_control import comment_control_routes
from mpcas2_platform_youtube.sandbox.resource_fields import VIDEO
from mpcas2_platform_youtube.sandbox.state import Outcome, YouTubeState
from mpcas2_platform_youtube.sandbox.videos import Video
from mpcas2_sandbox.control import control_body, control_error, control_json

_SHOWN_PARTS = frozenset(VIDEO)


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many people to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,11}$")] = "user"


class ProcessingChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How long processing takes from now on, in seconds, and how it ends for the next videos."""

    processing_seconds: Annotated[float, msgspec.Meta(ge=0)] | None = None
    next: tuple[Outcome, ...] = ()


class QuotaChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a project may do in a day; what is absent stays as it is."""

    uploads: Annotated[int, msgspec.Meta(ge=0)] | None = None
    units: Annotated[int, msgspec.Meta(ge=0)] | None = None


class ChannelChange(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """Whether a channel has reached its own limit of uploads."""

    upload_limit_exceeded: bool


def _account(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "handle": person.handle,
        "name": person.name,
        "channels": [
            {
                "id": one.id,
                "title": one.title,
                "handle": one.handle,
                "uploads": one.uploads_id,
                "uploadLimitExceeded": one.upload_limit_exceeded,
            }
            for one in person.channels
        ],
    }


def network_control_routes(state: YouTubeState) -> list[BaseRoute]:
    """Returns the control routes of people, videos, uploads, quota and processing."""

    def post(video: Video) -> dict[str, Any]:
        now = state.core.clock.now()
        return {
            **video.resource(_SHOWN_PARTS, now, ""),
            "clientId": video.client_id,
            "channelId": video.channel.id,
            "title": video.title,
            "size": video.file.size,
            "sha256": video.file.sha256,
            "mediaType": video.media_type,
            "hasThumbnail": video.thumbnail is not None,
            "playlists": [one.id for one in state.playlists.holding(video.id)],
            "comments": [
                {"id": one.id, "by": one.author.id, "text": one.text} for one in video.comments
            ],
        }

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(one) for one in state.people.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        made = state.people.add_many(order.count, order.prefix, state.core.clock.now())
        return control_json({"accounts": [_account(one) for one in made]}, 201)

    async def post_channel(request: Request) -> Response:
        channel = state.people.channels.get(request.path_params["channel_id"])
        if channel is None:
            return control_error("there is no channel of that id", 404)
        try:
            order = await control_body(request, ChannelChange)
        except ValueError as error:
            return control_error(str(error))
        channel.upload_limit_exceeded = order.upload_limit_exceeded
        return control_json({})

    async def get_posts(request: Request) -> Response:
        wanted = request.query_params.get("channelId")
        videos = [one for one in state.videos.values() if wanted in {None, one.channel.id}]
        return control_json({"posts": [post(one) for one in videos]})

    async def get_uploads(_request: Request) -> Response:
        return control_json([one.shown() for one in state.uploads.all()])

    async def get_quota(_request: Request) -> Response:
        return control_json({"projects": state.quota.all()})

    async def post_quota(request: Request) -> Response:
        try:
            order = await control_body(request, QuotaChange)
        except ValueError as error:
            return control_error(str(error))
        limits = state.quota.limits
        limits.uploads = limits.uploads if order.uploads is None else order.uploads
        limits.units = limits.units if order.units is None else order.units
        return control_json({"uploads": limits.uploads, "units": limits.units})

    async def post_processing(request: Request) -> Response:
        try:
            order = await control_body(request, ProcessingChange)
        except ValueError as error:
            return control_error(str(error))
        if order.processing_seconds is not None:
            state.processing_seconds = order.processing_seconds
        state.outcomes.extend(order.next)
        return control_json(
            {"processingSeconds": state.processing_seconds, "next": list(state.outcomes)}
        )

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/channels/{channel_id}", post_channel, methods=["POST"]),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/uploads", get_uploads, methods=["GET"]),
        Route("/_sandbox/quota", get_quota, methods=["GET"]),
        Route("/_sandbox/quota", post_quota, methods=["POST"]),
        Route("/_sandbox/processing", post_processing, methods=["POST"]),
        *comment_control_routes(state),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
    ]
