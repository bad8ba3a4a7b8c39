"""The sign-in that commands share: one file of mode 0600, renewed by one process at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mpcas2_server.cli.failures import CliError
from mpcas2_server.client import ApiError, Client, SignInNeeded, base_of

__all__ = ("Session", "SessionFile", "SignIn", "session_path")

# A token that ends sooner than this is renewed before it is used.
_MARGIN_SECONDS = 30
_ENDED = frozenset({400, 401, 403, 404})


class Session(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is signed in, where, and with which tokens.

    Attributes:
        server: Address of the server; the tokens are sent to no other.
        access_token: Goes with every request.
        refresh_token: Renews both.
        expires_at: End of the access token, in seconds since the epoch.
        email: Of the user.
        name: Of the user.
        tenant: Name of the tenant.
    """

    server: str
    access_token: str
    refresh_token: str
    expires_at: float
    email: str
    name: str
    tenant: str

    def __repr__(self) -> str:
        """Shows who and where, and no token."""
        return f"Session({self.email!r} at {self.server!r}, tokens hidden)"

    @classmethod
    def from_answer(
        cls, server: str, answer: Mapping[str, Any], *, now: float, tenant: str = ""
    ) -> Session:
        """Makes a session of what register, login or refresh answered.

        Args:
            server: Who answered.
            answer: The decoded body.
            now: Seconds since the epoch.
            tenant: Name of the tenant where the answer names none.
        """
        return cls(
            server=server,
            access_token=answer["accessToken"],
            refresh_token=answer["refreshToken"],
            expires_at=now + answer["expiresIn"],
            email=answer["user"]["email"],
            name=answer["user"]["name"],
            tenant=answer["tenant"]["name"] if "tenant" in answer else tenant,
        )


def session_path(environ: Mapping[str, str]) -> Path:
    """Says where the session is kept: under MPCAS2_HOME, else XDG_CONFIG_HOME, else ``~/.mpcas2``."""
    if environ.get("MPCAS2_HOME"):
        return Path(environ["MPCAS2_HOME"]).expanduser().absolute() / "session.json"
    if environ.get("XDG_CONFIG_HOME"):
        return Path(environ["XDG_CONFIG_HOME"]) / "mpcas2" / "session.json"
    return Path.home() / ".mpcas2" / "session.json"


class SessionFile:
    """The file that holds the session.

    Args:
        path: Where it is or shall be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Session | None:
        """Reads the session; None when nobody is signed in.

        Raises:
            CliError: The file is damaged.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Session)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise CliError(
                f"{self.path} is damaged.",
                hint="Sign in again with `mpcas2 login`.",
                code="SESSION_DAMAGED",
            ) from error

    def save(self, session: Session) -> None:
        """Replaces the file; a reader sees the old or the new one, and nobody else any."""
        self._make_folder()
        # A temporary file is made with mode 0600.
        with tempfile.NamedTemporaryFile(
            dir=self.path.parent, prefix=".session-", delete=False
        ) as draft:
            try:
                draft.write(msgspec.json.encode(session))
                draft.flush()
                os.fsync(draft.fileno())
                Path(draft.name).replace(self.path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise

    def remove(self) -> None:
        """Forgets the session."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from renewing or replacing the session meanwhile."""
        self._make_folder()
        descriptor = os.open(
            self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            # The system gives the lock back when its holder ends, however it ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self) -> None:
        # As `mpcas2 up` makes it: the servers of root run as a user who passes through.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        self.path.parent.mkdir(mode=mode, parents=True, exist_ok=True)


class SignIn:
    """Gives the client its token, and renews it when it ends.

    Two processes may need that at the same moment: the first renews under the lock, the second
    finds the new token in the file. Refresh tokens rotate, so this matters.

    Args:
        file: The session's file.
        server: The server that is asked; the tokens of another are not used.
        now: Seconds since the epoch.
    """

    def __init__(
        self, file: SessionFile, server: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._server = server
        self._now = now
        self._session: Session | None = None

    def access_token(self) -> str:
        """Gives a token that is good for the next seconds.

        Raises:
            SignInNeeded: Nobody is signed in at this server, or the sign-in has ended.
        """
        session = self._session or self._load()
        if session.expires_at - self._now() < _MARGIN_SECONDS:
            return self.renewed(session.access_token)
        self._session = session
        return session.access_token

    def renewed(self, refused: str) -> str:
        """Gives another token than the refused one, from the file or from the server.

        Raises:
            SignInNeeded: The sign-in has ended.
        """
        with self._file.locked():
            session = self._load()
            if session.access_token == refused:
                session = self._refresh(session)
                self._file.save(session)
        self._session = session
        return session.access_token

    def _load(self) -> Session:
        session = self._file.load()
        if session is None:
            raise SignInNeeded("Nobody is signed in. Run `mpcas2 login`, or `mpcas2 register`.")
        if base_of(session.server) != base_of(self._server):
            raise SignInNeeded(
                f"You are signed in at {session.server}, not at {self._server}. "
                f"Run `mpcas2 login --server {self._server}`."
            )
        return session

    def _refresh(self, session: Session) -> Session:
        try:
            with Client(session.server) as client:
                answer = client.post("/auth/refresh", {"refreshToken": session.refresh_token})
        except ApiError as error:
            if error.status not in _ENDED:
                raise
            raise SignInNeeded(
                f"Your sign-in at {session.server} has ended ({error.code}). "
                "Run `mpcas2 login` again."
            ) from error
        return Session.from_answer(session.server, answer, now=self._now(), tenant=session.tenant)
