"""Serves a practice network on a socket whose connections a fault can really cut."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mpcas2_sandbox.app import SandboxApp
from mpcas2_sandbox.connection import SCOPE_KEY
from mpcas2_sandbox.network import Network
from mpcas2_sandbox.shared_host import SharedHost

_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 1


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """What the process prints as one line of JSON when it listens.

    Args:
        network: The network's key.
        url: The address that plays the network, without a slash at the end.
        control: The address of the control API.
    """

    network: str
    url: str
    control: str


class AllListening(msgspec.Struct, frozen=True, kw_only=True):
    """What a process that plays several networks prints when it listens.

    Args:
        url: The address of the index page, without a slash at the end.
        networks: What a process of its own would print for each network, by the network's key.
    """

    url: str
    networks: dict[str, Listening]


class _CuttableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which also hands the app its transport."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # ASGI has no way to close a connection without an answer: an app that only raises makes
        # the server answer 500.
        scope = cast("dict[str, Any]", self.scope)
        scope[SCOPE_KEY] = self.transport


class _Server(uvicorn.Server):
    """uvicorn's server, which tells where it listens once it does."""

    def __init__(
        self, config: uvicorn.Config, listening: Listening | AllListening, ready_file: Path | None
    ) -> None:
        super().__init__(config)
        self._listening = listening
        self._ready_file = ready_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        line = msgspec.json.encode(self._listening) + b"\n"
        if self._ready_file is not None:
            fresh = self._ready_file.with_name(self._ready_file.name + ".new")
            fresh.write_bytes(line)
            fresh.replace(self._ready_file)
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def _exit_with_stdin(server: uvicorn.Server) -> None:
    """Ends the server when standard input closes, thus also when the parent was killed."""
    while os.read(0, 4096):
        pass
    server.should_exit = True


def serve(
    network: Network,
    *,
    host: str,
    port: int,
    ready_file: Path | None = None,
    exit_with_stdin: bool = False,
) -> None:
    """Serves the network until a signal, or the end of standard input, stops it.

    Args:
        network: The network to play.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        ready_file: Where the line that is printed is written as well.
        exit_with_stdin: Whether the end of standard input ends the process.

    Raises:
        OSError: The address cannot be had.
    """
    with _listener(host, port) as listener:
        listening = _listening(network.key, _url(host, listener))
        _run(SandboxApp(network), listener, listening, ready_file, exit_with_stdin=exit_with_stdin)


def serve_all(
    networks: Mapping[str, Network],
    *,
    host: str,
    port: int,
    ready_file: Path | None = None,
    exit_with_stdin: bool = False,
) -> None:
    """Serves several networks on one port, each below its key; otherwise as ``serve``.

    Args:
        networks: The networks by their keys.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        ready_file: Where the line that is printed is written as well.
        exit_with_stdin: Whether the end of standard input ends the process.

    Raises:
        OSError: The address cannot be had.
    """
    with _listener(host, port) as listener:
        url = _url(host, listener)
        app = SharedHost(networks)
        each = {key: _listening(key, f"{url}/{key}") for key in app.keys}
        listening = AllListening(url=url, networks=each)
        _run(app, listener, listening, ready_file, exit_with_stdin=exit_with_stdin)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _listener(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=_family(host), backlog=512)


def _url(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if _family(host) == socket.AF_INET6 else host
    return f"http://{name}:{listener.getsockname()[1]}"


def _listening(key: str, url: str) -> Listening:
    return Listening(network=key, url=url, control=f"{url}/_sandbox")


def _run(
    app: SandboxApp | SharedHost,
    listener: socket.socket,
    listening: Listening | AllListening,
    ready_file: Path | None,
    *,
    exit_with_stdin: bool,
) -> None:
    config = uvicorn.Config(
        app,
        http=_CuttableProtocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    server = _Server(config, listening, ready_file)
    if exit_with_stdin:
        threading.Thread(target=_exit_with_stdin, args=(server,), daemon=True).start()
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
