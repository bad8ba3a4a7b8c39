"""The facade calls plugin by plugin, and keeps nothing of one that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest

from mpcas2_hookspecs import Hooks, hookimpl


def plugin(*platforms: Any) -> SimpleNamespace:
    @hookimpl
    def mpcas2_register_platforms() -> Iterable[Any]:
        return platforms

    return SimpleNamespace(mpcas2_register_platforms=mpcas2_register_platforms)


def results(hooks: Hooks, name: str) -> Sequence[object]:
    return hooks.register_platforms(name, {})


@hookimpl
def failing() -> Iterable[Any]:
    raise OSError("no")


@hookimpl
def mpcas2_unheard_of() -> None: ...


@hookimpl
def asks_too_much(config: object) -> Iterable[Any]:
    return [config]


def test_each_call_gives_the_results_of_one_plugin() -> None:
    hooks = Hooks()
    first, second = object(), object()
    hooks.register(plugin(first), "first")
    hooks.register(plugin(second), "second")
    assert results(hooks, "first") == (first,)
    assert results(hooks, "second") == (second,)


def test_a_failing_plugin_fails_in_its_own_call_only() -> None:
    hooks = Hooks()
    hooks.register(SimpleNamespace(mpcas2_register_platforms=failing), "bad")
    hooks.register(plugin(5), "good")
    with pytest.raises(OSError, match="no"):
        hooks.register_platforms("bad", {})
    assert results(hooks, "good") == (5,)


def test_a_plugin_without_the_hook_adds_nothing() -> None:
    hooks = Hooks()
    hooks.register(SimpleNamespace(), "silent")
    assert results(hooks, "silent") == ()


@pytest.mark.parametrize(
    "misfit",
    [
        SimpleNamespace(mpcas2_unheard_of=mpcas2_unheard_of),
        SimpleNamespace(mpcas2_register_platforms=asks_too_much),
    ],
)
def test_a_plugin_that_does_not_fit_is_refused_and_leaves_nothing(misfit: object) -> None:
    hooks = Hooks()
    with pytest.raises(pluggy.PluginValidationError):
        hooks.register(misfit, "one")
    hooks.register(plugin(5), "one")
    assert results(hooks, "one") == (5,)


def test_a_name_is_given_once() -> None:
    hooks = Hooks()
    hooks.register(plugin(), "one")
    with pytest.raises(ValueError, match="one"):
        hooks.register(plugin(), "one")


def test_an_unregistered_plugin_is_gone() -> None:
    hooks = Hooks()
    hooks.register(plugin(5), "one")
    hooks.unregister("one")
    assert results(hooks, "one") == ()
