"""Time, memory, cancellation and streaming: a query ends when it should and lets go of what it held."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from thermocline.core.errors import Corrupt, Invalid, Unavailable
from thermocline.core.protocols import Cancel
from thermocline.router.engine import Session

from .conftest import Shop

ENDLESS = "select count(*) from range(1000000) a(x), range(1000000) b(y) where (x * y) % 7 = 3"


def test_a_query_that_takes_too_long_is_unavailable(shop: Shop) -> None:
    began = time.perf_counter()
    with pytest.raises(Unavailable, match=r"0\.2 s"):
        shop.sql(ENDLESS, timeout=0.2)
    assert time.perf_counter() - began < 5
    assert shop.rows("select 1", timeout=5) == [(1,)]


def test_a_query_can_be_cancelled_from_another_thread(shop: Shop) -> None:
    cancel = Cancel()
    threading.Timer(0.2, cancel).start()
    with pytest.raises(Unavailable, match="cancelled"):
        shop.sql(ENDLESS, cancel=cancel)
    with pytest.raises(Unavailable, match="cancelled"):
        shop.sql("select 1", cancel=cancel)


def test_ctrl_c_ends_a_query_whichever_thread_gets_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    interruptible = Session.interruptible

    def begun(session: Session, action: Callable[[], Any]) -> Any:
        if not pressed.is_alive():
            pressed.start()
        return interruptible(session, action)

    for in_main in (True, False):
        over = threading.Event()
        other = threading.Thread(target=over.wait)
        other.start()
        thread: Any = threading.main_thread() if in_main else other
        pressed = threading.Timer(0.2, signal.pthread_kill, (thread.ident, signal.SIGINT))
        with monkeypatch.context() as patch:
            patch.setattr(Session, "interruptible", begun)
            with pytest.raises(KeyboardInterrupt):
                shop.sql(ENDLESS)
        over.set()
        assert shop.rows("select 1") == [(1,)]


def test_a_query_that_needs_more_memory_than_it_may_is_unavailable(shop: Shop) -> None:
    with pytest.raises(Unavailable, match="memory"):
        shop.sql("select list(x) from range(20000000) r(x)", memory_limit="100MB")
    assert shop.rows("select count(*) from sales", memory_limit="100 mb") == [(60,)]


@pytest.mark.parametrize("limit", ["lots", "", "-1GB", "1GB; set threads=1"])
def test_a_memory_limit_that_is_none_is_invalid(shop: Shop, limit: str) -> None:
    with pytest.raises(Invalid):
        shop.sql("select 1", memory_limit=limit)


def test_a_snapshot_is_released_when_the_answer_is_there_or_the_query_fails(fresh: Shop) -> None:
    fresh.rows("select * from sales")
    with pytest.raises(Invalid):
        fresh.sql("select product::int from sales")
    assert [snapshot.released for snapshot in fresh.owner.snapshots] == [1, 1]


def test_a_stream_holds_its_snapshot_until_it_ends(fresh: Shop) -> None:
    result = fresh.sql("select * from sales order by _seq", stream=True)
    (snapshot,) = fresh.owner.snapshots
    assert snapshot.released == 0
    assert sum(batch.num_rows for batch in result.batches()) == 60
    assert snapshot.released == 1


def test_a_stream_that_is_dropped_lets_go(fresh: Shop) -> None:
    result = fresh.sql("select a.* from sales a, range(100000)", stream=True)
    batches = result.batches()
    next(batches)
    (snapshot,) = fresh.owner.snapshots
    assert snapshot.released == 0
    del batches, result
    assert snapshot.released == 1


def test_a_stream_has_the_rows_and_types_of_the_whole_answer(shop: Shop) -> None:
    sql = "select product, sum(qty) as q, max(_time) as t from sales group by 1 order by 1"
    whole, stream = shop.sql(sql), shop.sql(sql, stream=True)
    assert stream.schema == whole.schema
    assert stream.rows() == whole.rows()
    assert [type(value) for value in whole.rows()[0][:2]] == [str, int]
    assert str(whole.schema.field("t").type) == "timestamp[us, tz=UTC]"


def test_a_sum_beyond_64_bits_stays_exact(shop: Shop) -> None:
    sql = "select sum(9223372036854775807) as s from sales"
    ((total,),) = shop.rows(sql)
    assert total == 9223372036854775807 * 60
    with pytest.raises(Invalid, match="64 bits"):
        shop.sql(sql, stream=True).rows()


def test_many_threads_query_at_once(shop: Shop) -> None:
    found: list[object] = []

    def ask(number: int) -> None:
        sql = 'select count(*) from sales where "Cost Total $" > ?'
        found.extend(shop.rows(sql, [number]) == [(60 - number,)] for _ in range(5))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40


def test_a_missing_file_fails_the_query_by_name(fresh: Shop) -> None:
    (gone,) = fresh.owner.folder.glob("sales-warm-27*.parquet")
    gone.unlink()
    with pytest.raises(Corrupt, match=gone.name):
        fresh.sql("select count(*) from sales")
    assert fresh.rows("select count(*) from products") == [(6,)]


@pytest.mark.parametrize("damage", ["footer", "pages", "cut", "empty"])
def test_damage_that_the_check_missed_is_corrupt_too(fresh: Shop, damage: str) -> None:
    (file,) = fresh.owner.folder.glob("sales-warm-27*.parquet")
    fresh.owner.checks = False
    data = bytearray(file.read_bytes())
    if damage == "footer":
        data[-200:-20] = b"\xff" * 180
    elif damage == "pages":
        data[4:3000] = b"\xff" * 2996
    file.write_bytes({"cut": data[:100], "empty": b""}.get(damage, data))
    for stream in (False, True):
        with pytest.raises(Corrupt, match=file.name):
            fresh.sql("select * from sales", stream=stream).rows()
