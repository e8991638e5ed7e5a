"""Queries that outlive their caller: progress, cancelling, pages, limits, going after a while."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Invalid, NotFound, Unavailable

from ..conftest import FakeClock

SLOW = "SELECT a.range FROM range(2_000_000) a, range(100_000) b WHERE a.range + b.range = -7"


def test_a_query_is_asked_now_and_read_later(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": n} for n in range(10)])
    asked = shop.query("SELECT q * 2 AS twice FROM sales WHERE q > ? ORDER BY q", [6])
    assert asked.result(timeout=20).rows() == [(14,), (16,), (18,)]
    assert asked.progress().state == "done"
    assert asked.progress().rows == 3
    assert asked.certificate().tables.keys() == {"sales"}
    again = shop.query_by_id(asked.id)
    assert again.result().arrow() == asked.result().arrow()


def test_pages_are_cut_as_the_caller_wants_them(lake: LocalLake) -> None:
    shop = lake.database("acme")
    asked = shop.query("SELECT range AS n FROM range(25_000) ORDER BY n")
    assert asked.page(0, 3).rows() == [(0,), (1,), (2,)]
    assert asked.page(1, 9_999).rows()[0] == (9_999,)
    assert [n for (n,) in asked.page(1, 9_999).rows()] == list(range(9_999, 19_998))
    assert asked.page(2, 10_000).arrow().num_rows == 5_000
    assert asked.page(9, 10_000).arrow().num_rows == 0
    assert [page.arrow().num_rows for page in asked.pages(8_000)] == [8_000, 8_000, 8_000, 1_000]
    assert asked.result().arrow().column("n").to_pylist() == list(range(25_000))
    with pytest.raises(Invalid):
        asked.page(-1)


def test_it_is_cancelled_while_it_runs(lake: LocalLake) -> None:
    asked = lake.database("acme").query(SLOW)
    deadline = time.monotonic() + 20
    while asked.progress().state != "running":
        assert time.monotonic() < deadline
    with pytest.raises(Unavailable, match=r"still runs after 0\.01 s"):
        asked.result(timeout=0.01)
    assert asked.cancel()
    assert asked.wait(20).state == "cancelled"
    with pytest.raises(Unavailable, match="cancelled"):
        asked.result()
    assert not asked.cancel()


def test_its_limits_are_its_own(lake: LocalLake) -> None:
    asked = lake.database("acme").query(SLOW, timeout=0.2)
    with pytest.raises(Unavailable, match=r"more than 0\.2 s"):
        asked.result(timeout=20)
    assert asked.progress().state == "failed"
    with pytest.raises(NotFound):
        lake.database("acme").query("SELECT * FROM nothing").result(timeout=20)


def test_an_empty_answer_has_its_columns(lake: LocalLake) -> None:
    found = lake.database("acme").query("SELECT 1 AS one WHERE false").result(timeout=20)
    assert (found.columns, found.rows()) == (["one"], [])


def test_its_rows_are_dropped_after_a_while(lake: LocalLake, clock: FakeClock) -> None:
    asked = lake.database("acme").query("SELECT 1", keep_s=60)
    asked.wait(20)
    keys = [info.key for info in lake.store.list("results/")]
    assert len(keys) == 1
    clock.advance(seconds=59)
    lake.objects().tick()
    assert shop_rows(lake, asked.id) == [(1,)]
    clock.advance(seconds=2)
    lake.objects().tick()
    assert lake.store.list("results/") == []
    with pytest.raises(NotFound):
        shop_rows(lake, asked.id)
    assert asked.progress().state == "unknown"


def shop_rows(lake: LocalLake, id: str) -> list[tuple[object, ...]]:
    return lake.database("acme").query_by_id(id).result(timeout=1).rows()


def test_it_outlives_its_process_or_says_that_it_is_lost(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        done = lake.database("acme").query("SELECT 7 AS seven")
        done.wait(20)
        cut = lake.database("acme").query(SLOW)
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        shop = lake.database("acme")
        assert shop.query_by_id(done.id).result(timeout=20).rows() == [(7,)]
        assert shop.query_by_id(cut.id).wait(20).state in ("cancelled", "lost")


def test_it_may_run_in_a_warehouse(lake: LocalLake) -> None:
    big = lake.warehouse("big")
    assert lake.database("acme").query("SELECT 1", warehouse="big").result(timeout=20).rows() == [(1,)]
    assert big.facts()["queries"] == 1
