"""What `mpcas2 up` does when its parts die or are told to stop."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

HOLD = {"path": "com.atproto.repo.(putRecord|applyWrites)", "action": "hold_before", "times": 1}


def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def _child(product: Any, word: str) -> psutil.Process | None:
    for one in psutil.Process(product.process.pid).children():
        try:
            if word in one.cmdline():
                return one
        except psutil.Error:
            continue
    return None


def _ready(product: Any) -> bool:
    try:
        return httpx.get(f"{product.address}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def _replaced(product: Any, word: str, former: psutil.Process) -> bool:
    present = _child(product, word)
    return present is not None and present.pid != former.pid


@pytest.fixture
def held(product: Any) -> Any:
    """Keeps the next post waiting on the network until the test releases it."""
    control = f"{product.network}/_sandbox"
    httpx.post(f"{control}/faults", json=HOLD).raise_for_status()

    def wait_and_release(*, release: bool) -> None:
        if release:
            httpx.post(f"{control}/held/release-all", json={"action": "continue"})
        else:
            _until(lambda: bool(httpx.get(f"{control}/held").json()["held"]))

    yield wait_and_release
    httpx.delete(f"{control}/faults").raise_for_status()
    httpx.post(f"{control}/held/release-all", json={"action": "cut"}).raise_for_status()


@pytest.mark.parametrize("word", ["serve", "worker"])
def test_a_part_that_is_killed_is_started_again(word: str, product: Any) -> None:
    _until(lambda: _ready(product))
    _until(lambda: _child(product, word) is not None)
    former = _child(product, word)
    assert former is not None
    former.kill()
    _until(lambda: _replaced(product, word, former))
    _until(lambda: _ready(product))
    assert "was ended by SIGKILL; it is started again" in product.told.read_text()


def test_a_database_that_is_killed_is_started_again(product: Any) -> None:
    _until(lambda: _ready(product))
    (postgres,) = (
        one for one in psutil.Process(product.process.pid).children() if one.name() == "postgres"
    )
    postgres.kill()
    _until(lambda: not postgres.is_running() or postgres.status() == psutil.STATUS_ZOMBIE)
    _until(lambda: _ready(product), seconds=60)


def test_a_worker_that_is_told_to_stop_ends_its_post_first(
    product: Any, account: str, held: Any, cli: Any
) -> None:
    assert account
    _until(lambda: _child(product, "worker") is not None)
    job_id = cli("publish", "--text", "Held", "--json").json()["jobs"][0]["id"]
    held(release=False)
    worker = _child(product, "worker")
    assert worker is not None
    worker.terminate()
    held(release=True)
    _until(lambda: _replaced(product, "worker", worker))
    job = cli("jobs", "show", job_id, "--json").json()
    assert job["state"] == "published"
    assert len(job["attempts"]) == 1
    assert "worker ended with code 0" in product.told.read_text()


def test_a_worker_that_is_told_twice_ends_at_once(
    product: Any, account: str, held: Any, cli: Any
) -> None:
    assert account
    _until(lambda: _child(product, "worker") is not None)
    made = cli("publish", "--text", "Held", "--json").json()["jobs"][0]
    held(release=False)
    worker = _child(product, "worker")
    assert worker is not None
    log = product.home / "logs" / "worker.log"
    already = log.read_text().count("worker_draining")
    worker.terminate()
    # Two signals at the same moment would be one.
    _until(lambda: log.read_text().count("worker_draining") > already)
    worker.terminate()
    # By itself it would wait for the network's answer, for 20 s.
    _until(lambda: _replaced(product, "worker", worker), seconds=15)
    assert "worker ended with code 130" in product.told.read_text()
    assert cli("jobs", "show", made["id"], "--json").json()["state"] == "processing"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux alone does this")
def test_nothing_is_left_when_it_is_killed(
    open_folder: Path, tmp_path: Path, free_port: int, start: Any
) -> None:
    environment = {**os.environ, "MPCAS2_HOME": str(open_folder / "home")}
    process, _ = start(["up", "--port", str(free_port)], environment, tmp_path / "up.err")
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 4
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=40)
    assert alive == []
