"""Stores to try the one suite on: a folder, two S3 servers of their own process, and a real S3."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from mpcas2_core.storage import LocalStorage, S3Storage, Storage
from mpcas2_core.storage.s3_bucket import Bucket

KEY, SECRET = "media-key", "media-secret-key-0123456789"
READY_SECONDS = 60.0


class Place(Protocol):
    """Where a store keeps its bytes, as seen from outside."""

    def open(self) -> Storage:
        """Gives the store as a process that just started would have it."""

    def left(self) -> list[str]:
        """Names everything that is there: files, objects, multipart uploads, passing copies."""

    def vanish(self) -> None:
        """Takes the whole store away."""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root / "media"
        self.root.mkdir()

    def open(self) -> Storage:
        return LocalStorage(self.root)

    def left(self) -> list[str]:
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file()
        )

    def vanish(self) -> None:
        shutil.rmtree(self.root)
        self.root.write_bytes(b"")


class S3:
    def __init__(
        self,
        url: str,
        spool: Path,
        *,
        key: str,
        secret: str,
        bucket: str,
        region: str = "us-east-1",
    ) -> None:
        self.region = region
        self.url, self.spool, self.key, self.secret = url, spool, key, secret
        self.bucket = bucket
        self.prefix = f"test-{uuid4().hex[:8]}"
        self.client = _client(url, key, secret, region)

    def open(self, *, secret: str | None = None, bucket: str | None = None) -> S3Storage:
        return S3Storage(
            Bucket(
                bucket or self.bucket,
                endpoint_url=self.url,
                region=self.region,
                access_key_id=self.key,
                secret_access_key=secret or self.secret,
            ),
            prefix=self.prefix,
            spool=self.spool,
        )

    def objects(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        return [entry["Key"] for entry in found.get("Contents", ())]

    def multiparts(self) -> list[dict[str, Any]]:
        found = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        return list(found.get("Uploads", ()))

    def left(self) -> list[str]:
        spooled = [path.name for path in self.spool.glob("*")]
        open_uploads = [f"multipart {entry['Key']}" for entry in self.multiparts()]
        names = [key.removeprefix(f"{self.prefix}/") for key in self.objects()]
        return sorted(names + open_uploads + spooled)

    def vanish(self) -> None:
        self.clear()
        self.client.delete_bucket(Bucket=self.bucket)

    def clear(self) -> None:
        for key in self.objects():
            self.client.delete_object(Bucket=self.bucket, Key=key)
        for entry in self.multiparts():
            self.client.abort_multipart_upload(
                Bucket=self.bucket, Key=entry["Key"], UploadId=entry["UploadId"]
            )


def _client(url: str, key: str, secret: str, region: str) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}),
    )


def _serving(command: Callable[[int], list[str]], log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = os.environ | {"NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET}
    with log.open("wb") as output:
        process = subprocess.Popen(command(port), env=environ, stdout=output, stderr=output)
        try:
            until = time.monotonic() + READY_SECONDS
            while time.monotonic() < until and process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            else:
                pytest.fail(f"The S3 server did not start: {log.read_text()[-2000:]}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="session")
def moto_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _serving(
        lambda port: [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        tmp_path_factory.mktemp("moto") / "log",
    )


@pytest.fixture(scope="session")
def nanio_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("nanio")
    command = [str(Path(sys.executable).with_name("nanio")), "serve", "--data-dir", str(folder)]
    yield from _serving(
        lambda port: [*command, "--host", "127.0.0.1", "--port", str(port)], folder / "log"
    )


@pytest.fixture
def moto(moto_url: str, tmp_path: Path) -> S3:
    return _with_bucket(moto_url, tmp_path)


@pytest.fixture
def nanio(nanio_url: str, tmp_path: Path) -> S3:
    return _with_bucket(nanio_url, tmp_path)


@pytest.fixture
def real_s3(tmp_path: Path) -> Iterator[S3]:
    """A store named by ``MPCAS2_TEST_S3_URL``: ``https://<key>:<secret>@<host>/<bucket>?<region>``.

    Key and secret are percent-encoded.
    """
    given = os.environ.get("MPCAS2_TEST_S3_URL")
    if not given:
        pytest.skip("MPCAS2_TEST_S3_URL is not set: no real S3 to try")
    parts = urlsplit(given)
    host = parts.netloc.rpartition("@")[2]
    place = S3(
        f"{parts.scheme}://{host}",
        tmp_path / "spool",
        key=unquote(parts.username or ""),
        secret=unquote(parts.password or ""),
        bucket=parts.path.strip("/"),
        region=parts.query or "us-east-1",
    )
    yield place
    place.clear()


@pytest.fixture(params=["local", "moto", "nanio", pytest.param("real_s3", marks=pytest.mark.real)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "local":
        return Folder(tmp_path)
    found: Place = request.getfixturevalue(request.param)
    return found


def _with_bucket(url: str, tmp_path: Path) -> S3:
    place = S3(url, tmp_path / "spool", key=KEY, secret=SECRET, bucket=f"media-{uuid4().hex[:12]}")
    place.client.create_bucket(Bucket=place.bucket)
    return place
