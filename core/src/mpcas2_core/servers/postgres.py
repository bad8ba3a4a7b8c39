"""One PostgreSQL server: its data folder, its settings, its start and its stop."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from mpcas2_core.servers.account import Place, ServerError
from mpcas2_core.servers.binaries import postgres_bin
from mpcas2_core.servers.home import (
    free_port,
    port_is_taken,
    read_password,
    write_password,
)
from mpcas2_core.servers.process import (
    Child,
    ServerProcess,
    server_environment,
    stop_leftover,
    tail,
    wait_until,
)

NAME = "postgres"
ROLE = "mpcas2"
DATABASE = "mpcas2"

# Recovery after a crash may replay some gigabytes before the server is ready.
_READY_SECONDS = 120.0
_MEMORY_RELEASE_SECONDS = 15.0
_LAST_WORDS_SECONDS = 1.0
_PORT_ATTEMPTS = 5
_LOG_FILES_KEPT = 5
# SIGINT ends sessions and writes a checkpoint; SIGQUIT stops at once and leaves recovery to the start.
_STOP = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
_STOP_AT_ONCE = _STOP[1:]

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # No socket file: its path would have to fit into 107 bytes wherever the home lies.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    # A dump of many tenants locks each of their tables in one transaction.
    "max_locks_per_transaction": "256",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10s",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%Y%m%d-%H%M%S.log",
    "log_rotation_size": "5MB",
    "log_rotation_age": "0",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # The detail of a violated constraint would show the row, and so a tenant's data.
    "log_error_verbosity": "terse",
}
# A commit still reaches the operating system before it is answered, so a crash of the server alone,
# which tests bring about, loses nothing.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """A PostgreSQL server on a data folder of its own."""

    def __init__(self, place: Place, *, durable: bool = True) -> None:
        """Remembers where the server lives; nothing is touched before `start`.

        Args:
            place: Home, folder for data and user of the servers.
            durable: False for tests: faster, and a crash of the machine may lose the data.
        """
        self._place = place
        self._durable = durable
        self._data = place.base / NAME
        self._logs = place.home / "logs"
        self._child: Child | None = None
        self._port = 0
        self._bin = Path()
        self._version = ""

    def start(self, port: int | None = None) -> None:
        """Starts the server and returns once it takes connections.

        The first start makes the data folder, the role and the database. A server that a former
        process left on the folder is stopped first.

        Args:
            port: TCP port; None takes a free one.

        Raises:
            ServerError: The folder is of another version, the port is taken, the disk is full, or the
                server ends or hangs for another reason, which the message quotes.
        """
        self._bin = postgres_bin(self._place)
        self._version = self._tool_output("postgres", "--version").split()[-1]
        self._refuse_other_version()
        self._stop_leftover()
        self._ensure_data()
        self._prune_logs()
        released_by = time.monotonic() + _MEMORY_RELEASE_SECONDS
        attempts = 1 if port else _PORT_ATTEMPTS
        while True:
            self._port = port or free_port()
            failure = self._try_start()
            if failure is None:
                return
            if "shared memory block" in failure and time.monotonic() < released_by:
                # Sessions of a killed server end within a moment of noticing it.
                time.sleep(0.2)
                continue
            attempts -= 1
            # The collector of its logs may write down why only after the server has ended.
            if "could not bind" not in failure and not port_is_taken(self._port):
                # On a full disk the server cannot even write down that it is full.
                free = shutil.disk_usage(self._data).free >> 20
                raise ServerError(
                    f"PostgreSQL did not start on {self._data}. It said:\n{failure.strip() or 'nothing'}\n"
                    f"Its logs are in {self._data / 'log'}; that disk has {free} MB free."
                )
            if attempts == 0:
                raise ServerError(
                    f"PostgreSQL cannot use port {self._port} on 127.0.0.1: it is taken. End the process "
                    f"that listens there and start again."
                )

    def stop(self) -> None:
        """Ends sessions, stops the server and returns when it has ended; nothing if it is not running.

        Raises:
            ServerError: It does not stop.
        """
        self._stop(_STOP)

    def restart(self) -> None:
        """Stops the server as a crash would, without a checkpoint, and starts it on the same port.

        Raises:
            ServerError: It does not stop or does not come back.
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

    def _exists(self) -> bool:
        return (self._data / "PG_VERSION").is_file()

    def _refuse_other_version(self) -> None:
        if not self._exists():
            return
        try:
            found = (self._data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise ServerError(f"Cannot read {self._data}: {error.strerror}.") from error
        if found != self._version.split(".", maxsplit=1)[0]:
            raise ServerError(
                f"{self._data} was made by PostgreSQL {found}, and the installed server is "
                f"{self._version}, which cannot read it. Make a backup with the mpcas2 that has "
                f"PostgreSQL {found} (mpcas2 backup), move the folder away, and restore the backup with "
                f"this one (mpcas2 restore)."
            )

    def _stop_leftover(self) -> None:
        pidfile = self._data / "postmaster.pid"
        try:
            lines = pidfile.read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return
        stop_leftover(pid, "postgres", self._data, _STOP)
        if pidfile.exists() and _alive(pid):
            # The number now belongs to a process of another kind, and PostgreSQL would refuse to start.
            # It does not refuse its parent's number, and with the file in place it still checks for
            # sessions of the dead server, which removing the file would prevent.
            # Root writes into a folder of the servers' user here: a link is not followed.
            with os.fdopen(os.open(pidfile, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "w") as file:
                file.write("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    def _ensure_data(self) -> None:
        """Makes the data folder or the password if either is absent; each appears whole or not at all."""
        password = read_password(self._place.home, NAME)
        if self._exists():
            self._place.linked_folder(NAME)
        if self._exists() and password:
            return
        made = password or secrets.token_urlsafe(24)
        if self._exists():
            self._single_user(self._data, f"ALTER ROLE {ROLE} PASSWORD '{made}';")
        else:
            self._initialise(made)
        if not password:
            write_password(self._place.home, NAME, made)

    def _initialise(self, password: str) -> None:
        base = self._place.base
        final = self._place.linked_folder(NAME)
        if any(final.iterdir()):
            raise ServerError(
                f"{final} holds files but no PostgreSQL data. Move it away and start again."
            )
        # What a start that was killed half-way has left.
        shutil.rmtree(base / f"{NAME}.new", ignore_errors=True)
        for old in base.glob(".initdb-*"):
            old.unlink()
        staged = self._place.folder(f"{NAME}.new")
        with tempfile.NamedTemporaryFile("w", dir=base, prefix=".initdb-") as file:
            file.write(password + "\n")
            file.flush()
            if self._place.account is not None:
                os.chown(file.name, self._place.account.uid, self._place.account.gid)
            self._tool_output(
                "initdb",
                *("-D", str(staged), "-U", ROLE, "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"),
                *(
                    "--auth=scram-sha-256",
                    f"--pwfile={file.name}",
                    "--no-instructions",
                    "--no-sync",
                ),
            )
        self._single_user(staged, f"CREATE DATABASE {DATABASE};")
        if self._durable:
            self._tool_output("initdb", "-D", str(staged), "--sync-only")
        staged.rename(final)

    def _single_user(self, data: Path, statement: str) -> None:
        """Runs one statement without a server, sockets or a password."""
        self._tool_output(
            "postgres",
            *("--single", "-D", str(data), "-c", "exit_on_error=on", "-c", "log_checkpoints=off"),
            "postgres",
            stdin=statement + "\n",
        )

    def _tool_output(self, program: str, *arguments: str, stdin: str = "") -> str:
        """Runs a program of the server to its end and gives what it printed.

        Raises:
            ServerError: It failed; the message quotes it.
        """
        account = self._place.account
        try:
            # The program comes from the wheel and the arguments from this module.
            result = subprocess.run(  # noqa: S603
                [self._bin / program, *arguments],
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                cwd=self._place.base,
                env=server_environment(self._place.base),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            raise ServerError(f"Cannot run {self._bin / program}: {error.strerror}.") from error
        if result.returncode != 0:
            raise ServerError(
                f"{program} failed in {self._place.base}. It said:\n{result.stderr.strip()}\n"
                f"Free some space if the disk is full, and start again."
            )
        return result.stdout

    def _try_start(self) -> str | None:
        """Starts the server; gives None when it is ready, else what it said before it ended."""
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE) | {"port": str(self._port)}
        before = self._log_sizes()
        child = Child(
            [
                *(str(self._bin / "postgres"), "-D", str(self._data)),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            account=self._place.account,
            cwd=self._data,
            log=self._logs / "postgres-start.log",
            death_signal=signal.SIGINT,
        )
        self._child = child
        wait_until(lambda: child.exited() is not None or self._ready(child.pid), _READY_SECONDS)
        if child.exited() is not None:
            # The collector may still be writing down what its server said last.
            wait_until(lambda: self._log_sizes() != before, _LAST_WORDS_SECONDS)
            written = (log for log, size in self._log_sizes().items() if size != before.get(log))
            return "\n".join(
                [child.log_tail(), *(tail(log, before.get(log, 0)) for log in written)]
            )
        if not self._ready(child.pid):
            self._stop(_STOP)
            raise ServerError(
                f"PostgreSQL was not ready within {_READY_SECONDS:.0f} seconds. See {self._data / 'log'}."
            )
        return None

    def _ready(self, pid: int) -> bool:
        """Reads the state that the server writes into its pid file: pid first, status as line 8."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return lines[:1] == [str(pid)] and [line.strip() for line in lines[7:8]] == ["ready"]

    def _log_sizes(self) -> dict[Path, int]:
        return {log: log.stat().st_size for log in (self._data / "log").glob("postgres-*.log")}

    def _prune_logs(self) -> None:
        for old in sorted((self._data / "log").glob("postgres-*.log"))[: 1 - _LOG_FILES_KEPT]:
            old.unlink(missing_ok=True)
        link = self._logs / NAME
        with contextlib.suppress(OSError):  # a convenience for readers, never a reason not to start
            self._logs.mkdir(exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(self._data / "log")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
