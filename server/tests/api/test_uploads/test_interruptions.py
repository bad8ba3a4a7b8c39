import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8000
HALF = len(PDF) * 2 // 5
BYTES = "application/offset+octet-stream"
TUS = {"tus-resumable": "1.0.0"}


def code_of(answer: Any) -> str:
    code: str = answer.json()["error"]["code"]
    return code


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_cut_at_two_fifths_is_resumed_over_another(
    user: Any, reset: bool, waits: Callable[..., None]
) -> None:
    path = user.begun(len(PDF))
    user.cut(path, 0, PDF[:HALF], reset=reset)
    # While the server still waits for the lost connection, it says so and keeps its bytes.
    waits(lambda: user.offset(path) > 0)
    waits(lambda: user.send(path, user.offset(path), b"").status_code != 423)
    kept = user.offset(path)
    assert 0 < kept <= HALF
    with httpx.Client(base_url=user.server.url, headers=user.http.headers) as other:
        headers = {**TUS, "content-type": BYTES, "upload-offset": str(kept)}
        done = other.patch(path, content=PDF[kept:], headers=headers)
    assert done.headers["upload-state"] == "done"
    assert user.whole_file(done.headers["upload-content-id"]) == PDF
    assert len(user.files()) == 1


def test_a_server_killed_at_two_fifths_goes_on_after_its_restart(
    own_user: Any, waits: Callable[..., None]
) -> None:
    user, server = own_user, own_user.server
    path = user.begun(len(PDF))
    gate = threading.Event()

    def stuck() -> Iterator[bytes]:
        yield PDF[:HALF]
        gate.wait(60)

    def send() -> None:
        with pytest.raises(httpx.TransportError):
            user.send(path, 0, stuck())

    sender = threading.Thread(target=send)
    sender.start()
    waits(lambda: sum(one.stat().st_size for one in user.files()) >= HALF // 2)
    server.kill()
    gate.set()
    sender.join()
    server.start()
    waits(lambda: user.send(path, user.offset(path), b"").status_code == 204)
    kept = user.offset(path)
    assert 0 < kept <= HALF
    done = user.send(path, kept, PDF[kept:])
    assert done.headers["upload-state"] == "done"
    assert user.whole_file(done.headers["upload-content-id"]) == PDF
    assert len(user.files()) == 1


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="Linux alone limits a process")
def test_a_store_without_room_is_said_and_the_upload_goes_on_later(
    own_user: Any, waits: Callable[..., None]
) -> None:
    user, server = own_user, own_user.server
    path = user.begun(len(PDF))
    main = psutil.Process(server.pid)
    processes = [main, *main.children(recursive=True)]
    before = [process.rlimit(psutil.RLIMIT_FSIZE) for process in processes]
    try:
        for process, (_, hard) in zip(processes, before, strict=True):
            # Beyond the log that the process writes, below the file.
            process.rlimit(psutil.RLIMIT_FSIZE, (1_000_000, hard))
        answer = user.send(path, 0, PDF)
    finally:
        for process, limit in zip(processes, before, strict=True):
            process.rlimit(psutil.RLIMIT_FSIZE, limit)
    assert (answer.status_code, code_of(answer)) == (507, "STORAGE_FULL")
    kept = user.offset(path)
    assert 0 <= kept <= 1_000_000
    done = user.send(path, kept, PDF[kept:])
    assert done.headers["upload-state"] == "done"
    assert user.whole_file(done.headers["upload-content-id"]) == PDF
    assert len(user.files()) == 1


def test_a_store_that_vanished_is_a_clear_answer_and_bytes_are_asked_for_again(
    user: Any,
) -> None:
    path = user.begun(len(PDF))
    user.send(path, 0, PDF[:HALF])
    store = user.server.media / user.tenant_id
    aside = store.with_name(f"{user.tenant_id}.aside")
    store.rename(aside)
    store.write_bytes(b"no folder")
    try:
        answer = user.send(path, HALF, PDF[HALF:])
        assert (answer.status_code, code_of(answer)) == (503, "STORAGE_UNAVAILABLE")
    finally:
        store.unlink()
    for offset in (0, HALF):
        # Whoever is refused learns the right offset, and so does whoever asks from then on.
        wrong = user.send(path, HALF - offset, PDF[HALF - offset :])
        assert (wrong.status_code, wrong.json()["error"]["details"]) == (409, {"offset": offset})
        assert user.offset(path) == offset
        if offset == 0:
            shutil.rmtree(store)
            aside.rename(store)
    assert user.send(path, HALF, PDF[HALF:]).headers["upload-state"] == "done"
    assert len(user.files()) == 1


def test_a_large_upload_needs_little_memory(own_user: Any) -> None:
    size, step = 150_000_000, 1_000_000
    assert own_user.send(own_user.begun(len(PDF)), 0, PDF).status_code == 204
    path = own_user.begun(size)
    main = psutil.Process(own_user.server.pid)

    def memory() -> int:
        return sum(one.memory_info().rss for one in [main, *main.children(recursive=True)])

    before, most = memory(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal most
        yield PDF[:step]
        for _ in range(size // step - 1):
            yield bytes(step)
            most = max(most, memory())

    half = own_user.send(path, 0, pieces(), **{"content-length": str(size)})
    assert half.headers["upload-state"] == "done"
    assert most - before < 64 * 1024 * 1024
