"""The address of a network's consent page, for one person's visit (RFC 6749, 4.1.1; RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

from mpcas2_hookspecs import Consent, OAuthApp

__all__ = ("consent_address",)


def consent_address(
    consent: Consent, app: OAuthApp, *, redirect_uri: str, state: str, verifier: str
) -> str:
    """Gives the address to send a person to.

    Args:
        consent: What the network says of its page.
        app: The registration to ask with.
        redirect_uri: Where the network sends the person back to.
        state: The signed name of the visit.
        verifier: The PKCE verifier; only its digest is shown, and only to networks that know PKCE.
    """
    query = {
        "response_type": "code",
        consent.client_id_name: app.client_id,
        "redirect_uri": redirect_uri,
        "scope": consent.scope_separator.join(consent.scopes),
        "state": state,
    }
    if consent.pkce:
        digest = hashlib.sha256(verifier.encode()).digest()
        query["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        query["code_challenge_method"] = "S256"
    return f"{consent.url}?{urlencode(query | consent.parameters)}"
