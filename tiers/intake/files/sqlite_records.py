"""SQLite files: which tables they hold, and the rows of one of them, value by value as they are stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from ....core.errors import Invalid
from ....core.protocols import Progress
from ....core.types import quote
from .records import CHUNK_BYTES, SURVEY_ROWS, Chunk, Key, OnBad
from .sqlite_types import ValueSurvey, value_column

_PIECE = 200
"""Rows that are fetched before it is looked how large they are."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A table as the file declares it. `columns`: (name, type as written). `references`: (its columns, the
    table they name, its columns), which are none if its primary key is meant."""

    name: str
    columns: tuple[tuple[str, str], ...]
    primary_key: tuple[str, ...]
    references: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]


class SqliteFile:
    """Only read, and as it lies there: nothing is created beside it. `path`: what it is called in errors."""

    def __init__(self, path: Path, unpacked: Path) -> None:
        self.path = path
        self._uri = f"{unpacked.absolute().as_uri()}?mode=ro&immutable=1"

    def tables(self) -> list[Declared]:
        """In the order of their creation; views and virtual tables are none. Raises `Invalid`."""
        with self.reading() as db:
            names = db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
                " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
            )
            return [_declared(db, name) for (name,) in names.fetchall()]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._uri, uri=True)) as db:
                db.text_factory = _text
                yield db
        except sqlite3.Error as problem:
            raise Invalid(
                f"{self.path} cannot be read as SQLite: {problem}",
                hint="see what `PRAGMA integrity_check` says, or copy it again",
            ) from None


class SqliteFormat:
    """One table of a SQLite file. Its bytes are read by SQLite, so blocks are left alone."""

    def __init__(self, file: SqliteFile, table: Declared, progress: Progress | None) -> None:
        self._file = file
        self._table = table
        self._progress = progress

    def types(self, blocks: Iterable[bytes], on_bad: OnBad) -> dict[Key, pa.DataType]:  # noqa: ARG002
        surveys = [ValueSurvey(declared) for _, declared in self._table.columns]
        for chunk in self._read("types", SURVEY_ROWS):
            for key, survey in enumerate(surveys):
                survey.add(chunk.columns[key])
        return {key: survey.type() for key, survey in enumerate(surveys)}

    def label(self, key: Key) -> str:
        return self._table.columns[int(key)][0]

    def convert(self, values: Any, type: pa.DataType) -> pa.Array:
        return value_column(values, type)

    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:  # noqa: ARG002
        return self._read("rows", rows)

    def _read(self, step: str, most: int) -> Iterator[Chunk]:
        table, first = quote(self._table.name), 1
        with self._file.reading() as db:
            ((total,),) = db.execute(f"SELECT count(*) FROM {table}")
            # An index may cover all columns, and would give them in its own order.
            cursor = db.execute(f"SELECT * FROM {table} NOT INDEXED")
            while rows := _fetch(cursor, most):
                yield self._chunk(first, rows)
                first += len(rows)
                if self._progress is not None:
                    self._progress(f"{step} of {self._table.name}", first - 1, total)

    def _chunk(self, first: int, rows: Sequence[tuple[Any, ...]]) -> Chunk:
        columns: dict[Key, list[Any]] = dict(enumerate(map(list, zip(*rows, strict=True))))
        return Chunk(range(first, first + len(rows)), None, columns, self._content(rows))

    def _content(self, rows: Sequence[tuple[Any, ...]]) -> Callable[[int], str]:
        names = [name for name, _ in self._table.columns]
        return lambda index: orjson.dumps(dict(zip(names, rows[index], strict=True)), default=str).decode()


def _declared(db: sqlite3.Connection, table: str) -> Declared:
    # cid, name, type, notnull, default, place in the primary key, hidden
    columns = db.execute(f"PRAGMA table_xinfo({quote(table)})").fetchall()
    primary = sorted((place, name) for _, name, _, _, _, place, _ in columns if place)
    # id, number, table, from, to, ...
    told = db.execute(f"PRAGMA foreign_key_list({quote(table)})").fetchall()
    references = []
    for id in sorted({row[0] for row in told}):
        rows = sorted((row for row in told if row[0] == id), key=lambda row: int(row[1]))
        to = tuple(row[4] for row in rows if row[4] is not None)
        references.append((tuple(row[3] for row in rows), str(rows[0][2]), to))
    return Declared(
        table,
        tuple((name, declared) for _, name, declared, *_ in columns),
        tuple(name for _, name in primary),
        tuple(references),
    )


def _fetch(cursor: sqlite3.Cursor, most: int) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    size = 0
    while len(rows) < most and size < CHUNK_BYTES:
        piece = cursor.fetchmany(min(_PIECE, most - len(rows)))
        if not piece:
            break
        rows += piece
        size += sum(len(value) for row in piece for value in row if isinstance(value, str | bytes))
    return rows


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
