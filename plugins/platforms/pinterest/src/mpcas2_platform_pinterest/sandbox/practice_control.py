"""The practice network's own part of the control API, below ``/_sandbox/``.

- ``GET accounts``, ``POST accounts {"count": n, "prefix": "user"}``: accounts with their boards.
- ``GET posts[?account=]``: every Pin that was made, with all that is known of it.
- ``GET media``: every registered upload.
- ``GET settings``, ``POST settings {…}``: trial access, lag of lists and the like.
- ``GET stats``: the counts.

Beside them stand ``processing``, ``moderation`` and ``limits`` of the core.
"""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_pinterest.sandbox.pinners import Board, Pinner
from mpcas2_platform_pinterest.sandbox.pins import Image, Pin
from mpcas2_platform_pinterest.sandbox.state import PinterestState, Settings
from mpcas2_platform_pinterest.sandbox.uploads import Media
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.control import control_body, control_error, control_json
from mpcas2_sandbox.windows import limits_routes


class NewAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many accounts to make, and what their handles begin with."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,11}$")] = "user"


def _board(board: Board) -> dict[str, Any]:
    return {
        "id": board.id,
        "name": board.name,
        "privacy": board.privacy,
        "owner": board.owner.handle,
        "sections": [{"id": one.id, "name": one.name} for one in board.sections],
    }


def _account(state: PinterestState, pinner: Pinner) -> dict[str, Any]:
    boards = [_board(one) for one in state.pinners.open_to(pinner)]
    return {"id": pinner.id, "handle": pinner.handle, "name": pinner.name, "boards": boards}


def _image(image: Image) -> dict[str, Any]:
    return {
        "kind": "image",
        "mediaType": image.picture.media_type,
        "width": image.picture.width,
        "height": image.picture.height,
        "size": image.file.size,
        "sha256": image.file.sha256,
        "url": image.url,
        "title": image.title,
        "description": image.description,
        "link": image.link,
    }


def _media(state: PinterestState, media: Media) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": "video",
        "id": media.id,
        "account": media.owner.handle,
        "status": state.media.status(media),
        "fault": media.fault,
        "size": 0 if media.file is None else media.file.size,
        "sha256": "" if media.file is None else media.file.sha256,
    }
    if media.movie is not None:
        movie = media.movie
        told |= {"mediaType": movie.media_type, "width": movie.width, "height": movie.height}
        told["seconds"] = movie.seconds
    return told


def _options(pin: Pin) -> dict[str, Any]:
    """Returns what was asked for, without the bytes of pictures."""
    asked: dict[str, Any] = msgspec.to_builtins(pin.body)
    source = asked["media_source"]
    for one in (source, *source.get("items", ())):
        one.pop("data", None)
        one.pop("cover_image_data", None)
    return asked


def _post(state: PinterestState, pin: Pin) -> dict[str, Any]:
    images = [_image(one) for one in pin.images]
    if pin.deleted_at is not None:
        status = "deleted"
    else:
        status = "removed" if state.pins.is_removed(pin) else "published"
    return {
        "id": pin.id,
        "account": pin.owner.handle,
        "clientId": pin.client_id,
        "boardId": pin.board.id,
        "board": pin.board.name,
        "title": pin.body.title or "",
        "text": pin.body.description or "",
        "link": pin.body.link or "",
        "altText": pin.body.alt_text or "",
        "creativeType": pin.creative_type,
        "options": _options(pin),
        "media": images if pin.video is None else [_media(state, pin.video)],
        "cover": images[0] if pin.video is not None and images else None,
        "state": status,
        "public": state.pins.is_public(pin),
        "path": pin.path,
        "createdAt": timestamp(pin.created_at),
        "comments": [],
    }


def practice_control_routes(state: PinterestState) -> list[BaseRoute]:
    """Returns the control routes of accounts, Pins, settings and of what the core steers."""

    async def get_accounts(_request: Request) -> Response:
        return control_json({"accounts": [_account(state, one) for one in state.pinners.all()]})

    async def post_accounts(request: Request) -> Response:
        try:
            order = await control_body(request, NewAccounts)
        except ValueError as error:
            return control_error(str(error))
        made = state.pinners.add_many(order.count, order.prefix, state.core.clock.now())
        return control_json({"accounts": [_account(state, one) for one in made]}, 201)

    async def get_posts(request: Request) -> Response:
        account = request.query_params.get("account")
        shown = [one for one in state.pins.every() if account in {None, one.owner.handle}]
        return control_json({"posts": [_post(state, one) for one in shown]})

    async def get_media(_request: Request) -> Response:
        return control_json({"media": [_media(state, one) for one in state.media.all()]})

    async def get_settings(_request: Request) -> Response:
        return control_json(state.settings)

    async def post_settings(request: Request) -> Response:
        try:
            given = await control_body(request, dict[str, Any])
            merged = {**msgspec.to_builtins(state.settings), **given}
            state.settings = msgspec.convert(merged, Settings)
        except ValueError as error:
            return control_error(str(error))
        return await get_settings(request)

    async def get_stats(_request: Request) -> Response:
        return control_json(state.stats())

    return [
        Route("/_sandbox/accounts", get_accounts, methods=["GET"]),
        Route("/_sandbox/accounts", post_accounts, methods=["POST"]),
        Route("/_sandbox/posts", get_posts, methods=["GET"]),
        Route("/_sandbox/media", get_media, methods=["GET"]),
        Route("/_sandbox/settings", get_settings, methods=["GET"]),
        Route("/_sandbox/settings", post_settings, methods=["POST"]),
        Route("/_sandbox/stats", get_stats, methods=["GET"]),
        *state.media.processing.routes(),
        *state.pins.moderation.routes(),
        *limits_routes(state.windows),
    ]
