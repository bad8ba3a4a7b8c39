"""Checks a file that came in: what it is, whether it decodes, how large a picture it shows.

The kind is told by the bytes. Images are decoded wholly in a process of their own with limits on
memory, processor time and wall clock; video, audio and documents are told by their bytes alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from mpcas2_core.content.kinds import HEAD_BYTES, FileKind, MediaType, recognise
from mpcas2_core.errors import InvalidInput, UnsupportedMedia

__all__ = ("FileProbe", "Probed")

# Pillow's names of what is taken, by MIME type.
_DECODERS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
_TAKEN = {
    "image": "JPEG, PNG, GIF, WebP or AVIF",
    "video": "MP4, QuickTime, WebM, Matroska, AVI or Ogg",
    "audio": "MP3, MPEG-4, AAC, FLAC, WAV or Ogg",
    "document": "PDF, Word, PowerPoint, Excel or OpenDocument",
}
# A decoder has no business with our secrets: these alone are handed on.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
SECONDS = 30.0
PARALLEL = 2


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """What a file turned out to be.

    Attributes:
        mime_type: Told by its bytes.
        width: Width in pixels as shown, after EXIF orientation; None for what is no image.
        height: Height in pixels, likewise.
    """

    mime_type: str
    width: int | None = None
    height: int | None = None


class FileProbe:
    """Checks files, a few at a time.

    Args:
        parallel: How many decoding processes may run at once.
        seconds: How long one may take by the clock.
    """

    def __init__(self, *, parallel: int = PARALLEL, seconds: float = SECONDS) -> None:
        self._gate = asyncio.Semaphore(parallel)
        self._seconds = seconds

    async def check(self, path: Path, said: MediaType) -> Probed:
        """Looks into a file.

        Args:
            path: The file.
            said: What the sender said it was.

        Raises:
            InvalidInput: It is empty.
            UnsupportedMedia: It is something else, of a kind that is not taken, damaged, or too
                large to decode; the message says which.
        """
        head, tail = await asyncio.to_thread(_ends, path)
        if not head:
            raise InvalidInput(
                "The file is empty. Choose it again and send it once more.",
                code="EMPTY_FILE",
                details={"field": "file"},
            )
        kind = recognise(head, tail)
        if kind.type != said:
            raise _mismatch(kind, said)
        decoder = _DECODERS.get(kind.mime_type)
        if decoder is None:
            return Probed(mime_type=kind.mime_type)
        async with self._gate:
            answer = await self._decode(path, decoder, kind)
        if "refused" in answer:
            raise _refused(kind, str(answer["refused"]))
        return Probed(mime_type=kind.mime_type, width=answer["width"], height=answer["height"])

    async def _decode(self, path: Path, decoder: str, kind: FileKind) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "mpcas2_core.content.probe_child",
            str(path),
            decoder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        try:
            async with asyncio.timeout(self._seconds):
                printed, _ = await process.communicate()
        except TimeoutError:
            raise _refused(kind, "decoding it takes too long") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise _refused(kind, "the decoder gave up on it")
        answer: dict[str, Any] = json.loads(printed)
        return answer


def _ends(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - HEAD_BYTES))
        return head, file.read(HEAD_BYTES)


def _mismatch(kind: FileKind, said: MediaType) -> UnsupportedMedia:
    if kind.type is not None:
        todo = f'Send it with type "{kind.type}", or send {_TAKEN[said]}.'
    else:
        todo = kind.advice or f"Send {_TAKEN[said]}."
    return UnsupportedMedia(
        f'The file was recognised as {kind.name}; it cannot be content of type "{said}". {todo}',
        details={"field": "file", "detected": kind.mime_type or kind.name},
    )


def _refused(kind: FileKind, reason: str) -> UnsupportedMedia:
    return UnsupportedMedia(
        f"The file was recognised as {kind.name}, but {reason}. Save it again with an image program "
        "and send that.",
        code="MEDIA_UNREADABLE",
        details={"field": "file", "detected": kind.mime_type},
    )
