"""The tiers: moving events changes where they lie and no answer; the certificate says where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.protocols import Database
from thermocline.core.results import Moved, Report

from ...conftest import FakeClock
from .base import ROWS, Contract, count, to_tiers

QUESTIONS = [
    "select _seq, _id, _time, _recorded_at, product, revenue, n from sales order by _seq",
    "select product, sum(revenue), count(*) from sales group by product order by product",
    "select n from sales where n between 2 and 4 order by n desc limit 2",
]
COLUMNS = ["table", "shard", "tier", "rows", "files", "bytes", "seq_min", "seq_max", "time_min", "time_max"]


def placed(shop: Database, table: str = "sales") -> dict[str, int]:
    """Tier -> rows, without the empty ones."""
    return {row["tier"]: row["rows"] for row in shop.tiers(table).dicts() if row["rows"]}


class Tiers(Contract):
    def test_tables_are_named_in_order(self, sales: Database) -> None:
        sales.append("Apples", [{"n": 1}])
        assert sorted(sales.tables()) == ["Apples", "sales"]

    def test_a_schema_is_arrow_and_of_the_payload(self, sales: Database) -> None:
        assert sales.schema("sales") == pa.schema(
            [("product", pa.string()), ("revenue", pa.float64()), ("n", pa.int64())]
        )

    @pytest.mark.parametrize(
        ("step", "tier"),
        [(lambda shop: shop.flush("sales"), "warm"), (lambda shop: shop.archive("sales"), "cold")],
        ids=["flush", "archive"],
    )
    def test_an_explicit_step_moves_everything(
        self, sales: Database, step: Callable[[Database], Moved], tier: str
    ) -> None:
        last = sales.sql("select max(_seq) from sales").rows()[0][0]
        moved = step(sales)
        assert isinstance(moved, Moved)
        assert (moved.rows, moved.watermark) == (5, last)
        assert moved.files >= 1
        assert moved.bytes > 0
        assert placed(sales) == {tier: 5}

    @pytest.mark.parametrize(
        ("step", "lower"), [("flush", "warm"), ("archive", "cold")], ids=["flush", "archive"]
    )
    def test_up_to_is_inclusive(self, sales: Database, step: str, lower: str) -> None:
        seqs = [row[0] for row in sales.sql("select _seq from sales order by _seq").rows()]
        moved = getattr(sales, step)("sales", up_to=seqs[1])
        assert (moved.rows, moved.watermark) == (2, seqs[1])
        assert placed(sales)[lower] == 2

    def test_a_step_again_moves_nothing(self, sales: Database) -> None:
        for step in (sales.flush, sales.archive, sales.compact):
            step("sales")
            assert step("sales").rows == 0

    def test_without_a_table_all_of_them_move(self, sales: Database) -> None:
        sales.append("orders", [{"n": 1}])
        assert sales.flush().rows == 6
        assert sales.archive().rows == 6
        assert placed(sales, "orders") == {"cold": 1}
        sales.compact()
        sales.expire()

    def test_compaction_makes_one_segment_of_many(self, shop: Database) -> None:
        for row in ROWS:
            shop.append("sales", [row])
            shop.flush("sales")
        moved = shop.compact("sales")
        assert (moved.rows, moved.files) == (5, 1)
        warm = next(row for row in shop.tiers("sales").dicts() if row["tier"] == "warm")
        assert (warm["rows"], warm["files"]) == (5, 1)

    def test_the_report_has_these_columns(self, sales: Database) -> None:
        to_tiers(sales, "sales")
        report = sales.tiers("sales")
        assert report.columns == COLUMNS
        rows = {row["tier"]: row for row in report.dicts()}
        assert set(rows) == {"hot", "warm", "cold"}
        assert sum(row["rows"] for row in rows.values()) == 5
        assert rows["cold"]["seq_max"] < rows["warm"]["seq_min"] <= rows["warm"]["seq_max"]
        assert rows["warm"]["seq_max"] < rows["hot"]["seq_min"]
        assert all(row["table"] == "sales" and row["bytes"] > 0 for row in rows.values())
        assert all(row["time_min"] <= row["time_max"] for row in rows.values())

    def test_the_report_covers_all_tables(self, sales: Database) -> None:
        sales.append("orders", [{"n": 1}])
        assert {row["table"] for row in sales.tiers().dicts()} == {"orders", "sales"}

    def test_no_step_changes_an_answer(self, shop: Database) -> None:
        for row in ROWS:
            shop.append("sales", [row])
        seqs = [row[0] for row in shop.sql("select _seq from sales order by _seq").rows()]
        before = [shop.sql(question).rows() for question in QUESTIONS]
        steps: list[Callable[[], object]] = [
            lambda: shop.flush("sales", up_to=seqs[0]),
            lambda: shop.flush("sales", up_to=seqs[2]),
            lambda: shop.compact("sales"),
            lambda: shop.archive("sales", up_to=seqs[1]),
            lambda: shop.expire("sales"),
            lambda: shop.flush("sales"),
            lambda: shop.archive("sales"),
            lambda: shop.expire("sales"),
        ]
        for step in steps:
            step()
            for question, expected in zip(QUESTIONS, before, strict=True):
                result = shop.sql(question)
                assert result.rows() == expected
                result.certificate.verify()

    def test_progress_is_told(self, sales: Database) -> None:
        told: list[tuple[str, int, int | None]] = []
        sales.flush(progress=lambda *step: told.append(step))
        sales.verify(progress=lambda *step: told.append(step))
        assert told
        assert all(isinstance(step, str) and isinstance(done, int) for step, done, _ in told)

    def test_verify_reports_what_it_read(self, sales: Database) -> None:
        sales.append("orders", [{"n": 1}])
        to_tiers(sales, "sales")
        report = sales.verify()
        assert isinstance(report, Report)
        assert (report.tables, report.rows) == (2, 6)
        assert report.segments >= 2

    # -- time to live ------------------------------------------------------------------------------

    def test_an_event_ends_with_its_time_to_live(self, shop: Database, clock: FakeClock) -> None:
        shop.append("t", [{"n": 1, "_ttl_seconds": 60}, {"n": 2}])
        alive, seq = clock.now, shop.bookmark()
        assert count(shop, "t") == 2
        clock.advance(seconds=120)
        assert shop.sql("select n from t").rows() == [(2,)]
        for step in (shop.flush, shop.archive, shop.expire):
            step("t")
            assert shop.sql("select n from t").rows() == [(2,)]
        assert count(shop, "t", as_of=alive) == 2
        assert seq

    def test_an_event_can_arrive_after_its_end(self, shop: Database) -> None:
        shop.append("t", [{"n": 1, "_ttl_seconds": 60, "_time": "2020-01-01T00:00:00Z"}])
        assert count(shop, "t") in (0, 1)
        shop.archive("t")
        assert shop.sql("select count(*) from t").certificate.to_dict()["complete"]

    # -- certificates ------------------------------------------------------------------------------

    def test_a_certificate_says_which_rows_came_from_where(self, sales: Database) -> None:
        sales.append("orders", [{"n": 1}])
        seqs = [row[0] for row in sales.sql("select _seq from sales order by _seq").rows()]
        sales.archive("sales", up_to=seqs[1])
        sales.flush("sales", up_to=seqs[3])
        result = sales.sql("select sum(n) from sales")
        told = result.certificate.to_dict()
        result.certificate.verify()
        assert told["complete"] is True
        assert (told["as_of"], told["expired"], told["forgotten"]) == (None, [], [])
        assert told["age_seconds"] >= 0
        ((shard, tiers),) = told["tables"]["sales"]["shards"].items()
        assert set(told["tables"]) == {"sales"}
        assert {name: tier["rows"] for name, tier in tiers.items()} == {"cold": 2, "warm": 2, "hot": 1}
        fresh_to = told["fresh_to"][shard]
        assert tiers["cold"]["ranges"] == [[1, seqs[1]]]
        assert tiers["warm"]["ranges"] == [[seqs[1] + 1, seqs[3]]]
        assert tiers["hot"]["ranges"] == [[seqs[3] + 1, fresh_to]]
        assert fresh_to >= seqs[4]
        for name in ("cold", "warm"):
            assert tiers[name]["files_read"] + tiers[name]["files_pruned"] >= 1
            assert tiers[name]["bytes"] > 0
        assert isinstance(tiers["cold"]["snapshot"], int)
        assert isinstance(told["manifest"]["sales"][shard], int)

    def test_every_table_of_a_join_is_certified(self, sales: Database) -> None:
        sales.append("orders", [{"n": 1}])
        told = sales.sql("select count(*) from sales join orders using (n)").certificate.to_dict()
        assert set(told["tables"]) == {"sales", "orders"}

    def test_a_pruned_file_is_certified_as_pruned(self, sales: Database) -> None:
        sales.flush("sales")
        result = sales.sql("select count(*) from sales where n > 1000")
        (tiers,) = result.certificate.to_dict()["tables"]["sales"]["shards"].values()
        assert result.rows() == [(0,)]
        assert (tiers["warm"]["files_read"], tiers["warm"]["files_pruned"]) == (0, 1)
        assert tiers["warm"]["rows"] == 5
        result.certificate.verify()

    def test_an_answer_without_tables_is_complete(self, shop: Database) -> None:
        told = shop.sql("select 1").certificate.to_dict()
        assert (told["tables"], told["complete"]) == ({}, True)

    def test_age_is_that_of_the_last_event(self, shop: Database, clock: FakeClock) -> None:
        shop.append("t", [{"n": 1}])
        clock.advance(hours=1)
        age: Any = shop.sql("select n from t").certificate.age_seconds
        assert 3_600 <= age < 3_700

    def test_event_time_and_recorded_time_stay_apart(self, shop: Database) -> None:
        shop.append("t", [{"n": 1, "_time": datetime(2020, 1, 1, tzinfo=UTC)}])
        shop.archive("t")
        ((time, recorded),) = shop.sql("select _time, _recorded_at from t").rows()
        assert (time.year, recorded.year) == (2020, 2026)
