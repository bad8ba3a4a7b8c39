"""The core of the practice networks of MPCAS2.

A practice network plays one social network's HTTP API in a process of its own: nothing that is
sent to it leaves the machine. This package holds what every such network shares (a clock that can
be moved, fault rules, held requests, a request log and a control API); a platform's package adds
the network's routes and rules in its own ``sandbox`` module.
"""

from mpcas2_sandbox.address import here
from mpcas2_sandbox.control_client import Control, ControlError
from mpcas2_sandbox.core import SandboxCore
from mpcas2_sandbox.faults import Action, FaultRule, FaultStatus
from mpcas2_sandbox.holds import HeldRequest
from mpcas2_sandbox.network import (
    Network,
    SandboxNotFoundError,
    SpeaksErrors,
    load_network,
    load_networks,
    practice_of,
)
from mpcas2_sandbox.practice import Practice
from mpcas2_sandbox.process import AllSandboxes, SandboxProcess, SandboxStartError
from mpcas2_sandbox.request_log import LoggedRequest

__all__ = [
    "Action",
    "AllSandboxes",
    "Control",
    "ControlError",
    "FaultRule",
    "FaultStatus",
    "HeldRequest",
    "LoggedRequest",
    "Network",
    "Practice",
    "SandboxCore",
    "SandboxNotFoundError",
    "SandboxProcess",
    "SandboxStartError",
    "SpeaksErrors",
    "here",
    "load_network",
    "load_networks",
    "practice_of",
]
