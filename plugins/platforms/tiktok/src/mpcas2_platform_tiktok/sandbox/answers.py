"""The shapes of the data API's answers and the codes of its refusals."""

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from mpcas2_sandbox.oauth import Refusal

REFUSALS: dict[str, tuple[int, str]] = {
    "access_token_invalid": (
        401,
        "The access token is invalid or not found in the request.",
    ),
    "scope_not_authorized": (
        401,
        "The user did not authorize the scope required for completing this request.",
    ),
    "scope_permission_missed": (401, "The app has no permission for the scope of this request."),
    "rate_limit_exceeded": (429, "The API rate limit was exceeded. Please try again later."),
    "spam_risk_too_many_posts": (
        403,
        "The daily post cap from the API is reached for the current user.",
    ),
    "spam_risk_too_many_pending_share": (
        403,
        "There may be at most 5 pending shares within any 24-hour period.",
    ),
    "reached_active_user_cap": (
        403,
        "The daily quota for active publishing users from your client is reached.",
    ),
    "spam_risk_user_banned_from_posting": (403, "The user is banned from making new posts."),
    "spam_risk_text": (403, "The text of the post is considered to be spam."),
    "spam_risk": (403, "The post is considered to be spam."),
    "unaudited_client_can_only_post_to_private_accounts": (
        403,
        "Unaudited clients can only post to private accounts, with the privacy level SELF_ONLY.",
    ),
    "privacy_level_option_mismatch": (
        403,
        "privacy_level is not among the creator's privacy_level_options.",
    ),
    "url_ownership_unverified": (
        403,
        "To use PULL_FROM_URL you must verify the ownership of the domain or URL prefix.",
    ),
    "invalid_params": (400, "One or more fields in the request are invalid."),
    "invalid_publish_id": (400, "The publish_id does not exist."),
    "token_not_authorized_for_specified_publish_id": (
        400,
        "The access token is not authorized for this publish_id.",
    ),
    "internal_error": (500, "Something went wrong on our side. Please try again later."),
}
"""Every code of the data API with its status and what it says."""

_OF_STATUS = {
    400: "invalid_params",
    401: "access_token_invalid",
    403: "spam_risk",
    429: "rate_limit_exceeded",
}
_FIRST_SERVER_ERROR = 500


class ApiError(Exception):
    """A request is refused.

    Args:
        code: One of ``REFUSALS``.
        message: What to say in the place of the code's own words.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        self.status, words = REFUSALS[code]
        self.code = code
        self.message = message or words
        super().__init__(self.message)


def _log_id() -> str:
    return secrets.token_hex(17).upper()


def envelope(code: str, message: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the body of an answer of the data API."""
    return {"data": data, "error": {"code": code, "message": message, "log_id": _log_id()}}


def answered(data: Mapping[str, Any]) -> Response:
    """Returns the answer to a request that was done."""
    body = msgspec.json.encode(envelope("ok", "", data))
    return Response(body, media_type="application/json")


def refused(error: ApiError) -> Response:
    """Returns the answer to a request that is refused."""
    body = msgspec.json.encode(envelope(error.code, error.message, {}))
    return Response(body, error.status, media_type="application/json")


def body_of_status(status: int) -> dict[str, Any] | None:
    """Returns the body that a refusal of that status usually has; None for one without a code."""
    code = "internal_error" if status >= _FIRST_SERVER_ERROR else _OF_STATUS.get(status)
    return None if code is None else envelope(code, REFUSALS[code][1], {})


def token_refused(refusal: Refusal) -> Response:
    """Returns an error of the token and revocation endpoints, which is flat and has a log id."""
    body = {
        "error": refusal.error,
        "error_description": refusal.description,
        "log_id": _log_id(),
    }
    return Response(
        msgspec.json.encode(body),
        refusal.status,
        {"Cache-Control": "no-store"},
        media_type="application/json",
    )
