"""The rows of connect flows: a person's way to a consent page and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.database.scope import Scope
from mpcas2_hookspecs import Connection

__all__ = (
    "WORDS",
    "ConnectFlow",
    "FlowStarted",
    "FlowState",
    "FlowView",
    "fail",
    "finish",
    "get",
    "insert",
    "offer_choice",
    "take",
)

FlowState = Literal["waiting", "working", "choosing", "connected", "failed"]

# How long a person may take on the consent page.
FLOW_SECONDS = 15 * 60
# A callback that was begun and not ended by then belongs to a process that died: the network is given
# half a minute for the code and half a minute for the account.
WORKING_SECONDS = 90

WORDS = {
    "FLOW_EXPIRED": "This took longer than 15 minutes, so the link is no longer good. Start again.",
    "FLOW_INTERRUPTED": "The server stopped in the middle of connecting. Start again.",
}
"""What a person is told of a flow that nobody ended, by its code."""

_LATE = "state IN ('waiting', 'choosing') AND expires_at <= now()"
_STUCK = f"state = 'working' AND updated_at < now() - make_interval(secs => {WORKING_SECONDS})"
COLUMNS = (
    "id, user_id, platform, wanted_account_id, client_id, server, redirect_uri, sealed, account_id, "
    "is_new, expires_at, message, "
    f"CASE WHEN {_LATE} OR {_STUCK} THEN 'failed' ELSE state END AS state, "
    f"CASE WHEN {_LATE} THEN 'FLOW_EXPIRED' WHEN {_STUCK} THEN 'FLOW_INTERRUPTED' "
    "ELSE code END AS code"
)


class ConnectFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A flow.

    Attributes:
        id: Its id.
        user_id: Who began it.
        platform: Which network.
        wanted_account_id: The account that shall be connected anew; None takes any.
        client_id: The app that the consent page named.
        redirect_uri: Where the network sends the person back to.
        sealed: The PKCE verifier; in the state ``choosing`` the accounts to choose from.
        state: ``waiting`` for the callback, ``working`` on it, ``choosing`` one of several
            accounts, ``connected`` or ``failed``.
        code: For programs, what went wrong.
        message: For people, what went wrong and what to do.
        account_id: What was connected.
        is_new: Whether it was not connected before.
        expires_at: When the person has taken too long.
        server: The server that the app is registered with; empty where there is only one.
    """

    id: UUID
    user_id: UUID
    platform: str
    wanted_account_id: UUID | None
    client_id: str
    redirect_uri: str
    sealed: bytes
    state: FlowState
    code: str | None
    message: str | None
    account_id: UUID | None
    is_new: bool | None
    expires_at: datetime
    server: str = ""


class FlowStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A flow that waits for its person.

    Attributes:
        flow: The flow.
        url: The network's consent page, to be opened in a browser.
    """

    flow: ConnectFlow
    url: str


class FlowView(msgspec.Struct, frozen=True, kw_only=True):
    """A flow as a person sees it.

    Attributes:
        flow: The flow; its code and message say what went wrong.
        state: Its signed name, for the choice.
        tenant: Name of the tenant that the account will belong to.
        account: What was connected.
        choices: The accounts to choose from, in the state ``choosing``.
    """

    flow: ConnectFlow
    state: str
    tenant: str
    account: AccountRow | None = None
    choices: Sequence[Connection] = ()


async def insert(
    scope: Scope,
    *,
    flow_id: UUID,
    user_id: UUID,
    platform: str,
    wanted_account_id: UUID | None,
    client_id: str,
    server: str,
    redirect_uri: str,
    sealed: bytes,
) -> ConnectFlow:
    """Stores a new flow, and forgets those of a week ago."""
    await scope.execute("DELETE FROM connect_flows WHERE created_at < now() - interval '7 days'")
    # A choice that nobody made holds grants: they are forgotten with its time.
    await scope.execute(
        "UPDATE connect_flows SET sealed = '' WHERE expires_at <= now() AND sealed <> ''"
    )
    row = await scope.fetchrow(
        "INSERT INTO connect_flows (id, user_id, platform, wanted_account_id, client_id, server, "
        "redirect_uri, sealed, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        f"now() + make_interval(secs => $9)) RETURNING {COLUMNS}",
        flow_id,
        user_id,
        platform,
        wanted_account_id,
        client_id,
        server,
        redirect_uri,
        sealed,
        float(FLOW_SECONDS),
    )
    assert row is not None, "an insert returns its row"  # noqa: S101 - tells mypy
    return _from_record(row)


async def get(scope: Scope, flow_id: UUID) -> ConnectFlow | None:
    """Gives one flow, or None."""
    row = await scope.fetchrow(f"SELECT {COLUMNS} FROM connect_flows WHERE id = $1", flow_id)
    return _from_record(row) if row else None


async def take(scope: Scope, flow_id: UUID, state: FlowState) -> bool:
    """Takes a flow to work on it; of several callbacks at once only one gets it.

    Args:
        scope: The tenant's scope.
        flow_id: Which.
        state: The state that it must be in.
    """
    taken = await scope.fetchval(
        "/* mpcas2:flow-take */ UPDATE connect_flows SET state = 'working', updated_at = now() "
        "WHERE id = $1 AND state = $2 AND expires_at > now() RETURNING id",
        flow_id,
        state,
    )
    return taken is not None


async def fail(scope: Scope, flow_id: UUID, code: str, message: str) -> None:
    """Ends a flow without an account."""
    await scope.execute(
        "UPDATE connect_flows SET state = 'failed', code = $2, message = $3, sealed = '', "
        "updated_at = now() WHERE id = $1 AND state <> 'connected'",
        flow_id,
        code,
        message,
    )


async def offer_choice(scope: Scope, flow_id: UUID, sealed: bytes) -> None:
    """Lets the person choose one of several accounts."""
    await scope.execute(
        "UPDATE connect_flows SET state = 'choosing', sealed = $2, updated_at = now() "
        "WHERE id = $1",
        flow_id,
        sealed,
    )


async def finish(scope: Scope, flow_id: UUID, account_id: UUID, *, is_new: bool) -> None:
    """Ends a flow with an account; the secrets that it held are forgotten."""
    await scope.execute(
        "UPDATE connect_flows SET state = 'connected', account_id = $2, is_new = $3, "
        "sealed = '', updated_at = now() WHERE id = $1",
        flow_id,
        account_id,
        is_new,
    )


def _from_record(row: asyncpg.Record) -> ConnectFlow:
    return ConnectFlow(**dict(row))
