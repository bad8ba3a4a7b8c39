"""What `mpcas2 plugin new` writes is a good package, also where nothing else of MPCAS2 is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpcas2_testing.scaffold import write_package

pytestmark = pytest.mark.timeout(300)

KEY = "acme-photos"
PACKAGE = "mpcas2_platform_acme_photos"
# Each would let the checkout, or this environment, shine through.
LEAKS = ("PYTHONPATH", "MYPYPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTEST_ADDOPTS")
JUNK = shutil.ignore_patterns("__pycache__", ".*_cache", "dist")


def run(command: Sequence[str | Path], cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name not in LEAKS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh package."""
    return write_package("platform", KEY, tmp_path_factory.mktemp("plugins"))


@pytest.fixture(scope="module")
def wheel(project: Path, uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    run([uv, "build", "--wheel", "--python", sys.executable, "-q", "-o", folder], project)
    (built,) = folder.glob("*.whl")
    return built


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_nothing_in_it_reminds_of_the_template(project: Path) -> None:
    for path in project.rglob("*"):
        assert "postbox" not in path.name.lower()
        if path.is_file():
            assert "postbox" not in path.read_text().lower(), path


def test_it_holds_what_a_stranger_needs_and_no_junk(project: Path) -> None:
    source = project / "src" / PACKAGE
    assert {path for path in files_of(project) if not path.startswith("src/")} == {
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "tests/test_conformance.py",
    }
    modules = ("adapter", "api", "connecting", "faults", "options", "wire", "__init__")
    wanted = {f"{name}.py" for name in modules} | {"mpcas2-plugin.toml", "py.typed"}
    assert {path.name for path in source.iterdir() if path.is_file()} == wanted
    assert (source / "sandbox/practice_acme_photos.py").is_file()
    assert len((project / "tests/test_conformance.py").read_text().splitlines()) < 20
    points = tomllib.loads((project / "pyproject.toml").read_text())["project"]["entry-points"]
    assert points["mpcas2"] == {KEY: PACKAGE}


def test_it_is_clean_for_ruff_and_strictly_typed(project: Path) -> None:
    run([sys.executable, "-m", "ruff", "check", "--no-cache", "."], project)
    run([sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "."], project)
    run([sys.executable, "-m", "mypy", "--cache-dir", os.devnull], project)


def test_its_wheel_carries_code_manifest_and_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in ("__init__.py", "mpcas2-plugin.toml", "py.typed", "sandbox/__init__.py"):
        assert f"{PACKAGE}/{name}" in names
    assert {name.split("/")[0].partition("-")[0] for name in names} == {PACKAGE}


def test_its_wheel_passes_the_suite_where_only_contract_and_kit_are(
    project: Path, wheel: Path, root: Path, uv: str, tmp_path: Path
) -> None:
    ours = {"mpcas2-hookspecs": "hookspecs", "mpcas2-sandbox": "sandbox"}
    ours["mpcas2-testing"] = "tests/kit"
    for name, room in ours.items():
        # Away from the workspace, whose other rooms are none of this test's business.
        copy = shutil.copytree(root / room, tmp_path / "rooms" / name, ignore=JUNK)
        command = [uv, "build", "--wheel", "--python", sys.executable, "-q"]
        run([*command, "-o", tmp_path / "dist"], copy)
    run([uv, "venv", "-q", "--python", sys.executable, "env"], tmp_path)
    command = [uv, "pip", "install", "-q", "--python", "env/bin/python", "--find-links", "dist"]
    command += ["--constraint", str(root / "constraints.txt"), *ours]
    run([*command, f"{wheel}[sandbox]"], tmp_path)
    python = tmp_path / "env/bin/python"
    listed = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"
    names = {name for name in run([python, "-c", listed], tmp_path).split() if "mpcas2" in name}
    assert names == {*ours, "mpcas2-platform-acme-photos"}
    # The kit's own wheel carries the whole template.
    run([python, "-m", "mpcas2_testing.scaffold", "platform", KEY], tmp_path)
    assert files_of(tmp_path / project.name) == files_of(project)
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_conformance.py").write_text(
        (project / "tests/test_conformance.py").read_text(), encoding="utf-8"
    )
    told = run([python, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"], tests)
    assert " passed" in told
