"""Logging: one line per event, JSON or pretty, with ids of request and job, and never a secret.

Modules log with ``structlog.get_logger(__name__)`` and an event's name plus values. Whoever begins a
request or a job binds its id with ``structlog.contextvars.bound_contextvars(request_id=…)`` or
``(job_id=…, tenant_id=…)``; every line of that context then carries it. Lines go to standard error,
since standard output belongs to a command's data.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import msgspec
import structlog

from mpcas2_core.masking import mask

__all__ = ("configure",)

Format = Literal["auto", "json", "pretty"]
Level = Literal["debug", "info", "warning", "error"]

# Events of libraries below this level are of no use to an operator.
_LIBRARY_LEVEL = logging.WARNING


def configure(
    *, level: Level = "info", log_format: Format = "auto", stream: TextIO | None = None
) -> None:
    """Sets up logging for this process; calling it again replaces the former set-up.

    Args:
        level: Least level that is written.
        log_format: ``json``, ``pretty``, or ``auto`` for pretty on a terminal.
        stream: Where to write; standard error, as it is at the time of each line, by default.
    """
    pretty = log_format == "pretty" or (log_format == "auto" and (stream or sys.stderr).isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not pretty),
    ]
    rendering: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        _mask_event,
        _pretty() if pretty else structlog.processors.JSONRenderer(serializer=_as_json),
    ]
    structlog.configure(
        processors=[*before, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_LineLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = _LineHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, _LIBRARY_LEVEL))


def _mask_event(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {key: mask(value, key) for key, value in event.items()}


def _as_json(event: Any, **_options: Any) -> str:
    # What a reader looks for first, first.
    ordered = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return msgspec.json.encode(ordered | event, enc_hook=repr).decode()


def _pretty() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


class _LineLogger:
    """Writes finished lines. A terminal that is gone must not stop the work that is logged."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Writes one line."""
        stream = self._stream or sys.stderr
        try:
            stream.write(f"{line}\n")
            stream.flush()
        except (OSError, ValueError):  # closed pipe, closed file
            return

    debug = info = warning = error = critical = exception = log = msg


class _LineLoggerFactory:
    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __call__(self, *_names: Any) -> _LineLogger:
        return _LineLogger(self._stream)


class _LineHandler(logging.Handler):
    """Gives what libraries log through the standard library to the same place."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._logger = _LineLogger(stream)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - logging's own contract: report it, never raise
            self.handleError(record)
            return
        self._logger.msg(line)
