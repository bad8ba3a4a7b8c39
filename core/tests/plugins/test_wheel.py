"""Reading a plugin's wheel before anything of it is installed or run."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpcas2_core.plugins.wheel import WheelError, installed_version, read_wheel, unpack


def wheel(
    folder: Path,
    *,
    name: str = "acme-pages",
    points: str = "[mpcas2]\nacme = acme_pages\n",
    needs: Sequence[str] = (),
    more: str = "acme_pages/__init__.py",
) -> Path:
    package = name.replace("-", "_")
    path = folder / f"{package}-1.0-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Requires-Dist: {one}" for one in needs]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{package}-1.0.dist-info/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{package}-1.0.dist-info/entry_points.txt", points)
        archive.writestr(more, "raise SystemExit('it was run')")
    return path


def test_it_says_what_it_brings(tmp_path: Path) -> None:
    found = read_wheel(wheel(tmp_path, points="[mpcas2]\nb = p\na = p\n[other]\nc = p\n"))
    assert (found.distribution, found.version, found.keys) == ("acme-pages", "1.0", ("a", "b"))
    assert (found.missing, found.rivals) == ((), {})


def test_it_says_what_it_needs_and_nobody_has(tmp_path: Path) -> None:
    needs = (
        "mpcas2-hookspecs>=0.1,<1",
        "mpcas2-hookspecs>=99",
        "nobody-has-this>=1",
        "nobody-has-that; python_version < '3'",
        "nobody-has-that; extra == 'sandbox'",
        "not a requirement !",
    )
    found = read_wheel(wheel(tmp_path, needs=needs))
    assert [one.replace(" ", "") for one in found.missing] == [
        "mpcas2-hookspecs>=99",
        "nobody-has-this>=1",
        "notarequirement!",
    ]


def test_it_says_whose_key_it_wants(tmp_path: Path) -> None:
    found = read_wheel(wheel(tmp_path, points="[mpcas2]\nbluesky = acme_pages\n"))
    assert found.rivals == {"bluesky": "mpcas2-platform-bluesky"}
    own = read_wheel(
        wheel(tmp_path, name="mpcas2-platform-bluesky", points="[mpcas2]\nbluesky = p\n")
    )
    assert own.rivals == {}


def test_a_file_that_is_no_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match="brings no plugin"):
        read_wheel(wheel(tmp_path, points="[console_scripts]\na = p\n"))
    text = tmp_path / "acme_pages-2.0-py3-none-any.whl"
    text.write_text("no archive")
    for path in (text, text.with_name("acme.whl"), tmp_path / "gone-1.0-py3-none-any.whl"):
        with pytest.raises(WheelError, match="is no wheel that can be read"):
            read_wheel(path)


def test_it_is_unpacked_unless_it_holds_more_than_modules(tmp_path: Path) -> None:
    unpack(read_wheel(wheel(tmp_path)), tmp_path / "site")
    assert (tmp_path / "site/acme_pages/__init__.py").is_file()
    with pytest.raises(WheelError, match="scripts or data"):
        unpack(read_wheel(wheel(tmp_path, more="acme_pages-1.0.data/scripts/a")), tmp_path / "b")


def test_what_is_not_installed_has_no_version() -> None:
    assert installed_version("nobody-has-this") == ""
    assert installed_version("mpcas2-hookspecs")
