"""Two versions of the product beside the one under test: the release before it, and one that comes after.

The release before is taken out of the history of the repository, so that its workers are the real ones and
not what today's code takes for them. The one after is today's code with one more migration.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

__all__ = ("PREVIOUS", "Process", "Release", "next_release", "previous_release")

ROOT = Path(__file__).parents[2]
# The last commit of 0.1.0.
PREVIOUS = "9ffd41e747c7e54a63e11ab12965a29117521821"
PREVIOUS_ROOMS = ("hookspecs", "core", "server", "plugins/platforms/bluesky")
COMMAND_SECONDS = 120.0
SERVICE_UNAVAILABLE = 503

# Additive, as the rules for migrations ask for: what the release before writes and reads goes on as it was.
NEXT_PUBLIC = """
ALTER TABLE tenants ADD COLUMN next_note text NOT NULL DEFAULT '';
ALTER TABLE due_jobs ADD COLUMN next_weight integer NOT NULL DEFAULT 0;
"""
NEXT_TENANT = """
ALTER TABLE content ADD COLUMN next_mood text;
ALTER TABLE grants ADD COLUMN next_scope text NOT NULL DEFAULT '';
ALTER TABLE social_accounts ADD COLUMN next_rank integer NOT NULL DEFAULT 0;
ALTER TABLE publish_jobs ADD COLUMN next_colour text NOT NULL DEFAULT 'grey';
ALTER TABLE publish_parts ADD COLUMN next_size bigint NOT NULL DEFAULT 0;
ALTER TABLE publish_attempts ADD COLUMN next_region text;
CREATE TABLE next_things (id uuid PRIMARY KEY, job_id uuid REFERENCES publish_jobs ON DELETE CASCADE);
"""
NEXT_NAME = "9000_next.sql"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version of the product, which runs with the dependencies of this environment."""

    path: tuple[Path, ...]
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs ``mpcas2`` to its end."""
        return subprocess.run(
            self._words(arguments),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    @contextmanager
    def process(self, log: Path, *arguments: str) -> Iterator[Process]:
        """Runs ``mpcas2`` for the length of a block and kills what is left of it."""
        with log.open("ab") as output:
            child = subprocess.Popen(
                self._words(arguments),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            yield Process(child=child, log=log)
        finally:
            child.kill()
            child.wait()

    def _words(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "mpcas2_server.cli", *arguments]

    def _environment(self) -> dict[str, str]:
        return {**self.environment, "PYTHONPATH": os.pathsep.join(map(str, self.path))}


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process of a release."""

    child: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> int:
        """Asks it to end (SIGTERM), as a service manager does, and gives its exit code."""
        self.child.terminate()
        return self.child.wait(COMMAND_SECONDS)

    def kill(self) -> None:
        """Kills it without warning (SIGKILL)."""
        self.child.kill()
        self.child.wait()

    def said(self) -> str:
        """Gives what it has written, as long as it runs.

        Raises:
            AssertionError: It has ended; the message carries what it wrote.
        """
        text = self.log.read_text(errors="replace")
        assert self.child.poll() is None, text
        return text

    def complaints(self) -> list[dict[str, Any]]:
        """Gives what it logged as a warning or worse.

        Plugins that do not fit it and refusals of tenants that are behind it do not count: they are meant.
        """
        lines = self.log.read_text(errors="replace").splitlines()
        said = [
            msgspec.json.decode(line, type=dict[str, Any])
            if line.startswith("{")
            else {"level": "error" if "Error" in line else "info", "event": line}
            for line in lines
        ]
        return [
            one
            for one in said
            if one["level"] in {"warning", "error", "critical"}
            and not one["event"].startswith("plugin.")
            and one.get("status") != SERVICE_UNAVAILABLE
        ]


def previous_release(folder: Path, environment: Mapping[str, str]) -> Release | None:
    """Lays out the release before this one; None where the history does not reach back to it.

    Args:
        folder: Gets its files.
        environment: Of its processes.
    """
    sources = [f"{room}/{part}" for room in PREVIOUS_ROOMS for part in ("src", "pyproject.toml")]
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", PREVIOUS, *sources],
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        # What git has written needs no filter, which Python before 3.11.4 does not know.
        if hasattr(tarfile, "data_filter"):
            files.extraction_filter = tarfile.data_filter
        files.extractall(folder)
    site = folder / "site"
    for room in PREVIOUS_ROOMS:
        _write_metadata(tomllib.loads((folder / room / "pyproject.toml").read_text()), site)
    return Release(
        path=(site, *(folder / room / "src" for room in PREVIOUS_ROOMS)), environment=environment
    )


def next_release(folder: Path, environment: Mapping[str, str]) -> Release:
    """Lays out this version with one more migration of each kind.

    Args:
        folder: Gets its files.
        environment: Of its processes.
    """
    source = folder / "core"
    shutil.copytree(ROOT / "core/src", source, ignore=shutil.ignore_patterns("__pycache__"))
    migrations = source / "mpcas2_core/database/migrations"
    (migrations / "public" / NEXT_NAME).write_text(NEXT_PUBLIC)
    (migrations / "tenant" / NEXT_NAME).write_text(NEXT_TENANT)
    return Release(path=(source,), environment=environment)


def _write_metadata(project: Mapping[str, Any], site: Path) -> None:
    """Writes what an installer would, so that the plugin is judged as one of its own release."""
    about = project["project"]
    info = site / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    info.mkdir(parents=True)
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {about['name']}",
        f"Version: {about['version']}",
        *(f"Requires-Dist: {text}" for text in about["dependencies"]),
    ]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    points = about.get("entry-points", {})
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
            for group, entries in points.items()
            if group == "mpcas2"
        )
    )
    (info / "RECORD").write_text("")
