"""The hot tier's file as SQLite: opened, owned, written in transactions that are durable when they end.

WAL with synchronous=FULL: COMMIT returns after an fsync. One connection writes; `read_only` opens beside it.
Every failure of SQLite becomes one of the errors of this package, and names the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import Corrupt, Error, Fenced, Invalid, Unavailable
from .replica import Replica
from .wal import check_log

_SYSTEM = """
CREATE TABLE IF NOT EXISTS _meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _tables (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, definition TEXT NOT NULL, manifest INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS _commits (
    table_id TEXT, last_seq INTEGER, first_seq INTEGER, rows INTEGER, recorded_us INTEGER,
    schema_version INTEGER, checksum TEXT,
    PRIMARY KEY (table_id, last_seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _heads (stream TEXT PRIMARY KEY, version INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _tails (table_id TEXT PRIMARY KEY, last_seq INTEGER, checksum TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _intents (table_id TEXT PRIMARY KEY, seq INTEGER, epoch INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _computed (
    table_id TEXT, field_id INTEGER, last_seq INTEGER, rows INTEGER, data BLOB, checksum TEXT,
    PRIMARY KEY (table_id, field_id, last_seq));
CREATE TABLE IF NOT EXISTS _operations (
    name TEXT PRIMARY KEY, outcome BLOB, recorded_us INTEGER) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Meta:
    """`seq` and `recorded_us`: of the last event; `floor_us`: nothing more is recorded at or before it.

    `closed_us`: since then the shard takes no rows, as it is being split or was; 0 if it takes them.
    """

    seq: int = 0
    recorded_us: int = 0
    floor_us: int = 0
    epoch: int = 0
    closed_us: int = 0


class HotFile:
    """The connection. The shard's lock is held around every call that writes."""

    def __init__(self, path: Path, *, read_only: bool = False, replica: Replica | None = None) -> None:
        """Opens or creates the file. Raises `Corrupt` when it is not a readable SQLite database.

        `replica`: has taken over; each transaction is in the object store too when it ends.
        """
        self.path = path
        self.replica = replica
        self._epoch: int | None = None
        new = not path.exists()
        if not read_only:
            check_log(path)
        place, uri = (f"{path.as_uri()}?mode=ro", True) if read_only else (str(path), False)
        with self._reporting(), ExitStack() as undo:
            self._db = sqlite3.connect(place, uri=uri, isolation_level=None, check_same_thread=False)
            undo.callback(self._db.close)
            if not read_only:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                # Some builds of SQLite zero what is deleted: a flush would write every page once more.
                self._db.execute("PRAGMA secure_delete=OFF")
                self._db.executescript(_SYSTEM)
            self._db.execute("PRAGMA busy_timeout=2000")
            if replica is not None:
                replica.attach(self._db)
            elif not read_only:
                self._check_local()
            undo.pop_all()
        if new:
            _keep_entries(path)

    def close(self) -> None:
        if self.replica is not None:
            self.replica.close()
        else:
            self._db.close()

    def _check_local(self) -> None:
        """What is written to a replicated file without its replica would be missing in the object store."""
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = '_replica'").fetchone():
            raise Invalid(f"{self.path} is replicated", hint="open it with durability `replicated`")

    def take_over(self, epoch: int) -> None:
        """From now on the file belongs to the owner of that number; the one before is `Fenced`."""
        with self.transaction():
            self.set_meta(epoch=epoch)
        self._epoch = epoch

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and durable when it ends. A full disk is `Unavailable`, a later owner `Fenced`.

        With a replica `Unavailable` may also mean that it happened, and that nobody may see it yet: see
        `Replica.unshown`.
        """
        self.check_shown()
        with self._reporting():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._check_owner()
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

    def check_shown(self) -> None:
        """Raises `Unavailable` while the file holds a commit that nobody may see yet."""
        if self.replica is not None:
            self.replica.check()

    def _check_owner(self) -> None:
        if self._epoch is None:
            return
        found = self._db.execute("SELECT value FROM _meta WHERE key = 'epoch'").fetchone()
        if found != (self._epoch,):
            raise Fenced(
                f"another owner has taken over {self.path}", hint="this process must open the lake again"
            )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One unchanging view of the file, for a second process."""
        with self._reporting():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def meta(self) -> Meta:
        with self._reporting():
            return Meta(**dict(self._db.execute("SELECT key, value FROM _meta")))

    def set_meta(self, **values: int) -> None:
        self._db.executemany("INSERT OR REPLACE INTO _meta VALUES (?, ?)", list(values.items()))

    def check_pages(self) -> None:
        """SQLite's own structural check. Raises `Corrupt`."""
        with self._reporting():
            found = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise self._damaged(found)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._as_error(error) from error
        except UnicodeDecodeError as error:
            raise self._damaged(str(error)) from error

    def _as_error(self, error: sqlite3.DatabaseError) -> Error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            return Unavailable(
                f"can't write {self.path.name}: {text}", hint="free some disk space; nothing was lost"
            )
        if "locked" in text or "unable to open" in text or "readonly" in text:
            return Unavailable(f"can't open {self.path}: {text}", hint="check its permissions and its disk")
        return self._damaged(text)

    def _damaged(self, what: str) -> Corrupt:
        return Corrupt(f"damaged file: {self.path}: {what}", hint="restore it from a backup")


def _keep_entries(path: Path) -> None:
    """SQLite fsyncs what is in a file; that the file and its folders are there is up to us."""
    for folder in path.parents[:3]:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
