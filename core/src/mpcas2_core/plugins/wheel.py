"""What a wheel says of the plugin in it, read without installing and without running it."""

from __future__ import annotations

import zipfile
from importlib.metadata import PackageNotFoundError, PathDistribution, version
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from mpcas2_core.plugins.discovery import GROUP, find_candidates

__all__ = ("PluginWheel", "WheelError", "installed_version", "read_wheel", "unpack")


class WheelError(Exception):
    """A file is no wheel of a plugin that can be used here; the message says why and what to do."""


class PluginWheel(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel with a plugin in it.

    Attributes:
        path: The file.
        distribution: Name of the distribution.
        version: Its version.
        keys: The keys of its plugins, sorted.
        missing: Its requirements that are not met in this environment, as it writes them.
        rivals: Installed distributions that bring one of the keys already, by key.
    """

    path: Path
    distribution: str
    version: str
    keys: tuple[str, ...]
    missing: tuple[str, ...]
    rivals: dict[str, str]


def read_wheel(path: Path) -> PluginWheel:
    """Reads a wheel.

    Args:
        path: The file, under the name that its format asks for.

    Raises:
        WheelError: It is no wheel, it is damaged, or it brings no plugin.
    """
    try:
        parse_wheel_filename(path.name)
        with zipfile.ZipFile(path) as archive:
            folders = {name.split("/")[0] for name in archive.namelist()}
            (info,) = (name for name in folders if name.endswith(".dist-info"))
            found = PathDistribution(zipfile.Path(archive, f"{info}/"))
            distribution, version_ = str(found.metadata["Name"]), str(found.metadata["Version"])
            keys = tuple(sorted(point.name for point in found.entry_points.select(group=GROUP)))
            requires = tuple(found.requires or ())
    except (InvalidWheelFilename, OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WheelError(
            f"{path} is no wheel that can be read ({error}). Build it again, for example with "
            "`python -m build --wheel`."
        ) from error
    if not keys:
        raise WheelError(
            f"{path.name} brings no plugin: it has no entry point in the group {GROUP!r}. Ask for the "
            "wheel of the plugin itself."
        )
    own = canonicalize_name(distribution)
    return PluginWheel(
        path=path,
        distribution=distribution,
        version=version_,
        keys=keys,
        missing=tuple(text for text in requires if not _is_met(text)),
        rivals={
            one.key: one.distribution
            for one in find_candidates()
            if one.key in keys and canonicalize_name(one.distribution) != own
        },
    )


def unpack(wheel: PluginWheel, folder: Path) -> None:
    """Puts a wheel's files into a folder to have on ``sys.path``.

    Raises:
        WheelError: It holds more than modules, which only an installation can put in place.
    """
    with zipfile.ZipFile(wheel.path) as archive:
        if any(name.split("/")[0].endswith(".data") for name in archive.namelist()):
            raise WheelError(
                f"{wheel.path.name} holds scripts or data beside its modules, so it cannot be checked "
                "before it is installed. Ask its author for a wheel with modules only."
            )
        archive.extractall(folder)


def installed_version(distribution: str) -> str:
    """Gives the version that is installed here; empty when none is."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _is_met(text: str) -> bool:
    try:
        needed = Requirement(text)
    except InvalidRequirement:
        return False
    if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
        return True
    there = installed_version(needed.name)
    return bool(there) and needed.specifier.contains(there, prereleases=True)
