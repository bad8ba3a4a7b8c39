"""Wheels of the kit's example network in any version, and an environment of its own to install them in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mpcas2_testing.scaffold_site import write_site

__all__ = ("Environment", "Told", "make_wheel")

WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel(
    folder: Path,
    key: str,
    version: str,
    *,
    changes: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    needs: str = "",
) -> Path:
    """Builds a wheel of the example network without any build tool.

    Args:
        folder: Where the wheel is put.
        key: The plugin's key.
        version: The wheel's version.
        changes: By module of the package, texts that are in it and what stands there instead.
        needs: One more requirement.
    """
    with tempfile.TemporaryDirectory() as place:
        site = Path(place)
        names = write_site(site, key)
        for module, pairs in (changes or {}).items():
            path = site / names.package / module
            text = path.read_text()
            for old, new in pairs:
                assert old in text, f"{old!r} is not in {module}"
                text = text.replace(old, new)
            path.write_text(text)
        (former,) = site.glob("*.dist-info")
        info = former.rename(site / f"{names.package}-{version}.dist-info")
        lines = (info / "METADATA").read_text().splitlines()
        lines = [f"Version: {version}" if one.startswith("Version:") else one for one in lines]
        lines += [f"Requires-Dist: {needs}"] if needs else []
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "WHEEL").write_text(WHEEL)
        (info / "RECORD").touch()
        paths = sorted(path for path in site.rglob("*") if path.is_file())
        listed = [path.relative_to(site).as_posix() for path in paths]
        (info / "RECORD").write_text("".join(f"{one},,\n" for one in listed))
        folder.mkdir(parents=True, exist_ok=True)
        wheel = folder / f"{names.package}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, name in zip(paths, listed, strict=True):
                archive.write(path, name)
    return wheel


class Told:
    """How a command ended.

    Attributes:
        code: Its exit code.
        out: What it printed.
        err: What it printed on standard error.
    """

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def json(self) -> Any:
        """Decodes what it printed."""
        assert self.code == 0, self.err
        return msgspec.json.decode(self.out)

    def error(self) -> Any:
        """Decodes the error that it printed."""
        assert self.code != 0, self.out
        return msgspec.json.decode(self.err)["error"]


class Environment:
    """An environment in which everything of ours is there, and what is installed hurts nobody.

    Args:
        folder: Where it is made.
        settings: The product's settings there.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder / "env")
        self.python = folder / "env/bin/python"
        ours = sysconfig.get_path("purelib")
        (site,) = (folder / "env/lib").glob("python*/site-packages")
        (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        leaks = ("PYTHONPATH", "VIRTUAL_ENV", "DATABASE_URL", "REDIS_URL")
        self.environ = {
            key: value
            for key, value in os.environ.items()
            if key not in leaks and not key.startswith(("MPCAS2_", "PIP_", "PYTEST_", "COV_"))
        }
        self.environ |= {"MPCAS2_HOME": str(folder / "home"), **settings}

    def run(self, *arguments: str) -> Told:
        """Runs ``mpcas2`` there and gives how it ended."""
        return Told(
            subprocess.run(
                self.command(*arguments),
                env=self.environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        )

    def command(self, *arguments: str) -> list[str]:
        """Gives the words that run ``mpcas2`` there."""
        return [str(self.python), "-m", "mpcas2_server.cli", *arguments]

    def plugin(self, key: str) -> dict[str, Any] | None:
        """Gives what ``mpcas2 plugin list`` says of a plugin."""
        listed = self.run("plugin", "list", "--json").json()["data"]
        return next((one for one in listed if one["key"] == key), None)

    def remove(self) -> None:
        """Deletes it."""
        shutil.rmtree(self.folder, ignore_errors=True)
