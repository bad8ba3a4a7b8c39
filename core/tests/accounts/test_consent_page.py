"""The address of a consent page speaks each network's own dialect."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from mpcas2_core.accounts.consent_page import consent_address
from mpcas2_hookspecs import Consent, OAuthApp


def asked(consent: Consent) -> dict[str, str]:
    address = consent_address(
        consent,
        OAuthApp(client_id="the-app", client_secret="hidden"),
        redirect_uri="https://here.example/oauth/callback/fair",
        state="signed",
        verifier="v" * 43,
    )
    assert address.startswith(f"{consent.url}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


PAGE = "https://fair.example/authorize"


def test_the_standard_is_kept() -> None:
    query = asked(Consent(url=PAGE, scopes=("read", "write"), parameters={"prompt": "consent"}))
    assert query["client_id"] == "the-app"
    assert query["scope"] == "read write"
    assert (query["response_type"], query["state"]) == ("code", "signed")
    assert query["prompt"] == "consent"
    # RFC 7636, 4.2: the digest and never the verifier.
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert "v" * 43 not in query.values()


def test_a_network_departs_from_it_where_it_says_so() -> None:
    query = asked(
        Consent(
            url=PAGE,
            scopes=("read", "write"),
            client_id_name="client_key",
            scope_separator=",",
            pkce=False,
        )
    )
    assert query["client_key"] == "the-app"
    assert query["scope"] == "read,write"
    assert {"client_id", "code_challenge", "code_challenge_method"}.isdisjoint(query)
