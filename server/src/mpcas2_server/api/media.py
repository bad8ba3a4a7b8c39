"""``/media/{token}``: files under signed links, for whoever has one; outside of the API's address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_core.database import TenantUnavailable
from mpcas2_core.errors import NotFound
from mpcas2_server.api.content_download import Download, send_file
from mpcas2_server.caller import engine_of

__all__ = ("MediaController",)

AnyRequest = Request[Any, Any, Any]
_SHOWN = ("image/", "video/", "audio/")
# Whatever the bytes are, they can run nothing and load nothing on this origin.
_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; sandbox"
)


class MediaController(Controller):
    """Files under signed links."""

    path = "/media"

    @get("/{token:str}")
    async def get_linked_file(self, request: AnyRequest, token: str) -> ASGIResponse:
        """Sends the file that a link names, for as long as the link is good."""
        engine = engine_of(request)
        linked = engine.contents.read_link(token)
        try:
            tenant = await engine.tenants.resolve(linked.tenant_id)
        except TenantUnavailable:
            raise NotFound("The file of this link is not there any more.") from None
        size = await engine.contents.linked_size(tenant, linked.sha256)
        left = int((linked.expires_at - datetime.now(UTC)).total_seconds())
        file = Download(
            sha256=linked.sha256,
            size=size,
            mime_type=linked.mime_type,
            name=linked.name,
            inline=linked.mime_type.startswith(_SHOWN) and "svg" not in linked.mime_type,
            cache=f"private, max-age={max(left, 0)}",
            policy=_POLICY,
        )
        return send_file(
            request,
            file,
            lambda start, length: engine.contents.open_file(tenant, linked.sha256, start, length),
        )
