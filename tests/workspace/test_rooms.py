"""Every room is a distribution of the same shape, and all have one version."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mpcas2_hookspecs

LONGEST_MODULE = 350


def test_every_room_has_a_readme_a_typing_marker_and_the_src_layout(rooms: dict[str, Any]) -> None:
    wanted = ("README.md", "pyproject.toml", "src/{}/__init__.py", "src/{}/py.typed")
    missing = [
        f"{room.path / name.format(room.package)}"
        for room in rooms.values()
        for name in wanted
        if not (room.path / name.format(room.package)).is_file()
    ]
    assert missing == []


def test_every_readme_says_something(rooms: dict[str, Any]) -> None:
    assert [name for name, room in rooms.items() if len(readme(room).split()) < 10] == []


def readme(room: Any) -> str:
    return str((room.path / "README.md").read_text())


def test_all_distributions_have_one_version(
    rooms: dict[str, Any], metapackage: dict[str, Any]
) -> None:
    version = metapackage["project"]["version"]
    assert {room.project["version"] for room in rooms.values()} == {version}
    assert version == mpcas2_hookspecs.API_VERSION


def test_the_metapackage_pins_the_rooms_exactly(metapackage: dict[str, Any]) -> None:
    project = metapackage["project"]
    texts = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    wrong = [
        text for text in texts if str(Requirement(text).specifier) != f"=={project['version']}"
    ]
    assert wrong == []


def test_every_room_says_which_contract_it_needs(rooms: dict[str, Any]) -> None:
    for name, room in rooms.items():
        if name != "mpcas2-hookspecs":
            needed = {Requirement(text).name for text in room.project["dependencies"]}
            assert "mpcas2-hookspecs" in needed, name


def test_one_python_range_and_one_licence_hold_everywhere(
    rooms: dict[str, Any], metapackage: dict[str, Any]
) -> None:
    for key in ("requires-python", "license"):
        assert {room.project[key] for room in rooms.values()} == {metapackage["project"][key]}


def test_no_module_is_longer_than_a_reader_can_hold(rooms: dict[str, Any]) -> None:
    long = {
        str(module): lines
        for room in rooms.values()
        for module in room.modules()
        if (lines := len(module.read_text().splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing(rooms: dict[str, Any]) -> None:
    empty = re.compile(r"^(utils?|helpers?|managers?|common|misc)$")
    names = [module for room in rooms.values() for module in room.modules()]
    assert [name for name in names if empty.match(name.stem)] == []


def normalised(text: str) -> str:
    requirement = Requirement(text)
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{canonicalize_name(requirement.name)}{requirement.specifier}{marker}"


def test_the_pins_of_pip_and_of_uv_are_the_same(root: Path, metapackage: dict[str, Any]) -> None:
    lines = (line.partition(" #")[0].strip() for line in read_lines(root / "constraints.txt"))
    for_pip = {normalised(line) for line in lines if line and not line.startswith("#")}
    for_uv = {normalised(text) for text in metapackage["tool"]["uv"]["constraint-dependencies"]}
    assert for_pip == for_uv
    assert for_pip


def read_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_the_lock_file_is_not_committed(root: Path) -> None:
    assert "uv.lock" in read_lines(root / ".gitignore")


def test_the_source_archive_of_the_metapackage_holds_no_room(metapackage: dict[str, Any]) -> None:
    archive = metapackage["tool"]["hatch"]["build"]["targets"]["sdist"]
    assert set(archive["only-include"]) <= {"pyproject.toml", "README.md", "LICENSE"}
