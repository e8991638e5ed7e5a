"""Slots and snapshots are kept for the history window, and seals for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.core.clock import to_micros
from thermocline.core.errors import Fenced, NotFound
from thermocline.tiers.hot.file_snapshots import Snapshot, not_needed
from thermocline.tiers.hot.recovery import AtTime, recover
from thermocline.tiers.hot.slots import Slots
from thermocline.tiers.object_store import ObjectStore, open_store

from ..conftest import FakeClock
from .plain import UNIT, PlainFile, numbers_in

OFTEN = {"snapshot_bytes": 1, "slot_bytes": 50_000, "history_s": 3_600.0}


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(tmp_path / "objects")


def _write(file: PlainFile, *numbers: int) -> None:
    """Each with a snapshot after it."""
    for n in numbers:
        file.write(n)
        if file.replica._copying is not None:
            file.replica._copying.join()


def test_what_only_an_older_history_needs_goes(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock, **OFTEN)

    def write(*numbers: int) -> None:
        for n in numbers:
            clock.advance(seconds=60)  # or their snapshots would lie too close together to be kept
            _write(file, n)

    write(*range(10))
    within = to_micros(clock.now)
    before = len(store.list(f"log/{UNIT}"))
    clock.advance(seconds=2_000)
    write(*range(10, 20))
    later = to_micros(clock.now)
    assert len(store.list(f"log/{UNIT}")) == before + 10, "all of it lies within the window"
    clock.advance(seconds=3_000)
    write(*range(20, 30))
    assert len(store.list(f"log/{UNIT}")) < 25
    recover(store, UNIT, tmp_path / "back", at=AtTime(later))
    assert numbers_in(tmp_path / "back") == list(range(20))
    with pytest.raises(NotFound, match="nothing of"):
        recover(store, UNIT, tmp_path / "back", at=AtTime(within - 100_000))
    file.close()


def test_an_owner_frozen_for_longer_than_the_history_finds_the_seal(
    store: ObjectStore, tmp_path: Path, clock: FakeClock
) -> None:
    frozen = PlainFile(store, tmp_path / "a" / "file", clock, **OFTEN)
    _write(frozen, 1, 2)
    fresh = PlainFile(store, tmp_path / "b" / "file", clock, **OFTEN)
    for _ in range(3):
        clock.advance(seconds=8_000)
        _write(fresh, *range(len(fresh.numbers()) + 10, len(fresh.numbers()) + 20))
    seal = frozen.replica.slot + 1
    kept = [slot.number for slot in Slots(store, UNIT).since(0)]
    assert seal in kept
    assert seal + 1 not in kept, "the slots around it are gone"
    with pytest.raises(Fenced):
        frozen.write(99)


@pytest.mark.parametrize("after", ["since", "read", "encode"])
def test_a_claimant_frozen_before_its_seal_is_fenced(
    after: str, store: ObjectStore, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it takes for the next slot was used and has expired since, so its seal keeps nobody out."""
    first = PlainFile(store, tmp_path / "a" / "file", clock, **OFTEN)
    _write(first, 1)
    look = getattr(Slots, after)
    meanwhile: list[PlainFile] = []

    def slow(self: Slots, *given: object) -> object:
        monkeypatch.setattr(Slots, after, look)
        found = look(self, *given)
        _write(first, 2, 3, 4, 5)
        fresh = PlainFile(store, tmp_path / "b" / "file", clock, **OFTEN)
        for n in (6, 7, 8):
            clock.advance(seconds=8_000)
            _write(fresh, n)
        meanwhile.append(fresh)
        return found

    monkeypatch.setattr(Slots, after, slow)
    with pytest.raises(Fenced):
        PlainFile(store, tmp_path / "c" / "file", clock, **OFTEN)
    meanwhile[0].write(9)
    assert meanwhile[0].numbers() == list(range(1, 10))


def test_numbers_go_on_where_only_the_last_slot_is_left(
    store: ObjectStore, tmp_path: Path, clock: FakeClock
) -> None:
    numbers: list[int] = []
    for opening in range(4):
        file = PlainFile(store, tmp_path / "a" / "file", clock, **{**OFTEN, "history_s": 0.0})
        for n in range(5):
            file.write(opening * 10 + n)
            numbers.append(file.replica.slot)
        file.close()
    assert numbers == sorted(set(numbers))
    back = PlainFile(store, tmp_path / "b" / "file", clock)
    assert len(back.numbers()) == 20
    back.close()


def test_snapshots_of_the_past_lie_apart(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    assert not_needed([], 0, 10) == []
    taken = [Snapshot(slot, 1, 3 * slot) for slot in range(20)]
    left = [s.at_us for s in taken if s not in not_needed(taken, horizon_us=16, spacing_us=10)]
    assert left == [15, 27, 39, 51, 57], "the last one up to the horizon, then one in ten, and the newest"
    file = PlainFile(store, tmp_path / "a" / "file", clock, **OFTEN)
    for n in range(300):
        clock.advance(seconds=10)
        _write(file, n)
    manifests = [info.key for info in store.list(f"snapshots/{UNIT}") if info.key.endswith("manifest.json")]
    assert 40 < len(manifests) < 66
    assert len(store.list(f"snapshots/{UNIT}")) == 2 * len(manifests), "their parts go with them"
    recover(store, UNIT, tmp_path / "back", at=AtTime(to_micros(clock.now) - 1_005_000_000))
    assert numbers_in(tmp_path / "back") == list(range(199))
    file.close()


def test_a_log_of_several_folders(store: ObjectStore, tmp_path: Path, clock: FakeClock) -> None:
    file = PlainFile(store, tmp_path / "a" / "file", clock, **OFTEN)
    for n in range(2_005):
        file.write(n, size=0)
    assert len({info.key.split("/")[3] for info in store.list(f"log/{UNIT}")}) == 3
    assert [slot.number for slot in Slots(store, UNIT).since(998)] == list(range(998, file.replica.slot + 1))
    clock.advance(days=1)
    _write(file, 3_000)
    assert next(Slots(store, UNIT).since(0)).number == 1, "the first seal"
    assert len(store.list(f"log/{UNIT}")) < 1_000
    file.close()
    back = PlainFile(store, tmp_path / "b" / "file", clock)
    assert back.numbers() == [*range(2_005), 3_000]
    back.close()
