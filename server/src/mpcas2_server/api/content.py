"""``/content``: what people post, with its file streamed in and out in constant memory."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.response.base import ASGIResponse

from mpcas2_core.content import wording
from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.rows import (
    ContentChange,
    ContentFile,
    ContentFilter,
    ContentRow,
    NewContent,
)
from mpcas2_core.content.upload import Upload
from mpcas2_core.database import Scope
from mpcas2_core.errors import UnsupportedMedia
from mpcas2_core.identity import Principal
from mpcas2_core.uploads import quota
from mpcas2_server.api.content_body import bounded_body, chunks_of, room_for
from mpcas2_server.api.content_download import Download, send_file
from mpcas2_server.api.content_shapes import (
    FORM,
    FORM_FIELDS,
    REPEATABLE,
    Content,
    ContentChangeInput,
    ContentDeleted,
    ContentPage,
    ContentQuery,
    ContentSent,
    FileLink,
    FileLinkInput,
    TextContentInput,
    from_form,
    shown,
)
from mpcas2_server.caller import Caller, signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.idempotency import Outcome, earlier_answer, key_of, once
from mpcas2_server.multipart import is_form, read_form
from mpcas2_server.wire import (
    answer,
    decode_as,
    pagination,
    read_json,
    read_query,
)

__all__ = ("ContentController",)

AnyRequest = Request[Any, Any, Any]


class ContentController(Controller):
    """Content and its files."""

    path = "/content"

    @get(
        "/",
        doc=Doc(
            tag="Content",
            summary="List content",
            description="The newest first.",
            query=ContentQuery,
            answers={200: ContentPage},
        ),
    )
    async def list_content(self, request: AnyRequest) -> ASGIResponse:
        """Gives a page of content."""
        caller = signed_in(request)
        query = read_query(request, ContentQuery)
        asked = ContentFilter(
            page=query.page,
            limit=query.limit,
            type=None if query.type is msgspec.UNSET else query.type,
            status=None if query.status is msgspec.UNSET else query.status,
        )

        async def work(scope: Scope, _principal: Principal) -> tuple[list[ContentRow], int]:
            return await caller.engine.contents.list(scope, asked)

        rows, total = await caller.run(work)
        return answer(
            ContentPage(data=[shown(row) for row in rows], pagination=pagination(query, total))
        )

    @post(
        "/",
        request_max_body_size=None,
        doc=Doc(
            tag="Content",
            summary="Create content",
            description=(
                "A file comes as `multipart/form-data` and is streamed into the store. The kind of "
                "a file is told by its bytes; images are decoded before they are taken. Content of "
                "type `text` has no file and may come as JSON."
            ),
            form=FORM,
            body=TextContentInput,
            example={"title": "Hello", "type": "text", "text": "Hello, world."},
            answers={201: Content},
            errors={
                409: "`IDEMPOTENCY_KEY_REUSED`: the key came with another request.",
                413: "`FILE_TOO_LARGE`: the file is larger than this installation takes.",
                415: "The file is not of the said type, damaged, or of a kind that is not taken.",
                507: "`STORAGE_FULL`: there is no room left for media.",
            },
        ),
    )
    async def create_content(self, request: AnyRequest) -> ASGIResponse:
        """Makes content from a form with a file, or from JSON."""
        caller = signed_in(request)
        key_of(request)
        content_type = request.headers.get("content-type", "")
        if is_form(content_type):
            return await _create_from_form(request, caller, content_type)
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMedia(
                f"The body is said to be {content_type or 'nothing'!r}. Send multipart/form-data "
                "with a file, or application/json for content of type text."
            )
        body = decode_as(await bounded_body(request), TextContentInput)
        new = wording.checked(
            NewContent(
                title=body.title,
                type=body.type,
                description=body.description,
                text=body.text,
                alt_text=body.alt_text,
                tags=body.tags,
            ),
            has_file=False,
        )
        return await _create(request, caller, new, None)

    @get(
        "/{content_id:uuid}",
        doc=Doc(
            tag="Content",
            summary="Get content",
            answers={200: Content},
            errors={404: "`CONTENT_NOT_FOUND`"},
        ),
    )
    async def get_content(self, request: AnyRequest, content_id: UUID) -> ASGIResponse:
        """Gives one content."""
        row, _ = await _find(signed_in(request), content_id)
        return answer(shown(row))

    @patch(
        "/{content_id:uuid}",
        doc=Doc(
            tag="Content",
            summary="Change content",
            description="Posts that are planned already keep the words they were planned with.",
            body=ContentChangeInput,
            example={"title": "A better title", "tags": ["spring"]},
            answers={200: Content},
            errors={404: "`CONTENT_NOT_FOUND`"},
        ),
    )
    async def update_content(self, request: AnyRequest, content_id: UUID) -> ASGIResponse:
        """Changes words, tags or status."""
        caller = signed_in(request)
        body = await read_json(request, ContentChangeInput)
        change = ContentChange(
            title=body.title,
            description=body.description,
            text=body.text,
            alt_text=body.alt_text,
            tags=body.tags,
            status=body.status,
        )

        async def work(scope: Scope, _principal: Principal) -> ContentRow:
            return await caller.engine.contents.update(scope, content_id, change)

        return answer(shown(await caller.run(work)))

    @delete(
        "/{content_id:uuid}",
        status_code=200,
        doc=Doc(
            tag="Content",
            summary="Delete content",
            description=(
                "Its posts that were not sent yet are cancelled, and named in the answer. What is "
                "published stays on the networks. The file goes when nothing else needs it."
            ),
            answers={200: ContentDeleted},
            errors={
                404: "`CONTENT_NOT_FOUND`",
                409: "`CONTENT_IN_FLIGHT`: a post of it is being sent now.",
            },
        ),
    )
    async def delete_content(self, request: AnyRequest, content_id: UUID) -> ASGIResponse:
        """Deletes content, its file and its pending posts."""
        caller = signed_in(request)
        contents = caller.engine.contents

        async def work(scope: Scope, principal: Principal) -> tuple[Principal, ContentDeleted]:
            done = await contents.delete(scope, content_id, principal.user_id)
            return principal, ContentDeleted(id=done.id, cancelled_jobs=done.cancelled_jobs)

        principal, deleted = await caller.run(work)
        await contents.release_files(principal.tenant)
        return answer(deleted)

    @get(
        "/{content_id:uuid}/file",
        doc=Doc(
            tag="Content",
            summary="Download the file of content",
            description="`Range`, `If-Range` and `If-None-Match` are heeded.",
            answers={200: "application/octet-stream", 206: "application/octet-stream"},
            errors={
                404: "There is no such content, it is text, or the store lacks the file.",
                416: "`RANGE_NOT_SATISFIABLE`: the range lies behind the end of the file.",
            },
        ),
    )
    async def download_content(self, request: AnyRequest, content_id: UUID) -> ASGIResponse:
        """Streams the file, to be saved and never shown as a page of this origin."""
        caller = signed_in(request)
        contents = caller.engine.contents
        row, principal = await _find(caller, content_id)
        file = await contents.require_file(principal.tenant, row)
        return send_file(
            request,
            Download(sha256=file.sha256, size=file.size, mime_type=file.mime_type, name=file.name),
            lambda start, length: contents.open_file(principal.tenant, file.sha256, start, length),
        )

    @get(
        "/{content_id:uuid}/thumbnail",
        doc=Doc(
            tag="Content",
            summary="Get the thumbnail of content",
            description="A JPEG of 640 pixels at most; images and videos have one.",
            answers={200: "image/jpeg"},
            errors={404: "There is no such content, or it has no thumbnail."},
        ),
    )
    async def get_thumbnail(self, request: AnyRequest, content_id: UUID) -> ASGIResponse:
        """Sends the small picture that stands for the content."""
        caller = signed_in(request)
        contents = caller.engine.contents
        row, principal = await _find(caller, content_id)
        sha256, size = await contents.thumbnail_size(principal.tenant, row)
        return send_file(
            request,
            Download(sha256=sha256, size=size, mime_type="image/jpeg", inline=True),
            lambda start, length: contents.open_file(principal.tenant, sha256, start, length),
        )

    @post(
        "/{content_id:uuid}/link",
        status_code=200,
        doc=Doc(
            tag="Content",
            summary="Make a public link to the file of content",
            description=(
                "Anybody who has the link can fetch the file until the link ends; no sign-in is "
                "needed. It ends earlier when the content is deleted."
            ),
            body=FileLinkInput,
            example={"seconds": 3600},
            answers={200: FileLink},
            errors={404: "There is no such content, it is text, or the store lacks the file."},
        ),
    )
    async def link_content(self, request: AnyRequest, content_id: UUID) -> ASGIResponse:
        """Makes a link; it is kept only where the request came with an Idempotency-Key."""
        caller = signed_in(request)
        key_of(request)
        body = await read_json(request, FileLinkInput, empty_ok=True)
        contents = caller.engine.contents
        row, principal = await _find(caller, content_id)
        file = await contents.require_file(principal.tenant, row)

        async def work(_scope: Scope, _principal: Principal) -> Outcome:
            link = contents.public_link(principal.tenant, file, body.seconds)
            return 200, FileLink(url=link.url, expires_at=link.expires_at)

        return await once(request, caller, body, work)


async def _create_from_form(request: AnyRequest, caller: Caller, content_type: str) -> ASGIResponse:
    principal, most = await caller.run(partial(room_for, caller))
    async with caller.engine.contents.receive(principal.tenant) as upload:
        form = await read_form(
            chunks_of(request),
            content_type,
            upload.write,
            names=FORM_FIELDS,
            repeatable=REPEATABLE,
            max_file_bytes=most,
            content_length=request.content_length,
        )
        new = wording.checked(from_form(form), has_file=form.has_file)
        if new.type == "text":
            return await _create(request, caller, new, None)
        said: MediaType = new.type
        await upload.check(said, form.file_name)
        return await _create(request, caller, new, upload)


async def _create(
    request: AnyRequest, caller: Caller, new: NewContent, upload: Upload | None
) -> ASGIResponse:
    file: ContentFile | None = upload.file if upload is not None else None
    sent = ContentSent(
        new=new, sha256=file.sha256 if file else None, file_name=file.name if file else None
    )

    async def work(scope: Scope, principal: Principal) -> Outcome:
        if file is not None:
            limit = caller.engine.settings.tenant_storage_bytes
            await quota.require_room_for(scope, file, limit)
        row = await caller.engine.contents.create(scope, principal.user_id, new, upload)
        return 201, shown(row)

    if upload is not None:
        # A request that comes twice does not place its file twice.
        earlier = await earlier_answer(request, caller, sent)
        if earlier is not None:
            return earlier
        await upload.place()
    return await once(request, caller, sent, work)


async def _find(caller: Caller, content_id: UUID) -> tuple[ContentRow, Principal]:
    async def work(scope: Scope, principal: Principal) -> tuple[ContentRow, Principal]:
        return await caller.engine.contents.get(scope, content_id), principal

    return await caller.run(work)
