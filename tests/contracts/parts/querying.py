"""Queries: results in every form, parameters, dialects, limits, and what is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Error, Invalid, NotFound, Unavailable
from thermocline.core.protocols import Cancel, Database
from thermocline.core.results import Result

from .base import ROWS, Contract, count, refused

PRODUCTS = "select product, sum(revenue) as revenue from sales group by product order by product"
SLOW = "select count(*) from big a, big b, big c where a.n + b.n + c.n = -1"
ENDLESS = "select a.n, repeat('x', 1000) as x from big a, big b, big c"
GREEDY = "select list(a.n::varchar || b.n::varchar || repeat('x', 50)) as l from big a, big b"


def big(shop: Database) -> Database:
    shop.append("big", pa.table({"n": range(5_000)}))
    return shop


class Querying(Contract):
    def test_a_result_has_every_form(self, sales: Database) -> None:
        result = sales.sql(PRODUCTS)
        assert isinstance(result, Result)
        assert result.columns == ["product", "revenue"]
        assert result.rows() == [("milk", 3.0), ("salt", 6.0), ("tea", 13.5)]
        assert result.dicts()[0] == {"product": "milk", "revenue": 3.0}
        assert isinstance(result.arrow(), pa.Table)
        assert result.arrow().column("revenue").to_pylist() == [3.0, 6.0, 13.5]
        assert list(result.df()["product"]) == ["milk", "salt", "tea"]
        assert pytest.importorskip("polars").DataFrame(result.pl())["revenue"].to_list() == [3.0, 6.0, 13.5]
        assert pa.Table.from_batches(result.batches()).num_rows == 3
        assert len(result) == 3

    def test_a_stream_gives_batches_once(self, shop: Database) -> None:
        shop.append("big", pa.table({"n": range(300_000)}))
        result = shop.sql("select n from big", stream=True)
        assert result.columns == ["n"]
        result.certificate.verify()
        batches = list(result.batches())
        assert all(isinstance(batch, pa.RecordBatch) for batch in batches)
        assert sum(batch.num_rows for batch in batches) == 300_000

    def test_a_stream_left_unread_harms_nobody(self, shop: Database) -> None:
        shop.append("big", pa.table({"n": range(300_000)}))
        for _ in range(5):
            next(shop.sql("select n from big", stream=True).batches())
        shop.flush("big")
        assert count(shop, "big") == 300_000

    def test_an_empty_answer_has_its_columns(self, sales: Database) -> None:
        for stream in (False, True):
            result = sales.sql("select product, n from sales where n > 99", stream=stream)
            assert result.columns == ["product", "n"]
            assert result.arrow().schema.types == [pa.string(), pa.int64()]
            assert result.rows() == []

    @pytest.mark.parametrize(
        ("sql", "params", "expected"),
        [
            ("select n from sales where product = ? and n > ? order by n", ["tea", 1], [(3,), (5,)]),
            ("select n from sales where product = $1 and n > $2 order by n", ["tea", 1], [(3,), (5,)]),
            (
                "select n from sales where product = $p and n > $n order by n",
                {"p": "tea", "n": 1},
                [(3,), (5,)],
            ),
            ("select n from sales where product = ? or product is null", (None,), []),
            ("select ?::bigint + 0", [2**53 + 1], [(2**53 + 1,)]),
            ("select ?::decimal(10,2)", [Decimal("1.10")], [(Decimal("1.10"),)]),
            ("select ?", [b"\x00\xff"], [(b"\x00\xff",)]),
            ("select ?", ["Grüße '; drop table sales; --"], [("Grüße '; drop table sales; --",)]),
            ("select ?::date", [date(2026, 2, 3)], [(date(2026, 2, 3),)]),
            ("select ?::timestamp", [datetime(2026, 2, 3, 4, 5)], [(datetime(2026, 2, 3, 4, 5),)]),
            ("select count(*) from sales where _time < ?", [datetime(2000, 1, 1, tzinfo=UTC)], [(0,)]),
            ("select list_contains(?, 3)", [[1, 2, 3]], [(True,)]),
        ],
    )
    def test_parameters_are_values_and_nothing_else(
        self, sales: Database, sql: str, params: Any, expected: list[tuple[Any, ...]]
    ) -> None:
        assert sales.sql(sql, params).rows() == expected

    @pytest.mark.parametrize(
        ("sql", "params"),
        [
            ("select ? + ?", [1]),
            ("select ?", [1, 2]),
            ("select ?", None),
            ("select $a", {"b": 1}),
            ("select ?", "tea"),
            ("select ?", [object()]),
        ],
    )
    def test_wrong_parameters_are_refused(self, sales: Database, sql: str, params: Any) -> None:
        with refused(Invalid):
            sales.sql(sql, params)

    @pytest.mark.parametrize(
        ("dialect", "sql"),
        [
            ("snowflake", "select iff(n > 2, 'many', 'few') from sales order by n limit 1"),
            ("bigquery", "select if(n > 2, 'many', 'few') from `sales` order by n limit 1"),
            ("tsql", "select top 1 iif(n > 2, 'many', 'few') from [sales] order by n"),
        ],
    )
    def test_other_dialects_are_understood(self, sales: Database, dialect: str, sql: str) -> None:
        assert sales.sql(sql, dialect=dialect).rows() == [("few",)]

    def test_an_unknown_dialect_is_refused(self, sales: Database) -> None:
        with refused(Invalid, "snowflak", "snowflake"):
            sales.sql("select 1", dialect="snowflak")

    def test_tables_join(self, sales: Database) -> None:
        sales.append("prices", [{"product": "tea", "price": Decimal("4.50")}])
        sales.archive("prices")
        sql = """with s as (select product, n from sales where n > 1)
                 select s.n, p.price, row_number() over (order by s.n desc)
                 from s left join prices p using (product) order by s.n"""
        assert sales.sql(sql).rows() == [
            (2, None, 4),
            (3, Decimal("4.50"), 3),
            (4, None, 2),
            (5, Decimal("4.50"), 1),
        ]

    # -- writing through SQL -----------------------------------------------------------------------

    def test_a_table_is_created_filled_and_dropped(self, shop: Database) -> None:
        shop.sql("create table prices (product varchar, price decimal(10,2))")
        assert shop.tables() == ["prices"]
        shop.sql("insert into prices values ('tea', 4.50), ('milk', null)")
        assert shop.sql("select * from prices order by product").rows() == [
            ("milk", None),
            ("tea", Decimal("4.50")),
        ]
        shop.sql("insert into prices (price, product) select price * 2, product || '!' from prices")
        assert count(shop, "prices") == 4
        shop.sql("drop table prices")
        assert shop.tables() == []
        with refused(NotFound, "prices"):
            shop.sql("select * from prices")

    def test_insert_takes_parameters(self, sales: Database) -> None:
        sales.sql("insert into sales (product, n) values (?, ?)", ["rice", 2**53 + 1])
        assert sales.sql("select n from sales where product = 'rice'").rows() == [(2**53 + 1,)]

    def test_create_table_as_takes_columns_and_rows(self, sales: Database) -> None:
        sales.sql("create table teas as select n, revenue from sales where product = 'tea'")
        assert sales.sql("select * from teas order by n").rows() == [(1, 1.5), (3, 4.5), (5, 7.5)]

    def test_a_table_can_name_its_event_time(self, shop: Database) -> None:
        shop.sql("create table flights (date timestamp, delay bigint) with (event_time = 'date')")
        shop.append("flights", [{"date": datetime(2001, 1, 1), "delay": 4}])
        assert shop.sql("select _time from flights").rows() == [(datetime(2001, 1, 1, tzinfo=UTC),)]

    def test_creating_what_exists_is_refused_unless_allowed(self, sales: Database) -> None:
        with refused(Invalid, "sales"):
            sales.sql("create table sales (x bigint)")
        sales.sql("create table if not exists sales (x bigint)")
        assert sales.schema("sales").names == ["product", "revenue", "n"]

    def test_dropping_what_is_not_there_is_not_found_unless_allowed(self, sales: Database) -> None:
        with refused(NotFound, "slaes", "`sales`"):
            sales.sql("drop table slaes")
        sales.sql("drop table if exists slaes")

    # -- limits ------------------------------------------------------------------------------------

    def test_a_query_that_takes_too_long_is_unavailable(self, shop: Database) -> None:
        big(shop)
        started = time.monotonic()
        with refused(Unavailable, "0.3"):
            shop.sql(SLOW, timeout=0.3)
        assert time.monotonic() - started < 10

    def test_a_query_that_needs_too_much_memory_is_unavailable(self, shop: Database) -> None:
        with refused(Unavailable, "memory"):
            big(shop).sql(GREEDY, memory_limit="30MB")
        assert count(shop, "big") == 5_000

    @pytest.mark.parametrize("stream", [False, True])
    def test_a_query_is_cancelled_from_another_thread(self, shop: Database, stream: bool) -> None:
        big(shop)
        cancel = Cancel()
        timer = threading.Timer(0.3, cancel)
        timer.start()
        started = time.monotonic()
        with refused(Unavailable, "cancel"):
            shop.sql(SLOW, cancel=cancel, stream=stream).rows()
        assert time.monotonic() - started < 10
        timer.join()

    @pytest.mark.parametrize("cancelled", [True, False], ids=["cancelled", "timed out"])
    def test_a_stream_ends_in_its_middle_with_the_right_error(self, shop: Database, cancelled: bool) -> None:
        cancel = Cancel()
        timeout = 60.0 if cancelled else 2.0
        batches = big(shop).sql(ENDLESS, cancel=cancel, timeout=timeout, stream=True).batches()
        assert next(batches).num_rows > 0
        if cancelled:
            cancel()
        with refused(Unavailable, "cancel" if cancelled else "2 s"):
            for _ in batches:
                pass

    def test_a_cancelled_query_does_not_start(self, sales: Database) -> None:
        cancel = Cancel()
        cancel()
        with refused(Unavailable, "cancel"):
            sales.sql(PRODUCTS, cancel=cancel)

    def test_a_query_that_was_not_cancelled_is_done_with_its_cancel(self, sales: Database) -> None:
        cancel = Cancel()
        sales.sql(PRODUCTS, cancel=cancel)
        cancel()
        assert count(sales, "sales") == 5

    @pytest.mark.parametrize(
        "options",
        [{"timeout": 0}, {"timeout": -1.0}, {"memory_limit": "much"}, {"memory_limit": "-1GB"}],
        ids=str,
    )
    def test_wrong_limits_are_refused(self, sales: Database, options: dict[str, Any]) -> None:
        with refused(Invalid):
            sales.sql(PRODUCTS, **options)

    # -- plans -------------------------------------------------------------------------------------

    def test_explain_shows_table_and_tiers(self, sales: Database) -> None:
        sales.archive("sales", up_to=2)
        sales.flush("sales", up_to=4)
        plan = sales.explain("select * from sales where n > ?", [3])
        for word in ("sales", "hot", "warm", "cold"):
            assert word in plan.lower()

    def test_explain_analyze_measures(self, sales: Database) -> None:
        assert sales.explain(PRODUCTS, analyze=True) != sales.explain(PRODUCTS)

    def test_explain_refuses_what_the_query_would(self, sales: Database) -> None:
        with refused(NotFound, "slaes", "`sales`"):
            sales.explain("select * from slaes")

    # -- refusals ----------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("sql", "kind", "texts"),
        [
            ("select * from slaes", NotFound, ["slaes", "did you mean `sales`"]),
            ("select prodct from sales", NotFound, ["prodct", "did you mean `product`"]),
            ("select s.prodct from sales s", NotFound, ["prodct", "`product`"]),
            ("insert into slaes values (1)", NotFound, ["slaes", "`sales`"]),
            ("selec 1", Invalid, ["selec"]),
            ("select (1", Invalid, []),
            ("", Invalid, []),
            ("-- nothing", Invalid, []),
            ("select 1; select 2", Invalid, ["one statement"]),
            ("select 1; drop table sales", Invalid, ["one statement"]),
            ("update sales set n = 1", Invalid, ["update"]),
            ("delete from sales", Invalid, ["delete"]),
            ("copy sales to 'x.csv'", Invalid, ["copy"]),
            ("attach 'x.db'", Invalid, ["attach"]),
            ("install httpfs", Invalid, ["install"]),
            ("set memory_limit = '1TB'", Invalid, ["set"]),
            ("pragma database_list", Invalid, ["pragma"]),
            ("call pragma_version()", Invalid, ["call"]),
            ("select * from read_csv('/etc/passwd')", Invalid, ["read_csv"]),
            ("select * from '/etc/passwd'", Error, []),
            ("select * from glob('*')", Invalid, ["glob"]),
            ("select getenv('HOME')", Invalid, ["getenv"]),
            ("select * from duckdb_settings()", Invalid, ["duckdb_settings"]),
            ("select 1 / 'tea'::int", Invalid, []),
            ("create table t (a nonsense)", Invalid, ["nonsense"]),
        ],
    )
    def test_what_can_not_be_answered_says_why(
        self, sales: Database, sql: str, kind: type[Error], texts: list[str]
    ) -> None:
        if kind is Error:  # which of the two it is depends on how it is read
            with pytest.raises((NotFound, Invalid)):
                sales.sql(sql)
        else:
            with refused(kind, *texts):
                sales.sql(sql)
        assert count(sales, "sales") == len(ROWS)

    @pytest.mark.parametrize(
        "call",
        [
            lambda shop: shop.schema("slaes"),
            lambda shop: shop.tiers("slaes"),
            lambda shop: shop.flush("slaes"),
            lambda shop: shop.compact("slaes"),
            lambda shop: shop.archive("slaes"),
            lambda shop: shop.expire("slaes"),
            lambda shop: shop.explain("select * from slaes"),
        ],
        ids=["schema", "tiers", "flush", "compact", "archive", "expire", "explain"],
    )
    def test_an_unknown_table_is_not_found_anywhere(
        self, sales: Database, call: Callable[[Database], object]
    ) -> None:
        with refused(NotFound, "slaes", "did you mean `sales`"):
            call(sales)
