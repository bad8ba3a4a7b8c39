"""Content to post: words, pictures and films, made when they are first asked for."""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any
from uuid import UUID

from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine

__all__ = ("MEGABYTE", "Library", "film")

MEGABYTE = 1024 * 1024
COLOURS = ("red", "green", "blue", "yellow")
# X takes them in segments of 4 MiB, YouTube's adapter sends 8 MiB at a time and its end apart.
CLIP_BYTES = 5 * MEGABYTE
FILM_BYTES = 17 * MEGABYTE
FRAMES = 25

# What the pickiest networks take: pictures of 320 dots, H.264 of 540 by 960 that lasts 4 seconds and is
# not too small a file.
STILL_SIDE = 640
REEL_FRAMES, REEL_RATE = 150, 30
REEL_PADDING = 100_000
PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Size 4/Root 1 0 R>>\n%%EOF\n"
)


class Library:
    """The content of one tenant, by names.

    The names are ``words``, ``picture-0`` to ``picture-3`` and, larger, ``still-0`` to ``still-3``,
    ``clip``, ``film`` and ``film-<megabytes>``, ``reel``, which is upright and lasts, and ``paper``.

    Args:
        engine: Stores it.
        tenant: Whose it is.
        user_id: Who makes it.
    """

    def __init__(self, engine: Engine, tenant: Tenant, user_id: UUID) -> None:
        self._engine = engine
        self._tenant = tenant
        self._user_id = user_id
        self._made: dict[str, UUID] = {}

    async def get(self, name: str) -> UUID:
        """Gives the id of a content."""
        if name not in self._made:
            self._made[name] = await self._make(name)
        return self._made[name]

    def made(self, name: str) -> UUID:
        """Gives the id of a content that was asked for before."""
        return self._made[name]

    async def _make(self, name: str) -> UUID:
        kind, _, number = name.partition("-")
        if kind == "words":
            new = NewContent(title="Words", type="text", text="Words of the content")
            contents = self._engine.contents
            row = await self._engine.database.run(
                self._tenant, lambda scope: contents.create(scope, self._user_id, new)
            )
            return row.id
        if kind == "picture":
            return await self._store("image", name, _once(_jpeg(COLOURS[int(number)])))
        if kind == "still":
            still = _jpeg(COLOURS[int(number)], STILL_SIDE)
            return await self._store("image", name, _once(still))
        if kind == "reel":
            return await self._store("video", name, _once(_reel()))
        if kind == "paper":
            return await self._store("document", name, _once(PAPER))
        size = CLIP_BYTES if kind == "clip" else int(number or 0) * MEGABYTE or FILM_BYTES
        return await self._store("video", name, film(size))

    async def _store(self, kind: MediaType, name: str, chunks: AsyncIterator[bytes]) -> UUID:
        contents = self._engine.contents
        async with contents.receive(self._tenant) as upload:
            async for chunk in chunks:
                await upload.write(chunk)
            await upload.check(kind, name)
            new = NewContent(title=f"The {name}", type=kind)
            row = await self._engine.database.run(
                self._tenant, lambda scope: contents.create(scope, self._user_id, new, upload)
            )
        return row.id


async def film(size: int) -> AsyncIterator[bytes]:
    """Makes a short MP4 that is padded to a size, a megabyte at a time.

    The padding is a box that players skip (ISO 14496-12, 8.1.2). Each megabyte of it bears its number,
    so that a piece that is left out, repeated or misplaced changes the checksum.

    Args:
        size: Length in bytes; more than the film itself, which has some kilobytes.
    """
    shown = _mp4()
    yield shown
    left = size - len(shown)
    head = struct.pack(">I4s", left, b"free") if left < 1 << 32 else b""
    yield head
    left -= len(head)
    number = 0
    while left > 0:
        block = struct.pack(">Q", number).ljust(MEGABYTE, b"\0")[:left]
        yield block
        left -= len(block)
        number += 1


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _jpeg(colour: str, side: int = 32) -> bytes:
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "JPEG")
    return out.getvalue()


@functools.cache
def _reel() -> bytes:
    import av  # noqa: PLC0415 - only films need it
    from PIL import Image  # noqa: PLC0415 - the same

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as output:
        stream: Any = output.add_stream("libx264", rate=REEL_RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 540, 960, "yuv420p"
        for number in range(REEL_FRAMES):
            picture = Image.new("RGB", (540, 960), (number, 0, 0))
            frame: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV's own lack
            frame.pts, frame.time_base = number, Fraction(1, REEL_RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    free = struct.pack(">I4s", REEL_PADDING, b"free").ljust(REEL_PADDING, b"\0")
    return out.getvalue() + free


def _mp4() -> bytes:
    import av  # noqa: PLC0415 - only films need it
    from PIL import Image  # noqa: PLC0415 - the same

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as output:
        stream: Any = output.add_stream("mpeg4", rate=FRAMES)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(FRAMES):
            picture = Image.new("RGB", (64, 64), (number * 10, 0, 0))
            frame: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV's own lack
            frame.pts, frame.time_base = number, Fraction(1, FRAMES)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return out.getvalue()
