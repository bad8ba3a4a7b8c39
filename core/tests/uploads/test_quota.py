import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mpcas2_core.content.rows import ContentFile
from mpcas2_core.content.store import lock_files
from mpcas2_core.database import Scope
from mpcas2_core.uploads import quota
from mpcas2_core.uploads.quota import QuotaExceeded

RunStory = Callable[[Callable[[Any], Awaitable[None]]], None]


def paper(number: int, size: int = 1000) -> bytes:
    return f"%PDF-1.7\n{number}\n".encode().ljust(size, b"x")


def named(sha256: str, size: int, thumbnail: str | None = None) -> ContentFile:
    return ContentFile(
        sha256=sha256, name="a", size=size, mime_type="application/pdf", thumbnail_sha256=thumbnail
    )


def test_a_file_counts_once_until_its_last_content_is_deleted(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        first, twin, other = [await at.whole(paper(number)) for number in (1, 1, 2)]
        assert await at.used() == 2000
        for row, left in ((first, 2000), (twin, 1000), (other, 0)):
            content_id = row.content_id
            await at.run(lambda scope, it=content_id: at.contents.delete(scope, it, at.user_id))
            await at.contents.release_files(at.tenant)
            assert await at.used() == left
        assert at.files() == []

    desk(story)


def test_several_contents_of_one_file_that_go_at_once_free_it_once(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        rows = [await at.whole(paper(1)) for _ in range(3)]
        await at.whole(paper(2))
        for row in rows:
            content_id = row.content_id
            await at.run(lambda scope, it=content_id: at.contents.delete(scope, it, at.user_id))
        await at.contents.release_files(at.tenant)
        assert await at.used() == 1000

    desk(story)


def test_what_does_not_fit_beside_files_and_running_uploads_is_refused(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        await at.limit(3000)
        await at.whole(paper(1))
        begun = await at.begin(1500)
        with pytest.raises(QuotaExceeded) as caught:
            await at.begin(501)
        assert (caught.value.status, caught.value.code) == (413, "QUOTA_EXCEEDED")
        assert caught.value.details == {"used": 1000, "reserved": 1500, "limit": 3000, "size": 501}
        fits = await at.begin(500)
        await at.uploads.end(at.tenant, begun.id)
        await at.uploads.end(at.tenant, fits.id)
        await at.begin(2000)

    desk(story)


def test_two_that_fit_alone_and_not_together_do_not_both_begin(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        await at.limit(1000)
        begun = await asyncio.gather(*(at.begin(600) for _ in range(6)), return_exceptions=True)
        assert sum(not isinstance(one, Exception) for one in begun) == 1
        assert sum(isinstance(one, QuotaExceeded) for one in begun) == 5

    desk(story)


def test_an_upload_ends_even_if_its_own_room_was_the_last(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        await at.limit(1000)
        done = await at.whole(paper(1))
        assert done.state == "done"
        usage = await at.run(at.uploads.usage)
        assert (usage.used, usage.reserved, usage.limit) == (1000, 0, 1000)

    desk(story)


def test_a_tenant_without_a_limit_of_its_own_has_that_of_the_installation(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        async def ask(default: int) -> int:
            usage: quota.Usage = await at.run(lambda scope: quota.usage(scope, default))
            return usage.limit

        assert await ask(7) == 7
        await at.limit(0)
        assert await ask(7) == 0
        await at.limit(9)
        assert await ask(7) == 9

    desk(story)


def test_content_that_names_a_file_which_is_there_needs_no_more_room(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        done = await at.whole(paper(1))
        await at.limit(1000)
        sha256 = await at.sql("SELECT file_sha256 FROM content WHERE id = $1", done.content_id)
        there, other = named(sha256, 1000), named("0" * 64, 1)
        await at.run(lambda scope: quota.require_room_for(scope, there, 0))
        with pytest.raises(QuotaExceeded):
            await at.run(lambda scope: quota.require_room_for(scope, other, 0))

    desk(story)


def test_a_file_and_its_thumbnail_are_locked_in_one_order_whichever_is_which(
    desk: RunStory,
) -> None:
    first, second = "0" * 64, "1" * 64
    file = named(second, 1, thumbnail=first)

    async def story(at: Any) -> None:
        async def meanwhile(scope: Scope) -> bool:
            await lock_files(scope, first)
            waiting = asyncio.create_task(
                at.run(lambda other: quota.require_room_for(other, file, 0))
            )
            while not await scope.fetchval(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
            ):
                await asyncio.sleep(0.01)
            free: bool = await scope.fetchval(
                "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
                f"{scope.tenant.schema}:{second}",
            )
            tasks.append(waiting)
            return free

        tasks: list[asyncio.Task[None]] = []
        async with asyncio.timeout(20):
            assert await at.run(meanwhile)
            await asyncio.gather(*tasks)

    desk(story)


def test_a_wrong_count_is_corrected(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        await at.whole(paper(1))
        await at.run(lambda scope: scope.execute("UPDATE storage_usage SET used = 5"))
        assert await at.run(quota.recount) == 995
        assert await at.run(quota.recount) == 0
        assert await at.used() == 1000

    desk(story)
