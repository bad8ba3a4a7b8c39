"""The ASGI app: it logs each request, applies the fault rules and calls the network's routes."""

import asyncio
import hashlib
import sys
import traceback
from typing import Any

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from mpcas2_sandbox import answers
from mpcas2_sandbox.address import ROOT_PATH
from mpcas2_sandbox.answers import Answer
from mpcas2_sandbox.connection import Connection, connection_of
from mpcas2_sandbox.control import CONTROL_PREFIX, control_routes
from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.faults import FaultRule
from mpcas2_sandbox.network import Network
from mpcas2_sandbox.request_log import OpenRequest


class _ClientLeftError(Exception):
    """The connection ended before the request's body was complete."""


class _Body:
    """What was read of a request's body.

    Attributes:
        data: The body; None beyond the network's limit.
        sha256: Its SHA-256.
        length: Its length.
    """

    def __init__(self) -> None:
        self.data: bytes | None = b""
        self.sha256 = hashlib.sha256(b"").hexdigest()
        self.length = 0

    @classmethod
    async def read(cls, receive: Receive, limit: int, *, stop_at: int | None = None) -> "_Body":
        """Reads the body to its end, or until ``stop_at`` bytes have come.

        Raises:
            _ClientLeftError: The client went away before.
        """
        body = cls()
        digest = hashlib.sha256()
        chunks: list[bytes] = []
        more = True
        while more and (stop_at is None or body.length < stop_at):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientLeftError
            chunk: bytes = message.get("body", b"")
            body.length += len(chunk)
            digest.update(chunk)
            if body.length <= limit:
                chunks.append(chunk)
            else:
                chunks.clear()  # read on to the end: a client that still sends would miss the answer
            more = message.get("more_body", False)
        body.data = b"".join(chunks) if body.length <= limit else None
        body.sha256 = digest.hexdigest()
        return body


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            text: str = value.decode("latin-1")
            return text
    return None


def _redacted_authorization(scope: Scope) -> str | None:
    value = _header(scope, b"authorization")
    if value is None:
        return None
    scheme = value.split(" ", 1)[0] if " " in value else ""
    return f"{scheme} [redacted]".strip()


def _half_length(scope: Scope) -> int:
    """Returns half of the length that a request says its body has; at least one byte."""
    said = _header(scope, b"content-length") or ""
    return max(1, int(said) // 2) if said.isdecimal() else 1


class SandboxApp:
    """One practice network as an ASGI app.

    Args:
        network: The network to play.
        root_path: The path below which it stands on its server; empty for the server's root.
    """

    def __init__(self, network: Network, *, root_path: str = "") -> None:
        self.network = network
        self.core = SandboxCore()
        self._root_path = root_path
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
        scope["root_path"] = self._root_path
        ROOT_PATH.set(self._root_path)
        path: str = scope["path"].removeprefix(self._root_path)
        if path.startswith(CONTROL_PREFIX):
            await self._router(scope, receive, send)
            return
        connection = connection_of(scope)
        cuts_body = self.core.faults.cuts_body(scope["method"], path)
        try:
            stop_at = _half_length(scope) if cuts_body else None
            body = await _Body.read(receive, self.network.body_limit, stop_at=stop_at)
        except _ClientLeftError:
            return
        request = self._log(scope, path, body)
        if cuts_body:
            request.fault = "cut_body"
            await answers.cut(request, connection, receive, hard=True)
            return
        rule = self.core.faults.pick(scope["method"], path)
        if rule is None:
            answer = await self._answer(scope, body)
        else:
            request.fault = rule.action
            if rule.action == "duplicate":
                request = await self._repeated(request, scope, path, body)
            faulty = await self._faulty_answer(rule, request, scope, body, connection)
            if faulty is None:
                await answers.cut(request, connection, receive)
                return
            answer = faulty
        request.status = answer.status
        if connection is not None and connection.is_closing():
            request.outcome = "client_gone"
        elif rule is not None and rule.action == "truncated":
            await answers.send_half(answer, request, connection, receive, send)
        elif rule is not None and rule.action == "slow":
            await answers.send_slowly(answer, rule.seconds, request, connection, send)
        else:
            request.outcome = "answered"
            await answers.send_whole(answer, send)

    def _log(self, scope: Scope, path: str, body: _Body) -> OpenRequest:
        request = OpenRequest(
            number=self.core.log.next_number(),
            at=self.core.clock.now(),
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            operation=self.network.operation(scope["method"], path),
            authorization=_redacted_authorization(scope),
            body_sha256=body.sha256,
            body_bytes=body.length,
        )
        self.core.log.add(request)
        return request

    async def _repeated(
        self, first: OpenRequest, scope: Scope, path: str, body: _Body
    ) -> OpenRequest:
        """Lets a request take effect once, with an answer that nobody gets, and logs its repeat."""
        first.status = (await self._answer(dict(scope), body)).status
        first.outcome = "client_gone"
        second = self._log(scope, path, body)
        second.fault = first.fault
        return second

    async def _faulty_answer(
        self,
        rule: FaultRule,
        request: OpenRequest,
        scope: Scope,
        body: _Body,
        connection: Connection | None,
    ) -> Answer | None:
        """Returns the answer that the rule makes of this request; None cuts the connection."""
        action = rule.action
        if action == "status":
            return answers.ruled(rule, self.network)
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
            return answers.ruled(rule, self.network)
        if action == "malformed":
            return answers.malformed()
        if action == "hold_after":
            how = await self.core.holds.hold(request, "after", connection)
            if how == "cut":
                return None
        return answer

    async def _answer(self, scope: Scope, body: _Body) -> Answer:
        if body.data is None:
            return answers.too_large()
        given = False

        async def replay() -> dict[str, Any]:
            nonlocal given
            if given:
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": body.data, "more_body": False}

        answer = Answer()
        try:
            await self._router(scope, replay, answer.take)
        except Exception:  # noqa: BLE001  # one bad route must not end the practice network
            traceback.print_exc(file=sys.stderr)
            return answers.failed()
        return answer
