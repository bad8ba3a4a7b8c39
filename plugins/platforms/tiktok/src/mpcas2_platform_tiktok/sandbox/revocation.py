"""The end of a grant: the revocation endpoint, and what webhooks learn of it."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mpcas2_platform_tiktok.sandbox.creators import Creator
from mpcas2_platform_tiktok.sandbox.scopes import REVOKE_PATH
from mpcas2_sandbox.oauth import Grant, OAuthServer, Refusal
from mpcas2_sandbox.oauth.forms import RepeatedParameterError, form_text, single_parameters

_NO_STORE = {"Cache-Control": "no-store"}


class ListeningOAuthServer(OAuthServer[Creator]):
    """The authorization server, which tells when a grant ends.

    Attributes:
        on_end: Is called with each grant that ends; set it before the first request.
    """

    on_end: Callable[[Grant[Creator]], None]

    def end(self, grant: Grant[Creator], reason: str) -> None:
        """Ends a grant and all its tokens, and tells of it."""
        lived = grant.ended is None
        super().end(grant, reason)
        if lived:
            self.on_end(grant)


def revocation_route(server: OAuthServer[Creator]) -> Route:
    """Returns the route that ends the grant of a token, with an empty object as its answer.

    A token that is not known is no error.

    Args:
        server: Keeps the grants.
    """

    async def revoke(request: Request) -> Response:
        try:
            form = single_parameters(await form_text(request))
        except RepeatedParameterError as error:
            return server.refuse(Refusal(error="invalid_request", description=str(error)))
        client = server.clients.proven(None, form, server.rules)
        if client is None:
            return server.refuse(server.rules.bad_client)
        if not form.get("token"):
            lacks = Refusal(error="invalid_request", description="The parameter token is missing.")
            return server.refuse(lacks)
        grant = server.book.of_any_token(form["token"])
        if grant is not None and grant.client_id == client.client_id:
            server.end(grant, "revoked by the app")
        return JSONResponse({}, headers=_NO_STORE)

    return Route(REVOKE_PATH, revoke, methods=["POST"])
