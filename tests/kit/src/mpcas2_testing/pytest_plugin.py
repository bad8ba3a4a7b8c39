"""What the kit adds to pytest: a table of capabilities, and findings as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ("pytest_addoption", "pytest_configure")

_COLLECTED = pytest.StashKey["_Collected"]()


class _Collected:
    """What the tests of suites came to."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.results: list[dict[str, str]] = []
        self.capabilities: dict[str, dict[str, str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Notes the rule behind each test of a suite, and what came of it."""
        report = yield
        if isinstance(item, pytest.Function) and (report.when == "call" or not report.passed):
            self._note(item, report)
        return report

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Shows which capabilities were tested, and what the others lack."""
        for suite, table in self.capabilities.items():
            terminalreporter.write_sep("-", f"capabilities: {suite}")
            for name, said in table.items():
                terminalreporter.write_line(f"{name:24} {said}")

    def pytest_sessionfinish(self) -> None:
        """Writes the findings."""
        if self.file:
            content = {"results": self.results, "capabilities": self.capabilities}
            Path(self.file).write_bytes(msgspec.json.encode(content))

    def _note(self, item: pytest.Function, report: pytest.TestReport) -> None:
        # Loaded only where there is a suite: every run of pytest has this plugin.
        from mpcas2_testing.capabilities import capabilities_of  # noqa: PLC0415 - see above
        from mpcas2_testing.rules import rule_of  # noqa: PLC0415 - see above

        fault = item.callspec.params.get("fault") if hasattr(item, "callspec") else None
        found = rule_of(item.function, getattr(fault, "name", None))
        if found is None:
            return
        suite = "" if item.cls is None else item.cls.__name__
        crash = getattr(report.longrepr, "reprcrash", None)
        happened = "" if report.passed else getattr(crash, "message", None) or str(report.longrepr)
        self.results.append(
            {
                "suite": suite,
                "test": item.name,
                "rule": found.id,
                "outcome": report.outcome,
                "happened": happened,
            }
        )
        bench: Any = item.funcargs.get("bench")
        if bench is not None and suite not in self.capabilities:
            self.capabilities[suite] = capabilities_of(bench.platform)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option with which ``mpcas2_testing check`` collects findings."""
    parser.addoption("--mpcas2-report", metavar="FILE", help="write findings of suites as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Begins to collect."""
    collected = _Collected(config.getoption("--mpcas2-report"))
    config.stash[_COLLECTED] = collected
    config.pluginmanager.register(collected, "mpcas2-collected")
