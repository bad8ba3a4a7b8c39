"""Keeps uploaded bytes on disk, so that a large upload does not stay in memory."""

import hashlib
import os
import tempfile
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

_RANGE_LIMIT = 1 << 20
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class StoredFile:
    """One growing file; its pieces lie where the disk of all of them had room.

    Make it with ``FileDisk.new_file``.
    """

    def __init__(self, disk: "FileDisk") -> None:
        self._disk = disk
        self._pieces: list[tuple[int, int]] = []
        self._digest = (0, hashlib.sha256())
        self.size = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of everything so far, in hexadecimal digits."""
        done, digest = self._digest
        for chunk in self.chunks(done):
            digest.update(chunk)
        self._digest = (self.size, digest)
        return digest.hexdigest()

    def append(self, data: bytes, *, at: int | None = None) -> None:
        """Adds bytes at the end.

        Args:
            data: The bytes.
            at: Where the caller believes the end to be; None for wherever it is.

        Raises:
            ValueError: The end is elsewhere.
            OSError: The disk is full.
        """
        if at is not None and at != self.size:
            raise ValueError(f"the file ends at byte {self.size}, not at {at}")
        if data:
            self._pieces.append((self._disk.write(data), len(data)))
            self.size += len(data)

    def extend(self, other: "StoredFile") -> None:
        """Adds the present bytes of another file of the same disk, which are not copied."""
        self._pieces.extend(other._pieces)  # noqa: SLF001  # of the same class
        self.size += other.size

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """Returns up to that many bytes from a place on; None means all that follow."""
        return b"".join(self.chunks(start, length))

    def chunks(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yields the bytes of a range, at most 1 MiB at a time."""
        left = self.size - start if length is None else min(length, self.size - start)
        for place, size in self._pieces:
            if start >= size:
                start -= size
                continue
            while left > 0 and start < size:
                data = self._disk.read(place + start, min(left, size - start, _RANGE_LIMIT))
                yield data
                start += len(data)
                left -= len(data)
            start = 0


class FileDisk:
    """The temporary file that holds every stored file of one practice network.

    Make it in the network's ``routes``: the file has no name, so it is gone when a reset drops this
    object or the process ends, however that comes about. One file for all of them means that
    thousands of pictures do not use up the process's open files.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as this object
        self._end = 0

    def __del__(self) -> None:
        """Gives the room back."""
        self._file.close()

    def new_file(self, data: bytes = b"") -> StoredFile:
        """Returns a new file with these bytes in it."""
        stored = StoredFile(self)
        stored.append(data)
        return stored

    def write(self, data: bytes) -> int:
        """Writes bytes behind all others and returns their place."""
        place = self._end
        view = memoryview(data)
        while view:
            view = view[os.pwrite(self._file.fileno(), view, place + len(data) - len(view)) :]
        self._end += len(data)
        return place

    def read(self, place: int, length: int) -> bytes:
        """Returns bytes from a place."""
        return os.pread(self._file.fileno(), length, place)


def file_response(request: Request, stored: StoredFile, media_type: str) -> Response:
    """Returns a stored file, or the range of it that a browser's player asks for.

    A range is answered with at most 1 MiB, which players take as an invitation to ask again.

    Args:
        request: Its Range header is read.
        stored: The file.
        media_type: What it is.
    """
    wanted = request.headers.get("range", "").partition("bytes=")[2]
    first, dash, last = wanted.partition("-")
    if not dash or "," in wanted or not (first + last).isdecimal():
        return Response(stored.read(), media_type=media_type, headers=_HEADERS)
    if first:
        start, stop = int(first), int(last) + 1 if last else stored.size
    else:
        start, stop = max(0, stored.size - int(last)), stored.size
    stop = min(stop, stored.size, start + _RANGE_LIMIT)
    if start >= stop:
        headers = {**_HEADERS, "Content-Range": f"bytes */{stored.size}"}
        return Response(None, 416, headers)
    headers = {**_HEADERS, "Content-Range": f"bytes {start}-{stop - 1}/{stored.size}"}
    return Response(stored.read(start, stop - start), 206, headers, media_type)
