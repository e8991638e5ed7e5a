"""The model as YAML, with every problem at its line; and a draft of one from a catalog.

tables:
  orders:
    synonyms: [sales]
    time: order_date
    columns:
      revenue: {synonyms: [turnover], unit: EUR}
metrics:
  revenue: {table: orders, sql: sum(revenue), synonyms: [income], unit: EUR}
dimensions:
  segment: {column: customers.segment, synonyms: [kind of customer]}
joins:
  - orders.customer_id -> customers.id
verified:
  - {question: our best customers, sql: "select ..."}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from ...core.errors import Error, nearest
from ...core.marked_yaml import Marked, Path, read_marked
from ..catalog import Catalog, Metric
from ..subjects import measure_of, time_of
from .model import ColumnNotes, SemanticModel, TableNotes, Verified

WHAT = "semantic model"
_SECTIONS = ("tables", "metrics", "dimensions", "joins", "verified")

Known = Mapping[str, Mapping[str, str]]
"""Table, folded -> column, folded -> its name."""


def read_model(text: str, known: Known, check: Callable[[str], object] = lambda _sql: None) -> SemanticModel:
    """`known`: the tables and columns there are; `check`: raises what is wrong with a statement.

    Raises `Invalid` with every problem and its line.
    """
    reader = _Reader(read_marked(text, WHAT), known, check)
    model = reader.model()
    reader.marked.problems.check(WHAT)
    return model


def usable_model(text: str, known: Known) -> SemanticModel:
    """What a model says of the tables that are known, the rest left out: not everybody knows all of them."""
    return _Reader(read_marked(text, WHAT), known, lambda _sql: None).model()


def known_of(catalog: Catalog) -> Known:
    return {t.name.lower(): {c.name.lower(): c.name for c in t.columns} for t in catalog.tables}


def draft(catalog: Catalog) -> str:
    """A model to begin with: what would be guessed without one, written down to be mended."""
    tables: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    for table in catalog.tables:
        notes: dict[str, Any] = {"synonyms": list(table.synonyms)}
        if (time := time_of(table)) is not None:
            notes["time"] = time.name
        if len(table.primary_key) == 1:
            notes["key"] = table.primary_key[0]
        notes["columns"] = {c.name: {"synonyms": list(c.synonyms)} for c in table.columns}
        tables[table.name] = notes
        measure = measure_of(catalog, table)
        if measure.agg == "sum":
            name = measure.column if measure.column not in metrics else f"{table.name} {measure.column}"
            metrics[name] = {"table": table.name, "sql": f"sum({_quoted(measure.column)})", "synonyms": []}
    joins = [f"{j.left}.{j.left_column} -> {j.right}.{j.right_column}" for j in catalog.joins]
    raw = {"tables": tables, "metrics": metrics, "joins": joins, "verified": []}
    head = "# A draft. Add the words that people use, and questions whose SQL you vouch for.\n"
    return head + str(
        yaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    )


class _Reader:
    def __init__(self, marked: Marked, known: Known, check: Callable[[str], object]) -> None:
        self.marked = marked
        self._known = known
        self._check = check

    def model(self) -> SemanticModel:
        raw = self._dict((), self.marked.value, _SECTIONS)
        tables = {name: self._table(name, notes) for name, notes in self._entries(("tables",), raw)}
        for name, notes in self._entries(("dimensions",), raw):
            self._dimension(name, notes, tables)
        return SemanticModel(
            tables={name: notes for name, notes in tables.items() if notes is not None},
            metrics=tuple(
                metric
                for name, notes in self._entries(("metrics",), raw)
                if (metric := self._metric(name, notes)) is not None
            ),
            joins=tuple(
                join
                for at, text in enumerate(self._items(("joins",), raw))
                if (join := self._join(("joins", at), text)) is not None
            ),
            verified=tuple(
                verified
                for at, entry in enumerate(self._items(("verified",), raw))
                if (verified := self._verified(("verified", at), entry)) is not None
            ),
        )

    def _table(self, name: str, raw: Any) -> TableNotes | None:
        path: Path = ("tables", name)
        notes = self._dict(path, raw, ("synonyms", "time", "key", "columns", "description"))
        columns = self._columns_of(path, name)
        if columns is None:
            return None
        for word in ("time", "key"):
            self._column((*path, word), columns, notes.get(word))
        found: dict[str, ColumnNotes] = {}
        for column, said in self._entries((*path, "columns"), notes):
            at = (*path, "columns", column)
            if self._column(at, columns, column):
                entry = self._dict(at, said, ("synonyms", "unit", "description"))
                synonyms = self._words((*at, "synonyms"), entry.get("synonyms"))
                found[column] = ColumnNotes(synonyms, str(entry.get("unit") or ""))
        return TableNotes(
            self._words((*path, "synonyms"), notes.get("synonyms")),
            str(notes.get("time") or ""),
            str(notes.get("key") or ""),
            found,
        )

    def _dimension(self, name: str, raw: Any, tables: dict[str, TableNotes | None]) -> None:
        """A name for a column."""
        path: Path = ("dimensions", name)
        notes = self._dict(path, raw, ("column", "synonyms", "description"))
        place = self._place((*path, "column"), notes.get("column"))
        if place is None:
            return
        table, column = place
        before = tables.get(table) or TableNotes()
        words = (name.replace("_", " "), *self._words((*path, "synonyms"), notes.get("synonyms")))
        known = before.columns.get(column, ColumnNotes())
        columns = {**before.columns, column: ColumnNotes((*known.synonyms, *words), known.unit)}
        tables[table] = TableNotes(before.synonyms, before.time, before.key, columns)

    def _metric(self, name: str, raw: Any) -> Metric | None:
        path: Path = ("metrics", name)
        notes = self._dict(path, raw, ("table", "sql", "synonyms", "unit", "description"))
        table, sql = notes.get("table"), notes.get("sql")
        if not isinstance(table, str) or not isinstance(sql, str):
            self.marked.wrong(path, f"metric `{name}` needs a table and sql, such as sum(revenue)")
            return None
        if self._columns_of((*path, "table"), table) is None:
            return None
        self._try((*path, "sql"), f"SELECT {sql} FROM {_quoted(table)}")
        return Metric(name, table, sql, self._words((*path, "synonyms"), notes.get("synonyms")))

    def _join(self, path: Path, text: Any) -> tuple[str, str, str, str] | None:
        sides = [side.strip() for side in str(text).replace("=", "->").split("->")]
        if len(sides) != 2:
            self.marked.wrong(path, f"not a join: {text}; write orders.customer_id -> customers.id")
            return None
        left, right = (self._place(path, side) for side in sides)
        return None if left is None or right is None else (*left, *right)

    def _verified(self, path: Path, raw: Any) -> Verified | None:
        entry = self._dict(path, raw, ("question", "sql", "by"))
        question, sql = entry.get("question"), entry.get("sql")
        if not isinstance(question, str) or not isinstance(sql, str):
            self.marked.wrong(path, "a verified query needs a question and its sql")
            return None
        self._try((*path, "sql"), sql)
        return Verified(question, sql)

    def _try(self, path: Path, sql: str) -> None:
        try:
            self._check(sql)
        except Error as error:
            self.marked.wrong(path, error.message)

    def _place(self, path: Path, text: Any) -> tuple[str, str] | None:
        table, dot, column = str(text or "").partition(".")
        if not dot:
            self.marked.wrong(path, f"not a column: {text}; write customers.segment")
            return None
        columns = self._columns_of(path, table)
        return (table, column) if columns is not None and self._column(path, columns, column) else None

    def _columns_of(self, path: Path, table: str) -> Mapping[str, str] | None:
        found = self._known.get(table.lower())
        if found is None:
            self.marked.wrong(path, f"no table `{table}`: {nearest(table, self._known)}")
        return found

    def _column(self, path: Path, columns: Mapping[str, str], name: Any) -> bool:
        if name is None or str(name).lower() in columns or str(name).startswith("_"):
            return True
        self.marked.wrong(path, f"no column `{name}`: {nearest(str(name), columns.values())}")
        return False

    def _words(self, path: Path, value: Any) -> tuple[str, ...]:
        items = [value] if isinstance(value, str) else value or []
        if not isinstance(items, list) or not all(isinstance(item, str | int) for item in items):
            self.marked.wrong(path, "a list of words is needed, such as [sales, turnover]")
            return ()
        return tuple(str(item) for item in items)

    def _entries(self, path: Path, raw: Mapping[str, Any]) -> list[tuple[str, Any]]:
        value = raw.get(str(path[-1])) or {}
        if not isinstance(value, dict):
            self.marked.wrong(path, f"`{path[-1]}` has entries with names")
            return []
        return list(value.items())

    def _items(self, path: Path, raw: Mapping[str, Any]) -> list[Any]:
        value = raw.get(str(path[-1])) or []
        if not isinstance(value, list):
            self.marked.wrong(path, f"`{path[-1]}` is a list")
            return []
        return value

    def _dict(self, path: Path, value: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.marked.wrong(path, f"entries are needed: {', '.join(known)}")
            return {}
        for name in value:
            if name not in known:
                self.marked.wrong((*path, name), f"unknown `{name}`: {nearest(name, known)}")
        return value


def _quoted(name: str) -> str:
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
