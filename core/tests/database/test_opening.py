"""A database that cannot be had is refused in words that help and hold no password."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from mpcas2_core.database import Database, DatabaseUnavailable

SECRET = "s3cr3tpart"


def refusal(url: str) -> str:
    with pytest.raises(DatabaseUnavailable) as caught:
        asyncio.run(Database.open(url, size=1))
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://app:{SECRET}@db.example/mpcas2",
        f"app:{SECRET}@db.example",
        f"postgresql://app:{SECRET}#x@db.example/mpcas2",
        f"postgresql://app:x/{SECRET}@db.example/mpcas2",
        f"postgresql://app:{SECRET}@db.example:port/mpcas2",
        f"postgresql://app:{SECRET}@[::1/mpcas2",
        f"{SECRET}",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    message = refusal(url)
    assert "DATABASE_URL" in message
    assert SECRET not in message


def test_a_server_that_is_not_there_is_named_by_its_setting() -> None:
    message = refusal(f"postgresql://app:{SECRET}@127.0.0.1:1/mpcas2")
    assert "Check DATABASE_URL" in message
    assert SECRET not in message


def test_a_database_that_is_not_there_is_named(fresh_database_url: str) -> None:
    url = urlsplit(fresh_database_url)._replace(path="/no_such_database").geturl()
    assert "no_such_database" in refusal(url)
