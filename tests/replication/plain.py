"""Any SQLite file with one writing connection, replicated: what an owner of one has to do, and no more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from thermocline.core.clock import Clock
from thermocline.tiers.epochs import Epochs
from thermocline.tiers.hot.replica import Replica, Shipping
from thermocline.tiers.object_store import ObjectStore

UNIT = "objects/017"


class PlainFile:
    """Numbers with some bytes each. Opening takes it over."""

    def __init__(self, store: ObjectStore, path: Path, clock: Clock, **shipping: float) -> None:
        path.parent.mkdir(exist_ok=True)
        self.replica = Replica(store, UNIT, path, clock, Shipping(**shipping))
        self.epoch = self.replica.take_over(Epochs(store, "objects", "017"))
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA secure_delete=OFF")
        self.db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, bytes BLOB)")
        self.replica.attach(self.db)

    def write(self, *numbers: int, size: int = 10) -> int:
        """The slot in which they are."""
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany("INSERT INTO t VALUES (?, randomblob(?))", [(n, size) for n in numbers])
        self.replica.mark()
        self.db.execute("COMMIT")
        self.replica.ship()
        return self.replica.slot

    def numbers(self) -> list[int]:
        return numbers_in(self.db)

    def close(self) -> None:
        self.replica.close()


def numbers_in(file: Path | sqlite3.Connection) -> list[int]:
    db = sqlite3.connect(file) if isinstance(file, Path) else file
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return [n for (n,) in db.execute("SELECT n FROM t ORDER BY n")]
