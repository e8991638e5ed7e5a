"""Subscriptions to a service: accounts, plans, invoices, tickets."""

from __future__ import annotations

from .domain import Domain

DDL = """
create table accounts (id bigint, name varchar, industry varchar, country varchar, created_at timestamp);
create table plans (plan_code varchar, title varchar, monthly_fee double);
create table subscriptions
    (id bigint, account_id bigint, plan_code varchar, status varchar, started_on date, seats bigint);
create table invoices
    (invoice_no bigint, account_id bigint, issued_on date, amount double, status varchar);
create table tickets
    (id bigint, account_id bigint, priority varchar, opened_at timestamp, hours_spent double);
insert into accounts values
    (1, 'Norrland Bikes', 'retail', 'Sweden', '2025-02-01 08:00:00'),
    (2, 'Hafen Logistik', 'transport', 'Germany', '2025-06-12 09:30:00'),
    (3, 'Costa Textil', 'retail', 'Spain', '2026-01-20 14:00:00'),
    (4, 'Alpen Kaffee', 'food', 'Germany', '2026-04-03 10:15:00');
insert into plans values ('S', 'Starter', 20), ('T', 'Team', 90), ('E', 'Enterprise', 400);
insert into subscriptions values
    (10, 1, 'T', 'active', '2025-02-01', 12), (11, 2, 'E', 'active', '2025-06-15', 80),
    (12, 3, 'S', 'cancelled', '2026-01-20', 3), (13, 3, 'T', 'active', '2026-03-01', 9);
insert into invoices values
    (100, 1, '2026-03-31', 90, 'paid'), (101, 2, '2026-03-31', 400, 'paid'),
    (102, 1, '2026-04-30', 95, 'open'),
    (103, 2, '2026-04-30', 410, 'paid'), (104, 3, '2026-04-30', 60, 'open'),
    (105, 3, '2025-12-31', 20, 'paid');
insert into tickets values
    (1, 1, 'high', '2026-04-02 10:00:00', 2.5), (2, 2, 'low', '2026-04-15 11:00:00', 0.5),
    (3, 2, 'high', '2026-05-04 12:00:00', 4.0), (4, 1, 'low', '2026-05-06 13:00:00', 1.0),
    (5, 2, 'high', '2026-05-07 08:00:00', 3.0);
"""
BY_ACCOUNT = "join accounts a on a.id = account_id"
LAST_MONTH = "date_trunc('month', {}) = date '2026-04-01'"

QUESTIONS = {
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
SUBSCRIPTIONS = Domain(
    DDL,
    QUESTIONS,
    keys=(
        ("subscriptions", "account_id", "accounts", "id"),
        ("subscriptions", "plan_code", "plans", "plan_code"),
        ("invoices", "account_id", "accounts", "id"),
        ("tickets", "account_id", "accounts", "id"),
    ),
)
