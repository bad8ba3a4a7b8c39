from datetime import UTC, datetime
from uuid import UUID

import pytest

from mpcas2_core.content.links import LinkedFile, LinkExpired, LinkInvalid, MediaLinks
from mpcas2_core.errors import InvalidInput

TENANT = UUID(int=7)
SHA256 = "ab" * 32


def links(*, secret: str = "one secret", at: float = 1000.0) -> MediaLinks:
    return MediaLinks(secret, "https://studio.example/", clock=lambda: at)


def token(made: MediaLinks, seconds: int = 60, name: str = "") -> str:
    url = made.make(TENANT, SHA256, "video/mp4", seconds, name=name).url
    assert url.startswith("https://studio.example/media/")
    return url.rpartition("/")[2]


def test_a_link_names_what_it_was_made_for() -> None:
    assert links(at=1059.9).read(token(links(), name="Ünser Clip.mp4")) == LinkedFile(
        tenant_id=TENANT,
        sha256=SHA256,
        mime_type="video/mp4",
        name="Ünser Clip.mp4",
        expires_at=datetime.fromtimestamp(1060, UTC),
    )


@pytest.mark.parametrize("late", [1060.0, 1061.0, 99_999.0])
def test_a_link_ends_at_its_time(late: float) -> None:
    with pytest.raises(LinkExpired) as caught:
        links(at=late).read(token(links()))
    assert (caught.value.status, caught.value.code) == (410, "LINK_EXPIRED")


def test_a_link_of_another_installation_is_refused() -> None:
    with pytest.raises(LinkInvalid) as caught:
        links(secret="another secret").read(token(links()))
    assert (caught.value.status, caught.value.code) == (403, "LINK_INVALID")


def test_a_link_is_good_as_a_whole_only() -> None:
    good = token(links())
    for at in range(len(good)):
        for other in ("A", "_", "=", ".", "é", ""):
            changed = good[:at] + other + good[at + 1 :]
            # The last letter of base64 has bits that stand for nothing.
            if changed not in {good, good + "="} and at < len(good) - 1:
                with pytest.raises(LinkInvalid):
                    links().read(changed)


@pytest.mark.parametrize("seconds", [0, -1, 24 * 3600 + 1])
def test_a_link_lasts_a_day_at_most(seconds: int) -> None:
    with pytest.raises(InvalidInput):
        links().make(TENANT, SHA256, "video/mp4", seconds)


def test_a_link_does_not_show_itself_in_a_log() -> None:
    made = links().make(TENANT, SHA256, "video/mp4", 60)
    assert made.url.rpartition("/")[2] not in repr(made)
    assert "one secret" not in repr(links())
