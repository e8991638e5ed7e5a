"""A question of twenty words is read in two milliseconds."""

from __future__ import annotations

from time import perf_counter

from thermocline.agent.periods import find_periods

from .tables import NOW

QUESTION = """
    how many orders were placed by new customers from the three largest cities in Germany in the first half of
    2023
"""


def test_a_question_is_read_quickly() -> None:
    assert len(QUESTION.split()) >= 20
    # The fastest of many: what else the machine does only adds to it.
    assert min(_seconds() for _ in range(100)) < 0.002


def _seconds() -> float:
    begun = perf_counter()
    assert find_periods(QUESTION, NOW)
    return perf_counter() - begun
