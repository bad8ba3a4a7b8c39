"""Puts Postbox where Python finds it, as an installation would, without building anything."""

from __future__ import annotations

import tomllib
from pathlib import Path

from mpcas2_testing.scaffold import TEMPLATE, Names, write_sources

__all__ = ("write_site",)


def write_site(folder: Path, key: str = "postbox") -> Names:
    """Writes package and metadata of the example into a folder to have on ``sys.path``.

    Every process with that folder on its path (``PYTHONPATH``) finds plugin and practice network by
    their entry points.

    Args:
        folder: Made if it is not there.
        key: The key to give the example; two keys may lie in one folder.

    Returns:
        The example's names there.
    """
    names = Names(key=key)
    package = "mpcas2_platform_postbox"
    write_sources(TEMPLATE / "src" / package, folder / names.package, names)
    project = tomllib.loads(names.put_into((TEMPLATE / "pyproject.toml").read_text()))["project"]
    metadata = folder / f"{names.package}-{project['version']}.dist-info"
    metadata.mkdir()
    needs = [f"Requires-Dist: {one}\n" for one in project["dependencies"]]
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        + "".join(needs)
    )
    points = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(points))
    return names
