"""Runs each broken adapter through the rules that must catch it; ``test_broken.py`` starts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mpcas2_sandbox import SandboxProcess, load_network, practice_of
from mpcas2_testing.bench import Bench, bench_of

from .adapters import BROKEN, Broken


@pytest.fixture(scope="session")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("postbox") as running:
        yield running


def _suite(broken: type[Broken]) -> type:
    @pytest.fixture
    def bench(_self: object, process: SandboxProcess) -> Bench:
        process.control.reset()
        practice = practice_of(load_network("postbox"))
        assert practice is not None
        made = bench_of("postbox", practice, process)
        return replace(made, platform=broken({"api_url": process.url, "web_url": process.url}))

    return type(f"Test{broken.__name__}", (broken.mixin,), {"bench": bench})


globals().update({f"Test{broken.__name__}": _suite(broken) for broken in BROKEN})
