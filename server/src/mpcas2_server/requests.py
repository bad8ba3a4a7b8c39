"""What holds for every request: an id, one line in the log, safe headers, and HEAD for every GET."""

from __future__ import annotations

import re
import time
from collections.abc import MutableMapping
from typing import Any, cast

import structlog
import uuid_utils
from litestar.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ("RequestGate", "note_user", "request_id_of", "wants_no_body", "without_link")

log = structlog.get_logger(__name__)

_ID = "mpcas2.request_id"
_USER = "mpcas2.user"
_HEAD = "mpcas2.head"
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")
# For the API, whose answers are data; pages bring a policy of their own.
_SAFE_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"cache-control": b"no-store",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
_SERVER_ERROR = 500
_LINK = re.compile(r"(/media/)[^/]{20,}.*", re.DOTALL)


class RequestGate:
    """Wraps the whole application, its router's own errors included.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        facts = _facts(scope)
        if facts["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or uuid_utils.uuid7().hex
        facts[_ID] = request_id
        method, started, status = facts["method"], time.perf_counter(), 0
        is_head = method == "HEAD"
        if is_head:
            facts[_HEAD] = True
            facts["method"] = "GET"

        async def gated(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                present = {name.lower() for name, _ in headers}
                headers += [
                    (name, value) for name, value in _SAFE_HEADERS.items() if name not in present
                ]
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
            elif is_head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, gated)
            finally:
                write = log.error if status >= _SERVER_ERROR else log.info
                if "/health/" in scope["path"] and status < _SERVER_ERROR:
                    write = log.debug
                write(
                    "request",
                    method=method,
                    path=without_link(scope["path"]),
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                    **facts.get(_USER, {}),
                )


def without_link(path: str) -> str:
    """Gives a path for the log and for messages: a signed link's token is a key to a file."""
    return _LINK.sub(r"\1(link)", path)


def request_id_of(scope: Scope) -> str:
    """Gives the id of the request."""
    return str(_facts(scope).get(_ID, ""))


def wants_no_body(scope: Scope) -> bool:
    """Says whether the request is a HEAD, so that a long body need not be read for nothing."""
    return bool(_facts(scope).get(_HEAD))


def note_user(scope: Scope, tenant_id: str, user_id: str) -> None:
    """Notes for the log who makes the request."""
    _facts(scope)[_USER] = {"tenant_id": tenant_id, "user_id": user_id}


def _facts(scope: Scope) -> MutableMapping[str, Any]:
    # The scope is a plain dict of this one request; its type knows no keys but ASGI's.
    return cast("MutableMapping[str, Any]", scope)


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode() if _SANE_ID.fullmatch(value) else None
    return None
