"""The object shard's file: one SQLite database for many objects, in which nothing grows but the log.

    _meta        epoch
    _objects     number <-> identity: class, name, 128 bits
    _log         one record per turn that wrote: key = number << 36 | seq, what changed (delta.py)
    _images      now and then a whole state, or the name of a file of it, under the key of its turn
    _alarms      what is due when, and what was given up
    _operations  named calls: their replies, in the same commit as their effects

A key keeps an object's turns together, in order. WAL with synchronous=FULL: COMMIT returns after an fsync.
The shard's lock is held around every call.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import Corrupt, Error, Fenced, Unavailable
from ...core.objects import Alarm, ObjectFacts, ObjectId
from ...core.placement import Misplaced
from ..hot.replica import Replica
from ..hot.wal import check_log

SEQ_BITS = 36
LAST_SEQ = (1 << SEQ_BITS) - 1

_SYSTEM = """
CREATE TABLE IF NOT EXISTS _meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _objects (
    number INTEGER PRIMARY KEY, digest BLOB UNIQUE NOT NULL, class TEXT, name TEXT,
    base_seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS _log (
    key INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, epoch INTEGER NOT NULL, size INTEGER NOT NULL,
    record BLOB);
CREATE TABLE IF NOT EXISTS _images (key INTEGER PRIMARY KEY, record BLOB, file TEXT);
CREATE TABLE IF NOT EXISTS _alarms (
    number INTEGER, name TEXT, due_us INTEGER NOT NULL, tries INTEGER NOT NULL, failed INTEGER NOT NULL,
    error TEXT, PRIMARY KEY (number, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS _alarms_due ON _alarms (due_us) WHERE NOT failed;
CREATE TABLE IF NOT EXISTS _operations (
    number INTEGER, operation TEXT, at_us INTEGER NOT NULL, before_seq INTEGER NOT NULL, seq INTEGER NOT NULL,
    reply BLOB, PRIMARY KEY (number, operation)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS _operations_at ON _operations (at_us);
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """One record of an object's log, without what changed."""

    seq: int
    at_us: int
    epoch: int
    size: int


@dataclass(frozen=True, slots=True)
class Image:
    """A whole state: a record, or the name of a file."""

    seq: int
    record: bytes | None
    file: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a named call. `reply`: `None` if its turn was cut short after its first commit, which
    made `seq` of `before_seq`."""

    before_seq: int
    seq: int
    reply: bytes | None


class ObjectRecords:
    """The file and its statements."""

    def __init__(self, path: Path, replica: Replica | None = None) -> None:
        """Opens or creates the file. Raises `Corrupt` when it is not a readable SQLite database.

        `replica`: has taken over; each transaction is in the object store too when it ends.
        """
        self.path = path
        self.replica = replica
        self._epoch: int | None = None
        self._closed = False
        new = not path.exists()
        check_log(path)
        with self.reporting(), ExitStack() as undo:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            undo.callback(self._db.close)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA busy_timeout=2000")
            self._db.execute("PRAGMA cache_size=-512")  # 256 of these are open at once
            self._db.executescript(_SYSTEM)
            if replica is not None:
                replica.attach(self._db)
            undo.pop_all()
        if new:
            _keep_entries(path)

    def close(self) -> None:
        """Whatever is asked of it from now on is `Misplaced`."""
        self._closed = True
        if self.replica is not None:
            self.replica.close()
        else:
            self._db.close()

    # -- ownership --------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        with self.reporting():
            found = self._db.execute("SELECT value FROM _meta WHERE key = 'epoch'").fetchone()
        return int(found[0]) if found else 0

    def take_over(self, epoch: int) -> None:
        """From now on the file belongs to the owner of that number; the one before is `Fenced`."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO _meta VALUES ('epoch', ?)", (epoch,))
        self._epoch = epoch

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and durable when it ends. A full disk is `Unavailable`, a later owner `Fenced`.

        With a replica `Unavailable` may also mean that it happened, and that nobody may see it yet: see
        `Replica.unshown`.
        """
        if self.replica is not None:
            self.replica.check()
        with self.reporting():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self.check_owner()
                yield
                if self.replica is not None:
                    self.replica.mark()
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                    if self.replica is not None:
                        self.replica.rolled_back()
                raise
        if self.replica is not None:
            self.replica.ship()

    def catch_up(self) -> None:
        """Ships what a failing store has held up, so that it may be read. Raises `Unavailable`."""
        if self.replica is not None and self.replica.unshown:
            self.replica.settle()
            self.replica.shown()

    def check_owner(self) -> None:
        """Raises `Fenced` if a later owner has written to the file."""
        if self._epoch is not None and self.epoch != self._epoch:
            raise Fenced(f"another owner has taken over {self.path.name}", hint="send it to that owner")

    # -- objects ----------------------------------------------------------------------------------

    def find(self, digest: bytes) -> tuple[int, int, bool] | None:
        """(number, base_seq, known by class and name) of an object; `None` if it never wrote.

        `base_seq`: the turn after which its own file was on disk; 0 for an object without one.
        """
        row = self._db.execute(
            "SELECT number, base_seq, class IS NOT NULL FROM _objects WHERE digest = ?", (digest,)
        ).fetchone()
        return (row[0], row[1], bool(row[2])) if row else None

    def add(self, identity: ObjectId) -> int:
        """Its number. An object that was deleted and is written again keeps the one it had."""
        self._db.execute(
            "INSERT INTO _objects (digest, class, name, base_seq) VALUES (?, ?, ?, 0)"
            " ON CONFLICT (digest) DO UPDATE SET class = excluded.class, name = excluded.name",
            (identity.digest, identity.class_ref, identity.name),
        )
        found = self.find(identity.digest)
        assert found is not None
        return found[0]

    def set_base(self, number: int, seq: int) -> None:
        self._db.execute("UPDATE _objects SET base_seq = ? WHERE number = ?", (seq, number))

    def identity(self, number: int) -> ObjectId | None:
        """`None` for a deleted one."""
        row = self._db.execute(
            "SELECT class, name, digest FROM _objects WHERE number = ?", (number,)
        ).fetchone()
        return ObjectId(*row) if row and row[0] is not None else None

    def listing(self) -> list[ObjectFacts]:
        with self.reporting():
            rows = self._db.execute(
                "SELECT class, name, digest, l.key & ?, l.size, l.at_us,"
                " (SELECT count(*) FROM _alarms a WHERE a.number = o.number AND NOT a.failed)"
                " FROM _objects o LEFT JOIN _log l"
                " ON l.key = (SELECT max(key) FROM _log"
                " WHERE key BETWEEN o.number << ? AND (o.number << ?) | ?)"
                " ORDER BY o.number",
                (LAST_SEQ, SEQ_BITS, SEQ_BITS, LAST_SEQ),
            ).fetchall()
        return [
            ObjectFacts(
                ObjectId(kind or "", name, digest),
                seq=seq or 0,
                size=size or 0,
                last_active_us=at_us or 0,
                alarms=alarms,
                state="stored" if kind is not None else "deleted",
            )
            for kind, name, digest, seq, size, at_us, alarms in rows
        ]

    # -- the log ----------------------------------------------------------------------------------

    def head(self, number: int) -> Turn:
        """The last turn; one of zeroes if there is none."""
        return self.turn_at(number, LAST_SEQ) or Turn(0, 0, 0, 0)

    def turn_at(self, number: int, seq: int) -> Turn | None:
        """The last turn at or before `seq`."""
        return self._turn("key BETWEEN ? AND ?", _span(number, 0, seq))

    def turn_before(self, number: int, micros: int) -> Turn | None:
        """The last turn that was recorded at or before the instant."""
        return self._turn("key BETWEEN ? AND ? AND at_us <= ?", (*_span(number, 0, LAST_SEQ), micros))

    def _turn(self, where: str, values: tuple[int, ...]) -> Turn | None:
        row = self._db.execute(
            f"SELECT key & {LAST_SEQ}, at_us, epoch, size FROM _log WHERE {where} ORDER BY key DESC LIMIT 1",
            values,
        ).fetchone()
        return Turn(*row) if row else None

    def put_turn(self, number: int, turn: Turn, record: bytes) -> None:
        self._db.execute(
            "INSERT INTO _log VALUES (?, ?, ?, ?, ?)",
            (number << SEQ_BITS | turn.seq, turn.at_us, turn.epoch, turn.size, record),
        )

    def put_image(
        self, number: int, seq: int, record: bytes | None = None, *, file: str | None = None
    ) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO _images VALUES (?, ?, ?)", (number << SEQ_BITS | seq, record, file)
        )

    def image_at(self, number: int, seq: int) -> Image | None:
        """The last one at or before `seq`."""
        row = self._db.execute(
            f"SELECT key & {LAST_SEQ}, record, file FROM _images WHERE key BETWEEN ? AND ?"
            " ORDER BY key DESC LIMIT 1",
            _span(number, 0, seq),
        ).fetchone()
        return Image(*row) if row else None

    def image_files(self, number: int, *, before: int = LAST_SEQ) -> list[str]:
        """Names of the images that are files and lie before."""
        rows = self._db.execute(
            "SELECT file FROM _images WHERE key BETWEEN ? AND ? AND file IS NOT NULL",
            _span(number, 0, before - 1),
        )
        return [row[0] for row in rows]

    def first_seq(self, number: int) -> int | None:
        """The oldest turn that is kept."""
        row = self._db.execute(
            f"SELECT min(key) & {LAST_SEQ} FROM _log WHERE key BETWEEN ? AND ?", _span(number, 0, LAST_SEQ)
        ).fetchone()
        return row[0] if row else None

    def records(self, number: int, after: int, up_to: int) -> Iterator[tuple[int, bytes]]:
        """(seq, record) of the turns with after < seq <= up_to, in order."""
        rows = self._db.execute(
            f"SELECT key & {LAST_SEQ}, record FROM _log WHERE key BETWEEN ? AND ? ORDER BY key",
            _span(number, after + 1, up_to),
        )
        yield from rows

    def log_weight(self, number: int, after: int) -> tuple[int, int]:
        """(bytes, turns) of the log after `after`."""
        row = self._db.execute(
            "SELECT coalesce(sum(length(record)), 0), count(*) FROM _log WHERE key BETWEEN ? AND ?",
            _span(number, after + 1, LAST_SEQ),
        ).fetchone()
        return row[0], row[1]

    def numbers(self) -> list[int]:
        return [row[0] for row in self._db.execute("SELECT number FROM _objects")]

    def trim(self, number: int, before: int) -> None:
        """Removes turns and images with seq < before."""
        for table in ("_log", "_images"):
            self._db.execute(f"DELETE FROM {table} WHERE key BETWEEN ? AND ?", _span(number, 0, before - 1))

    def forget(self, number: int) -> None:
        """Removes all but the number, which the identity's hash keeps for good."""
        self.trim(number, LAST_SEQ)
        self._db.execute("DELETE FROM _alarms WHERE number = ?", (number,))
        self._db.execute("DELETE FROM _operations WHERE number = ?", (number,))
        self._db.execute(
            "UPDATE _objects SET class = NULL, name = NULL, base_seq = 0 WHERE number = ?", (number,)
        )

    # -- alarms -----------------------------------------------------------------------------------

    def alarms(self, number: int) -> list[Alarm]:
        rows = self._db.execute(
            "SELECT name, due_us, tries, failed, error FROM _alarms WHERE number = ? ORDER BY name", (number,)
        )
        return [Alarm(name, due, tries, bool(failed), error) for name, due, tries, failed, error in rows]

    def put_alarm(self, number: int, name: str, alarm: Alarm | None) -> None:
        """`None` removes it."""
        if alarm is None:
            self._db.execute("DELETE FROM _alarms WHERE number = ? AND name = ?", (number, name))
            return
        self._db.execute(
            "INSERT OR REPLACE INTO _alarms VALUES (?, ?, ?, ?, ?, ?)",
            (number, name, alarm.due_us, alarm.tries, alarm.failed, alarm.error),
        )

    def due(self, micros: int) -> list[tuple[int, Alarm]]:
        """(object's number, alarm), the longest due first."""
        rows = self._db.execute(
            "SELECT number, name, due_us, tries, error FROM _alarms WHERE NOT failed AND due_us <= ?"
            " ORDER BY due_us",
            (micros,),
        )
        return [(number, Alarm(name, due, tries, False, error)) for number, name, due, tries, error in rows]

    def next_due(self) -> int | None:
        row = self._db.execute("SELECT min(due_us) FROM _alarms WHERE NOT failed").fetchone()
        return row[0] if row else None

    # -- named calls ------------------------------------------------------------------------------

    def operation(self, number: int, operation: str) -> Kept | None:
        row = self._db.execute(
            "SELECT before_seq, seq, reply FROM _operations WHERE number = ? AND operation = ?",
            (number, operation),
        ).fetchone()
        return Kept(*row) if row else None

    def put_operation(self, number: int, operation: str, at_us: int, kept: Kept) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO _operations VALUES (?, ?, ?, ?, ?, ?)",
            (number, operation, at_us, kept.before_seq, kept.seq, kept.reply),
        )

    def expire_operations(self, before_us: int) -> None:
        self._db.execute("DELETE FROM _operations WHERE at_us < ?", (before_us,))

    # -- failures ---------------------------------------------------------------------------------

    @contextmanager
    def reporting(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._as_error(error) from error

    def damaged(self, what: str) -> Corrupt:
        return Corrupt(f"damaged file: {self.path}: {what}", hint="restore it from a backup")

    def _as_error(self, error: sqlite3.DatabaseError) -> Error:
        if self._closed:
            return Misplaced(f"{self.path.name} has been closed", hint="look up its owner again")
        text = str(error)
        if "full" in text or "disk I/O" in text:
            return Unavailable(
                f"can't write {self.path.name}: {text}", hint="free some disk space; nothing was lost"
            )
        if "locked" in text or "unable to open" in text or "readonly" in text:
            return Unavailable(f"can't open {self.path}: {text}", hint="check its permissions and its disk")
        return self.damaged(text)


def _span(number: int, first: int, last: int) -> tuple[int, int]:
    return number << SEQ_BITS | max(first, 0), number << SEQ_BITS | min(max(last, 0), LAST_SEQ)


def _keep_entries(path: Path) -> None:
    """SQLite fsyncs what is in a file; that the file and its folders are there is up to us."""
    for folder in path.parents[:3]:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
