"""Of several dates of a table, the one that is the time of its events is meant."""

from __future__ import annotations

from datetime import date

import pytest

from thermocline.core.protocols import Database, Lakehouse

QUESTIONS = ["number of bills in October 2026", "latest bill", "total amount by month"]
BILLS = [
    {"n": n, "amount": n / 2, "issued": date(2026, 10, 1 + n), "paid": date(2026, 11, 1 + n)}
    for n in range(28)
]


@pytest.fixture
def bills(lake: Lakehouse) -> Database:
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


def test_a_table_with_a_masked_date_can_still_be_asked_about(bills: Database, lake: Lakehouse) -> None:
    bills.append("bills", BILLS, event_time="issued")
    bills.sql("GRANT SELECT ON bills TO priya")
    bills.sql("CREATE MASKING POLICY mask_issued ON bills (issued) USING hash")  # a text now
    priya = lake.database("books", principal="priya")
    assert priya.ask("how many bills are there").kind == "answer"
