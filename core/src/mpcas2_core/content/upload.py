"""One file on its way in: received, checked, then placed before the transaction of its row."""

from __future__ import annotations

from uuid import UUID

from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.rows import ContentFile
from mpcas2_core.content.wording import file_name
from mpcas2_core.storage import StorageWriter

__all__ = ("Upload",)


class Upload:
    """A file that is being received. :meth:`Contents.receive` opens one.

    Args:
        writer: Takes the bytes.
        thumbnail: Takes the bytes of the thumbnail, where there will be one.
        probe: Looks into the file.
        whose: The tenant.
    """

    def __init__(
        self, writer: StorageWriter, thumbnail: StorageWriter, probe: FileProbe, whose: UUID
    ) -> None:
        self._whose = whose
        self._writer = writer
        self._thumbnail = thumbnail
        self._probe = probe
        self.file: ContentFile | None = None
        self.placed = False

    async def write(self, chunk: bytes) -> None:
        """Adds bytes.

        Raises:
            StorageFull: There is no room left.
        """
        await self._writer.write(chunk)

    async def check(self, said: MediaType, name: str | None) -> ContentFile:
        """Ends the file and looks into it. Nothing is in the store yet.

        Args:
            said: What the sender said it was.
            name: Name that the sender gave it.

        Raises:
            InvalidInput: It is empty.
            UnsupportedMedia: It is not what was said, or does not decode.
            StorageFull: There is no room left.
        """
        stored = await self._writer.finish()
        async with self._writer.readable() as path:
            probed = await self._probe.check(path, said, self._whose)
        thumbnail_sha256 = None
        if probed.thumbnail is not None:
            await self._thumbnail.write(probed.thumbnail)
            thumbnail_sha256 = (await self._thumbnail.finish()).sha256
        self.file = ContentFile(
            sha256=stored.sha256,
            name=file_name(name),
            size=stored.size,
            mime_type=probed.mime_type,
            width=probed.width,
            height=probed.height,
            duration=probed.duration,
            media=probed.media,
            thumbnail_sha256=thumbnail_sha256,
        )
        return self.file

    async def place(self) -> None:
        """Puts the checked file into the store; again, where it was removed since.

        It may be copied for minutes, so this belongs outside of any transaction. Until content names
        the file, whoever deletes the last content with the same bytes takes it along:
        :meth:`Contents.create` looks. The thumbnail goes first: where the file is, it is too.

        Raises:
            StorageFull: There is no room left.
        """
        if self.file is None:
            raise RuntimeError("A file is checked before it is placed.")
        self.placed = True
        if self.file.thumbnail_sha256 is not None:
            await self._thumbnail.commit()
        await self._writer.commit()
