"""The API's refusals, with the statuses, reasons and messages that YouTube gives them.

Source: https://developers.google.com/youtube/v3/docs/errors and, for the frame around them,
https://developers.google.com/youtube/v3/docs/core_errors.
"""

from typing import Any

import msgspec
from starlette.responses import Response

_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
}


class ApiError(Exception):
    """A refusal in the API's own form.

    Args:
        status: The HTTP status.
        reason: The API's word for it, such as ``invalidTitle``.
        message: What happened, for people.
        domain: Which part of the API refuses.
        location: The parameter, header or body field that is at fault.
        location_type: ``parameter``, ``header`` or ``other``.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str | None = None,
        location_type: str = "parameter",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.location_type = location_type

    def response(self) -> Response:
        """Returns the refusal as an HTTP answer."""
        entry: dict[str, Any] = {
            "message": self.message,
            "domain": self.domain,
            "reason": self.reason,
        }
        if self.location is not None:
            entry |= {"location": self.location, "locationType": self.location_type}
        error: dict[str, Any] = {
            "code": self.status,
            "message": self.message,
            "errors": [entry],
        }
        if self.domain == "global" and self.status in _STATUS_NAMES:
            error["status"] = _STATUS_NAMES[self.status]
        headers = {}
        if self.status == 401:  # noqa: PLR2004  # the one status with a challenge, RFC 6750
            headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/"'
        body = msgspec.json.encode({"error": error})
        return Response(body, self.status, headers, "application/json; charset=UTF-8")


def bad_request(message: str, *, reason: str = "badRequest") -> ApiError:
    """Returns the refusal of a request that does not fit, whatever it asks for."""
    return ApiError(400, reason, message)


def unknown_parameter(name: str) -> ApiError:
    """Returns the refusal of a query parameter that the method does not have."""
    return bad_request(
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message."
    )


def missing_parameter(name: str) -> ApiError:
    """Returns the refusal of a request without a parameter that the method needs."""
    return ApiError(400, "required", f"Required parameter: {name}", location=name)


def invalid_parameter(name: str, value: str) -> ApiError:
    """Returns the refusal of a parameter's value."""
    return ApiError(400, "invalidParameter", f"Invalid value for {name}: {value}", location=name)


def no_filter(*names: str) -> ApiError:
    """Returns the refusal of a list that does not say what to list."""
    message = f"No filter selected. Expected one of: {', '.join(names)}"
    return ApiError(
        400, "missingRequiredParameter", message, domain="youtube.parameter", location="parameters"
    )


def invalid_metadata(
    reason: str, message: str, location: str, *, domain: str = "youtube.video"
) -> ApiError:
    """Returns the refusal of one field of a resource in a request's body."""
    return ApiError(
        400, reason, message, domain=domain, location=f"body.{location}", location_type="other"
    )


def not_found(kind: str, parameter: str) -> ApiError:
    """Returns the refusal of an identifier behind which there is nothing for this account.

    Args:
        kind: ``video`` or ``playlist``, as in the reason ``videoNotFound``.
        parameter: Where the identifier stands.
    """
    message = f"The {kind} identified with the request's <code>{parameter}</code> cannot be found."
    return ApiError(404, f"{kind}NotFound", message, domain=f"youtube.{kind}", location=parameter)


def invalid_credentials() -> ApiError:
    """Returns the refusal of a token that is absent, unknown, expired or revoked."""
    return ApiError(
        401,
        "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential.",
        location="Authorization",
        location_type="header",
    )


def insufficient_scopes() -> ApiError:
    """Returns the refusal of a token that was not granted what the method needs."""
    message = "Request had insufficient authentication scopes."
    return ApiError(403, "insufficientPermissions", message)


def signup_required() -> ApiError:
    """Returns the refusal of an account that has no channel."""
    return ApiError(
        401,
        "youtubeSignupRequired",
        "Unauthorized",
        domain="youtube.header",
        location="Authorization",
        location_type="header",
    )


def forbidden(message: str = "Forbidden") -> ApiError:
    """Returns the refusal of somebody who does not own the thing."""
    return ApiError(403, "forbidden", message, domain="youtube.common")


def quota_exceeded() -> ApiError:
    """Returns the refusal of a request that the day's quota does not cover any more."""
    return ApiError(
        403,
        "quotaExceeded",
        'The request cannot be completed because you have exceeded your <a href="/youtube/v3/'
        'getting-started#quota">quota</a>.',
        domain="youtube.quota",
    )


def upload_limit_exceeded() -> ApiError:
    """Returns the refusal of a channel that has uploaded as much as it may for now."""
    message = "The user has exceeded the number of videos they may upload."
    return ApiError(400, "uploadLimitExceeded", message, domain="youtube.video")
