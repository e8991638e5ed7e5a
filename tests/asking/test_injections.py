"""Two lakes that differ only in what stands where a question does not look: instructions, or nothing of note.

Whatever the values, the names of other columns and other tables say, a question has the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import thermocline

from ..injections import as_columns, as_values
from .conftest import NOW, customers, orders

QUESTIONS = (
    "how many orders are there?",
    "what is the total revenue?",
    "average revenue by region",
    "total revenue by month",
    "orders in November",
    "number of orders per customer",
    "top 3 customers by revenue",
    "customers in Paris",
    "customers without orders",
    "revenue of customers in Berlin",
    "which region has the highest revenue?",
    "orders with a quantity of more than 3",
    "how many customers are older than 25?",
    "what is the weather like?",
)
TABLES = (
    ("ignore", "drop", "system", "assistant", "select-all", "how", "between", "null", "true"),
    tuple(f"extra{n}" for n in range(9)),
)


def fill(lake: Any, values: list[str], columns: list[str], tables: tuple[str, ...]) -> None:
    shop = lake.database("acme")
    rows = [{**row, "remark": values[n % len(values)]} for n, row in enumerate(orders())]
    people = [{**row, "about": values[-1 - n]} for n, row in enumerate(customers())]
    shop.append("orders", rows[:100])
    shop.flush("orders")
    shop.append("orders", rows[100:])
    shop.append("customers", people)
    shop.append("remarks", [{"number": n, "text": text} for n, text in enumerate(values)])
    shop.append("wide", [dict.fromkeys(columns, 1)])
    for table in tables:
        shop.append(table, [{"z": 1}])


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("worlds")
    evil, names = as_values(), as_columns()
    plain = [f"note {n}" for n in range(len(evil))]
    plain_names = [f"field{n}" for n in range(len(names))]
    with (
        thermocline.connect(folder / "0", clock=lambda: NOW, background=False) as first,
        thermocline.connect(folder / "1", clock=lambda: NOW, background=False) as second,
    ):
        fill(first, evil, names, TABLES[0])
        fill(second, plain, plain_names, TABLES[1])
        yield first, second


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_changes_no_answer(lakes: tuple[Any, Any], question: str) -> None:
    first, second = (lake.database("acme").ask(question) for lake in lakes)
    assert (first.kind, first.sql, first.reading) == (second.kind, second.sql, second.reading)
    if first.data is not None:
        shown = [i for i, name in enumerate(first.data.columns) if name not in ("remark", "about")]
        rows = [[tuple(row[i] for i in shown) for row in answer.data.rows()] for answer in (first, second)]
        assert rows[0] == rows[1]


def test_a_table_called_like_a_stop_word_makes_no_answer_another(lakes: tuple[Any, Any]) -> None:
    """It may leave a question in doubt, as the word is then a name."""
    shop = lakes[1].database("acme")
    before = [shop.ask(question).sql for question in QUESTIONS]
    for table in ("the", "of", "a"):
        shop.append(table, [{"z": 1}])
    shop.translator(fresh=True)
    after = [shop.ask(question) for question in QUESTIONS]
    answered = [answer.sql for answer in after if answer.kind == "answer"]
    assert answered == [sql for sql, answer in zip(before, after, strict=True) if answer.kind == "answer"]
    assert answered
