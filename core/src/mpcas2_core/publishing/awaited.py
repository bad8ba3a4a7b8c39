"""The accepted posts that a webhook of their network may tell about."""

from __future__ import annotations

from uuid import UUID

from mpcas2_core.database.scope import Scope

__all__ = ("note",)


async def note(scope: Scope, job_id: UUID, platform: str, key: str, *, decides: bool) -> None:
    """Keeps what the network will call an accepted post, in the transaction of the outcome.

    Args:
        scope: The tenant's scope.
        job_id: The job.
        platform: Its network.
        key: :attr:`~mpcas2_hookspecs.Accepted.key`; empty when there is nothing to wait for.
        decides: Whether the outcome answers a question about an accepted post; without a key that
            is the end of waiting.
    """
    if key:
        await scope.execute(
            "INSERT INTO public.awaited_posts (platform, key, tenant_id, job_id) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            platform,
            key,
            scope.tenant.id,
            job_id,
        )
    elif decides:
        await scope.execute("DELETE FROM public.awaited_posts WHERE job_id = $1", job_id)
