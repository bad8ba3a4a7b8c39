"""Homes for servers under test, in folders that the servers' user can enter, and SQL in one line."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from mpcas2_core.servers import LocalServers

Query = Callable[..., Any]


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    """A folder that every user can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-servers-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """The same for one test."""
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-servers-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def servers(module_folder: Path) -> Iterator[LocalServers]:
    """Both servers, shared by the tests of a module."""
    with LocalServers(module_folder / "home", durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def query() -> Query:
    """Runs one statement on a database URL and gives the first value of the first row."""

    def run(url: str, statement: str) -> Any:
        async def once() -> Any:
            connection = await asyncpg.connect(url)
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return asyncio.run(once())

    return run
