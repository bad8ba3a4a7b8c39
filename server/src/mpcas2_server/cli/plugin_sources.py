"""Where a plugin's wheel comes from: a file, a folder with its source, or an index."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_config_var
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mpcas2_server.cli.failures import CliError, ExitCode

if TYPE_CHECKING:
    from mpcas2_core.plugins.wheel import PluginWheel

__all__ = ("index_options", "pip", "read", "wheel_from")

_Command = TypeVar("_Command", bound=Callable[..., Any])
_TAIL = 1_500


def index_options(command: _Command) -> _Command:
    """Adds the options that say where wheels are looked for, as the argument ``index``."""

    def collect(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        given = context.params.setdefault("index", [])
        name = parameter.opts[0]
        if value is True:
            given.append(name)
        elif value:
            for one in value if isinstance(value, tuple) else (value,):
                given += [name, str(one)]
        return value

    options = (
        click.option("--index-url", expose_value=False, callback=collect, help="Another index."),
        click.option(
            "--find-links",
            metavar="FOLDER",
            multiple=True,
            expose_value=False,
            callback=collect,
            help="Folder (or page) that holds wheels.",
        ),
        click.option(
            "--no-index",
            is_flag=True,
            expose_value=False,
            callback=collect,
            help="Ask no index; only --find-links.",
        ),
    )
    for option in options:
        command = option(command)
    return command


def wheel_from(source: str, folder: Path, index: Sequence[str]) -> PluginWheel:
    """Gets the wheel that an operator means.

    Args:
        source: A wheel, a folder with a ``pyproject.toml``, or ``name[==version]``.
        folder: An empty folder for what is built or downloaded.
        index: pip's options for where to look.

    Raises:
        CliError: There is none, or it is no plugin's.
    """
    path = Path(source).expanduser()
    if path.suffix == ".whl" and path.is_file():
        return read(path)
    if (path / "pyproject.toml").is_file():
        pip("wheel", "--no-deps", "--wheel-dir", str(folder), *index, str(path))
    elif path.exists() or "/" in source or path.suffix == ".whl":
        raise CliError(
            f"{source} is neither a wheel nor a folder with a pyproject.toml.",
            hint="Give a .whl file, the folder of a plugin's source, or a name such as "
            "mpcas2-platform-bluesky==0.3.0.",
            exit_code=ExitCode.NOT_FOUND,
            code="NO_WHEEL",
        )
    else:
        # Only wheels: a source distribution would run its build before anything was checked.
        wanted = ("--only-binary", ":all:", "--dest", str(folder))
        pip("download", "--no-deps", *wanted, *index, "--", source)
    (built,) = folder.glob("*.whl")
    return read(built)


def read(path: Path) -> PluginWheel:
    """Reads a wheel.

    Raises:
        CliError: It is no plugin's, or none that can be used here.
    """
    from mpcas2_core.plugins.wheel import WheelError, read_wheel  # noqa: PLC0415 - heavy

    try:
        return read_wheel(path)
    except WheelError as error:
        raise CliError(str(error), code="WHEEL_UNUSABLE") from error


def pip(*arguments: str) -> None:
    """Runs pip for the interpreter that runs this command.

    Args:
        arguments: Its command and what belongs to it.

    Raises:
        CliError: It failed, with its own words as the hint; or there is no pip.
    """
    command = [*_pip(), arguments[0], "--disable-pip-version-check", "--no-input", "--quiet"]
    done = subprocess.run(  # noqa: S603 - no shell reads the arguments
        [*command, *arguments[1:]], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CliError(
            f"`pip {arguments[0]}` failed.",
            hint=(done.stderr or done.stdout).strip()[-_TAIL:],
            code="PIP_FAILED",
        )


def _pip() -> list[str]:
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    # An environment without pip: the interpreter's own copy works for it just as well.
    import ensurepip  # noqa: PLC0415 - only here

    # Where Linux distributions keep it, apart from the interpreter.
    apart = get_config_var("WHEEL_PKG_DIR")
    folders = [Path(ensurepip.__file__).with_name("_bundled"), *([Path(apart)] if apart else [])]
    bundled = [wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]
    if not bundled:
        raise CliError(
            "There is no pip for this environment.",
            hint=f"Install it, for example with `uv pip install --python {sys.executable} pip`.",
            code="PIP_ABSENT",
        )
    return [sys.executable, f"{bundled[-1]}/pip"]
