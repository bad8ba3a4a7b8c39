"""Rules for the files of a part: how they are read, and what of their addresses is kept."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from mpcas2_testing.bench import Bench
from mpcas2_testing.fitting import fitting, rule_for, sample_kind
from mpcas2_testing.rules import rule
from mpcas2_testing.secrecy import as_json

__all__ = ("MediaRules",)

_MIB = 1024 * 1024
_LARGE = 32 * _MIB
_SMALL = 8 * _MIB


class MediaRules:
    """Holds an adapter to constant memory; a subclass gives the fixture ``bench``."""

    @rule("media.streamed")
    def test_a_large_file_is_never_in_memory_as_a_whole(self, bench: Bench) -> None:
        """Counts the bytes that are held while a large file is staged and published."""
        desk = bench.desk()
        limits = desk.platform.limits(desk.account)
        about = rule_for(limits, "video")
        filmed = [one for one in bench.kinds if sample_kind(one) == "video"]
        if about is None or not filmed or about.max_bytes <= _SMALL:
            pytest.skip(f"no file may be larger than {_SMALL // _MIB} MiB")
        files = fitting(limits, filmed[0], size=min(_LARGE, about.max_bytes))
        size = sum(media.size for media in files)
        part = desk.part(sample=filmed[0], files=files)
        held = 0

        def look(place: int) -> None:
            nonlocal held
            if place % _MIB == 0:
                # What only waits for the collector is not held.
                gc.collect()
                held = max(held, tracemalloc.get_traced_memory()[0])

        desk.on_read = look
        tracemalloc.start()
        try:
            desk.publish(desk.stage(part))
        finally:
            tracemalloc.stop()
        assert held < size * 3 // 4, f"{held // _MIB} MiB were held of a file of {size // _MIB} MiB"

    @rule("media.url_not_kept")
    def test_no_address_of_a_file_is_kept(self, bench: Bench) -> None:
        """Looks for the addresses that were given out in whatever is stored."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        answer = desk.publish(staged)
        given = [url for ctx in desk.contexts for url in ctx.media_urls]
        if not given:
            pytest.skip("the network is sent the bytes")
        for where, value in (
            ("staged", staged),
            ("journal", dict(desk.journal)),
            ("answer of publish", answer),
        ):
            kept = [url for url in given if url in as_json(value)]
            assert not kept, f"an address of media_url is in the {where}"
