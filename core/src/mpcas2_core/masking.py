"""Hides secrets in whatever is written down: logs, the ledger, a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ("HIDDEN", "mask", "mask_answer")

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"(password|passwd|secret|token|tokens|authorization|cookie|credential|credentials|apikey"
    r"|masterkey|privatekey|jwt)$"
)
# What gives a secret away inside a text, whatever its name.
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?=@)", re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
MAX_ANSWER_TEXT = 2_000


def mask(value: Any, name: str = "") -> Any:
    """Replaces secrets in a value by ``***``: by the names of fields, and by their look in texts.

    Args:
        value: Text, mapping, sequence or anything else, which is returned as it is.
        name: Name of the field that holds the value.
    """
    if value is not None and name and _SECRET_NAME.search(_plain(name)):
        return HIDDEN
    if isinstance(value, str):
        return _mask_text(value)
    if isinstance(value, Mapping):
        return {key: mask(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [mask(one) for one in value]
    if isinstance(value, BaseException):
        return _mask_text(f"{type(value).__name__}: {value}")
    return value


def mask_answer(value: Any) -> Any:
    """Makes a network's answer fit for the ledger: no secrets, no NUL, and not too long."""
    return _cut(mask(value))


def _cut(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _cut(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_cut(entry) for entry in value]
    if isinstance(value, str):
        # PostgreSQL's jsonb takes no NUL.
        return value[:MAX_ANSWER_TEXT].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return value


def _mask_text(text: str) -> str:
    if "@" in text:
        text = _URL_PASSWORD.sub(rf"\1{HIDDEN}", text)
    if "eyJ" in text:
        text = _JWT.sub(HIDDEN, text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
