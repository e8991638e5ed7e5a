"""Durability `replicated`: the write-ahead log of a SQLite file, shipped to the object store at each commit.

    take_over   claim an epoch, seal the log's next slot, have the file at the log's end
    attach      the connection that writes: only we checkpoint it
    mark        in each transaction: the slot that it will be shipped as
    ship        after each COMMIT: its pages into that slot; then it may be shown and acknowledged

    local COMMIT --> put log/<unit>/<slot>, create only --> show, acknowledge
                      | fails for long: Unavailable. It stays unshown, and is put first next time
                      | conflicts: Fenced. Another owner has sealed the log

Now and then the file as a whole is copied beside the log (`file_snapshots`) and older slots go. Works for any
file with one writing connection; its owner holds its lock around every call.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...core.clock import SECOND_US, Clock, now_us
from ...core.errors import Corrupt, Error, Unavailable
from ..crash import reach
from ..epochs import Epochs
from ..object_store import ObjectStore
from .file_snapshots import FileSnapshots, Snapshot, not_needed
from .frames import LogReader
from .slots import Slot, Slots
from .takeover import take_over, truncated

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 2.0
"""Between attempts to put a slot."""

_SNAPSHOTS_KEPT = 64
"""Within the history window. A recovery to an earlier time applies at most so much more of the log."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS _replica"
    " (only INTEGER PRIMARY KEY CHECK (only = 1), slot INTEGER, epoch INTEGER, owner INTEGER)"
)
"""The file's own place in the log: the slot and epoch of its last transaction, and the epoch that owns it."""


@dataclass(frozen=True, slots=True)
class Shipping:
    """When things happen.

    `patience_s`: how long a commit tries to reach a store that fails, before it is `Unavailable`.
    `checkpoint_bytes`: of the local log. A snapshot is taken when the slots since the last one weigh as much
    as the file, and `snapshot_bytes` at least; `slot_bytes` is what a slot weighs beyond its content, as a
    recovery pays for each request. `history_s`: how far back `recover` can go.
    """

    patience_s: float = 10.0
    checkpoint_bytes: int = 4 * 2**20
    snapshot_bytes: int = 8 * 2**20
    slot_bytes: int = 16 * 2**10
    history_s: float = 7 * 86_400


class Replica:
    """One file's place in the object store. `unit`: such as `db/acme/shard-0` or `objects/017`."""

    def __init__(
        self,
        store: ObjectStore,
        unit: str,
        path: Path,
        clock: Clock,
        shipping: Shipping | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.unit = unit
        self.path = path.absolute()
        self.epoch = 0
        self.unshown = False
        """Something was committed whose slot is not known to be in the store, or was put too late to be shown
        in the ordinary way: `settle`, show it, then call `shown`."""
        self._store = store
        self._slots = Slots(store, unit)
        self._snapshots = FileSnapshots(store, unit)
        self._clock = clock
        self._shipping = shipping or Shipping()
        self._sleep = sleep
        self._slot = 0
        self._at_us = 0
        self._pending: bytes | None = None
        self._failed: Callable[[], Error] | None = None
        self._unread = False
        self._weight = 0
        self._new = False
        self._log: LogReader
        self._db: sqlite3.Connection
        self._file = -1
        self._copying: threading.Thread | None = None

    @property
    def slot(self) -> int:
        """The last one that is known to be in the store."""
        return self._slot

    # -- becoming the owner -----------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether the unit was ever replicated."""
        return self._slots.exists()

    def take_over(self, epochs: Epochs) -> int:
        """The epoch, now ours. The file at `path` is then at the log's end; there is none if the unit is new.

        Raises `Fenced` if another process takes over at the same time, `Corrupt` if the log is damaged.
        """
        place = take_over(self._store, self.unit, self.path, self._clock, epochs)
        self.epoch, self._slot, self._at_us = place.epoch, place.slot, place.at_us
        self._new = place.since is None
        self._weight = sum(slot.bytes + self._shipping.slot_bytes for slot in place.since or ())
        return self.epoch

    # -- the writing connection -------------------------------------------------------------------

    def attach(self, db: sqlite3.Connection) -> None:
        """`db`: opened after `take_over`, in WAL mode. What it wrote since is shipped with the first commit.

        Raises `Unavailable` if the store fails.
        """
        self._db = db
        try:
            self._attach(db)
        except BaseException:
            self.close()
            raise

    def _attach(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA wal_autocheckpoint=0")
        # The object store is what is durable: after a power loss this file is one of its earlier states, and
        # says so.
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute(_TABLE)
        # POSIX locks of a process on a file end when it closes any descriptor of it: so this one stays open
        # for as long as the connection.
        self._file = os.open(self.path, os.O_RDONLY)
        if not self._new:
            claimed = db.execute("UPDATE _replica SET owner = ?1 WHERE owner <= ?1", (self.epoch,))
            if claimed.rowcount != 1:
                raise self._slots.fenced()
            self._log = LogReader(self.path)
            return
        # A new unit, or a file that was local until now.
        db.execute(
            "INSERT OR REPLACE INTO _replica VALUES (1, ?, ?, ?)", (self._slot, self.epoch, self.epoch)
        )
        if not truncated(db):
            raise Unavailable(f"{self.path} is being read by another process", hint="try again")
        self._log = LogReader(self.path)
        self._snapshots.put(self._here(), self._file, os.fstat(self._file).st_size)

    def mark(self) -> None:
        """The last thing before each COMMIT. Raises `Fenced`, or `Unavailable` while something is unshown."""
        self.check()
        marked = self._db.execute(
            "UPDATE _replica SET slot = ?, epoch = ? WHERE owner = ?",
            (self._slot + 1, self.epoch, self.epoch),
        )
        if marked.rowcount != 1:
            raise self._slots.fenced()
        self.unshown = self._unread = True

    def rolled_back(self) -> None:
        """The transaction was marked and not committed."""
        self.unshown = self._unread = False

    def check(self) -> None:
        """Raises what keeps a transaction from beginning."""
        if self._failed is not None:
            raise self._failed()
        if self.unshown:
            raise self._unknown("the last commit")

    def ship(self) -> None:
        """After each COMMIT. When it returns, the commit may be shown and acknowledged.

        Raises `Unavailable` when the store fails for `patience_s`, `Fenced` when the log was sealed.
        """
        reach("replica.committed")
        self._deliver(self._shipping.patience_s)
        self.unshown = False
        self._tidy()

    def settle(self) -> None:
        """Ships what a failing store has left. Tries once. Raises `Unavailable` or `Fenced`."""
        if self._failed is not None:
            raise self._failed()
        if self._unread or self._pending is not None:
            self._deliver(0)

    def shown(self) -> None:
        """What `settle` shipped is visible now."""
        self.unshown = False

    def close(self) -> None:
        """Closes the connection too."""
        if self._copying is not None:
            self._copying.join()
        self._db.close()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _deliver(self, patience_s: float) -> None:
        if self._pending is None:
            self._pending = self._read()
            self._unread = False
        deadline = time.monotonic() + patience_s
        pause = _FIRST_PAUSE_S
        while True:
            try:
                found = self._slots.put(self._slot + 1, self._pending)
                break
            except Unavailable as error:
                if time.monotonic() + pause > deadline:
                    raise self._unknown(f"slot {self._slot + 1} of `{self.unit}`: {error.message}") from error
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        if found is not None:
            self._failed = self._slots.fenced
            raise self._slots.fenced()
        reach("replica.shipped")
        self._weight += len(self._pending) + self._shipping.slot_bytes
        self._slot += 1
        self._pending = None

    def _read(self) -> bytes:
        """What was committed, as its slot will hold it."""
        try:
            pages = self._log.take()
        except (OSError, Corrupt) as error:
            self._failed = self._unreadable
            raise self._unreadable() from error
        self._at_us = self._next_instant()
        return self._slots.encode(Slot(self._slot + 1, self.epoch, self._at_us, pages))

    # -- checkpoints and snapshots ----------------------------------------------------------------

    def _tidy(self) -> None:
        try:
            self._checkpoint()
        except (sqlite3.DatabaseError, OSError):
            return  # the commit stands; the next one tries again

    def _checkpoint(self) -> None:
        if self._copying is not None:
            return  # its reader is in the way
        due = self._weight > max(self._shipping.snapshot_bytes, os.fstat(self._file).st_size)
        if due or self._log.bytes > self._shipping.checkpoint_bytes:
            _, frames, moved = self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if due and frames == moved:
                self._copy()

    def _copy(self) -> None:
        """Begins a snapshot of the file, which just now is all there is: the log is empty.

        A reader that needs nothing of the log keeps checkpoints from touching the file, while commits go on
        into the log (https://sqlite.org/wal.html#concurrency).
        """
        reader = sqlite3.connect(
            f"{self.path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        reader.execute("BEGIN")
        reader.execute("SELECT slot FROM _replica").fetchone()
        size = os.fstat(self._file).st_size
        self._weight = 0
        self._copying = threading.Thread(
            target=self._put_copy,
            args=(reader, self._here(), size),
            name="thermocline-snapshot",
            daemon=True,
        )
        self._copying.start()

    def _here(self) -> Snapshot:
        return Snapshot(self._slot, self.epoch, self._at_us)

    def _put_copy(self, reader: sqlite3.Connection, snapshot: Snapshot, size: int) -> None:
        try:
            self._snapshots.put(snapshot, self._file, size)
            self._expire()
        except (Error, OSError):
            # The log is whole without it; the next attempt comes when it has grown as much again.
            return
        finally:
            reader.close()
            self._copying = None

    def _expire(self) -> None:
        """Removes what only recoveries to before the history window would need."""
        history_us = int(self._shipping.history_s * SECOND_US)
        horizon = now_us(self._clock) - history_us
        snapshots = self._snapshots.list()
        gone = not_needed(snapshots, horizon, history_us // _SNAPSHOTS_KEPT)
        oldest = next(snapshot for snapshot in snapshots if snapshot not in gone)
        if oldest != snapshots[0]:
            self._slots.delete(snapshots[0].slot, before=oldest.slot)
            reach("replica.slots_deleted")
        self._snapshots.delete(gone, unfinished_before=oldest.slot)

    # -- words ------------------------------------------------------------------------------------

    def _next_instant(self) -> int:
        return max(now_us(self._clock), self._at_us + 1)

    def _unreadable(self) -> Unavailable:
        return Unavailable(
            f"can't read from the disk what was just committed to {self.path}",
            hint="open the lake again: the file is then restored from the object store",
        )

    def _unknown(self, what: str) -> Unavailable:
        return Unavailable(
            f"not yet in the object store: {what}",
            hint="whether it happens is not known yet; try again with the same ids",
        )
