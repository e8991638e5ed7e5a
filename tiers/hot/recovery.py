"""A replicated file rebuilt from the object store: the newest snapshot, and the pages of every slot after it.

    snapshots/<unit>/<slot>  ->  <file>.restoring  <-  pages of slot + 1, slot + 2, ...
    fsync  ->  remove the old file, then its -wal and -shm  ->  rename

The old file goes first: what a checkpoint had begun makes no sense without the log beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from operator import ge
from pathlib import Path
from typing import BinaryIO

from ...core.clock import iso
from ...core.errors import Corrupt, NotFound
from ..crash import reach
from ..object_store import ObjectStore
from .file_snapshots import FileSnapshots, Snapshot
from .slots import Slot, Slots

_AT_ONCE = 8
"""Requests under way."""
_BATCH = 64
"""Slots held in memory."""


@dataclass(frozen=True, slots=True)
class AtSlot:
    """The state after that slot."""

    number: int


@dataclass(frozen=True, slots=True)
class AtTime:
    """The state after the last slot that was put at that instant or before."""

    micros: int


def recover(store: ObjectStore, unit: str, path: Path, *, at: AtSlot | AtTime | None = None) -> Slot:
    """Puts the state of `unit` at the end of its log, or earlier, into `path`; the slot that it ends with.

    Raises `NotFound` if there is no snapshot so early, `Corrupt` if a slot is missing or damaged. `path` is
    replaced, durably, only when all of it is there.
    """
    restoring = Path(f"{path}.restoring")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(restoring, "w+b") as file:
        last = _rebuilt(store, unit, file, at)
        file.flush()
        os.fsync(file.fileno())
    reach("recovery.rebuilt")
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)
    for suffix in ("-wal", "-shm", ".seal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    _sync_folder(path.parent)
    reach("recovery.cleared")
    os.replace(restoring, path)
    for folder in path.parents[:3]:
        _sync_folder(folder)
    reach("recovery.replaced")
    return last


def _rebuilt(store: ObjectStore, unit: str, file: BinaryIO, at: AtSlot | AtTime | None) -> Slot:
    slots, snapshots = Slots(store, unit), FileSnapshots(store, unit)
    while True:
        base = _base(snapshots, unit, at)
        try:
            return _apply(slots, snapshots, base, file, at)
        except Corrupt:
            # An owner that does not know yet that it was replaced may have put a newer snapshot meanwhile
            # and removed what lies before it.
            if _base(snapshots, unit, at) == base:
                raise
            file.seek(0)
            file.truncate()


def _base(snapshots: FileSnapshots, unit: str, at: AtSlot | AtTime | None) -> Snapshot:
    for snapshot in reversed(snapshots.list()):
        match at:
            case AtSlot(number) if snapshot.slot > number:
                continue
            case AtTime(micros) if snapshot.at_us > micros:
                continue
        return snapshot
    asked = f" at {iso(at.micros)}" if isinstance(at, AtTime) else f" at slot {at.number}" if at else ""
    raise NotFound(f"nothing of `{unit}` is kept{asked}", hint="ask for a later point in time")


def _apply(
    slots: Slots, snapshots: FileSnapshots, base: Snapshot, file: BinaryIO, at: AtSlot | AtTime | None
) -> Slot:
    snapshots.fetch(base, file)
    last = Slot(base.slot, base.epoch, 0)
    numbers: Iterator[int] = (s.number for s in slots.since(base.slot) if s.number > base.slot)
    if isinstance(at, AtSlot):
        numbers = takewhile(partial(ge, at.number), numbers)
    for expected, slot in enumerate(_read_all(slots, numbers), base.slot + 1):
        if slot.number != expected:
            raise slots.missing(expected)
        if slot.epoch < last.epoch:
            raise Corrupt(
                f"{slots.key(slot.number)} is of epoch {slot.epoch}, after epoch {last.epoch}",
                hint="restore the object store from a backup",
            )
        if isinstance(at, AtTime) and slot.at_us > at.micros:
            break
        last = slot
        if slot.pages:
            whole = memoryview(slot.pages.data)
            for i, number in enumerate(slot.pages.numbers):
                file.seek((number - 1) * slot.pages.page_bytes)
                file.write(whole[i * slot.pages.page_bytes : (i + 1) * slot.pages.page_bytes])
            file.truncate(slot.pages.size * slot.pages.page_bytes)
    if isinstance(at, AtSlot) and last.number != at.number:
        raise NotFound(f"there is no slot {at.number} yet", hint=f"the last one is {last.number}")
    return last


def _read_all(slots: Slots, numbers: Iterator[int]) -> Iterator[Slot]:
    """In order, several requests at once."""

    def read(number: int) -> Slot:
        try:
            return slots.read(number)
        except NotFound:
            raise slots.missing(number) from None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while batch := list(islice(numbers, _BATCH)):
            yield from pool.map(read, batch)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
