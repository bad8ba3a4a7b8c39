import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import warnings
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from mpcas2_sandbox import (
    Control,
    ControlError,
    SandboxNotFoundError,
    SandboxProcess,
    SandboxStartError,
    load_network,
    load_networks,
)


def connect(process: SandboxProcess) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(process.url)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)


def test_the_log_shows_each_request_without_its_secret(echo: SandboxProcess) -> None:
    connection = connect(echo)
    headers = {"Authorization": "Bearer very-secret"}
    connection.request("POST", "/things?a=b", b"body", headers)
    connection.getresponse().read()
    connection.request("GET", "/nowhere")
    connection.getresponse().read()
    connection.close()
    first, second = echo.control.requests()
    assert (first.number, first.method, first.path, first.query) == (1, "POST", "/things", "a=b")
    assert first.operation == "post things"
    assert first.authorization == "Bearer [redacted]"
    assert first.body_sha256 == hashlib.sha256(b"body").hexdigest()
    assert (first.body_bytes, first.status, first.outcome) == (4, 201, "answered")
    assert (second.number, second.status, second.authorization) == (2, 404, None)
    assert echo.control.requests(after=1) == [second]
    assert "very-secret" not in json.dumps(echo.control.call("GET", "requests"))


def test_one_connection_carries_many_requests(echo: SandboxProcess) -> None:
    connection = connect(echo)
    connection.connect()
    first = connection.sock.getsockname()
    for _ in range(20):
        connection.request("POST", "/things", "x")
        connection.getresponse().read()
    assert connection.sock.getsockname() == first
    connection.close()


def test_a_body_beyond_the_limit_is_answered_with_413(echo: SandboxProcess) -> None:
    connection = connect(echo)
    connection.request("POST", "/things", b"x" * 3_000_000)
    assert connection.getresponse().status == 413
    connection.close()
    assert echo.control.call("GET", "things") == []


def test_a_route_that_raises_is_answered_with_500(echo: SandboxProcess) -> None:
    connection = connect(echo)
    connection.request("GET", "/broken")
    assert connection.getresponse().status == 500
    connection.close()


def test_the_clock_moves_and_a_reset_sets_it_right(echo: SandboxProcess) -> None:
    echo.control.advance_clock(3600)
    moved = echo.control.call("GET", "clock")
    assert moved["offsetSeconds"] == 3600
    assert (datetime.fromisoformat(moved["now"]).timestamp() - time.time()) > 3000
    with pytest.raises(ControlError, match="400"):
        echo.control.call("POST", "clock", {"advanceSeconds": "much"})
    echo.control.reset()
    assert echo.control.call("GET", "clock")["offsetSeconds"] == 0


def test_a_reset_gives_the_network_a_fresh_state_and_an_empty_log(echo: SandboxProcess) -> None:
    connection = connect(echo)
    connection.request("POST", "/things", "x")
    connection.getresponse().read()
    connection.close()
    echo.control.reset()
    assert echo.control.call("GET", "things") == []
    assert echo.control.requests() == []


def test_a_wrong_number_in_the_log_query_is_refused(echo: SandboxProcess) -> None:
    with pytest.raises(ControlError, match="number of a request"):
        echo.control.call("GET", "requests?after=x")


def test_the_process_writes_its_address_into_the_ready_file(
    echo_environment: dict[str, str], tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "mpcas2_sandbox", "--network", "echo"]
    command += ["--ready-file", str(ready), "--exit-with-stdin"]
    with subprocess.Popen(
        command, env=echo_environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        assert ready.read_bytes() == line
        address = json.loads(line)
        assert address["network"] == "echo"
        assert address["control"] == address["url"] + "/_sandbox"
        assert Control(address["control"]).requests() == []
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(20) == 0


def test_the_network_ends_when_its_parent_is_killed(echo_environment: dict[str, str]) -> None:
    program = (
        "import sys, time\n"
        "from mpcas2_sandbox import SandboxProcess\n"
        "process = SandboxProcess('echo').start()\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], env=echo_environment, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        network = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _runs(network) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(network)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_unknown_network_is_refused_with_the_installed_ones(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SandboxStartError, match="ended with code 2"):
        SandboxProcess("nosuch").start()
    assert "there is no practice network 'nosuch'; installed:" in capfd.readouterr().err
    with pytest.raises(SandboxNotFoundError, match="nosuch"):
        load_network("nosuch")


def test_a_port_in_use_is_refused(echo: SandboxProcess, capfd: pytest.CaptureFixture[str]) -> None:
    port = urllib.parse.urlsplit(echo.url).port
    assert port is not None
    with pytest.raises(SandboxStartError, match="ended with code 1"):
        SandboxProcess("echo", port=port).start()
    assert f"cannot listen on 127.0.0.1:{port}" in capfd.readouterr().err


def test_a_network_that_cannot_be_loaded_does_not_hide_the_others(
    echo_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "broken_network-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-network\nVersion: 1.0\n")
    entry = "[mpcas2.sandboxes]\nbroken = echo_network:broken_network\n"
    (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(echo_package))
    monkeypatch.syspath_prepend(str(tmp_path))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        networks = load_networks()
    assert networks["echo"].title == "Echo"
    assert "broken" not in networks
    assert any("its settings are missing" in str(one.message) for one in caught)


def test_a_stopped_process_has_no_control(echo_environment: dict[str, str]) -> None:
    assert echo_environment["PYTHONPATH"]
    process = SandboxProcess("echo")
    with pytest.raises(RuntimeError, match="not running"):
        _ = process.control
    with process:
        assert process.control.requests() == []
    process.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = process.pid


def test_a_control_address_must_be_one() -> None:
    with pytest.raises(ValueError, match="looks like"):
        Control("ftp://nowhere")
