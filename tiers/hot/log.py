"""The hot tier's file: one SQLite database per shard, in which every event is an ordinary row.

    <table id>       one table per table: envelope and payload columns, `_seq` is the primary key
    _tables          id, name, definition (JSON), current manifest version
    _commits         per table and commit: sequences, instant, a checksum of the rows
    _heads           stream -> version, for streams whose newest events have left this file
    _tails           what tail_file.py has saved of a table: last sequence, checksum
    _operations      name -> outcome of appends that were given a name, for an hour
    _intents         an archive that has been started, until its manifest is in force
    _meta            sequence, instants and epoch

WAL with synchronous=FULL: COMMIT returns after an fsync. One connection writes; `read_only` opens beside it.
Columns are declared without a type, so that SQLite keeps every value as it was bound (codec.py).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ...core.errors import Corrupt, Error, Fenced, Invalid, Unavailable
from ...core.ids import checksum
from ...core.results import Appended
from ...core.schema import Table
from ...core.tiering import HotFacts
from ...core.types import quote
from ..crash import reach
from .once import Outcomes, decode, encode
from .replica import Replica
from .wal import check_log

Row = tuple[Any, ...]

_FORGOTTEN = -1
"""In place of a manifest version: the table was dropped and has expired."""

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
CREATE TABLE IF NOT EXISTS _operations (
    name TEXT PRIMARY KEY, outcome BLOB, recorded_us INTEGER) WITHOUT ROWID;
"""

OUTCOMES_KEPT_US = 3_600 * 1_000_000
"""How long the outcome of a named append is kept: far longer than any caller tries."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one commit for one table: every column of `table.schema.stored`, in that order."""

    table: Table
    first_seq: int
    last_seq: int
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Meta:
    """`seq` and `recorded_us`: of the last event; `floor_us`: nothing more is recorded at or before it."""

    seq: int = 0
    recorded_us: int = 0
    floor_us: int = 0
    epoch: int = 0


class _Commit(NamedTuple):
    first_seq: int
    last_seq: int
    rows: int
    schema_version: int
    checksum: str


class HotLog:
    """The file and its statements. The shard's lock is held around every call that writes."""

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
        with self._reporting():
            if read_only:
                self._db = sqlite3.connect(
                    f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
                )
            else:
                self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
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
            self._db.close()
            raise Invalid(f"{self.path} is replicated", hint="open it with durability `replicated`")

    # -- one transaction --------------------------------------------------------------------------

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

    def write(self, parts: Iterable[TableRows], recorded_us: int, last_seq: int) -> None:
        """The rows of one commit, inside a `transaction`."""
        for part in parts:
            # Binding a null costs as much as a value, and most envelope columns are null in most commits.
            given = {name: c for name, c in part.columns.items() if not _is_null(c)}
            self._db.executemany(_insert(part.table.id, tuple(given)), zip(*given.values(), strict=True))
            rows = list(zip(*part.columns.values(), strict=True))
            self._db.execute(
                "INSERT INTO _commits VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    part.table.id,
                    part.last_seq,
                    part.first_seq,
                    len(rows),
                    recorded_us,
                    part.table.schema.version,
                    rows_checksum(rows),
                ),
            )
        reach("append.rows_written")
        self.set_meta(seq=last_seq, recorded_us=recorded_us)

    def outcomes(self, names: Sequence[str]) -> dict[str, dict[str, Appended]]:
        """Those of the named appends that were done."""
        found = {}
        for name in names:
            row = self._db.execute("SELECT outcome FROM _operations WHERE name = ?", (name,)).fetchone()
            if row is not None:
                found[name] = decode(row[0])
        return found

    def keep_outcomes(self, done: Outcomes, recorded_us: int) -> None:
        """Inside a `transaction`."""
        rows = [(name, encode(outcome), recorded_us) for name, outcome in done.items()]
        self._db.executemany("INSERT OR REPLACE INTO _operations VALUES (?, ?, ?)", rows)

    # -- the catalog ------------------------------------------------------------------------------

    def table_ids(self) -> list[str]:
        """Of all tables there ever were."""
        return [row[0] for row in self._db.execute("SELECT id FROM _tables")]

    def forget_table(self, table_id: str) -> None:
        """Removes the rows and all else but the id; inside a `transaction`."""
        self._db.execute(f"DROP TABLE {quote(table_id)}")
        self._db.execute("DELETE FROM _commits WHERE table_id = ?", (table_id,))
        self._db.execute("UPDATE _tables SET manifest = ? WHERE id = ?", (_FORGOTTEN, table_id))

    def meta(self) -> Meta:
        with self._reporting():
            return Meta(**dict(self._db.execute("SELECT key, value FROM _meta")))

    def set_meta(self, **values: int) -> None:
        self._db.executemany("INSERT OR REPLACE INTO _meta VALUES (?, ?)", list(values.items()))

    def tables(self) -> list[tuple[Table, int]]:
        """The tables defined here, dropped ones included, each with its current manifest version."""
        with self._reporting():
            found = self._db.execute(
                "SELECT definition, manifest FROM _tables WHERE manifest <> ? ORDER BY rowid", (_FORGOTTEN,)
            ).fetchall()
        try:
            return [(Table.from_dict(orjson.loads(text)), version) for text, version in found]
        except (Invalid, ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"a table's definition is not what was written: {error!r}") from error

    def put_table(self, table: Table, known: Table | None) -> None:
        """Defines a table, or brings its definition and columns up to date; inside a `transaction`."""
        definition = orjson.dumps(table.to_dict()).decode()
        if known is None:
            columns = ", ".join(
                "_seq INTEGER PRIMARY KEY" if name == "_seq" else quote(name)
                for name in table.schema.stored.names
            )
            self._db.execute(f"CREATE TABLE {quote(table.id)} ({columns})")
            self._db.execute("INSERT INTO _tables VALUES (?, ?, ?, 0)", (table.id, table.name, definition))
            return
        for name in table.schema.stored.names:
            if name not in known.schema.stored.names:
                self._db.execute(f"ALTER TABLE {quote(table.id)} ADD COLUMN {quote(name)}")
        self._db.execute("UPDATE _tables SET definition = ? WHERE id = ?", (definition, table.id))

    def set_manifest(self, table_id: str, version: int) -> None:
        self._db.execute("UPDATE _tables SET manifest = ? WHERE id = ?", (version, table_id))

    # -- rows -------------------------------------------------------------------------------------

    def rows(self, table: Table, after: int) -> Iterator[list[Row]]:
        """Rows with _seq > after in blocks, in the order of `table.schema.stored`.

        Every commit's rows are compared with their checksum; `Corrupt` names this file if one differs.
        """
        names = ", ".join(map(quote, table.schema.stored.names))
        with self._reporting():
            commits = [
                _Commit(*row)
                for row in self._db.execute(
                    "SELECT first_seq, last_seq, rows, schema_version, checksum FROM _commits"
                    " WHERE table_id = ? AND last_seq > ? ORDER BY last_seq",
                    (table.id, after),
                )
            ]
            for block in _blocks(commits):
                rows = self._db.execute(
                    f"SELECT {names} FROM {quote(table.id)} WHERE _seq BETWEEN ? AND ? ORDER BY _seq",
                    (block[0].first_seq, block[-1].last_seq),
                ).fetchall()
                self._check(rows, block, table)
                yield rows

    def ids(self, table_id: str, after: int) -> list[tuple[int, str, str | None]]:
        """(seq, id, source) of the rows with _seq > after."""
        return self._db.execute(
            f"SELECT _seq, _id, _source FROM {quote(table_id)} WHERE _seq > ?", (after,)
        ).fetchall()

    def rows_at(self, table: Table, seqs: Sequence[int]) -> list[Row]:
        """The rows of these sequences, in no particular order."""
        names = ", ".join(map(quote, table.schema.stored.names))
        found: list[Row] = []
        for start in range(0, len(seqs), 500):
            part = seqs[start : start + 500]
            marks = ", ".join("?" * len(part))
            found += self._db.execute(
                f"SELECT {names} FROM {quote(table.id)} WHERE _seq IN ({marks})", part
            ).fetchall()
        return found

    def trim(self, table: Table, up_to: int) -> None:
        """Removes the rows with _seq <= up_to; inside a `transaction`."""
        table_id = table.id
        self._db.execute(
            "DELETE FROM _operations WHERE recorded_us <"
            " (SELECT value FROM _meta WHERE key = 'recorded_us') - ?",
            (OUTCOMES_KEPT_US,),
        )
        row = self._db.execute(f"SELECT max(_seq) FROM {quote(table_id)}").fetchone()
        if row[0] is not None and row[0] <= up_to:
            self._db.execute(f"DELETE FROM {quote(table_id)}")  # without WHERE SQLite only drops the pages
        else:
            self._db.execute(f"DELETE FROM {quote(table_id)} WHERE _seq <= ?", (up_to,))
        self._db.execute("DELETE FROM _commits WHERE table_id = ? AND last_seq <= ?", (table_id, up_to))
        self._shorten_commit(table, up_to)

    def facts(self, table_id: str, horizon_us: int) -> HotFacts:
        """What `due_flush` wants to know; reads no further than the prefix that is old enough."""
        name = quote(table_id)
        rows, last = self._db.execute(
            "SELECT coalesce(sum(rows), 0), coalesce(max(last_seq), 0) FROM _commits WHERE table_id = ?",
            (table_id,),
        ).fetchone()
        young = self._db.execute(
            f"SELECT _seq FROM {name} WHERE min(_time, _recorded_at) > ?"
            " AND coalesce(_tier_hint, 'hot') = 'hot' ORDER BY _seq LIMIT 1",
            (horizon_us,),
        ).fetchone()
        aged_seq = young[0] - 1 if young else last
        aged_rows, oldest = self._db.execute(
            f"SELECT count(*), min(min(_time, _recorded_at)) FROM {name} WHERE _seq <= ?", (aged_seq,)
        ).fetchone()
        return HotFacts(rows, last, aged_seq, aged_rows, oldest)

    def hot_span(self, table_id: str) -> tuple[int, int | None]:
        """(rows, when the oldest of them was recorded)."""
        found: tuple[int, int | None] = self._db.execute(
            "SELECT coalesce(sum(rows), 0), min(recorded_us) FROM _commits WHERE table_id = ?", (table_id,)
        ).fetchone()
        return found

    def commit_before(self, micros: int) -> tuple[int, int] | None:
        """(last seq, recorded_us) of the last commit here that was recorded at or before the instant."""
        found: tuple[int, int] | None = self._db.execute(
            "SELECT last_seq, recorded_us FROM _commits WHERE recorded_us <= ?"
            " ORDER BY last_seq DESC LIMIT 1",
            (micros,),
        ).fetchone()
        return found

    def commit_at(self, seq: int) -> tuple[int, int] | None:
        """(seq, recorded_us) of the last event here at or before `seq`."""
        found: tuple[int, int] | None = self._db.execute(
            "SELECT min(last_seq, ?), recorded_us FROM _commits WHERE first_seq <= ?"
            " ORDER BY last_seq DESC LIMIT 1",
            (seq, seq),
        ).fetchone()
        return found

    # -- stream heads and intents -----------------------------------------------------------------

    def hot_heads(self, table_id: str, *, up_to: int | None = None) -> dict[str, int]:
        """stream -> highest position among the rows here (with _seq <= up_to)."""
        limit = "" if up_to is None else f" AND _seq <= {up_to}"
        return dict(
            self._db.execute(
                f"SELECT _stream, max(_position) FROM {quote(table_id)}"
                f" WHERE _stream IS NOT NULL{limit} GROUP BY 1"
            )
        )

    def head(self, stream: str) -> int:
        row = self._db.execute("SELECT version FROM _heads WHERE stream = ?", (stream,)).fetchone()
        return int(row[0]) if row else 0

    def put_heads(self, heads: Mapping[str, int]) -> None:
        self._db.executemany(
            "INSERT INTO _heads VALUES (?, ?)"
            " ON CONFLICT (stream) DO UPDATE SET version = max(version, excluded.version)",
            list(heads.items()),
        )

    def intents(self) -> dict[str, tuple[int, int]]:
        """table id -> (sequence, epoch) of the archive that was begun."""
        return {t: (seq, epoch) for t, seq, epoch in self._db.execute("SELECT * FROM _intents")}

    def put_intent(self, table_id: str, seq: int, epoch: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO _intents VALUES (?, ?, ?)", (table_id, seq, epoch))

    def drop_intent(self, table_id: str) -> None:
        self._db.execute("DELETE FROM _intents WHERE table_id = ?", (table_id,))

    # -- saved tails ------------------------------------------------------------------------------

    def saved_tail(self, table_id: str) -> tuple[int, str] | None:
        """(last sequence, checksum) of the table's tail file."""
        found: tuple[int, str] | None = self._db.execute(
            "SELECT last_seq, checksum FROM _tails WHERE table_id = ?", (table_id,)
        ).fetchone()
        return found

    def put_saved_tail(self, table_id: str, last_seq: int, checksum: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO _tails VALUES (?, ?, ?)", (table_id, last_seq, checksum))

    # -- soundness --------------------------------------------------------------------------------

    def check_pages(self) -> None:
        """SQLite's own structural check. Raises `Corrupt`."""
        with self._reporting():
            found = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise self._damaged(found)

    def _check(self, rows: Sequence[Row], commits: Sequence[_Commit], table: Table) -> None:
        names = table.schema.stored.names
        start = 0
        for commit in commits:
            part = rows[start : start + commit.rows]
            start += commit.rows
            if commit.schema_version != table.schema.version:
                at = [names.index(name) for name in table.version(commit.schema_version).stored.names]
                part = [tuple([row[i] for i in at]) for row in part]
            if rows_checksum(part) != commit.checksum:
                raise self._damaged(f"the commit up to sequence {commit.last_seq} is not what was written")
        if start != len(rows):
            raise self._damaged("it holds rows that no commit wrote")

    def _shorten_commit(self, table: Table, up_to: int) -> None:
        """Makes the record of the commit that `up_to` cuts in two fit the rows that are left of it."""
        cut = self._db.execute(
            "SELECT last_seq, schema_version FROM _commits WHERE table_id = ? AND first_seq <= ?",
            (table.id, up_to),
        ).fetchone()
        if cut is None:
            return
        names = ", ".join(map(quote, table.version(cut[1]).stored.names))
        rows = self._db.execute(
            f"SELECT {names} FROM {quote(table.id)} WHERE _seq > ? AND _seq <= ? ORDER BY _seq",
            (up_to, cut[0]),
        ).fetchall()
        self._db.execute(
            "UPDATE _commits SET first_seq = ?, rows = ?, checksum = ? WHERE table_id = ? AND last_seq = ?",
            (up_to + 1, len(rows), rows_checksum(rows), table.id, cut[0]),
        )

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


@lru_cache(maxsize=1_024)
def _insert(table_id: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(map(quote, names))
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {quote(table_id)} ({columns}) VALUES ({marks})"


def _keep_entries(path: Path) -> None:
    """SQLite fsyncs what is in a file; that the file and its folders are there is up to us."""
    for folder in path.parents[:3]:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_null(column: Sequence[Any]) -> bool:
    return column[0] is None and column.count(None) == len(column)


def rows_checksum(rows: Sequence[Row]) -> str:
    return checksum(orjson.dumps(rows, default=_binary))


def _binary(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return str(value)  # integers beyond 64 bits never get here; a damaged file may hold anything


def _blocks(commits: Sequence[_Commit]) -> Iterator[list[_Commit]]:
    """Whole commits, together some 100,000 rows."""
    block: list[_Commit] = []
    rows = 0
    for commit in commits:
        block.append(commit)
        rows += commit.rows
        if rows >= 100_000:
            yield block
            block, rows = [], 0
    if block:
        yield block
