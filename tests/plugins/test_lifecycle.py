"""A plugin comes in as a wheel, checked, is exchanged, taken back and taken away, from the command line."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from tests.plugins.plugin_wheels import Environment, make_wheel
from tests.plugins.running import running

from mpcas2_core.servers.home import free_port

pytestmark = pytest.mark.timeout(180)

ACME = "mpcas2-platform-acme"
# Without this word a lost answer counts as a request that was never sent.
CARELESS = {
    "adapter.py": [
        ("now=ctx.now(), irreversible=True)\n        return", "now=ctx.now())\n        return")
    ]
}
BACKEND = """
import shutil

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return shutil.copy("{wheel}", folder).rpartition("/")[2]
"""


@contextmanager
def environment(**settings: str) -> Iterator[Environment]:
    # Not pytest's folder: root's servers, another user, cannot enter that.
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-plugins-"))
    folder.chmod(0o755)
    made = Environment(folder, settings)
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for an index: two versions of one plugin, and some that will not do."""
    folder = tmp_path_factory.mktemp("index")
    for version in ("1.0", "1.1"):
        make_wheel(folder, "acme", version)
    make_wheel(folder, "careless", "1.0", changes=CARELESS)
    make_wheel(folder, "needy", "1.0", needs="nobody-has-this>=2")
    return folder


def wheel(folder: Path, key: str, version: str = "1.0") -> str:
    return str(folder / f"mpcas2_platform_{key}-{version}-py3-none-any.whl")


def test_a_wheel_comes_goes_forth_and_back_and_leaves(wheels: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "backend.py").write_text(BACKEND.format(wheel=wheel(wheels, "acme")))
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    local = ("--find-links", str(wheels), "--no-index", "--yes", "--no-check")
    with environment() as here:
        first = here.run("plugin", "install", str(source), *local, "--json").json()
        assert (first["distribution"], first["version"], first["former"]) == (ACME, "1.0", None)
        assert (first["running"], first["renewed"]) == (False, False)
        second = here.run("plugin", "upgrade", "acme", *local, "--json").json()
        assert (second["version"], second["former"]) == ("1.1", "1.0")
        back = here.run("plugin", "rollback", ACME, "--yes", "--json").json()
        assert (back["version"], back["former"]) == ("1.0", "1.1")
        listed = here.plugin("acme")
        assert listed is not None
        assert (listed["status"], listed["version"]) == ("enabled", "1.0")
        nothing = here.run("plugin", "rollback", "acme", "--yes", "--json")
        assert (nothing.code, nothing.error()["code"]) == (4, "NO_WHEEL")
        assert here.run("plugin", "remove", "acme", "--yes", "--json").json()["parked"] == 0
        assert here.plugin("acme") is None
        kept = {path.name for path in (here.folder / "home/plugins" / ACME).iterdir()}
        assert kept == {path.name for path in wheels.glob("mpcas2_platform_acme-*")}


def test_a_plugin_that_may_post_twice_is_refused_with_what_to_do(wheels: Path) -> None:
    with environment() as here:
        told = here.run("plugin", "install", wheel(wheels, "careless"), "--yes")
        assert told.code == 1
        assert "reaches bronze, silver is wanted; nothing was installed" in told.err
        assert "publish.read_timeout" in told.out
        assert "To do: " in told.out
        assert max(len(line) for line in told.out.splitlines()) <= 80
        assert here.plugin("careless") is None
        assert not (here.folder / "home/plugins/mpcas2-platform-careless").exists()


def test_what_cannot_be_used_is_refused_before_anything_is_tried(
    wheels: Path, tmp_path: Path
) -> None:
    with environment() as here:
        needy = here.run("plugin", "install", wheel(wheels, "needy"), "--yes", "--json")
        assert (needy.code, needy.error()["details"]) == (5, {"missing": ["nobody-has-this>=2"]})
        unasked = here.run("plugin", "install", wheel(wheels, "acme"), "--json")
        assert (unasked.code, unasked.error()["code"]) == (2, "CONFIRMATION_NEEDED")
        lost = here.run("plugin", "install", str(tmp_path / "acme.whl"), "--yes", "--json")
        assert (lost.code, lost.error()["code"]) == (4, "NO_WHEEL")
        unknown = here.run("plugin", "check", "nobody", "--json")
        assert unknown.code == 2
        assert "No plugin 'nobody' is installed" in unknown.error()["hint"]


def test_what_runs_takes_up_what_is_installed_or_switched_off(wheels: Path) -> None:
    with environment(MPCAS2_PORT=str(free_port())) as here, running(here) as (up, address):
        before = children(up)
        told = here.run(
            "plugin", "install", wheel(wheels, "acme"), "--yes", "--no-check", "--json"
        ).json()
        assert (told["running"], told["renewed"]) == (True, True)
        assert not before & children(up)
        with signed_up(address) as http:
            (made,) = here.run("tenant", "list", "--json").json()["data"]
            tenant = made["id"]
            assert platforms(http) >= {"acme", "bluesky"}
            off = here.run("plugin", "disable", "acme", "--tenant", tenant, "--json").json()
            assert off == {"plugin": "acme", "enabled": False, "tenantId": tenant}
            assert "acme" not in platforms(http)
            refused = http.post("/social-accounts", json={"platform": "acme"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (
                404,
                "PLUGIN_DISABLED",
            )
            here.run("plugin", "enable", "acme", "--tenant", tenant, "--json").json()
            assert "acme" in platforms(http)


def children(up: subprocess.Popen[bytes]) -> set[int]:
    """Gives the process ids of the API and the workers."""
    found = psutil.Process(up.pid).children()
    return {one.pid for one in found if {"serve", "worker"} & set(one.cmdline())}


def signed_up(address: str) -> httpx.Client:
    """Signs somebody up and gives their client."""
    api = f"{address}/api/v1"
    body = {
        "email": f"a{os.getpid()}@example.org",
        "password": "Correct-Horse-7",
        "name": "Ada",
        "tenantName": "Studio",
    }
    answer = httpx.post(f"{api}/auth/register", json=body, trust_env=False)
    assert answer.status_code == 201, answer.text
    headers = {"authorization": f"Bearer {answer.json()['accessToken']}"}
    return httpx.Client(base_url=api, headers=headers, timeout=30, trust_env=False)


def platforms(http: httpx.Client) -> set[str]:
    return {one["key"] for one in http.get("/platforms").json()["data"]}
