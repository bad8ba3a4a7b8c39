"""One file on its way in: received, checked, then placed in the transaction of its row."""

from __future__ import annotations

from mpcas2_core.content import store
from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.rows import ContentFile
from mpcas2_core.content.wording import file_name
from mpcas2_core.database.scope import Scope
from mpcas2_core.storage import StorageWriter

__all__ = ("Upload",)


class Upload:
    """A file that is being received. :meth:`Contents.receive` opens one.

    Args:
        writer: Takes the bytes.
        thumbnail: Takes the bytes of the thumbnail, where there will be one.
        probe: Looks into the file.
    """

    def __init__(self, writer: StorageWriter, thumbnail: StorageWriter, probe: FileProbe) -> None:
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
            probed = await self._probe.check(path, said)
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

    async def place(self, scope: Scope) -> None:
        """Puts the checked file into the store, to be seen when the transaction commits.

        The lock keeps a deletion of the last content with the same bytes from removing the file
        between here and the commit. The thumbnail goes first: where the file is, it is too.
        """
        if self.file is None:
            raise RuntimeError("A file is checked before it is placed.")
        thumbnail = self.file.thumbnail_sha256
        # In one order, since the file of one content may be the thumbnail of another.
        for sha256 in sorted({self.file.sha256, thumbnail or self.file.sha256}):
            await store.lock_file(scope, sha256)
        self.placed = True
        if thumbnail is not None:
            await self._thumbnail.commit()
        await self._writer.commit()
