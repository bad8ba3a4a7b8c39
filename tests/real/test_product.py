"""The real server shows what the product says that it published."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.real.gate import Gate, Stop
from tests.real.product import Product, noise
from workers import Forge

from mpcas2_core.publishing.compose import PostMetadata, ThreadPart
from mpcas2_core.publishing.story import Story

if TYPE_CHECKING:
    from shared_servers import Stores

    # A conftest has no import path at run time.
    from tests.real.conftest import Account, RealPds

POST = "app.bsky.feed.post"
PUT = "com.atproto.repo.putRecord"
SENT = {"published", "found"}


@pytest.fixture(scope="module")
def product(servers: Stores) -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-product-"))
    env = {
        "PATH": str(Path(sys.executable).parent),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "MPCAS2_HOME": str(folder / "home"),
        "REDIS_URL": servers.fresh_redis_url(),
        "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1,localhost",
    }
    (folder / "home").mkdir()
    try:
        with servers.database() as url, Forge(folder) as forge:
            installed = Product({**env, "DATABASE_URL": url}, forge)
            installed.start()
            yield installed
            installed.stop()
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Connected:
    """An account on the real server that is connected to the product."""

    account: Account
    account_id: UUID
    app_password: str = field(repr=False)


@pytest.fixture
def connected(product: Product, real_pds: RealPds) -> Connected:
    account = real_pds.create_account()
    password = real_pds.create_app_password(account)
    return Connected(account, product.connect(account.handle, password, real_pds.url), password)


@pytest.fixture
def worker(product: Product) -> Iterator[None]:
    running = product.worker()
    yield
    running.terminate()
    assert running.wait() == 0


class Network:
    """Reads the server by plain HTTP without credentials, as anybody can."""

    def __init__(self, http: httpx.Client, did: str) -> None:
        self._http, self._did = http, did

    def get(self, method: str, **query: str) -> httpx.Response:
        answer = self._http.get(method, params=query)
        answer.raise_for_status()
        return answer

    def records(self) -> list[dict[str, Any]]:
        query = {"repo": self._did, "collection": POST, "limit": "100", "reverse": "true"}
        listed: list[dict[str, Any]] = self.get("com.atproto.repo.listRecords", **query).json()[
            "records"
        ]
        return listed

    def blob(self, cid: str) -> bytes:
        return self.get("com.atproto.sync.getBlob", did=self._did, cid=cid).content


def told_and_there(story: Story, network: Network) -> list[dict[str, Any]]:
    """Compares what the product tells with all that the account has, and gives the records."""
    told = []
    for part in story.parts:
        done = [one for one in story.attempts if one.position == part.position]
        (answer,) = [one.answer for one in done if one.outcome in SENT]
        assert answer is not None
        assert answer["id"] == part.post_id
        told.append((part.post_id, answer["data"]["cid"], part.text))
    there = network.records()
    assert told == [(one["uri"], one["cid"], one["value"]["text"]) for one in there]
    for one in there:
        repo, collection, key = one["uri"].removeprefix("at://").split("/")
        query = {"repo": repo, "collection": collection, "rkey": key}
        assert network.get("com.atproto.repo.getRecord", **query).json() == one
    assert story.job.platform_post_id == there[0]["uri"]
    return [one["value"] for one in there]


@pytest.fixture
def network(http: httpx.Client, connected: Connected) -> Network:
    return Network(http, connected.account.did)


# What a post is made of


@pytest.mark.usefixtures("worker")
def test_links_mentions_and_tags_behind_emoji_are_where_the_bytes_are(
    product: Product, real_pds: RealPds, connected: Connected, network: Network
) -> None:
    friend = real_pds.create_account()
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    text = f"{family} Grüße @{friend.handle}: https://example.com/ä?q=1, \N{ROCKET} #größe jetzt"
    job = product.submit(connected.account_id, PostMetadata(text=text))
    (record,) = told_and_there(product.wait_state(job, "published"), network)
    facets = {}
    for facet in record["facets"]:
        index, (feature,) = facet["index"], facet["features"]
        shown = record["text"].encode()[index["byteStart"] : index["byteEnd"]].decode()
        facets[shown] = {key: value for key, value in feature.items() if key != "$type"}
    assert facets == {
        f"@{friend.handle}": {"did": friend.did},
        "https://example.com/ä?q=1": {"uri": "https://example.com/ä?q=1"},
        "#größe": {"tag": "größe"},
    }


@pytest.mark.usefixtures("worker")
def test_four_pictures_arrive_byte_by_byte_with_their_alternative_texts(
    product: Product, connected: Connected, network: Network
) -> None:
    kinds = ("JPEG", "PNG", "WEBP", "JPEG")
    pictures = [
        (product.picture(noise(kind, number), f"{number}.{kind.lower()}"), f"picture {number} ✓")
        for number, kind in enumerate(kinds)
    ]
    job = product.submit(connected.account_id, PostMetadata(text="four"), pictures=pictures)
    story = product.wait_state(job, "published")
    (record,) = told_and_there(story, network)
    images = record["embed"]["images"]
    assert [image["alt"] for image in images] == [alt for _, alt in pictures]
    assert {tuple(image["aspectRatio"].values()) for image in images} == {(96, 64)}
    there = [network.blob(image["image"]["ref"]["$link"]) for image in images]
    assert there == [picture.data for picture, _ in pictures]
    told = [entry["sha256"] for entry in story.parts[0].media]
    assert told == [hashlib.sha256(data).hexdigest() for data in there]


@pytest.mark.usefixtures("worker")
def test_a_thread_of_three_answers_post_by_post(
    product: Product, connected: Connected, network: Network
) -> None:
    wishes = PostMetadata(
        text="one", thread=(ThreadPart(text="two"), ThreadPart(text="three")), options={}
    )
    job = product.submit(connected.account_id, wishes)
    told_and_there(product.wait_state(job, "published"), network)
    first, second, third = network.records()
    refs = [{"uri": one["uri"], "cid": one["cid"]} for one in (first, second)]
    assert "reply" not in first["value"]
    assert second["value"]["reply"] == {"root": refs[0], "parent": refs[0]}
    assert third["value"]["reply"] == {"root": refs[0], "parent": refs[1]}


@pytest.mark.usefixtures("worker")
def test_link_card_languages_and_labels_are_in_the_record(
    product: Product, connected: Connected, network: Network
) -> None:
    card = {"uri": "https://example.com/", "title": "Example", "description": "A page."}
    options = {"external": card, "langs": ["de", "en"], "labels": ["nudity"]}
    job = product.submit(connected.account_id, PostMetadata(text="card", options=options))
    (record,) = told_and_there(product.wait_state(job, "published"), network)
    assert record["embed"] == {"$type": "app.bsky.embed.external", "external": card}
    assert record["langs"] == ["de", "en"]
    assert record["labels"] == {
        "$type": "com.atproto.label.defs#selfLabels",
        "values": [{"val": "nudity"}],
    }


# Lost answers and dead workers


@pytest.mark.parametrize("stopped", ["request", "answer"])
def test_a_worker_killed_between_mark_and_answer_leaves_one_post(
    product: Product, real_pds: RealPds, connected: Connected, network: Network, stopped: Stop
) -> None:
    with Gate(real_pds.url) as gate:
        product.reach_through(connected.account_id, gate.url)
        gate.lose(stopped, PUT, hold=True)
        first = product.worker()
        job = product.submit(connected.account_id, PostMetadata(text="once"))
        gate.wait_reached()
        first.kill()
        gate.let_go()
        assert len(network.records()) == (stopped == "answer")
        second = product.worker()
        story = product.wait_state(job, "published")
        second.terminate()
        assert second.wait() == 0
    told_and_there(story, network)
    ends = ["found"] if stopped == "answer" else ["absent", "published"]
    assert [one.outcome for one in story.attempts] == ["unreported", *ends]


@pytest.mark.usefixtures("worker")
def test_a_lost_answer_is_looked_for_and_found(
    product: Product, real_pds: RealPds, connected: Connected, network: Network
) -> None:
    with Gate(real_pds.url) as gate:
        product.reach_through(connected.account_id, gate.url)
        gate.lose("answer", PUT)
        thread = (ThreadPart(text="and once more"),)
        job = product.submit(connected.account_id, PostMetadata(text="once", thread=thread))
        story = product.wait_state(job, "published")
    told_and_there(story, network)
    assert [one.outcome for one in story.attempts] == ["unknown", "found", "published"]


# Sessions


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("known_to_be_over", [True, False])
def test_an_ended_session_is_renewed_once_and_the_post_goes_out(
    product: Product,
    real_pds: RealPds,
    connected: Connected,
    network: Network,
    *,
    known_to_be_over: bool,
) -> None:
    old = product.grant(connected.account_id)
    past, later = (datetime.now(UTC) + timedelta(hours=shift) for shift in (-1, 1))
    ended = msgspec.structs.replace(
        old,
        access_token=real_pds.expire(old.access_token),
        expires_at=past if known_to_be_over else later,
    )
    product.put_grant(connected.account_id, ended)
    job = product.submit(connected.account_id, PostMetadata(text="with a new session"))
    story = product.wait_state(job, "published")
    told_and_there(story, network)
    before = [] if known_to_be_over else ["unauthorized"]
    assert [one.outcome for one in story.attempts] == [*before, "published"]
    new = product.grant(connected.account_id)
    assert new.refresh_token not in {None, old.refresh_token}


@pytest.mark.usefixtures("worker")
def test_a_revoked_app_password_ends_the_account_and_says_reconnect(
    product: Product, real_pds: RealPds, connected: Connected, http: httpx.Client, network: Network
) -> None:
    account = connected.account
    login = {"identifier": account.handle, "password": account.password}
    owner = http.post("com.atproto.server.createSession", json=login).json()["accessJwt"]
    http.post(
        "com.atproto.server.revokeAppPassword",
        json={"name": "mpcas2"},
        headers={"authorization": f"Bearer {owner}"},
    ).raise_for_status()
    old = product.grant(connected.account_id)
    past = datetime.now(UTC) - timedelta(hours=1)
    product.put_grant(connected.account_id, msgspec.structs.replace(old, expires_at=past))
    job = product.submit(connected.account_id, PostMetadata(text="never"))
    story = product.wait_state(job, "failed")
    assert story.job.error_code == "ACCOUNT_EXPIRED"
    assert "onnect" in (story.job.error_message or "")
    found = product.run(lambda scope: product.engine.accounts.get(scope, connected.account_id))
    assert found.status == "expired"
    assert network.records() == []
