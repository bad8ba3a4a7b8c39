"""Imports point down: contract, then core, plugins and sandbox, then server."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Who may import whom, beside itself. A plugin's practice network has a rule of its own below.
FLOORS = {
    "mpcas2-hookspecs": set[str](),
    "mpcas2-core": {"mpcas2_hookspecs"},
    "mpcas2-sandbox": {"mpcas2_hookspecs"},
    "mpcas2-server": {"mpcas2_core", "mpcas2_hookspecs"},
    "mpcas2-testing": {"mpcas2_hookspecs", "mpcas2_sandbox"},
}
PLUGIN = {"mpcas2_hookspecs"}
PRACTICE = {"mpcas2_sandbox"}


def package_of(module: Path, source: Path) -> str:
    """Dotted name of the package in which relative imports of the module begin."""
    return ".".join((source.name, *module.parent.relative_to(source).parts))


def imports(module: Path, source: Path, *, for_typing: bool = True) -> Iterator[str]:
    """Yields the full names that a module imports, also inside functions."""
    tree = ast.parse(module.read_text())
    skipped: set[ast.AST] = set()
    if not for_typing:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                skipped.update(inner for part in node.body for inner in ast.walk(part))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package_of(module, source).split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join((*kept, base) if base else kept)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def ours(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.startswith("mpcas2")}


def is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def is_practice(module: Path, source: Path) -> bool:
    """Tells whether a module belongs to a plugin's practice network."""
    return "sandbox" in module.relative_to(source).with_suffix("").parts


def test_every_room_has_a_floor(rooms: dict[str, Any]) -> None:
    plugins = {name for name in rooms if name.startswith("mpcas2-platform-")}
    assert set(rooms) - plugins == set(FLOORS)


def test_no_room_imports_from_a_higher_floor(rooms: dict[str, Any]) -> None:
    wrong = []
    for name, room in rooms.items():
        allowed = FLOORS.get(name, PLUGIN) | {room.package}
        for module in room.modules():
            if name not in FLOORS and is_practice(module, room.source):
                continue
            wrong += [
                f"{module}: {found}"
                for found in ours(imports(module, room.source))
                if found.split(".")[0] not in allowed
            ]
    assert wrong == []


def test_a_practice_network_and_its_adapter_do_not_know_each_other(rooms: dict[str, Any]) -> None:
    wrong = []
    for name, room in rooms.items():
        if name in FLOORS:
            continue
        practice = f"{room.package}.sandbox"
        for module in room.modules():
            for found in ours(imports(module, room.source)):
                inside = is_inside(found, practice)
                if is_practice(module, room.source):
                    fits = inside or found.split(".")[0] in PRACTICE
                else:
                    fits = not inside
                if not fits:
                    wrong.append(f"{module}: {found}")
    assert wrong == []


def test_the_contract_needs_pluggy_and_msgspec_only(rooms: dict[str, Any]) -> None:
    room = rooms["mpcas2-hookspecs"]
    found = {
        name.split(".")[0]
        for module in room.modules()
        for name in imports(module, room.source, for_typing=False)
    }
    assert found - sys.stdlib_module_names - {room.package} == {"msgspec", "pluggy"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from . import other", "house.room.other"),
        ("from .other import thing", "house.room.other.thing"),
        ("from ..cellar import thing", "house.cellar.thing"),
        ("def f():\n    import house.attic", "house.attic"),
    ],
)
def test_the_reader_of_imports_resolves_relative_and_hidden_ones(
    tmp_path: Path, line: str, name: str
) -> None:
    module = tmp_path / "house/room/module.py"
    module.parent.mkdir(parents=True)
    module.write_text(line)
    assert list(imports(module, tmp_path / "house")) == [name]
