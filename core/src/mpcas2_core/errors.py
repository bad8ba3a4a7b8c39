"""What the engine says no to, as one tree that every door translates.

```
EngineError
├── InvalidInput       400  what was given does not fit; details name the field
├── Unauthenticated    401  nobody, or a token that is no longer good
├── NotAllowed         403  known, but not for this user or this installation
├── NotFound           404  no such thing for this tenant
├── Conflict           409  it does not fit the present state; the message says what would
├── TooLarge           413
├── UnsupportedMedia   415
├── TooMany            429  too many such requests at once; details say when to come back
├── NetworkFault       502  a social network refused or could not be reached
├── StorageUnavailable 503  the store for media cannot be reached or refuses; an OSError as well
└── StorageFull        507  there is no room left for media
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = (
    "Conflict",
    "EngineError",
    "InvalidInput",
    "NetworkFault",
    "NotAllowed",
    "NotFound",
    "StorageFull",
    "StorageUnavailable",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "UnsupportedMedia",
)


class EngineError(Exception):
    """The engine refuses; nothing was changed.

    Args:
        message: What is wrong and what to do, in one or two sentences for a person.
        code: The same for a program, in ``UPPER_SNAKE_CASE``.
        details: More for a program, for example ``{"field": "scheduleAt"}``.
    """

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.details = dict(details) if details else None


class InvalidInput(EngineError):
    """What was given does not fit."""

    status = 400
    default_code = "VALIDATION_ERROR"


class Unauthenticated(EngineError):
    """There is no valid sign-in."""

    status = 401
    default_code = "UNAUTHORIZED"


class NotAllowed(EngineError):
    """The caller is known and may not do this."""

    status = 403
    default_code = "FORBIDDEN"


class NotFound(EngineError):
    """There is no such thing for this tenant."""

    status = 404
    default_code = "NOT_FOUND"


class Conflict(EngineError):
    """The request does not fit the present state."""

    status = 409
    default_code = "CONFLICT"


class TooLarge(EngineError):
    """The body or the file is larger than this installation takes."""

    status = 413
    default_code = "TOO_LARGE"


class UnsupportedMedia(EngineError):
    """The file is not of a kind that is understood, or not of the kind that was said."""

    status = 415
    default_code = "UNSUPPORTED_MEDIA_TYPE"


class TooMany(EngineError):
    """Too many such requests wait already; ``retryAfter`` of the details is in seconds."""

    status = 429
    default_code = "TOO_MANY_REQUESTS"


class NetworkFault(EngineError):
    """A social network refused or could not be reached."""

    status = 502
    default_code = "NETWORK_UNAVAILABLE"


class StorageUnavailable(EngineError, OSError):
    """The store for media cannot be reached, or refuses; the message says what to check.

    An :class:`OSError` too, so that whoever reads a file treats every store like a disk.
    """

    status = 503
    default_code = "STORAGE_UNAVAILABLE"


class StorageFull(EngineError):
    """There is no room left for media."""

    status = 507
    default_code = "STORAGE_FULL"
