"""A split that is cut short, wherever that happens: nothing is lost, and whoever comes next completes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Unavailable
from thermocline.core.protocols import Database, Lakehouse
from thermocline.tiers import crash

from .dying import STREAMS
from .test_split import CARTS, carts, told

CLOSED = ("split.closed", "split.handed_over")
"""Between them the parent takes no rows and nobody else does."""

POINTS = (*crash.SPLIT_POINTS, "flush.published:1", "flush.published:2", "append.committed:9")


@pytest.fixture(scope="module")
def died(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("died")
    subprocess.run([sys.executable, "-m", "tests.shards.dying", folder, *POINTS], check=True, timeout=120)
    return folder


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_after_a_kill_every_acknowledged_event_is_there_once(died: Path, tmp_path: Path, point: str) -> None:
    shutil.copytree(died / point / "lake", tmp_path / "lake")
    known = (died / point / "told").read_text().split()
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        database = lake.database("acme")
        _check_events(database, known)
        closed = database.shard_map().version == 0 and point in CLOSED
        # Each stream goes on, and the first append that needs it completes the split.
        for stream in range(STREAMS):
            version = database.stream(f"s{stream}").version
            rows = [{"_id": f"{stream}/after", "n": -1}]
            database.append("events", rows, stream=f"s{stream}", expected_version=version)
            known.append(f"{stream}/after")
        if closed:
            assert database.shard_map().version == 1
        elif database.shard_map().version == 0:
            database.split("shard-0")
        _check_events(database, known)
        retried = [{"_id": f"{s}/1", "_stream": f"s{s}", "n": 1} for s in range(STREAMS)]
        assert database.append("events", retried).duplicates == STREAMS
        database.verify()
    assert len(known) > 3 * STREAMS


@pytest.mark.parametrize("point", CLOSED)
def test_after_a_kill_the_next_split_completes_it(died: Path, tmp_path: Path, point: str) -> None:
    shutil.copytree(died / point / "lake", tmp_path / "lake")
    known = (died / point / "told").read_text().split()
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        database = lake.database("acme")
        assert database.shard_map().version == 0
        assert database.split("shard-0").version == 1
        _check_events(database, known)


def _check_events(database: Database, known: list[str]) -> None:
    rows = told(database, "select _id, _stream, _position, n from events order by _stream, _position")
    ids = [str(row[0]) for row in rows]
    assert len(set(ids)) == len(ids)
    assert set(known) <= set(ids)
    # One more than was told may be there: it was durable when the process died.
    assert len(ids) - len(known) <= STREAMS
    positions = {(row[1], row[2]): row[3] for row in rows}
    assert all(n == position - 1 or n == -1 for (_, position), n in positions.items())  # type: ignore[operator]


class Cut(Exception):
    """The process goes on; the split does not."""


@pytest.fixture
def cut_at() -> Iterator[Callable[[str], None]]:
    def arrange(point: str) -> None:
        def on_reach(reached: str) -> None:
            if reached == point:
                crash.on_reach = None
                raise Cut

        crash.on_reach = on_reach

    yield arrange
    crash.on_reach = None


@pytest.mark.parametrize("by", ["append", "async", "head", "instant", "split"])
@pytest.mark.parametrize("point", crash.SPLIT_POINTS)
def test_a_split_that_fails_midway_holds_up_nobody(
    lake: Lakehouse, cut_at: Callable[[str], None], point: str, by: str
) -> None:
    import asyncio

    database = carts(lake)
    cut_at(point)
    with pytest.raises(Cut):
        database.split("shard-0")
    row = {"_id": "one/more", "_stream": "cart-3", "n": 3}
    match by:
        case "append":
            database.append("events", [row])
        case "async":
            asyncio.run(_appended(database, row))
        case "head":
            assert database.stream("cart-3").version == 3
            database.append("events", [row])
        case "instant":
            clock = lake.clock  # type: ignore[attr-defined]
            assert told(database, "select count(*) from events", as_of=clock()) == [(60,)]
            database.append("events", [row])
        case _ if database.shard_map().version == 0:
            database.split("shard-0")
            database.append("events", [row])
        case _:
            database.append("events", [row])
    assert told(database, "select count(*) from events") == [(61,)]
    assert database.stream("cart-3").version == 4
    assert database.append("events", [row]).duplicates == 1
    if point != "split.prepared":
        assert database.shard_map().version == 1


async def _appended(database: Database, row: dict[str, object]) -> None:
    await database.append_async("events", [row])


def test_who_reads_as_of_an_instant_is_told_all_that_is_recorded_up_to_it(
    lake: Lakehouse, cut_at: Callable[[str], None]
) -> None:
    """The child's host may have a slower clock: here it goes back."""
    database = carts(lake)
    cut_at("split.handed_over")
    with pytest.raises(Cut):
        database.split("shard-0")
    clock = lake.clock  # type: ignore[attr-defined]
    clock.advance(hours=1)
    instant = clock()
    sql = "select count(*) from events"
    assert told(database, sql, as_of=instant) == [(60,)]
    clock.advance(minutes=-30)
    database.append("events", [{"_stream": cart} for cart in CARTS])
    clock.advance(hours=1)
    assert told(database, sql, as_of=instant) == [(60,)]
    assert told(database, sql) == [(80,)]


def test_an_unfinished_split_leaves_reading_alone(lake: Lakehouse, cut_at: Callable[[str], None]) -> None:
    database = carts(lake)
    cut_at("split.handed_over")
    with pytest.raises(Cut):
        database.split("shard-0")
    assert told(database, "select count(*) from events") == [(60,)]
    assert database.shard_map().version == 0
    assert database.bookmark() == "shard-0:60"
    database.flush()
    with thermocline.connect(lake.path, read_only=True) as reader:  # type: ignore[attr-defined]
        beside = reader.database("acme")
        assert told(beside, "select count(*) from events") == [(60,)]
        assert told(beside, "select count(*) from events", as_of=lake.clock.now) == [(60,)]  # type: ignore[attr-defined]
        with pytest.raises(Unavailable, match="reading"):
            beside.split("shard-0")
