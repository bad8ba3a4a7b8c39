"""Every setting of the engine, read once from the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from mpcas2_core.masking import mask_url

__all__ = ("Settings", "SettingsError", "read_value", "read_variable")

PREFIX = "MPCAS2_"

# Names that the seed architecture gives without our prefix.
PLAIN_NAMES = {
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "jwt_secret": "JWT_SECRET",
    "jwt_refresh_secret": "JWT_REFRESH_SECRET",
    "s3_access_key_id": "AWS_ACCESS_KEY_ID",
    "s3_bucket": "AWS_S3_BUCKET",
    "s3_region": "AWS_REGION",
    "s3_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "s3_session_token": "AWS_SESSION_TOKEN",
}

SECRETS = frozenset(
    {
        "jwt_secret",
        "jwt_refresh_secret",
        "master_key",
        "s3_secret_access_key",
        "s3_session_token",
    }
)
# What is not set of these is not made by us either.
NOT_MADE = "s3_"
URLS_WITH_PASSWORD = frozenset({"database_url", "redis_url", "s3_endpoint_url"})

AT_LEAST_ONE = (
    "concurrency",
    "pool_size",
    "max_failures",
    "max_upload_bytes",
    "port",
    "access_token_seconds",
    "refresh_token_seconds",
)
ABOVE_ZERO = (
    "lease_seconds",
    "poll_seconds",
    "reoffer_seconds",
    "backoff_seconds",
    "backoff_max_seconds",
)
NOT_NEGATIVE = ("refresh_grace_seconds", "drain_seconds", "tenant_storage_bytes")
LAST_PORT = 65_535


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and what it should hold."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of the engine.

    Each attribute is read from ``MPCAS2_<NAME>``, a few also from the names in ``PLAIN_NAMES``. A
    value may be put into a file instead: ``MPCAS2_<NAME>_FILE`` names it.

    Attributes:
        home: Folder for everything that the installation keeps on this machine.
        database_url: PostgreSQL to use; None starts one under ``home``.
        redis_url: Valkey or Redis to use; None starts one under ``home``.
        jwt_secret: Signs access tokens; None makes one under ``home``.
        jwt_refresh_secret: Derives refresh tokens; None makes one under ``home``.
        master_key: Seals the tenants' keys; None makes one under ``home``.
        host: Address that the API listens on.
        port: Port that the API listens on.
        public_url: Address under which people reach the installation; this machine's own, with the
            port, where it is not set.
        allow_private_hosts: ``host`` or ``host:port`` entries, separated by commas, inside private
            networks that adapters may reach, for example a practice network or your own PDS.
        disabled_plugins: Keys of plugins that are not loaded, separated by commas.
        registration: Whether strangers may sign up.
        access_token_seconds: How long an access token lasts.
        refresh_token_seconds: How long a refresh token lasts.
        refresh_grace_seconds: How long the predecessor of a refresh token still yields the same
            successor.
        max_upload_bytes: Greatest size of an uploaded file.
        tenant_storage_bytes: What the files of one tenant may take together, where the tenant has
            no limit of its own; 0 for no limit.
        media_store: Where media files lie: ``local`` for a folder under ``home``, or ``s3``.
        s3_bucket: Bucket for media; it must exist.
        s3_endpoint_url: Address of a store that is not Amazon's; it is asked for
            ``<address>/<bucket>/<key>``.
        s3_region: Region of the bucket.
        s3_prefix: What the names of our objects begin with, for a bucket that others use too.
        s3_access_key_id: Who asks for media; None to use what AWS tools use, for example the role
            of the machine.
        s3_secret_access_key: The secret that belongs to it.
        s3_session_token: For credentials that pass.
        pool_size: Greatest number of database connections of one process.
        concurrency: How many jobs of one network a worker process works on at a time.
        lease_seconds: How long a job belongs to a worker without a sign of life.
        send_seconds: How long the irreversible request may last; less than ``lease_seconds``.
        poll_seconds: Longest pause of the dispatcher.
        reoffer_seconds: When an offer that nobody took is made again.
        backoff_seconds: First pause after a passing fault; it doubles each time.
        backoff_max_seconds: Longest pause after a passing fault.
        max_failures: Passing faults in a row after which a job fails.
        drain_seconds: How long a stopping worker waits for its running jobs.
        log_format: ``json``, ``pretty``, or ``auto`` for pretty on a terminal.
        log_level: Least level that is logged.
    """

    home: Path
    database_url: str | None = None
    redis_url: str | None = None
    jwt_secret: str | None = None
    jwt_refresh_secret: str | None = None
    master_key: str | None = None
    host: str = "127.0.0.1"
    port: int = 3001
    public_url: str = "http://127.0.0.1:3001"
    allow_private_hosts: str = ""
    disabled_plugins: str = ""
    registration: Literal["open", "closed"] = "open"
    access_token_seconds: int = 15 * 60
    refresh_token_seconds: int = 30 * 24 * 3600
    refresh_grace_seconds: int = 30
    max_upload_bytes: int = 16 * 1024**3
    tenant_storage_bytes: int = 0
    media_store: Literal["local", "s3"] = "local"
    s3_bucket: str | None = None
    s3_endpoint_url: str | None = None
    s3_region: str | None = None
    s3_prefix: str = ""
    s3_access_key_id: str | None = None
    s3_secret_access_key: str | None = None
    s3_session_token: str | None = None
    pool_size: int = 10
    concurrency: int = 16
    lease_seconds: float = 30.0
    send_seconds: float = 20.0
    poll_seconds: float = 1.0
    reoffer_seconds: float = 10.0
    backoff_seconds: float = 5.0
    backoff_max_seconds: float = 900.0
    max_failures: int = 8
    drain_seconds: float = 25.0
    log_format: Literal["auto", "json", "pretty"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Reads the settings.

        Args:
            environ: Where to read; the process's environment by default.

        Raises:
            SettingsError: A value does not fit, or a named file cannot be read.
        """
        environ = os.environ if environ is None else environ
        known = {field.name for field in msgspec.structs.fields(cls)}
        values: dict[str, Any] = {"home": str(Path.home() / ".mpcas2")}
        for name in sorted(known):
            value = read_value(environ, name)
            if value is not None:
                values[name] = value
        values["home"] = str(Path(values["home"]).expanduser().absolute())
        if "port" in values:
            values.setdefault("public_url", f"http://127.0.0.1:{values['port']}")
        try:
            settings = msgspec.convert(values, cls, strict=False, dec_hook=_as_path)
        except msgspec.ValidationError as error:
            raise SettingsError(_explain(str(error))) from error
        settings.check()
        return settings

    def check(self) -> None:
        """Refuses combinations that cannot work.

        Raises:
            SettingsError: Which setting is wrong, and what it should be.
        """
        if not 0 < self.send_seconds < self.lease_seconds:
            raise SettingsError(
                f"MPCAS2_SEND_SECONDS ({self.send_seconds:g}) must be above 0 and below "
                f"MPCAS2_LEASE_SECONDS ({self.lease_seconds:g}): a send has to end within the lease."
            )
        for name in AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise SettingsError(f"{PREFIX}{name.upper()} must be 1 or more.")
        for name in ABOVE_ZERO:
            # Written this way round, "nan" fails as well.
            if not 0 < getattr(self, name) < math.inf:
                raise SettingsError(f"{PREFIX}{name.upper()} must be above 0.")
        for name in NOT_NEGATIVE:
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingsError(f"{PREFIX}{name.upper()} must be 0 or more.")
        if self.port > LAST_PORT:
            raise SettingsError(f"{PREFIX}PORT must be between 1 and {LAST_PORT}.")
        self._check_media_store()

    def _check_media_store(self) -> None:
        if self.media_store != "s3":
            return
        if self.s3_bucket is None:
            raise SettingsError(
                f"{PREFIX}S3_BUCKET (or AWS_S3_BUCKET) must name the bucket for media, because "
                f"{PREFIX}MEDIA_STORE is s3."
            )
        if self.s3_endpoint_url and not self.s3_endpoint_url.startswith(("http://", "https://")):
            raise SettingsError(
                f"{PREFIX}S3_ENDPOINT_URL must begin with https:// or http://, for example "
                "https://s3.example.org."
            )
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise SettingsError(
                f"{PREFIX}S3_ACCESS_KEY_ID and {PREFIX}S3_SECRET_ACCESS_KEY (or AWS_ACCESS_KEY_ID "
                "and AWS_SECRET_ACCESS_KEY) belong together: set both or none."
            )

    def __repr__(self) -> str:
        """Shows every setting, secrets hidden."""
        return f"Settings({', '.join(f'{name}={text}' for name, text in self.masked().items())})"

    def masked(self) -> dict[str, str]:
        """Gives every setting as text, secrets and passwords hidden, for ``mpcas2 doctor``."""
        shown: dict[str, str] = {}
        for field in msgspec.structs.fields(type(self)):
            value = getattr(self, field.name)
            if value is None:
                made = not field.name.startswith(NOT_MADE)
                shown[field.name] = "(made under home)" if made else "(not set)"
            elif field.name in SECRETS:
                shown[field.name] = "(set, hidden)"
            elif field.name in URLS_WITH_PASSWORD:
                shown[field.name] = mask_url(value)
            else:
                shown[field.name] = str(value)
        return shown


def _as_path(kind: type, value: Any) -> Any:
    return kind(value) if kind is Path else value


def read_value(environ: Mapping[str, str], name: str) -> str | None:
    """Reads ``MPCAS2_<NAME>``, or the file that ``MPCAS2_<NAME>_FILE`` names.

    Args:
        environ: Where to read.
        name: Name of the setting, in lower case.

    Raises:
        SettingsError: The named file cannot be read, or is empty.
    """
    return read_variable(environ, PREFIX + name.upper(), PLAIN_NAMES.get(name, ""))


def read_variable(environ: Mapping[str, str], *variables: str) -> str | None:
    """Reads the first of some variables that is set, itself or as ``<VARIABLE>_FILE``.

    Raises:
        SettingsError: A named file cannot be read, or is empty.
    """
    for variable in variables:
        if not variable:
            continue
        if variable in environ and environ[variable] != "":
            return environ[variable]
        path = environ.get(variable + "_FILE")
        if path:
            try:
                text = Path(path).read_text(encoding="utf-8").strip()
            except UnicodeDecodeError as error:
                raise SettingsError(f"{variable}_FILE names {path}, which is not text.") from error
            except OSError as error:
                raise SettingsError(
                    f"{variable}_FILE names {path}, which cannot be read: {error.strerror}."
                ) from error
            if not text:
                raise SettingsError(f"{variable}_FILE names {path}, which is empty.")
            return text
    return None


def _explain(message: str) -> str:
    # msgspec ends its messages with "- at `$.name`".
    text, _, place = message.partition(" - at `$.")
    name = place.rstrip("`")
    return f"{PREFIX}{name.upper()} is not valid: {text}." if name else message
