"""LinkedIn's refusals: a status, a code, a message, and for some of them details."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

_DETAILED = "com.linkedin.common.error.BadRequest"


class Refused(Exception):
    """A call is answered with an error.

    Args:
        status: The HTTP status.
        message: The words.
        code: The error's name; None where LinkedIn gives none.
        service: The service's own number of the error.
        details: One entry of ``errorDetails.inputErrors``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        service: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"status": status, "message": message}
        if code is not None:
            self.body["code"] = code
        if service is not None:
            self.body["serviceErrorCode"] = service
        if details is not None:
            self.body["errorDetailType"] = _DETAILED
            self.body["errorDetails"] = {"inputErrors": [dict(details)]}

    def response(self) -> Response:
        """Returns the answer."""
        return Response(msgspec.json.encode(self.body), self.status, None, "application/json")


def bad_field(path: str, description: str, code: str = "INVALID_VALUE_FOR_FIELD") -> Refused:
    """Returns the refusal of a value that has the right type and is wrong all the same."""
    details = {
        "code": code,
        "description": description,
        "input": {"inputPath": {"fieldPath": path}},
    }
    return Refused(400, description, code=code, details=details)


def bad_shape(path: str, description: str) -> Refused:
    """Returns the refusal of a body that does not have the shape of its schema."""
    return Refused(422, f"ERROR :: {path} :: {description}")


def denied(action: str, version: str) -> Refused:
    """Returns the refusal of a call for which a scope or a page's role is lacking."""
    message = f"Not enough permissions to access: {action}.{version}"
    return Refused(403, message, code="ACCESS_DENIED", service=100)


def not_found() -> Refused:
    """Returns the refusal of a call for something that is not there."""
    return Refused(404, "Could not find entity", code="RESOURCE_NOT_FOUND")


def bad_urn(urn: str) -> Refused:
    """Returns the refusal of a URN that is none, or of another kind."""
    if urn.startswith("urn:li:"):
        return Refused(400, f"Invalid URN type: {urn}", code="INVALID_URN_TYPE")
    return Refused(400, f"This URN Id is invalid: {urn}", code="INVALID_URN_ID")


def throttled(owner: str) -> Refused:
    """Returns the refusal of a call beyond a day's limit.

    Args:
        owner: Whose limit it is, ``MEMBER`` or ``APPLICATION``.
    """
    message = f"Resource level throttle {owner} DAY limit for calls to this resource is reached."
    return Refused(429, message, code="TOO_MANY_REQUESTS", service=101)


def duplicate(urn: str) -> Refused:
    """Returns the refusal of a post whose content stands there already.

    Args:
        urn: The post that has it.
    """
    details = {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
    message = (
        "com.linkedin.content.common.exception.BadRequestResponseException: "
        f"Content is a duplicate of {urn}"
    )
    return Refused(422, message, details=details)


_BEARER = {
    "missing": ("Empty oauth2 access token", "EMPTY_ACCESS_TOKEN", 65604),
    "unknown": ("Invalid access token", "INVALID_ACCESS_TOKEN", 65600),
    "revoked": (
        "The token used in the request has been revoked by the user",
        "REVOKED_ACCESS_TOKEN",
        65601,
    ),
    "expired": ("The token used in the request has expired", "EXPIRED_ACCESS_TOKEN", 65602),
}


def unauthorized(reason: str) -> Refused:
    """Returns the refusal of a call without a good token.

    Args:
        reason: ``missing``, ``unknown``, ``revoked`` or ``expired``.
    """
    message, code, service = _BEARER[reason]
    return Refused(401, message, code=code, service=service)
