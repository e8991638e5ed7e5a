"""A meaning goes to plain data and back, and says itself in words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from thermocline.agent.query import from_dict, to_dict
from thermocline.agent.translate import Translation

QUESTIONS = [
    "customers without orders",
    "Which products have a price above the average price?",
    "top 2 customers by total revenue",
    "how does revenue this month compare with last month",
    "cheapest product in each category",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_meaning_survives_the_way_through_json(question: str, ask: Callable[[str], Translation]) -> None:
    query = ask(question).query
    assert query is not None
    assert from_dict(json.loads(json.dumps(to_dict(query)))) == query


def test_a_meaning_is_read_in_words(ask: Callable[[str], Translation]) -> None:
    assert ask("How many products are there in each category?").reading == (
        "product category and number of products, by product category"
    )
