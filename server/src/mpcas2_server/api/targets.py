"""``/social-accounts/{id}/targets``: the places inside an account that a post can go to."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_server.caller import signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.wire import Output, answer, optional

__all__ = ("TargetController",)

AnyRequest = Request[Any, Any, Any]


class TargetShown(Output, frozen=True, kw_only=True):
    """A place inside an account that a post can go to."""

    id: str
    title: str
    option: Annotated[str, msgspec.Meta(description="Field of `metadata.options` for the id.")]
    url: str | msgspec.UnsetType = msgspec.UNSET


class TargetList(Output, frozen=True, kw_only=True):
    """All places inside an account."""

    data: list[TargetShown]


class TargetController(Controller):
    """Playlists, boards and the like."""

    path = "/social-accounts/{account_id:uuid}/targets"

    @get(
        doc=Doc(
            tag="Social Accounts",
            summary="List the places inside an account",
            description="Playlists, boards and the like, asked of the network now.",
            answers={200: TargetList},
            errors={
                400: "`TARGETS_UNSUPPORTED`: the network has none.",
                404: "There is no such account.",
                409: "`ACCOUNT_NOT_CONNECTED`",
                502: "`NETWORK_UNAVAILABLE`: the network cannot be asked now.",
            },
        ),
    )
    async def list_targets(self, request: AnyRequest, account_id: UUID) -> ASGIResponse:
        """Gives the places of an account."""
        caller = signed_in(request)
        principal = await caller.principal()
        places = await caller.engine.posts.places(principal.tenant, account_id)
        return answer(
            TargetList(
                data=[
                    TargetShown(
                        id=one.id, title=one.title, option=one.option, url=optional(one.url)
                    )
                    for one in places
                ]
            )
        )
