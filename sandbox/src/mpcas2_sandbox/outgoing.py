"""The HTTP client with which a practice network calls others: media to pull, webhooks to send."""

import functools
import ssl

import httpx

_MAX_REDIRECTS = 3


@functools.cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates takes longer than most calls here.
    return ssl.create_default_context()


def outgoing_client(*, seconds: float | None, follow_redirects: bool = False) -> httpx.AsyncClient:
    """Returns a client that heeds neither proxies nor passwords of the environment.

    Args:
        seconds: How long one step of a call may take; None for any time.
        follow_redirects: Whether up to three redirects are followed.
    """
    return httpx.AsyncClient(
        timeout=seconds,
        follow_redirects=follow_redirects,
        max_redirects=_MAX_REDIRECTS,
        trust_env=False,
        verify=_trust(),
    )
