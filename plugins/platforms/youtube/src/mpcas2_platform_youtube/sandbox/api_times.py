"""Moments as the API reads and writes them."""

import re
from datetime import UTC, datetime

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def api_time(moment: datetime) -> str:
    """Writes a moment in UTC to the second, as the API does: ``2026-11-23T10:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_api_time(text: str) -> datetime | None:
    """Reads a date and time with its zone (RFC 3339); None where it is none."""
    if _RFC_3339.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        return None
