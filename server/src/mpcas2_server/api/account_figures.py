"""``/social-accounts/{id}/metrics``: how an account does."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_core.accounts.figures import account_metrics
from mpcas2_server.caller import signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.wire import Output, answer, optional

__all__ = ("AccountFiguresController",)

AnyRequest = Request[Any, Any, Any]
MaybeCount = int | msgspec.UnsetType


class AccountFigures(Output, frozen=True, kw_only=True):
    """Totals of now; what the network does not tell is left out."""

    account_id: UUID
    more: Annotated[
        dict[str, float],
        msgspec.Meta(description="Figures that the network alone has, by its own names."),
    ]
    followers: MaybeCount = msgspec.UNSET
    following: MaybeCount = msgspec.UNSET
    posts: MaybeCount = msgspec.UNSET
    views: MaybeCount = msgspec.UNSET


class AccountFiguresController(Controller):
    """Figures of accounts."""

    path = "/social-accounts/{account_id:uuid}/metrics"

    @get(
        doc=Doc(
            tag="Social Accounts",
            summary="See how an account does",
            description="Followers, posts and so on, asked of the network now.",
            answers={200: AccountFigures},
            errors={
                400: "`METRICS_UNSUPPORTED`: the network tells none. `NETWORK_REFUSED`",
                404: "There is no such account.",
                409: "`ACCOUNT_NOT_CONNECTED`",
                502: "`NETWORK_UNAVAILABLE`: the network cannot be asked now.",
            },
        ),
    )
    async def get_account_metrics(self, request: AnyRequest, account_id: UUID) -> ASGIResponse:
        """Gives the figures of an account."""
        caller = signed_in(request)
        principal = await caller.principal()
        told = await account_metrics(caller.engine.calls, principal.tenant, account_id)
        return answer(
            AccountFigures(
                account_id=account_id,
                followers=optional(told.followers),
                following=optional(told.following),
                posts=optional(told.posts),
                views=optional(told.views),
                more=told.more,
            )
        )
