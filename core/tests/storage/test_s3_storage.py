"""What is particular to S3: signatures, faults, parts that vanish, and memory that stays constant."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from botocore.exceptions import ClientError

from mpcas2_core.errors import StorageFull, StorageUnavailable
from mpcas2_core.settings import Settings, SettingsError
from mpcas2_core.storage import S3Storage, StorageWriter, UploadBusy, make_storage, s3_copy
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_faults import in_words
from mpcas2_core.storage.s3_state import PART_BYTES

# The S3 of the conftest beside this file, which tests cannot import.
S3 = Any

ONE = UUID(int=1)


async def send(writer: StorageWriter, data: bytes) -> None:
    for at in range(0, len(data), 1024 * 1024):
        await writer.write(data[at : at + 1024 * 1024])


def script(source: str, place: S3, *arguments: str) -> subprocess.Popen[str]:
    environ = os.environ | {
        "MPCAS2_MEDIA_STORE": "s3",
        "MPCAS2_S3_ENDPOINT_URL": place.url,
        "MPCAS2_S3_PREFIX": place.prefix,
        "MPCAS2_HOME": str(place.spool.parent),
        "AWS_S3_BUCKET": place.bucket,
        "AWS_ACCESS_KEY_ID": place.key,
        "AWS_SECRET_ACCESS_KEY": place.secret,
    }
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(source), *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_wrong_secret_is_said_by_name_and_not_shown(nanio: S3) -> None:
    storage = nanio.open(secret="quite-another-secret")

    async def story() -> None:
        async with storage.writer(ONE) as writer:
            await writer.write(b"bytes")
            await writer.commit()

    with pytest.raises(StorageUnavailable, match="MPCAS2_S3_SECRET_ACCESS_KEY") as caught:
        asyncio.run(story())
    assert "quite-another-secret" not in str(caught.value)
    assert "quite-another-secret" not in repr(storage)
    told = asyncio.run(storage.check())
    assert told is not None
    assert "refuses the credentials" in told
    assert nanio.left() == []


def test_a_bucket_that_is_not_there_is_said_by_name(moto: S3) -> None:
    storage = moto.open(bucket="no-such-bucket")
    told = asyncio.run(storage.check())
    assert told is not None
    assert "no bucket no-such-bucket" in told
    with pytest.raises(StorageUnavailable, match="no bucket no-such-bucket"):
        asyncio.run(storage.exists(ONE, "0" * 64))


def test_a_store_that_does_not_listen_is_said_by_address(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    bucket = Bucket("media", endpoint_url=url, access_key_id="k", secret_access_key="s")
    told = asyncio.run(S3Storage(bucket, spool=tmp_path).check())
    assert told is not None
    assert url in told
    assert "does not answer" in told


@pytest.mark.parametrize("code", ["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"])
def test_a_full_store_is_said_as_such(code: str) -> None:
    told = in_words(ClientError({"Error": {"Code": code}}, "PutObject"), "media", None)
    assert isinstance(told, StorageFull)
    assert "Free space there" in told.message


def test_a_fault_that_is_not_the_stores_stays_what_it_is() -> None:
    error = ZeroDivisionError()
    assert in_words(error, "media", None) is error


def test_an_upload_whose_parts_a_rule_of_the_bucket_removed_begins_anew(moto: S3) -> None:
    upload = uuid4()

    async def story() -> None:
        async with moto.open().resume(ONE, upload) as writer:
            await send(writer, os.urandom(PART_BYTES + 5))
        for entry in moto.multiparts():
            moto.client.abort_multipart_upload(
                Bucket=moto.bucket, Key=entry["Key"], UploadId=entry["UploadId"]
            )
        async with moto.open().resume(ONE, upload) as writer:
            assert writer.offset == 0
            await writer.write(b"anew")
            await writer.commit()

    asyncio.run(story())
    assert len(moto.left()) == 1


def test_parts_that_vanish_while_a_writer_is_open_make_no_file(nanio: S3) -> None:
    async def story() -> None:
        async with nanio.open().writer(ONE) as writer:
            await send(writer, os.urandom(PART_BYTES))
            await writer.sync()
            for entry in nanio.multiparts():
                nanio.client.abort_multipart_upload(
                    Bucket=nanio.bucket, Key=entry["Key"], UploadId=entry["UploadId"]
                )
            await writer.finish()

    with pytest.raises(StorageUnavailable, match="kept 0 of"):
        asyncio.run(story())
    assert nanio.left() == []


def test_a_part_that_cannot_be_kept_is_told_and_nothing_more_is_taken(nanio: S3) -> None:
    data = os.urandom(2 * PART_BYTES)
    upload = uuid4()

    async def rest(writer: StorageWriter) -> None:
        await send(writer, data)
        await writer.sync()

    async def story() -> None:
        storage = nanio.open()
        async with storage.resume(ONE, upload) as writer:
            await send(writer, data[:PART_BYTES])
            await writer.sync()
            for entry in nanio.multiparts():
                nanio.client.abort_multipart_upload(
                    Bucket=nanio.bucket, Key=entry["Key"], UploadId=entry["UploadId"]
                )
            with pytest.raises(StorageUnavailable, match=r"vanished|answered with an error"):
                await rest(writer)
            with pytest.raises(RuntimeError, match="earlier write failed"):
                await writer.write(b"more")
            assert writer.offset == PART_BYTES
        async with storage.resume(ONE, upload) as writer:
            assert writer.offset == 0

    asyncio.run(story())


def test_a_writer_of_another_process_is_noticed_and_gives_way(nanio: S3) -> None:
    upload = uuid4()

    async def overtaken() -> None:
        async with nanio.open().resume(ONE, upload) as late:
            await late.write(b"late")
            async with nanio.open().resume(ONE, upload) as writer:
                await writer.write(b"first")
            await late.sync()

    async def story() -> None:
        with pytest.raises(UploadBusy):
            await overtaken()
        async with nanio.open().resume(ONE, upload) as writer:
            assert writer.offset == len(b"first")
            await writer.discard()

    asyncio.run(story())


@pytest.mark.parametrize("store", ["moto", "nanio"])
def test_a_killed_process_leaves_an_upload_that_goes_on(
    store: str, request: pytest.FixtureRequest
) -> None:
    place: S3 = request.getfixturevalue(store)
    upload = uuid4()
    killed = script(
        """
        import asyncio, sys
        from uuid import UUID
        from mpcas2_core.settings import Settings
        from mpcas2_core.storage import make_storage

        async def main():
            storage = make_storage(Settings.load())
            async with storage.resume(UUID(int=1), UUID(sys.argv[1])) as writer:
                await writer.write(bytes(9_000_000))
                print(await writer.sync(), flush=True)
                while True:
                    await writer.write(b"1" * 1_000_000)
                    print("more", flush=True)

        asyncio.run(main())
        """,
        place,
        str(upload),
    )
    assert killed.stdout is not None
    with killed.stdout as said:
        assert int(said.readline()) == 9_000_000
        for _ in range(12):
            said.readline()
        killed.kill()
    killed.wait(30)
    data = bytes(9_000_000) + b"end"

    async def story() -> None:
        async with place.open().resume(ONE, upload) as writer:
            assert writer.offset == 9_000_000
            await writer.write(b"end")
            assert (await writer.commit()).sha256 == hashlib.sha256(data).hexdigest()

    asyncio.run(story())
    assert len(place.left()) == 1


def test_a_resumed_file_is_fetched_once_for_its_hash_and_its_probe(
    moto: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(PART_BYTES + 5)
    upload = uuid4()
    fetched: list[str] = []
    fetch = Bucket.read

    def counted(self: Bucket, key: str, *span: Any) -> Any:
        fetched.append(key)
        return fetch(self, key, *span)

    async def story() -> None:
        storage = moto.open()
        async with storage.resume(ONE, upload) as writer:
            await send(writer, data)
        async with storage.resume(ONE, upload) as writer:
            monkeypatch.setattr(Bucket, "read", counted)
            assert (await writer.finish()).sha256 == hashlib.sha256(data).hexdigest()
            async with writer.readable() as path:
                assert await asyncio.to_thread(path.read_bytes) == data
            assert list(moto.spool.glob("*")) == []
            await writer.commit()

    asyncio.run(story())
    assert len(fetched) == 1
    assert len(moto.left()) == 1


def test_large_files_are_copied_to_their_name_by_parts(
    moto: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_copy, "AT_ONCE", 5 * 1024 * 1024)
    data = os.urandom(11 * 1024 * 1024)

    async def story() -> bytes:
        storage = moto.open()
        async with storage.writer(ONE) as writer:
            await send(writer, data)
            stored = await writer.commit()
        return b"".join([chunk async for chunk in storage.open(ONE, stored.sha256)])

    assert asyncio.run(story()) == data
    assert len(moto.left()) == 1


def test_other_programs_objects_in_the_bucket_are_left_alone(moto: S3) -> None:
    moto.prefix = ""
    keys = ["incoming/x", "their/incoming/x", "their/00/" + "0" * 64]
    for key in keys:
        moto.client.put_object(Bucket=moto.bucket, Key=key, Body=b"theirs")
    moto.client.create_multipart_upload(Bucket=moto.bucket, Key="their/incoming/y")
    assert asyncio.run(moto.open().remove_abandoned(older_than=-60)) == 0
    found = moto.client.list_objects_v2(Bucket=moto.bucket)["Contents"]
    assert [entry["Key"] for entry in found] == sorted(keys)
    uploads = moto.client.list_multipart_uploads(Bucket=moto.bucket)
    assert [entry["Key"] for entry in uploads["Uploads"]] == ["their/incoming/y"]


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("resumed", ["no", "yes"])
def test_a_hundred_megabytes_take_little_memory(nanio: S3, resumed: str) -> None:
    measuring = script(
        """
        import asyncio, os, sys
        from pathlib import Path
        from uuid import UUID
        from mpcas2_core.settings import Settings
        from mpcas2_core.storage import make_storage

        ONE, UPLOAD, STEP = UUID(int=1), UUID(int=2), 65_536

        def peak():
            # getrusage would begin with the peak of the process that started this one.
            status = Path("/proc/self/status").read_text()
            return int(status.partition("VmHWM:")[2].split()[0])

        async def fill(writer, size):
            for _ in range(size // STEP):
                await writer.write(os.urandom(STEP))

        async def main():
            storage = make_storage(Settings.load())
            assert await storage.check() is None
            async with storage.writer(ONE) as writer:
                await fill(writer, STEP)
                await writer.commit()
            before = peak()
            for _ in range(2 if sys.argv[1] == "yes" else 0):
                async with storage.resume(ONE, UPLOAD) as writer:
                    await fill(writer, 50_000_000)
            async with storage.resume(ONE, UPLOAD) as writer:
                if writer.offset == 0:
                    await fill(writer, 100_000_000)
                stored = await writer.finish()
                async with writer.readable() as path:
                    assert path.stat().st_size == stored.size > 99_000_000
                await writer.commit()
            read = 0
            async for chunk in storage.open(ONE, stored.sha256):
                read += len(chunk)
            assert read == stored.size
            print(peak() - before)

        asyncio.run(main())
        """,
        nanio,
        resumed,
    )
    said, _ = measuring.communicate(timeout=150)
    assert measuring.returncode == 0
    assert int(said) < 64 * 1024


def test_the_store_is_chosen_by_the_settings(moto: S3, tmp_path: Path) -> None:
    assert type(make_storage(Settings.load({}))).__name__ == "LocalStorage"
    names = {
        "MPCAS2_HOME": str(tmp_path),
        "MPCAS2_MEDIA_STORE": "s3",
        "MPCAS2_S3_ENDPOINT_URL": moto.url,
        "AWS_S3_BUCKET": moto.bucket,
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": moto.key,
        "AWS_SECRET_ACCESS_KEY": moto.secret,
    }
    settings = Settings.load(names)
    assert moto.secret not in repr(settings)
    assert asyncio.run(make_storage(settings).check()) is None


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("AWS_S3_BUCKET", "MPCAS2_S3_BUCKET"),
        ("AWS_ACCESS_KEY_ID", "belong together"),
        ("AWS_SECRET_ACCESS_KEY", "belong together"),
    ],
)
def test_settings_that_lack_a_half_are_refused_by_name(without: str, said: str) -> None:
    names = {
        "MPCAS2_MEDIA_STORE": "s3",
        "AWS_S3_BUCKET": "media",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    del names[without]
    with pytest.raises(SettingsError, match=said):
        Settings.load(names)


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(SettingsError, match="MPCAS2_S3_ENDPOINT_URL"):
        Settings.load(
            {
                "MPCAS2_MEDIA_STORE": "s3",
                "AWS_S3_BUCKET": "media",
                "MPCAS2_S3_ENDPOINT_URL": "s3.example.org",
            }
        )
