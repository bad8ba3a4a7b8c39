"""The installation's own secrets: where they come from, and how a first start makes them."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ("MasterKeys", "SecretsError", "secret_for")

KEY_BYTES = 32
NONCE_BYTES = 12


class SecretsError(Exception):
    """A secret is missing, malformed or readable by others; the message says what to do."""


class MasterKeys:
    """The installation's master keys: the first seals, all of them open.

    The text form is one base64 key of 32 bytes per line. To rotate, put a new key before the old
    one, run ``mpcas2 tenant rotate-master``, then remove the old one.

    Args:
        text: The keys, the newest first.

    Raises:
        SecretsError: A line is not a base64 key of 32 bytes.
    """

    def __init__(self, text: str) -> None:
        self._keys: dict[str, AESGCM] = {}
        for line in text.split():
            try:
                key = base64.b64decode(line, validate=True)
            except ValueError:
                key = b""
            if len(key) != KEY_BYTES:
                raise SecretsError(
                    "The master key is not valid: each line must be 32 bytes in base64, as "
                    "`openssl rand -base64 32` prints them."
                )
            self._keys[hashlib.sha256(key).hexdigest()[:16]] = AESGCM(key)
        if not self._keys:
            raise SecretsError("The master key is empty.")

    def __repr__(self) -> str:
        """Shows the keys' fingerprints only."""
        return f"MasterKeys({', '.join(self._keys)})"

    @property
    def current(self) -> str:
        """Fingerprint of the key that seals."""
        return next(iter(self._keys))

    def seal(self, plain: bytes, context: str) -> tuple[str, bytes]:
        """Encrypts with the newest key.

        Args:
            plain: What to hide.
            context: What the value is for; opening it for anything else fails.

        Returns:
            Fingerprint of the key, and the sealed value.
        """
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self.current].encrypt(nonce, plain, context.encode())
        return self.current, nonce + sealed

    def open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        """Decrypts.

        Raises:
            SecretsError: The key is not among the installation's, or the value was changed.
        """
        key = self._keys.get(key_id)
        if key is None:
            raise SecretsError(
                f"This value was sealed with master key {key_id}, which is not configured. Restore "
                "that key (MPCAS2_MASTER_KEY, or secrets/master-key under MPCAS2_HOME)."
            )
        try:
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
        except InvalidTag as error:
            raise SecretsError("A sealed value is damaged or belongs elsewhere.") from error


def secret_for(home: Path, name: str, given: str | None) -> str:
    """Gives a secret of the installation, and makes it at the first start.

    Args:
        home: The installation's folder; made secrets lie in ``secrets/`` with mode 0600.
        name: File name of the secret.
        given: The value from the environment; nothing is read or written when it is there.

    Raises:
        SecretsError: The file cannot be read or written, or others can read it.
    """
    if given:
        return given
    path = home / "secrets" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create_once(path)
        if path.stat().st_mode & 0o077:
            raise SecretsError(f"{path} can be read by others. Run `chmod 600 {path}`.")
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SecretsError(f"{path} is not text. Restore it from a backup.") from error
    except OSError as error:
        raise SecretsError(
            f"The secret {path} cannot be read or made: {error.strerror}. "
            "Set MPCAS2_HOME to a folder that this user owns."
        ) from error
    if not text:
        raise SecretsError(
            f"{path} is empty. Restore it from a backup; only an installation without any data may "
            "remove it and let a new one be made."
        )
    return text


def _create_once(path: Path) -> None:
    # Written whole under another name and then linked: of two first starts at the same moment one
    # wins, and nobody ever reads half a secret.
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
