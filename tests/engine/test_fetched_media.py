"""Networks that fetch media by address get a signed link that the product's own route serves."""

from __future__ import annotations

from collections.abc import Callable

from world import World


def test_a_network_fetches_the_very_file_from_a_signed_link(
    make_world: Callable[..., World], plugin_path: Callable[[str], tuple[str, ...]]
) -> None:
    world = make_world(platform="bluesky-fetched", path=plugin_path("bluesky_fetched"))
    submitted = world.submit("image")
    world.worker()
    story = world.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    assert story.job.state == "published", story.job.error_message
