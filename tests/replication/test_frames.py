"""Every page that a commit changes is read from the write-ahead log, whatever SQLite does with that log."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from thermocline.core.errors import Corrupt
from thermocline.tiers.hot.frames import LogReader, Pages


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA page_size=1024")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)")
    return db


def _apply(copy: dict[int, bytes], pages: Pages) -> None:
    for i, number in enumerate(pages.numbers):
        copy[number] = pages.data[i * pages.page_bytes : (i + 1) * pages.page_bytes]
    for number in [number for number in copy if number > pages.size]:
        del copy[number]


def _rows(copy: dict[int, bytes], folder: Path) -> list[tuple[int, bytes]]:
    path = folder / "copy.sqlite"
    path.write_bytes(b"".join(copy.get(number, bytes(1024)) for number in range(1, max(copy) + 1)))
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return db.execute("SELECT * FROM t ORDER BY k").fetchall()
    finally:
        db.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_made_of_frames_is_the_file(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    db = _connect(tmp_path / "file.sqlite")
    db.execute("PRAGMA cache_size=20")  # transactions spill before they commit
    reader, copy = LogReader(tmp_path / "file.sqlite"), dict[int, bytes]()
    for step in range(120):
        db.execute("BEGIN IMMEDIATE")
        for _ in range(rng.choice((1, 5, 60))):
            key, size = rng.randrange(400), rng.choice((10, 900, 5_000))
            if rng.random() < 0.3:
                db.execute("DELETE FROM t WHERE k BETWEEN ? AND ?", (key, key + 20))
            db.execute("INSERT OR REPLACE INTO t VALUES (?, ?)", (key, rng.randbytes(size)))
        if rng.random() < 0.2:
            db.execute("ROLLBACK")
            continue
        db.execute("COMMIT")
        _apply(copy, reader.take())
        if rng.random() < 0.1:
            db.execute(f"PRAGMA wal_checkpoint({rng.choice(('PASSIVE', 'TRUNCATE', 'RESTART'))})")
        if step % 30 == 29:
            assert _rows(copy, tmp_path) == db.execute("SELECT * FROM t ORDER BY k").fetchall()
    db.close()


def test_what_came_before_the_reader_is_in_the_first_take(tmp_path: Path) -> None:
    db = _connect(tmp_path / "file.sqlite")
    db.execute("INSERT INTO t VALUES (1, 'before')")
    reader, copy = LogReader(tmp_path / "file.sqlite"), dict[int, bytes]()
    db.execute("INSERT INTO t VALUES (2, 'first')")
    _apply(copy, reader.take())
    assert len(_rows(copy, tmp_path)) == 2
    db.execute("INSERT INTO t VALUES (3, 'second')")
    pages = reader.take()
    assert len(pages.numbers) == 1
    _apply(copy, pages)
    assert len(_rows(copy, tmp_path)) == 3
    db.close()


def test_a_commit_that_was_not_taken_is_noticed(tmp_path: Path) -> None:
    db = _connect(tmp_path / "file.sqlite")
    reader = LogReader(tmp_path / "file.sqlite")
    for key in range(3):
        db.execute("INSERT INTO t VALUES (?, 'x')", (key,))
    with pytest.raises(Corrupt, match="just committed"):
        reader.take()
    db.close()


def test_nothing_appended_is_noticed(tmp_path: Path) -> None:
    db = _connect(tmp_path / "file.sqlite")
    reader = LogReader(tmp_path / "file.sqlite")
    db.execute("INSERT INTO t VALUES (1, 'x')")
    reader.take()
    with pytest.raises(Corrupt, match="just committed"):
        reader.take()
    db.close()
