"""Passwords: the rules for new ones, and slow hashes made outside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mpcas2_core.errors import InvalidInput, TooMany

__all__ = ("Passwords", "check_email", "check_password")

MIN_LENGTH = 8
# Beyond this nobody types; it bounds the work of one request.
MAX_LENGTH = 256
MAX_EMAIL_LENGTH = 254
# OWASP's floor for Argon2id: 19 MiB, two passes, one lane. Several sign-ins at once stay affordable
# on a small machine.
MEMORY_KIB = 19 * 1024
PASSES = 2
PARALLEL = 2
# How many sign-ins may wait for their turn: about a second's work.
MOST_WAITING = 32
RETRY_SECONDS = 2

_KINDS = (
    ("a lower-case letter", str.islower),
    ("an upper-case letter", str.isupper),
    ("a digit", str.isdigit),
    ("a character that is neither letter nor digit", lambda each: not each.isalnum()),
)
_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f]+@(localhost|[^@\s\x00-\x1f\x7f.]+(\.[^@\s\x00-\x1f\x7f.]+)+)"
)


def check_password(password: str) -> None:
    """Refuses a new password that is too easy, and says all that is missing at once.

    Raises:
        InvalidInput: With code ``WEAK_PASSWORD``.
    """
    missing = [what for what, kind in _KINDS if not any(kind(each) for each in password)]
    if len(password) < MIN_LENGTH:
        missing.insert(0, f"{MIN_LENGTH} characters")
    if missing:
        raise InvalidInput(
            f"The password needs at least {', '.join(missing)}.",
            code="WEAK_PASSWORD",
            details={"field": "password"},
        )
    if len(password) > MAX_LENGTH:
        raise InvalidInput(
            f"The password may have {MAX_LENGTH} characters at most.",
            code="WEAK_PASSWORD",
            details={"field": "password"},
        )


def check_email(email: str) -> str:
    """Gives the address without space around it.

    Raises:
        InvalidInput: It has not the form of a mail address.
    """
    email = email.strip()
    if len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise InvalidInput(
            "This is not a mail address. Give one like name@example.org.",
            details={"field": "email"},
        )
    return email


class Passwords:
    """Hashes and verifies with Argon2id, in threads, a few at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._gate = asyncio.Semaphore(PARALLEL)
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Gives what may be stored of a password.

        Raises:
            TooMany: Too many sign-ins wait already.
        """
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tells whether the password is right.

        Args:
            stored: What :meth:`hash` gave; None when there is no such login. That takes the same
                work, so that the time of an answer does not tell who has an account.
            password: What was typed.

        Raises:
            TooMany: Too many sign-ins wait already.
        """
        async with self._turn():
            return await asyncio.to_thread(self._verify, stored, password)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise TooMany(
                f"Too many people sign in at this moment. Try again in {RETRY_SECONDS} seconds.",
                details={"retryAfter": RETRY_SECONDS},
            )
        self._waiting += 1
        try:
            await self._gate.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._gate.release()

    def _verify(self, stored: str | None, password: str) -> bool:
        if len(password) > MAX_LENGTH:
            password = ""
        if stored is None and self._decoy is None:
            self._decoy = self._hasher.hash("decoy")
        try:
            self._hasher.verify(stored or self._decoy or "", password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None
