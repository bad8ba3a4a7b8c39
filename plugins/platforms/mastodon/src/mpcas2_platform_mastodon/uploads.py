"""Brings the files of a part to a server, each once, whichever process goes on with it.

Source: https://docs.joinmastodon.org/methods/media/. A file goes up in one request and is processed
behind it; a server drops one that no post carries after a day.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from mpcas2_hookspecs import (
    FormFile,
    Media,
    NotReady,
    Part,
    PublishContext,
    Rejected,
    form_with_files,
)
from mpcas2_platform_mastodon.api import read, send
from mpcas2_platform_mastodon.rules import UPLOADS
from mpcas2_platform_mastodon.wire import Attachment

__all__ = ("upload",)

_CHECK_AFTER = 2.0
_ENDINGS = {"image/jpeg": "jpg", "video/quicktime": "mov", "audio/mpeg": "mp3"}


class _Upload(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file is, as the journal keeps it."""

    id: str
    ready: bool = False


async def upload(part: Part, index: int, ctx: PublishContext, server: str) -> str:
    """Gives the server's id of a file that is ready for a post, uploading it if need be.

    Args:
        part: The part.
        index: Place of the file in it.
        ctx: Clients, clock, journal and media.
        server: The server's address.

    Raises:
        NotReady: The server is still processing the file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``: a file that no post carries goes
            away by itself.
    """
    name = f"upload:{index}"
    noted = ctx.journal.get(name)
    state = None if noted is None else msgspec.convert(noted, _Upload)
    if state is not None:
        try:
            return await _ready(state, name, ctx, server)
        except Rejected as error:
            if error.code != str(int(HTTPStatus.NOT_FOUND)):
                raise
    # Nothing was uploaded yet, or the server has dropped it.
    state = await _send(part, part.media[index], ctx, server)
    await ctx.record(name, msgspec.to_builtins(state))
    return await _ready(state, name, ctx, server)


async def _send(part: Part, media: Media, ctx: PublishContext, server: str) -> _Upload:
    files = [_file("file", media, ctx)]
    if part.thumbnail is not None and media.kind != "image":
        files.append(_file("thumbnail", part.thumbnail, ctx))
    fields = {"description": media.alt_text} if media.alt_text else {}
    form = form_with_files(fields, files)
    request = ctx.http.build_request(
        "POST", f"{server}/api/v2/media", content=form.content, headers=form.headers
    )
    await ctx.spend(UPLOADS)
    response = await send(ctx.http, request, now=ctx.now(), quota=UPLOADS, observe=ctx.observe)
    # 202: the server has the file and works on it.
    return _Upload(id=read(response, Attachment).id, ready=response.status_code == HTTPStatus.OK)


async def _ready(state: _Upload, name: str, ctx: PublishContext, server: str) -> str:
    """Makes sure that the server has processed a file.

    Raises:
        NotReady: It has not.
        Rejected: It cannot; or, with the code 404, it has dropped the file.
    """
    request = ctx.http.build_request("GET", f"{server}/api/v1/media/{state.id}")
    try:
        response = await send(ctx.http, request, now=ctx.now())
    except Rejected as error:
        if error.code != str(int(HTTPStatus.UNPROCESSABLE_ENTITY)):
            raise
        raise Rejected(
            "The server cannot process the file. Convert it (JPEG, or MP4 with H.264 and AAC) and "
            "upload it again.",
            code="media-processing-failed",
            answer=error.answer,
        ) from error
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        raise NotReady(
            "The server is processing the file.", code="media-processing", check_after=_CHECK_AFTER
        )
    if not state.ready:
        done = msgspec.structs.replace(state, ready=True)
        await ctx.record(name, msgspec.to_builtins(done))
    return read(response, Attachment).id


def _file(name: str, media: Media, ctx: PublishContext) -> FormFile:
    ending = _ENDINGS.get(media.mime_type, media.mime_type.rpartition("/")[2])
    return FormFile(
        name=name,
        file_name=f"{name}.{ending}",
        mime_type=media.mime_type,
        size=media.size,
        content=ctx.open_media(media),
    )
