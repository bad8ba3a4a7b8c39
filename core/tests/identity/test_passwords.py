"""Password hashing stays bounded, however many sign in at once."""

from __future__ import annotations

import asyncio

from mpcas2_core.errors import TooMany
from mpcas2_core.identity.passwords import MOST_WAITING, PARALLEL, Passwords


def test_more_sign_ins_than_may_wait_are_told_to_come_back() -> None:
    async def story() -> tuple[list[object], bool]:
        passwords = Passwords()
        stored = await passwords.hash("Right-1!")
        room = PARALLEL + MOST_WAITING
        outcomes = await asyncio.gather(
            *(passwords.verify(stored, "Right-1!") for _ in range(room + 3)),
            return_exceptions=True,
        )
        return list(outcomes), await passwords.verify(stored, "Right-1!")

    outcomes, after = asyncio.run(story())
    refused = [one for one in outcomes if isinstance(one, TooMany)]
    assert len(refused) == 3
    assert refused[0].status == 429
    assert refused[0].details == {"retryAfter": 2}
    assert outcomes.count(True) == len(outcomes) - 3
    assert after


def test_a_sign_in_that_is_given_up_leaves_its_place() -> None:
    async def story() -> bool:
        passwords = Passwords()
        waiting = [asyncio.create_task(passwords.hash("Right-1!")) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(one) for one in outcomes} == {asyncio.CancelledError}
        assert await passwords.hash("Right-1!")
        return await passwords.verify(None, "x")

    assert asyncio.run(story()) is False
