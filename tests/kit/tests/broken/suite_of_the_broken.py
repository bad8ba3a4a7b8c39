"""Runs each broken adapter through the rules that must catch it; ``test_broken.py`` starts it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import pytest

import mpcas2_hookspecs
from mpcas2_hookspecs import Connection
from mpcas2_sandbox import Practice, SandboxProcess, load_network, practice_of
from mpcas2_testing import PRACTICE_APP, Desk, PlatformSuite
from mpcas2_testing.bench import Bench, bench_of

from .adapters import BROKEN, Broken
from .misreading import MisreadsOne


class Networks:
    """The practice networks of the good adapters, each started when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, SandboxProcess] = {}

    def fresh(self, key: str) -> SandboxProcess:
        if key not in self._running:
            self._running[key] = self._stack.enter_context(SandboxProcess(key))
        self._running[key].control.reset()
        return self._running[key]


@dataclass(frozen=True, kw_only=True)
class Lasting(Bench):
    """A bench for many tests: nothing is reset, posts count from the last ``begin``."""

    connection: Connection
    posts: list[int]

    def desk(self) -> Desk:
        return Desk(self, self.connection, PRACTICE_APP)

    def begin(self) -> Lasting:
        """Forgets faults and posts."""
        self.control.clear_faults()
        self.posts[0] = self.control.call("GET", "stats")["posts"]
        return self


def _lasting(bench: Bench) -> Lasting:
    posts = [0]
    content = {one.name: getattr(bench, one.name) for one in fields(Bench)}
    content["count_posts"] = lambda: bench.count_posts() - posts[0]
    return Lasting(**content, connection=bench.connect(), posts=posts)


@pytest.fixture(scope="session")
def networks() -> Iterator[Networks]:
    with ExitStack() as stack:
        yield Networks(stack)


@functools.cache
def _practice(key: str) -> Practice:
    practice = practice_of(load_network(key))
    assert practice is not None
    return practice


def _bench(broken: type[Broken], networks: Networks) -> Bench:
    practice = broken.practice or broken.plugin
    process = networks.fresh(practice)
    made = bench_of(broken.plugin, _practice(practice), process)
    return replace(made, platform=broken({"api_url": process.url, "web_url": process.url}))


class OnOneAccount:
    """Half of all tests need no more than one account, and to connect it once saves half their time."""

    broken: ClassVar[type[Broken]]

    @pytest.fixture(scope="class")
    @classmethod
    def lasting(cls, networks: Networks) -> Lasting:
        return _lasting(_bench(cls.broken, networks))

    @pytest.fixture
    def bench(self, lasting: Lasting) -> Bench:
        return lasting.begin()


def _suite(broken: type[Broken]) -> type:
    @pytest.fixture
    def bench(_self: object, networks: Networks) -> Bench:
        return _bench(broken, networks)

    @pytest.fixture(autouse=True)
    def contract(_self: object, monkeypatch: pytest.MonkeyPatch) -> None:
        for one in broken.exports:
            monkeypatch.setattr(mpcas2_hookspecs, one.__name__, one, raising=False)
        names = (*mpcas2_hookspecs.__all__, *(one.__name__ for one in broken.exports))
        monkeypatch.setattr(mpcas2_hookspecs, "__all__", names)

    bases: tuple[type, ...] = (broken.mixin,)
    content: dict[str, object] = {"contract": contract, "broken": broken}
    if issubclass(broken, MisreadsOne):
        bases = (OnOneAccount, *bases)
    else:
        content["bench"] = bench
    for name in dir(broken.mixin) if broken.among else ():
        mark = getattr(getattr(broken.mixin, name), "mpcas2_rule", None)
        if mark is not None and mark not in broken.among:
            content[name] = None
    return type(f"Test{broken.__name__}", bases, content)


# Which part of them, such as "0/4"; the parts run beside each other.
_part, _of = map(int, os.environ["BROKEN_PART"].split("/"))
globals().update({f"Test{one.__name__}": _suite(one) for one in BROKEN[_part::_of]})

if _part == 0:

    class TestDepot(PlatformSuite):
        practice = "depot"
