"""What was found out is kept for a minute, by its key."""

from __future__ import annotations

import itertools

from thermocline.core.recent import KEPT, Recent

from ..conftest import FakeClock


def test_it_is_found_out_again_after_a_minute_or_when_it_shall_be_fresh() -> None:
    clock, numbers = FakeClock(), itertools.count(1)
    recent = Recent[int](clock)

    def get(*, fresh: bool = False) -> int:
        return recent.get("a", lambda: next(numbers), fresh=fresh)

    assert [get(), get(), get(fresh=True)] == [1, 1, 1], "not twice within a second"
    clock.advance(seconds=2)
    assert [get(), get(fresh=True), get()] == [1, 2, 2]
    clock.advance(seconds=61)
    assert get() == 3


def test_the_newest_few_are_kept() -> None:
    recent, asked = Recent[int](FakeClock()), []

    def get(key: int) -> int:
        def find_out() -> int:
            asked.append(key)
            return key

        return recent.get(key, find_out)

    for key in (*range(KEPT + 1), KEPT, 0):
        assert get(key) == key
    assert asked == [*range(KEPT + 1), 0]
