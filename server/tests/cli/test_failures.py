from __future__ import annotations

import json
import sys
import types
from typing import Any

import click
import pytest

import mpcas2_core.errors as engine
from mpcas2_core.database import DatabaseUnavailable, TenantBehind, TenantUnavailable
from mpcas2_core.servers import ServerError
from mpcas2_core.settings import SettingsError
from mpcas2_core.vault import SecretsError
from mpcas2_server.cli.failures import CliError, ExitCode, explain
from mpcas2_server.client import ApiError, ServerUnreachable, SignInNeeded


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (engine.InvalidInput("m"), ExitCode.FAILURE),
        (engine.Unauthenticated("m"), ExitCode.UNAUTHORISED),
        (engine.NotAllowed("m"), ExitCode.UNAUTHORISED),
        (engine.NotFound("m"), ExitCode.NOT_FOUND),
        (engine.Conflict("m"), ExitCode.CONFLICT),
        (engine.NetworkFault("m"), ExitCode.FAILURE),
        (ApiError("m", status=400, code="X"), ExitCode.FAILURE),
        (ApiError("m", status=401, code="X"), ExitCode.UNAUTHORISED),
        (ApiError("m", status=403, code="X"), ExitCode.UNAUTHORISED),
        (ApiError("m", status=404, code="X"), ExitCode.NOT_FOUND),
        (ApiError("m", status=409, code="X"), ExitCode.CONFLICT),
        (ApiError("m", status=500, code="X"), ExitCode.FAILURE),
        (ApiError("m", status=503, code="X"), ExitCode.UNREACHABLE),
        (ServerUnreachable("m"), ExitCode.UNREACHABLE),
        (SignInNeeded("m"), ExitCode.UNAUTHORISED),
        (SettingsError("m"), ExitCode.FAILURE),
        (ServerError("m"), ExitCode.FAILURE),
        (SecretsError("m"), ExitCode.FAILURE),
        (DatabaseUnavailable("m"), ExitCode.UNREACHABLE),
        (TenantBehind("m"), ExitCode.CONFLICT),
        (TenantUnavailable("m"), ExitCode.NOT_FOUND),
        (CliError("m", exit_code=ExitCode.NOT_PUBLISHED), ExitCode.NOT_PUBLISHED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_expected_error_has_its_exit_code_and_keeps_its_message(
    error: Exception, code: ExitCode
) -> None:
    told = explain(error)
    assert told is not None
    assert (told.message, told.exit_code) == ("m", code)


def test_an_unexpected_error_is_not_taken_for_an_expected_one() -> None:
    assert explain(KeyError("x")) is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["jobs", "nonsense"], 2),
        (["jobs", "show"], 2),
        (["jobs", "list", "--state", "lost"], 2),
        (["jobs", "list", "--most", "0"], 2),
        (["publish"], 2),
        (["publish", "--text", "x", "--tz", "UTC"], 2),
        (["publish", "--text", "x", "--alt", "y"], 2),
        (["publish", "--text", "x", "--option", "novalue"], 2),
        (["publish", "no-such-file.jpg"], 2),
        (["publish", "--text", "x", "--at", "2020-01-01T00:00:00Z"], 2),
        (["publish", "--text", "x", "--at", "2030-01-01 09:00", "--tz", "Mars/Base"], 2),
        (["up", "--port", "70000"], 2),
        (["account", "connect"], 2),
        (["account", "connect", "bluesky", "--field", "novalue"], 2),
        (["user", "create", "a@example.org", "--tenant", "t", "--role", "king"], 2),
        (["tenant", "create", "x", "--email", "a@example.org"], 2),
        (["login"], 2),
        (["login", "--email", "a@example.org"], 2),
        (["login", "--server", "ftp://x", "--email", "a@b.c", "--password-stdin"], 2),
        (["jobs", "list"], 3),
        (["whoami"], 3),
        (["content", "show", "x"], 3),
        (["sandbox", "nowhere"], 4),
    ],
    ids=str,
)
def test_bad_use_gets_its_code_and_a_message_in_both_forms(
    arguments: list[str], code: int, cli: Any
) -> None:
    given = "Correct-horse-7\n" if "--password-stdin" in arguments else ""
    plain = cli(*arguments, stdin=given)
    assert plain.code == code
    assert "Error: " in plain.err
    assert "Traceback" not in plain.err
    assert plain.out == ""
    as_json = cli(*arguments, "--json", stdin=given)
    if "No such option" not in as_json.err:
        assert as_json.code == code
        assert as_json.error()["exitCode"] == code
        assert as_json.error()["message"]
    assert as_json.out == ""


def test_a_broken_command_says_so_and_leaves_the_others(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mpcas2_server.cli.jobs", None)
    broken = cli("jobs", "list")
    assert broken.code == 1
    assert "cannot be loaded" in broken.err
    assert "others are not affected" in broken.err.replace("other commands", "others")
    assert cli("--help").code == 0
    assert cli("content", "--help").code == 0


def _with_command(monkeypatch: pytest.MonkeyPatch, body: Any) -> None:
    module = types.ModuleType("mpcas2_server.cli.jobs")
    module.jobs = click.Command("jobs", callback=body)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mpcas2_server.cli.jobs", module)


def _fail() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    raise RuntimeError(f"broken with {token}")


def test_a_traceback_is_shown_with_debug_only_and_without_secrets(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_command(monkeypatch, _fail)
    plain = cli("jobs")
    assert plain.code == 1
    assert "Traceback" not in plain.err
    assert "mpcas2 --debug" in plain.err
    debug = cli("--debug", "jobs")
    assert debug.code == 1
    assert "Traceback" in debug.err
    assert "RuntimeError" in debug.err
    assert "eyJ" not in debug.err.split("Error: ")[0]


def test_ctrl_c_ends_with_130(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    _with_command(monkeypatch, interrupted)
    result = cli("jobs")
    assert result.code == 130
    assert "Traceback" not in result.err


def test_control_characters_of_a_message_do_not_reach_the_terminal(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hostile() -> None:
        raise CliError("red \x1b[31m and \u202eturned")

    _with_command(monkeypatch, hostile)
    result = cli("jobs")
    assert "\x1b[31m and" not in result.err
    assert "\u202e" not in result.err


def test_a_file_error_names_the_file(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_command(monkeypatch, lambda: open("/no/such/file"))  # noqa: PTH123, SIM115 - made to fail
    result = cli("jobs")
    assert result.code == 1
    assert "/no/such/file" in result.err


def test_json_errors_are_valid_json(cli: Any) -> None:
    result = cli("jobs", "list", "--json")
    assert json.loads(result.err)["error"]["code"] == "SIGN_IN_NEEDED"
