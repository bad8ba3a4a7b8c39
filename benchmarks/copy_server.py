"""The peer of an upload: a server that writes what it reads into a file, and nothing else.

``python -m benchmarks.copy_server PORT PATH``. A client sends eight bytes of length and then the
bytes; the answer comes once they are on the disk.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

__all__ = ("ANSWER", "CHUNK", "LENGTH_BYTES")

CHUNK = 256 * 1024
LENGTH_BYTES = 8
ANSWER = b"done"


async def serve(port: int, path: Path) -> None:
    """Serves until the process is ended."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = int.from_bytes(await reader.read(LENGTH_BYTES), "big")
        if not left:
            # Somebody only looked whether we listen.
            writer.close()
            return
        with path.open("wb") as file:
            while left:
                chunk = await reader.read(min(CHUNK, left))
                if not chunk:
                    break
                file.write(chunk)
                left -= len(chunk)
            file.flush()
            # As the store does, which promises to keep what it has answered for.
            os.fsync(file.fileno())
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(copy, "127.0.0.1", port, limit=CHUNK)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
