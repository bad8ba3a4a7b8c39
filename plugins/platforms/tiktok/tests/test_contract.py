"""Holds what the adapter sends and reads to the contract fixtures, which both halves share."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Published
from mpcas2_platform_tiktok import wire
from mpcas2_platform_tiktok.options import TikTokOptions

# Routes whose requests the engine sends; test_oauth.py holds them to their fixtures.
BY_THE_ENGINE = {
    "GET /v2/auth/authorize/",
    "POST /v2/oauth/token/",
    # Nothing ends a grant at TikTok: the contract with the engine has no such call.
    "POST /v2/oauth/revoke/",
}
READ = {
    "creator_info/query": wire.Creator,
    "video/init": wire.Begun,
    "content/init": wire.Begun,
    "status/fetch": wire.PublishStatus,
    "user/info": wire.ProfileData,
    "video/query": wire.VideoPage,
    "video/list": wire.VideoPage,
}


def test_every_route_is_asked_as_its_fixture_says(worker: Any, contract: Any) -> None:
    everything = TikTokOptions(
        privacy="MUTUAL_FOLLOW_FRIENDS",
        disable_comment=True,
        disable_duet=True,
        disable_stitch=True,
        cover_timestamp=1.2345,
        brand_content=True,
        brand_organic=True,
        ai_generated=True,
    )
    draft = TikTokOptions(mode="inbox")
    platform = worker.platform
    # Each request of these is held to its fixture while it is sent.
    for part in (worker.video(options=everything), worker.video(options=draft)):
        staged = worker.stage(part)
        worker.publish(staged)
        worker.find(staged)
    for part in (worker.photos(), worker.photos(options=draft)):
        staged = worker.stage(part)
        worker.poll(worker.publish(staged).handle)
        worker.find(staged)
    worker.run(platform.read_profile)
    worker.run(platform.account_metrics)
    worker.run(lambda ctx: platform.metrics([Published(id="7301234567890123456")], ctx))
    known = {fixture["route"] for fixture in contract.routes.values()}
    assert contract.used == known - BY_THE_ENGINE


@pytest.mark.parametrize("name", sorted(READ))
def test_every_example_is_read(contract: Any, name: str) -> None:
    fixtures = [one for (_, path), one in contract.routes.items() if f"{name}/" in path]
    assert fixtures
    for fixture in fixtures:
        [answer] = [one for one in fixture["answers"] if one["status"] == 200]
        told = msgspec.json.encode(answer["example"])
        envelope = msgspec.json.decode(told, type=wire.Envelope[Any], strict=False)
        assert envelope.error.code == "ok"
        data = msgspec.convert(envelope.data, READ[name], strict=False)
        read = msgspec.to_builtins(data)
        # What has a name of ours is read as it was told.
        assert _same(read, answer["example"]["data"])


def _same(read: Any, told: Any) -> bool:
    if isinstance(told, dict):
        return all(_same(read[name], value) for name, value in told.items() if name in read)
    if isinstance(told, list):
        return all(_same(one, other) for one, other in zip(read, told, strict=True))
    return bool(read == told)


def test_ids_come_as_numbers_and_as_texts() -> None:
    for told in (b"[7301234567890123456]", b'["7301234567890123456"]'):
        body = b'{"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ' + told + b"}"
        status = msgspec.json.decode(body, type=wire.PublishStatus, strict=False)
        assert [str(one) for one in status.publicaly_available_post_id] == ["7301234567890123456"]
