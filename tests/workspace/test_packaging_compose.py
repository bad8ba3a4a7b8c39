"""The compose file: its commands and settings exist, its secrets are made, and nothing stands open."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.workspace.deployed import DEPLOY, SETTINGS, check_command

from mpcas2_core.settings import Settings
from mpcas2_core.vault import MasterKeys

OURS = ("migrate", "app", "worker")
CONDITIONS = {"service_healthy", "service_completed_successfully", "service_started"}
SECRET = re.compile(r"^/run/secrets/(.+)$")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `deploy/make-secrets` makes."""
    folder = tmp_path_factory.mktemp("deploy") / "secrets"
    make_secrets(folder)
    return folder


def make_secrets(*arguments: str | Path) -> None:
    subprocess.run([DEPLOY / "make-secrets", *arguments], check=True, capture_output=True)


def test_the_services_are_the_stores_one_migration_the_api_and_a_worker(
    services: dict[str, dict[str, Any]],
) -> None:
    assert set(services) == {"postgres", "valkey", *OURS}
    for name in OURS:
        check_command(services[name]["command"])
    assert [services[name]["command"] for name in OURS] == [["migrate"], ["serve"], ["worker"]]


def test_ours_are_one_image_of_this_version_built_from_the_checkout(
    services: dict[str, dict[str, Any]], metapackage: dict[str, Any], root: Path
) -> None:
    version = metapackage["project"]["version"]
    for name in OURS:
        build = services[name]["build"]
        context = (DEPLOY / build["context"]).resolve()
        assert context == root.resolve()
        assert (context / build["dockerfile"]).is_file()
        assert services[name]["image"] == f"mpcas2:{version}"


def test_images_of_others_have_a_tag(services: dict[str, dict[str, Any]]) -> None:
    for name in ("postgres", "valkey"):
        assert re.fullmatch(r"[a-z/]+:\d+[\w.-]*", services[name]["image"])


def test_every_setting_exists(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert set(services[name]["environment"]) <= SETTINGS


def test_what_a_service_names_is_declared(
    compose: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    for service in services.values():
        named = [mount.partition(":")[0] for mount in service.get("volumes", [])]
        assert set(named) <= set(compose["volumes"])
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        read = (SECRET.match(str(value)) for value in service.get("environment", {}).values())
        assert {one[1] for one in read if one} == set(service.get("secrets", []))


def test_nobody_waits_for_a_state_that_never_comes(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            assert how["condition"] in CONDITIONS
            if how["condition"] == "service_healthy":
                assert "test" in services[name]["healthcheck"]
            if how["condition"] == "service_completed_successfully":
                assert services[name]["restart"] != "unless-stopped"


def test_api_and_worker_start_after_the_migration(services: dict[str, dict[str, Any]]) -> None:
    for name in ("app", "worker"):
        waits = services[name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully"


def test_only_this_machine_reaches_the_api_and_nobody_the_stores(
    compose: dict[str, Any], services: dict[str, dict[str, Any]]
) -> None:
    ports = {name: one["ports"] for name, one in services.items() if "ports" in one}
    assert list(ports) == ["app"]
    assert all(port.startswith("127.0.0.1:") and port.endswith(":3001") for port in ports["app"])
    assert compose["networks"]["stores"]["internal"] is True
    assert all(services[name]["networks"] == ["stores"] for name in ("postgres", "valkey"))


def test_ours_may_write_nothing_but_their_home(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["volumes"] == ["home:/var/lib/mpcas2"]


def test_a_stop_leaves_a_worker_the_time_to_end_its_posts(
    services: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    drain = Settings.load({"MPCAS2_HOME": str(tmp_path)}).drain_seconds
    assert float(services["worker"]["stop_grace_period"].removesuffix("s")) > drain + 5


def test_the_secrets_that_are_made_are_the_ones_that_are_mounted(
    compose: dict[str, Any], secrets: Path
) -> None:
    assert {one["file"] for one in compose["secrets"].values()} == {
        f"secrets/{path.name}" for path in secrets.iterdir()
    }


def test_the_product_starts_with_the_secrets_that_are_made(
    services: dict[str, dict[str, Any]], secrets: Path, tmp_path: Path
) -> None:
    environment = {
        name: SECRET.sub(lambda found: str(secrets / found[1]), value)
        for name, value in services["app"]["environment"].items()
        if not value.startswith("${")
    }
    settings = Settings.load({**environment, "MPCAS2_HOME": str(tmp_path)})
    assert settings.database_url is not None
    password = (secrets / "postgres-password").read_text()
    assert settings.database_url == f"postgresql://mpcas2:{password}@postgres:5432/mpcas2"
    MasterKeys(settings.master_key or "")
    made = [path.read_bytes() for path in secrets.iterdir()]
    assert len(set(made)) == len(made)


def test_secrets_are_hidden_by_their_folder_and_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder, "postgresql://elsewhere/db")
    assert folder.stat().st_mode & 0o777 == 0o700
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before["database-url"] == b"postgresql://elsewhere/db\n"
    make_secrets(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_made_secrets_are_not_committed() -> None:
    assert "secrets/" in (DEPLOY / ".gitignore").read_text().splitlines()
