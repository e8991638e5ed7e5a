"""A saved tail saves time and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.tiers.hot import tail_file
from thermocline.tiers.hot.log import HotLog
from thermocline.tiers.steps.flush import flush

from .conftest import Bench


@pytest.fixture(autouse=True)
def _small_tails_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_file, "WORTH_ROWS", 3)


def rows_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows come out of SQLite for the first read after opening."""
    read = HotLog.rows
    counted = 0

    def counting(log: HotLog, *args: Any) -> Any:
        nonlocal counted
        for block in read(log, *args):
            counted += len(block)
            yield block

    monkeypatch.setattr(HotLog, "rows", counting)
    bench.seqs("sales")
    monkeypatch.setattr(HotLog, "rows", read)
    return counted


def filled(bench: Bench) -> Bench:
    bench.append("sales", [{"n": n, "x": "a" if n % 2 else None} for n in range(5)])
    bench.seqs("sales")
    return bench


def test_the_next_opening_reads_no_rows_from_sqlite(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filled(bench).rows("sales")
    bench.reopen()
    assert rows_read(bench, monkeypatch) == 0
    assert bench.rows("sales") == before


def test_rows_appended_without_reading_are_added(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(bench).reopen()
    bench.append("sales", [{"n": 5, "new": 1.5}])
    bench.reopen()
    assert rows_read(bench, monkeypatch) == 1
    assert [row["new"] for row in bench.rows("sales")] == [None] * 5 + [1.5]


def test_one_that_is_in_use_is_not_written_over(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(bench).reopen()
    bench.append("sales", [{"n": 5}])
    before = bench.rows("sales")
    bench.reopen()
    assert rows_read(bench, monkeypatch) == 0
    assert bench.rows("sales") == before


def test_a_damaged_one_is_left_aside(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filled(bench).rows("sales")
    bench.close()
    (path,) = bench.folder.glob("*.tail")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    bench.open()
    assert rows_read(bench, monkeypatch) == 5
    assert bench.rows("sales") == before


def test_rows_flushed_since_are_not_read_twice(bench: Bench) -> None:
    filled(bench).reopen()
    flush(bench.shard, bench.state("sales"), 2)
    bench.reopen()
    assert bench.seqs("sales") == [1, 2, 3, 4, 5]
