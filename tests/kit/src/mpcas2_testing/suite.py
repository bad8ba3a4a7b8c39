"""The conformance suite of a platform: subclass it and name its practice network.

```python
class TestMine(PlatformSuite):
    practice = "mine"
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from mpcas2_sandbox import SandboxProcess, load_network, practice_of
from mpcas2_testing.bench import Bench, bench_of, bench_without_network
from mpcas2_testing.capability_rules import CapabilityRules
from mpcas2_testing.declaration import DeclarationRules
from mpcas2_testing.fault_rules import FaultRules
from mpcas2_testing.grant_rules import GrantRules
from mpcas2_testing.limit_rules import LimitRules
from mpcas2_testing.media_rules import MediaRules
from mpcas2_testing.publishing_rules import PublishingRules
from mpcas2_testing.resume_rules import ResumeRules
from mpcas2_testing.webhook_rules import WebhookRules

__all__ = ("DeclarationSuite", "PlatformSuite")


class DeclarationSuite(DeclarationRules):
    """Holds an installed adapter to what it declares, where there is no practice network.

    Attributes:
        plugin: Key of the plugin.
    """

    plugin: ClassVar[str]

    @pytest.fixture
    def bench(self) -> Bench:
        """Loads the plugin as the engine does, with the defaults of its settings."""
        return bench_without_network(self.plugin)


class PlatformSuite(
    DeclarationRules,
    PublishingRules,
    FaultRules,
    ResumeRules,
    LimitRules,
    MediaRules,
    GrantRules,
    CapabilityRules,
    WebhookRules,
):
    """Holds an installed adapter to the contract, against the practice network of its platform.

    Attributes:
        practice: Key of the practice network in the entry-point group ``mpcas2.sandboxes``.
        plugin: Key of the plugin, where it is another one.
    """

    practice: ClassVar[str]
    plugin: ClassVar[str] = ""

    @pytest.fixture(scope="class")
    @classmethod
    def network_process(cls) -> Iterator[SandboxProcess]:
        """Runs the practice network as a process of its own, once for all tests of the class."""
        with SandboxProcess(cls.practice) as process:
            yield process

    @pytest.fixture
    def network(self, network_process: SandboxProcess) -> SandboxProcess:
        """Gives the running practice network with everything forgotten."""
        network_process.control.reset()
        return network_process

    @pytest.fixture
    def bench(self, network: SandboxProcess) -> Bench:
        """Loads the plugin as the engine does, with the settings that lead to its network."""
        practice = practice_of(load_network(self.practice))
        assert practice is not None, (
            f"the practice network {self.practice!r} says nothing about itself; give it an "
            "attribute `practice = Practice(...)`, or override the fixture `bench`"
        )
        return bench_of(self.plugin or self.practice, practice, network)
