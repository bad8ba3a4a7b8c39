"""The upload host: ``POST /ig-api-upload/{version}/{container}`` with bytes, or with an address."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_instagram.sandbox.containers import Container
from mpcas2_platform_instagram.sandbox.errors import GraphError, graph_json
from mpcas2_platform_instagram.sandbox.graph_call import authorization_letters, token_behind
from mpcas2_platform_instagram.sandbox.media_rules import size_limit
from mpcas2_platform_instagram.sandbox.state import InstagramState
from mpcas2_sandbox.pull import PullError, pull

_BAD_REQUEST = 400
_UNAUTHORIZED = 401
_NOT_FOUND = 404


def upload_routes(state: InstagramState) -> list[BaseRoute]:
    """Returns the routes of the upload host, with and without a version in the path."""

    async def upload(request: Request) -> Response:
        return await _upload(state, request)

    return [
        Route("/ig-api-upload/{version:graph_version}/{number:int}", upload, methods=["POST"]),
        Route("/ig-api-upload/{number:int}", upload, methods=["POST"]),
    ]


def _refused(kind: str, message: str, status: int = _BAD_REQUEST, **more: Any) -> Response:
    debug = {"retriable": False, "type": kind, "message": message, **more}
    return graph_json({"debug_info": debug}, status)


async def _upload(state: InstagramState, request: Request) -> Response:
    try:
        token = token_behind(state, authorization_letters(request))
    except GraphError:
        message = "User authentication failed"
        return _refused("NotAuthorizedError", message, _UNAUTHORIZED)
    container = state.containers.get(str(request.path_params["number"]))
    if container is None or container.owner is not token.grant.account:
        return _refused("ProcessingFailedError", "There is no such upload", _NOT_FOUND)
    if not container.order.resumable or not container.waiting:
        return _refused("ProcessingFailedError", "This container waits for no upload")
    if container.status(state.core.clock.now()) == "EXPIRED":
        return _refused("ProcessingFailedError", "This upload has expired")
    address = request.headers.get("file_url")
    if address:
        return await _from_address(state, container, address)
    return await _from_body(state, container, request)


async def _from_address(state: InstagramState, container: Container, address: str) -> Response:
    try:
        pulled = await pull(
            address,
            state.disk,
            limit=size_limit(container.order),
            seconds=state.settings.pull_seconds,
        )
    except PullError as error:
        return _refused("ProcessingFailedError", f"The file cannot be fetched: {error.reason}")
    state.take_media(container, pulled.file)
    return _done()


async def _from_body(state: InstagramState, container: Container, request: Request) -> Response:
    numbers = [request.headers.get(name, "") for name in ("offset", "file_size")]
    if not all(one.isdecimal() and len(one) <= 15 for one in numbers):  # noqa: PLR2004  # a petabyte
        return _refused("HeaderError", "offset and file_size must be numbers of bytes")
    offset, size = map(int, numbers)
    if not 0 < size <= size_limit(container.order):
        return _refused("HeaderError", f"file_size must be 1 to {size_limit(container.order)}")
    if container.declared not in {None, size}:
        return _refused("HeaderError", f"file_size was {container.declared} before")
    file = container.file or state.disk.new_file()
    if offset != file.size:
        return _refused("OffsetInvalidError", f"The file goes on at {file.size}", offset=file.size)
    data = await request.body()
    if not data or offset + len(data) > size:
        message = f"{size - offset} bytes are missing, not {len(data)}"
        return _refused("PartialRequestError", message)
    file.append(data)
    container.declared, container.file = size, file
    if file.size == size:
        state.take_media(container, file)
    return _done()


def _done() -> Response:
    return graph_json({"success": True, "message": "Upload successful."})
