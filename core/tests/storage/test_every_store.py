"""What every store promises, tried on a folder and on S3 servers."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from mpcas2_core.errors import StorageUnavailable
from mpcas2_core.storage import (
    S3Storage,
    Storage,
    StorageWriter,
    Stored,
    StoredFileMissing,
    UploadBusy,
)
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_state import PART_BYTES

# The Place of the conftest beside this file, which tests cannot import.
Place = Any

ONE, OTHER = UUID(int=1), UUID(int=2)
STEP = 1024 * 1024


async def send(writer: StorageWriter, data: bytes) -> None:
    for at in range(0, len(data), STEP):
        await writer.write(data[at : at + STEP])


async def put(storage: Storage, tenant: UUID, data: bytes) -> Stored:
    async with storage.writer(tenant) as writer:
        await send(writer, data)
        return await writer.commit()


async def read(
    storage: Storage, tenant: UUID, sha256: str, start: int = 0, length: int | None = None
) -> bytes:
    return b"".join([chunk async for chunk in storage.open(tenant, sha256, start, length)])


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, 2 * PART_BYTES + 12_345])
def test_a_file_is_named_by_its_bytes_and_read_back(place: Place, size: int) -> None:
    data = os.urandom(size)
    name = digest(data)

    async def story() -> None:
        storage = place.open()
        assert await put(storage, ONE, data) == Stored(sha256=name, size=size)
        assert await storage.exists(ONE, name)
        assert not await storage.exists(OTHER, name)
        assert await storage.size(ONE, name) == size
        assert await read(storage, ONE, name) == data

    asyncio.run(story())
    assert place.left() == [f"{ONE}/{name[:2]}/{name}"]


def test_a_part_of_a_file_is_read(place: Place) -> None:
    data = os.urandom(700_001)

    async def story() -> None:
        storage = place.open()
        name = (await put(storage, ONE, data)).sha256
        for start, length in [(0, 1), (5, 300_000), (300_000, None), (700_000, 1), (0, 700_001)]:
            wanted = data[start:] if length is None else data[start : start + length]
            assert await read(storage, ONE, name, start, length) == wanted
        assert await read(storage, ONE, name, 3, 0) == b""
        assert max([len(chunk) async for chunk in storage.open(ONE, name)]) <= 256 * 1024

    asyncio.run(story())


@pytest.mark.parametrize("place", ["local", "moto"], indirect=True)
def test_behind_its_end_nothing_is_read_of_a_file(place: Place) -> None:
    async def story() -> None:
        storage = place.open()
        name = (await put(storage, ONE, b"0123456789")).sha256
        assert await read(storage, ONE, name, 8, 50) == b"89"
        assert await read(storage, ONE, name, 10) == b""
        assert await read(storage, ONE, name, 900_000, 5) == b""

    asyncio.run(story())


def test_equal_files_of_one_tenant_are_kept_once_and_deleted_alone(place: Place) -> None:
    async def story() -> None:
        storage = place.open()
        first, again, _ = [await put(storage, tenant, b"same") for tenant in (ONE, ONE, OTHER)]
        assert first == again
        assert len(place.left()) == 2
        await storage.delete(ONE, first.sha256)
        await storage.delete(ONE, first.sha256)
        assert await read(storage, OTHER, first.sha256) == b"same"

    asyncio.run(story())
    assert len(place.left()) == 1


def test_a_missing_file_is_said_as_such(place: Place) -> None:
    async def story() -> None:
        storage = place.open()
        assert not await storage.exists(ONE, "0" * 64)
        with pytest.raises(StoredFileMissing, match="not in the store"):
            await storage.size(ONE, "0" * 64)
        with pytest.raises(StoredFileMissing, match="not in the store"):
            await read(storage, ONE, "0" * 64)

    asyncio.run(story())


@pytest.mark.parametrize(
    "cuts",
    [
        [0],
        [1],
        [100_000, 100_001],
        [PART_BYTES],
        [PART_BYTES - 1, PART_BYTES + 1],
        [PART_BYTES // 2, PART_BYTES + 5_000_000, 2 * PART_BYTES, 2 * PART_BYTES],
        [2 * PART_BYTES + 700_000],
    ],
)
def test_an_upload_goes_on_where_it_was_cut_even_after_a_restart(
    place: Place, cuts: list[int]
) -> None:
    data = os.urandom(2 * PART_BYTES + 700_000)
    upload = uuid4()

    async def story() -> None:
        async def cut_off(start: int, end: int) -> None:
            async with place.open().resume(ONE, upload) as writer:
                assert writer.offset == start
                await send(writer, data[start:end])
                raise ConnectionError

        done = 0
        for cut in cuts:
            with pytest.raises(ConnectionError):
                await cut_off(done, cut)
            done = cut
        async with place.open().resume(ONE, upload) as writer:
            assert writer.offset == done
            await send(writer, data[done:])
        storage = place.open()
        async with storage.resume(ONE, upload) as writer:
            assert writer.offset == len(data)
            assert await writer.finish() == Stored(sha256=digest(data), size=len(data))
            async with writer.readable() as path:
                assert await asyncio.to_thread(path.read_bytes) == data
            assert not await storage.exists(ONE, digest(data))
            await writer.commit()
            await writer.commit()
        assert await read(storage, ONE, digest(data)) == data

    asyncio.run(story())
    assert place.left() == [f"{ONE}/{digest(data)[:2]}/{digest(data)}"]


def test_an_upload_that_was_finished_is_committed_by_another_process(place: Place) -> None:
    data = os.urandom(PART_BYTES + 3)
    upload = uuid4()

    async def story() -> None:
        async with place.open().resume(ONE, upload) as writer:
            await send(writer, data)
            await writer.finish()
            with pytest.raises(RuntimeError, match="no more bytes"):
                await writer.write(b"late")
        async with place.open().resume(ONE, upload) as writer:
            assert writer.offset == len(data)
            assert (await writer.commit()).sha256 == digest(data)

    asyncio.run(story())
    assert place.left() == [f"{ONE}/{digest(data)[:2]}/{digest(data)}"]


def test_a_file_that_was_removed_after_its_commit_is_committed_again(place: Place) -> None:
    data = os.urandom(PART_BYTES + 3)

    async def story() -> None:
        storage = place.open()
        other = await put(storage, ONE, b"twin")
        for upload, whole in ((storage.writer(ONE), data), (storage.resume(ONE, uuid4()), b"twin")):
            async with upload as writer:
                await send(writer, whole)
                for _ in range(2):
                    name = (await writer.commit()).sha256
                    assert await storage.exists(ONE, name)
                    await storage.delete(ONE, name)
                await writer.commit()
            assert await read(storage, ONE, name) == whole
        assert name == other.sha256

    asyncio.run(story())
    assert len(place.left()) == 2


def test_a_sync_keeps_the_bytes_and_a_rewind_forgets_those_behind_it(place: Place) -> None:
    data = os.urandom(PART_BYTES + 700_000)
    upload = uuid4()

    async def story() -> None:
        storage = place.open()
        async with storage.resume(ONE, upload) as writer:
            await send(writer, data[:400_000])
            assert writer.offset == 0
            assert await writer.sync() == writer.offset == 400_000
            await send(writer, os.urandom(2 * PART_BYTES))
            assert await writer.rewind() == 400_000
            await send(writer, data[400_000:])
            await writer.sync()
            await send(writer, b"wrong")
            assert await writer.rewind() == len(data)
        async with place.open().resume(ONE, upload) as writer:
            assert writer.offset == len(data)
            assert (await writer.commit()).sha256 == digest(data)
        assert await read(storage, ONE, digest(data)) == data

    asyncio.run(story())


def test_rewinding_to_the_start_after_whole_parts_gives_a_whole_file(place: Place) -> None:
    async def story() -> None:
        storage = place.open()
        async with storage.resume(ONE, uuid4()) as writer:
            await send(writer, os.urandom(PART_BYTES + 1))
            assert await writer.rewind() == 0
            await writer.write(b"right")
            assert (await writer.commit()).sha256 == digest(b"right")
        assert await read(storage, ONE, digest(b"right")) == b"right"

    asyncio.run(story())
    assert len(place.left()) == 1


def test_an_upload_is_cancelled_at_a_sync_and_goes_on(place: Place) -> None:
    data = os.urandom(3 * PART_BYTES + 5)
    upload = uuid4()

    async def receive(at: int) -> None:
        async with place.open().resume(ONE, upload) as writer:
            await send(writer, data[writer.offset : at])
            await writer.sync()
            await asyncio.Event().wait()

    async def story() -> None:
        for at, turns in [(7, 1), (PART_BYTES, 3), (2 * PART_BYTES + 5, 2), (3 * PART_BYTES, 30)]:
            task = asyncio.create_task(receive(at))
            for _ in range(turns):
                await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.wait([task])
        async with place.open().resume(ONE, upload) as writer:
            await send(writer, data[writer.offset :])
            assert (await writer.commit()).sha256 == digest(data)

    asyncio.run(story())
    assert len(place.left()) == 1


def test_a_second_writer_of_an_upload_is_refused_and_the_first_goes_on(place: Place) -> None:
    upload = uuid4()

    async def story() -> None:
        storage = place.open()
        async with storage.resume(ONE, upload) as writer:
            await writer.write(b"first ")
            with pytest.raises(UploadBusy, match="another connection") as caught:
                async with storage.resume(ONE, upload):
                    pass
            assert (caught.value.status, caught.value.code) == (409, "UPLOAD_BUSY")
            async with storage.resume(ONE, uuid4()) as elsewhere:
                await elsewhere.discard()
            await writer.write(b"and last")
            assert (await writer.commit()).sha256 == digest(b"first and last")

    asyncio.run(story())


@pytest.mark.parametrize("size", [0, 10, 3 * PART_BYTES + 1])
@pytest.mark.parametrize("until", ["written", "synced", "finished", "resumed"])
def test_a_discarded_upload_leaves_nothing(place: Place, size: int, until: str) -> None:
    upload = uuid4()

    async def story() -> None:
        async with place.open().resume(ONE, upload) as writer:
            await send(writer, os.urandom(size))
            if until == "synced":
                await writer.sync()
            elif until == "finished":
                await writer.finish()
            if until != "resumed":
                await writer.discard()
                with pytest.raises(RuntimeError, match="given up"):
                    await writer.sync()
        if until == "resumed":
            async with place.open().resume(ONE, upload) as writer:
                await writer.discard()
        async with place.open().resume(ONE, upload) as writer:
            assert writer.offset == 0

    asyncio.run(story())
    assert place.left() == []


@pytest.mark.parametrize("size", [0, 10, 3 * PART_BYTES])
def test_a_writer_that_is_left_without_a_commit_leaves_nothing(place: Place, size: int) -> None:
    async def story() -> None:
        async with place.open().writer(ONE) as writer:
            await send(writer, os.urandom(size))
            await writer.finish()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(story())
    assert place.left() == []


@pytest.mark.parametrize("turns", [1, 3, 10, 40])
def test_a_cancelled_upload_keeps_what_arrived(place: Place, turns: int) -> None:
    data = os.urandom(4 * PART_BYTES)
    upload = uuid4()

    async def receive() -> None:
        async with place.open().resume(ONE, upload) as writer:
            await send(writer, data)
            await asyncio.Event().wait()

    async def story() -> None:
        task = asyncio.create_task(receive())
        for _ in range(turns):
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with place.open().resume(ONE, upload) as writer:
            await send(writer, data[writer.offset :])
            assert (await writer.commit()).sha256 == digest(data)

    asyncio.run(story())
    assert len(place.left()) == 1


def test_stored_files_are_listed_with_their_sizes_and_nothing_else_is(place: Place) -> None:
    async def story() -> None:
        storage = place.open()
        stored = [await put(storage, ONE, b"%d" % number * 10) for number in range(12)]
        await put(storage, OTHER, b"next door")
        async with storage.resume(ONE, uuid4()) as writer:
            await writer.write(b"not yet")
        assert dict([entry async for entry in storage.names(ONE)]) == {
            file.sha256: file.size for file in stored
        }
        assert [entry async for entry in storage.names(ONE, older_than=3600)] == []
        assert [entry async for entry in storage.names(UUID(int=3))] == []

    asyncio.run(story())


def test_abandoned_uploads_go_and_young_ones_and_stored_files_stay(place: Place) -> None:
    async def story() -> None:
        storage = place.open()
        await put(storage, ONE, b"kept")
        for size in (10, PART_BYTES + 10):
            async with storage.resume(ONE, uuid4()) as writer:
                await send(writer, os.urandom(size))
        async with storage.resume(ONE, uuid4()) as writer:
            await send(writer, os.urandom(PART_BYTES + 10))
            await writer.finish()
        assert await storage.remove_abandoned() == 0
        assert len(place.left()) > 3
        assert await storage.remove_abandoned(older_than=-60) == 3

    asyncio.run(story())
    assert len(place.left()) == 1


# Never a real bucket: it is taken away.
@pytest.mark.parametrize("place", ["local", "moto", "nanio"], indirect=True)
def test_the_health_check_leaves_nothing_and_says_that_a_store_vanished(place: Place) -> None:
    assert asyncio.run(place.open().check()) is None
    assert place.left() == []
    place.vanish()
    told = asyncio.run(place.open().check())
    assert told is not None
    assert len(told) > 40


@pytest.mark.parametrize("place", ["local", "moto", "nanio"], indirect=True)
def test_a_store_that_vanished_is_said_and_no_file_is_called_missing(place: Place) -> None:
    upload = uuid4()

    async def story() -> None:
        storage = place.open()
        name = (await put(storage, ONE, b"here")).sha256
        async with storage.resume(ONE, upload) as writer:
            await writer.write(b"half")
            await writer.sync()
            place.vanish()
            await writer.write(b"other half")
            with pytest.raises(StorageUnavailable) as caught:
                await writer.sync()
            assert (caught.value.status, caught.value.code) == (503, "STORAGE_UNAVAILABLE")
            with pytest.raises(StorageUnavailable):
                await storage.size(ONE, name)
            with pytest.raises(OSError, match=r"store|bucket"):
                await read(storage, ONE, name)
            raise ConnectionError

    async def later() -> None:
        async with place.open().resume(ONE, upload):
            pass

    with pytest.raises(ConnectionError):
        asyncio.run(story())
    with pytest.raises(StorageUnavailable):
        asyncio.run(later())


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 64 + "\n"])
def test_a_name_that_is_no_digest_never_reaches_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        asyncio.run(S3Storage(Bucket("none"), spool=tmp_path).exists(ONE, name))
