"""The OAuth 2 authorization server that practice networks share.

It plays the server's side of RFC 6749 (authorization code, refresh token), RFC 7636 (PKCE) and
RFC 7009 (revocation), with a consent page that a person can read. What differs from network to
network is data: ``OAuthRules``.
"""

from mpcas2_sandbox.oauth.clients import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET, Client
from mpcas2_sandbox.oauth.grants import BearerError, BearerFault, Grant, Token
from mpcas2_sandbox.oauth.rules import OAuthRules, Person, Place, Refusal
from mpcas2_sandbox.oauth.server import OAuthServer
from mpcas2_sandbox.oauth.token_endpoint import refused

__all__ = [
    "PRACTICE_CLIENT_ID",
    "PRACTICE_CLIENT_SECRET",
    "BearerError",
    "BearerFault",
    "Client",
    "Grant",
    "OAuthRules",
    "OAuthServer",
    "Person",
    "Place",
    "Refusal",
    "Token",
    "refused",
]
