"""A worker process as `mpcas2 worker` runs it, with a sampler when a file for it is named."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop
from benchmarks.sampling import Sampler

from mpcas2_core import logs
from mpcas2_core.engine import Engine
from mpcas2_core.settings import Settings
from mpcas2_server.supervise import die_with_parent


async def work(profile: Path | None) -> None:
    settings = Settings.load()
    logs.configure(level=settings.log_level, log_format=settings.log_format)
    engine = await Engine.open(settings, application="mpcas2 worker")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sampler = Sampler() if profile is not None else None
    if sampler is not None:
        sampler.start()
    print("ready", flush=True)
    try:
        await engine.worker().run(stop)
    finally:
        if sampler is not None and profile is not None:
            sampler.stop(profile)
        await engine.close()


if __name__ == "__main__":
    # A benchmark that is killed leaves no worker behind.
    die_with_parent(os.getppid())
    uvloop.run(work(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
