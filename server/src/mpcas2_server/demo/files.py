"""The files of the demonstration: made on the spot, and uploaded as any client would."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.resumable import Sender, send_file
from mpcas2_server.cli.upload_notes import UploadNotes
from mpcas2_server.client import Client, TokenSource
from mpcas2_server.demo.film import make_film
from mpcas2_server.demo.picture import draw_picture

__all__ = ("DemoFiles",)

_FILM = "film.mp4"
_PICTURES = {number: f"picture-{number}.jpg" for number in (1, 2, 3)}


class _DemoFile(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    digest: str


class DemoFiles:
    """A film and pictures, with the content that they became.

    Attributes:
        content: Ids of content by the name of the file, once it is uploaded.

    Args:
        folder: Where to make them.
    """

    def __init__(self, folder: Path) -> None:
        self.content: dict[str, str] = {}
        self._folder = folder
        self._files: dict[str, _DemoFile] = {}

    def make(self) -> None:
        """Makes all of them."""
        now = datetime.now().astimezone()
        make_film(self._folder / _FILM)
        for number, name in _PICTURES.items():
            draw_picture(self._folder / name, now, number)
        for name in (_FILM, *_PICTURES.values()):
            path = self._folder / name
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self._files[name] = _DemoFile(path=path, digest=digest)

    def digest(self, name: str) -> str:
        """Gives the SHA-256 of a file."""
        return self._files[name].digest

    def upload(
        self, client: Client, tokens: TokenSource, show: Callable[[str, int, int], None]
    ) -> None:
        """Uploads the film over the resumable protocol, and each picture in one request.

        Args:
            client: Signed in.
            tokens: Where access tokens come from.
            show: Told the name of a file, how many bytes of it are through, and its size.
        """
        film = self._files[_FILM].path
        size = film.stat().st_size
        notes = UploadNotes(self._folder / "uploads")
        fields = {"title": "A film of sand", "type": "video", "filename": film.name}
        key = notes.key(client.server, "", film, fields)
        with Sender(client.server, tokens) as sender:
            try:
                self.content[film.name] = send_file(
                    sender, notes, key, film, fields, lambda through: show(film.name, through, size)
                )
            except CliError as error:
                if error.exit_code == ExitCode.INTERRUPTED:
                    # Advice to go on later is for people who keep the file; the demo just ends.
                    raise KeyboardInterrupt from error
                raise
        for name in _PICTURES.values():
            path = self._files[name].path
            size = path.stat().st_size
            show(name, 0, size)
            with path.open("rb") as file:
                made = client.upload(
                    "/content",
                    file,
                    name=name,
                    mime_type="image/jpeg",
                    fields={"title": name, "type": "image"},
                )
            self.content[name] = made["id"]
            show(name, size, size)
