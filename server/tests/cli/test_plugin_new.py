"""`mpcas2 plugin new`: what it writes is tried in tests/workspace/test_new_plugin.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mpcas2_server.cli import plugin_new


def test_a_package_is_written_and_the_next_three_steps_are_told(cli: Any, tmp_path: Path) -> None:
    told = cli("plugin", "new", "platform", "acme", "--into", str(tmp_path))
    assert told.code == 0
    folder = tmp_path / "mpcas2-platform-acme"
    assert f"Wrote {folder}" in told.out
    assert [line.split()[0] for line in told.out.splitlines()[1:]] == ["1.", "2.", "3."]
    assert (folder / "src/mpcas2_platform_acme/adapter.py").is_file()


def test_json_tells_folder_and_steps(cli: Any, tmp_path: Path) -> None:
    told = cli("plugin", "new", "platform", "acme", "--into", str(tmp_path), "--json").json()
    assert told["folder"] == str(tmp_path / "mpcas2-platform-acme")
    assert len(told["next"]) == 3


@pytest.mark.parametrize(
    ("kind", "key", "said"),
    [
        ("notifier", "acme", "only `platform` exists so far"),
        ("platform", "-acme", "is no key"),
        ("platform", "taken", "is there already"),
    ],
)
def test_a_wrong_name_is_refused_with_what_to_do(
    cli: Any, tmp_path: Path, kind: str, key: str, said: str
) -> None:
    (tmp_path / "mpcas2-platform-taken").mkdir()
    told = cli("plugin", "new", "--into", str(tmp_path), "--json", "--", kind, key)
    assert told.code == 2
    assert said in told.error()["message"]
    assert [one.name for one in tmp_path.glob("mpcas2-*")] == ["mpcas2-platform-taken"]


def test_without_the_kit_it_says_what_to_install(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_new, "find_spec", lambda _name: None)
    told = cli("plugin", "new", "platform", "acme", "--into", str(tmp_path), "--json")
    assert told.code == 1
    assert "pip install mpcas2-testing" in told.error()["hint"]
