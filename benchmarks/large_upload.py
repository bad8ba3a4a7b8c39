"""A large file through the API into storage, and from there to YouTube: memory, and speed against a copy.

Linux only: the peaks of memory are the kernel's.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psutil
from benchmarks import publishers, rig
from benchmarks.copy_server import ANSWER, CHUNK, LENGTH_BYTES
from benchmarks.film import make_film
from benchmarks.networks import Network, running
from benchmarks.peaks import MIB, PeakMeter
from benchmarks.serving import listening, serving
from benchmarks.start import free_port

from mpcas2_core.engine import Engine

# So small that it only loads what is loaded with the first file; no buffer is grown by it.
FIRST_BYTES = 300_000
LONGEST_SECONDS = 3_000.0
AIM_MIB = 64
BUCKET, KEY, SECRET = "benchmark", "benchmark-key", "benchmark-secret-0123456789"
# The pause before YouTube is asked is cut short; see `publishers.hurried`.
QUICK = {"MPCAS2_POLL_SECONDS": "0.1"}


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """An upload: seconds until the last byte was answered for, and until it was content."""

    seconds: float
    until_content: float
    content_id: UUID


class Bench:
    """One run.

    Args:
        place: The servers.
        network: YouTube.
        port: Of the API.
        size: Bytes of the large file.
    """

    def __init__(self, place: rig.Site, network: Network, port: int, size: int) -> None:
        self.place = place
        self.network = network
        self.size = size
        self._port = port
        self._folder = Path(place.environment["HOME"])

    def film(self, size: int) -> Path:
        """Gives a video of that size; but for its first frames it is a hole in the disk."""
        path = self._folder / f"film-{size}.mp4"
        if not path.exists():
            make_film(path, size)
        return path

    def copied(self) -> float:
        """Copies the large file over the same loopback into a file; gives the seconds."""
        port, target = free_port(), self._folder / "copy"
        command = [sys.executable, "-m", "benchmarks.copy_server", str(port), str(target)]
        with listening(command, self.place.environment, port):
            started = time.perf_counter()
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(self.size.to_bytes(LENGTH_BYTES, "big"))
                _send_file(connection, self.film(self.size))
                if connection.recv(len(ANSWER)) != ANSWER:
                    raise RuntimeError("The copy did not arrive.")
            seconds = time.perf_counter() - started
        target.unlink()
        return seconds

    def uploaded(self, token: str, path: Path) -> Sent:
        """Uploads a file in one request, from a socket, so that the client costs next to nothing."""
        signed = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        fields = {"filename": path.name, "title": "Benchmark", "type": "video"}
        packed = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items()
        )
        base = f"http://127.0.0.1:{self._port}/api/v1/uploads"
        size = path.stat().st_size
        with httpx.Client(trust_env=False, timeout=60.0, headers=signed) as client:
            started = time.perf_counter()
            begun = client.post(
                base, headers={"Upload-Length": str(size), "Upload-Metadata": packed}
            )
            upload_id = begun.raise_for_status().json()["id"]
            self._patch(f"/api/v1/uploads/{upload_id}", signed, path)
            seconds = time.perf_counter() - started
            while True:
                state = client.get(f"{base}/{upload_id}").raise_for_status().json()
                if state["state"] != "checking":
                    break
                time.sleep(0.05)
        if state["state"] != "done":
            raise RuntimeError(f"The upload is {state}.")
        return Sent(
            seconds=seconds,
            until_content=time.perf_counter() - started,
            content_id=UUID(state["contentId"]),
        )

    async def to_youtube(
        self, engine: Engine, publisher: publishers.Publisher, content_id: UUID
    ) -> float:
        """Has the worker post a stored film; gives the seconds from claim to acceptance."""
        found = await engine.database.run(
            publisher.tenant, lambda scope: engine.contents.media_for(scope, [content_id])
        )
        post = msgspec.structs.replace(publisher, content_id=content_id, media=(found[content_id],))
        await publishers.submit_many(engine, [post], each=1, due_at=datetime.now(UTC))
        async with publishers.hurried(engine, ["youtube"]):
            await publishers.drained(engine, LONGEST_SECONDS)
        row = await engine.database.run(
            publisher.tenant,
            lambda scope: scope.fetchrow(
                "SELECT j.state, j.error_message, "
                "extract(epoch FROM a.finished_at - a.started_at)::float8 AS seconds "
                "FROM publish_jobs j JOIN publish_attempts a ON a.job_id = j.id "
                "WHERE j.content_id = $1 AND a.kind = 'publish' ORDER BY a.finished_at DESC",
                content_id,
            ),
        )
        if row is None or row["state"] != "published":
            raise RuntimeError(f"The film did not go out: {row}.")
        uploads = self.network.process.control.call("GET", "uploads")
        if uploads[-1]["total"] != found[content_id].size or not uploads[-1]["videoId"]:
            raise RuntimeError(f"YouTube did not get the whole file: {uploads[-1]}")
        seconds: float = row["seconds"]
        return seconds

    def _patch(self, path: str, headers: Mapping[str, str], file: Path) -> None:
        lines = [
            f"PATCH {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Content-Type: application/offset+octet-stream",
            f"Content-Length: {file.stat().st_size}",
            "Upload-Offset: 0",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            _send_file(connection, file)
            answer = b""
            while part := connection.recv(CHUNK):
                answer += part
        if not answer.startswith(b"HTTP/1.1 204"):
            raise RuntimeError(f"The API refused the file: {answer[:2000]!r}")


def _send_file(connection: socket.socket, path: Path) -> None:
    # Not sendfile: clients read and send, and both sides of the comparison shall do the same.
    with path.open("rb") as file:
        while step := file.read(CHUNK):
            connection.sendall(step)


@contextlib.contextmanager
def s3() -> Iterator[tuple[dict[str, str], psutil.Process]]:
    """Runs an S3 server of its own; gives the settings that lead to its bucket, and its process."""
    import boto3  # noqa: PLC0415 - only this store needs it
    from botocore.config import Config  # noqa: PLC0415 - as above

    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="mpcas2-bench-s3-"))
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("nanio")), "serve", "--no-access-log"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder / "data")]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "NANIO_ACCESS_KEY": KEY,
        "NANIO_SECRET_KEY": SECRET,
    }
    try:
        with listening(command, environment, port) as process:
            client = boto3.session.Session().client(
                "s3",
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id=KEY,
                aws_secret_access_key=SECRET,
                config=Config(s3={"addressing_style": "path"}),
            )
            client.create_bucket(Bucket=BUCKET)
            yield (
                {
                    "MPCAS2_MEDIA_STORE": "s3",
                    "MPCAS2_S3_BUCKET": BUCKET,
                    "MPCAS2_S3_ENDPOINT_URL": url,
                    "MPCAS2_S3_REGION": "us-east-1",
                    "MPCAS2_S3_ACCESS_KEY_ID": KEY,
                    "MPCAS2_S3_SECRET_ACCESS_KEY": SECRET,
                },
                process,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def measure(bench: Bench, trees: Mapping[str, psutil.Process]) -> None:
    """Uploads, posts and copies, and shows it."""
    copies = [await asyncio.to_thread(bench.copied)]
    async with rig.engine_of(bench.place) as engine:
        owner, token = await publishers.register(engine)
        publisher = await publishers.make_publisher(engine, bench.network, owner=owner)
        with rig.worker(bench.place, QUICK) as worker:
            everyone = {**trees, "worker": worker}
            first = await asyncio.to_thread(bench.uploaded, token, bench.film(FIRST_BYTES))
            await bench.to_youtube(engine, publisher, first.content_id)
            with PeakMeter(everyone) as peaks:
                sent = await asyncio.to_thread(bench.uploaded, token, bench.film(bench.size))
            show("upload through the API", sent.seconds, bench.size, peaks)
            print(f"  it was content after {sent.until_content:.1f} s")
            with PeakMeter(everyone) as peaks:
                seconds = await bench.to_youtube(engine, publisher, sent.content_id)
            show("from storage to YouTube", seconds, bench.size, peaks)
    copies.append(await asyncio.to_thread(bench.copied))
    copy = rig.median(copies)
    print(f"plain copy over the loopback: {bench.size / MIB / copy:,.0f} MiB/s, before and after")
    for what, took in (
        ("upload / copy", sent.seconds),
        ("upload until it is content / copy", sent.until_content),
        ("storage to YouTube / copy", seconds),
    ):
        print(f"RATIO of MiB/s, {what}: {copy / took:.2f}")


def show(what: str, seconds: float, size: int, peaks: PeakMeter) -> None:
    """Shows speed, and the growth of each process."""
    print(f"{what}: {size / MIB / seconds:,.0f} MiB/s ({seconds:.1f} s)")
    for name, grown in peaks.growth().items():
        aim = "" if grown < AIM_MIB or "child" in name else f"  MORE THAN {AIM_MIB}"
        print(f"  peak of {name}: {grown:+.1f} MiB{aim}", flush=True)


def main() -> None:
    """Reads the sizes and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2_048)
    parser.add_argument("--store", choices=("local", "s3"), default="local")
    arguments: Any = parser.parse_args()
    size: int = arguments.megabytes * MIB
    print(
        rig.headline(f"large_upload: {arguments.megabytes} MiB, store {arguments.store}"),
        flush=True,
    )
    with contextlib.ExitStack() as stack:
        settings, trees = {"MPCAS2_MAX_UPLOAD_BYTES": str(2 * size)}, {}
        if arguments.store == "s3":
            chosen, trees["S3 server"] = stack.enter_context(s3())
            settings |= chosen
        networks = stack.enter_context(running(["youtube"]))
        place = stack.enter_context(rig.site(networks.values(), settings))
        asyncio.run(_migrate(place))
        port, network = free_port(), networks["youtube"]
        serve = [sys.executable, "-m", "mpcas2_server.cli", "serve", "--port", str(port)]
        ready = f"http://127.0.0.1:{port}/health/ready"
        trees["API"] = stack.enter_context(serving(serve, place.environment, ready))
        trees["network"] = psutil.Process(network.process.pid)
        asyncio.run(measure(Bench(place, network, port, size), trees))


async def _migrate(place: rig.Site) -> None:
    async with rig.engine_of(place):
        pass


if __name__ == "__main__":
    main()
