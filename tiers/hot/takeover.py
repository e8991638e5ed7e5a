"""Becoming the owner of a replicated file: the log is sealed, the file is at the log's end.

    claim an epoch --> look at the log --> still the highest epoch? --> seal the next slot
    --> the local file, if it is exactly what the log leads to; else restored (`recovery`)

From the seal on the former owner's next put conflicts. The question keeps us from sealing out an owner that
came after us. If that owner has even used and expired the slot that we take for the next one, then the file
that we restore names it as its owner, and `Replica.attach` refuses.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ...core.clock import Clock, now_us
from ...core.errors import Corrupt, NotFound
from ..crash import reach
from ..epochs import Epochs
from ..object_store import ObjectStore
from .file_snapshots import FileSnapshots
from .recovery import recover
from .slots import Slot, SlotKey, Slots
from .wal import check_log


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new owner stands. `slot`: its seal, put at `at_us`. `since`: what lies between the newest
    snapshot and the seal; `None` if there is no snapshot, as the unit is new.
    """

    epoch: int
    slot: int
    at_us: int
    since: tuple[SlotKey, ...] | None


def take_over(store: ObjectStore, unit: str, path: Path, clock: Clock, epochs: Epochs) -> Place:
    """Raises `Fenced` if another process takes over at the same time, `Corrupt` if the log is damaged."""
    epoch = epochs.claim_next()
    slots, snapshots = Slots(store, unit), FileSnapshots(store, unit)
    seal, there = _seal(slots, snapshots, epoch, clock, epochs)
    reach("replica.sealed")
    if copied := snapshots.list():
        if not _File(path, slots, there, copied[-1].slot).claim(epoch):
            recover(store, unit, path)
        since = tuple(slot for slot in there if slot.number > copied[-1].slot)
        return Place(epoch, seal.number, seal.at_us, since)
    if any(not slot.is_seal for slot in there):
        raise Corrupt(
            f"missing files: no snapshot of `{unit}` is complete",
            hint="restore the object store from a backup",
        )
    return Place(epoch, seal.number, seal.at_us, None)


def _seal(
    slots: Slots, snapshots: FileSnapshots, epoch: int, clock: Clock, epochs: Epochs
) -> tuple[Slot, list[SlotKey]]:
    """Our seal, and the slots before it from the newest snapshot's on."""
    while True:
        # Those before the newest snapshot may be a week of commits.
        copied = snapshots.list()[-1:]
        there = list(slots.since(copied[0].slot if copied else 0))
        try:
            last = slots.read(there[-1].number) if there else Slot(0, 0, 0)
        except NotFound:
            continue  # it has expired since: a later owner is at work
        if epochs.highest() != epoch:
            raise slots.fenced()
        seal = Slot(last.number + 1, epoch, max(now_us(clock), last.at_us + 1))
        found = slots.put(seal.number, slots.encode(seal))
        if found is None:
            return seal, there
        if found.epoch > epoch:
            raise slots.fenced()


@dataclass(frozen=True, slots=True)
class _File:
    """On this machine's disk. `there`: the log before our seal. `copied`: the newest snapshot's slot."""

    path: Path
    slots: Slots
    there: list[SlotKey]
    copied: int

    def claim(self, epoch: int) -> bool:
        """Whether the file is what the log leads to; if so it is ours from now on, and has no -wal."""
        if not self.path.exists():
            return False
        try:
            check_log(self.path)
            db = sqlite3.connect(self.path, isolation_level=None)
            try:
                return self._claim(db, epoch)
            finally:
                db.close()
        except (sqlite3.DatabaseError, Corrupt, NotFound):
            return False

    def _claim(self, db: sqlite3.Connection, epoch: int) -> bool:
        db.execute("PRAGMA busy_timeout=2000")
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("BEGIN IMMEDIATE")
        if not self._is_current(*db.execute("SELECT slot, epoch FROM _replica").fetchone()):
            return False
        # In one transaction with the look: an owner that was frozen here commits no more.
        db.execute("UPDATE _replica SET owner = ?", (epoch,))
        db.execute("COMMIT")
        return truncated(db)

    def _is_current(self, slot: int, epoch: int) -> bool:
        listed = {key.number for key in self.there}
        if slot < self.copied or slot not in listed:
            return False
        if any(key.number > slot and not key.is_seal for key in self.there):
            return False
        return self.slots.read(slot).epoch == epoch


def truncated(db: sqlite3.Connection) -> bool:
    """Moves the log into the file. False if a reader beside is in the way."""
    busy: int = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy
