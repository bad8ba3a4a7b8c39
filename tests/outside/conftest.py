"""One running installation with a practice network, and new people to use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.outside.installation import Installation
from tests.outside.person import Person

from mpcas2_sandbox import SandboxProcess

COLOURS = ((200, 20, 20), (20, 160, 60), (30, 60, 200), (220, 180, 20))


@pytest.fixture(scope="session")
def network() -> Iterator[SandboxProcess]:
    """A practice network in a process of its own."""
    with SandboxProcess("bluesky") as process:
        yield process


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """`mpcas2 up` with its own PostgreSQL and Valkey; afterwards nothing of it is left."""
    with Installation() as running:
        yield running


@pytest.fixture
def people(
    installation: Installation, network: SandboxProcess, tmp_path: Path
) -> Iterator[Callable[[], Person]]:
    """Makes people, each with a tenant and a connected account of their own."""
    made: list[Person] = []

    def make() -> Person:
        one = Person(installation, network, tmp_path / f"person-{len(made)}")
        made.append(one)
        one.sign_up()
        one.connect()
        return one

    yield make
    network.control.clear_faults()
    network.control.release_all("cut")
    for one in made:
        one.close()


@pytest.fixture
def person(people: Callable[[], Person]) -> Person:
    """Somebody with a connected account."""
    return people()


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Four small pictures, each of another colour."""
    paths = []
    for number, colour in enumerate(COLOURS):
        path = tmp_path / f"picture-{number}.png"
        Image.new("RGB", (40 + number, 30), colour).save(path)
        paths.append(path)
    return paths
