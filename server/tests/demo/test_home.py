"""The folder of a demonstration: where it is made, and that nothing of it stays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from mpcas2_server.demo.film import make_film
from mpcas2_server.demo.home import DemoHome
from mpcas2_server.demo.picture import draw_picture
from mpcas2_server.demo.practice import product_settings
from mpcas2_server.demo.processes import environment


def test_it_is_made_among_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home = DemoHome.make({})
    assert home.path.parent == tmp_path
    home.remove()
    assert list(tmp_path.iterdir()) == []


def test_it_is_made_inside_a_given_home_and_leaves_that_as_it_was(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "secrets").touch()
    home = DemoHome.make({"MPCAS2_HOME": str(given)})
    assert home.path.parent == given
    home.remove()
    assert [one.name for one in given.iterdir()] == ["secrets"]


def test_a_given_home_that_was_not_there_is_not_there_afterwards(tmp_path: Path) -> None:
    DemoHome.make({"MPCAS2_HOME": str(tmp_path / "new")}).remove()
    assert list(tmp_path.iterdir()) == []


def test_after_a_failure_only_the_logs_stay(tmp_path: Path) -> None:
    home = DemoHome.make({"MPCAS2_HOME": str(tmp_path)})
    (home.logs / "up.log").write_text("why")
    (home.path / "secrets").mkdir()
    (home.path / "lock").touch()
    home.remove(but_logs=True)
    assert [one.name for one in home.path.iterdir()] == ["logs"]
    assert (home.logs / "up.log").read_text() == "why"


def test_data_that_the_servers_keep_elsewhere_go_as_well(tmp_path: Path) -> None:
    elsewhere = tmp_path / "state" / "a1b2"
    (elsewhere / "postgres").mkdir(parents=True)
    home = DemoHome.make({"MPCAS2_HOME": str(tmp_path / "home")})
    (home.path / "postgres").symlink_to(elsewhere / "postgres")
    home.remove()
    assert not elsewhere.exists()
    assert elsewhere.parent.exists()


def test_children_get_none_of_the_settings_of_this_process(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql://db.example.org/real",
        "REDIS_URL_FILE": "/run/secrets/redis",
        "MPCAS2_DATABASE_URL": "postgresql://db.example.org/real",
        "MPCAS2_REGISTRATION": "closed",
    }
    made = environment(tmp_path, 4000, given)
    assert {name for name in made if not name.startswith("MPCAS2_")} == {"PATH"}
    assert made["MPCAS2_HOME"] == str(tmp_path)
    assert made["MPCAS2_PORT"] == "4000"
    assert "MPCAS2_DATABASE_URL" not in made
    assert "MPCAS2_REGISTRATION" not in made


def test_the_picture_is_a_jpeg_of_some_size(tmp_path: Path) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415  # only this test needs a time

    from PIL import Image  # noqa: PLC0415  # only this test reads a picture

    path = tmp_path / "picture.jpg"
    draw_picture(path, datetime(2026, 12, 1, 9, 0, tzinfo=UTC), 1)
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (1200, 675))
        assert len(image.getcolors(2_000_000) or ()) > 100


def test_the_film_moves_and_is_long_enough_for_every_network(tmp_path: Path) -> None:
    import av  # noqa: PLC0415  # only this test reads a film

    path = tmp_path / "film.mp4"
    make_film(path)
    assert 500_000 < path.stat().st_size < 8_000_000
    with av.open(str(path)) as film:
        (stream,) = film.streams.video
        frames = [bytes(frame.planes[0]) for frame in film.decode(stream)]
        assert stream.codec_context.name in {"h264", "mpeg4"}
    assert len(frames) == 96
    assert len(set(frames)) > 90


def test_the_product_is_pointed_at_the_practice_networks_alone() -> None:
    made = product_settings(
        {
            "twitter": "http://127.0.0.1:1",
            "youtube": "http://127.0.0.1:2",
            "bluesky": "http://[::1]:3",
        }
    )
    addresses = {name: value for name, value in made.items() if name.endswith("_URL")}
    assert {name.split("_")[1]: value for name, value in addresses.items()} == {
        "TWITTER": "http://127.0.0.1:1",
        "YOUTUBE": "http://127.0.0.1:2",
    }
    assert made["MPCAS2_ALLOW_PRIVATE_HOSTS"] == "127.0.0.1,::1"
    assert made["TWITTER_CLIENT_ID"] == made["YOUTUBE_CLIENT_ID"] == "practice-client"
    assert not [name for name in made if "BLUESKY" in name]
