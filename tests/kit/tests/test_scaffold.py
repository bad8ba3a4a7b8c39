"""Names of a new package, and the example as if it were installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mpcas2_testing.scaffold import Names, ScaffoldError, write_package
from mpcas2_testing.scaffold_site import write_site


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('key = "postbox"', 'key = "acme-photos"'),
        ("mpcas2_platform_postbox", "mpcas2_platform_acme_photos"),
        ("mpcas2-platform-postbox", "mpcas2-platform-acme-photos"),
        ("MPCAS2_POSTBOX_API_URL", "MPCAS2_ACME_PHOTOS_API_URL"),
        ("https://api.postbox.example", "https://api.acme-photos.example"),
        ("Postbox's answer", "Acme Photos's answer"),
        ("class PostboxPlatform(ConnectsPostbox)", "class AcmePhotosPlatform(ConnectsAcmePhotos)"),
        ("practice_postbox.py", "practice_acme_photos.py"),
    ],
)
def test_each_form_of_the_name_is_replaced(text: str, wanted: str) -> None:
    assert Names(key="acme-photos").put_into(text) == wanted


def test_a_key_that_contains_the_examples_own_is_replaced_once() -> None:
    assert Names(key="postbox-two").put_into("postbox = _postbox") == "postbox-two = _postbox_two"


@pytest.mark.parametrize(
    "key", ["", "Acme", "7up", "a--b", "-a", "a-", "a/b", "a_b", "ä", "a" * 33]
)
def test_a_key_that_is_none_is_refused_and_nothing_is_written(tmp_path: Path, key: str) -> None:
    with pytest.raises(ScaffoldError, match="is no key"):
        write_package("platform", key, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_made_and_one_that_cannot_be_is_told(tmp_path: Path) -> None:
    assert write_package("platform", "acme", tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ScaffoldError, match="cannot be written"):
        write_package("platform", "acme", tmp_path / "file")


def test_a_site_makes_plugin_and_practice_network_known(tmp_path: Path) -> None:
    write_site(tmp_path)
    write_site(tmp_path, "acme")
    code = (
        "from importlib.metadata import entry_points, requires\n"
        "for group in ('mpcas2', 'mpcas2.sandboxes'):\n"
        "    for point in entry_points(group=group):\n"
        "        if point.name in {'acme', 'postbox'}:\n"
        "            print(point.name, point.load() is not None)\n"
        "print(any(one.startswith('mpcas2-hookspecs') for one in requires('mpcas2-platform-acme')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert sorted(done.stdout.split()) == sorted(
        ["acme", "postbox", "acme", "postbox"] + ["True"] * 5
    )
