"""Of any text, the periods stand apart, in order, where they say they stand, and begin before they end."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from thermocline.agent.numbers import find_numbers, find_ranges
from thermocline.agent.periods import find_comparisons, find_grains, find_periods

WORDS = """
    last next this the first second third of in on by to from between and or since until before after year
    month week day quarter 2 3 12 31 99 2014 2024 9999 0 may march monday fri q h fy 's ' / - , . : am pm ago
    late early end start decade 90 s christmas easter morning hundred twenty thousand million half $ % than
"""
TEXTS = st.one_of(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join), st.text(max_size=60))
NOWS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(TEXTS, NOWS)
@settings(max_examples=300, deadline=None)
def test_periods(text: str, now: datetime) -> None:
    last = 0
    for period in find_periods(text, now):
        assert last <= period.start < period.stop
        assert text[period.start : period.stop] == period.text
        assert period.begin is not None or period.end is not None
        assert period.begin is None or period.end is None or period.begin < period.end
        last = period.stop


@given(TEXTS, NOWS)
@settings(max_examples=100, deadline=None)
def test_the_others_stand_where_they_say(text: str, now: datetime) -> None:
    found = [*find_comparisons(text, now), *find_grains(text), *find_numbers(text), *find_ranges(text)]
    assert all(text[each.start : each.stop] == each.text for each in found)
