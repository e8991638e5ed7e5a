"""Questions as people who read reports put them, over databases of several trades."""

from __future__ import annotations

from functools import cache

import duckdb
import pytest

from thermocline.agent.translate import Translator

from .domains import DOMAINS
from .meant import check_meant
from .shop import NOW


@cache
def _opened(name: str) -> tuple[duckdb.DuckDBPyConnection, Translator]:
    rows = DOMAINS[name].rows()
    return rows, Translator(DOMAINS[name].catalog(rows))


ASKED = [(name, question) for name, domain in DOMAINS.items() for question in domain.questions]
UNANSWERABLE = [(name, question) for name, domain in DOMAINS.items() for question in domain.unanswerable]


@pytest.mark.parametrize(("name", "question"), ASKED)
def test_the_best_meaning_is_the_one_meant(name: str, question: str) -> None:
    check_meant(question, DOMAINS[name].questions[question], *_opened(name))


@pytest.mark.parametrize("name", DOMAINS)
def test_most_are_answered_and_not_asked_back(name: str) -> None:
    _, translator = _opened(name)
    questions = DOMAINS[name].questions
    kinds = [translator.translate(question, NOW).kind for question in questions]
    assert kinds.count("answer") >= DOMAINS[name].answered * len(questions)


@pytest.mark.parametrize(("name", "question"), UNANSWERABLE)
def test_what_nothing_here_answers_is_not_answered(name: str, question: str) -> None:
    _, translator = _opened(name)
    assert translator.translate(question, NOW).kind != "answer"
