"""Rules for the package around an adapter: what it ships and what importing it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

from mpcas2_hookspecs import ManifestError, read_manifest
from mpcas2_testing.findings import Finding

__all__ = ("package_findings",)

# What takes a second or more, or does not belong into every worker.
_HEAVY = [
    "torch",
    "numpy",
    "pandas",
    "PIL",
    "cv2",
    "boto3",
    "botocore",
    "scipy",
    "matplotlib",
    "tensorflow",
    "requests",
]
_LOADED = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(" ".join(name for name in sys.argv[2:] if name in sys.modules))
"""
_IMPORT_SECONDS = 60
_MOST_NAMED = 3


def package_findings(package: str, folder: Path, owner: Distribution | None) -> list[Finding]:
    """Looks at what a plugin's distribution ships.

    Args:
        package: Import name of the plugin's package.
        folder: Where it lies.
        owner: Its distribution, where it is known.
    """
    return list(_findings(package, folder, owner))


def _findings(package: str, folder: Path, owner: Distribution | None) -> Iterator[Finding]:
    try:
        docs = read_manifest(package).docs_url
    except ManifestError as error:
        yield Finding.of("declaration.names", str(error))
        return
    if not docs:
        yield Finding.of("package.docs_url", "mpcas2-plugin.toml has no docs_url.")
    if owner is None or not owner.metadata.json.get("description"):
        yield Finding.of("package.readme", "The distribution's metadata has no description.")
    if not (folder / "py.typed").is_file():
        yield Finding.of("package.typed", f"{package}/py.typed is missing.")
    bare = list(_without_types(folder))
    if bare:
        named = ", ".join(bare[:_MOST_NAMED])
        yield Finding.of("package.annotated", f"{len(bare)} functions lack types: {named}.")
    heavy = _heavy_imports(package)
    if heavy:
        yield Finding.of("import.is_light", f"Importing {package} loads {heavy}.")


def _without_types(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        if "sandbox" in path.relative_to(folder).parts:
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                untyped = [one for one in given if one.annotation is None]
                if node.returns is None or any(one.arg not in {"self", "cls"} for one in untyped):
                    yield f"{path.name}:{node.lineno} {node.name}"


def _heavy_imports(package: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, package, *_HEAVY],
        capture_output=True,
        text=True,
        check=False,
        timeout=_IMPORT_SECONDS,
    )
    return done.stdout.strip()
