"""A server of canned answers, and an account on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mpcas2_hookspecs import Account
from mpcas2_testing import CannedServer, serve_canned


@pytest.fixture
def canned() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def account(canned: CannedServer) -> Account:
    return Account(
        id="a",
        platform="bluesky",
        platform_account_id="did:plc:alice",
        username="alice.test",
        data={"did": "did:plc:alice", "pds": canned.url, "web": "https://bsky.app"},
    )
