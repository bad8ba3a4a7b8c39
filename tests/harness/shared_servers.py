"""PostgreSQL and Valkey for a whole test run, and databases of their own for those who ask.

One process of a run, the *lead*, starts the servers: the xdist controller, or the only process there
is. The others get the addresses from it. On Linux the servers end with the lead however that ends;
elsewhere the next run stops what a killed one left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import msgspec

from mpcas2_core.database import Database
from mpcas2_core.database.migrate import migrate
from mpcas2_core.servers import LocalServers, ServerError
from mpcas2_core.servers.home import is_locked

__all__ = ("Addresses", "SharedServers", "Stores", "clean_environment")

FOLDER_PREFIX = "mpcas2-tests-"
DATABASE_PREFIX = "mpcas2_test"
# What Valkey has without a setting; the last ones are taken in turn by tests that want a fresh one.
VALKEY_DATABASES = 16
# Variables that steer the tests themselves and not the product.
SWITCHES = frozenset({"MPCAS2_REQUIRE_REAL", "MPCAS2_TEST_CACHE"})
PLAIN_NAMES = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET", "JWT_REFRESH_SECRET")

_T = TypeVar("_T")


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the servers of a run are.

    Attributes:
        run: Names the run; every database of it has the name inside its own.
        database_url: The server's maintenance database.
        redis_url: The Valkey that was given; None when each test process starts one for itself.
        template: Database from which the others are copied, migrated already.
        given: Whether PostgreSQL was there before and stays there after.
    """

    run: str
    database_url: str
    redis_url: str | None
    template: str
    given: bool


def clean_environment(environ: dict[str, str] | os._Environ[str]) -> dict[str, str]:
    """Takes every setting of the product out of an environment, so that no test depends on it.

    Args:
        environ: Changed in place.

    Returns:
        What was taken out.
    """
    plain = {name + suffix for name in PLAIN_NAMES for suffix in ("", "_FILE")}
    names = [
        name
        for name in environ
        if name in plain or (name.startswith("MPCAS2_") and name not in SWITCHES)
    ]
    return {name: environ.pop(name) for name in names}


class SharedServers:
    """The servers of a run, as the lead holds them.

    Args:
        database_url: A PostgreSQL to use instead of starting one.
        redis_url: A Valkey to use instead of starting one per test process.
    """

    def __init__(self, *, database_url: str | None = None, redis_url: str | None = None) -> None:
        self._given = database_url
        self._redis_url = redis_url
        self._folder: Path | None = None
        self._local: LocalServers | None = None
        self._addresses: Addresses | None = None

    def start(self) -> Addresses:
        """Starts PostgreSQL if none was given, and makes the template; a second call does nothing."""
        if self._addresses is not None:
            return self._addresses
        run = uuid4().hex[:12]
        url = self._given
        if url is None:
            _sweep()
            self._folder = _make_folder()
            self._local = LocalServers(self._folder / "home", valkey=False, durable=False)
            self._local.start()
            url = self._local.database_url
        template = f"{DATABASE_PREFIX}_{run}_template"
        _run(_statement(url, f'CREATE DATABASE "{template}"'))
        _run(_migrated(_in_database(url, template)))
        self._addresses = Addresses(
            run=run,
            database_url=url,
            redis_url=self._redis_url,
            template=template,
            given=self._given is not None,
        )
        return self._addresses

    def stop(self) -> None:
        """Stops what was started and removes what was made."""
        addresses, self._addresses = self._addresses, None
        if addresses is not None and addresses.given:
            _run(_drop_all(addresses))
        if self._local is not None:
            self._local.stop()
            self._local = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


class Stores:
    """Databases and Valkey of one test process.

    Args:
        addresses: From the lead.
        number: Counts the test processes of a run, from 0.
    """

    def __init__(self, addresses: Addresses, number: int) -> None:
        self.addresses = addresses
        self._number = number
        self._folder: Path | None = None
        self._valkey: LocalServers | None = None
        self._turn = 0

    def make_database(self) -> str:
        """Makes a migrated, empty database and gives its address."""
        url, name = (
            self.addresses.database_url,
            f"{DATABASE_PREFIX}_{self.addresses.run}_{uuid4().hex[:12]}",
        )
        _run(_statement(url, f'CREATE DATABASE "{name}" TEMPLATE "{self.addresses.template}"'))
        return _in_database(url, name)

    def drop_database(self, url: str) -> None:
        """Removes a database, also while somebody is connected."""
        name = urlsplit(url).path.lstrip("/")
        if not name.startswith(f"{DATABASE_PREFIX}_{self.addresses.run}_"):
            raise ValueError(f"{name} was not made by this run")
        _run(
            _statement(
                self.addresses.database_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
            )
        )

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Lends a migrated, empty database for the length of a ``with`` block."""
        url = self.make_database()
        try:
            yield url
        finally:
            self.drop_database(url)

    def redis_url(self) -> str:
        """Gives the Valkey database that the tests of this process share."""
        return self._redis(0)

    def fresh_redis_url(self) -> str:
        """Gives an empty Valkey database; it is given out again after several others."""
        self._turn = self._turn % (VALKEY_DATABASES - 1) + 1
        url = self._redis(self._turn)
        _run(_flush(url))
        return url

    def environment(self, folder: Path, *, database_url: str, redis_url: str) -> dict[str, str]:
        """Gives the whole environment of a process of the product, with nothing inherited.

        Args:
            folder: Holds its home; two environments with one home share keys and media.
            database_url: Its database.
            redis_url: Its Valkey.
        """
        home = folder / "mpcas2-home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "MPCAS2_HOME": str(home),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            # Practice networks listen on this machine.
            "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1,localhost",
        }

    def close(self) -> None:
        """Stops the Valkey of this process."""
        if self._valkey is not None:
            self._valkey.stop()
            self._valkey = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _redis(self, number: int) -> str:
        if self.addresses.redis_url is not None:
            # One server for all processes: each has two numbers of its own, not sixteen.
            own = 2 * self._number + min(number, 1)
            if own >= VALKEY_DATABASES:
                raise RuntimeError(
                    f"REDIS_URL serves at most {VALKEY_DATABASES // 2} test processes. Use fewer, or "
                    "leave it out: then each process starts a Valkey of its own."
                )
            return urlsplit(self.addresses.redis_url)._replace(path=f"/{own}").geturl()
        if self._valkey is None:
            self._folder = _make_folder()
            self._valkey = LocalServers(self._folder / "home", postgres=False, durable=False)
            self._valkey.start()
        return urlsplit(self._valkey.redis_url)._replace(path=f"/{number}").geturl()


def _make_folder() -> Path:
    # Not pytest's tmp_path: root's servers run as a user who has to pass through.
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    folder.chmod(0o755)
    return folder


def _sweep() -> None:
    """Removes what killed runs left in the folder for temporary files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        home = folder / "home"
        with contextlib.suppress(OSError, ServerError):
            if not (home / "lock").exists() or is_locked(home):
                continue
            if sys.platform != "linux":
                # Elsewhere servers outlive a killed parent; starting takes them over.
                with LocalServers(
                    home,
                    postgres=(home / "postgres").exists(),
                    valkey=(home / "valkey").exists(),
                    durable=False,
                ):
                    pass
            shutil.rmtree(folder, ignore_errors=True)


def _run(work: Awaitable[_T]) -> _T:
    async def whole() -> _T:
        return await work

    return asyncio.run(whole())


def _in_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def _statement(url: str, sql: str) -> None:
    await _connected(url, lambda connection: connection.execute(sql))


async def _connected(
    url: str, work: Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[_T]]
) -> _T:
    connection = await asyncpg.connect(url)
    try:
        return await work(connection)
    finally:
        await connection.close()


async def _migrated(url: str) -> None:
    database = await Database.open(url, size=2, application="mpcas2 tests")
    try:
        await migrate(database)
    finally:
        await database.close()


async def _drop_all(addresses: Addresses) -> None:
    async def work(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        rows = await connection.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
            f"{DATABASE_PREFIX}_{addresses.run}_",
        )
        for row in rows:
            await connection.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')

    await _connected(addresses.database_url, work)


async def _flush(url: str) -> None:
    from redis.asyncio import Redis  # noqa: PLC0415  # runs without Valkey do not need it

    client: Redis = Redis.from_url(url)
    try:
        await client.flushdb()
    finally:
        await client.aclose()
