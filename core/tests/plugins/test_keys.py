"""A key belongs to one plugin: first-party first, then by name of the distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TWO_PLATFORMS = {"return [Adapter()]": "b = Adapter(); b.key = '{other}'; return [Adapter(), b]"}


def adding(other: str) -> dict[str, str]:
    return {old: new.replace("{other}", other) for old, new in TWO_PLATFORMS.items()}


def test_two_distributions_with_one_key_are_both_listed_and_the_first_by_name_keeps_it(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    second = installed_plugin("same", distribution="zeta-same")
    installed_plugin("same", distribution="alpha-same")
    first, other = load_host().records("same")
    assert (first["distribution"], first["status"]) == ("alpha-same", "enabled")
    assert (other["distribution"], other["status"]) == ("zeta-same", "broken")
    assert "alpha-same" in other["reason"]
    assert "zeta-same" in other["reason"]
    assert not second.was_imported


def test_a_first_party_plugin_keeps_its_key_before_a_stranger(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("same", distribution="alpha-same")
    installed_plugin("same", distribution="mpcas2-platform-same")
    status = {record["distribution"]: record["status"] for record in load_host().records("same")}
    assert status == {"alpha-same": "broken", "mpcas2-platform-same": "enabled"}


def test_a_broken_plugin_holds_no_key(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("same", distribution="alpha-same", code="1 / 0")
    installed_plugin("same", distribution="zeta-same")
    host = load_host()
    assert [record["status"] for record in host.records("same")] == ["broken", "enabled"]
    assert "same" in host.platforms


def test_a_plugin_may_bring_platforms_whose_keys_begin_with_its_own(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("news", changes=adding("news-pages"))
    assert load_host().record("news")["platforms"] == ["news", "news-pages"]


def test_a_platform_key_that_another_plugin_brought_is_refused(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("news", distribution="alpha-news", changes=adding("news-pages"))
    installed_plugin("news-pages", distribution="zeta-pages")
    record = load_host().record("news-pages")
    assert record["status"] == "broken"
    assert "taken by alpha-news" in record["reason"]


def test_a_platform_under_a_foreign_key_breaks_its_whole_plugin(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("news", changes=adding("other"))
    host = load_host()
    assert "it must be 'news' or begin with 'news-'" in host.record("news")["reason"]
    assert host.record("news")["platforms"] == []
    assert "news" not in host.platforms


def test_a_platform_that_is_registered_twice_is_refused(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("news", changes=adding("news"))
    assert "'news' twice" in load_host().record("news")["reason"]


def test_an_older_copy_of_a_distribution_later_on_the_path_is_not_a_second_plugin(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any], site: Any
) -> None:
    installed_plugin("one")
    info = site / "acme_platform_one-0.1.dist-info"
    copy = site / "acme_platform_one-0.0.dist-info"
    copy.mkdir()
    for file in info.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert load_host().record("one")["status"] == "enabled"
