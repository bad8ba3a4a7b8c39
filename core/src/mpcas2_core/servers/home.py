"""What servers keep in the home folder: its lock, their passwords, and where they listen."""

import contextlib
import errno
import fcntl
import os
import socket
from pathlib import Path

import msgspec

from mpcas2_core.servers.account import ServerError
from mpcas2_core.servers.process import ServerProcess, wait_until

# An attaching command holds the lock for a moment to see whether it is free.
_LOCK_SECONDS = 0.5


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The servers of a home as its owner writes them down for other processes.

    Attributes:
        owner: Process id of the owner.
        processes: The servers.
    """

    owner: int
    processes: tuple[ServerProcess, ...]


def make_home(home: Path) -> None:
    """Makes the home folder if it is absent.

    Raises:
        ServerError: It cannot be made.
    """
    # Root's servers run as another user, who has to pass through to the data.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        home.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"Cannot make {home}: {error.strerror}. Set MPCAS2_HOME to a folder that this user can write."
        ) from error


class HomeLock:
    """The right to run the servers of a home, held by one process at a time.

    The operating system gives the lock back when its holder ends, however it ends.
    """

    def __init__(self, home: Path) -> None:
        """Remembers the home; the lock is the file ``lock`` in it."""
        self._home = home
        self._file: int | None = None

    def take(self) -> None:
        """Takes the lock.

        Raises:
            ServerError: Another process holds it, or the home cannot be written.
        """
        try:
            file = os.open(self._home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ServerError(
                f"Cannot write to {self._home}: {error.strerror}. Make it writable for this user or set "
                f"MPCAS2_HOME to another folder."
            ) from error
        if not wait_until(lambda: _try_lock(file, fcntl.LOCK_EX), _LOCK_SECONDS):
            holder = os.pread(file, 32, 0).decode(errors="replace").strip()
            os.close(file)
            raise ServerError(
                f"Process {holder or 'unknown'} already runs the servers of {self._home}. Stop it first, or "
                f"set MPCAS2_HOME to another folder."
            )
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def release(self) -> None:
        """Gives the lock back; does nothing when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_locked(home: Path) -> bool:
    """Tells whether a living process runs the servers of a home.

    Raises:
        ServerError: The lock belongs to another user.
    """
    try:
        file = os.open(home / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ServerError(
            f"Cannot read {home}: {error.strerror}. Use the user that runs the servers there."
        ) from error
    try:
        # Shared, so that two commands that look at the same time do not take each other for an owner.
        return not _try_lock(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def write_running(home: Path, processes: list[ServerProcess]) -> None:
    """Writes down where the servers listen, for `read_running` in other processes."""
    running = Running(owner=os.getpid(), processes=tuple(processes))
    _write_private(home / "servers.json", msgspec.json.encode(running))


def read_running(home: Path) -> Running | None:
    """Gives what the owner of the servers wrote down; None before they are ready."""
    try:
        return msgspec.json.decode((home / "servers.json").read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None


def forget_running(home: Path) -> None:
    """Removes what `write_running` wrote."""
    (home / "servers.json").unlink(missing_ok=True)


def read_password(home: Path, server: str) -> str:
    """Gives a server's password; empty when there is none yet.

    Raises:
        ServerError: The file is there and cannot be read.
    """
    path = home / "secrets" / password_file(server)
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ServerError(
            f"Cannot read {path}: {error.strerror}. Use the user that runs the servers there."
        ) from error


def write_password(home: Path, server: str, password: str) -> None:
    """Keeps a server's password in a file that only this user can read.

    Raises:
        ServerError: The file cannot be written.
    """
    folder = home / "secrets"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _write_private(folder / password_file(server), f"{password}\n".encode())
    except OSError as error:
        raise ServerError(f"Cannot write to {folder}: {error.strerror}.") from error


def password_file(server: str) -> str:
    """Gives the name of the file in ``secrets`` that holds a server's password."""
    return f"{server}-password"


def free_port() -> int:
    """Finds a TCP port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def port_is_taken(port: int) -> bool:
    """Says whether somebody listens on a TCP port of 127.0.0.1 at this moment."""
    with socket.socket() as probe:
        # A connection that was closed a moment ago does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _try_lock(file: int, kind: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    return False


def _write_private(path: Path, content: bytes) -> None:
    """Replaces a file by one with mode 0600; a reader sees the old or the new content, never a part."""
    staged = path.with_name(f".{path.name}.new")
    file = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)
    staged.replace(path)
