"""Refusals in the shape of the Graph API: mostly HTTP 400, told apart by code and subcode.

The pairs of code and subcode are those of the vendor's list of Instagram error codes.
"""

import secrets
from typing import Any, Final

import msgspec
from starlette.responses import Response

_BAD_REQUEST = 400
_SERVER_ERROR = 500
_TRANSIENT_CODES = frozenset({-2, -1, 1, 2, 4, 17, 80002, 9007})
_BY_STATUS: Final = {
    401: (190, "Error validating access token: The session is invalid."),
    403: (10, "(#10) Application does not have permission for this action"),
    429: (4, "(#4) Application request limit reached"),
}

# Subcode: code, the sentence for a person.
MEDIA_FAULTS: Final[dict[int, tuple[int, str]]] = {
    2207001: (-1, "Instagram server error. Try again."),
    2207003: (-2, "It takes too long to download the media."),
    2207004: (36000, "The image is too large to download. It should be less than 8 MiB."),
    2207005: (36001, "The image format is not supported. Supported formats are: JPEG."),
    2207009: (
        36003,
        (
            "The submitted image with its aspect ratio cannot be published. Please submit an image "
            "with a valid aspect ratio."
        ),
    ),
    2207020: (-2, "The media you are trying to access has expired. Please try to upload again."),
    2207026: (352, "The video format is not supported. Please check spec for supported formats."),
    2207032: (-1, "Create media fail, please try to re-create media"),
    2207052: (9004, "The media could not be fetched from this URI."),
    2207053: (-1, "unknown upload error"),
    2207057: (
        1,
        "Thumbnail offset must be greater than or equal to 0 and less than video duration.",
    ),
}
"""What can go wrong with a container's media after the container was made."""


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
        told: str = "",
        status: int = _BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.status = status
        self._message = message
        self._told = told

    def body(self) -> dict[str, Any]:
        """Returns the error envelope."""
        error: dict[str, Any] = {
            "message": self._message,
            "type": "OAuthException",
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["is_transient"] = self.code in _TRANSIENT_CODES
        if self._told:
            error["error_user_title"] = self._message
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
    code, message = _BY_STATUS.get(status, (100, "(#100) Invalid parameter"))
    return GraphError(code, message, status=status).body()


def bad_parameter(message: str, subcode: int | None = None) -> GraphError:
    """Returns the refusal of a parameter; it stays wrong however often it is sent."""
    told = "" if subcode is None else message
    return GraphError(100, f"(#100) {message}", subcode=subcode, told=told)


def missing_parameter(name: str) -> GraphError:
    """Returns the refusal of a request without a parameter that it needs."""
    return bad_parameter(f"The parameter {name} is required.")


def unknown_object(verb: str, number: str) -> GraphError:
    """Returns the refusal of an identifier behind which there is nothing for this caller."""
    return GraphError(
        100,
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


def media_fault(subcode: int) -> GraphError:
    """Returns a refusal for something that is wrong with the media of a container."""
    code, told = MEDIA_FAULTS[subcode]
    return GraphError(code, told.split(". ", 1)[0], subcode=subcode, told=told)


def not_ready() -> GraphError:
    """Returns the refusal to publish a container that is still in progress."""
    return GraphError(
        9007,
        "Media ID is not available",
        subcode=2207027,
        told="The media is not ready for publishing, please wait for a moment.",
    )


def no_such_container(number: str) -> GraphError:
    """Returns the refusal of a container that is unknown, or another's."""
    told = f"The media with {number} cannot be found."
    return GraphError(24, "The requested resource does not exist", subcode=2207006, told=told)


def spent_container(number: str) -> GraphError:
    """Returns the refusal to publish a container for the second time."""
    told = f"The media builder with creation id = {number} does not exist or it has been expired."
    return GraphError(24, "The requested resource does not exist", subcode=2207008, told=told)


def quota_reached() -> GraphError:
    """Returns the refusal of a post beyond the rolling quota."""
    return GraphError(
        9,
        "Application request limit reached",
        subcode=2207042,
        told="You reached maximum number of posts that is allowed to be published by Content "
        "Publishing API.",
    )
