"""The payload columns that generated tables choose from: every stored type, each with values that hurt.

A pool is small, so that groups, joins and comparisons meet equal values.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa

from thermocline.core.types import JSON, UUID, parse_type, quote

TEXTS = (
    "",
    "tea",
    "Tea",
    "TEA ",
    "grün",
    "gru\u0308n",
    "日本",
    "🦭🌊",
    "o'clock",
    'say "so"',
    "100%",
    "a_b",
    "line\nbreak",
    "NULL",
    "z" * 90,
)
WEIRD_DOUBLES = (float("nan"), float("inf"), float("-inf"), -0.0, 0.0)


@dataclass(frozen=True)
class Column:
    """`sums`: sums of it are exact, or stay within 1e-9 whatever the order of addition."""

    name: str
    sql: str
    sums: bool = False

    @property
    def arrow(self) -> pa.DataType:
        return parse_type(self.sql)

    @property
    def quoted(self) -> str:
        return quote(self.name)

    @property
    def is_nested(self) -> bool:
        return self.sql.endswith("]") or self.sql.startswith("STRUCT")


KEY = Column("k", "BIGINT", sums=True)
"""Every table has it: what joins meet on."""

COLUMNS = (
    Column("flag", "BOOLEAN"),
    Column("n32", "INTEGER", sums=True),
    Column("n64", "BIGINT", sums=True),
    Column("f32", "FLOAT", sums=True),
    Column("f64", "DOUBLE", sums=True),
    Column("extreme", "DOUBLE"),
    Column("price", "DECIMAL(12,2)", sums=True),
    Column("wide", "DECIMAL(38,9)", sums=True),
    Column("name", "VARCHAR"),
    Column("Größe", "VARCHAR"),
    Column("order", "VARCHAR"),
    Column("raw", "BLOB"),
    Column("day", "DATE"),
    Column("clock", "TIME"),
    Column("at", "TIMESTAMP"),
    Column("seen", "TIMESTAMPTZ"),
    Column("doc", "JSON"),
    Column("ref", "UUID"),
    Column("tags", "VARCHAR[]"),
    Column("nums", "BIGINT[]"),
    Column("dots", "FLOAT[3]"),
    Column("pos", "STRUCT(x BIGINT, y VARCHAR)"),
    Column("lines", "STRUCT(sku VARCHAR, qty INTEGER)[]"),
)


def pool(column: Column, rng: Random) -> list[Any]:
    """Up to a dozen values of the column's type, none of them null."""
    return [_value(column, rng) for _ in range(rng.randint(2, 12))]


def _value(column: Column, rng: Random) -> Any:
    match column.sql:
        case "BOOLEAN":
            return rng.random() < 0.5
        case "INTEGER":
            return rng.choice([rng.randint(-9, 9), rng.randint(-(2**31), 2**31 - 1)])
        case "BIGINT":
            if column is KEY:
                return rng.randint(0, 7)
            return rng.choice([rng.randint(-9, 9), 2**53 + 1, -(2**63), 2**63 - 1, rng.getrandbits(62)])
        case "FLOAT":
            return rng.choice([*WEIRD_DOUBLES, rng.randint(-800, 800) / 8])
        case "DOUBLE":
            if column.name == "extreme":
                return rng.choice([*WEIRD_DOUBLES, 1.7976931348623157e308, 5e-324, -1e-300, 0.1])
            return rng.choice([*WEIRD_DOUBLES, rng.uniform(-1e4, 1e4), 0.1, 1 / 3, float(rng.randint(-5, 5))])
        case "DECIMAL(12,2)":
            return Decimal(rng.randint(-(10**6), 10**6)).scaleb(-2)
        case "DECIMAL(38,9)":
            return Decimal(rng.randint(-(10**24), 10**24)).scaleb(-9)
        case "BLOB":
            return rng.choice([b"", b"\x00", b"\xff\xfe", rng.randbytes(3)])
        case "DATE":
            return rng.choice([date(1, 1, 1), date(9999, 12, 31), date(2026, 1, 1) + _days(rng)])
        case "TIME":
            return rng.choice([time(), time(23, 59, 59, 999_999), time(rng.randint(0, 23), 30)])
        case "TIMESTAMP":
            return rng.choice(
                [datetime(1, 1, 1), datetime(1969, 12, 31, 23), datetime(2026, 1, 1) + _days(rng)]
            )
        case "TIMESTAMPTZ":
            return (
                datetime(2026, 1, 1, 12, tzinfo=UTC) + _days(rng) + timedelta(microseconds=rng.randint(0, 2))
            )
        case "JSON":
            value = {"a": rng.randint(0, 3), "big": 2**60 + rng.randint(0, 2), "t": rng.choice(TEXTS)}
            return json.dumps(rng.choice([value, [1, None, "x"], "word", 7]), separators=(",", ":"))
        case "UUID":
            return uuid.UUID(int=rng.getrandbits(128))
        case "VARCHAR[]":
            return [rng.choice([*TEXTS, None]) for _ in range(rng.randint(0, 3))]
        case "BIGINT[]":
            return [rng.randint(0, 5) for _ in range(rng.randint(0, 4))]
        case "FLOAT[3]":
            return [rng.randint(-8, 8) / 8 for _ in range(3)]
        case "STRUCT(x BIGINT, y VARCHAR)":
            return {"x": rng.choice([None, 1, 2**53 + 1]), "y": rng.choice([*TEXTS, None])}
        case "STRUCT(sku VARCHAR, qty INTEGER)[]":
            return [{"sku": rng.choice("ab"), "qty": rng.randint(1, 3)} for _ in range(rng.randint(0, 2))]
        case _:
            return rng.choice(TEXTS)


def _days(rng: Random) -> timedelta:
    return timedelta(days=rng.randint(0, 300))


def array(values: Sequence[Any], arrow: pa.DataType) -> pa.Array:
    """An Arrow array of Python values, extension types included."""
    if arrow == JSON:
        return pa.ExtensionArray.from_storage(JSON, pa.array(values, pa.string()))
    if arrow == UUID:
        storage = pa.array([None if v is None else v.bytes for v in values], pa.binary(16))
        return pa.ExtensionArray.from_storage(UUID, storage)
    return pa.array(values, arrow)
