import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_readmes_programs_run(number: int) -> None:
    exec(compile(BLOCKS[number], f"README block {number}", "exec"), {"__name__": "readme"})
