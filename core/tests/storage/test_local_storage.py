import asyncio
import errno
import hashlib
import os
import resource
import subprocess
import sys
import textwrap
from io import FileIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mpcas2_core.errors import StorageFull, StorageUnavailable
from mpcas2_core.storage import LocalStorage, Storage, Stored, StoredFileMissing, UploadBusy
from mpcas2_core.storage import local_writer as writing

ONE, OTHER = UUID(int=1), UUID(int=2)


async def put(storage: LocalStorage, tenant: UUID, data: bytes, step: int = 100_000) -> Stored:
    async with storage.writer(tenant) as writer:
        for at in range(0, len(data), step):
            await writer.write(data[at : at + step])
        return await writer.commit()


async def read(storage: LocalStorage, tenant: UUID, sha256: str) -> bytes:
    return b"".join([chunk async for chunk in storage.open(tenant, sha256)])


def files(root: Path) -> list[Path]:
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    local = LocalStorage(tmp_path)
    as_protocol: Storage = local
    assert as_protocol is local
    return local


def test_a_file_is_named_by_its_bytes_inside_its_tenants_folder(
    storage: LocalStorage, tmp_path: Path
) -> None:
    data = os.urandom(700_001)
    digest = hashlib.sha256(data).hexdigest()

    async def story() -> bytes:
        assert await put(storage, ONE, data) == Stored(sha256=digest, size=len(data))
        assert await storage.size(ONE, digest) == len(data)
        return await read(storage, ONE, digest)

    assert asyncio.run(story()) == data
    assert files(tmp_path) == [Path(str(ONE), digest[:2], digest)]


def test_a_file_is_read_in_chunks_of_a_bounded_size(storage: LocalStorage) -> None:
    async def story() -> list[int]:
        stored = await put(storage, ONE, os.urandom(600_000))
        return [len(chunk) async for chunk in storage.open(ONE, stored.sha256)]

    sizes = asyncio.run(story())
    assert sum(sizes) == 600_000
    assert max(sizes) <= 256 * 1024


def test_equal_files_of_one_tenant_are_kept_once_and_of_two_tenants_twice(
    storage: LocalStorage, tmp_path: Path
) -> None:
    async def story() -> None:
        first = await put(storage, ONE, b"the same")
        path = tmp_path / str(ONE) / first.sha256[:2] / first.sha256
        inode = path.stat().st_ino
        assert await put(storage, ONE, b"the same") == first
        assert path.stat().st_ino == inode
        assert not await storage.exists(OTHER, first.sha256)
        await put(storage, OTHER, b"the same")
        await storage.delete(ONE, first.sha256)
        assert not await storage.exists(ONE, first.sha256)
        assert await read(storage, OTHER, first.sha256) == b"the same"

    asyncio.run(story())
    assert len(files(tmp_path)) == 1


def test_many_writers_of_the_same_bytes_at_once_leave_one_whole_file(
    storage: LocalStorage, tmp_path: Path
) -> None:
    data = os.urandom(300_000)

    async def story() -> bytes:
        stored = await asyncio.gather(*(put(storage, ONE, data, 65_536) for _ in range(12)))
        assert len(set(stored)) == 1
        return await read(storage, ONE, stored[0].sha256)

    assert asyncio.run(story()) == data
    assert len(files(tmp_path)) == 1


def test_an_error_before_the_commit_leaves_nothing(storage: LocalStorage, tmp_path: Path) -> None:
    async def story() -> None:
        async with storage.writer(ONE) as writer:
            await writer.write(os.urandom(600_000))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(story())
    assert files(tmp_path) == []


def test_a_finished_file_is_not_in_the_store_until_it_is_committed(
    storage: LocalStorage, tmp_path: Path
) -> None:
    async def story() -> None:
        async with storage.writer(ONE) as writer:
            await writer.write(b"waiting")
            stored = await writer.finish()
            async with writer.readable() as path:
                assert path.read_bytes() == b"waiting"
            assert not await storage.exists(ONE, stored.sha256)
            assert await writer.finish() == stored
            with pytest.raises(RuntimeError, match="no more bytes"):
                await writer.write(b"late")

    asyncio.run(story())
    assert files(tmp_path) == []


def test_committing_twice_gives_the_same_answer(storage: LocalStorage) -> None:
    async def story() -> None:
        async with storage.writer(ONE) as writer:
            await writer.write(b"once")
            assert await writer.commit() == await writer.commit()
        assert await read(storage, ONE, hashlib.sha256(b"once").hexdigest()) == b"once"

    asyncio.run(story())


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 8])
def test_a_cancelled_upload_leaves_nothing(
    storage: LocalStorage, tmp_path: Path, turns: int
) -> None:
    async def upload() -> None:
        async with storage.writer(ONE) as writer:
            while True:
                await writer.write(os.urandom(300_000))

    async def story() -> None:
        task = asyncio.create_task(upload())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    assert files(tmp_path) == []


def test_a_full_disk_is_said_and_leaves_nothing(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A small file system of its own needs rights that a test run seldom has.
    class FullDisk(FileIO):
        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writing, "opened", lambda path: FullDisk(path, "a+"))

    async def story() -> None:
        async with storage.writer(ONE) as writer:
            await writer.write(os.urandom(600_000))

    with pytest.raises(StorageFull, match="no room left") as caught:
        asyncio.run(story())
    assert (caught.value.status, caught.value.code) == (507, "STORAGE_FULL")
    assert files(tmp_path) == []


def test_an_upload_that_met_a_full_disk_goes_on_when_there_is_room(
    storage: LocalStorage, tmp_path: Path
) -> None:
    data = os.urandom(2_000_000)
    upload = uuid4()

    async def fill() -> None:
        async with storage.resume(ONE, upload) as writer:
            await writer.write(data[:500_000])
            await writer.sync()
            for at in range(500_000, len(data), 100_000):
                await writer.write(data[at : at + 100_000])

    async def rest() -> Stored:
        async with storage.resume(ONE, upload) as writer:
            assert 500_000 <= writer.offset <= 1_000_000
            await writer.write(data[writer.offset :])
            return await writer.commit()

    # The kernel's own limit on a file's size stands for the end of the disk.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(StorageFull, match="no room left"):
            asyncio.run(fill())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert asyncio.run(rest()).sha256 == hashlib.sha256(data).hexdigest()
    assert len(files(tmp_path)) == 1


def test_a_writer_in_another_process_keeps_an_upload_to_itself_until_it_is_killed(
    storage: LocalStorage, tmp_path: Path
) -> None:
    upload = uuid4()
    script = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        from uuid import UUID
        from mpcas2_core.storage import LocalStorage

        async def main():
            storage = LocalStorage(Path(sys.argv[1]))
            async with storage.resume(UUID(int=1), UUID(sys.argv[2])) as writer:
                await writer.write(b"1" * 300_000)
                print(await writer.sync(), flush=True)
                await asyncio.Event().wait()

        asyncio.run(main())
        """
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(upload)], stdout=subprocess.PIPE
    )

    async def offset() -> int:
        async with storage.resume(ONE, upload) as writer:
            return writer.offset

    assert other.stdout is not None
    with other.stdout as said:
        assert int(said.readline()) == 300_000
        with pytest.raises(UploadBusy):
            asyncio.run(offset())
        other.kill()
    other.wait(30)
    assert asyncio.run(offset()) == 300_000


def test_a_file_that_vanishes_while_it_is_received_is_not_called_durable(
    storage: LocalStorage, tmp_path: Path
) -> None:
    async def story() -> None:
        async with storage.resume(ONE, uuid4()) as writer:
            await writer.write(b"half")
            await writer.sync()
            (tmp_path / files(tmp_path)[0]).unlink()
            await writer.write(b"half")
            await writer.sync()

    with pytest.raises(StorageUnavailable, match="vanished"):
        asyncio.run(story())


def test_a_damaged_file_is_replaced_by_the_next_upload_of_its_bytes(
    storage: LocalStorage, tmp_path: Path
) -> None:
    async def story() -> bytes:
        stored = await put(storage, ONE, b"whole")
        (tmp_path / str(ONE) / stored.sha256[:2] / stored.sha256).write_bytes(b"wh")
        await put(storage, ONE, b"whole")
        return await read(storage, ONE, stored.sha256)

    assert asyncio.run(story()) == b"whole"


def test_a_missing_file_is_said_as_such(storage: LocalStorage) -> None:
    name = "0" * 64

    async def story() -> None:
        assert not await storage.exists(ONE, name)
        with pytest.raises(StoredFileMissing, match="not in the store"):
            await storage.size(ONE, name)
        with pytest.raises(StoredFileMissing, match="not in the store"):
            await read(storage, ONE, name)
        await storage.delete(ONE, name)

    asyncio.run(story())


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_digest_never_reaches_the_disk(storage: LocalStorage, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        asyncio.run(storage.exists(uuid4(), name))


def test_the_health_check_leaves_nothing_and_names_a_folder_that_cannot_be_written(
    storage: LocalStorage, tmp_path: Path
) -> None:
    assert asyncio.run(storage.check()) is None
    assert files(tmp_path) == []
    (tmp_path / "file").write_bytes(b"")
    told = asyncio.run(LocalStorage(tmp_path / "file").check())
    assert told is not None
    assert str(tmp_path / "file") in told


def test_half_written_files_of_a_killed_process_are_removed_after_a_day(
    storage: LocalStorage, tmp_path: Path
) -> None:
    incoming = tmp_path / str(ONE) / "incoming"
    incoming.mkdir(parents=True)
    for name, age in (("old", 25 * 3600), ("young", 3600)):
        (incoming / name).write_bytes(b"half")
        then = (incoming / name).stat().st_mtime - age
        os.utime(incoming / name, (then, then))
    assert asyncio.run(storage.remove_abandoned()) == 1
    assert [path.name for path in incoming.iterdir()] == ["young"]
