"""Whoever connects an account learns what to do, whatever fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mpcas2_core.errors import NetworkFault
from mpcas2_platform_bluesky.adapter import BlueskyPlatform

# `desk` is a Desk of the conftest beside this file, which tests cannot import.
Desk = Any


def refusal(desk: Desk, server: str) -> str:
    """Connects to a server and gives the words of the fault."""
    credentials = {"identifier": "alice.test", "appPassword": "hunter22", "server": server}
    with pytest.raises(NetworkFault) as caught:
        desk.tell(lambda parts: parts.accounts.authorize(desk.tenant, "bluesky", credentials))
    return caught.value.message


def test_a_private_address_says_how_to_allow_it(desk: Desk) -> None:
    words = refusal(desk, "http://127.0.0.2:9")
    assert "add 127.0.0.2:9 to MPCAS2_ALLOW_PRIVATE_HOSTS" in words


def test_a_name_that_cannot_be_one_is_a_fault_of_the_network(desk: Desk) -> None:
    assert "cannot be reached" in refusal(desk, f"https://{'a' * 64}.example")


def test_a_plugin_that_breaks_is_no_fault_of_the_engine(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_self: object, credentials: dict[str, str], _ctx: object) -> None:
        raise ValueError(credentials["appPassword"])

    monkeypatch.setattr(BlueskyPlatform, "connect", broken)
    words = refusal(desk, "https://pds.example")
    assert "ValueError" in words
    assert "hunter22" not in words + "".join(capsys.readouterr())


def test_a_network_that_hangs_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hanging(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(BlueskyPlatform, "connect", hanging)
    monkeypatch.setattr("mpcas2_core.accounts.asking.SECONDS", 0.1)
    assert "did not answer" in refusal(desk, "https://pds.example")
