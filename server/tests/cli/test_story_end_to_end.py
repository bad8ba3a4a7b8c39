"""The whole way through real processes: up, practice network, sign-in, posts, stop."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from PIL import Image

from mpcas2_core.servers import LocalServers
from mpcas2_server.cli.session import SessionFile

PASSWORD = "Correct-horse-7"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (40, 30), (200, 20, 20)).save(path)
    return path


def test_a_post_with_a_picture_is_published_while_the_command_waits(
    account: str, picture: Path, cli: Any
) -> None:
    done = cli(
        *("publish", str(picture), "--text", "Hello", "--alt", "red", "--wait", "--json"),
        *("--to", "bluesky:@alice.test", "--option", 'langs=["en"]', "--timeout", "60"),
    )
    assert done.code == 0, done.err
    (job,) = done.json()["jobs"]
    assert job["state"] == "published"
    story = cli("jobs", "show", job["id"])
    assert story.code == 0
    assert job["platformPostUrl"] in story.out
    assert "Hello" in story.out
    assert "published" in story.out


def test_a_dry_run_shows_the_post_and_leaves_nothing_behind(
    account: str, picture: Path, cli: Any
) -> None:
    shown = cli("publish", str(picture), "--text", "Hello #spring", "--alt", "red", "--dry-run")
    assert shown.code == 0, shown.err
    told = " ".join(shown.out.split())
    assert "Hello #spring (13 of 300 characters" in told
    assert "image/png, 40 x 30" in told
    assert "hashtag #spring" in told
    assert cli("content", "list", "--json").json()["data"] == []
    assert cli("jobs", "list", "--json").json()["data"] == []


def test_progress_is_told_line_by_line_without_a_terminal(account: str, cli: Any) -> None:
    done = cli("publish", "--text", "One", "--thread", "Two", "--wait", "--timeout", "60")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "published" in lines[-1]
    assert "https://" in lines[-1]
    listed = cli("jobs", "list")
    assert "\tpublished\t" in listed.out


def test_a_scheduled_post_can_be_moved_and_cancelled(account: str, cli: Any) -> None:
    made = cli("publish", "--text", "Later", "--at", "in 2 h", "--json")
    assert made.code == 0, made.err
    job_id = made.json()["jobs"][0]["id"]
    moved = cli("jobs", "reschedule", job_id, "--at", "2031-01-01 09:00", "--tz", "Europe/Berlin")
    assert moved.code == 0, moved.err
    assert "is scheduled for 2031-01-01" in moved.out
    cancelled = cli("jobs", "cancel", job_id, "--json")
    assert cancelled.json()["state"] == "cancelled"
    again = cli("jobs", "cancel", job_id, "--json")
    assert again.code == 5
    assert again.error()["code"] == "JOB_STATE"


def test_a_refused_post_leaves_no_content_behind(account: str, picture: Path, cli: Any) -> None:
    refused = cli("publish", str(picture), "--text", "x" * 400, "--json")
    assert refused.code == 1
    assert refused.error()["message"]
    assert cli("content", "list", "--json").json()["data"] == []


def test_a_broken_second_file_takes_the_first_back(
    account: str, picture: Path, tmp_path: Path, cli: Any
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture.read_bytes()[:60])
    refused = cli("publish", str(picture), str(broken), "--text", "Two", "--json")
    assert refused.code == 1
    assert refused.error()["message"].startswith(f"{broken}: ")
    assert refused.error()["details"]["file"] == str(broken)
    assert cli("content", "list", "--json").json()["data"] == []


def test_a_network_that_refuses_for_good_ends_with_code_7(
    product: Any, account: str, cli: Any
) -> None:
    faults = f"{product.network}/_sandbox/faults"
    rule = {
        "path": "com.atproto.repo.(putRecord|applyWrites)",
        "action": "status",
        "status": 400,
        "body": {"error": "InvalidRequest", "message": "Not today"},
        "times": None,
    }
    httpx.post(faults, json=rule).raise_for_status()
    try:
        failed = cli("publish", "--text", "Refused", "--wait", "--timeout", "60")
    finally:
        httpx.delete(faults).raise_for_status()
    assert failed.code == 7
    assert "failed" in failed.out
    assert "jobs retry" in failed.err


def test_waiting_ends_at_its_time_and_the_post_goes_on(account: str, cli: Any) -> None:
    late = cli("publish", "--text", "x", "--at", "in 1 h", "--wait", "--timeout", "0", "--json")
    assert late.code == 1
    assert late.error()["code"] == "TIMEOUT"
    assert cli("jobs", "list", "--json").json()["data"][0]["state"] == "scheduled"


def test_accounts_are_listed_renewed_and_removed(product: Any, account: str, cli: Any) -> None:
    listed = cli("account", "list")
    assert f"{account}\tbluesky\t@alice.test\tconnected" in listed.out
    renewed = cli(
        *("account", "connect", "bluesky", "--field", "identifier=alice.test"),
        *("--field", f"server={product.network}", "--secret-stdin", "appPassword", "--json"),
        stdin=product.app_passwords["alice.test"],
    )
    assert renewed.json()["id"] == account
    late = cli("account", "late-policy", "@alice.test", "--within", "15", "--otherwise", "skip")
    assert "up to 15 minutes late; later ones become missed" in late.out, late.err
    (shown,) = cli("account", "list", "--json").json()["data"]
    assert shown["latePolicy"] == {"withinMinutes": 15, "otherwise": "skip"}
    cli("publish", "--text", "Later", "--at", "in 2 h")
    removed = cli("account", "remove", "@alice.test")
    assert removed.code == 0, removed.err
    assert "1 pending posts were cancelled" in removed.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["account", "connect", "nowhere"], 4),
        (["account", "connect", "bluesky", "--field", "color=red"], 2),
        (["account", "connect", "bluesky", "--field", "identifier=alice.test"], 2),
        (["account", "remove", "@nobody"], 4),
        (["account", "late-policy", "@nobody", "--within", "1", "--otherwise", "ask"], 4),
        (["publish", "--text", "x"], 4),
        (["publish", "--text", "x", "--to", "@nobody"], 4),
        (["jobs", "show", "latest"], 4),
        (["jobs", "show", "93e2c8768395"], 4),
        (["jobs", "show", "01a208d1-306c-7238-8acd-93e2c8768395"], 4),
        (["content", "show", "01a208d1-306c-7238-8acd-93e2c8768395"], 4),
        (["content", "delete", "01a208d1-306c-7238-8acd-93e2c8768395"], 4),
        (["jobs", "retry", "01a208d1-306c-7238-8acd-93e2c8768395"], 4),
    ],
    ids=str,
)
def test_what_the_server_refuses_has_its_exit_code(
    arguments: list[str], code: int, signed_in: str, cli: Any
) -> None:
    refused = cli(*arguments, "--json")
    assert refused.code == code
    assert refused.error()["message"]


def test_signing_in_and_out(product: Any, signed_in: str, cli: Any, tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "home" / "session.json")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert signed_in in cli("whoami").out
    wrong = cli("login", "--email", signed_in, "--password-stdin", stdin="Wrong-horse-7")
    assert wrong.code == 3
    assert cli("logout").code == 0
    assert not file.path.exists()
    assert cli("whoami").code == 3
    back = cli("login", "--email", signed_in, "--password-stdin", "--json", stdin=PASSWORD)
    assert back.json()["email"] == signed_in
    assert PASSWORD not in back.out


def test_an_ended_access_token_is_renewed_on_the_way(
    signed_in: str, cli: Any, tmp_path: Path
) -> None:
    file = SessionFile(tmp_path / "home" / "session.json")
    before = json.loads(file.path.read_text())
    file.path.write_text(json.dumps({**before, "expiresAt": time.time() - 1}))
    assert cli("whoami").code == 0
    after = json.loads(file.path.read_text())
    assert after["refreshToken"] != before["refreshToken"]


def test_an_operator_works_beside_the_running_product(
    product: Any, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPCAS2_HOME", str(product.home))
    name = "Operator's"
    made = cli(
        *("tenant", "create", name, "--email", "op@example.org", "--generate-password", "--json")
    )
    assert made.code == 0, made.err
    assert len(made.json()["password"]) > 15
    tenant_id = made.json()["tenantId"]
    assert any(one["id"] == tenant_id for one in cli("tenant", "list", "--json").json()["data"])
    user = cli(
        *("user", "create", "ed@example.org", "--tenant", name, "--password-stdin", "--json"),
        stdin=PASSWORD,
    )
    assert (user.json()["role"], user.json()["newLogin"]) == ("editor", True)
    other = cli("tenant", "create", "Other", "--email", "o2@example.org", "--generate-password")
    assert "Password (shown this once)" in other.out
    again = cli(
        *("user", "create", "ed@example.org", "--tenant", "Other", "--generate-password", "--json")
    )
    assert again.json()["newLogin"] is False
    assert "password" not in again.json()
    new = cli("user", "create", "new@example.org", "--tenant", "Other", "--json")
    assert (new.code, new.error()["details"]["field"]) == (1, "password")
    assert cli("tenant", "rotate-master", "--json").json() == {"sealed": 0}
    listed = cli("user", "list", "--tenant", tenant_id, "--json").json()["data"]
    assert [one["email"] for one in listed] == ["op@example.org", "ed@example.org"]
    weak = cli(
        *("user", "create", "x@example.org", "--tenant", name, "--password-stdin", "--json"),
        stdin="weak",
    )
    assert (weak.code, weak.error()["code"]) == (1, "WEAK_PASSWORD")
    nobody = cli("user", "list", "--tenant", "nobody", "--json")
    assert (nobody.code, nobody.error()["code"]) == (4, "UNKNOWN_TENANT")


def test_parts_refuse_a_database_that_is_not_migrated(
    product: Any, cli: Any, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    servers = LocalServers.attach(product.home)
    assert servers is not None
    url = servers.database_url

    async def make() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("CREATE DATABASE behind")
        finally:
            await connection.close()

    asyncio.run(make())
    monkeypatch.setenv("DATABASE_URL", f"{url.rpartition('/')[0]}/behind")
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    for arguments in (["worker"], ["serve", "--port", str(free_port)]):
        refused = cli(*arguments)
        assert refused.code == 1
        assert "Run `mpcas2 migrate`" in refused.err


def test_doctor_and_migrate_beside_the_running_product(
    product: Any, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPCAS2_HOME", str(product.home))
    monkeypatch.setenv("MPCAS2_PORT", product.address.rpartition(":")[2])
    report = cli("doctor", "--json")
    assert report.code == 0, report.out
    findings = report.json()["findings"]
    assert {one["area"] for one in findings} >= {
        "versions",
        "storage",
        "port",
        "address",
        "plugin",
        "database",
        "clock",
        "migrations",
        "queue",
    }
    assert any("MPCAS2 answers" in one["message"] for one in findings)
    password = (product.home / "secrets" / "postgres-password").read_text().strip()
    assert password not in report.out
    again = cli("migrate", "--json")
    assert again.json()["applied"] == 0


def test_a_backup_can_be_made_while_it_runs_and_restored_elsewhere(
    product: Any, cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_folder: Path
) -> None:
    monkeypatch.setenv("MPCAS2_HOME", str(product.home))
    archive = tmp_path / "all.tar.gz"
    made = cli("backup", str(archive), "--json")
    assert made.code == 0, made.err
    assert "master-key" in made.json()["secrets"]
    refused = cli("restore", str(archive), "--json")
    assert (refused.code, refused.error()["code"]) == (5, "RUNNING")
    other = open_folder / "other"
    # In a process of its own: servers are started from a main thread and signals are its own.
    restored = subprocess.run(
        [sys.executable, "-m", "mpcas2_server.cli", "restore", str(archive), "--json"],
        env={"MPCAS2_HOME": str(other), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["database_bytes"] > 0


def test_a_second_start_and_a_taken_port_are_refused_clearly(
    product: Any, tmp_path: Path, open_folder: Path
) -> None:
    def up(home: Path, port: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mpcas2_server.cli", "up", "--port", port, "--json"],
            env={"MPCAS2_HOME": str(home), "PATH": "", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    port = product.address.rpartition(":")[2]
    second = up(product.home, port)
    assert second.returncode == 1
    assert f"Process {product.process.pid}" in json.loads(second.stderr)["error"]["message"]
    taken = up(open_folder / "elsewhere", port)
    assert taken.returncode == 5
    assert json.loads(taken.stderr)["error"]["code"] == "PORT_UNUSABLE"
    assert not (open_folder / "elsewhere" / "servers.json").exists()
