"""A measure counts once for each of its rows, however many rows are joined to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import duckdb

from thermocline.agent.build import build_sql
from thermocline.agent.catalog import Metric
from thermocline.agent.joins import Joins
from thermocline.agent.query import Between, Compare, Comparison, MetricQuery, Order, Term

from .shop import catalog, database

REVENUE = Term("orders", "revenue", "sum")
WHEN = Term("orders", "ordered_at")
PRODUCT = (Term("products", "product_id"), Term("products", "product_name"))
TEA = Compare(Term("products", "category"), "=", "tea")


def rows(query: MetricQuery, *metrics: Metric) -> list[tuple[object, ...]]:
    connection = database()
    known = replace(catalog(connection), metrics=metrics)
    return connection.execute(build_sql(query, known, Joins(known))).fetchall()


def test_an_order_of_two_teas_brings_its_revenue_once() -> None:
    connection = database()
    connection.execute("insert into order_items values (5, 1, 1), (5, 2, 1)")
    query = MetricQuery((REVENUE,), where=TEA)
    known = catalog(connection)
    found = connection.execute(build_sql(query, known, Joins(known))).fetchall()
    assert found == [(30.0 + 12.0 + 45.0 + 8.0 + 20.0,)]


def test_each_group_has_the_row_once() -> None:
    ranked = MetricQuery(
        (PRODUCT[1], REVENUE), group=PRODUCT, order=(Order(REVENUE, descending=True),), limit=2
    )
    assert rows(ranked) == [("green tea", 75.0), ("teapot", 50.0)]


def test_an_average_is_over_rows_and_not_over_joined_rows() -> None:
    average = MetricQuery((Term("orders", "revenue", "avg"),), tables=("order_items",))
    assert rows(average) == [(115.0 / 5,)]


def test_grains_conditions_and_having_stay_what_they_were() -> None:
    month = Term("orders", "ordered_at", grain="month")
    query = MetricQuery(
        (month, REVENUE), where=TEA, group=(month,), having=Compare(REVENUE, ">", 20), order=(Order(month),)
    )
    assert rows(query) == [(datetime(2025, 12, 1), 30.0), (datetime(2026, 4, 1), 57.0)]


def test_a_comparison_counts_each_row_once_too() -> None:
    may = Between(WHEN, "2026-05-01", "2026-06-01", half_open=True)
    before = Comparison(WHEN, "2026-04-01", "2026-05-01")
    assert rows(MetricQuery((REVENUE,), ("order_items",), may, compare=before)) == [(28.0, 57.0)]


def test_a_named_metric_counts_each_row_once_too() -> None:
    takings = Metric("takings", "orders", "sum(revenue) - count(*)")
    asked = Term("orders", "*", "metric", metric="takings")
    assert rows(MetricQuery((asked,), ("order_items",)), takings) == [(115.0 - 5,)]


def test_orders_are_counted_once_beside_their_revenue() -> None:
    count = Term("orders", "*", "count")
    assert rows(MetricQuery((count, REVENUE), where=TEA)) == [(4, 95.0)]


def test_what_would_part_the_rows_again_is_left_as_it_is() -> None:
    """Each order's revenue once, or once for each product that is counted beside it: not in between."""
    products = Term("products", "product_id", "count", True)
    assert rows(MetricQuery((products, REVENUE))) == [(4, 30 + 30 + 12 + 45 + 45 + 8 + 20.0)]


def test_nothing_is_changed_where_no_row_is_repeated(shop_database: duckdb.DuckDBPyConnection) -> None:
    known = catalog(shop_database)
    query = MetricQuery((Term("customers", "country"), REVENUE), group=(Term("customers", "country"),))
    assert "DISTINCT" not in build_sql(query, known, Joins(known))
