"""The check of an installed plugin: findings, levels and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest


def check(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mpcas2_testing", "check", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )


@pytest.fixture(scope="module")
def naive(strangers: dict[str, str]) -> dict[str, Any]:
    done = check(strangers, "naive", "--practice", "postbox", "--json")
    assert done.returncode == 1, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_naive_publisher_gets_its_source_explained_line_by_line(naive: dict[str, Any]) -> None:
    seen = {one["rule"]: one for one in naive["findings"] if one["rule"].startswith("static.")}
    assert set(seen) == {
        "static.own_client",
        "static.environment",
        "static.sleep",
        "static.clock",
        "static.print",
        "static.broad_except",
        "static.module_state",
        "static.redirects",
    }
    for one in seen.values():
        assert one["where"].startswith("naive_publisher/adapter.py:")
        assert one["advice"].endswith(".")


def test_a_naive_publisher_is_told_what_it_would_post_twice(naive: dict[str, Any]) -> None:
    rules = {one["rule"]: one for one in naive["findings"]}
    assert {
        "declaration.options",
        "secrets.not_in_data",
        "secrets.not_in_errors",
        "publish.timeout_after_body_is_unknown",
        "publish.one_request",
        "publish.twice_is_one_post",
        "find.both_sides",
        "limits.text",
    } <= set(rules)
    assert "twice" in rules["publish.timeout_after_body_is_unknown"]["advice"]
    assert naive["level"] == ""
    assert len({one["advice"] for one in naive["findings"]}) >= 8


def test_without_a_practice_network_bronze_is_the_most(strangers: dict[str, str]) -> None:
    done = check(strangers, "postbox", "--practice", "nowhere", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert result["level"] == "bronze"
    assert "practice.exists" in {one["rule"] for one in result["findings"]}


def test_postbox_is_gold_but_for_what_a_template_leaves_open(strangers: dict[str, str]) -> None:
    done = check(strangers, "postbox")
    left = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("gold  ")]
    assert set(left) <= {"package.docs_url"}, done.stdout
    assert "silver  " not in done.stdout, done.stdout
    assert "CollectsMetrics          tested" in done.stdout


def test_a_plugin_that_is_not_there_cannot_be_checked(strangers: dict[str, str]) -> None:
    done = check(strangers, "nobody")
    assert done.returncode == 2
    assert "bluesky" in done.stderr
