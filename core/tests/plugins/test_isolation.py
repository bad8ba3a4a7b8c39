"""One bad plugin is listed with its reason, and the others run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mpcas2_core.plugins import PluginHost, PluginStatus

HOOK = "from mpcas2_hookspecs import hookimpl\n@hookimpl\ndef "

# code, then words of the reason
BAD_CODE = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "syntax": ("def broken(:", "SyntaxError"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "bare": ("raise BaseException", "failed when it was imported: BaseException"),
    "needs": ("import a_package_that_nobody_has", "ModuleNotFoundError"),
    "empty": ("", "registers no platform"),
    "error-str": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
        "failed when it was imported: Odd.",
    ),
    "unknown-hook": (
        HOOK + "mpcas2_no_such_hook(): ...",
        "PluginValidationError",
    ),
    "hook-arguments": (
        HOOK + "mpcas2_register_platforms(config): return []",
        "PluginValidationError",
    ),
    "hook-raises": (
        HOOK + "mpcas2_register_platforms(): raise OSError('no disk')",
        "failed when mpcas2_register_platforms ran: OSError: no disk",
    ),
    "not-iterable": (
        HOOK + "mpcas2_register_platforms(): return 5",
        "'int' object is not iterable",
    ),
    "not-platform": (
        HOOK + "mpcas2_register_platforms(): return [object()]",
        "no Platform: key, title, options, limits, stage, publish, find is missing",
    ),
}


def test_every_bad_plugin_is_listed_and_the_good_one_beside_them_works(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    for key, (code, _) in BAD_CODE.items():
        installed_plugin(key, code=code)
    installed_plugin("good")
    host = load_host(ask=["raises", "nowhere"])
    for key, (_, words) in BAD_CODE.items():
        record = host.record(key)
        assert record["status"] == "broken"
        assert words in record["reason"]
        assert "\n" not in record["reason"]
        assert key not in host.platforms
    assert host.record("good") == {
        "key": "good",
        "distribution": "acme-platform-good",
        "version": "0.1",
        "status": "enabled",
        "reason": None,
        "manifest": {
            "key": "good",
            "kind": "platform",
            "title": "good",
            "summary": "A network.",
            "hosts": [],
            "settings": [],
            "docs_url": None,
        },
        "platforms": ["good"],
    }
    assert "good" in host.platforms
    keys = [record["key"] for record in host.all_records]
    assert keys == sorted(keys)
    assert "division by zero" in host.unknown["raises"]
    assert "good" in host.unknown["nowhere"]
    assert "Traceback" in host.output  # the log keeps what the reason leaves out


def test_a_plugin_for_a_later_contract_is_incompatible_and_never_imported(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    plugin = installed_plugin("later", requires=["mpcas2-hookspecs>=99"])
    record = load_host().record("later")
    assert record["status"] == "incompatible"
    assert "mpcas2-hookspecs >=99" in record["reason"]
    assert not plugin.was_imported


@pytest.mark.parametrize(
    ("requires", "status"),
    [
        ([], "incompatible"),
        (["httpx"], "incompatible"),
        (["mpcas2-hookspecs>=0.1,<1; extra == 'all'"], "incompatible"),
        (["mpcas2-hookspecs>=0.1; python_version < '3'"], "incompatible"),
        (["mpcas2-hookspecs>=?"], "incompatible"),
        (["mpcas2-hookspecs>=0.1", "mpcas2_hookspecs<0.1"], "incompatible"),
        (["mpcas2-hookspecs"], "enabled"),
        (["MPCAS2.hookspecs>=0.1.0rc1"], "enabled"),
        (["mpcas2-hookspecs>=0.1; python_version > '3'", "broken requirement ["], "enabled"),
        (["mpcas2-hookspecs>=0.1", "mpcas2-hookspecs>=99; extra == 'next'"], "enabled"),
    ],
)
def test_the_requirement_on_the_contract_decides(
    installed_plugin: Callable[..., Any],
    load_host: Callable[..., Any],
    requires: list[str],
    status: str,
) -> None:
    plugin = installed_plugin("one", requires=requires)
    assert load_host().record("one")["status"] == status
    assert plugin.was_imported is (status == "enabled")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "ships no mpcas2-plugin.toml"),
        ('key = "one"', "missing required field"),
        ("key = ", "not valid"),
        ('key = "one"\nkind = "platform"\ntitle = "a"\nsummary = "b"\ncolour = 1', "colour"),
        ('key = "two"\nkind = "platform"\ntitle = "a"\nsummary = "b"', "has the key 'two'"),
    ],
)
def test_a_plugin_with_a_bad_manifest_is_broken_and_never_imported(
    installed_plugin: Callable[..., Any],
    load_host: Callable[..., Any],
    manifest: str | None,
    words: str,
) -> None:
    plugin = installed_plugin("one", manifest=manifest)
    record = load_host().record("one")
    assert record["status"] == "broken"
    assert words in record["reason"]
    assert not plugin.was_imported


@pytest.mark.parametrize(
    ("entry_points", "key", "words"),
    [
        ("[mpcas2]\nno equals sign here\n", "acme-platform-one", "entry_points.txt"),
        ("[mpcas2]\none = not a module!\n", "one", "failed when its manifest was read"),
        ("[mpcas2]\none = nowhere_at_all\n", "one", "not installed"),
        ("[mpcas2]\nOne_Two = acme_platform_one\n", "One_Two", "lower-case"),
    ],
)
def test_a_damaged_entry_point_takes_nobody_down(
    installed_plugin: Callable[..., Any],
    load_host: Callable[..., Any],
    entry_points: str,
    key: str,
    words: str,
) -> None:
    installed_plugin("one", entry_points=entry_points)
    installed_plugin("good")
    host = load_host()
    assert host.record(key)["status"] == "broken"
    assert words in host.record(key)["reason"]
    assert "good" in host.platforms


@pytest.mark.parametrize(
    ("metadata", "distribution"),
    [
        (None, "(a distribution without a name)"),
        (b"\xff\xfe", "(a distribution without a name)"),
        (b"Metadata-Version: 2.1\nName: acme-platform-one\n", "acme-platform-one"),
    ],
)
def test_damaged_metadata_takes_nobody_down(
    installed_plugin: Callable[..., Any],
    load_host: Callable[..., Any],
    site: Path,
    metadata: bytes | None,
    distribution: str,
) -> None:
    installed_plugin("one")
    installed_plugin("good")
    file = site / "acme_platform_one-0.1.dist-info/METADATA"
    file.unlink()
    if metadata is not None:
        file.write_bytes(metadata)
    host = load_host()
    record = host.record("one")
    assert (record["distribution"], record["status"]) == (distribution, "incompatible")
    assert "good" in host.platforms


def test_an_unreadable_list_of_entry_points_takes_nobody_down(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any], site: Path
) -> None:
    installed_plugin("one")
    installed_plugin("good")
    (site / "acme_platform_one-0.1.dist-info/entry_points.txt").write_bytes(b"[mpcas2]\n\xff")
    host = load_host()
    assert "good" in host.platforms
    assert "entry_points_unreadable" in host.output


def test_a_warning_at_import_counts_as_broken_where_warnings_are_errors(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("warns", code="import warnings\nwarnings.warn('old', DeprecationWarning)")
    assert "DeprecationWarning: old" in load_host(flags=["-W", "error"]).record("warns")["reason"]


def test_local_variables_of_a_failing_plugin_are_not_logged(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("leaks", code="token = 'hun' + 'ter2'\n1 / 0")
    assert "hunter2" not in load_host().output


def test_a_disabled_plugin_is_shown_and_never_imported(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    plugin = installed_plugin("off")
    host = load_host(disabled=["off"], ask=["off", "off-pages"])
    record = host.record("off")
    assert record["status"] == "disabled"
    assert record["manifest"]["title"] == "off"
    assert record["platforms"] == []
    assert not plugin.was_imported
    assert "disabled" in host.unknown["off"]
    assert "disabled" in host.unknown["off-pages"]


def test_a_plugin_that_a_command_switched_off_says_how_to_switch_it_on(
    monkeypatch: pytest.MonkeyPatch,
    installed_plugin: Callable[..., Any],
    site: Path,
) -> None:
    plugin = installed_plugin("off")
    monkeypatch.syspath_prepend(str(site))
    host = PluginHost.load(switched_off=["off"])
    (record,) = (one for one in host.records if one.key == "off")
    assert (record.status, plugin.was_imported) == (PluginStatus.DISABLED, False)
    assert "mpcas2 plugin enable" in (record.reason or "")
    bluesky = host.plugin_of("bluesky")
    assert bluesky is not None
    assert bluesky.distribution == "mpcas2-platform-bluesky"
    assert host.plugin_of("off") is None
