"""Publishing as the doors see it: submit content to accounts, and ring for what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from mpcas2_core.content import store as contents
from mpcas2_core.database.scope import Scope
from mpcas2_core.errors import NotFound
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing import jobs, planning
from mpcas2_core.publishing.compose import MediaWish, PostMetadata
from mpcas2_core.publishing.dispatcher import Dispatcher
from mpcas2_core.publishing.doorbell import DoorbellUnavailable
from mpcas2_core.publishing.jobs import JobRow, Target
from mpcas2_core.publishing.planning import SourceContent
from mpcas2_core.publishing.preview import Preview, preview_of
from mpcas2_core.publishing.warnings import PlanWarning, warnings_of_jobs, warnings_of_plan

__all__ = ("Publishing",)

log = structlog.get_logger(__name__)


class Publishing:
    """Takes publish requests.

    Args:
        plugins: The networks.
        dispatcher: Rings for posts that are due at once.
    """

    def __init__(self, plugins: PluginHost, dispatcher: Dispatcher) -> None:
        self._plugins = plugins
        self._dispatcher = dispatcher
        self._ringing: set[asyncio.Task[None]] = set()

    async def submit(
        self,
        scope: Scope,
        *,
        user_id: UUID,
        content_id: UUID,
        targets: Sequence[Target],
        default: PostMetadata,
        scheduled_at: datetime,
    ) -> list[JobRow]:
        """Judges a request for all its accounts and stores one job for each, or nothing.

        Args:
            scope: The tenant's scope; the jobs are there when it commits.
            user_id: Who publishes.
            content_id: What.
            targets: Where, with each account's own wishes.
            default: Wishes for all accounts.
            scheduled_at: When; the present for "now".

        Raises:
            NotFound: The tenant has no such content.
            InvalidInput: With every problem of every account in ``details.problems``.
        """
        # Locked, so that nobody deletes a file between this judgement and the commit.
        content = await _source(scope, content_id, targets, default, lock=True)
        planned = await planning.plan(
            scope, self._plugins, content=content, targets=targets, default=default
        )
        return await jobs.submit(
            scope,
            user_id=user_id,
            content_id=content_id,
            planned=planned,
            scheduled_at=scheduled_at,
        )

    async def preview(
        self,
        scope: Scope,
        *,
        content_id: UUID,
        targets: Sequence[Target],
        default: PostMetadata,
        scheduled_at: datetime,
    ) -> Preview:
        """Shows what :meth:`submit` would do with the same arguments; stores nothing.

        Args:
            scope: The tenant's scope.
            content_id: What would be published.
            targets: Where, with each account's own wishes.
            default: Wishes for all accounts.
            scheduled_at: When; the present for "now".

        Raises:
            NotFound: The tenant has no such content.
        """
        content = await _source(scope, content_id, targets, default, lock=False)
        found = await planning.assess(
            scope, self._plugins, content=content, targets=targets, default=default
        )
        return Preview(
            accounts=tuple(
                preview_of(job, self._plugins.platform(job.account.platform))
                for job in found.planned
            ),
            problems=found.problems,
            warnings=tuple(
                await warnings_of_plan(scope, self._plugins, found.planned, scheduled_at)
            ),
        )

    async def warnings(self, scope: Scope, rows: Sequence[JobRow]) -> list[PlanWarning]:
        """Says what of the jobs that were just made will go otherwise than planned."""
        return await warnings_of_jobs(scope, self._plugins, rows)

    def ring(self) -> None:
        """Offers what is due now, in the background, after the commit that made it due.

        It only saves the wait for a worker's dispatcher, so a fault here is not the caller's.
        """
        task = asyncio.create_task(self._ring())
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def close(self) -> None:
        """Lets what is being offered be offered; what is not, the next dispatcher finds."""
        await asyncio.gather(*self._ringing)

    async def _ring(self) -> None:
        try:
            await self._dispatcher.offer_due()
        except (
            DoorbellUnavailable,
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            TimeoutError,
        ) as error:
            log.warning("ring_failed", detail=f"{type(error).__name__}: {error}")


async def _source(
    scope: Scope,
    content_id: UUID,
    targets: Sequence[Target],
    default: PostMetadata,
    *,
    lock: bool,
) -> SourceContent:
    """Reads the content of a request, with every file that any of its wishes names."""
    row = await contents.get(scope, content_id)
    if row is None:
        raise NotFound(f"There is no content {content_id}. List it to see what there is.")
    wanted = {content_id}
    for wishes in (default, *(target.metadata for target in targets)):
        wanted.update(wish.content_id for wish in wishes.media or ())
        if wishes.thumbnail is not None:
            wanted.add(wishes.thumbnail)
        wanted.update(m.content_id for part in wishes.thread or () for m in part.media)
    found = await contents.media(scope, sorted(wanted), lock=lock)
    return SourceContent(
        id=row.id,
        title=row.title,
        # The title is a name for people here; it speaks for the post only if nothing else does.
        text=row.text or row.description or ("" if row.file else row.title),
        media=(MediaWish(content_id=row.id),) if row.file else (),
        files={key: file for key, file in found.items() if file is not None},
    )
