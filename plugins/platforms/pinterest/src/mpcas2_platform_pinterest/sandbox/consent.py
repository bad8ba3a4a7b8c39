"""Pinterest's side of OAuth: scopes, continuous refresh tokens, and the revocation of tokens."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpcas2_platform_pinterest.sandbox.pinners import Pinner
from mpcas2_platform_pinterest.sandbox.refusals import (
    Refused,
    invalid,
    not_authenticated,
    not_permitted,
)
from mpcas2_sandbox.oauth import Client, Grant, OAuthRules, OAuthServer, Refusal
from mpcas2_sandbox.oauth.forms import RepeatedParameterError, form_text, single_parameters
from mpcas2_sandbox.oauth.token_endpoint import answer_token_request

TOKEN_PATH = "/v5/oauth/token"  # noqa: S105  # a path, no secret
REVOKE_PATH = "/v5/oauth/token/revoke"
_DAY = 86_400.0
_HINTS = {"", "access_token", "refresh_token"}
_FORM = {"grant_type", "code", "redirect_uri", "refresh_token", "scope", "continuous_refresh"}
RULES = OAuthRules(
    authorize_path="/oauth/",
    scopes={
        "user_accounts:read": "See your user account and followers",
        "boards:read": "See your public boards, including group boards you join",
        "boards:read_secret": "See your secret boards",
        "boards:write": "Create, update or delete your public boards",
        "boards:write_secret": "Create, update or delete your secret boards",
        "pins:read": "See your public Pins",
        "pins:read_secret": "See your secret Pins",
        "pins:write": "Create, update or delete your public Pins",
        "pins:write_secret": "Create, update or delete your secret Pins",
    },
    scope_separator=",",
    access_seconds=30 * _DAY,
    refresh_seconds=60 * _DAY,
    refresh_expires_name="refresh_token_expires_in",
    rotates=True,
    secret_in_form=False,
    token_type="bearer",  # noqa: S106  # the type's name, no secret
)


def token_refused(refusal: Refusal) -> Response:
    """Returns a refusal of the token endpoint in Pinterest's shape."""
    if refusal.error == "invalid_client":
        return not_authenticated().response()
    return invalid(refusal.description).response()


def show_tokens(grant: Grant[Pinner], answer: dict[str, object]) -> dict[str, object]:
    """Adds what Pinterest says beside the tokens.

    Args:
        grant: What they stand for.
        answer: What every network says.
    """
    answer["response_type"] = "refresh_token" if grant.refreshes else "authorization_code"
    if grant.refresh_expires_at is not None:
        answer["refresh_token_expires_at"] = int(grant.refresh_expires_at.timestamp())
    return answer


def token_route(oauth: OAuthServer[Pinner], is_legacy: Callable[[], bool]) -> Route:
    """Returns the route that trades codes and refresh tokens for access tokens.

    Args:
        oauth: Keeps the grants.
        is_legacy: Tells whether apps were made before 25 September 2025 and therefore have to ask
            for continuous refresh tokens.
    """

    async def trade(request: Request) -> Response:
        try:
            client, form = _proven(oauth, request, await form_text(request))
            if form.get("continuous_refresh", "true") not in {"true", "false"}:
                raise invalid("Invalid request: 'continuous_refresh' must be true or false")
            if is_legacy() and form.get("continuous_refresh") != "true":
                raise invalid("Invalid request: this app must set 'continuous_refresh' to true")
            unknown = sorted(set(form) - _FORM)
            if unknown:
                raise invalid(f"Invalid request: '{unknown[0]}' was unexpected")
        except Refused as refusal:
            return refusal.response()
        return answer_token_request(oauth, client, form)

    return Route(TOKEN_PATH, trade, methods=["POST"])


def revocation_route(oauth: OAuthServer[Pinner], revokes_user_tokens: Callable[[], bool]) -> Route:
    """Returns the route that ends tokens; those of people only if the network takes them.

    Args:
        oauth: Keeps the grants.
        revokes_user_tokens: Tells whether it does at the moment.
    """

    async def revoke(request: Request) -> Response:
        try:
            client, form = _proven(oauth, request, await form_text(request))
            if not form.get("token") or form.get("token_type_hint", "") not in _HINTS:
                raise invalid("Invalid request: 'token' is a required property")
            grant = oauth.book.of_any_token(form["token"])
            if grant is not None:
                if grant.client_id != client.client_id or not revokes_user_tokens():
                    raise not_permitted()
                oauth.end(grant, "revoked by the app")
        except Refused as refusal:
            return refusal.response()
        return Response(None, 200)

    return Route(REVOKE_PATH, revoke, methods=["POST"])


def _proven(
    oauth: OAuthServer[Pinner], request: Request, text: str
) -> tuple[Client, Mapping[str, str]]:
    """Returns the client that proved itself, and what it sent."""
    try:
        form = single_parameters(text)
    except RepeatedParameterError as error:
        raise invalid(str(error)) from error
    client = oauth.clients.proven(request.headers.get("authorization"), form, oauth.rules)
    if client is None:
        raise not_authenticated()
    return client, form
