import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from mpcas2_core.content import probe_child
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.errors import UnsupportedMedia


@pytest.mark.parametrize(
    "statement",
    [
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "os._exit(7)",
        "print('no JSON')",
        "print('x' * 9_000_000)",
        "time.sleep(600)",
        """print('{"width": "wide"}')""",
    ],
)
def test_whatever_a_decoder_does_to_its_process_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    # A file that takes a decoder over, played by another module of the same name.
    package = tmp_path / "mpcas2_core" / "content"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "probe_child.py").write_text(f"import os, signal, time\n{statement}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    picture = tmp_path / "picture.png"
    Image.new("RGB", (30, 20)).save(picture)
    with pytest.raises(UnsupportedMedia) as caught:
        asyncio.run(FileProbe(seconds=3).check(picture, "image", uuid4()))
    assert caught.value.code == "MEDIA_UNREADABLE"


def test_the_process_of_a_decoder_can_open_no_file_and_no_connection(tmp_path: Path) -> None:
    script = tmp_path / "tries.py"
    script.write_text(
        "import socket\n"
        "from mpcas2_core.content import probe_child\n"
        "probe_child._limit(1 << 30)\n"
        "for attempt in (lambda: open('/etc/hosts'), socket.socket):\n"
        "    try:\n"
        "        attempt()\n"
        "    except OSError as error:\n"
        "        print(error.errno)\n"
    )

    async def story() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate()
        return printed

    assert asyncio.run(story()).split() == [b"24", b"24"]
    assert FileProbe()._seconds > probe_child.CPU_SECONDS
