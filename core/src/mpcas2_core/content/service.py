"""Content: made from text or a file, listed, changed, deleted with what hangs on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
import structlog
import uuid_utils.compat as uuids

from mpcas2_core.content import store, wording
from mpcas2_core.content.links import LinkedFile, MediaLinks, PublicLink
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.rows import (
    ContentChange,
    ContentFile,
    ContentFilter,
    ContentRow,
    DeletedContent,
    MediaFile,
    NewContent,
)
from mpcas2_core.content.upload import Upload
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import InvalidInput, NotFound
from mpcas2_core.storage import Storage, StoredFileMissing
from mpcas2_core.storage.steps import to_the_end

__all__ = ("CancelJobs", "Contents")

CancelJobs = Callable[[Scope, UUID, UUID], Awaitable[Sequence[UUID]]]
"""Ends the posts of a content that were not sent yet: scope, content id, user id to job ids.

Raises Conflict with code ``CONTENT_IN_FLIGHT`` when one is being sent now.
"""

# Files of deleted content that one deletion tries to remove; the next one goes on.
RELEASE_AT_ONCE = 20
_log = structlog.get_logger(__name__)


class Contents:
    """The content of tenants.

    Args:
        database: Where the rows are.
        storage: Where the files are.
        probe: Looks into files that come in.
        cancel_jobs: Ends posts of content that is being deleted.
        links: Makes and reads public links; None where nobody asks for any.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        probe: FileProbe,
        cancel_jobs: CancelJobs,
        links: MediaLinks | None = None,
    ) -> None:
        self._database = database
        self._storage = storage
        self._probe = probe
        self._cancel_jobs = cancel_jobs
        self._links = links

    @asynccontextmanager
    async def receive(self, tenant: Tenant) -> AsyncIterator[Upload]:
        """Takes a file in. Leaving with an error, or without placing the file, leaves nothing.

        Args:
            tenant: Whose file it is.
        """
        async with (
            self._storage.writer(tenant.id) as writer,
            self._storage.writer(tenant.id) as thumbnail,
        ):
            upload = Upload(writer, thumbnail, self._probe, tenant.id)
            try:
                yield upload
            except BaseException:
                if upload.placed and upload.file is not None:
                    # The transaction failed after the file was placed. To the end: the error may
                    # be a cancellation, and a second one must not stop the clearing away.
                    await to_the_end(asyncio.create_task(self._release_all(tenant, upload.file)))
                raise

    async def create(
        self, scope: Scope, user_id: UUID, new: NewContent, upload: Upload | None = None
    ) -> ContentRow:
        """Stores content that names its file.

        The file is placed before, by :meth:`Upload.place`. One that is not there is placed under the
        lock: rarely, where the last content with the same bytes was deleted in between.

        Args:
            scope: The tenant.
            user_id: Who makes it.
            new: What it is, as :func:`mpcas2_core.content.wording.checked` gave it.
            upload: Its checked file; None for text.
        """
        file = upload.file if upload is not None else None
        if upload is not None and file is not None:
            await store.lock_files(scope, *file.names)
            if await self.stored(scope.tenant, file) != file:
                await upload.place()
        return await store.insert(scope, uuids.uuid7(), user_id, new, file)

    async def get(self, scope: Scope, content_id: UUID) -> ContentRow:
        """Gives one content.

        Raises:
            NotFound: The tenant has none of that id, or it was deleted.
        """
        row = await store.get(scope, content_id)
        if row is None:
            raise _not_found([content_id])
        return row

    async def list(self, scope: Scope, asked: ContentFilter) -> tuple[list[ContentRow], int]:
        """Gives a page of content, the newest first, and how much there is in all."""
        return await store.list_page(scope, asked)

    async def update(self, scope: Scope, content_id: UUID, change: ContentChange) -> ContentRow:
        """Changes content. Posts that are already planned keep the words they were planned with.

        Raises:
            NotFound: The tenant has none of that id, or it was deleted.
            InvalidInput: What does not fit; ``details`` name the field.
        """
        row = await store.get(scope, content_id, lock=True)
        if row is None:
            raise _not_found([content_id])
        return await store.update(scope, wording.changed(row, change))

    async def delete(self, scope: Scope, content_id: UUID, user_id: UUID) -> DeletedContent:
        """Deletes content and cancels its posts that were not sent yet.

        The file is removed by :meth:`release_files`, to be called after the commit.

        Raises:
            NotFound: The tenant has none of that id, or it was deleted.
            Conflict: A post of it is being sent now.
        """
        if await store.get(scope, content_id, lock=True) is None:
            raise _not_found([content_id])
        cancelled = await self._cancel_jobs(scope, content_id, user_id)
        await store.mark_deleted(scope, content_id)
        return DeletedContent(id=content_id, cancelled_jobs=tuple(cancelled))

    async def release_files(self, tenant: Tenant) -> None:
        """Removes files of deleted content that nothing needs any more.

        Files that other content or a pending post still needs stay, and are looked at again the
        next time. A fault of the store is logged and not raised: the deletion itself stands.
        """
        names = await self._database.run(
            tenant, lambda scope: store.abandoned_files(scope, RELEASE_AT_ONCE)
        )
        for sha256 in names:
            await self._release(tenant, sha256)

    async def media_for(
        self, scope: Scope, ids: Sequence[UUID], *, lock: bool = False
    ) -> dict[UUID, MediaFile]:
        """Gives the files that a post shows.

        Args:
            scope: The tenant.
            ids: Content whose files are wanted.
            lock: True to keep the content from being deleted until the transaction ends: for the
                transaction that plans a post with it.

        Raises:
            NotFound: Some are not there, or were deleted.
            InvalidInput: Some are text and have no file.
        """
        found = await store.media(scope, ids, lock=lock)
        missing = [content_id for content_id in ids if content_id not in found]
        if missing:
            raise _not_found(missing)
        files = {content_id: file for content_id, file in found.items() if file is not None}
        if len(files) < len(found):
            without = next(str(content_id) for content_id in ids if content_id not in files)
            raise InvalidInput(
                f"Content {without} is text and has no file. Name content with a file as media.",
                code="CONTENT_WITHOUT_FILE",
                details={"contentId": without},
            )
        return files

    def open_file(
        self, tenant: Tenant, sha256: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Reads a file, or a part of it, in chunks.

        Args:
            tenant: Whose file it is.
            sha256: Its name.
            start: First byte to read.
            length: How many bytes at most; None for all the rest.

        Raises:
            StoredFileMissing: It is not in the store; raised by the first step.
        """
        return self._storage.open(tenant.id, sha256, start, length)

    async def require_file(self, tenant: Tenant, row: ContentRow) -> ContentFile:
        """Makes sure that the file of content can be read, and gives it.

        Raises:
            NotFound: The content is text.
            StoredFileMissing: The store lacks the file.
        """
        if row.file is None:
            raise NotFound(
                f"Content {row.id} is text and has no file. Its words are in the field text.",
                code="CONTENT_WITHOUT_FILE",
            )
        if await self._storage.size(tenant.id, row.file.sha256) != row.file.size:
            raise StoredFileMissing(
                f"The file of content {row.id} is damaged in the store. Restore it from a backup."
            )
        return row.file

    async def stored(self, tenant: Tenant, file: ContentFile) -> ContentFile | None:
        """Tells what the store has of a checked file.

        Returns:
            The file; without its thumbnail where that alone is missing, None where it is itself.
        """
        if await self._size(tenant, file.sha256) != file.size:
            return None
        thumbnail = file.thumbnail_sha256
        if thumbnail is None or await self._size(tenant, thumbnail) is not None:
            return file
        return msgspec.structs.replace(file, thumbnail_sha256=None)

    async def thumbnail_size(self, tenant: Tenant, row: ContentRow) -> tuple[str, int]:
        """Gives name and size of the thumbnail of content.

        Raises:
            NotFound: The content has none.
            StoredFileMissing: The store lacks it.
        """
        sha256 = row.file.thumbnail_sha256 if row.file else None
        if sha256 is None:
            raise NotFound(
                f"Content {row.id} has no thumbnail. Images and videos have one.",
                code="CONTENT_WITHOUT_THUMBNAIL",
            )
        return sha256, await self._storage.size(tenant.id, sha256)

    def public_link(
        self, tenant: Tenant, file: ContentFile | MediaFile, seconds: int
    ) -> PublicLink:
        """Makes a link under which anybody can fetch a file, for a while.

        Args:
            tenant: Whose file it is.
            file: The file.
            seconds: How long the link is good, 24 hours at most.

        Raises:
            InvalidInput: It would last too long, or not at all.
        """
        name = file.name if isinstance(file, ContentFile) else ""
        return self._known_links().make(tenant.id, file.sha256, file.mime_type, seconds, name=name)

    def read_link(self, token: str) -> LinkedFile:
        """Reads the last part of a public link's address. Whether the file is there is not known yet.

        Raises:
            LinkInvalid: It was not made here, or was changed.
            LinkExpired: Its time is over.
        """
        return self._known_links().read(token)

    async def linked_size(self, tenant: Tenant, sha256: str) -> int:
        """Makes sure that a file which a link names is still shown by something; gives its size.

        Raises:
            NotFound: Its content was deleted, or the store lacks it.
        """
        if not await self._database.run(tenant, lambda scope: store.file_is_needed(scope, sha256)):
            raise NotFound("The file of this link was deleted.", code="FILE_MISSING")
        return await self._storage.size(tenant.id, sha256)

    async def _size(self, tenant: Tenant, sha256: str) -> int | None:
        try:
            return await self._storage.size(tenant.id, sha256)
        except StoredFileMissing:
            return None

    def _known_links(self) -> MediaLinks:
        if self._links is None:
            raise RuntimeError("This process was put together without public links.")
        return self._links

    async def _release_all(self, tenant: Tenant, file: ContentFile) -> None:
        for sha256 in file.names:
            await self._release(tenant, sha256)

    async def _release(self, tenant: Tenant, sha256: str) -> None:
        async def work(scope: Scope) -> None:
            await store.lock_files(scope, sha256)
            if not await store.file_is_needed(scope, sha256):
                await self._storage.delete(tenant.id, sha256)
                await store.forget_file(scope, sha256)

        try:
            await self._database.run(tenant, work)
        except OSError as error:
            _log.warning("media_not_removed", sha256=sha256, error=str(error))


def _not_found(ids: Sequence[UUID]) -> NotFound:
    names = ", ".join(str(content_id) for content_id in ids)
    return NotFound(
        f"There is no content {names}. It may have been deleted; list what there is.",
        code="CONTENT_NOT_FOUND",
        details={"contentIds": [str(content_id) for content_id in ids]},
    )
