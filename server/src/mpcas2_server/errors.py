"""Every failure in one envelope: ``{"error": {code, message, details?, timestamp, requestId}}``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from mpcas2_core.database import DatabaseUnavailable, TenantBehind, TenantUnavailable
from mpcas2_core.errors import EngineError, TooMany
from mpcas2_server.requests import request_id_of, without_link
from mpcas2_server.wire import ENCODER, Moment, Output

__all__ = ("ErrorBody", "ErrorDetail", "error_answer", "handle_error")

log = structlog.get_logger(__name__)

_ROUTER_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
# PostgreSQL is there no more, not yet, or has no connection to spare: worth another try.
_DATABASE_AWAY = (
    DatabaseUnavailable,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
)
_NOT_STORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


class ErrorDetail(Output, frozen=True, kw_only=True):
    """What went wrong."""

    code: Annotated[str, msgspec.Meta(description="For programs.", examples=["VALIDATION_ERROR"])]
    message: Annotated[str, msgspec.Meta(description="What happened and what to do, for people.")]
    timestamp: Moment
    request_id: Annotated[str, msgspec.Meta(description="Finds the request in the log.")]
    details: Annotated[
        dict[str, Any] | msgspec.UnsetType,
        msgspec.Meta(description="More for programs.", examples=[{"field": "scheduleAt"}]),
    ] = msgspec.UNSET


class ErrorBody(Output, frozen=True, kw_only=True):
    """The body of every answer of 400 and above."""

    error: ErrorDetail


def handle_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Turns any exception into an answer; the cause of a 500 goes to the log alone."""
    if isinstance(error, EngineError):
        headers = {}
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers["www-authenticate"] = "Bearer"
        if isinstance(error, TooMany) and error.details:
            headers["retry-after"] = str(error.details["retryAfter"])
        return error_answer(
            request, error.status, error.code, error.message, error.details, headers
        )
    if isinstance(error, HTTPException):
        return _from_router(request, error)
    if isinstance(error, TenantBehind):
        return error_answer(
            request, 503, "TENANT_BEHIND", str(error), headers={"retry-after": "30"}
        )
    if isinstance(error, TenantUnavailable):
        return error_answer(request, 403, "TENANT_UNAVAILABLE", str(error))
    if isinstance(error, _NOT_STORABLE):
        return error_answer(
            request, 400, "VALIDATION_ERROR", "A text holds a character that cannot be stored."
        )
    # asyncpg's DataError is an InterfaceError too, but a fault of ours.
    if isinstance(error, _DATABASE_AWAY) and not isinstance(error, ValueError):
        log.error("request.database_away", error=repr(error))
        return error_answer(
            request,
            503,
            "DATABASE_UNAVAILABLE",
            "The database cannot be reached now. Try again in a moment; GET /health/ready tells more.",
            headers={"retry-after": "5"},
        )
    log.error("request.failed", exc_info=error)
    return error_answer(
        request,
        500,
        "INTERNAL_ERROR",
        "Something went wrong here. Give the request id to the operator, whose log has the cause.",
    )


def error_answer(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """Builds the envelope."""
    body = ErrorBody(
        error=ErrorDetail(
            code=code,
            message=message,
            timestamp=datetime.now(UTC),
            request_id=request_id_of(request.scope),
            details=dict(details) if details else msgspec.UNSET,
        )
    )
    # Litestar wants its own Response from exception handlers.
    return Response(
        ENCODER.encode(body),
        status_code=status,
        media_type="application/json",
        headers=dict(headers) if headers else None,
    )


def _from_router(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    code = _ROUTER_CODES.get(status, "BAD_REQUEST" if status < 500 else "INTERNAL_ERROR")  # noqa: PLR2004 - HTTP
    path = without_link(request.scope["path"])
    if status == HTTPStatus.NOT_FOUND:
        message = f"There is nothing at {path}. /api/v1/docs shows what there is; ids are UUIDs."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{request.method} is not possible at {path}. The Allow header says what is."
    elif status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = "The body is larger than 1 MB. Files go to POST /api/v1/content as multipart."
    elif status < HTTPStatus.INTERNAL_SERVER_ERROR:
        message = error.detail
    else:
        log.error("request.failed", error=repr(error))
        message = "Something went wrong here. Give the request id to the operator."
    return error_answer(request, status, code, message, headers=error.headers)
