"""The contract files themselves: well-formed, and true of their own examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mpcas2_platform_linkedin.sandbox.practice_linkedin import PracticeLinkedIn
from mpcas2_sandbox import SandboxCore

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import Contract

TAGS = {"docs", "docs-3p", "sdk", "mem"}


def test_every_file_is_true_of_its_own_examples(contract: Contract) -> None:
    for name, told in contract.files.items():
        asked, example = told["request"], told["request"]["example"]
        assert set(told["trust"].split("/")) <= TAGS, name
        assert told["source"]
        assert told["route"] == f"{asked['method']} {asked['path']}"
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(asked["path"]))
        assert re.fullmatch(pattern, example["path"]), name
        contract.fits(example["query"], asked["query"])
        contract.fits(example["headers"], asked["headers"])
        if asked["body"] is not None:
            contract.fits(example["body"], asked["body"])
        for answer in told["answers"].values():
            assert set(answer["trust"].split("/")) <= TAGS, name
            contract.fits(answer["example"]["headers"], answer["headers"])
            if answer["body"] is not None:
                contract.fits(answer["example"]["body"], answer["body"])


def test_every_route_of_the_network_has_a_contract_and_the_other_way_round(
    contract: Contract,
) -> None:
    routes = PracticeLinkedIn().routes(SandboxCore())
    played = {
        f"{method} {route.path}"  # type: ignore[attr-defined]  # all of them are Routes
        for route in routes
        for method in route.methods  # type: ignore[attr-defined]  # the same
        if route.path.startswith(("/rest/", "/v2/", "/oauth/", "/dms-"))  # type: ignore[attr-defined]  # the same
    }
    told = {one["route"] for one in contract.files.values() if "/webhooks/" not in one["route"]}
    assert played - told == {"HEAD " + one[4:] for one in told if one.startswith("GET ")} | {
        "POST /oauth/v2/authorization"
    }
    assert told <= played
