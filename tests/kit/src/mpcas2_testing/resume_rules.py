"""Rules for a process that dies, a part that is lost, and a task that is cancelled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mpcas2_testing.bench import Bench
from mpcas2_testing.publishing_rules import check_there
from mpcas2_testing.rules import rule
from mpcas2_testing.trouble import Died, LostPart, Trouble

__all__ = ("ResumeRules",)

# More steps than any stage of a small sample has; the rules end at the first that is not reached.
_MOST_STEPS = 12


class ResumeRules:
    """Holds an adapter to going on where another process died; a subclass gives ``bench``."""

    @rule("stage.resumes")
    def test_stage_resumes_from_the_journal(self, bench: Bench) -> None:
        """Stages twice over one journal, as after a crash: the file goes up once."""
        desk = bench.desk()
        part = desk.part(file=True)
        desk.stage(part)
        before = len(bench.control.requests())
        staged = desk.stage(part)
        # Questions about the standing upload are fine; its bytes are not sent again.
        again = [
            request
            for request in bench.control.requests()[before:]
            if request.method != "GET" and request.body_bytes
        ]
        assert not again or not part.media, (
            f"staging again sent {[request.path for request in again]}"
        )
        desk.settled(desk.publish(staged))
        assert bench.count_posts() == 1

    @rule("stage.crash_at_journal")
    def test_a_death_at_every_write_to_the_journal(self, bench: Bench) -> None:
        """Dies right after each write; a successor ends in one post each time."""
        desk = bench.desk()
        for step in range(1, _MOST_STEPS):
            part = desk.fresh(file=True)
            trouble = Trouble(write=step)
            _dies(lambda: desk.stage(part, trouble), trouble)  # noqa: B023 - called at once
            if not trouble.met:
                return
            desk.settled(desk.publish(desk.stage(part)))
            assert bench.count_posts() == step, f"after a death at write {step} it was not one post"

    @rule("stage.crash_at_request")
    def test_a_death_at_every_request_of_stage(self, bench: Bench) -> None:
        """Dies after each request took effect; a successor ends in one post each time."""
        desk = bench.desk()
        for step in range(1, _MOST_STEPS):
            part = desk.fresh(file=True)
            trouble = Trouble(request=step, when="after", fails=lambda _: Died())
            _dies(lambda: desk.stage(part, trouble), trouble)  # noqa: B023 - called at once
            if not trouble.met:
                return
            desk.settled(desk.publish(desk.stage(part)))
            assert bench.count_posts() == step, (
                f"after a death at request {step} it was not one post"
            )

    @rule("stage.lost_part")
    def test_what_record_raises_passes_through(self, bench: Bench) -> None:
        """Tells the adapter that the part is no longer its worker's."""
        desk = bench.desk()
        trouble = Trouble(write=1, stored=False, write_fails=LostPart)
        try:
            desk.stage(desk.part(file=True), trouble)
        except LostPart:
            return
        except Exception as error:
            raise AssertionError(f"what record raised came out as {error!r}") from error
        assert not trouble.met, "what record raised was swallowed"
        pytest.skip("stage journals nothing")

    @rule("stage.cancelled")
    def test_a_cancelled_stage_can_run_again(self, bench: Bench) -> None:
        """Cancels ``stage`` while its first request hangs, before and after the effect."""
        desk = bench.desk()
        probe = Trouble()
        desk.stage(desk.fresh(file=True), probe)
        if not probe.requests:
            pytest.skip("stage sends nothing")
        part = desk.fresh(file=True)
        for trouble in (Trouble(request=1), Trouble(request=1, when="after")):
            out = desk.cancel(lambda ctx: bench.platform.stage(part, ctx), trouble)
            assert out, "the cancellation of stage was swallowed"
        desk.settled(desk.publish(desk.stage(part)))
        assert bench.count_posts() == 1

    @rule("publish.cancelled")
    def test_a_cancelled_publish_is_found(self, bench: Bench) -> None:
        """Cancels ``publish`` while the answer is on its way, as the engine's deadline does."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        trouble = Trouble(request=1, when="after")
        out = desk.cancel(lambda ctx: bench.platform.publish(staged, ctx), trouble)
        assert out, "the cancellation of publish was swallowed"
        check_there(bench, desk, desk.find(staged), None)

    @rule("publish.crash")
    def test_a_death_within_publish_is_found(self, bench: Bench) -> None:
        """Dies after the irreversible request took effect."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        trouble = Trouble(request=1, when="after", fails=lambda _: Died())
        _dies(lambda: desk.publish(staged, trouble), trouble)
        check_there(bench, desk, desk.find(staged), None)


def _dies(call: Callable[[], object], trouble: Trouble) -> None:
    try:
        call()
    except Died:
        return
    except Exception as error:
        raise AssertionError(f"the death came out as {error!r}") from error
    assert not trouble.met, "the death was swallowed"
