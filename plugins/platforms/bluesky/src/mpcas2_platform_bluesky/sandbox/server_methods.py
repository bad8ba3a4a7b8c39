"""The methods ``com.atproto.server.*``, ``com.atproto.identity.*`` and ``app.bsky.actor.*``."""

import re
from typing import Any

from mpcas2_platform_bluesky.sandbox.accounts import DOMAIN, Account
from mpcas2_platform_bluesky.sandbox.blobs import UPLOAD_LIMIT
from mpcas2_platform_bluesky.sandbox.errors import XrpcError, invalid_request
from mpcas2_platform_bluesky.sandbox.sessions import SERVER_DID, Tokens
from mpcas2_platform_bluesky.sandbox.syntax import is_at_identifier, is_handle
from mpcas2_platform_bluesky.sandbox.xrpc import Call, Method
from mpcas2_sandbox.clock import timestamp

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,16}[a-z0-9])")


def did_document(account: Account, server_url: str) -> dict[str, Any]:
    """Returns the document that says where an account lives."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.did,
        "alsoKnownAs": [f"at://{account.handle}"],
        "verificationMethod": [],
        "service": [
            {
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": server_url,
            }
        ],
    }


def _session(account: Account, call: Call) -> dict[str, Any]:
    return {
        "handle": account.handle,
        "did": account.did,
        "didDoc": did_document(account, call.server_url),
        "email": account.email,
        "emailConfirmed": True,
        "emailAuthFactor": False,
        "active": True,
    }


def _with_tokens(account: Account, tokens: Tokens, call: Call) -> dict[str, Any]:
    return {
        "accessJwt": tokens.access,
        "refreshJwt": tokens.refresh,
        **_session(account, call),
    }


def _create_session(call: Call) -> dict[str, Any]:
    given = call.input()
    account, tokens = call.state.sessions.open(given.text("identifier"), given.text("password"))
    return _with_tokens(account, tokens, call)


def _refresh_session(call: Call) -> dict[str, Any]:
    account, tokens = call.state.sessions.refresh(call.authorization)
    return _with_tokens(account, tokens, call)


def _get_session(call: Call) -> dict[str, Any]:
    return _session(call.account(), call)


def _delete_session(call: Call) -> None:
    call.state.sessions.close(call.authorization)


def _describe_server(_call: Call) -> dict[str, Any]:
    return {
        "did": SERVER_DID,
        "availableUserDomains": [DOMAIN],
        "inviteCodeRequired": False,
        "phoneVerificationRequired": False,
        "blobUploadLimit": UPLOAD_LIMIT,
        "links": {},
        "contact": {},
    }


def _create_account(call: Call) -> dict[str, Any]:
    given = call.input()
    handle = given.text("handle", "handle", is_handle).lower()
    email = given.optional_text("email")
    password = given.optional_text("password")
    if not handle.endswith(DOMAIN):
        raise XrpcError("UnsupportedDomain", "Not a supported handle domain")
    if _NAME.fullmatch(handle.removesuffix(DOMAIN)) is None:
        raise XrpcError("InvalidHandle", "A handle has 3 to 18 letters, digits or hyphens")
    accounts = call.state.accounts
    if accounts.find(handle) is not None:
        raise invalid_request(f"Handle already taken: {handle}")
    if email is not None and accounts.find(email) is not None:
        raise invalid_request(f"Email already taken: {email}")
    now = call.state.core.clock.now()
    account = Account(handle, created_at=now, password=password, email=email)
    accounts.add(account)
    tokens = call.state.sessions.open_for(account, by_app_password=False)
    return {
        "accessJwt": tokens.access,
        "refreshJwt": tokens.refresh,
        "handle": account.handle,
        "did": account.did,
        "didDoc": did_document(account, call.server_url),
    }


def _resolve_handle(call: Call) -> dict[str, Any]:
    handle = call.parameter("handle", "handle", is_handle)
    account = call.state.accounts.find(handle)
    if account is None:
        raise XrpcError("HandleNotFound", "Unable to resolve handle")
    return {"did": account.did}


def _get_profile(call: Call) -> dict[str, Any]:
    actor = call.parameter("actor", "AT identifier", is_at_identifier)
    account = call.state.accounts.find(actor)
    if account is None:
        raise invalid_request("Profile not found")
    posts = account.repo.collections.get("app.bsky.feed.post", {})
    return {
        "did": account.did,
        "handle": account.handle,
        "displayName": account.handle.removesuffix(DOMAIN).capitalize(),
        "followersCount": 0,
        "followsCount": 0,
        "postsCount": len(posts),
        "createdAt": timestamp(account.created_at),
        "indexedAt": timestamp(account.created_at),
        "labels": [],
    }


SERVER_METHODS: dict[str, Method] = {
    "com.atproto.server.createAccount": ("POST", _create_account),
    "com.atproto.server.createSession": ("POST", _create_session),
    "com.atproto.server.refreshSession": ("POST", _refresh_session),
    "com.atproto.server.getSession": ("GET", _get_session),
    "com.atproto.server.deleteSession": ("POST", _delete_session),
    "com.atproto.server.describeServer": ("GET", _describe_server),
    "com.atproto.identity.resolveHandle": ("GET", _resolve_handle),
    "app.bsky.actor.getProfile": ("GET", _get_profile),
}
