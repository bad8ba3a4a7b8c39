"""Connects the demonstration's accounts: by a form, or through a network's consent page."""

from __future__ import annotations

from typing import Any

import httpx

from mpcas2_server.cli.failures import CliError
from mpcas2_server.client import Client
from mpcas2_server.demo.network import PracticeNetwork

__all__ = ("connect_by_consent", "connect_by_form")


def connect_by_form(
    client: Client, network: PracticeNetwork, person: dict[str, Any]
) -> dict[str, Any]:
    """Connects an account with what its person would type into the network's form.

    Args:
        client: Signed in.
        network: The practice network.
        person: One of its accounts.
    """
    typed = {
        "identifier": person["handle"],
        "appPassword": person["appPassword"],
        "server": network.url,
        "webUrl": network.url,
    }
    account: dict[str, Any] = client.post(
        "/social-accounts", {"platform": network.key, "credentials": typed}
    )
    return account


def connect_by_consent(
    client: Client, network: PracticeNetwork, person: dict[str, Any]
) -> dict[str, Any]:
    """Connects an account as a browser would: consent page, redirect, callback page.

    Args:
        client: Signed in.
        network: The practice network.
        person: One of its accounts, who consents.

    Raises:
        CliError: The product did not connect the account; the message carries its own.
    """
    asked = client.post("/social-accounts", {"platform": network.key})
    callback = network.consent(asked["authUrl"], person["handle"])
    try:
        httpx.get(callback, timeout=30.0, trust_env=False)
    except httpx.HTTPError as error:
        raise _failed(network, f"the callback page did not answer ({error})") from error
    ended = client.get(f"/social-accounts/connections/{asked['connectionId']}")
    if ended["state"] != "connected":
        why = ended.get("error", {}).get("message", f"it stands at {ended['state']!r}")
        raise _failed(network, why)
    account: dict[str, Any] = client.get(f"/social-accounts/{ended['accountId']}")
    return account


def _failed(network: PracticeNetwork, why: str) -> CliError:
    return CliError(f"The account on {network.key} was not connected: {why}", code="DEMO_FAILED")
