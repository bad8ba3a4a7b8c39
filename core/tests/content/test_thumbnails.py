import io
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from mpcas2_core.content import store
from mpcas2_core.content.rows import (
    ContentFile,
    ContentRow,
    MediaFacts,
    NewContent,
    SoundFacts,
    VideoFacts,
)
from mpcas2_core.database import Scope

# The fixture's own type: what a story gets is made in conftest.
RunStory = Callable[[Callable[[Any], Awaitable[None]]], None]


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


async def add_picture(at: Any, colour: str) -> ContentRow:
    async with at.contents.receive(at.tenant) as upload:
        await upload.write(png(colour))
        await upload.check("image", "a.png")
        await upload.place()
        new = NewContent(title="P", type="image")
        row: ContentRow = await at.run(
            lambda scope: at.contents.create(scope, at.user_id, new, upload)
        )
        return row


def test_a_picture_is_stored_with_its_thumbnail_and_both_go_together(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        first, twin, other = [await add_picture(at, one) for one in ("red", "red", "blue")]
        assert first.file is not None
        assert at.files() != []
        assert await at.contents.thumbnail_size(at.tenant, first) == (
            first.file.thumbnail_sha256,
            await at.storage.size(at.tenant.id, first.file.thumbnail_sha256),
        )
        for row, left in ((first, 4), (other, 2), (twin, 0)):
            await delete(at, row)
            assert len(at.files()) == left

    desk(story)


def test_a_picture_whose_transaction_fails_leaves_no_thumbnail(desk: RunStory) -> None:
    async def story(at: Any) -> None:
        async def attempt() -> None:
            async with at.contents.receive(at.tenant) as upload:
                await upload.write(png("red"))
                await upload.check("image", "a.png")
                await upload.place()

                async def work(_scope: Scope) -> None:
                    raise RuntimeError

                await at.run(work)

        with pytest.raises(RuntimeError):
            await attempt()
        assert at.files() == []

    desk(story)


def test_facts_of_a_video_are_stored_and_told_to_a_post(desk: RunStory) -> None:
    facts = MediaFacts(
        video=VideoFacts(codec="h264", frame_rate=25.0),
        audio=SoundFacts(codec="aac", sample_rate=48_000, channels=2),
    )
    file = ContentFile(
        sha256="ab" * 32,
        name="a.mp4",
        size=5,
        mime_type="video/mp4",
        width=1920,
        height=1080,
        duration=12.5,
        media=facts,
        thumbnail_sha256="cd" * 32,
    )

    async def story(at: Any) -> None:
        new = NewContent(title="V", type="video")
        row = await at.run(lambda scope: store.insert(scope, uuid4(), at.user_id, new, file))
        assert row.file == file
        found = await at.run(lambda scope: at.contents.media_for(scope, [row.id]))
        assert (found[row.id].duration, found[row.id].width) == (12.5, 1920)
        for sha256 in (file.sha256, file.thumbnail_sha256):
            assert await at.run(lambda scope, name=sha256: store.file_is_needed(scope, name))

    desk(story)


async def delete(at: Any, row: ContentRow) -> None:
    await at.run(lambda scope: at.contents.delete(scope, row.id, at.user_id))
    await at.contents.release_files(at.tenant)
