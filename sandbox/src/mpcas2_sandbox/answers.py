"""Answers that a network has made, and the ways in which they reach a client or do not."""

import asyncio
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Send

from mpcas2_sandbox.connection import Connection, reset
from mpcas2_sandbox.faults import FaultRule
from mpcas2_sandbox.network import Network, SpeaksErrors
from mpcas2_sandbox.request_log import OpenRequest

_BROKEN_JSON = b'{"uri": "at://did:plc:'
_TOO_LARGE = b'{"error":"PayloadTooLarge","message":"request entity too large"}'
_FAILED = b'{"error":"InternalServerError","message":"Internal Server Error"}'
_FIRST_ERROR = 400
_TRICKLES = 20


class Answer:
    """An answer that the network has made and nobody has received yet."""

    def __init__(self, status: int = 500) -> None:
        self.status = status
        self.headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self._chunks)

    async def take(self, message: Message) -> None:
        """Stands in for the server's ``send`` while the network answers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message["headers"])
        elif chunk := message.get("body"):
            self._chunks.append(chunk)

    @classmethod
    def of_json(cls, status: int, body: bytes, headers: dict[str, str] | None = None) -> "Answer":
        """Returns an answer with this body, which may be empty."""
        answer = cls(status)
        response = Response(body, status, headers, "application/json" if body else None)
        answer.headers = response.raw_headers
        answer._chunks = [body] if body else []
        return answer


def too_large() -> Answer:
    """Returns the answer to a body beyond the network's limit."""
    return Answer.of_json(413, _TOO_LARGE)


def failed() -> Answer:
    """Returns the answer of a network whose route is broken."""
    return Answer.of_json(500, _FAILED)


def malformed() -> Answer:
    """Returns an answer that says 200 and breaks off in the middle of its JSON."""
    return Answer.of_json(200, _BROKEN_JSON)


def ruled(rule: FaultRule, network: Network) -> Answer:
    """Returns the answer that a fault rule asks for, in the network's words if it has none itself."""
    value: Any = rule.body
    if value is msgspec.UNSET:
        value = None
        if rule.status >= _FIRST_ERROR and isinstance(network, SpeaksErrors):
            value = network.error_body(rule.status)
    body = b"" if value is None else msgspec.json.encode(value)
    return Answer.of_json(rule.status, body, rule.headers)


async def send_whole(answer: Answer, send: Send) -> None:
    """Sends an answer as a server does."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def send_half(
    answer: Answer,
    request: OpenRequest,
    connection: Connection | None,
    receive: Receive,
    send: Send,
) -> None:
    """Sends the answer's headers and half of its body, then closes the connection.

    Of an answer without a body nothing is sent: it can break off in its headers only.
    """
    body = answer.body
    if not body:
        await cut(request, connection, receive)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    request.outcome = "cut"
    if connection is not None:
        connection.close()
        await _until_gone(receive)


async def send_slowly(
    answer: Answer,
    seconds: float,
    request: OpenRequest,
    connection: Connection | None,
    send: Send,
) -> None:
    """Sends the headers at once and the body in small pieces over that time."""
    body = answer.body
    size = max(1, -(-len(body) // _TRICKLES))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        if connection is not None and connection.is_closing():
            request.outcome = "client_gone"
            return
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    request.outcome = "answered"
    await send({"type": "http.response.body", "body": b""})


async def cut(
    request: OpenRequest,
    connection: Connection | None,
    receive: Receive,
    *,
    hard: bool = False,
) -> None:
    """Closes the connection without an answer and waits until the server has noticed.

    Args:
        request: What is not answered.
        connection: The connection.
        receive: The server's side of it.
        hard: Whether the client gets a TCP reset instead of an end.
    """
    if connection is None:
        raise RuntimeError(
            "a fault rule wants to cut a connection, which only the sandbox's own server can do; "
            "start it with python -m mpcas2_sandbox or SandboxProcess"
        )
    request.outcome = "client_gone" if connection.is_closing() else "cut"
    if hard and not connection.is_closing():
        reset(connection)
    else:
        connection.abort()
    await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
