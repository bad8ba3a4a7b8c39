"""X's refusals: problem documents (RFC 9457) with its own types.

The types under ``/2/problems/`` are those of X's OpenAPI description. What its front door refuses
(401, 402, 403, 429) has the type ``about:blank`` on the real network and is not described there.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

_TYPES = "https://api.x.com/2/problems/"


class Problem(Exception):
    """A refusal that ends a call.

    Attributes:
        status: The HTTP status.
        document: The problem document.
    """

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(document["detail"])
        self.status = status
        self.document = document

    def response(self, headers: Mapping[str, str]) -> Response:
        """Returns the answer, with these headers."""
        body = msgspec.json.encode(self.document)
        return Response(body, self.status, dict(headers), "application/problem+json")


def invalid_request(*messages: str, value: str | None = None) -> Problem:
    """Returns the refusal of a request that breaks a rule; each message names one."""
    errors: list[dict[str, Any]] = [{"parameters": {}, "message": one} for one in messages]
    document: dict[str, Any] = {
        "type": _TYPES + "invalid-request",
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "status": 400,
        "errors": errors,
    }
    if value is not None:
        document["value"] = value
    return Problem(400, document)


def front_door(status: HTTPStatus, detail: str | None = None, **more: Any) -> Problem:
    """Returns the refusal of one who may not come in at all, with the status's own words."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "detail": detail or status.phrase,
        "status": int(status),
        **more,
    }
    return Problem(int(status), document)


def forbidden(detail: str) -> Problem:
    """Returns the refusal of something that this account may not do."""
    return front_door(HTTPStatus.FORBIDDEN, detail)


def not_found(kind: str, name: str, value: str) -> dict[str, Any]:
    """Returns the document about a thing that is not there, as it stands in ``errors``.

    Args:
        kind: What it is: ``tweet``, ``user``, ``media``.
        name: The parameter that named it.
        value: What was named.
    """
    return {
        "type": _TYPES + "resource-not-found",
        "title": "Not Found Error",
        "detail": f"Could not find {kind} with {name}: [{value}].",
        "resource_type": kind,
        "resource_id": value,
        "parameter": name,
        "value": value,
    }


def missing(kind: str, name: str, value: str) -> Problem:
    """Returns the refusal of a call about a thing that is not there."""
    return Problem(404, {**not_found(kind, name, value), "status": 404})


def no_field(field: str, post_id: str) -> dict[str, Any]:
    """Returns the document about a field of a post that is shown to its author only."""
    return {
        "type": _TYPES + "not-authorized-for-field",
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access '{field}' on the Tweet with id "
        f"{post_id}.",
        "field": field,
        "resource_type": "tweet",
        "resource_id": post_id,
        "section": "data",
    }


def processing_failed(media_id: str, reason: str) -> dict[str, Any]:
    """Returns the document about a file that could not be processed."""
    return {
        "type": _TYPES + "invalid-request",
        "title": "Invalid Media",
        "detail": reason,
        "parameter": "media_id",
        "value": media_id,
    }
