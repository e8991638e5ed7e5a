"""SQL of other systems, translated by sqlglot; the same answer as in DuckDB's dialect."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.core.errors import Invalid

from .conftest import Shop


@pytest.mark.parametrize(
    ("dialect", "sql", "same"),
    [
        ("bigquery", "SELECT `product`, COUNT(*) FROM sales GROUP BY 1 ORDER BY 1", "select product, count(*) from sales group by 1 order by 1"),
        ("snowflake", "select iff(qty > 3, 'x', 'y') from sales order by \"Cost Total $\"", 'select if(qty > 3, \'x\', \'y\') from sales order by "Cost Total $"'),
        ("snowflake", "select count(*) from sales at(timestamp => '2026-01-01 00:00:01'::timestamp_ntz) s", "select 20"),
        ("tsql", "SELECT TOP 2 product FROM sales ORDER BY product", "select product from sales order by product limit 2"),
        ("mysql", "select ifnull(region, '?') from sales order by `Cost Total $`", "select ifnull(region, '?') from sales order by \"Cost Total $\""),
        ("oracle", "select nvl(region, '?') from sales order by \"Cost Total $\"", "select ifnull(region, '?') from sales order by \"Cost Total $\""),
        ("spark", "select product from sales version as of 1 order by product limit 1", "select 'p0'"),
        ("databricks", "select count(*) from sales timestamp as of '2026-01-01 00:00:01'", "select 20"),
        ("trino", "select count(*) from sales for version as of 1 as s where s.qty > 3", "select count(*) from sales where qty > 3 and _seq <= 20"),
        ("bigquery", "select count(*) from sales for system_time as of timestamp '2026-01-01 00:00:01'", "select 20"),
        ("postgres", "select product::text, qty from sales where day >= '2026-01-05'::date order by \"Cost Total $\"", "select product, qty from sales where day >= '2026-01-05' order by \"Cost Total $\""),
        ("clickhouse", "select countIf(qty > 3) from sales", "select count_if(qty > 3) from sales"),
    ],
)  # fmt: skip
def test_a_dialect_answers_like_duckdb(shop: Shop, dialect: str, sql: str, same: str) -> None:
    assert shop.rows(sql, dialect=dialect) == shop.rows(same)


@pytest.mark.parametrize(
    ("sql", "params", "dialect"),
    [
        ("select count(*) from sales where product = :p", {"p": "p1"}, "snowflake"),
        ("select count(*) from sales where product = ?", ["p1"], "mysql"),
        ("select count(*) from sales where product = @p", {"p": "p1"}, "bigquery"),
        ("select count(*) from sales where product = $1", ["p1"], "postgres"),
    ],
)
def test_parameters_pass_through(shop: Shop, sql: str, params: Any, dialect: str) -> None:
    assert shop.rows(sql, params, dialect=dialect) == [(12,)]


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("selec 1", "snowflake"),
        ("select 1", "klingon"),
        ("copy into t from @stage", "snowflake"),
        ("select 1; drop table sales", "postgres"),
        ("delete from sales", "mysql"),
        ("select pg_read_file('/etc/passwd')", "postgres"),
    ],
)
def test_what_is_not_allowed_is_so_in_every_dialect(shop: Shop, sql: str, dialect: str) -> None:
    with pytest.raises(Invalid):
        shop.sql(sql, dialect=dialect)
    assert shop.owner.table_names() == ["products", "sales"]
