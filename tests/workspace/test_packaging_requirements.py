"""`requirements.txt` installs every room that a self-hoster needs, from the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Its users write plugins, and install it for that.
NOT_SHIPPED = {"mpcas2-testing"}


def lines(root: Path) -> list[str]:
    found = (line.strip() for line in (root / "requirements.txt").read_text().splitlines())
    return [line for line in found if line and not line.startswith("#")]


def test_every_room_that_ships_is_named_once(root: Path, rooms: dict[str, Any]) -> None:
    named = [line.removeprefix("./") for line in lines(root) if line.startswith("./")]
    shipped = [
        room.path.relative_to(root).as_posix()
        for name, room in rooms.items()
        if name not in NOT_SHIPPED
    ]
    assert sorted(named) == sorted(shipped)


def test_beside_the_rooms_there_are_the_metapackage_and_the_pins(root: Path) -> None:
    assert [line for line in lines(root) if not line.startswith("./")] == [
        "-c constraints.txt",
        ".[sandbox]",
    ]
    assert (root / "constraints.txt").is_file()


def test_the_metapackage_needs_every_room_that_ships(
    rooms: dict[str, Any], metapackage: dict[str, Any]
) -> None:
    project = metapackage["project"]
    needed = {
        text.partition("==")[0].partition("[")[0]
        for text in (*project["dependencies"], *project["optional-dependencies"]["sandbox"])
    }
    assert needed == set(rooms) - NOT_SHIPPED
