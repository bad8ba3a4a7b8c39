"""What a stored file may be called."""

from __future__ import annotations

import re

__all__ = ("is_digest", "require_digest")

_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_digest(name: str) -> bool:
    """Says whether a name is a SHA-256 in lower-case hexadecimal."""
    return _SHA256.fullmatch(name) is not None


def require_digest(sha256: str) -> str:
    """Gives a SHA-256 back, so that nothing else ever becomes part of a path.

    Raises:
        ValueError: It is none.
    """
    if not is_digest(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hexadecimal.")
    return sha256
