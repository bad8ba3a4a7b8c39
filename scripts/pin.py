"""Writes the resolution of ``uv.lock`` into ``constraints.txt`` and ``[tool.uv] constraint-dependencies``.

Run it after a change of requirements: ``uv run python scripts/pin.py``. pip reads the one, uv the other,
and a test holds them equal. The pins name no registry, unlike ``uv.lock``, which is not committed.
``uv lock --upgrade`` before it takes newer versions.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORT = (
    "export --quiet --all-packages --all-extras --all-groups --no-emit-workspace --no-hashes "
    "--no-annotate --no-header"
)


def main() -> None:
    """Writes what ``uv.lock`` holds, resolved where it is missing or outdated, into both files."""
    uv = sys.argv[1] if len(sys.argv) > 1 else "uv"
    answer = subprocess.run(  # noqa: S603 - the program that the developer named
        [uv, *EXPORT.split()], cwd=ROOT, check=True, capture_output=True, text=True
    )
    pins = [line for line in answer.stdout.splitlines() if line.strip()]
    (ROOT / "constraints.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    rows = "".join(f'  "{pin}",\n' for pin in pins)
    path = ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    block = f"constraint-dependencies = [\n{rows}]\n"
    path.write_text(
        re.sub(r"constraint-dependencies = \[\n(.*?)\]\n", lambda _: block, text, flags=re.DOTALL),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
