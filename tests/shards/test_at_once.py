"""Appends, queries, definitions and other splits while a shard is split."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from thermocline.core.asof import Now
from thermocline.core.errors import Conflict, Invalid, NotFound
from thermocline.core.protocols import Database, Lakehouse
from thermocline.tiers import crash, handover

from .test_split import CARTS, carts, told


@pytest.fixture
def at_point() -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """Has something done once, where a split reaches a point."""

    def arrange(point: str, act: Callable[[], object]) -> None:
        def on_reach(reached: str) -> None:
            if reached == point:
                crash.on_reach = None
                act()

        crash.on_reach = on_reach

    yield arrange
    crash.on_reach = None


class Crowd:
    """Appenders, each to a stream of its own, and readers, while something else happens."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.acknowledged: dict[str, int] = {}
        self.problems: list[BaseException] = []
        self.reads = 0
        self._over = threading.Event()

    def during(self, act: Callable[[], object], appenders: int = 6, readers: int = 2) -> None:
        self.database.sql("create table events (n bigint)")
        threads = [threading.Thread(target=self._guard, args=(self._append, n)) for n in range(appenders)]
        threads += [threading.Thread(target=self._guard, args=(self._read, n)) for n in range(readers)]
        for thread in threads:
            thread.start()
        try:
            act()
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        if self.problems:
            raise self.problems[0]

    def _guard(self, act: Callable[[int], None], number: int) -> None:
        try:
            act(number)
        except BaseException as problem:  # noqa: BLE001 - raised by `during`
            self.problems.append(problem)

    def _append(self, number: int) -> None:
        stream, n = f"stream-{number}", 0
        while not self._over.is_set():
            rows: list[dict[str, Any]] = [{"_id": f"{stream}/{n}", "_stream": stream, "n": n}]
            if number % 2:
                appended = self.database.append("events", [{**rows[0], "_stream": stream}])
            else:
                appended = self.database.append("events", rows, stream=stream, expected_version=n)
            assert appended.rows == 1
            n += 1
            self.acknowledged[stream] = n
            if n % 5 == 0:  # a reply that got lost
                assert self.database.append("events", rows).duplicates == 1

    def _read(self, number: int) -> None:
        while not self._over.is_set():
            known = dict(self.acknowledged)
            rows = self.database.sql(
                "select _stream, count(*), max(_position) from events group by _stream"
                if number
                else "select _stream, count(_id), count(distinct n) from events group by _stream"
            ).rows()
            self.reads += 1
            found = {str(stream): (count, last) for stream, count, last in rows}
            for stream, least in known.items():
                count, last = found[stream]
                assert count == last, f"{stream} has holes: {count} events, the last is {last}"
                assert count >= least, f"{stream} lacks acknowledged events: {count} < {least}"


def test_nothing_is_lost_nor_twice_while_shards_are_split(lake: Lakehouse) -> None:
    database = lake.create_database("acme", shards=1, shard_by="hash")
    crowd = Crowd(database)

    def split_and_split() -> None:
        for _ in range(3):
            time.sleep(0.2)
            database.split(database.shard_map().live[0])
            database.split(database.shard_map().live[0])
        time.sleep(0.2)

    crowd.during(split_and_split)
    assert crowd.reads > 3
    assert len(database.shard_map().live) == 7
    for stream, count in crowd.acknowledged.items():
        assert count > 3
        events = database.stream(stream).read()
        assert [event["n"] for event in events] == list(range(count))
        assert [event["_position"] for event in events] == list(range(1, count + 1))
        times = [event["_recorded_at"] for event in events]
        assert times == sorted(times)


def test_an_append_that_waits_for_the_split_goes_to_a_child(
    lake: Lakehouse, at_point: Callable[[str, Callable[[], object]], None]
) -> None:
    database = carts(lake)
    done: list[Any] = []
    waiting = threading.Thread(
        target=lambda: done.append(database.append("events", [{"n": 3}], stream="cart-1"))
    )

    def begin() -> None:
        waiting.start()
        time.sleep(0.2)
        assert not done

    at_point("split.closed", begin)
    database.split("shard-0")
    waiting.join(10)
    assert done[0].version == 4
    assert told(database, "select count(*) from events") == [(61,)]


def test_rows_appended_while_it_is_prepared_are_handed_over(
    lake: Lakehouse, at_point: Callable[[str, Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "PAGE", 3)
    database = carts(lake)
    rows = [{"_id": f"late/{cart}", "_stream": cart, "n": 3} for cart in (*CARTS, "new-1", "new-2")]

    def late() -> None:
        database.append("events", rows[:11])
        database.flush()  # out of the hot tier, after the heads were copied
        database.append("events", rows[11:])

    at_point("split.prepared", late)
    database.split("shard-0")
    assert database.append("events", rows).duplicates == len(rows)
    assert {database.stream(cart).version for cart in CARTS} == {4}
    assert {database.stream(f"new-{n}").version for n in (1, 2)} == {1}


def test_of_two_splits_of_one_shard_one_is_told_so(
    lake: Lakehouse, at_point: Callable[[str, Callable[[], object]], None]
) -> None:
    database = carts(lake)
    refused: list[BaseException] = []

    def split_too() -> None:
        try:
            database.split("shard-0")
        except (Conflict, Invalid) as refusal:
            refused.append(refusal)

    other = threading.Thread(target=split_too)

    def begin() -> None:
        other.start()
        time.sleep(0.5)

    at_point("split.prepared", begin)
    assert database.split("shard-0").version == 1
    other.join(10)
    assert isinstance(refused[0], Conflict)
    assert "at the same time" in refused[0].message
    assert database.shard_map().version == 1


@pytest.mark.parametrize("point", ["split.prepared", "split.closed", "split.handed_over"])
@pytest.mark.parametrize("other", ["shard-0", "shard-1"])
def test_splits_of_two_processes_end_well(
    lake: Lakehouse, at_point: Callable[[str, Callable[[], object]], None], point: str, other: str
) -> None:
    """The other one begins and ends while this one is midway, as one in another process could."""
    database = carts(lake, shards=2)
    tenancy = database.shards.tenancy  # type: ignore[attr-defined]
    at_point(point, lambda: tenancy.split(other))
    after = database.split("shard-0")
    if other == "shard-0":
        assert (after.version, after.live) == (1, ("shard-1", "shard-2", "shard-3"))
    else:
        assert (after.version, after.live) == (2, ("shard-2", "shard-3", "shard-4", "shard-5"))
    for cart in CARTS:
        database.append("events", [{"n": 3}], stream=cart, expected_version=3)
    assert told(database, "select count(*), sum(n) from events") == [(80, 120)]


@pytest.mark.parametrize("point", crash.SPLIT_POINTS)
def test_tables_that_are_defined_meanwhile_are_in_all_shards(
    lake: Lakehouse, at_point: Callable[[str, Callable[[], object]], None], point: str
) -> None:
    database = carts(lake, shards=2)
    database.append("old", [{"_stream": cart, "a": 1} for cart in CARTS])

    def define() -> None:
        database.sql("create table fresh (a int)")
        database.sql("drop table old")
        assert told(database, "select count(*) from fresh") == [(0,)]

    at_point(point, define)
    database.split("shard-0")
    assert told(database, "select count(*) from fresh") == [(0,)]
    database.append("fresh", [{"_stream": cart, "a": 2} for cart in CARTS])
    database.append("old", [{"_stream": cart, "b": 2} for cart in CARTS])
    assert told(database, "select count(*), sum(b) from old") == [(20, 40)]
    assert told(database, "select count(*), sum(a) from fresh") == [(20, 40)]


def test_snapshots_are_let_go_when_one_shard_fails(lake: Lakehouse) -> None:
    database = carts(lake, shards=3)
    with pytest.raises(Invalid, match="not written yet"):
        database.sql("select * from events", as_of="shard-0:1,shard-1:999999,shard-2:1")
    tenancy = database.shards.tenancy  # type: ignore[attr-defined]
    shards = [tenancy.partition(name).shard for name in tenancy.shard_map().names]
    with pytest.raises(NotFound):
        shards[0].snapshot({"events": Now(), "nothing": Now()})
    assert not any(+shard.state("events").pins for shard in shards)


def test_a_table_that_a_split_has_left_out_is_found(
    lake: Lakehouse, at_point: Callable[[str, Callable[[], object]], None]
) -> None:
    """It was created as the split was published, and whoever split died before all shards were told."""
    database = carts(lake, shards=2)

    def create_and_fail() -> None:
        database.sql("create table fresh (a int)")
        raise ZeroDivisionError

    at_point("split.published", create_and_fail)
    with pytest.raises(ZeroDivisionError):
        database.split("shard-0")
    assert database.shard_map().version == 1
    assert told(database, "select count(*) from fresh") == [(0,)]
    with pytest.raises(NotFound, match="frosh"):
        database.sql("select count(*) from frosh")
