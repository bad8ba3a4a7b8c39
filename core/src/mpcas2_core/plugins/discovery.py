"""Finding plugins through the metadata of installed distributions, without running their code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions

import msgspec
import structlog
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mpcas2_core.plugins.record import LoadFault, PluginStatus
from mpcas2_hookspecs import API_VERSION

__all__ = ("GROUP", "Candidate", "check_contract_range", "find_candidates")

GROUP = "mpcas2"
"""The entry-point group of plugins."""

CONTRACT = "mpcas2-hookspecs"
FIRST_PARTY = "mpcas2-"
NAMELESS = "(a distribution without a name)"

log = structlog.get_logger(__name__)

_SECTION = re.compile(rf"^\s*\[\s*{GROUP}\s*\]", re.MULTILINE)
_LEADING_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An entry point that may become a plugin.

    Attributes:
        key: The entry point's name; the distribution's when ``entry_point`` is None.
        distribution: The distribution's name.
        version: The distribution's version; empty when its metadata names none.
        entry_point: What to import; None when the file of entry points cannot be read.
        requires: The distribution's requirements, as its metadata writes them.
    """

    key: str
    distribution: str
    version: str
    entry_point: EntryPoint | None
    requires: tuple[str, ...]


def find_candidates() -> tuple[Candidate, ...]:
    """Finds every entry point of the group, in the order in which keys are handed out.

    Distributions whose name begins with ``mpcas2-`` come first, then all by name: so a stranger's
    package cannot take the key of a first-party plugin. Each distribution is read by itself, since
    ``importlib.metadata.entry_points`` fails for all when the metadata of one is damaged.
    """
    seen: set[str] = set()
    found: list[Candidate] = []
    for distribution in distributions():
        try:
            text = distribution.read_text("entry_points.txt")
        except UnicodeDecodeError as error:
            log.warning("plugin.entry_points_unreadable", error=str(error))
            continue
        if text is None or not _SECTION.search(text):
            continue
        for candidate in _candidates_of(distribution):
            # The first one on the path is the one that an import would take.
            name = f"{canonicalize_name(candidate.distribution)} {candidate.key}"
            if name not in seen:
                seen.add(name)
                found.append(candidate)
    return tuple(sorted(found, key=_precedence))


def _candidates_of(distribution: Distribution) -> Iterator[Candidate]:
    """Yields the candidates of one distribution, or one without entry point if it is damaged."""
    points: tuple[EntryPoint | None, ...]
    try:
        metadata = distribution.metadata
        name = (metadata.get_all("Name") or [NAMELESS])[0]
        version = (metadata.get_all("Version") or [""])[0]
        requires = tuple(distribution.requires or ())
    except Exception:  # noqa: BLE001 - parsers of metadata raise what they like on damaged files
        name, version, requires = NAMELESS, "", ()
    try:
        points = tuple(distribution.entry_points.select(group=GROUP))
    except Exception:  # noqa: BLE001 - the same
        points = (None,)
    for point in points:
        yield Candidate(
            key=point.name if point else name,
            distribution=name,
            version=version,
            entry_point=point,
            requires=requires,
        )


def _precedence(candidate: Candidate) -> tuple[bool, str, str]:
    name = canonicalize_name(candidate.distribution)
    return (not name.startswith(FIRST_PARTY), name, candidate.key)


def check_contract_range(candidate: Candidate, *, api_version: str = API_VERSION) -> None:
    """Compares the version of the contract with the range that the distribution requires.

    Requirements behind an extra or a marker that does not hold here do not count. Pre-releases of
    the contract are inside a range that spans them.

    Args:
        candidate: The plugin's entry point and requirements.
        api_version: The contract's version.

    Raises:
        LoadFault: The plugin is made for another version, or does not say for which.
    """
    ranges = []
    for text in candidate.requires:
        name = _LEADING_NAME.match(text)
        if name is None or canonicalize_name(name[1]) != CONTRACT:
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise LoadFault(
                f"Its requirement {text!r} cannot be read; the author has to correct it.",
                status=PluginStatus.INCOMPATIBLE,
            ) from error
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            ranges.append(requirement.specifier)
    if not ranges:
        raise LoadFault(
            f"It does not say which {CONTRACT} it needs; the author has to add a requirement such "
            f'as "{CONTRACT}>={api_version}" to its dependencies.',
            status=PluginStatus.INCOMPATIBLE,
        )
    for specifier in ranges:
        if not specifier.contains(api_version, prereleases=True):
            raise LoadFault(
                f"It needs {CONTRACT} {specifier}, and {api_version} is installed; install a "
                f"version of {candidate.distribution} that fits, or another version of mpcas2.",
                status=PluginStatus.INCOMPATIBLE,
            )
