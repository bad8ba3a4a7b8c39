"""Google's revocation endpoint, which takes a token from whoever has it.

Source: https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke. It differs
from RFC 7009 in two points: no client proves itself, and a token that is not known is an error.
"""

import urllib.parse

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpcas2_platform_youtube.sandbox.channels import Person
from mpcas2_sandbox.oauth import OAuthServer


def revocation_route(oauth: OAuthServer[Person]) -> Route:
    """Returns the route that ends the grant of a token, refresh or access.

    Args:
        oauth: Keeps the grants.
    """

    async def revoke(request: Request) -> Response:
        form = urllib.parse.parse_qs((await request.body()).decode("utf-8", "replace"))
        token = request.query_params.get("token") or form.get("token", [""])[0]
        grant = oauth.book.of_any_token(token)
        if grant is None or grant.ended is not None:
            refusal = {"error": "invalid_token", "error_description": "Token expired or revoked"}
            return Response(msgspec.json.encode(refusal), 400, media_type="application/json")
        oauth.end(grant, "revoked by the app")
        return Response(b"{}", media_type="application/json")

    return Route("/revoke", revoke, methods=["POST"])
