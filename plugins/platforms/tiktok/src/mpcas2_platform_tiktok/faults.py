"""Turns TikTok's refusals and broken connections into the contract's errors.

Source: TikTok's API v2 error handling and Content Posting API, as the contract fixtures list them. The
code in the body counts more than the status. No answer tells when a limit ends: those of a minute slide,
the others are a day's.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

import httpx
import msgspec

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    evidence_of,
    retry_after,
)
from mpcas2_platform_tiktok.wire import Fault, FaultBody

__all__ = ("NO_SUCH_POST", "OK", "SCOPE_FAULTS", "fault_of")

OK = "ok"
"""The code of an answer without a fault."""

SCOPE_FAULTS = frozenset({"scope_not_authorized", "scope_permission_missed"})
"""A permission is missing that a renewal cannot bring."""

NO_SUCH_POST = frozenset({"invalid_publish_id", "token_not_authorized_for_specified_publish_id"})
"""TikTok knows nothing of a publish_id."""

_MINUTE = 60.0
_DAY = 24 * 3600.0
_MISSING = {
    "scope_not_authorized": "The account was connected without a permission that this needs; connect "
    "it again and leave everything ticked that TikTok asks for.",
    "scope_permission_missed": "TikTok has not approved this installation's app for a permission that "
    "this needs. Its operator has to apply for the scope in TikTok's developer portal; then connect "
    "the account again.",
}
# Words, and the quota that is used up.
_DAILY = {
    "spam_risk_too_many_posts": (
        "TikTok takes no more posts of this account by API today.",
        "posts",
    ),
    "spam_risk_too_many_pending_share": (
        (
            "Five drafts of the last 24 hours wait in the TikTok app. Post or delete them there; until "
            "then TikTok takes no more."
        ),
        "drafts",
    ),
    "reached_active_user_cap": (
        (
            "TikTok lets only so many people a day post through this installation's app. An app that has "
            "not passed TikTok's audit has five; its operator has to apply for the audit."
        ),
        None,
    ),
}
_REMEDIES = {
    "spam_risk_user_banned_from_posting": "TikTok has barred this account from posting; its inbox in "
    "the TikTok app says why and for how long.",
    "spam_risk_text": "TikTok takes the text for spam; write it differently.",
    "spam_risk": "TikTok takes the post for spam; change the text or the file, or post it in the "
    "TikTok app.",
    "unaudited_client_can_only_post_to_private_accounts": "This installation's app has not passed "
    "TikTok's audit: until then only private accounts can post, and only with SELF_ONLY. Make the "
    "account private and choose SELF_ONLY, or have the operator apply for the audit.",
    "privacy_level_option_mismatch": "TikTok does not offer this account the chosen visibility now; "
    "choose another one.",
    "url_ownership_unverified": "TikTok fetches photos only from addresses that were verified. The "
    "operator of this installation has to verify its public address in TikTok's developer portal "
    "(URL properties).",
    "invalid_publish_id": "TikTok does not know the post any more.",
    "token_not_authorized_for_specified_publish_id": "TikTok says that the post was begun by another "
    "account or app.",
}
_LONGEST_QUOTE = 300


def fault_of(
    response: httpx.Response, *, irreversible: bool, now: datetime, quota: str | None = None
) -> PlatformError:
    """Classifies an answer that is not a success.

    Args:
        response: The answer, read.
        irreversible: True when the request, had it been carried out, cannot be taken back.
        now: Aware time, for ``Retry-After``.
        quota: The quota of a minute that the request spends.
    """
    status, fault = response.status_code, _read(response)
    code = fault.code or str(status)
    answer = evidence_of(response)
    told = retry_after(response.headers, now)
    if fault.code in _DAILY:
        words, used_up = _DAILY[fault.code]
        return RateLimited(words, code=code, answer=answer, retry_after=told or _DAY, quota=used_up)
    if status == HTTPStatus.TOO_MANY_REQUESTS or fault.code == "rate_limit_exceeded":
        return RateLimited(
            "TikTok asks to come back in a minute: too much was asked in the last one.",
            code=code,
            answer=answer,
            retry_after=_MINUTE if told is None else told,
            quota=quota if fault.code == "rate_limit_exceeded" else None,
        )
    if fault.code in _MISSING:
        return Unauthorized(_MISSING[fault.code], code=code, answer=answer, revoked=True)
    if status == HTTPStatus.UNAUTHORIZED or fault.code == "access_token_invalid":
        return Unauthorized(
            "TikTok refused the account's access; connect the account again if this stays.",
            code=code,
            answer=answer,
        )
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    named = fault.code in _REMEDIES or fault.code == "invalid_params"
    if named or (refused and status != HTTPStatus.REQUEST_TIMEOUT):
        words = _REMEDIES.get(fault.code) or _refusal(status, fault)
        return Rejected(words, code=code, answer=answer)
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"TikTok answered with {status}.", code=code, answer=answer)


def _refusal(status: int, fault: Fault) -> str:
    said = fault.message or fault.code
    if not said:
        return f"TikTok refused the request ({status}) and gave no reason."
    number = f" (TikTok's log id: {fault.log_id})" if fault.log_id else ""
    return f"TikTok refused the request: {said[:_LONGEST_QUOTE]}{number}"


def _read(response: httpx.Response) -> Fault:
    """Gives the fault of an answer; an empty one when the body is no such thing."""
    try:
        return msgspec.json.decode(response.content, type=FaultBody).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Fault()
