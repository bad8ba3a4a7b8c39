"""How a connected account does, asked of its network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from mpcas2_core.accounts.calls import AccountCalls
from mpcas2_core.database.scope import Tenant
from mpcas2_core.errors import InvalidInput
from mpcas2_core.publishing.context import WorkingContext
from mpcas2_hookspecs import AccountMetrics, CollectsAccountMetrics, Platform

__all__ = ("account_metrics",)

# A person waits for the answer.
SECONDS = 30.0


async def account_metrics(calls: AccountCalls, tenant: Tenant, account_id: UUID) -> AccountMetrics:
    """Reads an account's figures from the network, now.

    Args:
        calls: Ask the network.
        tenant: Whose account.
        account_id: Which.

    Raises:
        NotFound: No such account.
        Conflict: It is not connected.
        InvalidInput: The network tells no figures, or said no.
        NetworkFault: The network cannot be reached now.
    """
    return await calls.ask(tenant, account_id, _collecting, seconds=SECONDS)


def _collecting(platform: Platform) -> Callable[[WorkingContext], Awaitable[AccountMetrics]]:
    if not isinstance(platform, CollectsAccountMetrics):
        raise InvalidInput(
            f"{platform.title} tells no figures of accounts through this plugin.",
            code="METRICS_UNSUPPORTED",
        )
    return platform.account_metrics
