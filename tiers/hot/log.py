"""The hot tier's file: one SQLite database per shard, in which every event is an ordinary row.

    <table id>       one table per table: envelope and payload columns, `_seq` is the primary key
    _tables          id, name, definition (JSON), current manifest version
    _commits         per table and commit: sequences, instant, a checksum of the rows
    _heads           stream -> version, for streams whose newest events have left this file
    _tails           what tail_file.py has saved of a table: last sequence, checksum
    _computed        vectors that were computed of rows, batch by batch (tiers/vectors/computed.py)
    _operations      name -> outcome of appends that were given a name, for an hour
    _intents         an archive that has been started, until its manifest is in force
    _meta            sequence, instants and epoch

Columns are declared without a type, so that SQLite keeps every value as it was bound (codec.py). The rows are
here; the file itself is hot_file.py, all else that is in it notes.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ...core.ids import checksum
from ...core.schema import Table
from ...core.tiering import HotFacts
from ...core.types import quote
from ..crash import reach
from .notes import OUTCOMES_KEPT_US, HotNotes

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one commit for one table: every column of `table.schema.logged`, in that order."""

    table: Table
    first_seq: int
    last_seq: int
    columns: Mapping[str, Sequence[Any]]


class _Commit(NamedTuple):
    first_seq: int
    last_seq: int
    rows: int
    schema_version: int
    checksum: str


class HotLog(HotNotes):
    """The rows and their commits. The shard's lock is held around every call that writes."""

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

    def rows(self, table: Table, after: int) -> Iterator[list[Row]]:
        """Rows with _seq > after in blocks, in the order of `table.schema.logged`.

        Every commit's rows are compared with their checksum; `Corrupt` names this file if one differs.
        """
        names = ", ".join(map(quote, table.schema.logged.names))
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
        names = ", ".join(map(quote, table.schema.logged.names))
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
        for notes in ("_commits", "_computed"):
            self._db.execute(f"DELETE FROM {notes} WHERE table_id = ? AND last_seq <= ?", (table_id, up_to))
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

    def _check(self, rows: Sequence[Row], commits: Sequence[_Commit], table: Table) -> None:
        names = table.schema.logged.names
        start = 0
        for commit in commits:
            part = rows[start : start + commit.rows]
            start += commit.rows
            if commit.schema_version != table.schema.version:
                at = [names.index(name) for name in table.version(commit.schema_version).logged.names]
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
        names = ", ".join(map(quote, table.version(cut[1]).logged.names))
        rows = self._db.execute(
            f"SELECT {names} FROM {quote(table.id)} WHERE _seq > ? AND _seq <= ? ORDER BY _seq",
            (up_to, cut[0]),
        ).fetchall()
        self._db.execute(
            "UPDATE _commits SET first_seq = ?, rows = ?, checksum = ? WHERE table_id = ? AND last_seq = ?",
            (up_to + 1, len(rows), rows_checksum(rows), table.id, cut[0]),
        )


@lru_cache(maxsize=1_024)
def _insert(table_id: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(map(quote, names))
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {quote(table_id)} ({columns}) VALUES ({marks})"


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
