"""Each rule about source and package catches a package that was broken on purpose, and it alone."""

from __future__ import annotations

import os
from importlib import invalidate_caches
from importlib.metadata import Distribution
from pathlib import Path

import msgspec
import pytest

from mpcas2_testing.package_rules import package_findings
from mpcas2_testing.scaffold_site import write_site
from mpcas2_testing.static_rules import static_findings


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    rule: str
    file: str = "adapter.py"
    append: str = ""
    leave_out: str = ""
    docs: bool = True
    readme: bool = True


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    packages: tuple[Package, ...]


PACKAGES = msgspec.toml.decode(
    (Path(__file__).parent / "broken" / "packages.toml").read_bytes(), type=Table
).packages


def findings(folder: Path, key: str, broken: Package, patch: pytest.MonkeyPatch) -> list[str]:
    """Writes a package, breaks it, and gives the rules that catch it."""
    package = write_site(folder, key).package
    (folder / "numpy.py").touch()
    (info,) = folder.glob("*.dist-info")
    told = "\nPublishes to Postbox.\n" if broken.readme else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {key}\nVersion: 1\n{told}")
    source = folder / package
    manifest = source / "mpcas2-plugin.toml"
    docs = 'docs_url = "https://postbox.example/docs"\n' if broken.docs else ""
    manifest.write_text(docs + manifest.read_text())
    changed = source / broken.file
    changed.write_text(changed.read_text() + broken.append)
    if broken.leave_out:
        (source / broken.leave_out).unlink()
    patch.syspath_prepend(folder)
    patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    invalidate_caches()
    seen = [*static_findings(source), *package_findings(package, source, Distribution.at(info))]
    return [one.rule for one in seen]


@pytest.mark.parametrize("broken", PACKAGES, ids=lambda one: one.rule)
def test_exactly_one_rule_catches_each_broken_package(
    broken: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"a-{broken.rule.replace('.', '-').replace('_', '-')}"
    assert findings(tmp_path, key, broken, monkeypatch) == [broken.rule]


def test_a_package_that_is_whole_has_no_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(tmp_path, "a-whole-one", Package(rule=""), monkeypatch) == []
