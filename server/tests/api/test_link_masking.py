"""A signed link is a key: no log and no message has it, whatever was asked of its address."""

from __future__ import annotations

import pytest

from mpcas2_server.requests import without_link

TOKEN = "AZoJ" + "x" * 120


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/media/{TOKEN}", "/media/(link)"),
        (f"/media/{TOKEN}/more", "/media/(link)"),
        (f"/api/v1/media/{TOKEN}", "/api/v1/media/(link)"),
        ("/api/v1/content", "/api/v1/content"),
        ("/media/short", "/media/short"),
    ],
)
def test_a_path_is_shown_without_its_link(path: str, shown: str) -> None:
    assert without_link(path) == shown
