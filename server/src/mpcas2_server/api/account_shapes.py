"""What ``/social-accounts`` takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, cast
from uuid import UUID

import msgspec

from mpcas2_core.accounts import AccountRow
from mpcas2_server.wire import Input, Moment, Output, PageQuery, Pagination, optional

__all__ = (
    "AccountChange",
    "AccountDisconnected",
    "AccountQuery",
    "ConnectInput",
    "ConsentStarted",
    "SocialAccount",
    "SocialAccountList",
    "shown",
)

AccountStatus = Literal["connected", "disconnected", "error", "expired"]
Otherwise = Literal["ask", "skip", "post"]
MAX_LATE_MINUTES = 60 * 24 * 365


class AccountQuery(PageQuery, frozen=True, kw_only=True):
    """Which accounts."""

    platform: Annotated[str | msgspec.UnsetType, msgspec.Meta(description="Key of a network.")] = (
        msgspec.UNSET
    )


class ConnectInput(Input, frozen=True, kw_only=True):
    """Which network, and the filled-in form or server field of ``GET /platforms``, where it has one."""

    platform: str
    credentials: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    account_id: Annotated[
        UUID | msgspec.UnsetType,
        msgspec.Meta(description="With a consent page: the account that is to be connected anew."),
    ] = msgspec.UNSET


class ConsentStarted(Output, frozen=True, kw_only=True):
    """A consent page that waits for a person."""

    auth_url: Annotated[str, msgspec.Meta(description="To be opened in a browser.")]
    connection_id: Annotated[
        UUID, msgspec.Meta(description="For `GET /social-accounts/connections/{id}`.")
    ]
    expires_at: Moment


class LatePolicyInput(Input, frozen=True, kw_only=True):
    """What becomes of a post whose time passed while nothing ran."""

    within_minutes: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=MAX_LATE_MINUTES, description="Up to this lateness it is posted all the same."
        ),
    ]
    otherwise: Annotated[
        Otherwise,
        msgspec.Meta(description="Beyond it: ask a person, skip it, or post it however late."),
    ]


class AccountChange(Input, frozen=True, kw_only=True):
    """What is changed of an account."""

    late_policy: LatePolicyInput


class LatePolicyShown(Output, frozen=True, kw_only=True):
    """What becomes of a post whose time passed while nothing ran."""

    within_minutes: int
    otherwise: Otherwise


class SocialAccount(Output, frozen=True, kw_only=True):
    """A connected account."""

    id: UUID
    platform: str
    platform_account_id: str
    username: str
    status: AccountStatus
    connected_at: Moment
    late_policy: LatePolicyShown
    display_name: str | msgspec.UnsetType = msgspec.UNSET
    avatar_url: str | msgspec.UnsetType = msgspec.UNSET
    status_reason: Annotated[
        str | msgspec.UnsetType, msgspec.Meta(description="What is wrong and what to do.")
    ] = msgspec.UNSET
    token_expires_at: Annotated[
        Moment | msgspec.UnsetType,
        msgspec.Meta(
            description="End of the access token, which is renewed before where it can be."
        ),
    ] = msgspec.UNSET
    reconnect_by: Annotated[
        Moment | msgspec.UnsetType,
        msgspec.Meta(
            description="When the permission ends and cannot be renewed: connect again before."
        ),
    ] = msgspec.UNSET
    renewal_failure: Annotated[
        str | msgspec.UnsetType,
        msgspec.Meta(description="Why the last renewal ahead of time failed; it is tried again."),
    ] = msgspec.UNSET
    profile_read_at: Annotated[
        Moment | msgspec.UnsetType,
        msgspec.Meta(description="When the network told name and picture last."),
    ] = msgspec.UNSET


class SocialAccountList(Output, frozen=True, kw_only=True):
    """A page of accounts, the newest first."""

    data: list[SocialAccount]
    pagination: Pagination


class AccountDisconnected(Output, frozen=True, kw_only=True):
    """What disconnecting did."""

    id: UUID
    status: str
    cancelled_jobs: list[UUID]


def shown(row: AccountRow) -> SocialAccount:
    """Shows an account."""
    return SocialAccount(
        id=row.id,
        platform=row.platform,
        platform_account_id=row.platform_account_id,
        username=row.username,
        display_name=optional(row.display_name),
        avatar_url=optional(row.avatar_url),
        status=cast("AccountStatus", row.status),
        status_reason=optional(row.status_reason),
        token_expires_at=optional(row.token_expires_at),
        reconnect_by=optional(row.reconnect_by if row.status == "connected" else None),
        renewal_failure=optional(row.renewal_failure if row.status == "connected" else None),
        profile_read_at=optional(row.profile_read_at),
        connected_at=row.connected_at,
        late_policy=LatePolicyShown(
            within_minutes=row.late_policy.within_seconds // 60,
            otherwise=row.late_policy.otherwise,
        ),
    )
