"""Servers, databases and a clean environment for every test of the repository.

PostgreSQL is started once per run, or `DATABASE_URL` names one; each test process has a Valkey, or
`REDIS_URL` names one. What a test wants of them it gets by the fixtures below.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from shared_servers import SharedServers, Stores

LEAD: pytest.StashKey[SharedServers] = pytest.StashKey()
ADDRESSES = "mpcas2_addresses"


def pytest_configure(config: pytest.Config) -> None:
    """Cleans the environment; the lead of the run keeps what servers were given."""
    from shared_servers import SharedServers, clean_environment  # noqa: PLC0415  # path is set by now

    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it puts into the background this way, and every child would inherit it:
        # tests of Ctrl-C would wait for ever.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    taken = clean_environment(os.environ)
    if not hasattr(config, "workerinput"):
        config.stash[LEAD] = SharedServers(
            database_url=taken.get("DATABASE_URL"), redis_url=taken.get("REDIS_URL")
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Runs in the xdist controller for each test process, in its main thread."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist ships no types
    addresses = config.stash[LEAD].start()
    node.workerinput[ADDRESSES] = msgspec.json.encode(addresses).decode()  # type: ignore[attr-defined]  # as above


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what the lead started."""
    lead = config.stash.get(LEAD, None)
    if lead is not None:
        lead.stop()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """The run's PostgreSQL and this process's Valkey; `database()` lends one database more."""
    from shared_servers import Addresses, Stores  # noqa: PLC0415  # path is set by now

    workerinput = getattr(request.config, "workerinput", None)
    if workerinput is None:
        addresses = request.config.stash[LEAD].start()
    else:
        addresses = msgspec.json.decode(workerinput[ADDRESSES], type=Addresses)
    number = int(workerinput["workerid"].removeprefix("gw")) if workerinput else 0
    stores = Stores(addresses, number)
    yield stores
    stores.close()


@pytest.fixture(scope="session")
def database_url(servers: Stores) -> Iterator[str]:
    """A migrated database that the tests of this process share."""
    with servers.database() as url:
        yield url


@pytest.fixture
def fresh_database_url(servers: Stores) -> Iterator[str]:
    """A migrated, empty database for one test."""
    with servers.database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(servers: Stores) -> str:
    """A Valkey database that the tests of this process share."""
    return servers.redis_url()


@pytest.fixture
def fresh_redis_url(servers: Stores) -> str:
    """An empty Valkey database for one test."""
    return servers.fresh_redis_url()


@pytest.fixture
def settings_env(
    servers: Stores, tmp_path: Path, fresh_database_url: str, fresh_redis_url: str
) -> dict[str, str]:
    """The whole environment of a process of the product: own home, own stores, nothing inherited."""
    return servers.environment(tmp_path, database_url=fresh_database_url, redis_url=fresh_redis_url)
