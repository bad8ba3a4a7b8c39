"""Pinterest's refusals: a status, a number and a sentence."""

from typing import Any

import msgspec
from starlette.responses import Response

SERVER_FAULT = 500
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_THROTTLED = 429


class Refused(Exception):
    """A call is answered with an error.

    Args:
        status: The HTTP status.
        code: Pinterest's own number.
        message: The words.
        headers: More headers of the answer.
    """

    def __init__(
        self, status: int, code: int, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {"code": code, "message": message}

    def response(self) -> Response:
        """Returns the answer."""
        body = msgspec.json.encode(self.body)
        return Response(body, self.status, self.headers, "application/json")


def invalid(message: str) -> Refused:
    """Returns the refusal of a request that is wrong in itself."""
    return Refused(400, 1, message)


def not_authenticated() -> Refused:
    """Returns the refusal of a call whose token, or whose client, is not good."""
    return Refused(_UNAUTHORIZED, 2, "Authentication failed.")


def lacks_scope() -> Refused:
    """Returns the refusal of a call whose token was not given every scope that it needs."""
    return Refused(
        _FORBIDDEN,
        3,
        "Your token does not have sufficient permissions to perform this operation. Please ensure "
        "your token is authorized with the correct set of scopes.",
    )


def not_permitted() -> Refused:
    """Returns the refusal of what somebody else owns, or of what is not open to every app."""
    return Refused(_FORBIDDEN, 29, "You are not permitted to access that resource.")


def throttled(headers: dict[str, str]) -> Refused:
    """Returns the refusal of a call that is one too many."""
    return Refused(
        _THROTTLED,
        8,
        "This request exceeded a rate limit. This can happen if the client exceeds one\nof the "
        "published rate limits within a short time window.",
        headers,
    )


def no_board() -> Refused:
    """Returns the refusal of a board that is not there for the caller."""
    return Refused(_NOT_FOUND, 40, "Board not found.")


def no_section() -> Refused:
    """Returns the refusal of a section that is not on the board."""
    return Refused(_NOT_FOUND, 2031, "Sorry! We couldn't find this board section.")


def no_pin() -> Refused:
    """Returns the refusal of a Pin that is not there for the caller."""
    return Refused(_NOT_FOUND, 50, "Pin not found.")


def words_of(status: int) -> dict[str, Any]:
    """Returns the body that Pinterest sends with a status."""
    known = {
        _UNAUTHORIZED: not_authenticated(),
        _FORBIDDEN: not_permitted(),
        _NOT_FOUND: no_pin(),
        _THROTTLED: throttled({}),
    }
    if status in known:
        return known[status].body
    if status < SERVER_FAULT:
        return invalid("Invalid request: ...").body
    return {"code": status, "message": "Sorry! Something went wrong on our end."}
