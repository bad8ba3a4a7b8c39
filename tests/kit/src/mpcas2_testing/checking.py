"""Checks an installed plugin: its source, its package, and its behaviour in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import msgspec

from mpcas2_sandbox import load_network, practice_of
from mpcas2_testing.findings import Check, Finding, level_of
from mpcas2_testing.installed import find_plugin
from mpcas2_testing.package_rules import package_findings
from mpcas2_testing.rules import RULES
from mpcas2_testing.static_rules import static_findings

__all__ = ("CheckFailedError", "check_plugin")

_SUITE = """from mpcas2_testing.suite import {suite}


class TestPlugin({suite}):
    practice = {practice!r}
    plugin = {plugin!r}
"""
_SECONDS = 600
_LONGEST = 600


class CheckFailedError(Exception):
    """The check itself could not be done; the message says why."""


class _Result(msgspec.Struct, frozen=True):
    rule: str
    outcome: str
    happened: str


class _Report(msgspec.Struct, frozen=True):
    results: tuple[_Result, ...]
    capabilities: dict[str, dict[str, str]]


def check_plugin(name: str, *, practice: str = "") -> Check:
    """Checks an installed plugin.

    Args:
        name: Its key, or the name of its distribution.
        practice: Key of the practice network, where it is another one than the plugin's.

    Raises:
        LookupError: No such plugin is installed.
        CheckFailedError: The suite could not be run.
    """
    point = find_plugin(name)
    package = point.module.partition(".")[0]
    folder = _folder(package)
    findings = static_findings(folder) + package_findings(package, folder, point.dist)
    missing = _missing_practice(practice or point.name)
    if missing:
        findings.append(Finding.of("practice.exists", missing))
    suite = "DeclarationSuite" if missing else "PlatformSuite"
    report = _run_suite(point, suite, practice or point.name)
    failed: dict[str, str] = {}
    for one in report.results:
        if one.outcome == "failed":
            failed.setdefault(one.rule, one.happened)
    findings += [Finding.of(rule, _first_words(said)) for rule, said in failed.items()]
    broken = {one.rule for one in findings}
    order = {id_: place for place, id_ in enumerate(RULES)}
    findings.sort(key=lambda one: (order[one.rule], one.where))
    passed = {one.rule for one in report.results if one.outcome == "passed"}
    owner = point.dist
    return Check(
        plugin=point.name,
        distribution="" if owner is None else f"{owner.name} {owner.version}",
        level=level_of(broken),
        findings=tuple(findings),
        kept=len(passed - broken),
        capabilities=next(iter(report.capabilities.values()), {}),
    )


def _folder(package: str) -> Path:
    spec = find_spec(package)
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    if not places:
        raise CheckFailedError(
            f"{package} is no package; put the plugin into a folder of that name."
        )
    return Path(places[0])


def _missing_practice(key: str) -> str:
    """Says why no suite can be run; empty when one can."""
    if not any(one.name == key for one in entry_points(group="mpcas2.sandboxes")):
        return f"There is no practice network {key!r}, so nothing that the adapter does was seen."
    try:
        practice = practice_of(load_network(key))
    except Exception as error:  # noqa: BLE001 - a stranger's package may raise anything
        return f"The practice network {key!r} cannot be loaded: {error!r}."
    return "" if practice is not None else f"The practice network {key!r} has no `practice`."


def _run_suite(point: EntryPoint, name: str, practice: str) -> _Report:
    with tempfile.TemporaryDirectory(prefix="mpcas2-check-") as place:
        folder = Path(place)
        suite = _SUITE.format(suite=name, practice=practice, plugin=point.name)
        (folder / "test_plugin.py").write_text(suite)
        (folder / "pytest.ini").write_text("[pytest]\n")
        report = folder / "report.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["--mpcas2-report", str(report), "test_plugin.py"]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise CheckFailedError(f"The suite did not end within {_SECONDS} s.") from error
        if not report.is_file():
            raise CheckFailedError(f"The suite did not run:\n{done.stdout}{done.stderr}")
        return msgspec.json.decode(report.read_bytes(), type=_Report)


def _first_words(said: str) -> str:
    """Gives what an assertion says, without what pytest compared below it."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    first = lines[0] if lines else "The test failed."
    return first.removeprefix("AssertionError: ").removeprefix("Failed: ")[:_LONGEST]
