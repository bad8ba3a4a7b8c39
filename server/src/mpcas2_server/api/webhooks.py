"""``/webhooks/{platform}``: what networks tell by themselves; outside of the API's address.

Nobody signs in here. The signature is the only way in, and the adapter alone knows it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post

from mpcas2_hookspecs import HttpAnswer, WebhookRequest
from mpcas2_server.caller import engine_of

__all__ = ("WebhookController",)

AnyRequest = Request[Any, Any, Any]
MAX_BODY_BYTES = 1024 * 1024


class WebhookController(Controller):
    """Requests of networks."""

    path = "/webhooks/{platform:str}"

    @get()
    async def ask_webhook(self, request: AnyRequest, platform: str) -> Response[bytes]:
        """Answers the question with which a network makes sure of the address."""
        return await _taken(request, platform)

    @post(status_code=200, request_max_body_size=MAX_BODY_BYTES)
    async def take_webhook(self, request: AnyRequest, platform: str) -> Response[bytes]:
        """Keeps the events that a network tells, and answers at once."""
        return await _taken(request, platform)


async def _taken(request: AnyRequest, platform: str) -> Response[bytes]:
    told = WebhookRequest(
        method=request.method,
        query={name: request.query_params.get(name) or "" for name in request.query_params},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body() if request.method == "POST" else b"",
    )
    answer = await engine_of(request).webhooks.take(platform, told)
    return _sent(answer or HttpAnswer(status=200, body={"ok": True}))


def _sent(answer: HttpAnswer) -> Response[bytes]:
    """Sends what the adapter answers, as text or JSON: a network's question is never shown as a page."""
    if isinstance(answer.body, str):
        return Response(answer.body.encode(), status_code=answer.status, media_type=MediaType.TEXT)
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    return Response(body, status_code=answer.status, media_type=MediaType.JSON)
