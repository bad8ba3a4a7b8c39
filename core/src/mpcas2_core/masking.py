"""Hides secrets in whatever is written down: logs, the ledger, a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ("HIDDEN", "mask", "mask_answer", "mask_url")

HIDDEN = "***"

# Anywhere in a name that is written without separators. "token" has to be a word of its own or to
# end the name, for "tokenizer" is none.
_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|authorization|cookie|credential|apikey|masterkey|privatekey"
    r"|jwt|tokens?$"
)
_SECRET_WORDS = frozenset({"token", "tokens"})
# A name that ends so tells something about a secret and not the secret.
_HARMLESS_ENDS = frozenset(
    {"type", "left", "used", "count", "limit", "version", "expires", "expiry", "in", "at"}
    | {"seconds", "endpoint"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What gives a secret away inside a text, whatever its name.
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)\S+(?=@)", re.IGNORECASE)
_QUERY = r"([?&](?:(?:ssl)?password|access_token|refresh_token|client_secret)=)"
_QUERY_SECRET = re.compile(rf"{_QUERY}[^&#\s]*", re.IGNORECASE)
# For a value that is an address as a whole: what follows a space belongs to the password.
_QUERY_SECRET_OF_URL = re.compile(rf"{_QUERY}[^&#]*", re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
MAX_ANSWER_TEXT = 2_000


def mask(value: Any, name: str = "") -> Any:
    """Replaces secrets in a value by ``***``: by the names of fields, and by their look in texts.

    Args:
        value: Text, mapping, sequence or anything else, which is returned as it is.
        name: Name of the field that holds the value.
    """
    if value is not None and name and _is_secret(name):
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


def mask_url(url: str) -> str:
    """Hides the password of an address."""
    # PostgreSQL and Valkey take a password before the host, PostgreSQL also in the query.
    url = _QUERY_SECRET_OF_URL.sub(rf"\1{HIDDEN}", url)
    head, separator, tail = url.rpartition("@")
    if not separator:
        return url
    scheme, slashes, credentials = head.partition("://")
    if not slashes:
        scheme, credentials = "", head
    user, colon, _ = credentials.partition(":")
    return f"{scheme}{slashes}{user}{colon}{HIDDEN if colon else ''}@{tail}"


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
    if "=" in text:
        text = _QUERY_SECRET.sub(rf"\1{HIDDEN}", text)
    if "eyJ" in text:
        text = _JWT.sub(HIDDEN, text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if words and words[-1] in _HARMLESS_ENDS:
        return False
    return bool(_SECRET_NAME.search("".join(words)) or not _SECRET_WORDS.isdisjoint(words))
