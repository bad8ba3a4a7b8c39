"""The control API under ``/_sandbox/`` that tests, demos and people move the network with."""

from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.faults import FaultRule

CONTROL_PREFIX = "/_sandbox/"

T = TypeVar("T")


class ClockChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the clock is to move, in seconds; negative moves it back."""

    advance_seconds: float = msgspec.field(name="advanceSeconds")


class ReleaseOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a held request goes on: ``continue``, or ``cut`` without an answer."""

    action: Literal["continue", "cut"] = "continue"


def control_json(value: object, status: int = 200) -> Response:
    """Returns a value as the JSON answer of a control route."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def control_error(message: str, status: int = 400) -> Response:
    """Returns a control route's refusal with a message that says what to mend."""
    return control_json({"error": "InvalidControlRequest", "message": message}, status)


async def control_body(request: Request, wanted: type[T]) -> T:
    """Reads a control request's JSON body into a Struct; an empty body counts as ``{}``.

    Raises:
        ValueError: The body is not JSON or does not fit; the message says where.
    """
    return msgspec.json.decode(await request.body() or b"{}", type=wanted)


def control_routes(core: SandboxCore, reset: Callable[[], None]) -> list[BaseRoute]:
    """Returns the control routes that every practice network has.

    Args:
        core: The core that they move.
        reset: Starts the whole app over.
    """

    async def post_reset(_request: Request) -> Response:
        reset()
        return control_json({})

    async def get_requests(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdigit():
            return control_error("after must be the number of a request")
        entries = core.log.list(after=int(after))
        return control_json({"count": core.log.count, "requests": entries})

    async def get_clock(_request: Request) -> Response:
        return control_json(
            {"now": timestamp(core.clock.now()), "offsetSeconds": core.clock.offset_seconds}
        )

    async def post_clock(request: Request) -> Response:
        try:
            change = await control_body(request, ClockChange)
        except ValueError as error:
            return control_error(str(error))
        core.clock.advance(change.advance_seconds)
        return await get_clock(request)

    async def post_fault(request: Request) -> Response:
        try:
            status = core.faults.add(await control_body(request, FaultRule))
        except ValueError as error:
            return control_error(str(error))
        return control_json(status, 201)

    async def get_faults(_request: Request) -> Response:
        return control_json({"faults": core.faults.list()})

    async def delete_faults(_request: Request) -> Response:
        core.faults.clear()
        return control_json({})

    async def get_held(_request: Request) -> Response:
        return control_json({"held": core.holds.list()})

    async def release_one(request: Request) -> Response:
        held_id: int = request.path_params["held_id"]
        try:
            order = await control_body(request, ReleaseOrder)
        except ValueError as error:
            return control_error(str(error))
        if not core.holds.release(held_id, order.action):
            return control_error(f"no request with the id {held_id} is held", 404)
        return control_json({})

    async def release_all(request: Request) -> Response:
        try:
            order = await control_body(request, ReleaseOrder)
        except ValueError as error:
            return control_error(str(error))
        return control_json({"released": core.holds.release_all(order.action)})

    return [
        Route("/_sandbox/reset", post_reset, methods=["POST"]),
        Route("/_sandbox/requests", get_requests, methods=["GET"]),
        Route("/_sandbox/clock", get_clock, methods=["GET"]),
        Route("/_sandbox/clock", post_clock, methods=["POST"]),
        Route("/_sandbox/faults", get_faults, methods=["GET"]),
        Route("/_sandbox/faults", post_fault, methods=["POST"]),
        Route("/_sandbox/faults", delete_faults, methods=["DELETE"]),
        Route("/_sandbox/held", get_held, methods=["GET"]),
        Route("/_sandbox/held/release-all", release_all, methods=["POST"]),
        Route("/_sandbox/held/{held_id:int}/release", release_one, methods=["POST"]),
    ]
