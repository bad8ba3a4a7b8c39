"""Finds secrets where none may be."""

from __future__ import annotations

from typing import Any

import msgspec

from mpcas2_hookspecs import Grant, PlatformError
from mpcas2_testing.bench import Bench

__all__ = ("as_json", "error_text", "secrets_in")


def secrets_in(text: str, bench: Bench, grant: Grant) -> list[str]:
    """Lists the secrets of a form and a grant that stand in a text."""
    form = {field.name for field in getattr(bench.platform, "connect_form", ()) if field.secret}
    secrets = [value for name, value in bench.credentials.items() if name in form]
    secrets += [grant.access_token, grant.refresh_token or ""]
    return [secret for secret in secrets if secret and secret in text]


def as_json(value: Any) -> str:
    """Writes a value as the engine stores it."""
    return msgspec.json.encode(value).decode()


def error_text(error: PlatformError) -> str:
    """Writes everything that the engine keeps of an error."""
    return f"{error.message} {error.code} {error.answer} {error!r}"
