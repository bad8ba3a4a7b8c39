from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from mpcas2_server.supervise import Program, Supervisor

FOREVER = "import time; print('on', flush=True)\nwhile True: time.sleep(60)"
# Writes its name when it is asked to end.
POLITE = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("on", flush=True)
while True: time.sleep(60)
"""


def _program(name: str, script: str, *arguments: str, **options: Any) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-c", script, *arguments),
        environment=dict(os.environ),
        **options,
    )


def _wait(supervisor: Supervisor, condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert supervisor.wait(0.05)
        assert time.monotonic() < deadline, "it did not come about in time"


def _says_on(log: Path, count: int = 1) -> bool:
    return log.exists() and log.read_text().count("on\n") >= count


def test_a_program_that_dies_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    told: list[str] = []
    log = tmp_path / "a.log"
    with Supervisor(
        [[_program("a", FOREVER, log=log)]], say=told.append, first_pause=0.01
    ) as supervisor:
        _wait(supervisor, lambda: _says_on(log))
        first = supervisor.pids()["a"]
        os.kill(first, signal.SIGKILL)
        _wait(supervisor, lambda: _says_on(log, 2))
        assert supervisor.pids()["a"] != first
        assert supervisor.deaths("a") == 1
    assert "a was ended by SIGKILL; it is started again" in told[0]
    assert str(log) in told[0]


def test_the_pauses_before_a_new_start_grow(tmp_path: Path) -> None:
    told: list[str] = []
    log = tmp_path / "a.log"
    with Supervisor(
        [[_program("a", "raise SystemExit(3)", log=log)]], say=told.append, first_pause=0.01
    ) as supervisor:
        _wait(supervisor, lambda: supervisor.deaths("a") >= 4)
    assert "ended with code 3" in told[0]
    pauses = [float(line.split(" in ")[1].split(" s")[0]) for line in told[:4]]
    assert pauses == [0.01, 0.02, 0.04, 0.08]


def test_stages_are_stopped_in_order(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    logs = [tmp_path / f"{name}.log" for name in "abc"]
    a, b, c = (
        _program(name, POLITE, str(ended), name, log=log)
        for name, log in zip("abc", logs, strict=True)
    )
    with Supervisor([[a], [b], [c]], say=lambda _text: None) as supervisor:
        _wait(supervisor, lambda: all(map(_says_on, logs)))
    assert ended.read_text().split() == ["a", "b", "c"]


def test_a_program_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    script = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}], stdout=-3)\n"
        "print(child.pid, 'on', flush=True)\n"
        "child.wait()\n"
    )
    log = tmp_path / "a.log"
    told: list[str] = []
    with Supervisor(
        [[_program("a", script, log=log, stop_seconds=0.2)]], say=told.append
    ) as supervisor:
        _wait(supervisor, lambda: _says_on(log))
        child = psutil.Process(int(log.read_text().split()[0]))
    assert any("is killed" in line for line in told)
    child.wait(10)


def test_a_signal_ends_the_wait_and_the_former_handlers_come_back(tmp_path: Path) -> None:
    former = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    log = tmp_path / "a.log"
    with Supervisor([[_program("a", FOREVER, log=log)]], say=lambda _text: None) as supervisor:
        assert supervisor.wait(0)
        os.kill(os.getpid(), signal.SIGTERM)
        assert not supervisor.wait(30)
        assert supervisor.stopping
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == former


def test_a_program_that_cannot_be_started_leaves_the_others_stopped(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    bad = Program(name="b", command=("/no/such/program",), environment={})
    supervisor = Supervisor([[_program("a", FOREVER, log=log)], [bad]], say=lambda _text: None)
    with pytest.raises(FileNotFoundError), supervisor:
        pass
    assert supervisor.pids() == {}


def test_the_environment_is_not_in_the_repr() -> None:
    assert "hunter22" not in repr(
        Program(name="a", command=("x",), environment={"PASSWORD": "hunter22"})
    )


def test_a_log_that_grows_large_is_begun_again(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    script = "print('x' * (17 * 1024 * 1024), flush=True); import time; time.sleep(600)"
    with Supervisor([[_program("a", script, log=log)]], say=lambda _text: None) as supervisor:
        _wait(supervisor, lambda: log.with_suffix(".old").exists() and log.stat().st_size < 2**20)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux alone does this")
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    child = (
        "import os, sys, time\n"
        "from mpcas2_server.supervise import die_with_parent\n"
        "die_with_parent(int(sys.argv[1]))\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = textwrap.dedent(
        f"""
        import os, subprocess, sys
        subprocess.Popen([sys.executable, "-c", {child!r}, str(os.getpid())]).wait()
        """
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    assert process.stdout is not None
    grandchild = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait()
    process.stdout.close()
    grandchild.wait(10)


def test_renewed_programs_overlap_where_they_may(tmp_path: Path) -> None:
    told: list[str] = []
    ended = tmp_path / "ended"
    renewed: list[bool] = []
    logs = {name: tmp_path / f"{name}.log" for name in ("api", "worker")}
    api = _program("api", POLITE, str(ended), "api", log=logs["api"], ready=lambda: True)
    worker = _program(
        "worker", POLITE, str(ended), "worker", log=logs["worker"], overlaps=True, stop_seconds=20
    )
    with Supervisor(
        [[api], [worker]],
        say=told.append,
        proven_seconds=0.05,
        renewed=renewed.append,
    ) as supervisor:
        _wait(supervisor, lambda: all(_says_on(log) for log in logs.values()))
        before = supervisor.pids()
        os.kill(os.getpid(), signal.SIGHUP)
        _wait(supervisor, lambda: bool(renewed))
        assert ended.read_text().split() == ["api", "worker"]
        after = supervisor.pids()
        assert before["api"] != after["api"]
        assert before["worker"] != after["worker"]
        _wait(supervisor, lambda: all(_says_on(log, 2) for log in logs.values()))
    assert "the old one finishes what it does" in told[1]
    assert supervisor.deaths("api") == supervisor.deaths("worker") == 0
    assert ended.read_text().split() == ["api", "worker"] * 2


def test_a_new_one_that_cannot_start_leaves_the_old_one_at_work(tmp_path: Path) -> None:
    told: list[str] = []
    log, broken = tmp_path / "a.log", tmp_path / "broken"
    script = (
        f"import pathlib, sys\nif pathlib.Path({str(broken)!r}).exists(): sys.exit(3)\n{FOREVER}"
    )
    renewed: list[bool] = []
    with Supervisor(
        [[_program("a", script, log=log, overlaps=True)]],
        say=told.append,
        proven_seconds=20,
        renewed=renewed.append,
    ) as supervisor:
        _wait(supervisor, lambda: _says_on(log))
        before = supervisor.pids()
        broken.touch()
        os.kill(os.getpid(), signal.SIGHUP)
        _wait(supervisor, lambda: bool(renewed))
        assert supervisor.pids() == before
    assert renewed == [False]
    assert "The new a ended with code 3; the old one goes on." in told


def test_a_stop_while_programs_are_renewed_leaves_none_behind(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    program = _program("a", FOREVER, log=log, overlaps=True)
    # Servers of other tests may run beside it.
    others = set(psutil.Process().children())
    with Supervisor([[program]], say=lambda _text: None, proven_seconds=60) as supervisor:
        _wait(supervisor, lambda: _says_on(log))
        os.kill(os.getpid(), signal.SIGHUP)
        _wait(supervisor, lambda: _says_on(log, 2))
        children = [one for one in psutil.Process().children() if one not in others]
        assert len(children) == 2
        os.kill(os.getpid(), signal.SIGTERM)
        assert not supervisor.wait(30)
    assert psutil.wait_procs(children, 10)[1] == []


def test_a_terminal_that_goes_away_ends_everything(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    script = f"""
import os, pathlib, sys
# Whoever leads a session gets the first terminal that it opens.
os.open(sys.argv[1], os.O_RDWR)
from mpcas2_server.supervise import Program, Supervisor
one = Program(name="a", command=(sys.executable, "-c", {FOREVER!r}), environment=dict(os.environ),
              log=pathlib.Path({str(log)!r}))
with Supervisor([[one]], say=lambda text: None) as supervisor:
    while supervisor.wait(1):
        pass
"""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", script, os.ttyname(theirs)], start_new_session=True
    ) as process:
        deadline = time.monotonic() + 20
        while not _says_on(log):
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.05)
        os.close(theirs)
        os.close(ours)
        assert process.wait(20) == 0
