"""``/platforms/{key}/limits``: what a network takes, for everybody or for one account."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_core.accounts import store as accounts
from mpcas2_core.database import Scope
from mpcas2_core.errors import InvalidInput, NotFound
from mpcas2_core.identity import Principal
from mpcas2_hookspecs import Account, Limits
from mpcas2_server.caller import signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.wire import Input, Output, answer, given, read_query

__all__ = ("LimitsController", "show_limits")


class LimitsQuery(Input, frozen=True, kw_only=True):
    """For which account."""

    social_account_id: Annotated[
        UUID | msgspec.UnsetType,
        msgspec.Meta(description="Left out for what holds without an account."),
    ] = msgspec.UNSET


class PlatformLimits(Output, frozen=True, kw_only=True):
    """What a network takes, in the unit in which it counts."""

    key: str
    title: str
    limits: Annotated[
        dict[str, Any],
        msgspec.Meta(
            description="`text`, `title` and `comment` with `maxLength`, `unit`, `maxBytes`, "
            "`foldsAt`; `media` and `thumbnail` with MIME types, counts, bytes, seconds, pixels and "
            "aspect ratios; `maxMedia`, `maxParts`. What is absent is not limited; without `comment` "
            "the network takes no first comment.",
            examples=[{"text": {"maxLength": 300, "unit": "graphemes"}, "maxParts": 25}],
        ),
    ]


class LimitsController(Controller):
    """What networks take."""

    path = "/platforms"

    @get(
        "/{key:str}/limits",
        doc=Doc(
            tag="Platforms",
            summary="See what a network takes",
            description="Adjusted to what an account may do, where one is named.",
            query=LimitsQuery,
            answers={200: PlatformLimits},
            errors={
                400: "`VALIDATION_ERROR`: the account is on another network.",
                404: "There is no such network, or no such account.",
            },
        ),
    )
    async def get_limits(self, request: Request[Any, Any, Any], key: str) -> ASGIResponse:
        """Gives the limits of a network."""
        caller = signed_in(request)
        account_id = given(read_query(request, LimitsQuery).social_account_id)

        async def work(scope: Scope, _principal: Principal) -> Account | None:
            return None if account_id is None else await _account(scope, account_id, key)

        account = await caller.run(work)
        platform = caller.engine.plugins.platforms.get(key)
        if platform is None:
            raise NotFound(
                f"There is no network {key!r}. List the networks to see which there are."
            )
        return answer(
            PlatformLimits(
                key=platform.key,
                title=platform.title,
                limits=show_limits(platform.limits(account)),
            )
        )


def show_limits(limits: Limits) -> dict[str, Any]:
    """Gives limits with camelCase names; what is not limited is left out."""
    shown: dict[str, Any] = _camel(msgspec.to_builtins(limits))
    return shown


async def _account(scope: Scope, account_id: UUID, key: str) -> Account:
    row = await accounts.get(scope, account_id)
    if row is None:
        raise NotFound(f"There is no account {account_id}. List them to see which there are.")
    if row.platform != key:
        raise InvalidInput(
            f"@{row.username} is on {row.platform}, not on {key}.",
            details={"field": "socialAccountId"},
        )
    return row.for_adapter()


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel_key(key): _camel(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_camel(one) for one in value]
    return value


def _camel_key(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)
