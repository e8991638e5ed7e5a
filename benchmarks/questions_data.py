"""The question set of shared data: catalogs from DuckDB files, questions, and judging an answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from thermocline.agent.catalog import Catalog, ColumnFacts, TableFacts, build_catalog
from thermocline.agent.scoring import same_rows

MOST_VALUES = 3000
SECONDS = 5.0


@dataclass(frozen=True)
class Question:
    """A question with the rows it should give."""

    id: str
    database: str
    text: str
    sql: str
    kinds: tuple[str, ...]
    ordered: bool
    rows: list[list[Any]]
    count: int


def questions(file: Path) -> list[Question]:
    """The questions of a file that hold all of their rows."""
    out = []
    for line in file.read_text().splitlines():
        q = json.loads(line)
        out.append(
            Question(
                q["id"],
                q["db"],
                q["question"],
                q["sql"],
                tuple(q["kinds"]),
                q["ordered"],
                q["gold_rows"],
                q["gold_n"],
            )
        )
    return out


def open_database(file: Path) -> duckdb.DuckDBPyConnection:
    """A database, read-only, on one thread."""
    connection = duckdb.connect(str(file), read_only=True, config={"threads": "1"})
    connection.execute("set memory_limit = '1GB'")
    return connection


def catalog_of(connection: duckdb.DuckDBPyConnection, keys: Iterator[list[str]] | list[list[str]]) -> Catalog:
    """The catalog of a database, with the foreign keys given."""
    names = [
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() order by table_oid"
        ).fetchall()
    ]
    facts = [_table(connection, name) for name in names]
    return build_catalog(facts, [(a, b, c, d or "") for a, b, c, d in keys])


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> TableFacts:
    columns = []
    rows = connection.execute(f"select count(*) from {_quoted(name)}").fetchall()[0][0]
    for column, kind, *_ in connection.execute(f"describe {_quoted(name)}").fetchall():
        q = _quoted(column)
        distinct, present, low, high = connection.execute(
            f"select count(distinct {q}), count({q}), min({q}), max({q}) from {_quoted(name)}"
        ).fetchall()[0]
        values: tuple[str, ...] = ()
        if kind == "VARCHAR" or distinct <= 50:
            found = connection.execute(
                f"select distinct {q} from {_quoted(name)} where {q} is not null "
                f"order by 1 limit {MOST_VALUES}"
            ).fetchall()
            values = tuple(str(value) for (value,) in found)
        columns.append(ColumnFacts(column, kind, distinct, rows - present, low, high, values))
    return TableFacts(name, tuple(columns), rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class Databases:
    """The converted databases of a folder, opened as they are needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.connection = lru_cache(maxsize=4)(self._connection)
        self.catalog = lru_cache(maxsize=256)(self._catalog)

    def _connection(self, name: str) -> duckdb.DuckDBPyConnection:
        return open_database(self._folder / f"{name}.duckdb")

    def _catalog(self, name: str) -> Catalog:
        keys = json.loads((self._folder / f"{name}.duckdb.fk.json").read_text())
        return catalog_of(self.connection(name), keys)

    def run(self, name: str, sql: str) -> list[tuple[Any, ...]] | None:
        """The rows of a statement, nothing when it fails or takes too long."""
        connection = self.connection(name)
        timer = threading.Timer(SECONDS, connection.interrupt)
        timer.start()
        try:
            return connection.execute(sql).fetchmany(20_000)
        except duckdb.Error:
            return None
        finally:
            timer.cancel()

    def right(self, question: Question, sql: str) -> bool:
        """Whether the statement gives the rows that the question should give."""
        rows = self.run(question.database, sql)
        if rows is None or len(rows) != question.count:
            return False
        if question.count != len(question.rows):
            gold = self.run(question.database, question.sql.replace('"', "'"))
            return gold is not None and same_rows(rows, gold, ordered=question.ordered)
        return same_rows(rows, question.rows, ordered=question.ordered)
