"""What a process that is killed in the middle of a long request leaves in a store that has no files."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.rows import NewContent
from mpcas2_core.storage import S3Storage
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_state import PART_BYTES
from mpcas2_core.uploads import service
from mpcas2_core.uploads.rows import NewUpload
from mpcas2_core.uploads.service import Uploads

RunStory = Callable[[Callable[[Any], Awaitable[None]]], None]
STEP = 1024 * 1024
SIZE = 4 * PART_BYTES


@pytest.fixture
def bucket() -> Any:
    """Opens a bucket as a process that just started would."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {"endpoint_url": f"http://{host}:{port}", "region": "us-east-1"}
    key = {"access_key_id": "key", "secret_access_key": "secret-0123456789"}
    name = f"media-{uuid4().hex[:12]}"
    boto3.session.Session().client(
        "s3",
        endpoint_url=told["endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret-0123456789",
    ).create_bucket(Bucket=name)
    yield lambda: Bucket(name, **told, **key)
    server.stop()


def test_the_bytes_of_one_long_request_are_kept_while_it_lasts(
    desk: RunStory, bucket: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SAVE_BYTES", PART_BYTES)
    kept: list[int] = []

    def store() -> S3Storage:
        return S3Storage(bucket(), spool=tmp_path / "spool")

    async def story(at: Any) -> None:
        uploads = Uploads(at.database, store(), at.contents, FileProbe(), max_bytes=SIZE)
        new = NewUpload(
            size=SIZE,
            file_name="film.mp4",
            content=NewContent(title="T", type="video"),
            metadata="",
        )
        begun = await at.run(lambda scope: uploads.begin(scope, at.user_id, new))

        async def chunks() -> AsyncIterator[bytes]:
            for number in range(3 * PART_BYTES // STEP):
                yield bytes(STEP)
                if number == 2 * PART_BYTES // STEP:
                    # As another process would find it if this one were killed now.
                    async with store().resume(at.tenant.id, begun.id) as writer:
                        kept.append(writer.offset)

        row = await uploads.receive(at.tenant, begun.id, 0, chunks())
        assert row.received == 3 * PART_BYTES

    desk(story)
    assert kept == [2 * PART_BYTES]
