"""What a practice network is, and how the installed ones are found."""

import warnings
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.practice import Practice

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

ENTRY_POINT_GROUP = "mpcas2.sandboxes"


class Network(Protocol):
    """One network's routes and rules, as a plugin's sandbox module returns them.

    Attributes:
        key: The platform's key, such as ``bluesky``; also the entry point's name.
        title: The network's name for people.
        body_limit: The largest request body in bytes; the core answers 413 beyond it.
        practice: What a test kit must know about it. Everything but the kit does without; see
            ``practice_of``.
    """

    key: str
    title: str
    body_limit: int
    practice: Practice

    def routes(self, core: SandboxCore) -> "Sequence[BaseRoute]":
        """Returns the network's routes over a fresh, empty state.

        The core calls it at the start and again at every reset, so whatever the network remembers
        belongs into objects made here. Routes under ``/_sandbox/`` are the network's part of the
        control API: they are neither logged nor touched by fault rules.

        Args:
            core: Clock, request log, faults and held requests of this process.
        """
        ...

    def operation(self, method: str, path: str) -> str:
        """Names the network's operation behind a request, for the log: a method name, a route.

        Args:
            method: The HTTP method in upper case.
            path: The decoded path without the query.
        """
        ...


@runtime_checkable
class SpeaksErrors(Protocol):
    """A network whose refusals have a shape of their own, also those that a fault rule asks for."""

    def error_body(self, status: int) -> Any:
        """Returns the JSON body that the network sends with a status; None for an empty one.

        A fault rule that says nothing about a body gets it, for statuses from 400 on.

        Args:
            status: The HTTP status, such as 401, 403, 429 or 503.
        """
        ...


class SandboxNotFoundError(LookupError):
    """No installed package brings a practice network of that key."""


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}


def _open(entry: EntryPoint) -> Network:
    network: Network = entry.load()()
    return network


def load_network(key: str) -> Network:
    """Returns the practice network of one platform.

    Args:
        key: The platform's key.

    Raises:
        SandboxNotFoundError: No installed package has one; the message lists those that are there.
    """
    entries = _entries()
    if key not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise SandboxNotFoundError(
            f"there is no practice network {key!r}; installed: {known}. "
            f"Install the platform's package with its [sandbox] extra."
        )
    return _open(entries[key])


def practice_of(network: Network) -> Practice | None:
    """Returns what a network says about itself to a test kit; None for one that says nothing.

    Networks that were written before there was ``Practice`` have no such attribute.
    """
    practice: Practice | None = getattr(network, "practice", None)
    return practice


def load_networks() -> dict[str, Network]:
    """Returns every installed practice network by its key.

    A network that cannot be loaded is left out with a warning that names it and the reason, so
    that one broken package does not take the others away.
    """
    networks: dict[str, Network] = {}
    for key, entry in sorted(_entries().items()):
        try:
            networks[key] = _open(entry)
        except Exception as error:  # noqa: BLE001  # a stranger's package may raise anything
            warnings.warn(
                f"practice network {key!r} ({entry.value}) cannot be loaded: {error!r}",
                RuntimeWarning,
                stacklevel=2,
            )
    return networks
