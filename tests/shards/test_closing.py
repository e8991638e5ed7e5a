"""A closed shard takes no rows, for good; everything else it does as before."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from thermocline.core.asof import Now
from thermocline.core.errors import Resharded
from thermocline.core.owners import Append
from thermocline.core.policy import TierPolicy
from thermocline.tiers.closing import begin, close_rows, closed_us, hot_heads, noted_heads
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.files import CheckedFiles
from thermocline.tiers.object_store import open_store
from thermocline.tiers.shard import Shard, Surroundings
from thermocline.tiers.steps.flush import flush

from ..conftest import FakeClock

ROWS = [Append("t", [{"_id": "a", "_stream": "s", "x": 1}])]


@pytest.fixture
def around(tmp_path: Path, clock: FakeClock) -> Surroundings:
    store = open_store(tmp_path / "objects")
    cold = IcebergCold(store, {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog.sqlite"})
    return Surroundings(store, CheckedFiles(store), cold, clock, random.Random(1).randbytes, TierPolicy())


@pytest.fixture(params=[False, True], ids=["local", "replicated"])
def shard(tmp_path: Path, around: Surroundings, request: pytest.FixtureRequest) -> Iterator[Shard]:
    opened = Shard("acme", "shard-0", tmp_path / "hot.sqlite", around, replicated=request.param)
    yield opened
    opened.close()


def test_rows_are_refused_and_definitions_are_not(shard: Shard) -> None:
    shard.append(ROWS)
    assert closed_us(shard) == 0
    at = close_rows(shard)
    assert closed_us(shard) == at > shard.meta.recorded_us
    for operations in (ROWS, [Append("t", [{"x": 2}])]):
        with pytest.raises(Resharded):
            shard.append(operations)
        with pytest.raises(Resharded):
            asyncio.run(_appended(shard, operations))
    wider = shard.table("t").schema.payload.empty_table()
    shard.append([Append("t", wider.append_column("y", [[]]))])
    assert shard.table("t").schema.version == 2
    assert shard.create_table("u", [])
    assert shard.drop_table("u")


async def _appended(shard: Shard, operations: list[Append]) -> None:
    await shard.append_async(operations)


def test_it_is_closed_once_and_stays_so(tmp_path: Path, around: Surroundings, clock: FakeClock) -> None:
    first = Shard("acme", "shard-0", tmp_path / "hot.sqlite", around)
    first.append(ROWS)
    at = close_rows(first)
    clock.advance(hours=1)
    assert close_rows(first) == at
    first.close()
    again = Shard("acme", "shard-0", tmp_path / "hot.sqlite", around)
    assert close_rows(again) == closed_us(again) == at
    with pytest.raises(Resharded):
        again.append(ROWS)
    again.close()


def test_a_named_append_of_before_is_answered_as_then(shard: Shard) -> None:
    done = shard.append(ROWS, once="first")
    close_rows(shard)
    assert shard.append(ROWS, once="first") == done
    with pytest.raises(Resharded):
        shard.append(ROWS, once="second")


def test_what_is_in_flight_precedes_the_close_or_is_refused(shard: Shard) -> None:
    shard.append(ROWS)
    taken: list[int] = []
    refused: list[Resharded] = []

    def append_on() -> None:
        while not refused:
            try:
                taken.append(shard.append([Append("t", [{"x": 1}])])["t"].rows)
            except Resharded as refusal:
                refused.append(refusal)

    threads = [threading.Thread(target=append_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(taken) < 20:
        pass
    close_rows(shard)
    seq = shard.bookmark_seq()
    for thread in threads:
        thread.join()
    assert shard.bookmark_seq() == seq == 1 + len(taken)
    assert len(refused) <= 4


def test_a_snapshot_tells(shard: Shard) -> None:
    shard.append(ROWS)
    before = shard.snapshot({"t": Now()})
    close_rows(shard)
    after = shard.snapshot({"t": Now()})
    assert (before.closed, after.closed) == (False, True)
    before.release()
    after.release()


def test_heads_are_told_from_both_sides_of_a_flush(shard: Shard) -> None:
    shard.append([Append("t", [{"_stream": f"s{n}", "x": 1} for n in range(5)])])
    assert noted_heads(shard, "", 10) == []
    first = hot_heads(shard)
    assert first.heads == {f"s{n}": 1 for n in range(5)}
    assert hot_heads(shard).mark == first.mark
    flush(shard, shard.state("t"))
    shard.append([Append("t", [{"_stream": "s1", "x": 2}])])
    second = hot_heads(shard)
    assert second.mark != first.mark
    assert second.heads == {"s1": 2}
    assert noted_heads(shard, "", 2) == [("s0", 1), ("s1", 1)]
    assert noted_heads(shard, "s1", 10) == [("s2", 1), ("s3", 1), ("s4", 1)]


def test_beginning_again_changes_nothing(shard: Shard) -> None:
    begin(shard, {"s": 7}, 0)
    assert shard.append(ROWS)["t"].version == 8
    begin(shard, {"s": 7, "z": 2}, 0)
    assert shard.head("s") == 8
    assert shard.head("z") == 2
    assert shard.append([Append("t", [{"x": 1}], stream="s", expected_version=8)])["t"].version == 9
