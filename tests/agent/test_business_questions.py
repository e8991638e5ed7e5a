"""Questions as people who read reports put them, over subscriptions to a service."""

from __future__ import annotations

import duckdb
import pytest

from thermocline.agent.translate import Translator

from .meant import check_meant
from .shop import NOW
from .subscriptions import catalog, database

BY_ACCOUNT = "join accounts a on a.id = account_id"
LAST_MONTH = "date_trunc('month', {}) = date '2026-04-01'"

CASES = {
    "invoice amount by country": f"select country, sum(amount) from invoices {BY_ACCOUNT} group by 1",
    "total amount by status": "select status, sum(amount) from invoices group by 1",
    "amount by industry, highest first":
        f"select industry, sum(amount) from invoices {BY_ACCOUNT} group by 1 order by 2 desc",
    "share of amount by country":
        "select country, sum(amount) / (select sum(amount) from invoices) "
        f"from invoices {BY_ACCOUNT} group by 1",
    "total seats": "select sum(seats) from subscriptions",
    "seats by plan": "select title, sum(seats) from subscriptions join plans using (plan_code) group by 1",
    "average hours spent by priority": "select priority, avg(hours_spent) from tickets group by 1",
    "average seats per subscription": "select avg(seats) from subscriptions",
    "maximum amount per account": f"select name, max(amount) from invoices {BY_ACCOUNT} group by 1",
    "number of accounts by industry": "select industry, count(*) from accounts group by 1",
    "tickets by priority": "select priority, count(*) from tickets group by 1",
    "number of tickets per account": f"select name, count(*) from tickets {BY_ACCOUNT} group by 1",
    "how many active subscriptions are there": "select count(*) from subscriptions where status = 'active'",
    "active subscriptions by plan":
        "select title, count(*) from subscriptions join plans using (plan_code) "
        "where status = 'active' group by 1",
    "open invoices by country":
        f"select country, count(*) from invoices {BY_ACCOUNT} where status = 'open' group by 1",
    "total amount of open invoices": "select sum(amount) from invoices where status = 'open'",
    "top 2 accounts by number of tickets":
        f"select name, count(*) from tickets {BY_ACCOUNT} group by 1 order by 2 desc limit 2",
    "top 2 accounts by invoice amount":
        f"select name, sum(amount) from invoices {BY_ACCOUNT} group by 1 order by 2 desc limit 2",
    "which account has the most tickets":
        f"select name from tickets {BY_ACCOUNT} group by 1 order by count(*) desc limit 1",
    "which plan has the highest monthly fee": "select title from plans order by monthly_fee desc limit 1",
    "most expensive plan": "select title from plans order by monthly_fee desc limit 1",
    "accounts in Germany": "select name from accounts where country = 'Germany'",
    "accounts without tickets": "select name from accounts where id not in (select account_id from tickets)",
    "accounts with more than 1 subscription":
        f"select name from subscriptions {BY_ACCOUNT} group by a.id, name having count(*) > 1",
    "tickets with high priority": "select * from tickets where priority = 'high'",
    "which industries have more than one account":
        "select industry from accounts group by 1 having count(*) > 1",
    "invoice amount per month": "select date_trunc('month', issued_on), sum(amount) from invoices group by 1",
    "total invoice amount last month":
        f"select sum(amount) from invoices where {LAST_MONTH.format('issued_on')}",
    "number of tickets this month":
        "select count(*) from tickets where date_trunc('month', opened_at) = date '2026-05-01'",
    "accounts created in 2026": "select name from accounts where year(created_at) = 2026",
    "amount of paid invoices by month":
        "select date_trunc('month', issued_on), sum(amount) from invoices where status = 'paid' group by 1",
    "hours spent on tickets by account last month":
        f"select name, sum(hours_spent) from tickets {BY_ACCOUNT} "
        f"where {LAST_MONTH.format('opened_at')} group by 1",
}  # fmt: skip


@pytest.fixture(scope="module")
def service() -> duckdb.DuckDBPyConnection:
    return database()


@pytest.fixture(scope="module")
def translator(service: duckdb.DuckDBPyConnection) -> Translator:
    return Translator(catalog(service))


@pytest.mark.parametrize("question", CASES)
def test_the_best_meaning_is_the_one_meant(
    question: str, service: duckdb.DuckDBPyConnection, translator: Translator
) -> None:
    check_meant(question, CASES[question], service, translator)


def test_most_are_answered_and_not_asked_back(translator: Translator) -> None:
    kinds = [translator.translate(question, NOW).kind for question in CASES]
    assert kinds.count("answer") >= 0.75 * len(kinds)
