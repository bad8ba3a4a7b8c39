"""``/docs`` and ``/openapi.json``: the API's description, for people and for programs."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import metadata, resources
from typing import Any

import msgspec
from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_server import openapi
from mpcas2_server.caller import engine_of
from mpcas2_server.wire import answer

__all__ = ("DocsController",)

AnyRequest = Request[Any, Any, Any]
_INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


class DocsController(Controller):
    """The API's description."""

    @get("/openapi.json")
    async def openapi_document(self, request: AnyRequest) -> ASGIResponse:
        """Gives the OpenAPI document, made at the first request."""
        state = request.app.state
        made: bytes | None = state.get("openapi_document")
        if made is None:
            document = openapi.build(
                request.app.routes,
                version=metadata.version("mpcas2-server"),
                server=engine_of(request).settings.public_url,
            )
            made = state["openapi_document"] = msgspec.json.encode(document)
        return answer(made, headers={"cache-control": "no-cache"})

    @get("/docs")
    async def docs_page(self) -> ASGIResponse:
        """Gives the page, which loads nothing but the document."""
        page = resources.files("mpcas2_server").joinpath("docs_page.html").read_text("utf-8")
        hashes = {
            kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            for kind, text in _INLINE.findall(page)
        }
        policy = (
            f"default-src 'none'; style-src 'sha256-{hashes['style']}'; "
            f"script-src 'sha256-{hashes['script']}'; connect-src 'self'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"content-security-policy": policy, "cache-control": "no-cache"}
        return ASGIResponse(body=page, media_type="text/html", headers=headers)
