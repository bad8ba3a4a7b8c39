"""Outgoing requests reach public addresses, what the settings allow, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import pytest

from mpcas2_core.outbound import AddressRefused, Clients
from mpcas2_core.outbound.guard import GuardedBackend

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
PUBLIC = "93.184.215.14"


class Listener:
    """A server on this machine that counts connections and bytes."""

    def __init__(self, family: int, host: str) -> None:
        self.socket = socket.create_server((host, 0), family=family)
        self.port: int = self.socket.getsockname()[1]
        self.connections = 0
        self.received = b""
        self.answer = ANSWER
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.connections += 1
                self.received += connection.recv(65536)
                connection.sendall(self.answer)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener(socket.AF_INET, "127.0.0.1")
    yield one
    one.close()


def get(url: str, *allowed: str, **more: Any) -> httpx.Response:
    async def story() -> httpx.Response:
        clients = Clients(allowed, seconds=5)
        try:
            async with clients.bare() as client:
                return await client.get(url, **more)
        finally:
            await clients.close()

    return asyncio.run(story())


def resolved(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Makes names resolve to the answers in turn, the last one for ever; gives the names asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if not str(host).endswith(".example"):
            return real(host, port, *more, **named)
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[2001:db8::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "127.1",
    ],
)
def test_private_and_special_addresses_are_refused(host: str, listener: Listener) -> None:
    # Some forms do not resolve everywhere; refused is refused.
    expected = r"private network|cannot be resolved|Invalid IPv4"
    with pytest.raises((httpx.ConnectError, httpx.InvalidURL), match=expected):
        get(f"http://{host}:{listener.port}/")
    assert (listener.connections, listener.received) == (0, b"")


def test_the_refusal_says_how_to_allow_it(listener: Listener) -> None:
    with pytest.raises(httpx.ConnectError) as caught:
        get(f"http://127.0.0.1:{listener.port}/")
    assert f"127.0.0.1:{listener.port} to MPCAS2_ALLOW_PRIVATE_HOSTS" in str(caught.value)


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.1:{port}", " 127.0.0.1:{port} "])
def test_allowed_hosts_and_ports_are_reached(entry: str, listener: Listener) -> None:
    answer = get(f"http://127.0.0.1:{listener.port}/x", entry.format(port=listener.port))
    assert answer.text == "ok"
    assert listener.received.startswith(b"GET /x ")


@pytest.mark.parametrize("entry", ["127.0.0.2", "127.0.0.1:1", "localhost", "27.0.0.1", ""])
def test_what_is_not_quite_allowed_is_refused(entry: str, listener: Listener) -> None:
    with pytest.raises(httpx.ConnectError, match="private network"):
        get(f"http://127.0.0.1:{listener.port}/", entry)
    assert listener.connections == 0


@pytest.mark.parametrize("entry", ["[::1]", "::1", "[::1]:{port}", "::1:{port}"])
def test_an_address_of_ip_version_6_is_allowed_in_both_spellings(entry: str) -> None:
    try:
        listener = Listener(socket.AF_INET6, "::1")
    except OSError as error:
        pytest.skip(f"this machine has no IPv6 on its loopback: {error}")
    try:
        url = f"http://[::1]:{listener.port}/"
        assert get(url, entry.format(port=listener.port)).text == "ok"
    finally:
        listener.close()


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["fe80::1%eth0"], ["::1"]],
)
def test_a_name_with_any_private_address_is_refused(
    addresses: list[str], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved(monkeypatch, addresses)
    with pytest.raises(httpx.ConnectError, match="private network"):
        get(f"http://rebind.example:{listener.port}/")
    assert listener.connections == 0


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolved(monkeypatch, [PUBLIC], ["127.0.0.1"])
    dialled: list[str] = []

    async def dial(_backend: Any, host: str, _port: int, **_more: Any) -> None:
        dialled.append(host)
        raise httpx.ConnectError("nothing leaves this test")

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", dial)
    for expected in ("nothing leaves", "private network"):
        with pytest.raises(httpx.ConnectError, match=expected):
            get(f"http://rebind.example:{listener.port}/")
    # What was dialled is the address that was judged, and the name was asked for once a request.
    assert dialled == [PUBLIC]
    assert asked == ["rebind.example"] * 2
    assert listener.connections == 0


def test_the_next_address_is_tried_when_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = "93.184.215.15"
    resolved(monkeypatch, [PUBLIC, other, PUBLIC])
    dialled: list[tuple[str, float]] = []

    async def dial(_backend: Any, host: str, _port: int, *, timeout: float, **_more: Any) -> None:  # noqa: ASYNC109 - the signature is httpcore's
        dialled.append((host, timeout))
        raise httpcore.ConnectTimeout("nothing leaves this test")

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", dial)
    with pytest.raises(httpcore.ConnectTimeout):
        asyncio.run(GuardedBackend().connect_tcp("two.example", 443, timeout=60))
    assert [host for host, _ in dialled] == [PUBLIC, other]
    # The first leaves the second one half of the time.
    assert dialled[0][1] <= 30 < dialled[1][1]


def test_a_name_that_cannot_be_one_is_not_resolved() -> None:
    with pytest.raises(httpcore.ConnectError, match="cannot be resolved"):
        asyncio.run(GuardedBackend().connect_tcp("a" * 64 + ".example", 443))


def test_a_connection_tells_whether_it_is_readable_and_a_closed_one_is(listener: Listener) -> None:
    async def story() -> tuple[bool, bool, bool]:
        stream = await GuardedBackend(["127.0.0.1"]).connect_tcp("127.0.0.1", listener.port)
        fresh = stream.get_extra_info("is_readable")
        await stream.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(10):
            while not stream.get_extra_info("is_readable"):
                await asyncio.sleep(0.01)
        answered = await stream.read(65536) == ANSWER
        await stream.aclose()
        return fresh, answered, stream.get_extra_info("is_readable")

    assert asyncio.run(story()) == (False, True, True)


def test_redirects_are_not_followed_and_not_into_the_machine_when_they_are(
    listener: Listener,
) -> None:
    inner = Listener(socket.AF_INET, "127.0.0.1")
    try:
        location = f"http://127.0.0.1:{inner.port}/secret"
        listener.answer = (
            f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        url, allowed = f"http://127.0.0.1:{listener.port}/", f"127.0.0.1:{listener.port}"
        assert get(url, allowed).status_code == 302
        with pytest.raises(httpx.ConnectError, match="private network"):
            get(url, allowed, follow_redirects=True)
        assert inner.connections == 0
    finally:
        inner.close()


def test_proxies_of_the_environment_are_not_used(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Listener(socket.AF_INET, "127.0.0.1")
    try:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert get(f"http://127.0.0.1:{listener.port}/", "127.0.0.1").text == "ok"
        with pytest.raises(httpx.ConnectError, match="private network"):
            get(f"http://10.0.0.1:{listener.port}/")
        assert proxy.connections == 0
    finally:
        proxy.close()


def test_unix_sockets_are_refused() -> None:
    with pytest.raises(AddressRefused, match="Unix socket"):
        asyncio.run(GuardedBackend(["localhost"]).connect_unix_socket("/run/docker.sock"))


def test_a_bearers_token_is_sent_and_never_shown(listener: Listener) -> None:
    async def story() -> None:
        clients = Clients(["127.0.0.1"])
        try:
            async with clients.bearing("t0ken") as client:
                await client.get(f"http://127.0.0.1:{listener.port}/")
                assert "t0ken" not in repr(client.auth)
        finally:
            await clients.close()

    asyncio.run(story())
    assert b"authorization: bearer t0ken" in listener.received.lower()
