"""Sends a file to the server as content: whole when it is small, else in pieces that no break loses."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mpcas2_server.cli.connection import connect, server_address, session_file

__all__ = ("LARGE_BYTES", "kind_of", "send")

LARGE_BYTES = 8 * 1024 * 1024
"""From here on a file goes in pieces."""


def send(
    path: Path, fields: Mapping[str, Any], server: str | None, *, quiet: bool
) -> dict[str, Any]:
    """Uploads a file and gives the content that was made of it.

    Args:
        path: The file.
        fields: What the content is to be; empty values are left out.
        server: Address of the server; None for the one that one signed in to.
        quiet: Whether nothing is shown meanwhile.
    """
    given = {key: value for key, value in fields.items() if value}
    large = path.stat().st_size >= LARGE_BYTES
    return (_in_pieces if large else _whole)(path, given, server, quiet=quiet)


def kind_of(path: Path) -> str:
    """Tells the type of content by the file's name."""
    kind = (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
    return kind if kind in {"video", "image", "audio"} else "document"


def _whole(
    path: Path, fields: dict[str, Any], server: str | None, *, quiet: bool
) -> dict[str, Any]:
    from mpcas2_server.cli.progress import upload_progress  # noqa: PLC0415 - brings rich

    mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    with (
        connect(server) as client,
        path.open("rb") as file,
        upload_progress(file, path.name, quiet=quiet) as shown,
    ):
        made: dict[str, Any] = client.upload(
            "/content", shown, name=path.name, mime_type=mime_type, fields=fields
        )
    return made


def _in_pieces(
    path: Path, fields: dict[str, Any], server: str | None, *, quiet: bool
) -> dict[str, Any]:
    from mpcas2_server.cli.resumable import (  # noqa: PLC0415 - brings httpx
        Sender,
        send_file,
        shown_progress,
    )
    from mpcas2_server.cli.session import SignIn  # noqa: PLC0415 - as above
    from mpcas2_server.cli.upload_notes import UploadNotes  # noqa: PLC0415 - as above

    address, sessions = server_address(server), session_file()
    session = sessions.load()
    notes = UploadNotes(sessions.path.parent / "uploads")
    key = notes.key(address, session.email if session else "", path, fields)
    with Sender(address, SignIn(sessions, address)) as sender:
        told = {**fields, "filename": path.name}
        with shown_progress(path.name, path.stat().st_size, quiet=quiet) as show:
            content_id = send_file(sender, notes, key, path, told, show)
    with connect(server) as client:
        made: dict[str, Any] = client.get(f"/content/{quote(content_id, safe='')}")
    return made
