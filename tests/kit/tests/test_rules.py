"""The table of rules: each is held by something, is proven able to fail, and stands in the README."""

from __future__ import annotations

import re
from pathlib import Path

import mpcas2_testing
from mpcas2_testing import PlatformSuite
from mpcas2_testing.capabilities import ABSENT, exported_capabilities
from mpcas2_testing.faults import CLIENT_FAULTS, PUBLISH_FAULTS, QUESTION_FAULTS
from mpcas2_testing.findings import level_of
from mpcas2_testing.rules import RULES

SOURCES = Path(mpcas2_testing.__file__).parent
README = Path(__file__).parent.parent / "README.md"


def held_by_the_suite() -> set[str]:
    rows = {
        "publish.*": (*PUBLISH_FAULTS, *CLIENT_FAULTS),
        "stage.*": QUESTION_FAULTS,
        "find.*": QUESTION_FAULTS,
    }
    found: set[str] = set()
    for name in dir(PlatformSuite):
        id_ = getattr(getattr(PlatformSuite, name), "mpcas2_rule", None)
        if id_ in rows:
            found |= {id_.removesuffix("*") + row.name for row in rows[id_]}
        elif id_ is not None:
            found.add(id_)
    return found


def test_every_rule_is_held_by_a_test_or_by_reading_the_package() -> None:
    read = set()
    for name in ("static_rules.py", "package_rules.py", "checking.py"):
        read |= set(re.findall(r'"([a-z_]+\.[a-z_]+)"', (SOURCES / name).read_text()))
    assert set(RULES) - held_by_the_suite() - read == set()
    assert held_by_the_suite() <= set(RULES)


def test_every_test_of_the_suite_stands_for_a_rule() -> None:
    tests = [name for name in dir(PlatformSuite) if name.startswith("test_")]
    assert [one for one in tests if not hasattr(getattr(PlatformSuite, one), "mpcas2_rule")] == []


def test_every_capability_of_the_contract_has_rules() -> None:
    assert exported_capabilities() == set(ABSENT)


def test_a_level_needs_those_below_it() -> None:
    assert level_of(()) == "gold"
    assert level_of({"package.readme"}) == "silver"
    assert level_of({"publish.500", "package.readme"}) == "bronze"
    assert level_of({"static.print"}) == ""


def test_the_readme_lists_every_rule() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| (.+) \|$", README.read_text(), re.MULTILINE)
    assert rows == [(one.id, one.level, one.wants) for one in RULES.values()]
