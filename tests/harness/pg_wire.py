"""The part of PostgreSQL's wire protocol that a tap has to read.

Source: https://www.postgresql.org/docs/18/protocol-message-formats.html. A client sends messages and
ends each batch with Sync, or sends one Query; the server ends each answer with ReadyForQuery.
"""

from __future__ import annotations

import asyncio
import re
import struct

import msgspec

__all__ = ("Batch", "StatementNames", "read_message", "read_start")

TAG = re.compile(r"/\* mpcas2:([a-z-]+) \*/")
# Start packets carry one of these numbers where a session's has its version.
SSL_REQUEST = 80877103
LENGTH = struct.Struct("!i")
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK")


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends before it waits for an answer.

    Attributes:
        raw: The bytes.
        label: The statement's tag; BEGIN, COMMIT or ROLLBACK; else the statement's first words.
        runs: Whether it runs something, instead of only preparing it.
        answered: Whether the server ends its answer with ReadyForQuery.
    """

    raw: bytes
    label: str
    runs: bool
    answered: bool


class StatementNames:
    """Reads a connection's messages and keeps which prepared statement is which."""

    def __init__(self) -> None:
        self._labels: dict[bytes, str] = {}
        self._raw = b""
        self._label = ""
        self._runs = False

    def take(self, kind: bytes, payload: bytes) -> Batch | None:
        """Adds one message.

        Args:
            kind: The message's first byte.
            payload: What follows its length.

        Returns:
            The batch that this message completes, or None.
        """
        self._raw += kind + LENGTH.pack(len(payload) + 4) + payload
        if kind == b"Q":
            self._label, self._runs = label_of(payload.rstrip(b"\0")), True
            return self._complete(answered=True)
        if kind == b"P":
            name, text, _ = payload.split(b"\0", 2)
            self._labels[name] = label_of(text)
            self._label = self._label or self._labels[name]
        elif kind == b"B":
            _, name, _ = payload.split(b"\0", 2)
            self._label = self._labels.get(name, "?")
        elif kind == b"E":
            self._runs = True
        elif kind == b"S":
            return self._complete(answered=True)
        elif kind in {b"p", b"X", b"H"}:
            # Password, end of session, flush: passed on as they are.
            return self._complete(answered=False)
        return None

    def _complete(self, *, answered: bool) -> Batch:
        batch = Batch(raw=self._raw, label=self._label, runs=self._runs, answered=answered)
        self._raw, self._label, self._runs = b"", "", False
        return batch


def label_of(statement: bytes) -> str:
    """Names a statement by its tag, its transaction word or its first words."""
    text = statement.decode("utf-8", "replace")
    if found := TAG.search(text):
        return found[1]
    word = text.split(None, 1)[0].rstrip(";").upper() if text.strip() else ""
    return word if word in TRANSACTION_WORDS else " ".join(text.split()[:4])


async def read_start(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Reads the first packet of a connection, which has no kind.

    Returns:
        Its number (a protocol version or a request code), and all its bytes.
    """
    head = await reader.readexactly(8)
    length, number = struct.unpack("!ii", head)
    return number, head + await reader.readexactly(length - 8)


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Reads one message.

    Returns:
        Its kind, and what follows its length.

    Raises:
        asyncio.IncompleteReadError: The connection ended.
    """
    head = await reader.readexactly(5)
    (length,) = LENGTH.unpack(head[1:])
    return head[:1], await reader.readexactly(length - 4)
