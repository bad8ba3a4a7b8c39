"""Dumps a database into a file and puts a dump in the place of a database, with PostgreSQL's programs."""

import os
import re
import secrets
import subprocess
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from mpcas2_core.servers.account import ServerError
from mpcas2_core.servers.binaries import postgres_bin
from mpcas2_core.servers.process import wait_until

_RESTORE_JOBS = "2"
# What a new database holds belongs to pg_catalog, information_schema and an empty schema public.
_HOLDS_ANYTHING = """
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_namespace
        WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public'
    )
"""

_OTHER_SESSIONS = """
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
        AND backend_type = 'client backend'
"""
_SESSION_SECONDS = 0.5
_STOP_OTHERS = (
    "Stop mpcas2 (up, serve, worker) and whatever else uses the database, and restore again."
)


class Database:
    """A database by its URL, reached through ``pg_dump``, ``pg_restore`` and ``psql``.

    The password travels in the environment of these programs, never in their arguments.
    """

    def __init__(self, url: str) -> None:
        """Takes the URL apart; no connection is made.

        Args:
            url: ``postgresql://user:password@host:port/database``, with libpq's options as query.

        Raises:
            ServerError: It is not such a URL, it names no database, or it holds a secret that these
                programs take only as an argument.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"postgresql", "postgres"} or parts.path in {"", "/"}:
            raise ServerError(
                "The database URL must look like postgresql://user:password@host:port/database. Check "
                "DATABASE_URL."
            )
        parts, password = _without_password(parts)
        user = parts.netloc.rpartition("@")[0].partition(":")[0]
        host = parts.netloc.rpartition("@")[2]
        self._parts = parts._replace(netloc=f"{user}@{host}" if user else host)
        self._password = password or unquote(parts.password or "")
        self.name = unquote(parts.path[1:])

    def __repr__(self) -> str:
        return f"Database({self._dsn(self.name)!r})"

    def server_version(self) -> str:
        """Gives the server's version, such as ``18.6``.

        Raises:
            ServerError: The server cannot be reached.
        """
        return self._psql("SHOW server_version", self.name).split()[0]

    def holds_anything(self) -> bool:
        """Tells whether the database has a schema or a table of anyone's.

        Raises:
            ServerError: The server cannot be reached.
        """
        return self._psql(_HOLDS_ANYTHING, self.name) == "t"

    def refuse_if_in_use(self) -> None:
        """Returns if nobody else is connected to the database.

        Raises:
            ServerError: Somebody is, or the server cannot be reached.
        """
        # A session of a moment ago may still be listed while its process ends.
        if not wait_until(lambda: self._psql(_OTHER_SESSIONS, self.name) == "0", _SESSION_SECONDS):
            raise ServerError(f"Database {self.name} is in use. {_STOP_OTHERS}")

    def dump(self, target: Path) -> None:
        """Writes the whole database, as of one moment, into a file in PostgreSQL's custom format.

        Raises:
            ServerError: The dump failed; the message quotes the reason.
        """
        # The archive compresses; twice would cost time and gain nothing.
        options = ["--format=custom", "--compress=none", "--no-owner", "--no-privileges"]
        self._run("pg_dump", self.name, *options, f"--file={target}")

    def load_beside(self, dump: Path) -> str:
        """Loads a dump into a new database on the same server; the present one is not touched.

        Returns:
            Name of the new database, for `put_in_place` or `drop`.

        Raises:
            ServerError: The user may not make databases, or the dump cannot be loaded.
        """
        beside = f"mpcas2_restore_{secrets.token_hex(4)}"
        self._psql(f"CREATE DATABASE {beside} TEMPLATE template0", "postgres")
        try:
            options = [
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                f"--jobs={_RESTORE_JOBS}",
            ]
            self._run("pg_restore", beside, *options, str(dump))
        except BaseException:
            self.drop(beside)
            raise
        return beside

    def change(self, beside: str, statement: str) -> None:
        """Runs SQL in a database that `load_beside` made, in one transaction.

        Raises:
            ServerError: A statement failed; nothing has changed.
        """
        self._psql(f"BEGIN; {statement}; COMMIT", beside)

    def put_in_place(self, beside: str) -> str:
        """Gives a loaded database this database's name, in one transaction.

        Returns:
            Name that the former database has now, for `drop`.

        Raises:
            ServerError: Other processes are connected to the database; nothing has changed.
        """
        former = f"mpcas2_former_{secrets.token_hex(4)}"
        name = '"' + self.name.replace('"', '""') + '"'
        self._psql(
            f"BEGIN; ALTER DATABASE {name} RENAME TO {former}; "
            f"ALTER DATABASE {beside} RENAME TO {name}; COMMIT",
            "postgres",
        )
        return former

    def drop(self, name: str) -> None:
        """Removes a database that `load_beside` or `put_in_place` named.

        Raises:
            ServerError: The server refused.
        """
        self._psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")

    def _dsn(self, database: str) -> str:
        # The path is only quoted for a name of ours or as it came: both are valid in a URL.
        path = self._parts.path if database == self.name else f"/{database}"
        return urlunsplit(self._parts._replace(path=path))

    def _psql(self, statement: str, database: str) -> str:
        # A here-document and not --command, which would put all statements into one transaction.
        options = ["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"]
        return self._run("psql", database, *options, stdin=statement + ";\n").strip()

    def _run(self, program: str, database: str, *options: str, stdin: str = "") -> str:
        environment = os.environ | {"LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"}
        if self._password:
            environment["PGPASSWORD"] = self._password
        # The program comes from the wheel; the URL is one argument and no shell sees it.
        result = subprocess.run(  # noqa: S603
            [
                postgres_bin() / program,
                "--no-password",
                f"--dbname={self._dsn(database)}",
                *options,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if result.returncode != 0:
            raise ServerError(f"{program} failed: {result.stderr.strip()}{_advice(result.stderr)}")
        return result.stdout


def _without_password(parts: SplitResult) -> tuple[SplitResult, str]:
    """Takes the password out of the query, where libpq lets it win over the one before the host.

    Raises:
        ServerError: The query holds ``sslpassword``, for which libpq reads no environment variable.
    """
    kept, password = [], ""
    for option in parts.query.split("&"):
        name, _, value = option.partition("=")
        if unquote(name) == "sslpassword":
            raise ServerError(
                "DATABASE_URL holds sslpassword, which everybody on this machine could read in the "
                "arguments of pg_dump. Use a client key without a password, readable by you alone."
            )
        if unquote(name) == "password":
            password = unquote(value)
        else:
            kept.append(option)
    return parts._replace(query="&".join(kept)), password


def _advice(message: str) -> str:
    """Adds what to do to the failures that people meet."""
    known = {
        r"being accessed by other users": _STOP_OTHERS,
        r"permission denied to create database": "Restoring needs a role that may create databases: "
        "ALTER ROLE ... CREATEDB.",
        r"server version mismatch|unsupported version": "The installed programs are older than the "
        "server or the dump: use a newer mpcas2.",
        r"No space left": "Make room on the disk and repeat.",
        r"Connection refused|could not translate|timeout expired": "Check that the server runs and "
        "that DATABASE_URL is right.",
        r"password authentication failed|no password supplied": "Check the password in DATABASE_URL.",
    }
    return "".join(
        f"\n{advice}" for pattern, advice in known.items() if re.search(pattern, message)
    )
