"""One renewal at the network whatever happens, and no stored grant is ever lost to a fault."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from mpcas2_core.accounts import ReconnectNeeded
from mpcas2_core.vault import SealedValueError
from mpcas2_hookspecs import PlatformError, RateLimited, Unauthorized, Unavailable
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_sandbox import FaultRule

REFRESH = "refreshSession"
# `desk` is a Desk of the conftest beside this file, which tests cannot import.
Desk = Any


def test_two_processes_with_fifty_calls_each_make_one_renewal(desk: Desk) -> None:
    desk.expire()
    callers = desk.callers_ready(2, calls=50)
    for caller in callers:
        caller.go()
    outcomes = [outcome for caller in callers for outcome in caller.outcomes()]
    assert len(outcomes) == 100
    assert {kind for kind, _ in outcomes} == {"Access"}
    assert len({token for _, token in outcomes}) == 1
    assert (desk.refreshes(), desk.asked()) == (1, 1)
    assert sum(caller.log.count("grant_renewed") for caller in callers) == 1
    assert desk.stored().version == 2
    # What was stored is what the network gave last.
    desk.expire()
    desk.access()
    assert desk.refreshes() == 2


def test_a_good_token_is_given_without_asking_the_network(desk: Desk) -> None:
    assert desk.access() == desk.access()
    assert desk.asked() == 0


FAULTS: dict[str, tuple[FaultRule, type[PlatformError]]] = {
    "500": (FaultRule(action="status", path=REFRESH, status=500), Unavailable),
    "503": (FaultRule(action="status", path=REFRESH, status=503), Unavailable),
    "404": (FaultRule(action="status", path=REFRESH, status=404), Unavailable),
    "429": (FaultRule(action="status", path=REFRESH, status=429), RateLimited),
    "cut": (FaultRule(action="cut_before", path=REFRESH), Unavailable),
    "no refresh token": (
        FaultRule(
            action="status",
            path=REFRESH,
            status=200,
            body={"accessJwt": "only.half.answer", "handle": "alice.test", "did": "did:plc:a"},
        ),
        Unavailable,
    ),
    "empty tokens": (
        FaultRule(
            action="status",
            path=REFRESH,
            status=200,
            body={"accessJwt": "", "refreshJwt": "", "handle": "alice.test", "did": "did:plc:a"},
        ),
        Unavailable,
    ),
    "a page": (FaultRule(action="status", path=REFRESH, status=200, body="<html>"), Unavailable),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_the_stored_grant_and_the_next_renewal_works(desk: Desk, fault: str) -> None:
    rule, expected = FAULTS[fault]
    desk.expire()
    before = desk.stored()
    desk.control.add_fault(rule)
    with pytest.raises(expected):
        desk.access()
    assert desk.stored() == before
    assert desk.standing().status == "connected"
    assert desk.access()
    assert (desk.refreshes(), desk.stored().version) == (1, 2)


@pytest.mark.parametrize(
    "rule",
    [
        FaultRule(action="delay", path=REFRESH, seconds=1.5),
        FaultRule(action="cut_after", path=REFRESH),
        FaultRule(action="malformed", path=REFRESH),
        FaultRule(action="status_after", path=REFRESH, status=500),
    ],
    ids=lambda rule: rule.action,
)
def test_an_answer_that_is_lost_keeps_the_grant_until_the_network_refuses_it(
    desk: Desk, rule: FaultRule
) -> None:
    desk.lease = 1.0
    desk.expire()
    before = desk.stored()
    desk.control.add_fault(rule)
    with pytest.raises(Unavailable):
        desk.access()
    assert desk.stored() == before
    assert desk.standing().status == "connected"
    # The network turned the token over all the same; one that is late does so after a moment.
    deadline = time.monotonic() + 20
    while desk.refreshes() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(ReconnectNeeded, match="interrupted"):
        desk.access()
    assert desk.stored() == before
    assert desk.standing().status == "expired"


def test_a_network_that_is_away_is_asked_once_for_all_callers_of_a_process(desk: Desk) -> None:
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_before", path=REFRESH))
    (caller,) = desk.callers_ready(1, calls=50)
    caller.go()
    desk.control.wait_held()
    desk.control.release_all("cut")
    outcomes = caller.outcomes()
    assert {kind for kind, _ in outcomes} == {"Unavailable"}
    assert desk.asked() == 1


def test_a_process_killed_after_the_rotation_shows_as_reconnect(desk: Desk) -> None:
    desk.lease = 1.0
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_after", path=REFRESH))
    (caller,) = desk.callers_ready(1, calls=3)
    caller.go()
    desk.control.wait_held()
    assert desk.refreshes() == 1
    caller.kill()
    desk.control.release_all()
    with pytest.raises(ReconnectNeeded, match=r"interrupted.*Reconnect"):
        desk.access()
    standing = desk.standing()
    assert standing.status == "expired"
    assert "Reconnect the account" in standing.status_reason
    # The renewal that lost the token is the only one: a dead token is not sent again and again.
    with pytest.raises(ReconnectNeeded):
        desk.access()
    assert (desk.refreshes(), desk.asked()) == (1, 2)


def test_a_process_killed_before_the_request_took_effect_is_recovered_from(desk: Desk) -> None:
    desk.lease = 1.0
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_before", path=REFRESH))
    (caller,) = desk.callers_ready(1, calls=3)
    caller.go()
    desk.control.wait_held()
    caller.kill()
    desk.control.release_all("cut")
    assert desk.access()
    assert desk.refreshes() == 1
    assert desk.standing().status == "connected"


def test_a_revoked_grant_marks_the_account_once(desk: Desk) -> None:
    desk.expire()
    desk.control.call("POST", f"accounts/{desk.person['did']}/revoke", {})
    callers = desk.callers_ready(2, calls=50)
    for caller in callers:
        caller.go()
    outcomes = [outcome for caller in callers for outcome in caller.outcomes()]
    assert {kind for kind, _ in outcomes} == {"ReconnectNeeded"}
    assert sum(caller.log.count("account_expired") for caller in callers) == 1
    standing = desk.standing()
    assert standing.status == "expired"
    assert "onnect the account" in standing.status_reason
    assert {message for _, message in outcomes} == {standing.status_reason}
    assert desk.asked() == 1


def test_a_refused_access_token_marks_the_account_once(desk: Desk) -> None:
    async def story(parts: Any) -> None:
        account = desk.account.for_adapter()
        await asyncio.gather(
            *(
                parts.broker.expire(desk.tenant, account, f"Refused {n}.", seen=None)
                for n in range(5)
            )
        )

    desk.tell(story)
    standing = desk.standing()
    assert (standing.status, standing.status_reason[:7]) == ("expired", "Refused")


def test_a_caller_that_is_cancelled_does_not_lose_the_answer(desk: Desk) -> None:
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_after", path=REFRESH))
    grant = desk.stored()

    async def story(parts: Any) -> None:
        asking = asyncio.create_task(
            parts.broker.access(desk.tenant, desk.account.for_adapter(), grant)
        )
        await asyncio.to_thread(desk.control.wait_held)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.to_thread(desk.control.release_all)
        # The end of the story closes the broker, which waits for the renewal.

    desk.tell(story)
    assert desk.stored().version == 2
    assert desk.access()
    assert desk.refreshes() == 1


def test_a_new_grant_waits_for_a_database_that_is_away(desk: Desk) -> None:
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_after", path=REFRESH))
    grant = desk.stored()
    name = urlsplit(desk.url).path[1:]

    async def story(parts: Any, log: list[Any]) -> str:
        asking = asyncio.create_task(
            parts.broker.access(desk.tenant, desk.account.for_adapter(), grant)
        )
        await asyncio.to_thread(desk.control.wait_held)
        server = await asyncpg.connect(urlsplit(desk.url)._replace(path="/postgres").geturl())
        try:
            await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await server.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1",
                name,
            )
            await asyncio.to_thread(desk.control.release_all)
            async with asyncio.timeout(20):
                while not any(line["event"] == "grant_waits" for line in log):
                    await asyncio.sleep(0.01)
            assert not asking.done()
        finally:
            await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            await server.close()
        return str((await asking).token)

    with capture_logs() as log:
        token = desk.tell(lambda parts: story(parts, log))
    assert token == desk.access()
    assert (desk.refreshes(), desk.stored().version) == (1, 2)


def test_an_account_connected_anew_during_a_renewal_keeps_the_new_grant(desk: Desk) -> None:
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_before", path=REFRESH))
    (caller,) = desk.callers_ready(1, calls=3)
    caller.go()
    desk.control.wait_held()
    desk.connect()
    new = desk.stored()
    desk.control.release_all()
    assert {kind for kind, _ in caller.outcomes()} == {"Access"}
    assert desk.stored() == new
    assert desk.standing().status == "connected"


def test_a_grant_that_is_not_there_needs_a_person(desk: Desk) -> None:
    async def story(parts: Any) -> None:
        with pytest.raises(Unauthorized, match="Connect it again"):
            await parts.broker.access(desk.tenant, desk.account.for_adapter(), None)

    desk.tell(story)


@pytest.mark.parametrize(
    ("method", "marked"), [("refresh_request", False), ("parse_refresh", True)]
)
def test_an_adapter_that_breaks_leaves_no_lease(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str, *, marked: bool
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault of the plugin")

    desk.expire()
    before = desk.stored()
    with monkeypatch.context() as patch:
        patch.setattr(BlueskyPlatform, method, broken)
        with pytest.raises(Unavailable if marked else KeyError):
            desk.access()
    left = desk.scope(lambda s: s.fetchrow("SELECT lease_until, refresh_started_at FROM grants"))
    assert left["lease_until"] is None
    # Once the network answered, the token may have been rotated: that has to be remembered.
    assert (left["refresh_started_at"] is not None) == marked
    assert desk.stored() == before


def test_a_grant_that_cannot_be_opened_leaves_no_lease(desk: Desk) -> None:
    desk.scope(lambda s: s.execute("UPDATE grants SET sealed = sealed || 'x'::bytea"))
    desk.expire()
    with pytest.raises(SealedValueError):
        desk.access()
    left = desk.scope(lambda s: s.fetchrow("SELECT lease_until, refresh_started_at FROM grants"))
    assert tuple(left) == (None, None)
