"""What the owner of a replicated file can rely on when a transaction or snapshot does not come to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.core.errors import Unavailable
from thermocline.tiers.hot.recovery import recover
from thermocline.tiers.object_store import ObjectStore, open_store

from ..conftest import FakeClock
from .plain import UNIT, PlainFile, numbers_in
from .stores import FaultyStore


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(tmp_path / "objects")


def _back(store: ObjectStore, folder: Path) -> list[int]:
    recover(store, UNIT, folder / "back")
    return numbers_in(folder / "back")


def test_a_transaction_rolled_back_takes_no_slot(
    store: ObjectStore, tmp_path: Path, clock: FakeClock
) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock)
    slot = file.write(1)
    file.db.execute("BEGIN IMMEDIATE")
    file.db.execute("PRAGMA cache_size=1")
    file.db.executemany("INSERT INTO t VALUES (?, randomblob(3000))", [(n,) for n in range(50, 150)])
    file.replica.mark()
    file.db.execute("ROLLBACK")
    file.replica.rolled_back()
    assert file.write(2) == slot + 1
    assert _back(store, tmp_path) == [1, 2] == file.numbers()


def test_a_commit_whose_shipping_was_interrupted_goes_first(
    store: ObjectStore, tmp_path: Path, clock: FakeClock
) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock)
    file.write(1)
    file.db.execute("BEGIN IMMEDIATE")
    file.db.execute("INSERT INTO t VALUES (2, '')")
    file.replica.mark()
    file.db.execute("COMMIT")
    assert file.replica.unshown
    with pytest.raises(Unavailable):
        file.replica.check()
    assert _back(store, tmp_path) == [1]
    file.replica.settle()
    file.replica.shown()
    assert _back(store, tmp_path) == [1, 2]
    file.write(3)
    assert _back(store, tmp_path) == [1, 2, 3]


def test_commits_go_on_without_snapshots(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    faulty = FaultyStore(store, below="snapshots/")
    file = PlainFile(faulty, tmp_path / "a" / "file", clock, snapshot_bytes=20_000, slot_bytes=5_000)
    faulty.down = True
    for n in range(60):
        file.write(n, size=100)
    before = len(store.list("snapshots"))
    faulty.down = False
    for n in range(60, 120):
        file.write(n, size=100)
    file.close()
    assert before == 2, "the one it began with, and its manifest"
    assert len(store.list("snapshots")) > before
    assert _back(store, tmp_path) == list(range(120))


def test_a_closed_file_has_no_log_left(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "a" / "file"
    file = PlainFile(store, path, clock, snapshot_bytes=1_000, slot_bytes=5_000)
    for n in range(20):
        file.write(n)
    file.close()
    assert sorted(each.name for each in path.parent.iterdir()) == ["file"]
    assert numbers_in(path) == list(range(20))
