"""A manifest is read without running the plugin, and a bad one says what to mend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mpcas2_hookspecs import ManifestError, Setting, read_manifest

GOOD = """
key = "one"
kind = "platform"
title = "One"
summary = "A network."
hosts = ["one.example"]

[[settings]]
name = "appSecret"
secret = true
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], str]:
    """Makes an importable package whose import fails, so that reading is seen not to import."""

    def make(manifest: str | bytes) -> str:
        name = f"acme_manifest_{tmp_path.name.replace('-', '_')}"
        home = tmp_path / name
        home.mkdir()
        (home / "__init__.py").write_text("raise SystemExit")
        if manifest:
            data = manifest if isinstance(manifest, bytes) else manifest.encode()
            (home / "mpcas2-plugin.toml").write_bytes(data)
        monkeypatch.syspath_prepend(tmp_path)
        return name

    return make


def test_a_manifest_is_read_without_an_import(package: Callable[[str], str]) -> None:
    name = package(GOOD)
    manifest = read_manifest(f"{name}.sub.module")
    assert manifest.key == "one"
    assert manifest.hosts == ("one.example",)
    assert manifest.settings == (Setting(name="appSecret", secret=True),)
    assert name not in sys.modules


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("", "ships no mpcas2-plugin.toml"),
        ('key = "one"', "missing required field `kind`"),
        (GOOD.replace('"platform"', '"spaceship"'), "spaceship"),
        ("colour = 1\n" + GOOD, "unknown field `colour`"),
        ("key = ", "not valid"),
    ],
)
def test_a_bad_manifest_says_what_is_wrong(
    package: Callable[[str], str], manifest: str, words: str
) -> None:
    with pytest.raises(ManifestError, match=words):
        read_manifest(package(manifest))


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ManifestError, match="'acme_absent' is not installed"):
        read_manifest("acme_absent.module")
