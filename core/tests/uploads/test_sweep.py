from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mpcas2_core.errors import NotFound

RunStory = Callable[[Callable[[Any], Awaitable[None]]], None]
PDF = b"%PDF-1.7\n" + bytes(5000)


async def age(at: Any, upload_id: Any) -> None:
    await at.run(
        lambda scope: scope.execute(
            "UPDATE uploads SET touched_at = now() - interval '25 hours' WHERE id = $1", upload_id
        )
    )


def test_uploads_that_nobody_came_back_for_are_removed_after_a_day(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        old, young = await at.begin(len(PDF)), await at.begin(len(PDF))
        for row in (old, young):
            await at.send(row.id, 0, PDF[:100])
        await age(at, old.id)
        swept = await at.sweep().run()
        assert (swept.expired, swept.orphans, swept.failed) == (1, 0, 0)
        assert len(at.files()) == 1
        with pytest.raises(NotFound):
            await at.uploads.get(at.tenant, old.id)
        assert (await at.send(young.id, 100, PDF[100:])).state == "done"

    desk(story)


def test_the_record_of_an_upload_goes_and_its_content_stays(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        done = await at.whole(PDF)
        await age(at, done.id)
        assert (await at.sweep().run()).expired == 1
        assert await at.sql("SELECT count(*) FROM content") == 1
        assert len(at.files()) == 1

    desk(story)


def test_a_check_that_a_killed_process_left_is_done(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        await at.send(begun.id, 0, PDF[:-1])
        async with at.storage.resume(at.tenant.id, begun.id) as writer:
            await writer.write(PDF[-1:])
        await at.run(
            lambda scope: scope.execute(
                "UPDATE uploads SET state = 'checking', received = size, "
                "held_until = now() - interval '1 second' WHERE id = $1",
                begun.id,
            )
        )
        assert (await at.sweep().run()).finished == 1
        assert (await at.uploads.get(at.tenant, begun.id)).state == "done"

    desk(story)


def test_files_that_nothing_names_are_removed_once_they_are_old(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        await at.whole(PDF)
        async with at.storage.writer(at.tenant.id) as writer:
            await writer.write(b"forgotten")
            orphan = await writer.commit()
        assert (await at.sweep(3600.0).run()).orphans == 0
        assert len(at.files()) == 2
        swept = await at.sweep().run()
        assert (swept.orphans, swept.orphan_bytes) == (1, 9)
        assert not await at.storage.exists(at.tenant.id, orphan.sha256)
        assert len(at.files()) == 1

    desk(story)


def test_a_file_that_an_unfinished_upload_placed_is_no_orphan(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        async with at.storage.writer(at.tenant.id) as writer:
            await writer.write(PDF)
            placed = await writer.commit()
        file = {
            "sha256": placed.sha256,
            "name": "paper.pdf",
            "size": placed.size,
            "mime_type": "application/pdf",
        }
        await at.run(
            lambda scope: scope.execute(
                "UPDATE uploads SET state = 'checking', file = $2, holder = gen_random_uuid(), "
                "held_until = now() + interval '1 hour' WHERE id = $1",
                begun.id,
                file,
            )
        )
        assert (await at.sweep().run()).orphans == 0
        await at.run(lambda scope: scope.execute("UPDATE uploads SET held_until = NULL"))
        assert (await at.sweep().run()).finished == 1
        row = await at.uploads.get(at.tenant, begun.id)
        assert row.state == "done"
        assert await at.used() == len(PDF)

    desk(story)


def test_one_tenant_that_fails_does_not_stop_the_others(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        await age(at, begun.id)
        await at.run(lambda scope: scope.execute("DROP TABLE uploads"), at.other)
        swept = await at.sweep().run()
        assert (swept.expired, swept.failed) == (1, 1)

    desk(story)
