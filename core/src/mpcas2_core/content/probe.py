"""Checks a file that came in: what it is, whether it decodes, what it shows and how long it lasts.

The kind is told by the bytes. Images are decoded wholly, videos and audio are opened, begun and looked
at to the end, in a process of their own with limits on memory, processor time and wall clock; that
process draws the thumbnail as well. Documents are told by their bytes alone.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from mpcas2_core.content.kinds import HEAD_BYTES, FileKind, MediaType, recognise
from mpcas2_core.content.rows import MediaFacts, SoundFacts, VideoFacts
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
# FFmpeg's names of containers, by the second half of a MIME type.
_DEMUXERS = {
    "mp4": "mov",
    "quicktime": "mov",
    "3gpp": "mov",
    "webm": "matroska",
    "x-matroska": "matroska",
    "x-msvideo": "avi",
    "ogg": "ogg",
    "mpeg": "mp3",
    "aac": "aac",
    "flac": "flac",
    "wav": "wav",
}
_TAKEN = {
    "image": "JPEG, PNG, GIF, WebP or AVIF",
    "video": "MP4, QuickTime, WebM, Matroska, AVI or Ogg",
    "audio": "MP3, MPEG-4, AAC, FLAC, WAV or Ogg",
    "document": "PDF, Word, PowerPoint, Excel or OpenDocument",
}
_PROGRAMS = {"image": "pictures", "video": "videos", "audio": "sound", "document": "documents"}
# A decoder has no business with our secrets: these alone are handed on.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
SECONDS = 60.0
PARALLEL = 2
# More than any thumbnail; a process that a file has taken over could print without end.
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """What a file turned out to be.

    Attributes:
        mime_type: Told by its bytes.
        width: Width in pixels as shown, after its orientation; None for audio and documents.
        height: Height in pixels, likewise.
        duration: Length in seconds, for videos and audio.
        media: What is inside a video or audio file.
        thumbnail: A small JPEG, for images and videos.
    """

    mime_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    media: MediaFacts = MediaFacts()
    thumbnail: bytes | None = None


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the child process prints."""

    refused: str | None = None
    holds_picture: bool = False
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    video: VideoFacts | None = None
    audio: SoundFacts | None = None
    thumbnail: bytes | None = None


class FileProbe:
    """Checks files, a few at a time.

    Args:
        parallel: How many of its processes may run at once.
        seconds: How long one may take by the clock.
    """

    def __init__(self, *, parallel: int = PARALLEL, seconds: float = SECONDS) -> None:
        self._gate = asyncio.Semaphore(parallel)
        self._seconds = seconds
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def check(self, path: Path, said: MediaType, whose: UUID) -> Probed:
        """Looks into a file; one of each tenant at a time, so that nobody takes all places.

        Args:
            path: The file.
            said: What the sender said it was.
            whose: The tenant.

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
        mime_type = kind.mime_type
        if kind.type == "video" and said == "audio" and kind.sound_type:
            # The container is the same; the child says when there is a picture in it.
            mime_type = kind.sound_type
        elif kind.type != said:
            raise _mismatch(kind, said)
        if said == "document":
            return Probed(mime_type=mime_type)
        decoder = _DECODERS.get(mime_type) or _DEMUXERS[mime_type.partition("/")[2]]
        turn = self._turns.setdefault(whose, asyncio.Lock())
        async with turn, self._gate:
            answer = await self._look(path, said, decoder, kind)
        if answer.holds_picture:
            raise _mismatch(kind, said)
        if answer.refused is not None:
            raise _refused(kind, said, answer.refused)
        return Probed(
            mime_type=mime_type,
            width=answer.width,
            height=answer.height,
            duration=answer.duration,
            media=MediaFacts(video=answer.video, audio=answer.audio),
            thumbnail=answer.thumbnail,
        )

    async def _look(self, path: Path, said: MediaType, decoder: str, kind: FileKind) -> _Answer:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "mpcas2_core.content.probe_child",
            str(path),
            said,
            decoder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        try:
            async with asyncio.timeout(self._seconds):
                printed = await _printed(process)
        except TimeoutError:
            raise _refused(kind, said, "decoding it takes too long") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            if process.returncode == 0:
                return msgspec.json.decode(printed, type=_Answer)
        except msgspec.DecodeError:
            pass
        raise _refused(kind, said, "the decoder gave up on it")


async def _printed(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise RuntimeError("The probe's process is started with a pipe.")
    printed = bytearray()
    while chunk := await process.stdout.read(65_536):
        printed += chunk
        if len(printed) > MAX_ANSWER_BYTES:
            return b""
    await process.wait()
    return bytes(printed)


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


def _refused(kind: FileKind, said: MediaType, reason: str) -> UnsupportedMedia:
    return UnsupportedMedia(
        f"The file was recognised as {kind.name}, but {reason}. Save it again with a program for "
        f"{_PROGRAMS[said]} and send that.",
        code="MEDIA_UNREADABLE",
        details={"field": "file", "detected": kind.mime_type},
    )
