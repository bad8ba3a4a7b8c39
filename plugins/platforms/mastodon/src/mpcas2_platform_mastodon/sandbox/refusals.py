"""Mastodon's refusals: a status and ``{"error": …}`` in the server's own words."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

_SENTENCES = {
    401: "The access token is invalid",
    403: "This action is not allowed",
    404: "Record not found",
    410: "Gone",
    422: "This method requires an authenticated user",
    429: "Too many requests",
    500: "We're sorry, but something went wrong on our end.",
    503: "There was a temporary problem serving your request, please try again",
}


class Refused(Exception):
    """A refusal that ends a call.

    Attributes:
        status: The HTTP status.
        error: The sentence, or the code of the token endpoint.
        description: The sentence beside a code.
    """

    def __init__(self, status: int, error: str = "", description: str | None = None) -> None:
        self.status = status
        self.error = error or _SENTENCES[status]
        self.description = description
        super().__init__(self.error)

    def response(self, headers: Mapping[str, str]) -> Response:
        """Returns the answer, with these headers."""
        body = {"error": self.error}
        if self.description is not None:
            body["error_description"] = self.description
        encoded = msgspec.json.encode(body)
        return Response(encoded, self.status, dict(headers), "application/json")


def invalid(*faults: str) -> Refused:
    """Returns the refusal of something that breaks rules; each fault begins with the field."""
    return Refused(422, f"Validation failed: {', '.join(faults)}")


def error_body(status: int) -> dict[str, str]:
    """Returns what the server says with a status and no more particular reason."""
    return {"error": _SENTENCES.get(status, f"The server answered {status}")}
