"""The ASGI app: it logs each request, applies the fault rules and calls the network's routes."""

import asyncio
import hashlib
import sys
import traceback
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Message, Receive, Scope, Send

from mpcas2_sandbox.connection import Connection, connection_of
from mpcas2_sandbox.control import CONTROL_PREFIX, control_routes
from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.faults import FaultRule
from mpcas2_sandbox.network import Network
from mpcas2_sandbox.request_log import OpenRequest

_BROKEN_JSON = b'{"uri": "at://did:plc:'
_TOO_LARGE = b'{"error":"PayloadTooLarge","message":"request entity too large"}'
_FAILED = b'{"error":"InternalServerError","message":"Internal Server Error"}'


class _Answer:
    """An answer that the network has made and nobody has received yet."""

    def __init__(self, status: int = 500) -> None:
        self.status = status
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []

    async def take(self, message: Message) -> None:
        """Stands in for the server's ``send`` while the network answers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message["headers"])
        elif chunk := message.get("body"):
            self.chunks.append(chunk)

    @classmethod
    def of_json(cls, status: int, body: bytes, headers: dict[str, str] | None = None) -> "_Answer":
        answer = cls(status)
        response = Response(body, status, headers, "application/json" if body else None)
        answer.headers = response.raw_headers
        answer.chunks = [body] if body else []
        return answer


class _ClientLeftError(Exception):
    """The connection ended before the request's body was complete."""


async def _read(receive: Receive, limit: int) -> tuple[bytes | None, str, int]:
    """Returns the body (None beyond the limit), its SHA-256 and its length."""
    digest = hashlib.sha256()
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeftError
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        digest.update(chunk)
        if length <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()  # read on to the end: a client that still sends would miss the answer
        if not message.get("more_body"):
            body = b"".join(chunks) if length <= limit else None
            return body, digest.hexdigest(), length


def _redacted_authorization(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme = value.split(b" ", 1)[0].decode("latin-1") if b" " in value else ""
            return f"{scheme} [redacted]".strip()
    return None


class SandboxApp:
    """One practice network as an ASGI app.

    Args:
        network: The network to play.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.core = SandboxCore()
        self._router = self._open()

    def _open(self) -> Router:
        # The network's routes stand first: they are the ones that many requests look for.
        routes = [*self.network.routes(self.core), *control_routes(self.core, self.reset)]
        return Router(routes, redirect_slashes=False)

    def reset(self) -> None:
        """Starts over with a fresh state of the network and of the core."""
        self.core.reset()
        self._router = self._open()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        path: str = scope["path"]
        if path.startswith(CONTROL_PREFIX):
            await self._router(scope, receive, send)
            return
        connection = connection_of(scope)
        try:
            body, body_sha256, body_bytes = await _read(receive, self.network.body_limit)
        except _ClientLeftError:
            return
        request = OpenRequest(
            number=self.core.log.next_number(),
            at=self.core.clock.now(),
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            operation=self.network.operation(scope["method"], path),
            authorization=_redacted_authorization(scope),
            body_sha256=body_sha256,
            body_bytes=body_bytes,
        )
        self.core.log.add(request)
        rule = self.core.faults.pick(scope["method"], path)
        if rule is None:
            answer = await self._answer(scope, body)
        else:
            request.fault = rule.action
            faulty = await self._faulty_answer(rule, request, scope, body, connection)
            if faulty is None:
                await _cut(request, connection, receive)
                return
            answer = faulty
        request.status = answer.status
        if connection is not None and connection.is_closing():
            request.outcome = "client_gone"
            return
        if rule is not None and rule.action == "truncated":
            await _send_half(answer, request, connection, receive, send)
            return
        request.outcome = "answered"
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": b"".join(answer.chunks)})

    async def _faulty_answer(
        self,
        rule: FaultRule,
        request: OpenRequest,
        scope: Scope,
        body: bytes | None,
        connection: Connection | None,
    ) -> _Answer | None:
        """Returns the answer that the rule makes of this request; None cuts the connection."""
        action = rule.action
        if action == "status":
            return _ruled_answer(rule)
        if action == "cut_before":
            return None
        if action == "delay":
            await asyncio.sleep(rule.seconds)
        if action == "hold_before":
            how = await self.core.holds.hold(request, "before", connection)
            if how == "cut":
                return None
        answer = await self._answer(scope, body)
        request.status = answer.status
        if action == "cut_after":
            return None
        if action == "status_after":
            return _ruled_answer(rule)
        if action == "malformed":
            return _Answer.of_json(200, _BROKEN_JSON)
        if action == "hold_after":
            how = await self.core.holds.hold(request, "after", connection)
            if how == "cut":
                return None
        return answer

    async def _answer(self, scope: Scope, body: bytes | None) -> _Answer:
        if body is None:
            return _Answer.of_json(413, _TOO_LARGE)
        given = False

        async def replay() -> dict[str, Any]:
            nonlocal given
            if given:
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        answer = _Answer()
        try:
            await self._router(scope, replay, answer.take)
        except Exception:  # noqa: BLE001  # one bad route must not end the practice network
            traceback.print_exc(file=sys.stderr)
            return _Answer.of_json(500, _FAILED)
        return answer


def _ruled_answer(rule: FaultRule) -> _Answer:
    body = b"" if rule.body is None else msgspec.json.encode(rule.body)
    return _Answer.of_json(rule.status, body, rule.headers)


async def _cut(request: OpenRequest, connection: Connection | None, receive: Receive) -> None:
    """Closes the connection without an answer and waits until the server has noticed."""
    if connection is None:
        raise RuntimeError(
            "a fault rule wants to cut a connection, which only the sandbox's own server can do; "
            "start it with python -m mpcas2_sandbox or SandboxProcess"
        )
    request.outcome = "client_gone" if connection.is_closing() else "cut"
    connection.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_half(
    answer: _Answer,
    request: OpenRequest,
    connection: Connection | None,
    receive: Receive,
    send: Send,
) -> None:
    """Sends the answer's headers and half of its body, then closes the connection."""
    body = b"".join(answer.chunks)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    request.outcome = "cut"
    if connection is not None:
        connection.close()
        while (await receive())["type"] != "http.disconnect":
            pass
