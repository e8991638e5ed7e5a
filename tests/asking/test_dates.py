"""Of several dates of a table, the one that is the time of its events is meant."""

from __future__ import annotations

from datetime import date

import pytest

import thermocline
from thermocline.core.protocols import Database

QUESTIONS = ["number of bills in October 2026", "latest bill", "total amount by month"]
BILLS = [
    {"n": n, "amount": n / 2, "issued": date(2026, 10, 1 + n), "paid": date(2026, 11, 1 + n)}
    for n in range(28)
]


@pytest.fixture
def bills(lake: thermocline.core.protocols.Lakehouse) -> Database:
    return lake.database("books")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_time_of_the_events_is_meant(bills: Database, question: str) -> None:
    bills.append("bills", BILLS, event_time="issued")
    answer = bills.ask(question, guess=True)
    assert answer.sql is not None
    assert "issued" in answer.sql
    assert "paid" not in answer.sql.replace("*", "")
    assert bills.ask(question).kind == "answer"


@pytest.mark.parametrize("question", QUESTIONS)
def test_where_none_is_it_is_asked_which(bills: Database, question: str) -> None:
    bills.append("bills", BILLS)
    answer = bills.ask(question)
    assert answer.kind == "clarify"
    assert {"issued", "paid"} <= {word for option in answer.options for word in option.reading.split()}
