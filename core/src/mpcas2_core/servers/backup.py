"""Backup and restore of what one installation keeps: database, media and secrets."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from mpcas2_core.servers.account import ServerError
from mpcas2_core.servers.archive import (
    DATABASE,
    FORMAT,
    ArchiveWriter,
    Manifest,
    unpack,
)
from mpcas2_core.servers.dump import Database
from mpcas2_core.servers.held_back import HOLD_BACK
from mpcas2_core.servers.home import make_home, password_file

# They belong to the servers of one home and are made anew in another.
_SERVER_PASSWORDS = {password_file("postgres"), password_file("valkey")}


class Occupied(ServerError):
    """A restore would replace what is there.

    Args:
        places: What is there: folders and the database.
    """

    def __init__(self, places: Sequence[str]) -> None:
        self.places = tuple(places)
        super().__init__(
            f"Restoring would replace {' and '.join(places)}. Restore into an empty home and database, "
            f"or let it be deleted with force."
        )


class BackupReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup or a restore has done.

    Attributes:
        archive: Path of the archive.
        created: Moment of the backup, UTC, ISO 8601.
        product_version: Version of mpcas2 that made the backup.
        postgres_version: Version of the server that the database came from.
        database_bytes: Size of the dump.
        media_files: Number of media files.
        media_bytes: Their size.
        secrets: Names of the files under ``secrets``.
    """

    archive: str
    created: str
    product_version: str
    postgres_version: str
    database_bytes: int
    media_files: int
    media_bytes: int
    secrets: tuple[str, ...]


def backup(
    database_url: str, home: Path, target: Path, *, include_secrets: bool = True
) -> BackupReport:
    """Writes the database, the media and the secrets into one archive, while the product may run.

    The archive holds the master key, and with it every stored token in readable form: keep it as safe
    as the installation itself.

    Args:
        database_url: ``postgresql://`` URL of the database.
        home: The product's home folder.
        target: File to make, usually ``*.tar.gz``; must not exist.
        include_secrets: False leaves the secrets out. Such an archive can only be used together with
            the master key kept elsewhere.

    Returns:
        What was written.

    Raises:
        ServerError: The backup failed; no file is left under the target's name.
    """
    database = Database(database_url)
    home, target = home.expanduser().resolve(), target.expanduser().absolute()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with (
            ArchiveWriter(target) as writer,
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".mpcas2-backup-") as folder,
        ):
            postgres_version = database.server_version()
            # The database first: a file is written before the row that names it, so every row of the
            # dump finds its file afterwards.
            dump = Path(folder) / DATABASE
            database.dump(dump)
            database_bytes = writer.add(DATABASE, dump)
            dump.unlink()
            media = 0, 0
            for name, path in _files(home, "media"):
                with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
                    media = media[0] + 1, media[1] + writer.add(name, path)
            secrets = list(_secrets(home)) if include_secrets else []
            for name, path in secrets:
                writer.add(name, path)
            report = BackupReport(
                archive=str(target),
                created=created,
                product_version=version("mpcas2-core"),
                postgres_version=postgres_version,
                database_bytes=database_bytes,
                media_files=media[0],
                media_bytes=media[1],
                secrets=tuple(name.removeprefix("secrets/") for name, _ in secrets),
            )
            writer.finish(
                lambda sha256: Manifest(
                    format=FORMAT,
                    product_version=report.product_version,
                    postgres_version=report.postgres_version,
                    created=created,
                    sha256=sha256,
                )
            )
    except OSError as error:
        raise ServerError(
            f"The backup to {target} failed: {error}. Nothing was kept of it."
        ) from error
    return report


def restore(archive: Path, home: Path, database_url: str, *, force: bool = False) -> BackupReport:
    """Puts an archive's database, media and secrets in the place of the present ones.

    The archive is unpacked beside the present files and checked as a whole first, and its database
    is loaded beside the present one, where posts that were due since the backup are held back. Then
    both change places by renaming. When that fails, all is as
    before. When the process is killed in that moment, the former files are in ``home/.restore-*``.

    Args:
        archive: File that `backup` made.
        home: The product's home folder; made if absent.
        database_url: ``postgresql://`` URL of the database to replace. Its role must be allowed to
            create databases, and nothing else may be connected.
        force: Whether present media, secrets and tables may be replaced. They are then deleted.

    Returns:
        What was restored.

    Raises:
        Occupied: Something is there already, and ``force`` is not given.
        ServerError: The archive is damaged, other processes use the database, or a step failed.
    """
    database = Database(database_url)
    archive, home = archive.expanduser().absolute(), home.expanduser().resolve()
    if not force:
        _refuse_occupied(home, database)
    database.refuse_if_in_use()
    try:
        make_home(home)
        with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as folder:
            staged = Path(folder) / "new"
            staged.mkdir()
            manifest = unpack(archive, staged)
            report = _report(archive, manifest, staged)
            beside = database.load_beside(staged / DATABASE)
            with contextlib.ExitStack() as undo:
                undo.callback(database.drop, beside)
                database.change(beside, HOLD_BACK)
                _swap_files(home, staged, Path(folder) / "former", undo)
                former = database.put_in_place(beside)
                undo.pop_all()
            database.drop(former)
    except OSError as error:
        raise ServerError(f"{archive} could not be restored: {error}. All is as before.") from error
    return report


def _swap_files(home: Path, staged: Path, former: Path, undo: contextlib.ExitStack) -> None:
    """Moves staged media and secrets to their places and the present ones to ``former``."""
    (staged / "media").mkdir(exist_ok=True)
    secrets = [name for name, _ in _secrets(staged)]
    present = [name for name, _ in _secrets(home)] if secrets else []
    for name in ["media", *present]:
        if (home / name).exists():
            _move(home / name, former / name, undo)
    for name in ["media", *secrets]:
        _move(staged / name, home / name, undo)


def _move(source: Path, target: Path, undo: contextlib.ExitStack) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source.rename(target)
    undo.callback(target.rename, source)


def _refuse_occupied(home: Path, database: Database) -> None:
    """Refuses to replace anything.

    Raises:
        Occupied: Media, secrets or tables are there.
    """
    occupied = [
        *([str(home / "media")] if any(_files(home, "media")) else []),
        *([str(home / "secrets")] if any(_secrets(home)) else []),
        *([f"database {database.name}"] if database.holds_anything() else []),
    ]
    if occupied:
        raise Occupied(occupied)


def _report(archive: Path, manifest: Manifest, staged: Path) -> BackupReport:
    media = [path.stat().st_size for _, path in _files(staged, "media")]
    return BackupReport(
        archive=str(archive),
        created=manifest.created,
        product_version=manifest.product_version,
        postgres_version=manifest.postgres_version,
        database_bytes=(staged / DATABASE).stat().st_size,
        media_files=len(media),
        media_bytes=sum(media),
        secrets=tuple(name.removeprefix("secrets/") for name, _ in _secrets(staged)),
    )


def _secrets(home: Path) -> Iterator[tuple[str, Path]]:
    """Lists the files under ``secrets`` that are not the servers' own passwords."""
    for name, path in _files(home, "secrets"):
        if path.name not in _SERVER_PASSWORDS:
            yield name, path


def _files(home: Path, top: str) -> Iterator[tuple[str, Path]]:
    """Lists the files below a folder of the home, with their names as archive members.

    Raises:
        ServerError: A link to a folder is among them, which the archive could not hold.
    """
    for parent, folders, files in os.walk(home / top):
        for name in folders:
            if (Path(parent) / name).is_symlink():
                raise ServerError(
                    f"{Path(parent) / name} is a link to a folder. Put the folder there."
                )
        folders.sort()
        for name in sorted(files):
            path = Path(parent) / name
            yield path.relative_to(home).as_posix(), path
