"""The columns of an answer have names that a reader understands."""

from __future__ import annotations

import duckdb
import pytest

from thermocline.agent.build import build_sql
from thermocline.agent.joins import Joins
from thermocline.agent.query import Between, Comparison, MetricQuery, Term

from .shop import catalog

REVENUE = Term("orders", "revenue", "sum")
REGION = Term("orders", "region")
WHEN = Term("orders", "ordered_at")
MAY = Between(WHEN, "2026-05-01", "2026-06-01", half_open=True)

CASES: list[tuple[MetricQuery, list[str]]] = [
    (MetricQuery((REGION, REVENUE), group=(REGION,)), ["region", "total_revenue"]),
    (MetricQuery((Term("orders", "*", "count"),)), ["number_of_orders"]),
    (MetricQuery((Term("orders", "order_id", "count", True),)), ["number_of_orders"]),
    (MetricQuery((Term("orders", "region", "count", True),)), ["distinct_region"]),
    (MetricQuery((Term("products", "price", "avg"),)), ["average_price"]),
    (
        MetricQuery((Term("orders", "ordered_at", "max"), Term("orders", "revenue", "min"))),
        ["latest_ordered_at", "lowest_revenue"],
    ),
    (
        MetricQuery(
            (Term("orders", "ordered_at", grain="month"), REVENUE),
            group=(Term("orders", "ordered_at", grain="month"),),
        ),
        ["month", "total_revenue"],
    ),
    (MetricQuery((REGION, REVENUE), group=(REGION,), share=True), ["region", "share_of_total_revenue"]),
    (
        MetricQuery((REVENUE,), where=MAY, compare=Comparison(WHEN, "2026-04-01", "2026-05-01")),
        ["total_revenue", "total_revenue_before"],
    ),
]


@pytest.mark.parametrize(("query", "names"), CASES, ids=["/".join(names) for _, names in CASES])
def test_a_measure_says_what_it_measures(
    query: MetricQuery, names: list[str], shop_database: duckdb.DuckDBPyConnection
) -> None:
    assert columns(shop_database, query) == names


def test_columns_of_one_name_are_told_apart_by_their_tables() -> None:
    connection = duckdb.connect()
    connection.execute(
        "create table cities (id bigint, name varchar);"
        "create table people (id bigint, city_id bigint, name varchar);"
        "insert into cities values (1, 'Cork'); insert into people values (1, 1, 'Di')"
    )
    query = MetricQuery((Term("people", "name"), Term("cities", "name")))
    assert columns(connection, query) == ["person_name", "city_name"]


def test_a_name_that_a_table_has_is_not_given_again() -> None:
    connection = duckdb.connect()
    connection.execute(
        "create table sales (id bigint, amount double, total_amount double);"
        "insert into sales values (1, 2, 9)"
    )
    assert columns(connection, MetricQuery((Term("sales", "amount", "sum"),))) != ["total_amount"]


def columns(connection: duckdb.DuckDBPyConnection, query: MetricQuery) -> list[str]:
    known = catalog(connection)
    return [name for name, *_ in connection.execute(build_sql(query, known, Joins(known))).description]
