"""Random conditions on one table: every column type, every comparison, literals and parameters."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from .columns import Column
from .events import STREAMS, TableModel


class Writer:
    """Gathers the parameters of one query in the order in which its text mentions them."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.named = rng.random() < 0.5
        self.params: list[Any] = []

    def value(self, value: Any, sql: str) -> str:
        """A literal, or a parameter that will carry the value."""
        if self.rng.random() < 0.4 and sql != "JSON":
            self.params.append(value)
            return f"$p{len(self.params)}" if self.named else "?"
        return literal(value, sql)

    @property
    def bound(self) -> list[Any] | dict[str, Any] | None:
        if not self.params:
            return None
        return {f"p{i}": v for i, v in enumerate(self.params, 1)} if self.named else self.params


def literal(value: Any, sql: str) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case float():
            return f"'{value!r}'::{sql}"
        case int() | Decimal():
            return str(value) if isinstance(value, int) else f"{value:f}"
        case bytes():
            return "'" + "".join(f"\\x{b:02X}" for b in value) + "'::BLOB"
        case datetime():
            kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
            return f"{kind} '{_instant(value)}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case time():
            return f"TIME '{value.isoformat()}'"
        case uuid.UUID():
            return f"'{value}'::UUID"
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def _instant(value: datetime) -> str:
    return value.isoformat(sep=" ")


def condition(w: Writer, table: TableModel, columns: tuple[Column, ...], alias: str, depth: int = 0) -> str:
    """A condition over the table's payload and envelope, its columns written with `alias`."""
    rng = w.rng
    if depth < 2 and rng.random() < 0.3:
        left = condition(w, table, columns, alias, depth + 1)
        operator = rng.choice(["AND", "OR", "AND NOT"])
        return f"({left} {operator} {condition(w, table, columns, alias, depth + 1)})"
    if table.spread.several and rng.random() < 0.2:
        return _shard_key(w, table, columns, alias)
    if rng.random() < 0.35:
        return _envelope(w, table, alias)
    return _payload(w, table, rng.choice(columns), alias)


def _payload(w: Writer, table: TableModel, column: Column, alias: str) -> str:
    rng, name = w.rng, f"{alias}.{column.quoted}"
    if rng.random() < 0.15:
        return f"{name} IS {rng.choice(['', 'NOT '])}NULL"
    if column.sql == "BOOLEAN":
        return rng.choice([name, f"NOT {name}", f"{name} IS DISTINCT FROM true"])
    if column.sql == "JSON":
        return rng.choice(
            [
                f"{name}->>'$.a' = '1'",
                f"json_extract_string({name}, '$.t') LIKE 't%'",
                f"CAST({name}->'$.big' AS BIGINT) > {2**60}",
                f"json_type({name}) = 'ARRAY'",
            ]
        )
    if column.is_nested:
        return _nested(w, column, name)
    values = table.pools[column.name]
    if column.sql == "VARCHAR" and rng.random() < 0.3:
        return rng.choice(
            [f"{name} LIKE '%a%'", f"{name} ILIKE 'te_'", f"starts_with({name}, 't')", f"length({name}) > 3"]
        )
    one, other = (w.value(rng.choice(values), column.sql) for _ in range(2))
    match rng.randint(0, 4):
        case 0:
            return f"{name} BETWEEN {one} AND {other}"
        case 1:
            return f"{name} {rng.choice(['', 'NOT '])}IN ({one}, {other})"
        case _:
            operators = ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"]
            first, second = rng.sample(operators, 2)
            return f"({name} {first} {one} AND {name} {second} {other})"


def _shard_key(w: Writer, table: TableModel, columns: tuple[Column, ...], alias: str) -> str:
    """What leaves few shards to ask."""
    rng, spread = w.rng, table.spread
    if spread.by == "hour":
        at = rng.choice(table.rows)["_time"] if table.rows else datetime(2026, 3, 1, tzinfo=UTC)
        until = at + timedelta(minutes=rng.choice([0, 30, 200]))
        lo, hi = (w.value(instant, "TIMESTAMPTZ") for instant in (at, until))
        return f"({alias}._time >= {lo} AND {alias}._time <= {hi})"
    column = next((c for c in columns if c.name == spread.key), None)
    values: Sequence[Any] = STREAMS if column is None else table.pools[column.name]
    name, sql = (
        (f"{alias}._stream", "VARCHAR") if column is None else (f"{alias}.{column.quoted}", column.sql)
    )
    keys = [w.value(rng.choice(values), sql) for _ in range(rng.randint(1, 3))]
    if len(keys) > 1:
        return f"{name} IN ({', '.join(keys)})"
    return rng.choice([f"{name} = {keys[0]}", f"{keys[0]} = {name}"])


def _nested(w: Writer, column: Column, name: str) -> str:
    rng = w.rng
    match column.sql:
        case "VARCHAR[]":
            return rng.choice([f"len({name}) > 1", f"list_contains({name}, 'tea')", f"{name}[1] = ''"])
        case "BIGINT[]":
            return rng.choice([f"list_sum({name}) > 4", f"{name} = [1, 2]", f"{name}[1] <= 2"])
        case "FLOAT[3]":
            near = f"array_distance({name}, [0.5, 0, -0.25]::FLOAT[3])"
            return rng.choice([f"{near} < 0.75", f"{name}[2] <= 0", f"{name} = [0, 0, 0]::FLOAT[3]"])
        case "STRUCT(x BIGINT, y VARCHAR)":
            return rng.choice([f"{name}.x > 1", f"{name}.y IS NULL", f"{name}['y'] = 'tea'"])
        case _:
            return rng.choice([f"len({name}) = 2", f"{name}[1].sku = 'a'", f"{name}[1].qty >= 2"])


def _envelope(w: Writer, table: TableModel, alias: str) -> str:
    rng = w.rng
    last = table.rows[-1]["_seq"] if table.rows else 1
    row = rng.choice(table.rows) if table.rows else {"_time": datetime(2026, 3, 1, tzinfo=UTC)}
    lo = row["_time"]
    hi = lo + timedelta(days=rng.choice([0, 1, 30, 200]))
    choices = [
        lambda: f"{alias}._seq > {w.value(rng.randint(0, last), 'BIGINT')}",
        lambda: f"{alias}._seq BETWEEN {rng.randint(0, last)} AND {rng.randint(0, last)}",
        lambda: (
            f"{alias}._time >= {w.value(lo, 'TIMESTAMPTZ')} AND {alias}._time <= {w.value(hi, 'TIMESTAMPTZ')}"
        ),
        lambda: f"{alias}._time < {w.value(lo, 'TIMESTAMPTZ')}",
        lambda: f"CAST({alias}._time AS DATE) = DATE '{lo.date()}'",
        lambda: f"{alias}._stream = {w.value(rng.choice([*STREAMS, 'none']), 'VARCHAR')}",
        lambda: f"{alias}._position <= {rng.randint(0, 9)}",
        lambda: f"{alias}._type IN ('placed', {w.value('paid', 'VARCHAR')})",
        lambda: f"{alias}._source IS NULL",
        lambda: f"{alias}._correlation_id = 'c-{rng.randint(0, 5)}'",
        lambda: f"{alias}._tier_hint IS NOT NULL",
        lambda: f"{alias}._schema_version = {rng.randint(1, 3)}",
        lambda: f"{alias}._recorded_at <= {w.value(row.get('_recorded_at', lo), 'TIMESTAMPTZ')}",
    ]
    if table.with_ids and table.rows:
        choices.append(lambda: f"{alias}._id = {w.value(row['_id'], 'VARCHAR')}")
    return "(" + rng.choice(choices)() + ")"
