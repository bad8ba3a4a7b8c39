"""One echo network in a process of its own, found by an entry point as a stranger's would be."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpcas2_sandbox import SandboxProcess

_ENTRY_POINTS = "[mpcas2.sandboxes]\necho = echo_network:network\n"


@pytest.fixture(scope="session")
def echo_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks installed: the module and its dist-info."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copy(Path(__file__).with_name("echo_network.py"), folder)
    info = folder / "echo_network-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-network\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder


@pytest.fixture(scope="session")
def echo_environment(echo_package: Path) -> Iterator[dict[str, str]]:
    """The environment in which a child process finds the echo network."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(echo_package), prepend=os.pathsep)
    yield dict(os.environ)
    patch.undo()


@pytest.fixture(scope="session")
def echo_process(echo_environment: dict[str, str]) -> Iterator[SandboxProcess]:
    assert echo_environment["PYTHONPATH"]
    with SandboxProcess("echo") as process:
        yield process


@pytest.fixture
def echo(echo_process: SandboxProcess) -> SandboxProcess:
    """The echo network as it is after a reset."""
    echo_process.control.reset()
    return echo_process
