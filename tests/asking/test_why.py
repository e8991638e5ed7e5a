"""Why a number changed: two periods beside each other, and what contributed most."""

from __future__ import annotations

import pytest

from thermocline.actors.local import LocalLake


@pytest.mark.parametrize(
    "question", ["why did revenue fall in November?", "why has the total revenue gone down in November?"]
)
def test_a_question_that_names_its_measure_needs_no_question_before(lake: LocalLake, question: str) -> None:
    answer = lake.database("acme").ask(question)
    assert answer.kind == "answer"
    assert "fell" in answer.narrative
    assert "region: south -" in answer.narrative
    assert all(line.sql for line in answer.lines)


def test_its_conditions_hold_for_the_parts(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("why did revenue in the north fall in November?")
    assert answer.sql is not None
    assert "region = 'north'" in answer.sql


def test_a_pronoun_stands_for_the_question_before(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.ask("what is the total revenue?", conversation="monday")
    assert "south" in shop.ask("why did it fall in November?", conversation="monday").narrative


@pytest.mark.parametrize("question", ["why did it fall in November?", "why did the mood fall in November?"])
def test_what_changed_must_be_known(lake: LocalLake, question: str) -> None:
    assert lake.database("acme").ask(question).kind == "refuse"


def test_where_there_is_nothing_it_says_so(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("why did revenue fall in March 2020?")
    assert answer.narrative.startswith("There is nothing to compare")
