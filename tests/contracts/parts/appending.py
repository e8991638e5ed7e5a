"""Appends: what comes in, what comes back, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.protocols import Database
from thermocline.core.results import Appended

from .base import ROWS, Contract, count, refused

CLOUDEVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/shop/7",
    "type": "shop.sold",
    "subject": "cart-7",
    "time": "2026-10-01T10:00:00Z",
    "correlationid": "c-1",
    "data": {"product": "tea", "n": 3},
}
TABLE = pa.Table.from_pylist(ROWS)
BAD_NAMES = ["", "1st", "a b", "../x", "a/b", "sqlite_x", "x" * 64, "ä"]


class Appending(Contract):
    def test_an_append_says_what_it_wrote(self, shop: Database) -> None:
        done = shop.append("sales", ROWS)
        assert isinstance(done, Appended)
        assert (done.rows, done.duplicates, done.version) == (5, 0, None)
        assert done.first_seq is not None
        assert done.last_seq == done.first_seq + 4
        assert done.added == {"product": "VARCHAR", "revenue": "DOUBLE", "n": "BIGINT"}

    def test_the_next_append_follows_and_adds_no_columns(self, sales: Database) -> None:
        before = sales.sql("select max(_seq) from sales").rows()[0][0]
        done = sales.append("sales", [{"product": "rice", "n": 6}])
        assert done.first_seq == done.last_seq
        assert done.first_seq is not None
        assert done.first_seq > before
        assert done.added == {}

    @pytest.mark.parametrize(
        "give",
        [
            lambda: ROWS,
            lambda: tuple(ROWS),
            lambda: (row for row in ROWS),
            lambda: TABLE,
            lambda: TABLE.to_batches()[0],
            lambda: TABLE.to_reader(max_chunksize=2),
            TABLE.to_pandas,
            lambda: pytest.importorskip("polars").from_arrow(TABLE),
        ],
        ids=["list", "tuple", "generator", "table", "batch", "reader", "pandas", "polars"],
    )
    def test_the_same_rows_come_in_many_forms(self, shop: Database, give: Callable[[], Any]) -> None:
        assert shop.append("sales", give()).rows == 5
        found = shop.sql("select _id, product, revenue, n from sales order by _seq").rows()
        assert found == [(row["_id"], row["product"], row["revenue"], row["n"]) for row in ROWS]

    @pytest.mark.parametrize("rows", [[], TABLE.slice(0, 0)], ids=["dicts", "arrow"])
    def test_nothing_appended_is_nothing_written(self, sales: Database, rows: Any) -> None:
        done = sales.append("sales", rows)
        assert (done.rows, done.duplicates, done.first_seq, done.last_seq) == (0, 0, None, None)
        assert count(sales, "sales") == 5

    def test_a_cloudevent_fills_envelope_and_payload(self, shop: Database) -> None:
        shop.append("sales", [CLOUDEVENT])
        names = "_id, _source, _type, _stream, _position, _time, _correlation_id, product, n"
        assert shop.sql(f"select {names} from sales").rows() == [
            (
                "e-1", "/shop/7", "shop.sold", "cart-7", 1, datetime(2026, 10, 1, 10, tzinfo=UTC), "c-1",
                "tea", 3,
            )
        ]  # fmt: skip

    def test_cloudevents_and_rows_mix(self, shop: Database) -> None:
        shop.append("sales", [CLOUDEVENT, {"product": "milk"}])
        assert shop.sql("select product, n from sales order by _seq").rows() == [("tea", 3), ("milk", None)]

    def test_a_cloudevent_without_an_id_is_refused(self, shop: Database) -> None:
        with refused(Invalid, "row 1", "id"):
            shop.append("sales", [{name: v for name, v in CLOUDEVENT.items() if name != "id"}])

    def test_given_envelope_fields_are_kept(self, shop: Database) -> None:
        given = {
            "_id": "i", "_type": "t", "_source": "s", "_correlation_id": "c", "_causation_id": "d",
            "_stream": "st", "_tier_hint": "warm", "_ttl_seconds": 10**6,
            "_time": "2026-01-02T03:04:05.000006Z",
        }  # fmt: skip
        shop.append("sales", [{"product": "tea", **given}])
        (row,) = shop.sql(f"select {', '.join(given)} from sales").dicts()
        assert row == given | {"_time": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)}

    def test_missing_envelope_fields_are_assigned(self, shop: Database) -> None:
        shop.append("sales", [{"product": "tea"}, {"product": "milk"}])
        rows = shop.sql(
            "select _id, _time, _recorded_at, _stream, _position, _schema_version, _tier from sales"
            " order by _seq"
        ).rows()
        ids = [row[0] for row in rows]
        assert all(len(event_id) == 36 and event_id[14] == "7" for event_id in ids), "UUIDv7"
        assert ids == sorted(set(ids))
        for _, time, recorded, stream, position, version, tier in rows:
            assert time == recorded
            assert (stream, position, version, tier) == (None, None, 1, "hot")

    def test_select_star_shows_the_payload_alone(self, sales: Database) -> None:
        assert sales.sql("select * from sales").columns == ["product", "revenue", "n"]

    def test_an_arrow_table_brings_envelope_columns(self, shop: Database) -> None:
        shop.append("sales", pa.table({"_id": ["a", None], "_stream": ["x", "y"], "n": [1, 2]}))
        rows = shop.sql("select _id, _stream, n from sales order by _seq").rows()
        assert rows[0] == ("a", "x", 1)
        assert rows[1][0] is not None

    def test_a_hundred_thousand_arrow_rows_arrive(self, shop: Database) -> None:
        rows = 100_000
        table = pa.table({"n": pa.array(range(rows)), "k": pa.array([f"k{i % 7}" for i in range(rows)])})
        assert shop.append("big", table).rows == rows
        assert shop.sql("select count(*), sum(n), count(distinct k) from big").rows() == [
            (rows, rows * (rows - 1) // 2, 7)
        ]

    # -- event time --------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "rows",
        [
            [{"date": "2001/01/01 00:47", "delay": 4}],
            [{"date": datetime(2001, 1, 1, 0, 47), "delay": 4}],
            pa.table({"date": ["2001-01-01T00:47:00"], "delay": [4]}),
        ],
        ids=["text", "datetime", "arrow"],
    )
    def test_a_column_gives_the_event_time(self, shop: Database, rows: Any) -> None:
        shop.append("flights", rows, event_time="date")
        assert shop.sql("select _time, delay from flights").rows() == [
            (datetime(2001, 1, 1, 0, 47, tzinfo=UTC), 4)
        ]

    def test_the_event_time_of_a_table_holds_without_being_named_again(self, shop: Database) -> None:
        shop.append("flights", [{"date": "2001/01/01 00:47"}], event_time="date")
        shop.append("flights", [{"date": "2002/01/01 00:47"}])
        assert shop.sql("select max(_time) from flights").rows() == [
            (datetime(2002, 1, 1, 0, 47, tzinfo=UTC),)
        ]

    def test_an_unknown_event_time_column_is_not_found(self, shop: Database) -> None:
        with refused(NotFound, "dat", "date"):
            shop.append("flights", [{"date": "2001/01/01"}], event_time="dat")
        assert shop.tables() == []

    # -- several tables ----------------------------------------------------------------------------

    def test_several_tables_are_written_together(self, shop: Database) -> None:
        done = shop.append_many({"orders": [{"order": 1}], "stock": pa.table({"sku": ["a", "b"]})})
        assert {table: result.rows for table, result in done.items()} == {"orders": 1, "stock": 2}
        assert (count(shop, "orders"), count(shop, "stock")) == (1, 2)

    def test_one_bad_table_keeps_all_of_them_out(self, sales: Database) -> None:
        with refused(Invalid, "row 1", "n"):
            sales.append_many({"orders": [{"order": 1}], "sales": [{"n": "many"}]})
        assert sales.tables() == ["sales"]
        assert count(sales, "sales") == 5

    # -- refusals ----------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("row", "field"),
        [
            ({"product": 5}, "product"),
            ({"n": "five"}, "n"),
            ({"n": 1.5}, "n"),
            ({"n": 2**63}, "n"),
            ({"revenue": "4.5"}, "revenue"),
            ({"product": b"tea"}, "product"),
            ({"n": True}, "n"),
            ({"product": "\ud800"}, "product"),
            ({"n": object}, "n"),
        ],
        ids=str,
    )
    def test_a_value_that_does_not_fit_names_row_and_field(
        self, sales: Database, row: dict[str, Any], field: str
    ) -> None:
        with refused(Invalid, "row 2", f"`{field}`"):
            sales.append("sales", [{"product": "rice", "n": 6}, row])
        assert count(sales, "sales") == 5

    @pytest.mark.parametrize("column", [pa.array([6, 2**63], pa.uint64()), pa.array([None, "six"])], ids=str)
    def test_an_arrow_value_that_does_not_fit_names_row_and_field(
        self, sales: Database, column: pa.Array
    ) -> None:
        with refused(Invalid, "row 2", "`n`"):
            sales.append("sales", pa.table({"n": column}))
        assert count(sales, "sales") == 5

    @pytest.mark.parametrize(
        ("row", "hint"),
        [
            ({"_tme": "2026-11-01"}, "_time"),
            ({"_seq": 5}, ""),
            ({"_time": "yesterday"}, "_time"),
            ({"_tier_hint": "tepid"}, "cold"),
            ({"_ttl_seconds": -1}, "_ttl_seconds"),
            ({"_id": ""}, "_id"),
        ],
        ids=str,
    )
    def test_wrong_envelope_fields_are_refused(self, shop: Database, row: dict[str, Any], hint: str) -> None:
        with refused(Invalid, hint):
            shop.append("sales", [{"n": 1, **row}])
        assert shop.tables() == []

    @pytest.mark.parametrize(
        "rows", [{"product": "tea"}, "rows", b"rows", 5, None, [5], [["product"]]], ids=repr
    )
    def test_what_is_no_rows_is_refused(self, shop: Database, rows: Any) -> None:
        with refused(Invalid):
            shop.append("sales", rows)

    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_a_name_that_can_not_be_a_table_is_refused(self, shop: Database, name: str) -> None:
        with refused(Invalid, "letter"):
            shop.append(name, [{"n": 1}])

    def test_columns_that_differ_by_case_alone_are_one(self, shop: Database) -> None:
        shop.append("sales", [{"Product": "tea"}])
        shop.append("sales", [{"product": "milk"}])
        assert shop.schema("sales").names == ["Product"]
        assert shop.sql("select PRODUCT from SALES order by _seq").rows() == [("tea",), ("milk",)]
