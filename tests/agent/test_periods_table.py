"""Every phrase of the page means the range that stands beside it."""

from __future__ import annotations

import pytest

from thermocline.agent.periods import find_periods

from .tables import NOW, rows

PHRASES = rows("| phrase | range |")


@pytest.mark.parametrize(("phrase", "wanted"), PHRASES, ids=[phrase for phrase, _ in PHRASES])
def test_a_phrase_alone(phrase: str, wanted: str) -> None:
    assert [period.reading for period in find_periods(phrase, NOW)] == [wanted]


@pytest.mark.parametrize(("phrase", "wanted"), PHRASES, ids=[phrase for phrase, _ in PHRASES])
def test_a_phrase_in_a_question(phrase: str, wanted: str) -> None:
    text = f"What was the total revenue {phrase}, by region?"
    assert [period.reading for period in find_periods(text, NOW)] == [wanted]


def test_the_page_has_enough_of_them() -> None:
    assert len(PHRASES) >= 60
