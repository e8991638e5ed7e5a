"""A full disk is `Unavailable` with a hint, nothing acknowledged is lost, and with room work goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from thermocline.core.errors import Unavailable
from thermocline.tiers.local_cache import LocalFiles
from thermocline.tiers.local_objects import LocalObjects

from .opening import Clock, OpenLake, cold_numbers, opened

ROWS = [{"n": n, "_id": f"e{n}", "_stream": "one"} for n in range(1, 201)]


class FullDisk:
    """Has room for `left` more syncs, `None` for as many as there come."""

    left: int | None = None

    def fsync(self, descriptor: int) -> None:
        if self.left is not None:
            if self.left == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.left -= 1
        os.fsync(descriptor)


def test_steps_that_find_the_store_full_are_simply_called_again(tmp_path: Path) -> None:
    disk = FullDisk()
    store = LocalObjects(tmp_path / "lake" / "objects", LocalFiles(disk.fsync, disk.fsync))
    with opened(tmp_path / "lake", Clock(), store=store) as lake:
        database = lake.database
        database.append("t", ROWS[:150])
        for step in (
            lambda: database.flush("t", up_to=10),
            lambda: database.flush("t", up_to=20),
            lambda: database.flush("t"),
            lambda: database.compact("t"),
            lambda: database.archive("t", up_to=70),
            lambda: database.archive("t"),
            lambda: database.expire("t"),
        ):
            lake.clock.advance()
            assert _failures(disk, step) > 0
            assert lake.answered("t") == set(range(1, 151))
        database.append("t", ROWS)
        assert lake.answered("t") == set(range(1, 201))
        assert database.stream("one").version == 200
        database.verify()
    assert set(cold_numbers(tmp_path / "lake", "t")) == set(range(1, 151))


def test_appends_go_on_while_the_store_is_full(tmp_path: Path) -> None:
    disk = FullDisk()
    store = LocalObjects(tmp_path / "lake" / "objects", LocalFiles(disk.fsync, disk.fsync))
    with opened(tmp_path / "lake", Clock(), store=store) as lake:
        lake.database.append("t", ROWS[:10])
        disk.left = 0
        with pytest.raises(Unavailable, match="full"):
            lake.database.flush("t")
        lake.database.append("t", ROWS[10:20])
        assert lake.answered("t") == set(range(1, 21))
        disk.left = None


def test_an_append_that_finds_the_hot_file_full_is_refused_whole(tmp_path: Path) -> None:
    with opened(tmp_path / "lake", Clock()) as lake:
        lake.database.append("t", ROWS[:10])
        _limit_hot_file(lake, here_to=0)
        many = [{"n": n, "_id": f"e{n}", "text": "x" * 5_000} for n in range(1_000, 1_100)]
        with pytest.raises(Unavailable) as caught:
            lake.database.append_many({"t": many, "u": ROWS})
        assert "space" in caught.value.hint
        assert lake.answered("t") == set(range(1, 11))
        assert lake.database.tables() == ["t"]
        assert lake.database.stream("one").version == 10
        _limit_hot_file(lake, here_to=1_000)
        assert lake.database.append_many({"t": many, "u": ROWS[10:]})["u"].version == 200
        assert lake.database.stream("one").version == 200
        lake.database.verify()


def _failures(disk: FullDisk, step: Callable[[], object]) -> int:
    """Gives the step room for one sync more each time until it succeeds; how often it did not."""
    for room in range(1_000):
        disk.left = room
        try:
            step()
        except Unavailable:
            continue
        disk.left = None
        return room
    raise AssertionError("the step never succeeds")


def _limit_hot_file(lake: OpenLake, here_to: int) -> None:
    db = lake.shard.log._db
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages + here_to}")
