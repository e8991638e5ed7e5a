"""A view as its hidden table tells it: the statement, its columns, how it is kept; and the texts that follow.

A hidden table holds rows of two kinds, in generations; only the latest generation counts.

    v_kind   v_gen  v_upto                v_definition   c_0  c_1 ...
    mark     3      2026-11-01 10:00:00   {...}                      all events up to there are kept
    row      3                                           tea  4

What is kept is appended together with its mark, so a view is never in between.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...core.clock import iso
from ...core.ids import HIDDEN_PREFIX
from ...core.schema import FIRST_FIELD_ID, Field, Schema, Table
from ...core.types import parse_type, quote, type_name
from .shape import AFTER, LEAST, Shape

LONGEST = 48
"""Characters of a view's name, so that its tables have names as well."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`columns`: (name, SQL type) as shown; `kept`: SQL types of what is kept. `refresh_s`: how long after an
    append it is refreshed, `None` for never by itself. `table_id`: of the table whose events it follows."""

    name: str
    sql: str
    shape: Shape
    columns: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]
    refresh_s: float | None
    reads: tuple[str, ...]
    table_id: str = ""

    def as_table(self, id: str) -> Table:
        """As statements see it."""
        named = enumerate(self.columns, FIRST_FIELD_ID)
        fields = tuple(Field(number, name, parse_type(kind)) for number, (name, kind) in named)
        return Table(id, self.name, (Schema(1, fields),))

    def to_json(self) -> str:
        raw = {slot: getattr(self, slot) for slot in Definition.__slots__} | {"shape": self.shape.to_dict()}
        return json.dumps(raw)

    @staticmethod
    def from_json(text: str) -> Definition:
        raw: dict[str, Any] = json.loads(text)
        raw |= {"columns": tuple((name, kind) for name, kind in raw["columns"])}
        lists = {key: tuple(raw[key]) for key in ("kept", "reads")}
        return Definition(**{**raw, **lists, "shape": Shape.from_dict(raw["shape"])})


@dataclass(frozen=True, slots=True)
class View:
    """A definition and where it is kept. `gen`, `upto_us`: of a mark that is there, maybe not the last one.
    `since_us`: from when on the hidden table can be read in the past."""

    definition: Definition
    hidden: str
    gen: int
    upto_us: int
    since_us: int

    @property
    def name(self) -> str:
        return self.definition.name


def hidden_name(view: str, number: int) -> str:
    """
    >>> hidden_name("sales_by_day", 1)
    'mv--1--sales_by_day'
    """
    return f"{HIDDEN_PREFIX}{number}--{view}"


def hidden_parts(table: str) -> tuple[str, int] | None:
    """(view, number) of a hidden table; `None` for another one.

    >>> hidden_parts("mv--12--a--b"), hidden_parts("sales")
    (('a--b', 12), None)
    """
    number, dashes, view = table.removeprefix(HIDDEN_PREFIX).partition("--")
    if not table.startswith(HIDDEN_PREFIX) or not dashes or not number.isdigit():
        return None
    return view, int(number)


def stored_type_name(sql_type: str) -> str:
    """The type in which a column of that type in DuckDB is kept. Raises `Invalid` for one that can't be."""
    return "VARCHAR" if sql_type == '"NULL"' else type_name(parse_type(sql_type))


def mark_query(hidden: str) -> str:
    """Its last mark, and since when there are any."""
    return (
        "SELECT v_definition, v_gen, epoch_us(v_upto) AS upto,"
        f" epoch_us((SELECT min(_recorded_at) FROM {quote(hidden)})) AS since FROM {quote(hidden)}"
        " WHERE v_kind = 'mark' ORDER BY v_gen DESC, v_upto DESC LIMIT 1"
    )


def span(kept: str, after_us: int) -> str:
    """A kept statement over the events recorded after an instant."""
    return _between(kept, f"'{iso(after_us)}'", f"'{iso(after_us)}'")


def reading(view: View, *, now: bool) -> str:
    """The query that stands for the view. `now`: no past point is read, so what is known now bounds it."""
    definition, hidden = view.definition, quote(view.hidden)
    least = iso(view.upto_us if now else 0)
    own = f"v_kind = 'row' AND v_gen = (SELECT max(v_gen) FROM {hidden})"
    own += f" AND v_gen >= {view.gen}" if now else ""
    shape = definition.shape
    names = shape.names or tuple(f"row${n}" for n in range(len(definition.columns)))
    kept = _kept(definition, names, view.hidden, own)
    if shape.kind == "whole":
        return _shown(definition, kept)
    mark = f"(SELECT max(v_upto) FROM {hidden})"
    new = _between(shape.kept, mark, f"'{least}'")
    parts = f'{kept} UNION ALL SELECT {_casts(names, definition.kept)} FROM ({new}) AS "new$"'
    if shape.kind == "rows":
        return _shown(definition, parts)
    keys = [quote(name) for name in names[: shape.keys]]
    merged = ", ".join([*keys, *(f"{merge} AS {quote(name)}" for merge, name in shape.merges)])
    grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
    return _shown(
        definition,
        f'WITH "parts$" AS ({parts}), "merged$" AS (SELECT {merged} FROM "parts$"{grouped}) {shape.last}',
    )


def folding(view: View) -> str:
    """What is kept of groups, with the parts of each group made one: as columns c_0, c_1, ..."""
    shape, hidden = view.definition.shape, quote(view.hidden)
    kept = _kept(
        view.definition,
        shape.names,
        view.hidden,
        f"v_kind = 'row' AND v_gen = (SELECT max(v_gen) FROM {hidden})",
    )
    keys = [quote(name) for name in shape.names[: shape.keys]]
    parts = [
        f"{how}({quote(name)})" for how, name in zip(shape.combined, shape.names[shape.keys :], strict=True)
    ]
    grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
    return storing(view.definition, f'SELECT {", ".join([*keys, *parts])} FROM ({kept}) AS "kept$"{grouped}')


def storing(definition: Definition, query: str) -> str:
    """The rows of a query, in the types in which they are kept, as columns c_0, c_1, ..."""
    numbered = [quote(f"n{number}") for number in range(len(definition.kept))]
    casts = [
        f"{name}::{stored_type_name(sql_type)} AS c_{number}"
        for number, (name, sql_type) in enumerate(zip(numbered, definition.kept, strict=True))
    ]
    return f'SELECT {", ".join(casts)} FROM ({query}\n) AS "rows$"({", ".join(numbered)})'


def _kept(definition: Definition, names: tuple[str, ...], hidden: str, where: str) -> str:
    cast = [
        f"{_cast(f'c_{number}', sql_type)} AS {quote(name)}"
        for number, (name, sql_type) in enumerate(zip(names, definition.kept, strict=True))
    ]
    return f"SELECT {', '.join(cast)} FROM {quote(hidden)} WHERE {where}"


def _shown(definition: Definition, query: str) -> str:
    """The query's columns under the view's names and types."""
    names = [quote(name) for name, _ in definition.columns]
    casts = [
        f"{_cast(name, sql_type)} AS {name}"
        for name, (_, sql_type) in zip(names, definition.columns, strict=True)
    ]
    return f'SELECT {", ".join(casts)} FROM ({query}) AS "view$"({", ".join(names)})'


def _casts(names: tuple[str, ...], types: tuple[str, ...]) -> str:
    return ", ".join(f"{_cast(quote(n), t)} AS {quote(n)}" for n, t in zip(names, types, strict=True))


def _cast(column: str, sql_type: str) -> str:
    return column if sql_type == '"NULL"' else f"{column}::{sql_type}"


def _between(kept: str, after: str, least: str) -> str:
    return kept.replace(f"'{AFTER}'", after).replace(f"'{LEAST}'", least)
