"""The token endpoint (RFC 6749, 4.1.3 and 6) and the revocation endpoint (RFC 7009)."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from mpcas2_sandbox.oauth.clients import Client
from mpcas2_sandbox.oauth.grants import Code, Grant
from mpcas2_sandbox.oauth.rules import Refusal

if TYPE_CHECKING:
    from mpcas2_sandbox.oauth.server import OAuthServer

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_UNAUTHORIZED = 401

# The endpoints do not care what the network's accounts are.
Endpoint = Callable[["OAuthServer[Any]", Client, Mapping[str, str]], Response]


def refused(refusal: Refusal) -> Response:
    """Returns an error answer of the endpoint, in the shape of RFC 6749, 5.2."""
    headers = dict(_NO_STORE)
    if refusal.status == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="practice"'
    return _json(
        {"error": refusal.error, "error_description": refusal.description},
        refusal.status,
        headers,
    )


def _json(value: Mapping[str, object], status: int, headers: Mapping[str, str]) -> Response:
    body = msgspec.json.encode(value)
    return Response(body, status, dict(headers), media_type="application/json")


def answer_token_request(
    server: "OAuthServer[Any]", client: Client, form: Mapping[str, str]
) -> Response:
    """Trades a code or a refresh token for an access token.

    Args:
        server: Keeps the codes and the grants.
        client: Who asks, and has proved it.
        form: What was sent.
    """
    match form.get("grant_type"):
        case "authorization_code":
            answer = _exchange(server, client, form)
            server.counters.refused_exchanges += isinstance(answer, Refusal)
        case "refresh_token":
            answer = _refresh(server, client, form)
            server.counters.refused_refreshes += isinstance(answer, Refusal)
        case None:
            answer = _lacks("grant_type")
        case _:
            answer = Refusal(
                error="unsupported_grant_type",
                description="grant_type must be authorization_code or refresh_token.",
            )
    return server.refuse(answer) if isinstance(answer, Refusal) else _json(answer, 200, _NO_STORE)


def answer_revocation(
    server: "OAuthServer[Any]", client: Client, form: Mapping[str, str]
) -> Response:
    """Ends the grant of a token; a token that is not known is no error (RFC 7009, 2.2).

    Args:
        server: Keeps the grants.
        client: Who asks, and has proved it.
        form: What was sent.
    """
    if not form.get("token"):
        return server.refuse(_lacks("token"))
    grant = server.book.of_any_token(form["token"])
    if grant is not None and grant.client_id == client.client_id:
        server.end(grant, "revoked by the app")
    return _json({"revoked": True}, 200, _NO_STORE)


def _lacks(name: str) -> Refusal:
    return Refusal(error="invalid_request", description=f"The parameter {name} is missing.")


def exchange_code(
    server: "OAuthServer[Any]", client: Client, form: Mapping[str, str]
) -> Grant[Any] | Refusal:
    """Spends an authorization code for a grant.

    Args:
        server: Keeps the codes and the grants.
        client: Who asks, and has proved it.
        form: Has ``code``, ``redirect_uri`` and, where there was a challenge, ``code_verifier``.
    """
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            return _lacks(name)
    code = server.book.code(form["code"])
    if code is None or code.client_id != client.client_id:
        return server.rules.bad_code
    if code.grant is not None:
        # Whoever comes second may be a thief, or the first one was (RFC 6749, 4.1.2).
        server.end(code.grant, "its authorization code was used twice")
        return server.rules.bad_code
    if server.clock.now() >= code.expires_at or form["redirect_uri"] != code.redirect_uri:
        return server.rules.bad_code
    if not _verified(code, form.get("code_verifier", "")):
        return server.rules.bad_verifier
    code.grant = server.open_grant(
        code.account, client.client_id, code.scopes, offline=code.offline, places=code.places
    )
    server.counters.exchanges += 1
    return code.grant


def _exchange(
    server: "OAuthServer[Any]", client: Client, form: Mapping[str, str]
) -> dict[str, object] | Refusal:
    grant = exchange_code(server, client, form)
    if isinstance(grant, Refusal):
        return grant
    return _tokens(server, grant, grant.refresh_token)


def _verified(code: Code[Any], verifier: str) -> bool:
    if not code.challenge:
        return not verifier
    if code.plain:
        proof = verifier
    else:
        digest = hashlib.sha256(verifier.encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(proof.encode(), code.challenge.encode())


def _refresh(
    server: "OAuthServer[Any]", client: Client, form: Mapping[str, str]
) -> dict[str, object] | Refusal:
    token = form.get("refresh_token")
    if not token:
        return _lacks("refresh_token")
    grant = server.book.of_refresh_token(token)
    if grant is None or grant.client_id != client.client_id or grant.ended is not None:
        return server.rules.bad_token
    if token != grant.refresh_token:
        # A spent token comes from a thief, or from an owner whom a thief was ahead of.
        server.end(grant, "a spent refresh token was used again")
        return server.rules.bad_token
    if grant.refresh_expires_at is not None and server.clock.now() >= grant.refresh_expires_at:
        return server.rules.bad_token
    grant.refreshes += 1
    server.counters.refreshes += 1
    if server.settings.rotates:
        shown: str | None = server.book.rotate(grant, server.settings.refresh_seconds)
    else:
        shown = token if server.rules.repeats_refresh_token else None
    return _tokens(server, grant, shown)


def _tokens(
    server: "OAuthServer[Any]", grant: Grant[Any], refresh_token: str | None
) -> dict[str, object]:
    rules, seconds = server.rules, server.settings.access_seconds
    answer: dict[str, object] = {
        "token_type": rules.token_type,
        "access_token": server.book.add_access_token(grant, seconds),
        "scope": rules.scope_separator.join(grant.scopes),
    }
    if seconds is not None:
        answer["expires_in"] = int(seconds)
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token
        if rules.refresh_expires_name is not None and grant.refresh_expires_at is not None:
            left = grant.refresh_expires_at - server.clock.now()
            answer[rules.refresh_expires_name] = round(left.total_seconds())
    if rules.names_account is not None:
        answer[rules.names_account] = grant.account.id
    return answer if server.show_answer is None else server.show_answer(grant, answer)
