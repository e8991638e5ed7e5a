"""query_metrics: plain arguments, checked names, periods, and no measure counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from thermocline.agent.build import build_sql
from thermocline.agent.catalog import Metric
from thermocline.agent.mcp.metrics import metric_query
from thermocline.agent.rank import Schema

from ..agent import shop
from .talk import here, speak

NOW = datetime(2026, 5, 13, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def schema() -> Schema:
    catalog = shop.catalog(shop.database())
    return Schema.of(replace(catalog, metrics=(Metric("turnover", "orders", "SUM(revenue)"),)))


def sql(schema: Schema, *metrics: str, **more: Any) -> str:
    given = {"group_by": (), "filters": (), "time": None, "order": (), "limit": None} | more
    query = metric_query(schema, metrics, **given, now=NOW)
    return build_sql(query, schema.catalog, schema.joins)


def test_measures_groups_order_and_limit(schema: Schema) -> None:
    made = sql(schema, "sum(orders.revenue)", group_by=["region"], order=["-sum(revenue)"], limit=3)
    assert made.startswith(
        "SELECT region, SUM(revenue) AS total_revenue FROM orders GROUP BY region ORDER BY SUM(revenue) DESC"
    )
    assert made.endswith("LIMIT 3")


def test_a_named_metric_and_a_grain(schema: Schema) -> None:
    made = sql(schema, "turnover", group_by=["month(orders.ordered_at)"])
    month = "DATE_TRUNC('MONTH', ordered_at)"
    assert made.startswith(f"SELECT {month} AS month, SUM(revenue) AS turnover FROM orders GROUP BY {month}")


def test_joins_are_found(schema: Schema) -> None:
    made = sql(schema, "count(orders)", group_by=["customers.country"])
    assert "JOIN orders" in made
    assert "COUNT(*)" in made


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"column": "region", "op": "=", "value": "north"}, "region = 'north'"),
        ({"column": "region", "value": "north"}, "region = 'north'"),
        ({"column": "revenue", "op": ">=", "value": 10}, "revenue >= 10"),
        ({"column": "region", "op": "in", "value": ["a", "b"]}, "region = 'a' OR region = 'b'"),
        ({"column": "region", "op": "not in", "value": ["a"]}, "NOT"),
        ({"column": "region", "op": "contains", "value": "or"}, "ILIKE '%or%'"),
        ({"column": "region", "op": "starts with", "value": "no"}, "ILIKE 'no%'"),
        ({"column": "region", "op": "is null"}, "region IS NULL"),
        ({"column": "region", "op": "is not null"}, "NOT"),
        ({"column": "region", "op": "=", "value": "it's"}, "region = 'it''s'"),
    ],
)
def test_filters(schema: Schema, given: dict[str, Any], said: str) -> None:
    assert said in sql(schema, "count(orders)", filters=[given]).partition(" WHERE ")[2]


def test_a_filter_on_a_measure_is_one_on_groups(schema: Schema) -> None:
    having = [{"column": "sum(orders.revenue)", "op": ">", "value": 20}]
    made = sql(schema, "sum(orders.revenue)", group_by=["region"], filters=having)
    assert made.endswith("HAVING SUM(revenue) > 20 ORDER BY region ASC NULLS FIRST")


@pytest.mark.parametrize(
    "time",
    [
        "last month",
        {"period": "last month"},
        {"column": "orders.ordered_at", "from": "2026-04-01", "to": "2026-05-01"},
    ],
)
def test_a_period_is_half_open(schema: Schema, time: Any) -> None:
    made = sql(schema, "count(orders)", time=time)
    assert "ordered_at >= CAST('2026-04-01 00:00:00' AS TIMESTAMP)" in made
    assert "ordered_at < CAST('2026-05-01 00:00:00' AS TIMESTAMP)" in made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"metrics": []}, "metrics is empty"),
        ({"metrics": ["revenue"]}, "no metric `revenue`"),
        ({"metrics": ["mode(revenue)"]}, "no metric `mode(revenue)`"),
        ({"metrics": ["sum(region)"]}, "no number to add up called `region`"),
        ({"metrics": ["sum(customer_id.x)"]}, "no column `customer_id.x`"),
        ({"metrics": ["count(orders)"], "group_by": ["customer_id"]}, "`customer_id` is in 2 tables"),
        ({"metrics": ["count(orders)"], "group_by": ["fortnight(ordered_at)"]}, "no unit of time"),
        ({"metrics": ["count(orders)"], "group_by": ["month(region)"]}, "no date called `region`"),
        ({"metrics": ["count(orders)"], "filters": [{"column": "region", "op": "~"}]}, "no operator `~`"),
        ({"metrics": ["count(orders)"], "filters": [{"colum": "region"}]}, "not a filter"),
        ({"metrics": ["count(orders)"], "filters": [{"column": "region", "value": {}}]}, "not a value"),
        ({"metrics": ["count(orders)"], "filters": [{"column": "region", "op": "in", "value": 1}]}, "a list"),
        ({"metrics": ["count(orders)"], "time": "someday"}, "is no one period"),
        ({"metrics": ["count(orders)"], "time": {"since": 1}}, "time has no `since`"),
        ({"metrics": ["count(orders)"], "time": {"from": "soon"}}, "not a date"),
        ({"metrics": ["count(orders)"], "time": {"column": "region", "from": "2026-01-01"}}, "no dates"),
    ],
)
def test_what_cant_be_asked_is_said_and_taught(schema: Schema, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said.replace("(", r"\(").replace(")", r"\)")):
        sql(schema, *arguments.pop("metrics"), **arguments)


def test_a_measure_that_a_join_would_repeat_is_refused(schema: Schema) -> None:
    """An order has several items, so its revenue would be added up several times."""
    with pytest.raises(ToolError, match="counted several times"):
        sql(schema, "sum(orders.revenue)", group_by=["products.category"])
    assert "JOIN" in sql(schema, "sum(order_items.quantity)", group_by=["products.category"])
    assert "JOIN" in sql(schema, "count(distinct orders.order_id)", group_by=["products.category"])
    assert "JOIN" in sql(schema, "max(orders.revenue)", group_by=["products.category"])


def test_it_answers_like_a_question(lake: Any) -> None:
    async def act(agent: Any) -> Any:
        measured = await agent("query_metrics", metrics=["sum(orders.revenue)"], group_by=["orders.region"])
        return measured, await agent("ask", question="total revenue by region")

    measured, asked = speak(act, here(lake))
    assert sorted(measured.rows) == sorted(asked.rows)
    assert measured.told("sql") == asked.told("sql")
    assert measured.meta["answer_id"] == asked.meta["answer_id"]
