"""Plugin commands that change nothing but this machine's settings, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mpcas2_core.plugins import PluginShelf
from mpcas2_server.cli import plugin_check, plugin_remove


def test_a_plugin_is_switched_off_and_on_for_all(cli: Any, tmp_path: Path) -> None:
    off = cli("plugin", "disable", "mpcas2-platform-bluesky", "--json").json()
    assert off == {
        "plugin": "bluesky",
        "enabled": False,
        "changed": True,
        "running": False,
        "renewed": False,
    }
    listed = {one["key"]: one for one in cli("plugin", "list", "--json").json()["data"]}
    assert listed["bluesky"]["status"] == "disabled"
    assert "mpcas2 plugin enable" in listed["bluesky"]["reason"]
    assert PluginShelf(tmp_path / "home").disabled() == {"bluesky"}
    assert not cli("plugin", "disable", "bluesky", "--json").json()["changed"]
    assert cli("plugin", "enable", "bluesky").out.startswith("bluesky is on.")
    assert PluginShelf(tmp_path / "home").disabled() == frozenset()


def test_what_is_not_installed_cannot_be_changed(cli: Any) -> None:
    for command in ("disable", "upgrade", "rollback", "remove"):
        told = cli("plugin", command, "nobody", "--json")
        assert (told.code, told.error()["code"]) == (4, "NO_PLUGIN")
        assert "there are: " in told.error()["message"]


def test_two_commands_do_not_change_plugins_at_once(cli: Any, tmp_path: Path) -> None:
    with PluginShelf(tmp_path / "home").alone():
        told = cli("plugin", "disable", "bluesky", "--json")
    assert (told.code, told.error()["code"]) == (5, "PLUGINS_BUSY")


def test_without_the_kit_a_check_says_what_to_install(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_check, "find_spec", lambda _name: None)
    told = cli("plugin", "check", "bluesky", "--json")
    assert told.code == 2
    assert 'pip install "mpcas2-testing"' in told.error()["hint"]


def test_a_plugin_with_planned_posts_stays_unless_they_are_parked(
    cli: Any, account: str, product: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is uninstalled from the environment that runs this test.
    uninstalled: list[str] = []
    monkeypatch.setattr(plugin_remove, "pip", lambda *words: uninstalled.extend(words))
    monkeypatch.setattr(plugin_remove, "renew", lambda *_told, **_how: None)
    planned = cli("publish", "--text", "Soon", "--to", account, "--at", "in 2 hours", "--json")
    assert planned.code == 0, planned.err
    monkeypatch.setenv("MPCAS2_HOME", str(product.home))
    told = cli("plugin", "remove", "bluesky", "--yes", "--json")
    assert (told.code, told.error()["code"]) == (5, "POSTS_PLANNED")
    assert {"name", "id", "posts", "sending"} == set(told.error()["details"]["tenants"][0])
    assert uninstalled == []
    assert cli("plugin", "remove", "bluesky", "--park", "--yes").code == 0
    assert uninstalled == ["uninstall", "--yes", "mpcas2-platform-bluesky"]
