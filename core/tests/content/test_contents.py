import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from mpcas2_core.content.rows import ContentChange, ContentFilter, ContentRow, NewContent
from mpcas2_core.database import Scope
from mpcas2_core.errors import Conflict, InvalidInput, NotFound

# The fixture's own type: what a story gets is made in conftest.
RunStory = Callable[[Callable[[Any], Awaitable[None]]], None]
PDF = b"%PDF-1.7\n one"
OTHER_PDF = b"%PDF-1.7\n two"


def test_text_and_file_are_stored_and_read_back(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        text = await at.add("Words only")
        paper = await at.add("Paper", file=PDF)
        assert await at.run(lambda scope: at.contents.get(scope, text.id)) == text
        assert text.file is None
        assert (paper.file.name, paper.file.mime_type, paper.file.size) == (
            "paper.pdf",
            "application/pdf",
            len(PDF),
        )
        await at.contents.require_file(at.tenant, paper)
        chunks = [chunk async for chunk in at.contents.open_file(at.tenant, paper.file.sha256)]
        assert b"".join(chunks) == PDF
        with pytest.raises(NotFound, match="has no file"):
            await at.contents.require_file(at.tenant, text)

    desk(story)


def test_pages_are_newest_first_and_counted_whole(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        made = [await at.add(f"Number {number}") for number in range(7)]

        async def page(number: int, **options: Any) -> tuple[list[UUID], int]:
            asked = ContentFilter(page=number, limit=3, **options)
            rows, total = await at.run(lambda scope: at.contents.list(scope, asked))
            return [row.id for row in rows], total

        newest = [row.id for row in reversed(made)]
        assert await page(1) == (newest[:3], 7)
        assert await page(3) == (newest[6:], 7)
        assert await page(4) == ([], 7)
        assert await page(1, type="image") == ([], 0)
        archived = made[2].id
        await at.run(
            lambda scope: at.contents.update(scope, archived, ContentChange(status="archived"))
        )
        assert await page(1, status="archived") == ([archived], 1)
        assert await page(1, type="text", status="ready") == (
            [each for each in newest if each != archived][:3],
            6,
        )

    desk(story)


def test_a_change_is_stored_and_dated(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        row = await at.add()
        changed = await at.run(
            lambda scope: at.contents.update(scope, row.id, ContentChange(title="New", tags=("a",)))
        )
        assert (changed.title, changed.tags, changed.text) == ("New", ("a",), "Words")
        assert changed.updated_at > row.updated_at
        assert changed.created_at == row.created_at

    desk(story)


def test_another_tenants_content_is_not_there(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        theirs = await at.add("Theirs", file=PDF, tenant=at.other)
        asked = ContentFilter()
        assert await at.run(lambda scope: at.contents.list(scope, asked)) == ([], 0)
        for work in (
            lambda scope: at.contents.get(scope, theirs.id),
            lambda scope: at.contents.update(scope, theirs.id, ContentChange(title="Mine")),
            lambda scope: at.contents.delete(scope, theirs.id, at.user_id),
            lambda scope: at.contents.media_for(scope, [theirs.id]),
        ):
            with pytest.raises(NotFound) as caught:
                await at.run(work)
            assert caught.value.code == "CONTENT_NOT_FOUND"
        assert not await at.storage.exists(at.tenant.id, theirs.file.sha256)

    desk(story)


def test_deleted_content_is_gone_for_everybody_and_its_posts_are_cancelled(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        row = await at.add()
        deleted = await at.run(lambda scope: at.contents.delete(scope, row.id, at.user_id))
        assert (deleted.id, deleted.cancelled_jobs) == (row.id, (row.id,))
        assert at.cancelled == [row.id]
        for work in (
            lambda scope: at.contents.get(scope, row.id),
            lambda scope: at.contents.delete(scope, row.id, at.user_id),
        ):
            with pytest.raises(NotFound):
                await at.run(work)

    desk(story)


def test_content_whose_post_is_being_sent_stays(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        row = await at.add(file=PDF)

        async def in_flight(_scope: Scope, _content: UUID, _user: UUID) -> list[UUID]:
            raise Conflict("A post of it is being sent.", code="CONTENT_IN_FLIGHT")

        at.contents._cancel_jobs = in_flight
        with pytest.raises(Conflict):
            await at.run(lambda scope: at.contents.delete(scope, row.id, at.user_id))
        await at.contents.release_files(at.tenant)
        await at.contents.require_file(at.tenant, row)

    desk(story)


def test_a_file_is_removed_with_the_last_content_that_shows_it(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        first, second = await at.add(file=PDF), await at.add(file=PDF)
        assert len(at.files()) == 1
        for row, left in ((first, 1), (second, 0)):
            await delete(at, row)
            assert len(at.files()) == left

    desk(story)


@pytest.mark.parametrize("as_thumbnail", [False, True])
def test_a_file_that_a_pending_post_shows_stays_until_the_post_ended(
    desk: RunStory, as_thumbnail: bool
) -> None:
    async def story(at: Any) -> None:
        shown, host = await at.add(file=PDF), await at.add("Host")
        account, job = uuid4(), uuid4()
        file = {"content_id": str(shown.id), "sha256": shown.file.sha256}

        async def plan(scope: Scope) -> None:
            await scope.execute(
                "INSERT INTO social_accounts (id, user_id, platform, platform_account_id, username)"
                " VALUES ($1, $2, 'p', 'x', 'x')",
                account,
                at.user_id,
            )
            await scope.execute(
                "INSERT INTO publish_jobs (id, user_id, content_id, social_account_id, platform, "
                "scheduled_at) VALUES ($1, $2, $3, $4, 'p', now())",
                job,
                at.user_id,
                host.id,
                account,
            )
            await scope.execute(
                "INSERT INTO publish_parts (job_id, position, text, media, thumbnail) "
                "VALUES ($1, 0, '', $2, $3)",
                job,
                [] if as_thumbnail else [file],
                file if as_thumbnail else None,
            )

        await at.run(plan)
        await delete(at, shown)
        assert len(at.files()) == 1
        await at.run(lambda scope: scope.execute("UPDATE publish_jobs SET state = 'published'"))
        await delete(at, await at.add("Any other"))
        assert at.files() == []

    desk(story)


def test_an_upload_that_meets_the_deletion_of_its_twin_keeps_its_file(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        for _ in range(15):
            old = await at.add(file=PDF)
            _, new = await asyncio.gather(delete(at, old), at.add(file=PDF))
            await at.contents.require_file(at.tenant, new)
            await delete(at, new)
        assert at.files() == []

    desk(story)


def test_a_file_that_went_with_its_twin_after_it_was_placed_is_placed_again(
    desk: RunStory,
) -> None:
    async def story(at: Any) -> None:
        twin = await at.add(file=PDF)
        async with at.contents.receive(at.tenant) as upload:
            await upload.write(PDF)
            await upload.check("document", "x.pdf")
            await upload.place()
            await delete(at, twin)
            assert not await at.storage.exists(at.tenant.id, twin.file.sha256)
            new = NewContent(title="T", type="document")
            row = await at.run(lambda scope: at.contents.create(scope, at.user_id, new, upload))
        await at.contents.require_file(at.tenant, row)
        assert [chunk async for chunk in at.contents.open_file(at.tenant, row.file.sha256)] == [PDF]
        await delete(at, row)
        assert at.files() == []

    desk(story)


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError])
def test_a_transaction_that_fails_after_the_file_was_placed_leaves_no_file(
    desk: RunStory, error: type[BaseException]
) -> None:
    async def story(at: Any) -> None:
        kept = await at.add(file=OTHER_PDF)

        async def attempt(data: bytes) -> None:
            async with at.contents.receive(at.tenant) as upload:
                await upload.write(data)
                await upload.check("document", "x.pdf")
                await upload.place()

                async def work(_scope: Scope) -> None:
                    raise error

                await at.run(work)

        for data in (PDF, OTHER_PDF):
            with pytest.raises(error):
                await attempt(data)
        assert [path.name for path in at.files()] == [kept.file.sha256]

    desk(story)


def test_media_for_a_post_come_with_what_the_network_is_told(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        paper, text = await at.add(file=PDF), await at.add()
        found = await at.run(
            lambda scope: at.contents.media_for(scope, [paper.id, paper.id], lock=True)
        )
        assert list(found) == [paper.id]
        assert (found[paper.id].kind, found[paper.id].size) == ("document", len(PDF))
        with pytest.raises(InvalidInput, match="has no file"):
            await at.run(lambda scope: at.contents.media_for(scope, [paper.id, text.id]))
        missing = uuid4()
        with pytest.raises(NotFound, match=str(missing)):
            await at.run(lambda scope: at.contents.media_for(scope, [paper.id, missing]))

    desk(story)


def test_content_that_a_post_is_being_planned_with_cannot_be_deleted_meanwhile(
    desk: RunStory,
) -> None:
    async def story(at: Any) -> None:
        paper = await at.add(file=PDF)
        order: list[str] = []
        locked = asyncio.Event()

        async def plan(scope: Scope) -> None:
            await at.contents.media_for(scope, [paper.id], lock=True)
            locked.set()
            # The deletion waits in the database for as long as this transaction is open.
            while not await scope.fetchval(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted "
                "AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
            ):
                await asyncio.sleep(0.01)
            order.append("planned")

        async def end() -> None:
            await locked.wait()
            await delete(at, paper)
            order.append("deleted")

        async with asyncio.timeout(20):
            await asyncio.gather(at.run(plan), end())
        assert order == ["planned", "deleted"]

    desk(story)


async def delete(at: Any, row: ContentRow) -> None:
    await at.run(lambda scope: at.contents.delete(scope, row.id, at.user_id))
    await at.contents.release_files(at.tenant)
