"""A file comes back from the object store as it was after any slot, or not at all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from thermocline.core.clock import to_micros
from thermocline.core.errors import Corrupt, NotFound
from thermocline.tiers.hot.recovery import AtSlot, AtTime, recover
from thermocline.tiers.hot.slots import Slots
from thermocline.tiers.object_store import ObjectStore, open_store

from ..conftest import FakeClock
from .plain import UNIT, PlainFile, numbers_in

KEPT = {"snapshot_bytes": 40_000, "slot_bytes": 1_000, "checkpoint_bytes": 60_000}


@pytest.fixture(params=["directory", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "directory":
        return open_store(tmp_path / "objects")
    return open_store(f"memory://{request.node.name}")


def test_every_state_of_the_past_comes_back(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    rng = random.Random(0)
    file = PlainFile(store, tmp_path / "a" / "file", clock, **KEPT)
    states: list[tuple[int, int, list[int]]] = []
    for n in range(150):
        if n % 40 == 39:
            file.db.execute("BEGIN IMMEDIATE")
            file.db.execute("DELETE FROM t WHERE n % 3 = 0")
            file.replica.mark()
            file.db.execute("COMMIT")
            file.replica.ship()
        if n == 77:
            file.close()
            file = PlainFile(store, tmp_path / "b" / "file", clock, **KEPT)
        clock.advance(seconds=600)  # or the snapshots would lie too close together to be kept
        slot = file.write(n, size=rng.choice((10, 500, 9_000)))
        states.append((slot, to_micros(clock.now), file.numbers()))
    file.close()
    assert len(_snapshots(store)) > 3
    for slot, micros, numbers in rng.sample(states, 15):
        assert recover(store, UNIT, tmp_path / "back", at=AtSlot(slot)).number == slot
        assert numbers_in(tmp_path / "back") == numbers
        recover(store, UNIT, tmp_path / "back", at=AtTime(micros))
        assert numbers_in(tmp_path / "back") == numbers
    recover(store, UNIT, tmp_path / "back")
    assert numbers_in(tmp_path / "back") == states[-1][2]


def test_there_is_nothing_before_the_beginning_or_after_the_end(
    store: ObjectStore, tmp_path: Path, clock: FakeClock
) -> None:
    began = to_micros(clock.now) - 1
    file = PlainFile(store, tmp_path / "a" / "file", clock)
    last = file.write(1)
    with pytest.raises(NotFound, match="nothing of `objects/017` is kept at 2026"):
        recover(store, UNIT, tmp_path / "back", at=AtTime(began))
    with pytest.raises(NotFound, match="no slot"):
        recover(store, UNIT, tmp_path / "back", at=AtSlot(last + 1))
    with pytest.raises(NotFound):
        recover(store, "objects/018", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_missing_slot_is_corrupt(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock)
    for n in range(5):
        file.write(n)
    store.delete([Slots(store, UNIT).key(file.replica.slot - 2)])
    with pytest.raises(Corrupt, match=f"missing file: {Slots(store, UNIT).key(file.replica.slot - 2)}"):
        recover(store, UNIT, tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit_is_corrupt(seed: int, store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock)
    for n in range(5):
        file.write(n)
    rng = random.Random(seed)
    keys = [info.key for prefix in ("log", "snapshots") for info in store.list(prefix)]
    key = rng.choice(keys[1:])  # the first slot lies before the snapshot
    body = bytearray(store.get(key))
    bit = rng.randrange(8 * len(body))
    body[bit // 8] ^= 1 << bit % 8
    store.put(key, bytes(body))
    with pytest.raises(Corrupt, match=key):
        recover(store, UNIT, tmp_path / "back")


def test_a_slot_of_another_unit_is_corrupt(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock)
    slot = file.write(1)
    for info in [*store.list(f"log/{UNIT}"), *store.list(f"snapshots/{UNIT}")]:
        store.put(info.key.replace("017", "018"), store.get(info.key))
    with pytest.raises(Corrupt, match=Slots(store, "objects/018").key(slot)):
        recover(store, "objects/018", tmp_path / "back")


def test_a_large_file_is_copied_in_parts_while_commits_go_on(
    store: ObjectStore, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thermocline.tiers.hot import file_snapshots

    monkeypatch.setattr(file_snapshots, "PART_BYTES", 10_000)
    file = PlainFile(store, tmp_path / "a" / "file", clock, **KEPT)
    during = 0
    for n in range(400):
        clock.advance(seconds=600)
        file.write(n, size=2_000)
        during += file.replica._copying is not None
    file.close()
    assert during > 5, "no commit was made while a snapshot was under way"
    complete = [int(name.partition("-e")[0]) for name in _snapshots(store)]
    for slot in complete:
        recover(store, UNIT, tmp_path / "back", at=AtSlot(slot))
        assert len(numbers_in(tmp_path / "back")) == max(slot - 1, 0)
    assert len(complete) > 2


def _snapshots(store: ObjectStore) -> list[str]:
    keys = [info.key for info in store.list(f"snapshots/{UNIT}")]
    return [key.split("/")[-2] for key in keys if key.endswith("manifest.json")]
