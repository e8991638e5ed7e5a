"""Subscriptions to a service, as a business keeps them: accounts, plans, invoices, tickets."""

from __future__ import annotations

import duckdb

from thermocline.agent.catalog import Catalog, build_catalog

from .shop import facts

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
KEYS = [
    ("subscriptions", "account_id", "accounts", "id"),
    ("subscriptions", "plan_code", "plans", "plan_code"),
    ("invoices", "account_id", "accounts", "id"),
    ("tickets", "account_id", "accounts", "id"),
]


def database() -> duckdb.DuckDBPyConnection:
    """The rows, in memory."""
    connection = duckdb.connect()
    connection.execute(DDL)
    return connection


def catalog(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """Their catalog."""
    return build_catalog(facts(connection), KEYS)
