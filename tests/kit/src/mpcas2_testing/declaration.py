"""Rules for what a platform declares; none of them touches a network."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    Hooks,
    Platform,
    read_manifest,
)
from mpcas2_testing.bench import Bench
from mpcas2_testing.capabilities import ABSENT
from mpcas2_testing.rules import rule

__all__ = ("DeclarationRules",)

# Runs in a process of its own, because this one has long imported everything. Every way from Python
# to another host goes through one of these names.
_WITHOUT_NETWORK = """
import importlib, socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("the network was touched at import")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
from mpcas2_hookspecs import Hooks, read_manifest
hooks = Hooks()
hooks.register(importlib.import_module(sys.argv[1]), "plugin")
settings = {one.name: one.default for one in read_manifest(sys.argv[1]).settings}
assert hooks.register_platforms("plugin", settings), "the plugin adds no platform"
"""


class DeclarationRules:
    """Holds an adapter to what the contract says about names, signatures and declared data.

    A subclass gives the fixture ``bench``.
    """

    @rule("declaration.signatures")
    def test_signatures_are_those_of_the_protocols(self, bench: Bench) -> None:
        """Compares each method with its protocol: ``isinstance`` looks at the names only."""
        for protocol in (Platform, *ABSENT):
            if isinstance(bench.platform, protocol):
                for name, wanted in _methods(protocol).items():
                    actual = getattr(bench.platform, name)
                    where = f"{type(bench.platform).__name__}.{name}"
                    assert _parameters(actual) == _parameters(wanted)[1:], (
                        f"{where} takes other parameters than {protocol.__name__}.{name}"
                    )
                    assert inspect.iscoroutinefunction(actual) == inspect.iscoroutinefunction(
                        wanted
                    ), f"{where}: async here and not in {protocol.__name__}, or the other way round"

    @rule("declaration.names")
    def test_key_manifest_and_entry_point_agree(self, bench: Bench) -> None:
        """Wants one name for the plugin wherever it is named."""
        key = bench.platform.key
        manifest = read_manifest(bench.package)
        assert manifest.key == key, f"the manifest names {manifest.key!r}, the platform {key!r}"
        assert manifest.title == bench.platform.title, "manifest and platform have unlike titles"
        points = [point for point in entry_points(group="mpcas2") if point.name == key]
        assert [point.module.split(".")[0] for point in points] == [bench.package], (
            f"there must be one entry point {key!r} in the group 'mpcas2', into {bench.package}"
        )
        hooks = Hooks()
        hooks.register(import_module(bench.package), key)
        settings = {setting.name: setting.default for setting in manifest.settings}
        assert key in [platform.key for platform in hooks.register_platforms(key, settings)], (
            f"the hook of {bench.package} does not return the platform {key!r}"
        )

    @rule("declaration.limits")
    def test_limits_are_sane(self, bench: Bench) -> None:
        """Wants limits that some post can meet, also without an account."""
        limits = bench.platform.limits(None)
        assert limits.text.max_length > 0, "no text fits"
        assert limits.text.max_bytes is None or limits.text.max_bytes >= limits.text.max_length, (
            "the limit in bytes is lower than the one in characters: no text reaches the latter"
        )
        assert limits.max_parts >= 1, "no part fits"
        assert limits.media or not limits.requires_media, "media is required and none accepted"
        kinds = [one.kind for one in limits.media]
        assert len(kinds) == len(set(kinds)), "two rules for one kind of media"
        for one in limits.media:
            assert one.max_count > 0, f"{one.kind}: accepted, but none"
            assert one.max_bytes > 0, f"{one.kind}: no file is that small"
            assert one.mime_types, f"{one.kind}: no MIME type"
            assert all(mime.count("/") == 1 and "*" not in mime for mime in one.mime_types), (
                f"{one.kind}: MIME types must be whole, such as image/png"
            )

    @rule("declaration.options")
    def test_options_are_a_closed_frozen_struct(self, bench: Bench) -> None:
        """Wants options that forms can be drawn from, that are optional and refuse what they do not know."""
        options = bench.platform.options
        config = options.__struct_config__
        assert config.frozen, f"{options.__name__} is not frozen"
        assert config.forbid_unknown_fields, f"{options.__name__} takes unknown fields in silence"
        msgspec.json.encode(msgspec.json.schema(options))
        assert isinstance(msgspec.convert({}, options), options)
        for field in msgspec.json.schema_components([options])[1][options.__name__][
            "properties"
        ].values():
            assert _described(field), "each option needs a description: people fill in a form"

    @rule("import.no_network")
    def test_import_touches_no_network(self, bench: Bench) -> None:
        """Imports the plugin and asks for its platforms where every socket refuses."""
        done = subprocess.run(
            [sys.executable, "-c", _WITHOUT_NETWORK, bench.package],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            pytest.fail(f"{bench.package} cannot be imported without a network:\n{done.stderr}")


def _methods(protocol: type) -> dict[str, Any]:
    return {
        name: member
        for name, member in vars(protocol).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def _parameters(function: Any) -> list[tuple[str, Any]]:
    found = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.kind) for parameter in found]


def _described(field: dict[str, Any]) -> bool:
    return bool(field.get("description"))
