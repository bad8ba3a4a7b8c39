"""Each rule catches an adapter that was broken on purpose, and catches nothing else about it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from mpcas2_testing.rules import RULES

CAUGHT_ELSEWHERE = {
    "practice.exists": "no adapter's fault; test_check.py checks a plugin that has no network",
}
"""Rules that no adapter and no package here breaks, and why."""

# In parts, for as many workers of pytest.
_PARTS = ("0/4", "1/4", "2/4", "3/4")


def run_part(part: str, strangers: dict[str, str], folder: Path) -> dict[str, set[str]]:
    """Runs a part of the broken adapters in one process and gives the failed rules by class."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    # Here and not in its own folder: the repository has a conftest that is not for it.
    (folder / "test_all.py").write_text("from broken.suite_of_the_broken import *\n")
    report = folder / "report.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line"]
    command += ["--mpcas2-report", str(report), "test_all.py"]
    environment = {**strangers, "BROKEN_PART": part}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert report.is_file(), done.stdout + done.stderr
    failed: dict[str, set[str]] = defaultdict(set)
    for one in json.loads(report.read_text())["results"]:
        failed[one["suite"]] |= {one["rule"]} if one["outcome"] == "failed" else set()
    return failed


@pytest.fixture(scope="module")
def breaks(strangers: dict[str, str]) -> dict[str, set[str]]:
    """Gives the rules that must catch each adapter, as its class says."""
    code = (
        "import json; from broken import adapters; "
        "print(json.dumps({one.__name__: sorted(one.breaks) for one in adapters.BROKEN}))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], env=strangers, capture_output=True, text=True, check=True
    )
    return {name: set(rules) for name, rules in json.loads(told.stdout).items()}


@pytest.mark.parametrize("part", _PARTS)
def test_exactly_the_right_rules_catch_each_broken_adapter(
    part: str, strangers: dict[str, str], breaks: dict[str, set[str]], tmp_path: Path
) -> None:
    caught = run_part(part, strangers, tmp_path)
    wanted = {f"Test{name}": rules for name, rules in breaks.items()}
    wanted["TestDepot"] = set()
    wrong = {
        name: {"missed": sorted(wanted[name] - rules), "too much": sorted(rules - wanted[name])}
        for name, rules in caught.items()
        if wanted[name] != rules
    }
    assert wrong == {}
    assert len(caught) >= len(breaks) // len(_PARTS)


def test_every_rule_alone_catches_an_adapter(breaks: dict[str, set[str]]) -> None:
    alone = {rule for rules in breaks.values() if len(rules) == 1 for rule in rules}
    packages = tomllib.loads((Path(__file__).parent / "broken" / "packages.toml").read_text())
    alone |= {one["rule"] for one in packages["packages"]}
    assert set(RULES) - alone == set(CAUGHT_ELSEWHERE)
