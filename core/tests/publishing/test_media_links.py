"""Adapters are given addresses from which a network can fetch, or words about what is missing."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from mpcas2_core.content.links import MediaLinks
from mpcas2_core.database import Tenant
from mpcas2_core.publishing.context import PartContext
from mpcas2_hookspecs import Account, Media, Rejected

FILE = Media(id="ab" * 32, kind="image", mime_type="image/png", size=5)


def context(links: MediaLinks) -> PartContext:
    unused = cast("Any", None)
    return PartContext(
        account=Account(id="1", platform="x", platform_account_id="a", username="ada"),
        clients=unused,
        token="",
        meter=unused,
        journal={},
        save=unused,
        storage=unused,
        links=links,
        tenant=Tenant(id=UUID(int=7), name="Studio", schema="t_7"),
    )


@pytest.mark.parametrize(
    ("address", "nearby"),
    [("https://posts.example.org", False), ("http://127.0.0.1:3001", True)],
)
def test_an_address_that_networks_reach_is_handed_out_for_a_day(
    address: str, *, nearby: bool
) -> None:
    links = MediaLinks("secret", address, networks_nearby=nearby, clock=lambda: 1000.0)
    url = context(links).media_url(FILE)
    assert url.startswith(f"{address}/media/")
    read = links.read(url.rpartition("/")[2])
    assert (read.sha256, read.mime_type, read.tenant_id) == (FILE.id, "image/png", UUID(int=7))
    assert read.expires_at.timestamp() == 1000 + 24 * 3600


@pytest.mark.parametrize("address", ["http://127.0.0.1:3001", "http://posts.example.org"])
def test_without_such_an_address_the_words_name_the_setting(address: str) -> None:
    with pytest.raises(Rejected, match="MPCAS2_PUBLIC_URL to an https:// address"):
        context(MediaLinks("secret", address)).media_url(FILE)
