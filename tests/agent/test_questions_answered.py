"""A question over the shop gives the rows that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import duckdb
import pytest

from thermocline.agent.scoring import same_rows
from thermocline.agent.translate import Translation

CASES: list[tuple[str, list[tuple[object, ...]]]] = [
    ("How many customers are there?", [(4,)]),
    ("Show the name and city of all customers.", [
        ("Ada Byron", "Paris"), ("Bo Chen", "Wuhan"), ("Cy Dorn", "Lyon"), ("Di Egan", "Cork"),
    ]),
    ("Which customers are from France?", [("Ada Byron",), ("Cy Dorn",)]),
    ("customers without orders", [("Di Egan",)]),
    ("How many orders did Ada Byron make?", [(2,)]),
    ("What is the average price of products in the tea category?", [(4.0,)]),
    ("What is the most expensive product?", [("teapot",)]),
    ("List the names of products sorted by price in descending order.", [
        ("teapot",), ("espresso",), ("green tea",), ("black tea",),
    ]),
    ("How many products are there in each category?", [("tea", 2), ("coffee", 1), ("ware", 1)]),
    ("What is the total revenue of orders for each region?", [("north", 83.0), ("south", 32.0)]),
    ("Which products have a price above the average price?", [("teapot",)]),
    ("Which categories have at least 2 products?", [("tea",)]),
    ("Find the name of the customer with the most orders.", [("Ada Byron",)]),
    ("What are the names of products whose name contains 'tea'?", [
        ("green tea",), ("black tea",), ("teapot",),
    ]),
    ("products that cost between 4 and 10", [("green tea",), ("espresso",)]),
    ("revenue by region and month", [
        ("north", datetime(2025, 12, 1), 30.0), ("south", datetime(2026, 4, 1), 12.0),
        ("north", datetime(2026, 4, 1), 45.0), ("north", datetime(2026, 5, 1), 8.0),
        ("south", datetime(2026, 5, 1), 20.0),
    ]),
    ("top 2 customers by total revenue", [("Bo Chen", 65.0), ("Ada Byron", 42.0)]),
    ("top 2 customers by number of orders", [("Ada Byron", 2), ("Bo Chen", 2)]),
    ("average revenue per order", [(23.0,)]),
    ("orders by month", [
        (datetime(2025, 12, 1), 1), (datetime(2026, 4, 1), 2), (datetime(2026, 5, 1), 2),
    ]),
    ("region with the highest revenue", [("north",)]),
    ("number of orders per region last month", [("south", 1), ("north", 1)]),
    ("share of revenue by region", [("north", 83 / 115), ("south", 32 / 115)]),
    ("how does revenue this month compare with last month", [(28.0, 57.0)]),
    ("monthly revenue", [
        (datetime(2025, 12, 1), 30.0), (datetime(2026, 4, 1), 57.0), (datetime(2026, 5, 1), 28.0),
    ]),
    ("cheapest product in each category", [("black tea",), ("espresso",), ("teapot",)]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "rows"), CASES, ids=[question for question, _ in CASES])
def test_the_best_meaning_gives_the_rows_asked_for(
    question: str,
    rows: list[tuple[object, ...]],
    ask: Callable[[str], Translation],
    shop_database: duckdb.DuckDBPyConnection,
) -> None:
    translation = ask(question)
    found = shop_database.execute(translation.sql).fetchall()
    assert same_rows(found, rows), translation.sql


def test_groups_come_in_the_order_of_their_keys(
    ask: Callable[[str], Translation], shop_database: duckdb.DuckDBPyConnection
) -> None:
    rows = shop_database.execute(ask("revenue by month").sql).fetchall()
    assert [month for month, _ in rows] == [datetime(2025, 12, 1), datetime(2026, 4, 1), datetime(2026, 5, 1)]
