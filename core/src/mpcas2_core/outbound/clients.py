"""Makes the HTTP clients that adapters and the token broker are handed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

import httpx

from mpcas2_core.outbound.guard import GuardedBackend
from mpcas2_hookspecs import API_VERSION, HttpAnswer, HttpRequest

__all__ = ("Clients",)

CONNECT_SECONDS = 10.0
USER_AGENT = f"MPCAS2/{API_VERSION}"


class Clients:
    """HTTP clients that share one guarded connection pool.

    They never follow a redirect, never retry and take no proxy from the environment: a request that
    an adapter makes is sent once, to where it says.

    Args:
        allowed: Hosts inside private networks that may be reached.
        seconds: Longest wait for a network to read or answer.
    """

    def __init__(self, allowed: Iterable[str] = (), *, seconds: float = 60.0) -> None:
        transport = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=100)
        )
        # httpx has no public way to choose httpcore's network backend; a test proves the guard.
        transport._pool._network_backend = GuardedBackend(allowed)  # noqa: SLF001 - see above
        self._transport = transport
        self._timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)

    def bare(self) -> httpx.AsyncClient:
        """Gives a client without credentials."""
        return self._client(None)

    def bearing(self, token: str) -> httpx.AsyncClient:
        """Gives a client that adds ``Authorization: Bearer`` to every request."""
        return self._client(_Bearer(token))

    async def ask(self, request: HttpRequest, *, seconds: float) -> HttpAnswer:
        """Sends a request that an adapter described, once and without credentials of ours.

        Args:
            request: What to send.
            seconds: How long the network may take.

        Raises:
            httpx.HTTPError: The network cannot be reached, or its answer was lost.
            TimeoutError: It took too long.
        """
        async with self.bare() as client, asyncio.timeout(seconds):
            response = await client.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.form,
                json=request.json,
            )
        try:
            body = response.json()
        except ValueError:
            body = response.text
        return HttpAnswer(status=response.status_code, headers=dict(response.headers), body=body)

    def _client(self, auth: httpx.Auth | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=_Shared(self._transport),
            auth=auth,
            timeout=self._timeout,
            headers={"User-Agent": USER_AGENT},
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._transport.aclose()


class _Shared(httpx.AsyncBaseTransport):
    """The common pool, which outlives the client that uses it."""

    def __init__(self, inner: httpx.AsyncHTTPTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    def __repr__(self) -> str:
        return "_Bearer(hidden)"
