"""Numbers that grow with time, as X's own do."""

from datetime import UTC, datetime

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_SEQUENCE_BITS = 22


class Numbers:
    """Gives ids: milliseconds since X's epoch, shifted; never the same or a smaller one."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: datetime) -> str:
        """Returns a new id for that moment."""
        milliseconds = int((now - _EPOCH).total_seconds() * 1000)
        self._last = max(self._last + 1, milliseconds << _SEQUENCE_BITS)
        return str(self._last)
