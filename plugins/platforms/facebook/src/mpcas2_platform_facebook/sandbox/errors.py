"""Refusals in the shape of the Graph API: mostly HTTP 400, told apart by code and subcode."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

_BAD_REQUEST = 400
_SERVER_ERROR = 500
_TRANSIENT_CODES = frozenset({1, 2, 4, 17, 32, 341, 613, 80001})
_BY_STATUS: Final = {
    401: (190, "Error validating access token: The session is invalid."),
    403: (200, "(#200) The permission(s) are not available."),
    429: (4, "(#4) Application request limit reached"),
}
DUPLICATE_PHOTOS: Final = 1366051
UNREADABLE_PHOTO: Final = 1366046

# Subcode: code, the title for a person, the sentence for a person.
TOLD: Final[dict[int, tuple[int, str, str]]] = {
    1349125: (100, "Missing message or attachment", "Write something or attach something."),
    1366046: (
        100,
        "Can't Read Files",
        (
            "Your photos couldn't be uploaded. Photos should be smaller than 4 MB and saved as "
            "JPG, PNG, GIF, TIFF, HEIF or WebP files."
        ),
    ),
    1366051: (100, "Already Posted", "These photos were already posted."),
    1404078: (200, "Authorization Needed", "Page publishing authorization is required."),
    1404102: (368, "Content Blocked", "This content goes against the community standards."),
    1404112: (368, "Account Limited", "This account is limited from posting for a while."),
    1455006: (506, "Duplicate Status Update", "This status update is identical to the last one."),
    1609005: (100, "Link Could Not Be Read", "There was a problem scraping data from this link."),
    1609008: (100, "Can't Post Links To Facebook", "Links to facebook.com cannot be posted."),
    1346003: (368, "Action Blocked", "It looks like this feature was misused by going too fast."),
    2061006: (100, "Invalid URL", "The URL that was given is not valid."),
    4854002: (200, "Identity Check Needed", "Confirm your identity to go on posting."),
}
"""What can be wrong with a post or with who posts it."""


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
        data: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.status = status
        self._message = message
        self._title = title
        self._told = told
        self._data = data

    def body(self) -> dict[str, Any]:
        """Returns the error envelope."""
        error: dict[str, Any] = {
            "message": self._message,
            "type": "OAuthException",
            "code": self.code,
        }
        if self._data is not None:
            error["error_data"] = self._data
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["is_transient"] = self.code in _TRANSIENT_CODES
        if self._told:
            error["error_user_title"] = self._title or self._message
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


def bad_parameter(message: str) -> GraphError:
    """Returns the refusal of a parameter; it stays wrong however often it is sent."""
    return GraphError(100, f"(#100) {message}")


def missing_parameter(name: str) -> GraphError:
    """Returns the refusal of a request without a parameter that it needs."""
    return bad_parameter(f"The parameter {name} is required.")


def told(subcode: int) -> GraphError:
    """Returns a refusal that comes with a sentence for a person."""
    code, title, sentence = TOLD[subcode]
    message = f"(#{code}) Duplicate status message" if code == 506 else "Invalid parameter"  # noqa: PLR2004  # the code's own name
    return GraphError(code, message, subcode=subcode, title=title, told=sentence)


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


def wants_page_token() -> GraphError:
    """Returns the refusal of a user token where only a page token will do."""
    return GraphError(
        190,
        "A Page access token is required for this call for the new Pages experience.",
        subcode=2069032,
        title="User access token is not supported",
        told="A Page access token is required for this call.",
    )


def lacks_permission(name: str) -> GraphError:
    """Returns the refusal of a token that was not granted what the request needs."""
    return GraphError(
        200,
        f"(#200) The permission(s) {name} are not available. It could because either they are "
        "deprecated or need to be approved by App Review.",
    )


def bad_video(message: str, subcode: int) -> GraphError:
    """Returns the refusal of a video, before or after its upload."""
    return GraphError(352, f"(#352) {message}", subcode=subcode, told=message)
