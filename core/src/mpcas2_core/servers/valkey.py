"""One Valkey server: the queue's doorbell, its settings, its start and its stop."""

import secrets
import signal
import socket
import subprocess
from pathlib import Path

from mpcas2_core.servers.account import Place, ServerError
from mpcas2_core.servers.binaries import valkey_server
from mpcas2_core.servers.home import free_port, read_password, write_password
from mpcas2_core.servers.process import (
    Child,
    ServerProcess,
    server_environment,
    stop_leftover,
    wait_until,
)

NAME = "valkey"

_READY_SECONDS = 60.0
_PROBE_SECONDS = 0.5
_PORT_ATTEMPTS = 5
_STOP = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
_STOP_AT_ONCE = _STOP[1:]


class Valkey:
    """A Valkey server on a data folder of its own."""

    def __init__(self, place: Place) -> None:
        """Remembers where the server lives; nothing is touched before `start`.

        Args:
            place: Home, folder for data and user of the servers.
        """
        self._place = place
        self._data = place.base / NAME
        self._child: Child | None = None
        self._port = 0
        self._version = ""

    def start(self, port: int | None = None) -> None:
        """Starts the server and returns once it answers with the password.

        A server that a former process left on the folder is stopped first.

        Args:
            port: TCP port; None takes a free one.

        Raises:
            ServerError: The port is taken, or the server ends or hangs for a reason that the message
                quotes.
        """
        program = valkey_server(self._place)
        self._version = self._version or _version(program)
        self._data = self._place.linked_folder(NAME)
        self._stop_leftover()
        password = read_password(self._place.home, NAME)
        if not password:
            password = secrets.token_urlsafe(24)
            write_password(self._place.home, NAME, password)
        for attempt in range(_PORT_ATTEMPTS):
            self._port = port or free_port()
            failure = self._try_start(program, password)
            if failure is None:
                return
            taken = "Address already in use" in failure
            if not taken:
                raise ServerError(f"Valkey did not start on {self._data}. It said:\n{failure}")
            if port or attempt == _PORT_ATTEMPTS - 1:
                raise ServerError(
                    f"Valkey cannot use port {self._port} on 127.0.0.1: it is taken. End the process "
                    f"that listens there and start again."
                )

    def stop(self) -> None:
        """Stops the server and returns when it has ended; does nothing if it is not running.

        Raises:
            ServerError: It does not stop.
        """
        self._stop(_STOP)

    def restart(self) -> None:
        """Kills the server and starts it on the same port.

        Raises:
            ServerError: It does not come back.
        """
        self._stop(_STOP_AT_ONCE)
        self.start(self._port)

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1; 0 before the first start."""
        return self._port

    def process(self) -> ServerProcess | None:
        """Describes the running server; None when it is not running."""
        if self._child is None or self._child.exited() is not None:
            return None
        return ServerProcess(name=NAME, pid=self._child.pid, version=self._version, port=self._port)

    def _stop(self, steps: tuple[tuple[signal.Signals, float], ...]) -> None:
        if self._child is not None:
            self._child.stop(steps)
            self._child = None

    def _stop_leftover(self) -> None:
        try:
            pid = int((self._data / "valkey.pid").read_text())
        except (OSError, ValueError):
            return
        stop_leftover(pid, "valkey-server", self._data, _STOP)

    def _try_start(self, program: Path, password: str) -> str | None:
        """Starts the server; gives None when it is ready, else what it said before it ended."""
        settings = [
            f"port {self._port}",
            "bind 127.0.0.1",
            f"requirepass {password}",
            "pidfile valkey.pid",
            # The command line stays as it is, so that the next start can tell whose folder this is.
            "set-proc-title no",
            "loglevel warning",
            # Nothing is kept: what is due stands in the database, and a bell rung before a restart
            # is rung again.
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
        ]
        child = Child(
            [str(program), "-", "--dir", str(self._data)],
            account=self._place.account,
            cwd=self._data,
            log=self._place.home / "logs" / "valkey.log",
            death_signal=signal.SIGTERM,
            # Over standard input, so that the password is not on the command line.
            stdin="".join(f"{line}\n" for line in settings).encode(),
        )
        self._child = child
        wait_until(
            lambda: child.exited() is not None or _answers(self._port, password), _READY_SECONDS
        )
        if child.exited() is not None:
            return child.log_tail()
        if not _answers(self._port, password):
            self._stop(_STOP)
            raise ServerError(f"Valkey was not ready within {_READY_SECONDS:.0f} seconds.")
        return None


def _answers(port: int, password: str) -> bool:
    """Tells whether the server on a port takes the password and has loaded its data."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PROBE_SECONDS) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:  # noqa: PLR2004  # one line for each of the two commands
                received = connection.recv(1024)
                if not received:
                    return False
                answer += received
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"


def _version(program: Path) -> str:
    # A program of the wheel with a fixed argument.
    result = subprocess.run(  # noqa: S603
        [program, "--version"],
        capture_output=True,
        text=True,
        check=False,
        env=server_environment(Path("/")),
    )
    _, _, rest = result.stdout.partition(" v=")
    if result.returncode != 0 or not rest:
        raise ServerError(f"Cannot run {program}: {result.stderr.strip() or result.stdout.strip()}")
    return rest.split()[0]
