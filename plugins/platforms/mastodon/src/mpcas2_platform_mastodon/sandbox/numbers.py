"""Numbers that grow with time, as Mastodon's own do."""

from datetime import datetime

_SEQUENCE_BITS = 16


class Numbers:
    """Gives ids: milliseconds since 1970, shifted; never the same or a smaller one."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: datetime) -> str:
        """Returns a new id for that moment."""
        milliseconds = int(now.timestamp() * 1000)
        self._last = max(self._last + 1, milliseconds << _SEQUENCE_BITS)
        return str(self._last)
