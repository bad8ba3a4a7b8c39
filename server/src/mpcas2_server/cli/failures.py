"""How commands fail: one error for people and programs, one exit code for each kind of failure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

__all__ = ("CliError", "ExitCode", "explain")


class ExitCode(IntEnum):
    """What the exit code of every command means."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    UNAUTHORISED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    UNREACHABLE = 6
    NOT_PUBLISHED = 7
    INTERRUPTED = 130


class CliError(Exception):
    """A failure that was expected: shown as a message, never as a traceback.

    Args:
        message: What happened.
        hint: What to do next.
        exit_code: Exit code of the command.
        code: The failure for a program, in ``UPPER_SNAKE_CASE``.
        details: More for a program.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        exit_code: ExitCode = ExitCode.FAILURE,
        code: str = "FAILED",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
        self.code = code
        self.details = dict(details) if details else None


_BY_STATUS = {
    401: ExitCode.UNAUTHORISED,
    403: ExitCode.UNAUTHORISED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    # The server is there, what it needs is not: for a script the same as no server.
    503: ExitCode.UNREACHABLE,
}

# Errors of other packages whose message says what happened and what to do. By name, so that telling
# of a failure imports nothing.
_EXPECTED = {
    "mpcas2_core.database.migrate.MigrationError": ("MIGRATION_FAILED", ExitCode.FAILURE),
    "mpcas2_core.database.pool.DatabaseUnavailable": (
        "DATABASE_UNAVAILABLE",
        ExitCode.UNREACHABLE,
    ),
    "mpcas2_core.database.scope.TenantBehind": ("TENANT_BEHIND", ExitCode.CONFLICT),
    "mpcas2_core.database.scope.TenantUnavailable": ("TENANT_UNAVAILABLE", ExitCode.NOT_FOUND),
    "mpcas2_core.servers.account.ServerError": ("SERVERS_FAILED", ExitCode.FAILURE),
    "mpcas2_core.settings.SettingsError": ("SETTINGS_INVALID", ExitCode.FAILURE),
    "mpcas2_core.vault.keys.SecretsError": ("SECRETS_UNUSABLE", ExitCode.FAILURE),
    "mpcas2_server.client.ServerUnreachable": ("SERVER_UNREACHABLE", ExitCode.UNREACHABLE),
    "mpcas2_server.client.SignInNeeded": ("SIGN_IN_NEEDED", ExitCode.UNAUTHORISED),
}


def explain(error: BaseException) -> CliError | None:
    """Turns a known error into what the command says; None for one that nobody expected."""
    if isinstance(error, CliError):
        return error
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    for name in names & _EXPECTED.keys():
        code, exit_code = _EXPECTED[name]
        return CliError(str(error), code=code, exit_code=exit_code)
    if names & {"mpcas2_core.errors.EngineError", "mpcas2_server.client.ApiError"}:
        return _from_status(error)
    return None


def _from_status(error: Any) -> CliError:
    return CliError(
        error.message,
        exit_code=_BY_STATUS.get(error.status, ExitCode.FAILURE),
        code=error.code,
        details=error.details,
    )
