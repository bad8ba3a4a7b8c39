import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from mpcas2_core.content import store as content_store
from mpcas2_core.content.rows import ContentRow
from mpcas2_core.content.service import Contents
from mpcas2_core.database import Scope
from mpcas2_core.errors import Conflict, InvalidInput, NotFound, TooLarge, UnsupportedMedia
from mpcas2_core.storage.local_writer import LocalWriter
from mpcas2_core.uploads import store
from mpcas2_core.uploads.rows import Checksum, ChecksumMismatch, UploadGone, UploadLocked

RunStory = Callable[[Callable[[Any], Awaitable[None]]], None]
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4000
HALF = len(PDF) * 2 // 5


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, "PNG")
    return buffer.getvalue()


async def content_of(at: Any, row: Any) -> ContentRow:
    found: ContentRow = await at.run(lambda scope: at.contents.get(scope, row.content_id))
    return found


async def cut(data: bytes, error: type[BaseException] = ConnectionError) -> AsyncIterator[bytes]:
    yield data
    raise error


async def silent(data: bytes) -> AsyncIterator[bytes]:
    yield data
    await asyncio.Event().wait()


def test_a_file_in_three_requests_becomes_one_content(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        assert (begun.state, begun.received) == ("receiving", 0)
        first = await at.send(begun.id, 0, PDF[:HALF])
        assert (first.state, first.received) == ("receiving", HALF)
        second = await at.send(begun.id, HALF, PDF[HALF : HALF + 7], PDF[HALF + 7 : HALF + 9])
        assert second.received == HALF + 9
        done = await at.send(begun.id, HALF + 9, PDF[HALF + 9 :])
        assert (done.state, done.received) == ("done", len(PDF))
        content = await content_of(at, done)
        assert content.file is not None
        assert content.file.sha256 == hashlib.sha256(PDF).hexdigest()
        assert (content.file.name, content.file.size) == ("paper.pdf", len(PDF))
        assert len(at.files()) == 1
        assert await at.used() == len(PDF)
        # The answer was lost, so the client asks, or repeats the last request without a byte.
        again = await at.send(begun.id, len(PDF))
        assert again.content_id == done.content_id
        assert (await at.uploads.get(at.tenant, begun.id)).content_id == done.content_id

    desk(story)


@pytest.mark.parametrize("error", [ConnectionError, asyncio.CancelledError])
def test_what_came_before_a_connection_broke_is_kept(
    desk: RunStory, error: type[BaseException]
) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        with pytest.raises(error):
            await at.uploads.receive(at.tenant, begun.id, 0, cut(PDF[:HALF], error))
        row = await at.another_process().get(at.tenant, begun.id)
        assert (row.received, row.held) == (HALF, False)
        done = await at.send(begun.id, HALF, PDF[HALF:])
        assert done.state == "done"
        assert len(at.files()) == 1

    desk(story)


def test_a_client_that_falls_silent_is_let_go_and_its_bytes_are_kept(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        with pytest.raises(InvalidInput, match="No byte came"):
            await at.uploads.receive(at.tenant, begun.id, 0, silent(PDF[:HALF]))
        assert (await at.uploads.get(at.tenant, begun.id)).received == HALF

    desk(story)


def test_two_requests_at_once_do_not_mix(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        taken, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield PDF[:HALF]
            taken.set()
            await go_on.wait()
            yield PDF[HALF:]

        first = asyncio.create_task(at.uploads.receive(at.tenant, begun.id, 0, slow()))
        async with asyncio.timeout(20):
            await taken.wait()
            for other in (at.uploads, at.another_process()):
                with pytest.raises(UploadLocked, match="in hand"):
                    await other.receive(at.tenant, begun.id, 0, cut(PDF))
                with pytest.raises(UploadLocked):
                    await other.end(at.tenant, begun.id)
                assert (await other.get(at.tenant, begun.id)).held
            go_on.set()
            done = await first
        assert done.state == "done"

    desk(story)


def test_a_wrong_offset_is_refused_and_names_the_right_one(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        await at.send(begun.id, 0, PDF[:HALF])
        for offset in (0, HALF - 1, HALF + 1, len(PDF)):
            with pytest.raises(Conflict) as caught:
                await at.send(begun.id, offset, PDF[offset:])
            assert (caught.value.code, caught.value.details) == (
                "UPLOAD_OFFSET_MISMATCH",
                {"offset": HALF},
            )
        assert (await at.send(begun.id, HALF, PDF[HALF:])).state == "done"

    desk(story)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_bytes_with_a_wrong_checksum_are_not_kept(desk: RunStory, algorithm: Any) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        await at.send(begun.id, 0, PDF[:100])

        def sum_of(data: bytes) -> Checksum:
            return Checksum(algorithm=algorithm, digest=hashlib.new(algorithm, data).digest())

        with pytest.raises(ChecksumMismatch, match="none of them were kept"):
            await at.send(begun.id, 100, PDF[100:], checksum=sum_of(PDF))
        assert (await at.uploads.get(at.tenant, begun.id)).received == 100
        with pytest.raises(ConnectionError):
            await at.uploads.receive(
                at.tenant, begun.id, 100, cut(PDF[100:]), checksum=sum_of(PDF[100:])
            )
        assert (await at.uploads.get(at.tenant, begun.id)).received == 100
        done = await at.send(begun.id, 100, PDF[100:], checksum=sum_of(PDF[100:]))
        content = await content_of(at, done)
        assert content.file is not None
        assert content.file.sha256 == hashlib.sha256(PDF).hexdigest()

    desk(story)


def test_more_bytes_than_announced_are_refused(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        with pytest.raises(TooLarge, match="more bytes"):
            await at.send(begun.id, 0, PDF[:HALF], PDF[HALF:] + b"x")
        with pytest.raises(TooLarge) as caught:
            await at.uploads.receive(at.tenant, begun.id, HALF, cut(b""), announced=len(PDF))
        assert caught.value.code == "UPLOAD_TOO_LONG"
        assert (await at.send(begun.id, HALF, PDF[HALF:])).state == "done"

    desk(story)


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        (b"<html><script>alert(1)</script>", UnsupportedMedia, "UNSUPPORTED_MEDIA_TYPE"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), UnsupportedMedia, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_a_file_that_is_not_what_was_said_is_refused_and_leaves_nothing(
    desk: RunStory, data: bytes, error: type[Exception], code: str
) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(data))
        with pytest.raises(error) as caught:
            await at.send(begun.id, 0, data)
        assert getattr(caught.value, "code", "") == code
        assert at.files() == []
        row = await at.uploads.get(at.tenant, begun.id)
        assert (row.state, row.refusal.code) == ("refused", code)
        assert "was recognised as" in row.refusal.message
        with pytest.raises(UploadGone, match="refused"):
            await at.send(begun.id, 0, PDF[: len(data)])
        assert await at.used() == 0
        assert (await at.run(at.uploads.usage)).reserved == 0

    desk(story)


def test_another_tenants_upload_is_not_there(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        for work in (
            at.uploads.get(at.other, begun.id),
            at.uploads.receive(at.other, begun.id, 0, cut(PDF)),
            at.uploads.end(at.other, begun.id),
            at.uploads.get(at.tenant, uuid4()),
        ):
            with pytest.raises(NotFound) as caught:
                await work
            assert caught.value.code == "UPLOAD_NOT_FOUND"
        assert (await at.send(begun.id, 0, PDF)).state == "done"

    desk(story)


def test_an_upload_that_is_given_up_leaves_nothing(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        await at.send(begun.id, 0, PDF[:HALF])
        await at.uploads.end(at.tenant, begun.id)
        assert at.files() == []
        with pytest.raises(NotFound):
            await at.uploads.get(at.tenant, begun.id)
        done = await at.whole(PDF)
        await at.uploads.end(at.tenant, done.id)
        assert (await content_of(at, done)).file is not None
        assert len(at.files()) == 1

    desk(story)


@pytest.mark.parametrize("moment", ["after the last byte", "after the check", "after the file"])
def test_a_process_that_dies_at_the_end_is_followed_by_another(
    desk: RunStory, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        create = Contents.create

        async def dies_before(*_: Any) -> None:
            raise SystemError

        async def dies_after(self: Contents, *arguments: Any) -> None:
            await create(self, *arguments)
            raise SystemError

        with monkeypatch.context() as patched:
            if moment == "after the last byte":
                patched.setattr(at.uploads.finisher, "_make", dies_before)
            elif moment == "after the check":
                patched.setattr(Contents, "create", dies_before)
            else:
                patched.setattr(Contents, "create", dies_after)
            with pytest.raises(SystemError):
                await at.send(begun.id, 0, PDF)
        assert await at.sql("SELECT count(*) FROM content") == 0
        assert len(at.files()) == 1
        row = await at.uploads.get(at.tenant, begun.id)
        assert row.state == "checking"
        other = at.another_process()
        await other.get(at.tenant, begun.id)
        async with asyncio.timeout(20):
            while (row := await other.get(at.tenant, begun.id)).state == "checking":
                await asyncio.sleep(0.02)
        assert row.state == "done"
        assert await at.sql("SELECT count(*) FROM content") == 1
        assert len(at.files()) == 1
        assert await at.used() == len(PDF)
        await other.close()

    desk(story)


def test_bytes_that_the_store_lost_are_asked_for_again(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        await at.send(begun.id, 0, PDF[:HALF])
        for path in at.files():
            path.unlink()
        with pytest.raises(Conflict, match="is at offset 0"):
            await at.send(begun.id, HALF, PDF[HALF:])
        assert (await at.uploads.get(at.tenant, begun.id)).received == 0
        assert (await at.send(begun.id, 0, PDF)).state == "done"

    desk(story)


def test_who_asks_how_an_upload_stands_touches_nothing(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        async def version() -> str:
            found: str = await at.sql("SELECT xmin::text FROM uploads WHERE id = $1", begun.id)
            return found

        begun = await at.begin(len(PDF))
        before = await version()
        assert (await at.uploads.get(at.tenant, begun.id)).received == 0
        assert await version() == before
        await at.send(begun.id, 0, PDF[:HALF])
        before = await version()
        assert (await at.uploads.get(at.tenant, begun.id)).received == HALF
        assert await version() == before

    desk(story)


def test_after_a_killed_process_the_store_is_asked_once_what_it_has(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        async with at.storage.resume(at.tenant.id, begun.id) as writer:
            await writer.write(PDF[:HALF])
        await at.sql(
            "UPDATE uploads SET holder = gen_random_uuid(), "
            "held_until = now() - interval '1 second' WHERE id = $1",
            begun.id,
        )
        row = await at.uploads.get(at.tenant, begun.id)
        assert (row.received, row.held) == (HALF, False)
        assert await at.sql("SELECT holder IS NULL FROM uploads WHERE id = $1", begun.id)

    desk(story)


def test_a_request_that_is_cancelled_again_and_again_leaves_its_upload_settled(
    desk: RunStory,
) -> None:
    async def story(at: Any) -> None:
        begun = await at.begin(len(PDF))
        reading = asyncio.Event()

        async def stuck() -> AsyncIterator[bytes]:
            yield PDF[:HALF]
            reading.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(at.uploads.receive(at.tenant, begun.id, 0, stuck()))

        async def in_the_way(scope: Scope) -> None:
            await scope.execute("SELECT FROM uploads WHERE id = $1 FOR UPDATE", begun.id)
            for _ in range(10):
                task.cancel()
                await asyncio.wait([task], timeout=0.05)
            # What it has to write down cannot be written yet.
            assert not task.done()

        async with asyncio.timeout(20):
            await reading.wait()
            await at.run(in_the_way)
            await asyncio.wait([task])
        row = await at.run(lambda scope: store.get(scope, begun.id))
        assert (row.received, row.held, row.left_held) == (HALF, False, False)

    desk(story)


def test_no_transaction_is_open_while_a_file_is_placed(
    desk: RunStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = LocalWriter.commit
    open_ones: list[int] = []

    async def story(at: Any) -> None:
        async def watched(writer: LocalWriter) -> Any:
            async with at.database.public() as connection:
                open_ones.append(
                    await connection.fetchval(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND state LIKE 'idle in transaction%'"
                    )
                )
            return await commit(writer)

        monkeypatch.setattr(LocalWriter, "commit", watched)
        picture = png()
        begun = await at.begin(len(picture), kind="image", name="a.png")
        assert (await at.send(begun.id, 0, picture)).state == "done"
        assert open_ones == [0, 0]

    desk(story)


def test_a_thumbnail_that_was_lost_after_a_kill_is_done_without(
    desk: RunStory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(at: Any) -> None:
        picture = png()
        begun = await at.begin(len(picture), kind="image", name="a.png")

        async def dies(*_: Any) -> None:
            raise SystemError

        with monkeypatch.context() as patched:
            patched.setattr(Contents, "create", dies)
            with pytest.raises(SystemError):
                await at.send(begun.id, 0, picture)
        row = await at.run(lambda scope: store.get(scope, begun.id))
        for name in row.file.names:
            assert await at.run(lambda scope, it=name: content_store.file_is_needed(scope, it))
        await at.storage.delete(at.tenant.id, row.file.thumbnail_sha256)
        await at.another_process().finisher.run(at.tenant, begun.id)
        done = await at.uploads.get(at.tenant, begun.id)
        content = await content_of(at, done)
        assert content.file is not None
        assert content.file.thumbnail_sha256 is None
        assert [path.name for path in at.files()] == [content.file.sha256]

    desk(story)
