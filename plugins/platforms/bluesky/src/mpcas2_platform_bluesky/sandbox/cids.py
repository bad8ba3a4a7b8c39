"""Content identifiers and record keys, computed as the AT Protocol computes them.

Sources: https://atproto.com/specs/data-model, https://ipld.io/specs/codecs/dag-cbor/spec/ and
https://atproto.com/specs/tid.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_DAG_CBOR = 0x71
_RAW = 0x55
_SHA256 = bytes((0x12, 0x20))
_CID_TAG = 42
_SMALL = 24
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_TID_LENGTH = 13
_SAFE_INTEGER = 2**53 - 1


class NotDataError(ValueError):
    """A JSON value has no place in the AT Protocol's data model; the message says which."""


def _head(major: int, number: int) -> bytes:
    if number < _SMALL:
        return bytes((major << 5 | number,))
    for code, layout, size in ((24, ">B", 1), (25, ">H", 2), (26, ">I", 4), (27, ">Q", 8)):
        if number < 1 << (8 * size):
            return bytes((major << 5 | code,)) + struct.pack(layout, number)
    raise NotDataError("a number is too large")


def _integer(value: float) -> bytes:
    if isinstance(value, float):
        if not value.is_integer():
            raise NotDataError("only whole numbers are allowed")
        value = int(value)
    if abs(value) > _SAFE_INTEGER:
        raise NotDataError("a number is too large")
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _text(value: str) -> bytes:
    try:
        raw = value.encode()
    except UnicodeEncodeError as error:
        raise NotDataError("a string is not valid Unicode") from error
    return _head(3, len(raw)) + raw


def _link(value: object) -> bytes:
    raw = cid_bytes(value) if isinstance(value, str) else None
    if raw is None:
        raise NotDataError("$link is not a CID")
    return _head(6, _CID_TAG) + _head(2, len(raw) + 1) + b"\0" + raw


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise NotDataError("$bytes is not a string")
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except binascii.Error as error:
        raise NotDataError("$bytes is not base64") from error
    return _head(2, len(raw)) + raw


def _map(value: Mapping[str, Any]) -> bytes:
    if len(value) == 1 and "$link" in value:
        return _link(value["$link"])
    if len(value) == 1 and "$bytes" in value:
        return _bytes(value["$bytes"])
    # Keys are ordered by their encoded length first, then by their bytes.
    keys = sorted(value, key=lambda key: (len(key.encode("utf-8", "replace")), key.encode()))
    return _head(5, len(keys)) + b"".join(_text(key) + encode(value[key]) for key in keys)


def encode(value: Any) -> bytes:
    """Returns the one DAG-CBOR form of a JSON value, with ``$link`` and ``$bytes`` understood.

    Raises:
        NotDataError: The value holds what the data model does not have, such as 0.5.
    """
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return _integer(value)
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        return _map(value)
    raise NotDataError(f"{type(value).__name__} is not a JSON value")


def _cid(codec: int, data: bytes) -> str:
    raw = bytes((1, codec)) + _SHA256 + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(raw).decode().rstrip("=").lower()


def record_cid(record: Any) -> str:
    """Returns a record's CID (``bafyrei…``), which depends on its content alone.

    Raises:
        NotDataError: See ``encode``.
    """
    return _cid(_DAG_CBOR, encode(record))


def blob_cid(data: bytes) -> str:
    """Returns the CID of raw bytes (``bafkrei…``)."""
    return _cid(_RAW, data)


def cid_bytes(text: str) -> bytes | None:
    """Returns the bytes of a base32 CIDv1 with SHA-256, or None when the text is none."""
    if not text.startswith("b"):
        return None
    body = text[1:].upper()
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None
    known = raw[:1] == b"\x01" and raw[1:2] in {b"\x71", b"\x55"} and raw[2:4] == _SHA256
    return raw if known and len(raw) == len(_SHA256) + 2 + 32 else None


class TidClock:
    """Gives timestamp identifiers that rise strictly, whatever the clock does."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: datetime) -> str:
        """Returns the next identifier: microseconds and ten bits of clock id, sortable as text."""
        self._last = max(self._last + 1, int(now.timestamp() * 1_000_000))
        number = self._last << 10
        letters = [
            _TID_ALPHABET[number >> (5 * place) & 31] for place in range(_TID_LENGTH - 1, -1, -1)
        ]
        return "".join(letters)
