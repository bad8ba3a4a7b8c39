"""Makes a network's answer fit for the ledger: without secrets, and not too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ("mask",)

MAX_TEXT = 2_000
SECRET_WORDS = ("token", "secret", "password", "authorization", "jwt", "cookie", "credential")


def mask(value: Any) -> Any:
    """Hides what looks like a secret in a network's answer, and cuts what is too long."""
    if isinstance(value, Mapping):
        return {
            str(key): "***"
            if any(word in str(key).lower() for word in SECRET_WORDS)
            else mask(entry)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [mask(entry) for entry in value]
    if isinstance(value, str):
        # PostgreSQL's jsonb takes no NUL.
        return value[:MAX_TEXT].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return value
