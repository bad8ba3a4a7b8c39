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
        probe: Looks into them.
    """

    def __init__(self, writer: StorageWriter, probe: FileProbe) -> None:
        self._writer = writer
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
        probed = await self._probe.check(self._writer.path, said)
        self.file = ContentFile(
            sha256=stored.sha256,
            name=file_name(name),
            size=stored.size,
            mime_type=probed.mime_type,
            width=probed.width,
            height=probed.height,
        )
        return self.file

    async def place(self, scope: Scope) -> None:
        """Puts the checked file into the store, to be seen when the transaction commits.

        The lock keeps a deletion of the last content with the same bytes from removing the file
        between here and the commit.
        """
        if self.file is None:
            raise RuntimeError("A file is checked before it is placed.")
        await store.lock_file(scope, self.file.sha256)
        self.placed = True
        await self._writer.commit()
