"""Warehouses: let queries in one after another, count what they use, end when idle and come back."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import thermocline
from thermocline.actors.family.warehouse import WarehouseDO
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Invalid, NotFound, Overloaded, Unavailable
from thermocline.core.protocols import Cancel

from ..conftest import FakeClock

SLOW = "SELECT count(*) FROM range(2_000_000) a, range(100_000) b WHERE a.range + b.range = 7"


def test_a_query_runs_in_a_warehouse_and_is_counted(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": n} for n in range(10)])
    shop.flush()
    big = lake.warehouse("big", size="M", auto_suspend_s=60)
    assert big.facts()["state"] == "suspended"
    assert shop.sql("SELECT sum(q) FROM sales", warehouse="big").rows() == [(45,)]
    with pytest.raises(NotFound):
        shop.sql("SELECT nothing FROM sales", warehouse="big")
    told = big.facts()
    assert (told["state"], told["queries"], told["failed"], told["resumed"]) == ("running", 2, 1, 1)
    assert told["bytes"] > 0
    assert told["seconds"] > 0
    assert (told["running"], told["waiting"]) == (0, 0)
    assert [w["name"] for w in lake.warehouses()] == ["big"]


def test_an_idle_warehouse_ends_and_the_next_query_resumes_it(lake: LocalLake, clock: FakeClock) -> None:
    shop = lake.database("acme")
    big = lake.warehouse("big", auto_suspend_s=60)
    shop.sql("SELECT 1", warehouse="big")
    assert lake.computing().computes.up == ["big"]
    clock.advance(seconds=59)
    lake.objects().tick()
    assert lake.computing().computes.up == ["big"]
    clock.advance(seconds=2)
    lake.objects().tick()
    assert lake.computing().computes.up == []
    assert big.facts()["state"] == "suspended"
    assert shop.sql("SELECT 2", warehouse="big").rows() == [(2,)]
    assert big.facts()["resumed"] == 2


def test_tickets_are_let_in_in_their_order(lake: LocalLake) -> None:
    lake.warehouse("one", concurrency=1, queue=2)
    stub = lake.object(WarehouseDO, "one")
    assert stub.enter("a")[0] == 0
    assert (stub.enter("b")[0], stub.enter("c")[0]) == (1, 2)
    with pytest.raises(Overloaded):
        stub.enter("d")
    stub.leave("a", 1.0, 0, False)
    assert stub.enter("c")[0] == 1
    assert stub.enter("b")[0] == 0
    assert stub.enter("b")[0] == 0
    stub.leave("b", 1.0, 0, False)
    assert stub.enter("c")[0] == 0


def test_a_ticket_whose_caller_is_gone_holds_nobody_up(lake: LocalLake, clock: FakeClock) -> None:
    lake.warehouse("one", concurrency=1)
    stub = lake.object(WarehouseDO, "one")
    stub.enter("gone")
    assert stub.enter("next")[0] == 1
    clock.advance(seconds=20)
    assert stub.enter("next")[0] == 1
    clock.advance(seconds=20)
    assert stub.enter("next")[0] == 0


def test_queries_beyond_its_concurrency_wait_and_may_be_cancelled_there(lake: LocalLake) -> None:
    shop = lake.database("acme")
    big = lake.warehouse("big", concurrency=1, queue=1)
    stop, give_up = Cancel(), Cancel()
    errors: list[Exception] = []

    def run(cancel: Cancel) -> None:
        try:
            shop.sql(SLOW, warehouse="big", cancel=cancel)
        except Unavailable as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(cancel,)) for cancel in (stop, give_up)]
    for thread in threads:
        thread.start()
        deadline = time.monotonic() + 20
        while not big.facts()["running"] and time.monotonic() < deadline:
            time.sleep(0.01)
    deadline = time.monotonic() + 20
    while big.facts()["waiting"] != 1:
        assert time.monotonic() < deadline
    with pytest.raises(Overloaded):
        shop.sql("SELECT 1", warehouse="big")
    assert not big.suspend()
    give_up()
    stop()
    for thread in threads:
        thread.join(20)
    assert len(errors) == 2
    assert (big.facts()["running"], big.facts()["waiting"]) == (0, 0)


def test_a_time_limit_counts_the_wait(lake: LocalLake) -> None:
    shop = lake.database("acme")
    lake.warehouse("one", concurrency=1)
    lake.object(WarehouseDO, "one").enter("holder")
    with pytest.raises(Unavailable, match=r"ahead after 0\.1 s"):
        shop.sql("SELECT 1", warehouse="one", timeout=0.1)


def test_what_it_used_outlives_the_process(tmp_path: Path) -> None:
    for expected in (1, 2):
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            assert isinstance(lake, LocalLake)
            if expected == 1:
                lake.warehouse("big", size="XS")
            lake.database("acme").sql("SELECT 1", warehouse="big")
            (told,) = lake.warehouses()
            assert (told["queries"], told["size"]) == (expected, "XS")


def test_what_is_no_warehouse(lake: LocalLake) -> None:
    with pytest.raises(Invalid, match="size='huge'"):
        lake.warehouse("big", size="huge")
    with pytest.raises(NotFound, match="no warehouse `big`"):
        lake.database("acme").sql("SELECT 1", warehouse="big")
    lake.warehouse("big")
    lake.computing().drop("big")
    with pytest.raises(NotFound):
        lake.database("acme").sql("SELECT 1", warehouse="big")
    assert lake.warehouses() == []
