from __future__ import annotations

import os
from pathlib import Path

import pytest

import mpcas2_testing
from mpcas2_testing.scaffold_site import write_site

HERE = Path(__file__).parent
POSTBOX = Path(mpcas2_testing.__file__).parent / "postbox" / "src"

POINTS = """[mpcas2]
{key} = {package}

[mpcas2.sandboxes]
{key} = {network}
"""


def install(folder: Path, key: str, package: str, network: str) -> None:
    """Writes what a distribution leaves beside its packages, so that its entry points are found."""
    info = folder / f"acme_{key}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: acme-{key}\nVersion: 1.0\n"
        "Requires-Dist: mpcas2-hookspecs<1,>=0.3\n\nA plugin for the tests of the kit.\n"
    )
    (info / "entry_points.txt").write_text(POINTS.format(key=key, package=package, network=network))


def _hasty(folder: Path) -> None:
    """Writes Postbox under another name, so that importing it connects."""
    hook = folder / write_site(folder, "hasty").package / "__init__.py"
    lines = ["import contextlib", "import socket", "with contextlib.suppress(OSError):"]
    # Nobody listens on the port of the protocol `discard`.
    lines.append('    socket.create_connection(("127.0.0.1", 9), timeout=1).close()')
    hook.write_text(hook.read_text() + "\n".join([*lines, ""]))


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Gives the environment of processes in which the tests' own plugins are installed."""
    folder = tmp_path_factory.mktemp("strangers")
    postbox = "mpcas2_platform_postbox"
    install(folder, "postbox", postbox, f"{postbox}.sandbox:network")
    install(folder, "naive", "naive_publisher", f"{postbox}.sandbox:network")
    install(folder, "depot", "depot", "depot.network:network")
    _hasty(folder)
    paths = (folder, POSTBOX, HERE / "naive", HERE / "variants", HERE)
    known = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), *known])}
