"""A word that says which rows are meant is never passed over; one that says nothing more is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from duckdb import DuckDBPyConnection

from thermocline.agent.translate import Translation

Ask = Callable[[str], Translation]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("how many overdue orders", "overdue"),
        ("how many Bavarian customers", "Bavarian"),
        ("number of loyal customers", "loyal"),
        ("the number of our most faithful returning customers", "faithful"),
        ("average refundable revenue", "refundable"),
        ("total unpaid revenue by region", "unpaid"),
        ("which customer has the most disputed orders", "disputed"),
        ("customers with more than 2 disputed orders", "disputed"),
        ("how many orders are overdue", "overdue"),
        ("how many orders are overdue in the north region", "overdue"),
        ("how many orders were cancelled in May", "cancelled"),
        ("how many orders were cancelled last month", "cancelled"),
        ("customers who placed disputed orders", "disputed"),
        ("list overdue orders", "overdue"),
        ("revenue growth by month", "growth"),
        ("customer churn by month", "churn"),
        ("total revenue in region Narnia", "Narnia"),
        ("total revenue of orders with region east", "east"),
        ("the busiest region", "busiest"),
    ],
)
def test_one_that_chooses_rows_is_refused_by_name(ask: Ask, question: str, word: str) -> None:
    found = ask(question)
    assert found.kind == "refuse"
    assert word in found.unplaced


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("how many orders", "SELECT COUNT(*)"),
        ("average revenue across all orders", "SELECT AVG("),
        ("highest revenue", "SELECT MAX("),
        ("number of individual customers", "SELECT COUNT(*)"),
        ("how many orders were placed in April 2026", "SELECT COUNT(*)"),
    ],
)
def test_one_that_chooses_none_does_not_matter(ask: Ask, question: str, sql: str) -> None:
    found = ask(question)
    assert found.kind == "answer"
    assert sql in found.sql
    assert not found.unplaced


@pytest.mark.parametrize("question", ["who are our best customers", "which day had the most orders"])
def test_what_is_best_and_which_day_are_not_passed_over(ask: Ask, question: str) -> None:
    """All customers are no answer, nor is the instant of an order."""
    assert ask(question).kind != "answer"


@pytest.mark.parametrize("said", ["excluding", "except"])
def test_what_is_left_out_is_left_out(ask: Ask, shop_database: DuckDBPyConnection, said: str) -> None:
    expected = shop_database.execute("select sum(revenue) from orders where region <> 'north'").fetchall()
    assert shop_database.execute(ask(f"total revenue {said} north").sql).fetchall() == expected


@pytest.mark.parametrize("question", ["monthly revenue this year", "daily orders in April 2026"])
def test_a_unit_of_time_is_no_unknown_word(ask: Ask, question: str) -> None:
    found = ask(question)
    assert not found.unplaced
    assert "DATE_TRUNC" in found.sql


def test_a_verb_is_left_out_and_told(ask: Ask) -> None:
    found = ask("names of customers who reside in France")
    assert found.kind == "answer"
    assert "left out: reside" in found.assumptions
