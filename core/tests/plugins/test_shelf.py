"""What one machine keeps of its plugins."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mpcas2_core.plugins.shelf import Change, PluginShelf, ShelfBusy
from mpcas2_core.settings import SettingsError


def change(version: str, distribution: str = "acme-pages") -> Change:
    return Change(
        at=datetime(2026, 11, 1, tzinfo=UTC),
        action="installed",
        distribution=distribution,
        version=version,
        wheel=f"acme_pages-{version}-py3-none-any.whl",
    )


def test_a_fresh_home_has_nothing_and_gets_nothing(tmp_path: Path) -> None:
    shelf = PluginShelf(tmp_path)
    assert (shelf.disabled(), shelf.history("acme")) == (frozenset(), ())
    assert list(tmp_path.iterdir()) == []


def test_a_switch_stays_until_it_is_turned(tmp_path: Path) -> None:
    assert PluginShelf(tmp_path).switch("acme", on=False)
    assert not PluginShelf(tmp_path).switch("acme", on=False)
    assert PluginShelf(tmp_path).disabled() == {"acme"}
    assert PluginShelf(tmp_path).switch("acme", on=True)
    assert PluginShelf(tmp_path).disabled() == frozenset()


def test_the_history_of_a_distribution_is_found_by_any_spelling(tmp_path: Path) -> None:
    shelf = PluginShelf(tmp_path)
    for one in (change("1.0"), change("3.0", "other"), change("1.1")):
        shelf.record(one)
    shelf.switch("acme", on=False)
    assert [one.version for one in PluginShelf(tmp_path).history("Acme_Pages")] == ["1.0", "1.1"]


def test_a_kept_wheel_outlives_the_one_it_came_from(tmp_path: Path) -> None:
    wheel = tmp_path / "acme_pages-1.0-py3-none-any.whl"
    wheel.write_bytes(b"code")
    shelf = PluginShelf(tmp_path / "home")
    kept = shelf.keep(wheel, "acme-pages")
    assert shelf.keep(kept, "acme-pages") == kept
    wheel.unlink()
    assert shelf.kept("Acme.Pages", wheel.name) == kept
    assert kept.read_bytes() == b"code"
    assert shelf.kept("acme-pages", "") is None
    assert shelf.kept("acme-pages", "acme_pages-2.0-py3-none-any.whl") is None


def test_one_command_at_a_time_changes_plugins(tmp_path: Path) -> None:
    with (
        PluginShelf(tmp_path).alone(),
        pytest.raises(ShelfBusy, match="Another command"),
        PluginShelf(tmp_path).alone(),
    ):
        raise AssertionError("two at a time")
    with PluginShelf(tmp_path).alone():
        pass


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    shelf = PluginShelf(tmp_path)
    shelf.switch("acme", on=False)
    (tmp_path / "plugins/plugins.json").write_text("{")
    with pytest.raises(SettingsError, match=r"plugins\.json cannot be read .* delete it"):
        shelf.disabled()
