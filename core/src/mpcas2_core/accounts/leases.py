"""Who renews a grant: a lease in the grant's row, with a fencing number for whoever comes too late."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mpcas2_core.accounts.access import ReconnectNeeded
from mpcas2_core.database.scope import Scope

__all__ = ("let_go", "try_lead")


async def try_lead(scope: Scope, account_id: UUID, seen: int, *, seconds: float) -> dict[str, Any]:
    """Takes the lease on a grant, if nobody else has it and the grant is still the one seen.

    Args:
        scope: The tenant's scope.
        account_id: Whose grant.
        seen: Version of the grant that turned out to be no good.
        seconds: How long the lease lasts.

    Returns:
        The grant's row as it was before, with ``newer`` (it is another version by now), ``leads``
        (the lease was taken) and then ``fence`` (its number).

    Raises:
        ReconnectNeeded: The account has no grant that could be renewed.
    """
    # The account too: a lock waited for shows the newest of a locked row only, and whoever led before
    # may have marked the account as expired meanwhile.
    row = await scope.fetchrow(
        "/* mpcas2:refresh-lead */ SELECT g.sealed, g.client_id, g.server, g.version, "
        "g.refresh_started_at, "
        "g.lease_until > now() AS busy, a.status, a.status_reason FROM grants g "
        "JOIN social_accounts a ON a.id = g.account_id WHERE g.account_id = $1 FOR UPDATE OF g FOR SHARE OF a",
        account_id,
    )
    if row is None or row["status"] != "connected":
        reason = row["status_reason"] if row else None
        raise ReconnectNeeded(reason or "This account is disconnected. Connect it again.")
    state: dict[str, Any] = dict(row)
    state["newer"] = row["version"] != seen
    state["leads"] = not state["newer"] and not row["busy"]
    if state["leads"]:
        state["fence"] = await scope.fetchval(
            "UPDATE grants SET fence = nextval('public.fences'), refresh_started_at = now(), "
            "lease_until = now() + make_interval(secs => $2) WHERE account_id = $1 "
            "RETURNING fence",
            account_id,
            seconds,
        )
    return state


async def let_go(scope: Scope, account_id: UUID, fence: int, *, answered: bool) -> None:
    """Gives the lease back, if it is still ours.

    Args:
        scope: The tenant's scope.
        account_id: Whose grant.
        fence: The lease's number.
        answered: Whether the network is known to have left the grant as it was; otherwise the mark
            stays that a renewal was begun.
    """
    await scope.execute(
        "UPDATE grants SET lease_until = NULL, refresh_started_at = "
        "CASE WHEN $3 THEN NULL ELSE refresh_started_at END "
        "WHERE account_id = $1 AND fence = $2",
        account_id,
        fence,
        answered,
    )
