"""Keeps outgoing connections out of private networks (server-side request forgery).

The address is checked after the name was resolved and then used as it was checked, so a name that
resolves differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

__all__ = ("AddressRefused", "GuardedBackend")


BRACKETS = str.maketrans("", "", "[]")
# IPv6 networks whose last 32 bits are the IPv4 address where the packet arrives: NAT64 (RFC 6052)
# and the old IPv4-compatible addresses (RFC 4291).
CARRIERS = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))

# Special-purpose networks of IANA's registries that some supported version of Python counts as
# global.
SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "100::/32",
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)


class AddressRefused(httpcore.ConnectError):
    """An address lies inside a private network and is not allowed by the settings."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to public addresses only.

    Args:
        allowed: ``host`` or ``host:port`` entries that may be reached in spite of it.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        # "[::1]:80" as in a URL or "::1:80" as httpcore says it: brackets make no difference.
        self._allowed = frozenset(
            entry.strip().lower().translate(BRACKETS) for entry in allowed if entry.strip()
        )
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to the first address of the host that answers, if all may be reached.

        The addresses share the time, so that one that swallows everything leaves some to the next.
        """
        if host.lower() in self._allowed or f"{host.lower()}:{port}" in self._allowed:
            addresses = [host]
        else:
            addresses = await self._checked(host, port)
        clock = asyncio.get_running_loop().time
        end = None if timeout is None else clock() + timeout
        for left in range(len(addresses), 0, -1):
            try:
                stream = await self._inner.connect_tcp(
                    addresses[-left],
                    port,
                    timeout=None if end is None else max(0.0, end - clock()) / left,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
            else:
                return PolledStream(stream)
        raise httpcore.ConnectError(f"The name {host} has no address.")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuses: no network is behind a Unix socket."""
        del timeout, socket_options
        raise AddressRefused(f"{path} is a Unix socket, not a network address.")

    async def sleep(self, seconds: float) -> None:
        """Waits, as httpcore asks between its own retries."""
        await self._inner.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            # UnicodeError: a part between two dots is empty or longer than 63 letters.
            raise httpcore.ConnectError(f"The name {host} cannot be resolved.") from error
        addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
        for address in addresses:
            if not _is_public(address):
                raise AddressRefused(
                    f"{host} leads to {address}, inside a private network. If that is meant, add "
                    f"{host}:{port} to MPCAS2_ALLOW_PRIVATE_HOSTS."
                )
        return addresses


class PolledStream(httpcore.AsyncNetworkStream):
    """A connection that tells cheaply whether it is readable.

    httpcore asks every idle connection of the pool with each request, and anyio looks for the socket
    through all its attributes each time: a fifth of a worker's CPU time.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._poll: select.poll | None = select.poll()
        self._poll.register(inner.get_extra_info("socket"), select.POLLIN)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the signature is httpcore's
        """Reads what has come."""
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the signature is httpcore's
        """Sends."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Closes the connection; its number may belong to another one from then on."""
        self._poll = None
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """Gives the same connection, encrypted."""
        self._poll = None
        return PolledStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Answers httpcore's questions about the connection; a closed one counts as readable."""
        if info == "is_readable":
            return self._poll is None or bool(self._poll.poll(0))
        return self._inner.get_extra_info(info)


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        # An IPv4 address can travel inside an IPv6 one; what counts is where the packet arrives.
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo or (None, None))[1]
        if any(parsed in network for network in CARRIERS):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            parsed = inner
    special = any(parsed in network for network in SPECIAL)
    return parsed.is_global and not parsed.is_multicast and not special
