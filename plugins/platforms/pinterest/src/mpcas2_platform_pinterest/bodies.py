"""JSON that carries files in base64, in constant memory and with its length told."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from mpcas2_hookspecs import Media

__all__ = ("FileBody",)


class FileBody:
    """A JSON body whose files are encoded while they are sent; good for one request.

    Args:
        open_media: Reads a file in chunks.
    """

    def __init__(self, open_media: Callable[[Media], AsyncIterator[bytes]]) -> None:
        self._open_media = open_media
        self._files: dict[bytes, Media] = {}
        self._pieces: list[bytes] = []

    def place(self, media: Media) -> str:
        """Gives the string that stands in the JSON where the file shall be."""
        # Random, so that no text of a person can be taken for it.
        marker = secrets.token_hex(16)
        self._files[marker.encode()] = media
        return marker

    def write(self, value: Any) -> dict[str, str]:
        """Takes the JSON, and gives the headers of the request.

        Args:
            value: JSON with a ``place`` for each file.
        """
        text = msgspec.json.encode(value)
        self._pieces = re.split(b"(%s)" % b"|".join(self._files), text) if self._files else [text]
        length = sum(
            _encoded_length(self._files[piece].size) if piece in self._files else len(piece)
            for piece in self._pieces
        )
        return {"content-type": "application/json", "content-length": str(length)}

    async def content(self) -> AsyncIterator[bytes]:
        """Gives the body in chunks."""
        for piece in self._pieces:
            media = self._files.get(piece)
            if media is None:
                yield piece
                continue
            async for chunk in _encoded(self._open_media(media)):
                yield chunk


def _encoded_length(size: int) -> int:
    return 4 * -(-size // 3)


async def _encoded(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in content:
        known = rest + chunk
        # Three bytes are four letters: only the very last piece may be filled up.
        whole = len(known) - len(known) % 3
        yield b64encode(known[:whole])
        rest = known[whole:]
    yield b64encode(rest)
