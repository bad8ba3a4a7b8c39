"""The archive file of a backup: a compressed tar whose manifest lists the SHA-256 of every member.

Members are ``database.dump``, ``media/...``, ``secrets/...`` and, last, ``manifest.json``. Writing and
reading go through the file once, a block at a time.
"""

import contextlib
import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

import msgspec

from mpcas2_core.servers.account import ServerError

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
FOLDERS = ("media", "secrets")

_BLOCK = 1 << 20
_MANIFEST_BYTES = 1 << 30


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds.

    Attributes:
        format: Version of the archive's layout.
        product_version: Version of mpcas2 that made it.
        postgres_version: Version of the server that the database came from.
        created: Moment of the backup, UTC, ISO 8601.
        sha256: Hexadecimal SHA-256 by member name; the manifest itself is not listed.
    """

    format: int
    product_version: str
    postgres_version: str
    created: str
    sha256: dict[str, str]


class ArchiveWriter:
    """Writes an archive; the file appears under its name when it is whole, readable by its owner only."""

    def __init__(self, target: Path) -> None:
        """Remembers the file to make.

        Raises:
            ServerError: It exists already.
        """
        if target.exists():
            raise ServerError(f"{target} exists already. Name another file or move it away.")
        self._target = target
        self._staged = target.with_name(f".{target.name}.partial")
        self._sha256: dict[str, str] = {}

    def __enter__(self) -> Self:
        file = os.open(self._staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._raw = os.fdopen(file, "wb")
        # Media do not shrink, so the lightest compression is the right one; mtime 0 and no name keep
        # the machine's details out of the header.
        self._gzip = gzip.GzipFile(
            fileobj=self._raw, filename="", mode="wb", compresslevel=1, mtime=0
        )
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT)
        return self

    def add(self, name: str, source: Path) -> int:
        """Adds a file as it is at this moment, and gives its size in bytes.

        Raises:
            ServerError: The file shrank while it was read.
            OSError: It cannot be read.
        """
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            reader = _HashingReader(file)
            try:
                self._tar.addfile(_header(name, size), reader)
            except OSError as error:
                if reader.count < size and error.errno is None:
                    raise ServerError(f"{source} changed during the backup. Repeat it.") from error
                raise
        _forget_members(self._tar)
        self._sha256[name] = reader.sha256.hexdigest()
        return size

    def finish(self, describe: Callable[[dict[str, str]], Manifest]) -> None:
        """Adds the manifest, which ``describe`` makes from the hashes, and ends the archive."""
        content = msgspec.json.format(msgspec.json.encode(describe(self._sha256)), indent=1)
        self._tar.addfile(_header(MANIFEST, len(content)), io.BytesIO(content))
        self._tar.close()
        self._gzip.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._staged.replace(self._target)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After a failure these still want to write an end, perhaps to a full disk.
        for stream in (self._tar, self._gzip, self._raw):
            with contextlib.suppress(OSError):
                stream.close()
        self._staged.unlink(missing_ok=True)


def verify(archive: Path) -> None:
    """Checks an archive as `unpack` does, and writes nothing.

    Raises:
        ServerError: The archive is damaged, was changed, or is of a later format.
        OSError: It cannot be read.
    """
    _read(archive, None)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpacks an archive into an empty folder and checks every member against the manifest.

    Names that lead out of the folder, links, devices, members that are not listed, listed ones that
    are missing and hashes that differ are all refused; the caller then throws the folder away.

    Raises:
        ServerError: The archive is damaged, was changed, or is of a later format.
        OSError: The folder cannot be written.
    """
    return _read(archive, folder)


def _read(archive: Path, folder: Path | None) -> Manifest:
    """Reads an archive to its end, into the folder if there is one, and checks it."""
    found: dict[str, str] = {}
    content = b""
    try:
        with gzip.open(archive, "rb") as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    _forget_members(tar)
                    name = _checked_name(member, found)
                    source = tar.extractfile(member)
                    if source is None:  # a folder: its files make it
                        continue
                    if name == MANIFEST and not content and member.size <= _MANIFEST_BYTES:
                        content = source.read()
                    else:
                        found[name] = _store(source, member, folder and folder / name)
            while stream.read(_BLOCK):
                pass  # The checksum of the whole stream is checked at its end.
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ServerError(f"{archive} is damaged or not a backup of mpcas2 ({error}).") from error
    manifest = _read_manifest(archive, content)
    wrong = sorted(name for name, _ in manifest.sha256.items() ^ found.items())
    if wrong:
        raise ServerError(
            f"{archive} was changed or is damaged: {wrong[0]} is not what its manifest says. Nothing has "
            f"been restored; use another backup."
        )
    return manifest


def _forget_members(tar: tarfile.TarFile) -> None:
    """Drops the headers that a stream keeps for look-ups, so that memory stays the same throughout."""
    tar.members = []  # type: ignore[attr-defined]  # typeshed leaves out this attribute


class _HashingReader(io.RawIOBase):
    """Hands on what a file holds and computes its hash on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        block = self._file.read(size)
        self.sha256.update(block)
        self.count += len(block)
        return block


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header


def _checked_name(member: tarfile.TarInfo, found: dict[str, str]) -> str:
    """Gives a member's name if it is safe to use and new.

    Raises:
        ServerError: It is not.
    """
    path = PurePosixPath(member.name)
    in_folder = path.parts[0] in FOLDERS and ".." not in path.parts if path.parts else False
    is_file = member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse()
    known = (in_folder and len(path.parts) > 1) or member.name in {MANIFEST, DATABASE}
    usual = (is_file and known) or (member.isdir() and in_folder)
    if not usual or path.as_posix() != member.name or "\0" in member.name or member.name in found:
        raise ServerError(
            f"The archive holds {member.name!r}, which does not belong into a backup. Nothing has been "
            f"restored; use another backup."
        )
    return member.name


def _store(source: IO[bytes], member: tarfile.TarInfo, target: Path | None) -> str:
    """Writes a member into a file, if one is named, in blocks, and gives its hash.

    Raises:
        EOFError: The archive ends before the member does.
    """
    sha256 = hashlib.sha256()
    left = member.size
    with contextlib.nullcontext() if target is None else _new_file(member.name, target) as output:
        while left and (block := source.read(min(_BLOCK, left))):
            if output is not None:
                output.write(block)
            sha256.update(block)
            left -= len(block)
    if left:
        raise EOFError(f"{PurePosixPath(member.name).name} is cut short")
    return sha256.hexdigest()


def _new_file(name: str, target: Path) -> IO[bytes]:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Media get the mode that new files get here; the rest is for the owner only.
    mode = 0o666 if name.startswith("media/") else 0o600
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    return os.fdopen(file, "wb")


def _read_manifest(archive: Path, content: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise ServerError(
            f"{archive} has no readable {MANIFEST}: it is no backup of mpcas2."
        ) from error
    if manifest.format > FORMAT:
        raise ServerError(
            f"{archive} was made by mpcas2 {manifest.product_version} in a later format. Restore it with "
            f"that version."
        )
    if DATABASE not in manifest.sha256:
        raise ServerError(f"{archive} holds no database. Use another backup.")
    return manifest
