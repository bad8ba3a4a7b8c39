"""Refusals in the shape of the Graph API: mostly HTTP 400, told apart by code and subcode."""

import secrets
from typing import Any, Final

import msgspec
from starlette.responses import Response

_BAD_REQUEST = 400
_SERVER_ERROR = 500
_BAD_PARAMETER = 100
_TRANSIENT_CODES = frozenset({1, 2, 4, 17})
_BY_STATUS: Final = {
    401: (190, "Error validating access token: The session is invalid."),
    403: (10, "(#10) Application does not have permission for this action"),
    429: (4, "(#4) Application request limit reached"),
}
MEDIA_NOT_FOUND: Final = 4279009
"""The subcode of a container that cannot be published, or not yet."""


class GraphError(Exception):
    """A request that the network refuses.

    Attributes:
        code: The error's code.
        subcode: The error's subcode; None for none.
        status: The HTTP status.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        title: str = "",
        told: str = "",
        status: int = _BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.status = status
        self._message = message
        self._title = title
        self._told = told

    def body(self) -> dict[str, Any]:
        """Returns the error envelope."""
        error: dict[str, Any] = {
            "message": self._message,
            "type": "THApiException" if self.code == _BAD_PARAMETER else "OAuthException",
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["is_transient"] = self.code in _TRANSIENT_CODES
        if self._told:
            error["error_user_title"] = self._title
            error["error_user_msg"] = self._told
        error["fbtrace_id"] = f"A{secrets.token_urlsafe(16)}"
        return {"error": error}

    def answer(self) -> Response:
        """Returns the refusal as it is sent."""
        return graph_json(self.body(), self.status)


def graph_json(value: object, status: int = 200) -> Response:
    """Returns a value as the API's answer."""
    body = msgspec.json.encode(value)
    return Response(body, status, media_type="application/json; charset=UTF-8")


def error_of_status(status: int) -> Any:
    """Returns the envelope that fits a status which a fault rule asks for."""
    if status >= _SERVER_ERROR:
        return GraphError(2, "An unexpected error has occurred. Please retry later.").body()
    code, message = _BY_STATUS.get(status, (_BAD_PARAMETER, "(#100) Invalid parameter"))
    return GraphError(code, message, status=status).body()


def bad_parameter(message: str) -> GraphError:
    """Returns the refusal of a parameter; it stays wrong however often it is sent."""
    return GraphError(_BAD_PARAMETER, f"(#100) {message}")


def missing_parameter(name: str) -> GraphError:
    """Returns the refusal of a request without a parameter that it needs."""
    return bad_parameter(f"The parameter {name} is required.")


def unknown_object(verb: str, number: str) -> GraphError:
    """Returns the refusal of an identifier behind which there is nothing for this caller."""
    return GraphError(
        _BAD_PARAMETER,
        f"Unsupported {verb.lower()} request. Object with ID '{number}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation.",
        subcode=33,
    )


def bad_token(subcode: int | None, message: str) -> GraphError:
    """Returns the refusal of an access token."""
    return GraphError(190, f"Error validating access token: {message}", subcode=subcode)


def lacks_permission(name: str) -> GraphError:
    """Returns the refusal of a token that was not granted what the request needs."""
    return GraphError(
        10, f"(#10) Application does not have permission for this action: {name} is missing"
    )


def media_not_found(number: str) -> GraphError:
    """Returns the refusal to publish a container: unknown, not ready, expired or spent.

    The network says the same of all four; only the container's status tells them apart.
    """
    return GraphError(
        24,
        "The requested resource does not exist",
        subcode=MEDIA_NOT_FOUND,
        title="Media Not Found",
        told=f"The media with id {number} cannot be found.",
    )


def quota_reached(code: int, what: str) -> GraphError:
    """Returns the refusal of something beyond a rolling quota.

    Args:
        code: The error's code.
        what: What there were too many of.
    """
    return GraphError(
        code,
        f"(#{code}) Application request limit reached",
        title="Limit Reached",
        told=f"You reached the maximum number of {what} in 24 hours.",
    )
