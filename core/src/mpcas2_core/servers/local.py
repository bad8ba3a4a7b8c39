"""PostgreSQL and Valkey together, as one home runs them."""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from mpcas2_core.servers import postgres as postgres_server
from mpcas2_core.servers import valkey as valkey_server
from mpcas2_core.servers.account import STATE_ROOT, Place, ServerError, find_place
from mpcas2_core.servers.home import (
    HomeLock,
    forget_running,
    is_locked,
    make_home,
    read_password,
    read_running,
    write_running,
)
from mpcas2_core.servers.postgres import Postgres
from mpcas2_core.servers.process import ServerProcess, wait_until
from mpcas2_core.servers.valkey import Valkey

_ATTACH_SECONDS = 30.0


class LocalServers:
    """The servers of one home folder: started here, or attached to where another process runs them.

    The data are in ``home/postgres`` and ``home/valkey``, the passwords in ``home/secrets``, the logs
    in ``home/logs``. Where root's servers run as a user that cannot enter the home, the data are under
    the state root and the home holds links to them.
    """

    def __init__(
        self,
        home: Path,
        *,
        postgres: bool = True,
        valkey: bool = True,
        durable: bool = True,
        state_root: Path = STATE_ROOT,
    ) -> None:
        """Remembers what to run; nothing is touched before `start`.

        Args:
            home: The product's home folder; made at the first start.
            postgres: Whether to run PostgreSQL.
            valkey: Whether to run Valkey.
            durable: False for tests: faster, and a crash of the machine may lose the data.
            state_root: Parent of data folders for homes that root's servers cannot enter.
        """
        self._home = home.expanduser().resolve()
        self._wanted: dict[str, tuple[bool, Callable[[Place], Postgres | Valkey]]] = {
            postgres_server.NAME: (postgres, partial(Postgres, durable=durable)),
            valkey_server.NAME: (valkey, Valkey),
        }
        self._state_root = state_root
        self._lock = HomeLock(self._home)
        self._servers: dict[str, Postgres | Valkey] = {}
        self._attached: tuple[ServerProcess, ...] = ()

    @classmethod
    def attach(cls, home: Path) -> "LocalServers | None":
        """Gives the servers that another living process runs on a home, for their URLs.

        Waits while that process is still starting them. `stop` leaves attached servers running.

        Args:
            home: The product's home folder.

        Returns:
            The servers, or None when no process runs them.

        Raises:
            ServerError: They do not become ready, or belong to another user.
        """
        servers = cls(home)
        path = servers._home
        wait_until(lambda: not is_locked(path) or read_running(path) is not None, _ATTACH_SECONDS)
        if not is_locked(path):
            return None
        running = read_running(path)
        if running is None:
            raise ServerError(
                f"A process has been starting the servers of {path} for {_ATTACH_SECONDS:.0f} seconds and "
                f"they are not ready. Look at {path / 'logs'}, or stop that process: its number is in "
                f"{path / 'lock'}."
            )
        servers._attached = running.processes
        return servers

    def start(self) -> None:
        """Starts the servers and returns once both take connections; does nothing if they run.

        Call it from the main thread, before any event loop: on Linux the servers then end with this
        process, also when it is killed. Started from another thread, such servers go on and the next
        start stops them. A failure leaves nothing running.

        Raises:
            ServerError: Another process runs the servers of this home, or one cannot be started.
        """
        if self._servers or self._attached:
            return
        make_home(self._home)
        self._lock.take()
        try:
            forget_running(self._home)
            place = find_place(self._home, state_root=self._state_root)
            for name, (wanted, kind) in self._wanted.items():
                if wanted:
                    server = kind(place)
                    self._servers[name] = server
                    server.start()
            write_running(self._home, self.processes())
        except OSError as error:
            self.stop()
            raise ServerError(
                f"Cannot write to {self._home}: {error.strerror}. Make room or make it writable for this "
                f"user."
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the servers that this object started and gives the home free.

        Raises:
            ServerError: A server does not stop.
        """
        self._attached = ()
        with contextlib.ExitStack() as last_first:
            last_first.callback(self._lock.release)
            # Also where no server is ours: the file says that this process runs the home.
            if self._lock.held:
                last_first.callback(forget_running, self._home)
            for server in self._servers.values():
                last_first.callback(server.stop)
            self._servers = {}

    @property
    def database_url(self) -> str:
        """URL of the database, with its password: ``postgresql://mpcas2:...@127.0.0.1:PORT/mpcas2``.

        Raises:
            ServerError: PostgreSQL is not running.
        """
        port = self._port(postgres_server.NAME)
        password = read_password(self._home, postgres_server.NAME)
        role, database = postgres_server.ROLE, postgres_server.DATABASE
        return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"

    @property
    def redis_url(self) -> str:
        """URL of the queue's store, with its password: ``redis://:...@127.0.0.1:PORT/0``.

        Raises:
            ServerError: Valkey is not running.
        """
        port = self._port(valkey_server.NAME)
        password = read_password(self._home, valkey_server.NAME)
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def processes(self) -> list[ServerProcess]:
        """Lists the servers that run, PostgreSQL first."""
        started = [server.process() for server in self._servers.values()]
        return [*self._attached, *(process for process in started if process is not None)]

    def postgres_restart(self) -> None:
        """Stops PostgreSQL as a crash would and starts it on the same port.

        Raises:
            ServerError: This object did not start it, or it does not come back.
        """
        self._restart(postgres_server.NAME)

    def valkey_restart(self) -> None:
        """Kills Valkey and starts it on the same port.

        Raises:
            ServerError: This object did not start it, or it does not come back.
        """
        self._restart(valkey_server.NAME)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"LocalServers({str(self._home)!r})"

    def _restart(self, name: str) -> None:
        if name not in self._servers:
            raise ServerError(f"{name} was not started here, so it is not restarted here.")
        self._servers[name].restart()
        write_running(self._home, self.processes())

    def _port(self, name: str) -> int:
        """Gives a server's port; it stays the same while the server is being restarted."""
        if name in self._servers:
            return self._servers[name].port
        for process in self._attached:
            if process.name == name:
                return process.port
        raise ServerError(f"{name} is not running. Start the servers first.")
