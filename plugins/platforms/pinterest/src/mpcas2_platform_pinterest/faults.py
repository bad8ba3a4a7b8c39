"""Turns the Pinterest API's answers into the contract's errors.

Source: Pinterest's OpenAPI description 5.23.0, whose examples name the codes. Its older routes answer
with codes of their own, its newer ones repeat the HTTP status as the code, so both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

import httpx
import msgspec

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    evidence_of,
    retry_after,
)
from mpcas2_platform_pinterest.wire import ErrorAnswer

__all__ = ("error_in", "fault_of", "is_gone", "upload_fault", "waits_for")

_LONGEST_QUOTE = 300
_RATE_LIMIT = 8
_NOT_YOURS = 7
# A 404 without Pinterest's envelope: there is no such route.
_NO_ADDRESS = "no-such-address"
_NOWHERE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_VERSION = (
    "Pinterest does not know this address, which happens when a version of its API is retired. Whoever "
    "runs this installation has to set MPCAS2_PINTEREST_API_VERSION to a living one."
)
_RECONNECT = "Pinterest no longer accepts the account's permission. Connect the account again."
_MISSING = {
    30: "Pinterest does not find the account. Connect it again.",
    40: "The board is gone, or the account may not use it. Choose another board.",
    50: "Pinterest does not find the Pin; it was deleted.",
    2031: "The section is gone. Choose another section, or none.",
}
_REFUSED = {
    1: "Pinterest refused the values of the request. Change them as Pinterest says.",
    29: "Pinterest does not permit this. The board must be the account's own, the account connected "
    "with every permission left on, and the app approved for it.",
}
# Seconds since 1970 are far above any number of seconds to wait.
_EPOCH_FROM = 1_000_000_000.0
_FIRST_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)")
_UNREACHED = re.compile(r"(?:unable|failed|could ?n[o']t) to reach|reach the url", re.IGNORECASE)
_S3_CODE = re.compile(rb"<Code>(\w{1,60})</Code>")


def fault_of(response: httpx.Response, *, irreversible: bool, now: datetime) -> PlatformError:
    """Says what an answer that is no success means.

    Args:
        response: The answer, read.
        irreversible: True when the request, carried out, cannot be taken back.
        now: Aware time.
    """
    status, evidence = response.status_code, evidence_of(response)
    error = error_in(response.content)
    code = _code(status, error)
    number = None if error is None else error.code
    said = f" It said: {error.message[:_LONGEST_QUOTE]}" if error and error.message else ""
    if status == HTTPStatus.TOO_MANY_REQUESTS or (
        number == _RATE_LIMIT and status < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return RateLimited(
            "Pinterest asks to come back later: too many requests.",
            code=code,
            answer=evidence,
            retry_after=waits_for(response.headers, now),
        )
    if status == HTTPStatus.UNAUTHORIZED and number != _NOT_YOURS:
        return Unauthorized(f"{_RECONNECT}{said}", code=code, answer=evidence)
    if status == HTTPStatus.CONFLICT:
        return Unavailable(
            f"The board is busy with another change.{said}", code=code, answer=evidence
        )
    if status == HTTPStatus.BAD_REQUEST and error is not None and _UNREACHED.search(error.message):
        return Unavailable(
            f"Pinterest could not fetch a file from this installation.{said}",
            code=code,
            answer=evidence,
        )
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
    ):
        return Rejected(f"{_words(status, error)}{said}", code=code, answer=evidence)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"Pinterest answered with {status}.{said}", code=code, answer=evidence)


def upload_fault(response: httpx.Response) -> PlatformError:
    """Says what it means that the upload host did not take a file.

    Its answers may quote what was signed, so only the code of the fault is kept.

    Args:
        response: The answer, read.
    """
    status = response.status_code
    found = _S3_CODE.search(response.content)
    code = found.group(1).decode() if found else str(status)
    answer = {"status": status, "code": code}
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or code == "EntityTooLarge":
        return Rejected(
            "The video is larger than Pinterest takes. Make it smaller.", code=code, answer=answer
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Pinterest's upload host asks to come back later.",
            code=code,
            answer=answer,
            retry_after=retry_after(response.headers, None),
        )
    # Also 403, which a form that has expired gets: the next attempt asks for a new one.
    return Unavailable(
        f"Pinterest's upload host did not take the video ({code}).", code=code, answer=answer
    )


def error_in(content: bytes) -> ErrorAnswer | None:
    """Reads Pinterest's envelope; None when the body is none."""
    try:
        return msgspec.json.decode(content, type=ErrorAnswer)
    except msgspec.MsgspecError:
        return None


def is_gone(error: PlatformError) -> bool:
    """Tells whether an error means that what was asked for is not there."""
    return error.answer.get("status") == HTTPStatus.NOT_FOUND and error.code != _NO_ADDRESS


def waits_for(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Reads how long to wait, from ``Retry-After`` or ``X-RateLimit-Reset``.

    That the latter counts seconds is from memory; a moment since 1970 is understood as well.
    """
    told = retry_after(headers, now)
    found = _FIRST_NUMBER.match(headers.get("x-ratelimit-reset", ""))
    if told is not None or found is None:
        return told
    seconds = float(found.group(1))
    if seconds < _EPOCH_FROM:
        return seconds
    return None if now is None else max(0.0, seconds - now.timestamp())


def _code(status: int, error: ErrorAnswer | None) -> str:
    if error is not None:
        return str(error.code)
    return _NO_ADDRESS if status in _NOWHERE else str(status)


def _words(status: int, error: ErrorAnswer | None) -> str:
    if status in _NOWHERE:
        if error is None:
            return _VERSION
        named = error.message.lower()
        if error.code == HTTPStatus.NOT_FOUND:
            # The newer routes tell what is missing by their words alone.
            places = ((2031, "section"), (40, "board"), (50, "pin"), (30, "user"))
            for number, word in places:
                if word in named:
                    return _MISSING[number]
        return _MISSING.get(
            error.code, "Pinterest does not find what this is about; it was deleted."
        )
    if error is not None and error.code in _REFUSED:
        return _REFUSED[error.code]
    if status == HTTPStatus.FORBIDDEN or (error is not None and error.code == _NOT_YOURS):
        return (
            "The account may not do this here. Choose a board of its own, or connect the account again "
            "and leave every permission on."
        )
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return "A file is larger than Pinterest takes. Make it smaller."
    return "Pinterest refused this. Change it as Pinterest says, and retry."
