"""A small shop to ask questions about: its catalog, and its rows in DuckDB."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from thermocline.agent.catalog import Catalog, ColumnFacts, TableFacts, build_catalog

NOW = datetime(2026, 5, 13, 10, tzinfo=UTC)

DDL = """
create table customers (customer_id bigint, name varchar, country varchar, city varchar, birth_date date);
create table products (product_id bigint, product_name varchar, category varchar, price double);
create table orders
    (order_id bigint, customer_id bigint, ordered_at timestamp, region varchar, revenue double);
create table order_items (order_id bigint, product_id bigint, quantity bigint);
insert into customers values
    (1, 'Ada Byron', 'France', 'Paris', '1980-03-01'), (2, 'Bo Chen', 'China', 'Wuhan', '1992-07-12'),
    (3, 'Cy Dorn', 'France', 'Lyon', '1975-11-30'), (4, 'Di Egan', 'Ireland', 'Cork', '2001-01-05');
insert into products values
    (1, 'green tea', 'tea', 4.5), (2, 'black tea', 'tea', 3.5), (3, 'espresso', 'coffee', 6.0),
    (4, 'teapot', 'ware', 20.0);
insert into orders values
    (1, 1, '2025-12-30 10:00:00', 'north', 30.0), (2, 1, '2026-04-02 09:00:00', 'south', 12.0),
    (3, 2, '2026-04-20 12:00:00', 'north', 45.0), (4, 3, '2026-05-03 08:30:00', 'north', 8.0),
    (5, 2, '2026-05-10 16:00:00', 'south', 20.0);
insert into order_items values (1, 1, 2), (1, 4, 1), (2, 2, 3), (3, 3, 5), (3, 1, 1), (4, 2, 2), (5, 4, 1);
"""
KEYS = [
    ("orders", "customer_id", "customers", "customer_id"),
    ("order_items", "order_id", "orders", "order_id"),
    ("order_items", "product_id", "products", "product_id"),
]


def database() -> duckdb.DuckDBPyConnection:
    """The shop's rows, in memory."""
    connection = duckdb.connect()
    connection.execute(DDL)
    return connection


def catalog(
    connection: duckdb.DuckDBPyConnection, hidden: frozenset[tuple[str, str]] = frozenset()
) -> Catalog:
    """The shop's catalog; values of `hidden` columns stay out of it."""
    return build_catalog(facts(connection, hidden), KEYS)


def facts(
    connection: duckdb.DuckDBPyConnection, hidden: frozenset[tuple[str, str]] = frozenset()
) -> list[TableFacts]:
    """What there is to know of each table."""
    found = connection.execute("select table_name from duckdb_tables() order by table_oid").fetchall()
    return [_facts(connection, name, hidden) for (name,) in found]


def _facts(
    connection: duckdb.DuckDBPyConnection, name: str, hidden: frozenset[tuple[str, str]]
) -> TableFacts:
    columns = []
    rows = connection.execute(f"select count(*) from {name}").fetchall()[0][0]
    for column, kind, *_ in connection.execute(f"describe {name}").fetchall():
        values = [
            v for (v,) in connection.execute(f"select distinct {column} from {name} order by 1").fetchall()
        ]
        texts = tuple(str(value) for value in values) if kind == "VARCHAR" else ()
        facts = ColumnFacts(
            column, kind, len(values), 0, values[0], values[-1], texts, (name, column) in hidden
        )
        columns.append(facts)
    return TableFacts(name, tuple(columns), rows)
