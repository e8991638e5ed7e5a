"""INSERT, CREATE TABLE and DROP TABLE through SQL."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.types import JSON, UUID

from .conftest import Shop


def test_rows_are_inserted_in_the_order_of_the_columns(fresh: Shop) -> None:
    assert fresh.sql("insert into products values ('p7', 'Seven', 7), ('p8', 'Eight', 8)").dicts() == [
        {"rows": 2, "duplicates": 0}
    ]
    assert fresh.rows("select name, qty from products where qty > 6 order by 2") == [
        ("Seven", 7),
        ("Eight", 8),
    ]


def test_named_columns_may_be_of_the_envelope_and_leave_others_null(fresh: Shop) -> None:
    fresh.sql("insert into products (qty, _id, _time) select ?, 'mine', '2026-01-01 10:00:00'", [9])
    found = fresh.rows("select product, qty, _id, _time from products where qty = 9")
    assert [row[:3] for row in found] == [(None, 9, "mine")]
    assert found[0][3].replace(tzinfo=None) == datetime(2026, 1, 1, 10)


def test_values_are_cast_as_in_sql(fresh: Shop) -> None:
    fresh.sql("create table t (a double, b varchar, c timestamp, d decimal(9,2), e json)")
    fresh.sql("insert into t values (1, 2, '2026-01-01', 3, '{\"k\": 1}')")
    assert fresh.rows("select *, e->>'k' as k from t")[0][1:4] == ("2", datetime(2026, 1, 1), 3)


def test_a_query_feeds_an_insert_by_name(fresh: Shop) -> None:
    fresh.sql(
        "insert into products by name select qty + 100 as qty, 'x' as product from products where qty < 2"
    )
    assert fresh.rows("select product, name, qty from products where qty >= 100 order by qty") == [
        ("x", None, 100),
        ("x", None, 101),
    ]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("insert into products values (1)", Invalid),
        ("insert into products (qty) values ('many')", Invalid),
        ("insert into products (nope) values (1)", NotFound),
        ("insert into products (_seq) values (1)", NotFound),
        ("insert into nowhere values (1)", NotFound),
        ("insert into other.products values (1, 2, 3)", NotFound),
        ("create table products (a int)", Invalid),
        ("create table t (a)", Invalid),
        ("create table t (a nonsense)", Invalid),
        ("create table t (a int) with (color = 'red')", Invalid),
        ("create table t (a int) with (retention = 'long')", Invalid),
        ("create table t", Invalid),
        ("drop table nowhere", NotFound),
    ],
)
def test_a_write_that_cannot_be_is_refused(fresh: Shop, sql: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        fresh.sql(sql)
    assert fresh.owner.seq == 66
    assert fresh.owner.table_names() == ["products", "sales"]


def test_a_table_is_created_with_types_and_options(fresh: Shop) -> None:
    sql = """create table if not exists acme.events (at_ timestamp with time zone, "Cost $" decimal(10, 2),
        tags varchar[], place struct(x int, y varchar), doc json)
        with (event_time = 'at_', clustering = 'doc, tags', retention = '365 days')"""
    assert fresh.rows(sql) == [(True,)]
    assert fresh.rows(sql) == [(False,)]
    table = fresh.owner.table("events")
    assert (table.event_time, table.clustering, table.retention_s) == ("at_", ("doc", "tags"), 365 * 86_400)
    assert [str(f.type) for f in table.schema.fields[:3]] == [
        "timestamp[us, tz=UTC]",
        "decimal128(10, 2)",
        "list<item: string>",
    ]
    assert table.schema.by_name["doc"].type == JSON


def test_a_table_is_created_from_a_query(fresh: Shop) -> None:
    made = fresh.sql(
        "create table copy as select product, sum(qty) as total, uuid() as u, doc from sales group by all"
    )
    assert made.rows() == [(True,)]
    types = {f.name: f.type for f in fresh.owner.table("copy").schema.fields}
    assert types == {"product": pa.string(), "total": pa.int64(), "u": UUID, "doc": JSON}
    assert fresh.rows("select count(*) from copy") == [(60,)]
    assert fresh.rows("create table if not exists copy as select 1 as a") == [(False,)]


def test_a_dropped_table_is_gone(fresh: Shop) -> None:
    assert fresh.rows("drop table products") == [(True,)]
    assert fresh.rows("drop table if exists products") == [(False,)]
    assert fresh.rows("show tables") == [("sales",)]
    with pytest.raises(NotFound):
        fresh.sql("select * from products")


def test_writing_takes_no_as_of(fresh: Shop) -> None:
    with pytest.raises(Invalid):
        fresh.sql("insert into products select * from products", as_of=3)
    fresh.sql("insert into products select * from products as of sequence 22")
    assert fresh.rows("select count(*) from products") == [(8,)]
