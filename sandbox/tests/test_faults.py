import http.client
import json
import socket
import time
import urllib.parse
from typing import Any

import pytest

from mpcas2_sandbox import Action, ControlError, FaultRule, SandboxProcess


def connect(process: SandboxProcess) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(process.url)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)


def put_thing(process: SandboxProcess, thing: str = "one") -> tuple[int, Any]:
    connection = connect(process)
    try:
        connection.request("POST", "/things", thing, {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def send_raw(process: SandboxProcess, thing: str) -> socket.socket:
    """Sends a whole request and leaves the answer unread."""
    parts = urllib.parse.urlsplit(process.url)
    client = socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=20)
    head = f"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: {len(thing)}\r\n\r\n"
    client.sendall(head.encode() + thing.encode())
    return client


def things(process: SandboxProcess) -> list[str]:
    found: list[str] = process.control.call("GET", "things")
    return found


def wait_things(process: SandboxProcess, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(things(process)) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(things(process)) == count


def test_status_answers_in_place_of_the_network_and_takes_no_effect(echo: SandboxProcess) -> None:
    rule = FaultRule(
        action="status", path="^/things$", status=429, body={"error": "Slow"}, headers={"x-a": "b"}
    )
    echo.control.add_fault(rule)
    connection = connect(echo)
    connection.request("POST", "/things", "one")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (429, {"error": "Slow"})
    assert answer.headers["x-a"] == "b"
    assert things(echo) == []
    connection.request("POST", "/things", "two")
    assert connection.getresponse().status == 201
    connection.close()


def test_status_after_lets_the_request_take_effect(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="status_after", status=502))
    assert put_thing(echo) == (502, None)
    assert things(echo) == ["one"]


def test_a_delayed_request_is_answered_as_ever(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="delay", seconds=0.05))
    assert put_thing(echo) == (201, {"things": 1})


@pytest.mark.parametrize(("action", "effects"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_closes_the_connection_without_a_byte(
    echo: SandboxProcess, action: Action, effects: int
) -> None:
    echo.control.add_fault(FaultRule(action=action))
    client = send_raw(echo, "one")
    received = b""
    try:
        received = client.recv(100)
    except ConnectionResetError:
        pass  # a reset is as good as an end
    finally:
        client.close()
    assert received == b""
    assert len(things(echo)) == effects
    (logged,) = echo.control.requests()
    assert (logged.outcome, logged.fault) == ("cut", action)
    assert put_thing(echo, "two")[0] == 201


def test_malformed_answers_200_with_broken_json_after_the_effect(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="malformed"))
    with pytest.raises(json.JSONDecodeError):
        put_thing(echo)
    assert things(echo) == ["one"]


def test_truncated_sends_half_of_the_body_and_closes(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="truncated"))
    with pytest.raises(http.client.IncompleteRead) as caught:
        put_thing(echo)
    assert caught.value.partial == b'{"thin'[: len(b'{"things":1}') // 2]
    assert things(echo) == ["one"]


def test_a_request_held_before_its_effect_goes_on_when_released(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="hold_before"))
    client = send_raw(echo, "one")
    (held,) = echo.control.wait_held()
    assert (held.phase, held.client_gone, held.operation) == ("before", False, "post things")
    assert things(echo) == []
    echo.control.release(held.id)
    assert client.recv(100).startswith(b"HTTP/1.1 201")
    client.close()
    assert things(echo) == ["one"]


def test_a_held_request_whose_client_died_still_takes_effect(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="hold_before"))
    client = send_raw(echo, "late packet")
    echo.control.wait_held()
    client.close()
    (held,) = echo.control.wait_held(client_gone=True)
    echo.control.release(held.id)
    wait_things(echo, 1)
    assert things(echo) == ["late packet"]
    assert echo.control.requests()[0].outcome == "client_gone"


def test_a_request_held_after_its_effect_can_be_cut(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="hold_after"))
    client = send_raw(echo, "one")
    (held,) = echo.control.wait_held()
    assert things(echo) == ["one"]
    echo.control.release(held.id, "cut")
    try:
        assert client.recv(100) == b""
    except ConnectionResetError:
        pass
    finally:
        client.close()


def test_release_all_lets_every_held_request_go(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="hold_before", times=None))
    clients = [send_raw(echo, f"thing {number}") for number in range(3)]
    echo.control.wait_held(count=3)
    assert echo.control.release_all() == 3
    for client in clients:
        assert client.recv(100).startswith(b"HTTP/1.1 201")
        client.close()
    assert echo.control.held() == []


def test_a_rule_skips_the_first_matches_and_ends_after_its_times(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="status", status=503, after=1, times=2))
    assert [put_thing(echo)[0] for _ in range(4)] == [201, 503, 503, 201]
    (status,) = echo.control.faults()
    assert (status.seen, status.applied) == (4, 2)


def test_a_rule_picks_by_method_and_path(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="status", method="get", path="things", times=None))
    echo.control.add_fault(FaultRule(action="status", path="/others", times=None))
    assert put_thing(echo)[0] == 201
    echo.control.clear_faults()
    assert echo.control.faults() == []


@pytest.mark.parametrize(
    "order",
    [
        {"action": "explode"},
        {"path": "x"},
        {"action": "status", "path": "("},
        {"action": "status", "after": -1},
        {"action": "status", "status": 99},
        {"action": "status", "unknown": 1},
        {"action": "delay", "seconds": "long"},
        ["status"],
    ],
)
def test_a_wrong_fault_order_is_refused_with_a_reason(echo: SandboxProcess, order: object) -> None:
    with pytest.raises(ControlError, match="400"):
        echo.control.call("POST", "faults", order)
    assert echo.control.faults() == []


def test_releasing_what_is_not_held_is_refused(echo: SandboxProcess) -> None:
    with pytest.raises(ControlError, match="no request with the id 999999 is held"):
        echo.control.release(999999)


def test_a_slow_answer_is_whole_in_the_end(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="slow", seconds=0.05))
    assert put_thing(echo) == (201, {"things": 1})
    deadline = time.monotonic() + 20
    while echo.control.requests()[0].outcome == "open" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert echo.control.requests()[0].outcome == "answered"


def test_a_repeated_request_takes_effect_twice(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="duplicate"))
    assert put_thing(echo) == (201, {"things": 2})
    assert things(echo) == ["one", "one"]
    logged = [(one.number, one.fault, one.outcome) for one in echo.control.requests()]
    assert logged == [(1, "duplicate", "client_gone"), (2, "duplicate", "answered")]


def test_a_connection_is_cut_while_the_body_is_read(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="status", status=503, after=1))
    echo.control.add_fault(FaultRule(action="cut_body", path="^/things$"))
    parts = urllib.parse.urlsplit(echo.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=20) as one:
        one.sendall(b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        one.sendall(b"x" * 600)
        with pytest.raises(ConnectionResetError):
            one.recv(1)
    assert things(echo) == []
    (logged,) = echo.control.requests()
    assert (logged.fault, logged.outcome, logged.status) == ("cut_body", "cut", None)
    assert 500 <= logged.body_bytes < 1000
    assert put_thing(echo) == (201, {"things": 1})
    assert put_thing(echo)[0] == 503


def test_a_request_without_a_body_can_be_cut_too(echo: SandboxProcess) -> None:
    echo.control.add_fault(FaultRule(action="cut_body"))
    connection = connect(echo)
    connection.request("GET", "/things")
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    connection.close()


def test_a_rule_keeps_what_it_says_about_the_body(echo: SandboxProcess) -> None:
    silent = echo.control.add_fault(FaultRule(action="status"))
    empty = echo.control.add_fault(FaultRule(action="status", body=None))
    assert silent.rule == FaultRule(action="status")
    assert empty.rule.body is None
    assert put_thing(echo) == (500, None)
