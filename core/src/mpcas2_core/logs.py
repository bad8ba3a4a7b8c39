"""Logging: one line per event, JSON or pretty, with ids of request and job, and never a secret.

Modules log with ``structlog.get_logger(__name__)`` and an event's name plus values. Whoever begins a
request or a job binds its id with ``structlog.contextvars.bound_contextvars(request_id=…)`` or
``(job_id=…, tenant_id=…)``; every line of that context then carries it. Lines go to standard error,
since standard output belongs to a command's data.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO

import msgspec
import structlog

__all__ = ("HIDDEN", "configure", "mask")

Format = Literal["auto", "json", "pretty"]
Level = Literal["debug", "info", "warning", "error"]

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"(password|passwd|secret|token|tokens|authorization|cookie|credential|credentials|apikey"
    r"|masterkey|privatekey|jwt)$"
)
# What gives a secret away inside a text, whatever its name.
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?=@)", re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
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


def _mask_text(text: str) -> str:
    if "@" in text:
        text = _URL_PASSWORD.sub(rf"\1{HIDDEN}", text)
    if "eyJ" in text:
        text = _JWT.sub(HIDDEN, text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


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
