"""Each rule catches an adapter that was broken on purpose, and catches nothing else about it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict

import pytest


@pytest.fixture(scope="module")
def caught(
    strangers: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """Runs all broken adapters in one process and gives the failed rules by class."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "pytest.ini").write_text("[pytest]\n")
    # Here and not in its own folder: the repository has a conftest that is not for it.
    (folder / "test_all.py").write_text("from broken.suite_of_the_broken import *\n")
    report = folder / "report.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line"]
    command += ["--mpcas2-report", str(report), "test_all.py"]
    done = subprocess.run(
        command, cwd=folder, env=strangers, capture_output=True, text=True, check=False, timeout=170
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


def test_exactly_the_right_rules_catch_each_broken_adapter(
    caught: dict[str, set[str]], breaks: dict[str, set[str]]
) -> None:
    assert len(breaks) >= 30
    wrong = {
        name: {"missed": sorted(rules - caught[f"Test{name}"]), "too much": sorted(extra)}
        for name, rules in breaks.items()
        if caught[f"Test{name}"] != rules
        for extra in (caught[f"Test{name}"] - rules,)
    }
    assert wrong == {}
