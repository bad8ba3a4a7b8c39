"""The routes that register apps, and give and end access tokens."""

import re
import secrets
from typing import Any

import msgspec

from mpcas2_platform_mastodon.sandbox.accounts import OAUTH_RULES
from mpcas2_platform_mastodon.sandbox.calls import Answer, Call
from mpcas2_platform_mastodon.sandbox.instance import VAPID_KEY
from mpcas2_platform_mastodon.sandbox.refusals import Refused, invalid
from mpcas2_sandbox.oauth import Client, Refusal

_WEBSITE = re.compile(r"https?://[^\s]+\Z")
_MAX_NAME = 60
_MAX_ADDRESS = 2000
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class AppRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /api/v1/apps``."""

    client_name: str = ""
    redirect_uris: tuple[str, ...] | str = ()
    scopes: str = ""
    website: str | None = None


def register_app(call: Call) -> Answer:
    """Registers an app (``POST /api/v1/apps``)."""
    request = call.read(AppRequest)
    given = request.redirect_uris
    uris = tuple(given.split() if isinstance(given, str) else given)
    scopes = tuple(dict.fromkeys(request.scopes.split())) or OAUTH_RULES.default_scopes
    name = request.client_name.strip()
    faults = _faults(name, uris, scopes, request.website or "")
    if faults:
        raise invalid(*faults)
    client = Client(
        client_id=secrets.token_urlsafe(32),
        client_secret=secrets.token_urlsafe(32),
        redirect_uris=uris,
        title=name,
        scopes=scopes,
    )
    try:
        call.state.oauth.clients.add(client)
    except ValueError as error:
        raise invalid("Redirect URI must be an absolute URI.") from error
    shown = {
        "id": call.state.numbers.next(call.state.core.clock.now()),
        "name": name,
        "website": request.website or None,
        "scopes": list(scopes),
        "redirect_uri": "\n".join(uris),
        "redirect_uris": list(uris),
        "vapid_key": VAPID_KEY,
    }
    call.state.apps[client.client_id] = shown
    secret = {"client_id": client.client_id, "client_secret": client.client_secret}
    return Answer(body={**shown, **secret, "client_secret_expires_at": 0})


def _faults(name: str, uris: tuple[str, ...], scopes: tuple[str, ...], website: str) -> list[str]:
    faults: list[str] = []
    if not name:
        faults.append("Application name can't be blank")
    if len(name) > _MAX_NAME:
        faults.append(f"Application name is too long (maximum is {_MAX_NAME} characters)")
    if not uris:
        faults.append("Redirect URI can't be blank")
    if any(len(one) > _MAX_ADDRESS for one in uris):
        faults.append(f"Redirect URI is too long (maximum is {_MAX_ADDRESS} characters)")
    if set(scopes) - set(OAUTH_RULES.scopes):
        faults.append("Scopes doesn't match configured on the server.")
    if website and (_WEBSITE.match(website) is None or len(website) > _MAX_ADDRESS):
        faults.append("Website must be a valid URL")
    return faults


def show_app(call: Call) -> Answer:
    """Tells which app a token belongs to (``GET /api/v1/apps/verify_credentials``)."""
    known = None if call.grant is None else call.state.apps.get(call.grant.client_id)
    if known is None:
        raise Refused(404)
    return Answer(body=known)


def give_token(call: Call) -> Answer:
    """Trades a code for an access token (``POST /oauth/token``)."""
    form = _form(call)
    oauth = call.state.oauth
    if not form.get("grant_type"):
        raise Refused(400, "invalid_request", "Missing required parameter: grant_type.")
    if form["grant_type"] != "authorization_code":
        sentence = "The authorization grant type is not supported by the authorization server."
        raise Refused(400, "unsupported_grant_type", sentence)
    taken = oauth.take_code(form, authorization=_basic(call))
    if isinstance(taken, Refusal):
        raise Refused(taken.status, taken.error, taken.description)
    answer = {
        "access_token": oauth.give_token(taken, oauth.settings.access_seconds),
        "token_type": "Bearer",
        "scope": " ".join(taken.scopes),
        "created_at": int(taken.created_at.timestamp()),
    }
    return Answer(body=answer, headers=_NO_STORE)


def revoke_token(call: Call) -> Answer:
    """Ends an access token (``POST /oauth/revoke``); an unknown one is no error."""
    form = _form(call)
    oauth = call.state.oauth
    client = oauth.clients.proven(_basic(call), form, OAUTH_RULES)
    token = oauth.token_of(form.get("token", ""))
    if client is None or (token is not None and token.grant.client_id != client.client_id):
        sentence = "You are not authorized to revoke this token"
        raise Refused(403, "unauthorized_client", sentence)
    if token is not None:
        oauth.end(token.grant, "revoked by the app")
    return Answer(body={}, headers=_NO_STORE)


def _form(call: Call) -> dict[str, str]:
    parameters: dict[str, Any] = call.parameters
    if not all(isinstance(value, str) for value in parameters.values()):
        raise Refused(400, "invalid_request", "A parameter is no text.")
    return parameters


def _basic(call: Call) -> str | None:
    # A person's token beside the app's own id and secret proves nothing and spoils nothing.
    header: str = call.headers.get("authorization", "")
    return header if header.lower().startswith("basic ") else None
