"""The system user that servers run as, and folders within that user's reach.

PostgreSQL refuses to run as root. A root process therefore hands its servers to a system user that
owns their data folders and nothing else.
"""

import os
import pwd
import secrets
import shutil
import stat
import subprocess
from pathlib import Path

import msgspec

SERVER_USER = "mpcas2"
FALLBACK_USER = "nobody"
STATE_ROOT = Path("/var/lib/mpcas2")


class ServerError(Exception):
    """A server cannot do what was asked; the message says what happened and what to do."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A system user that a root process becomes for its servers."""

    name: str
    uid: int
    gid: int


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the servers of one home live, and as whom.

    Attributes:
        home: The product's home folder.
        base: Folder that holds the data folders: ``home`` itself, or, where the servers' user cannot
            enter that, a folder of its own under the state root. ``home`` then holds links.
        account: User that the servers run as; None for the user of this process.
    """

    home: Path
    base: Path
    account: Account | None

    def folder(self, name: str) -> Path:
        """Gives a data folder for a server, made if absent, entered by the servers' user only.

        Raises:
            ServerError: The folder cannot be made or belongs to someone else.
        """
        folder = self.base / name
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            own(folder, self.account)
        except OSError as error:
            raise ServerError(
                f"Cannot use {folder}: {error.strerror}. Make it writable or set MPCAS2_HOME to another "
                f"folder."
            ) from error
        return folder

    def linked_folder(self, name: str) -> Path:
        """Gives a data folder as `folder` does, and makes sure that the home shows where it is.

        Raises:
            ServerError: The folder cannot be made or belongs to someone else.
        """
        folder = self.folder(name)
        if self.base != self.home and not (self.home / name).is_symlink():
            try:
                (self.home / name).symlink_to(folder)
            except OSError as error:
                raise ServerError(f"Cannot write to {self.home}: {error.strerror}.") from error
        return folder


def find_place(home: Path, *, state_root: Path = STATE_ROOT) -> Place:
    """Finds where the servers of a home live, and makes that place on the first call.

    Args:
        home: The product's home folder, which must exist.
        state_root: Parent of folders for homes that the servers' user cannot enter.

    Raises:
        ServerError: There is no place that the servers' user can reach.
    """
    links = [home / name for name in ("postgres", "valkey")]
    if os.geteuid() != 0:
        _refuse_foreign(links)
        return Place(home=home, base=home, account=None)
    linked = [link.resolve().parent for link in links if link.is_symlink()]
    account = _owner(links) or server_account()
    if linked:
        return Place(home=home, base=linked[0], account=account)
    if can_enter(account, home):
        return Place(home=home, base=home, account=account)
    if any(link.exists() for link in links):
        raise ServerError(
            f"The servers' data is in {home}, which user {account.name} cannot enter (any more). Allow "
            f"it with chmod o+x on {home} and on the folders above it."
        )
    base = state_root / secrets.token_hex(8)
    try:
        base.mkdir(mode=0o711, parents=True)
        # mkdir's mode is cut by the umask and does not hold for parents.
        for folder in (state_root, base):
            folder.chmod(0o711)
    except OSError as error:
        raise ServerError(
            f"User {account.name} cannot enter {home}, and {base} cannot be made: {error.strerror}. Set "
            f"MPCAS2_HOME to a folder that every user can enter, such as /srv/mpcas2."
        ) from error
    if not can_enter(account, base):
        raise ServerError(
            f"User {account.name} can enter neither {home} nor {base}. Set MPCAS2_HOME to a folder that "
            f"every user can enter, such as /srv/mpcas2."
        )
    return Place(home=home, base=base, account=account)


def server_account() -> Account:
    """Finds the user that a root process runs its servers as, and makes that user if absent.

    Where no user can be made, ``nobody`` serves: a number without an entry in the user database
    would not do, since initdb looks itself up there.

    Raises:
        ServerError: There is no such user and none can be made.
    """
    account = _account(SERVER_USER)
    useradd = shutil.which("useradd")
    if account is None and useradd is not None:
        command = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        # Fixed arguments; a failure shows as an absent user.
        subprocess.run([useradd, *command], capture_output=True, check=False)  # noqa: S603
        account = _account(SERVER_USER)
    account = account or _account(FALLBACK_USER)
    if account is None:
        raise ServerError(
            f"PostgreSQL does not run as root, and there is no user {SERVER_USER} to run it as. Make one "
            f"(useradd --system {SERVER_USER}) or start mpcas2 as an ordinary user."
        )
    return account


def can_enter(account: Account, folder: Path) -> bool:
    """Tells by owner and mode whether a user can enter a folder and all folders above it."""
    folder = folder.resolve()
    return all(_allowed(account, step, 0o1) for step in (folder, *folder.parents))


def can_read(account: Account, path: Path) -> bool:
    """Tells by owner and mode whether a user can read a file and reach it."""
    return can_enter(account, path.parent) and _allowed(account, path.resolve(), 0o4)


def own(folder: Path, account: Account | None) -> None:
    """Gives a folder with all it holds to a user, if root owns it.

    Raises:
        OSError: The owner cannot be changed.
    """
    if account is None or folder.stat().st_uid != 0:
        return
    for parent, _, files in os.walk(folder):
        for path in (Path(parent), *(Path(parent) / name for name in files)):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def _owner(folders: list[Path]) -> Account | None:
    """Gives the ordinary user that owns data made earlier: it goes on owning and serving it."""
    owners = {folder.stat().st_uid for folder in folders if folder.exists()} - {0}
    for uid in owners:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=uid, gid=entry.pw_gid)
    return None


def _refuse_foreign(folders: list[Path]) -> None:
    """Refuses data that another user owns.

    Raises:
        ServerError: A folder belongs to another user.
    """
    for folder in folders:
        try:
            owner = folder.stat().st_uid
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ServerError(f"Cannot read {folder}: {error.strerror}.") from error
        if owner != os.geteuid():
            raise ServerError(
                f"{folder} belongs to another user (id {owner}). Start mpcas2 as the user that made it, "
                f"or set MPCAS2_HOME to another folder."
            )


def _allowed(account: Account, path: Path, bit: int) -> bool:
    try:
        info = path.stat()
    except OSError:
        return False
    shift = 6 if info.st_uid == account.uid else 3 if info.st_gid == account.gid else 0
    return bool(stat.S_IMODE(info.st_mode) >> shift & bit)
