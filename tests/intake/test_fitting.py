"""Into an existing column goes what it holds exactly; anything else is refused by row and field."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.schema import Schema, new_schema
from thermocline.core.types import parse_type
from thermocline.tiers.intake.normalise import normalise


def column_of(type: str) -> Schema:
    return new_schema([("v", parse_type(type))])


FITS: list[tuple[str, Any, Any]] = [
    ("BOOLEAN", True, 1),
    ("INTEGER", 2**31 - 1, 2**31 - 1),
    ("BIGINT", -(2**63), -(2**63)),
    ("FLOAT", 0.1, 0.10000000149011612),
    ("FLOAT", float("nan"), "NaN"),
    ("DOUBLE", 2**53, float(2**53)),
    ("DOUBLE", -0.0, -0.0),
    ("DECIMAL(10,2)", 7, "7.00"),
    ("DECIMAL(10,2)", "1e2", "100.00"),
    ("DECIMAL(10,2)", 4.5, "4.50"),
    ("DECIMAL(10,2)", Decimal("-0.00"), "0.00"),
    ("DECIMAL(38,38)", Decimal("0." + "9" * 38), "0." + "9" * 38),
    ("DATE", "2026-11-01", "2026-11-01"),
    ("DATE", "2026/1/2", "2026-01-02"),
    ("TIME", "10:30", "10:30:00.000000"),
    ("TIMESTAMP", "2026-11-01 10:00", 1793527200000000),
    ("TIMESTAMP", datetime(2026, 11, 1, 12, tzinfo=timezone(timedelta(hours=2))), 1793527200000000),
    ("TIMESTAMPTZ", "2026-11-01T12:00:00+02:00", 1793527200000000),
    ("TIMESTAMPTZ", "2026/11/01 10:00", 1793527200000000),
    ("TIMESTAMPTZ", "2026-11-01T10:00:00.123456000Z", 1793527200123456),
    ("TIMESTAMPTZ", date(1970, 1, 2), 86_400_000_000),
    ("UUID", "{00000000-0000-0000-0000-00000000000A}", "00000000-0000-0000-0000-00000000000a"),
    ("UUID", UUID(int=10), "00000000-0000-0000-0000-00000000000a"),
    ("JSON", '{"a": 1}', '{"a": 1}'),
    ("JSON", 5, "5"),
    ("JSON", [1, {"a": None}], '[1,{"a":null}]'),
    ("FLOAT[2]", [1, 0.5], struct.pack("<2f", 1, 0.5)),
    ("FLOAT[2]", (1, 2), struct.pack("<2f", 1, 2)),
    ("FLOAT[2]", np.array([0.1, 2]), struct.pack("<2f", 0.1, 2)),
    ("BIGINT[]", [1, None], "[1,null]"),
    ("DATE[]", [date(2026, 1, 2), "2026-01-03"], '["2026-01-02","2026-01-03"]'),
    ("BLOB[]", [b"\xff"], '["/w=="]'),
    ("DOUBLE[]", [float("nan"), float("inf")], '["NaN","Infinity"]'),
    ("STRUCT(a BIGINT, b DECIMAL(4,1))", {"a": 1}, '{"a":1,"b":null}'),
    ("STRUCT(a BIGINT, b DECIMAL(4,1))", {"b": Decimal(2)}, '{"a":null,"b":"2.0"}'),
]


@pytest.mark.parametrize(("type", "value", "stored"), FITS)
@pytest.mark.parametrize("copies", [1, 2, 40])
def test_what_fits_is_stored_exactly(type: str, value: Any, stored: Any, copies: int) -> None:
    batch = normalise([{"v": value}] * copies + [{"v": None}] * (copies - 1), column_of(type))
    assert repr(batch.payload["v"]) == repr([stored] * copies + [None] * (copies - 1))
    batch.column("v").validate(full=True)


UNFIT: list[tuple[str, Any]] = [
    ("BOOLEAN", 1),
    ("INTEGER", 2**31),
    ("INTEGER", True),
    ("BIGINT", 3.0),
    ("BIGINT", "12"),
    ("BIGINT", 2**63),
    ("FLOAT", 1e300),
    ("FLOAT", 2**24 + 1),
    ("DOUBLE", 2**53 + 1),
    ("DOUBLE", "1.5"),
    ("DOUBLE", Decimal("1.5")),
    ("DECIMAL(4,2)", 100),
    ("DECIMAL(4,2)", "1.234"),
    ("DECIMAL(4,2)", 0.1 + 0.2),
    ("DECIMAL(4,2)", "1_0"),
    ("DECIMAL(4,2)", "NaN"),
    ("DECIMAL(4,2)", "1e9999"),
    ("VARCHAR", 5),
    ("BLOB", "text"),
    ("DATE", "yesterday"),
    ("DATE", datetime(2026, 1, 1)),
    ("DATE", "2026-02-30"),
    ("TIME", "25:00"),
    ("TIME", time(1, tzinfo=UTC)),
    ("TIMESTAMP", 1793527200),
    ("TIMESTAMPTZ", "2026-11-01T10:00:00.1234567Z"),
    ("TIMESTAMPTZ", "0001-01-01T00:00:00+14:00"),
    ("UUID", "not-one"),
    ("JSON", "{a: 1}"),
    ("JSON", {"a": float("inf")}),
    ("FLOAT[2]", [1.0]),
    ("FLOAT[2]", [1.0, None]),
    ("FLOAT[2]", [1.0, "2"]),
    ("FLOAT[2]", [True, False]),
    ("FLOAT[2]", [1.0, float("nan")]),
    ("FLOAT[2]", [1.0, 1e39]),
    ("FLOAT[2]", [[1.0], [2.0]]),
    ("FLOAT[2]", 1.0),
    ("BIGINT[]", [1.5]),
    ("BIGINT[]", "1,2"),
    ("STRUCT(a BIGINT)", {"b": 1}),
    ("STRUCT(a BIGINT)", [1]),
]


@pytest.mark.parametrize(("type", "value"), UNFIT)
@pytest.mark.parametrize("before", [0, 1, 40])
def test_what_does_not_fit_is_refused_by_row_and_field(type: str, value: Any, before: int) -> None:
    good = next((fitting for name, fitting, _ in FITS if name == type), None)
    with pytest.raises(Invalid, match=rf"^row {before + 1}, field `v`: ") as caught:
        normalise([{"v": good}] * before + [{"v": value}], column_of(type))
    assert caught.value.hint


def test_names_match_without_regard_to_case_and_keep_the_tables_spelling() -> None:
    batch = normalise([{"PRICE": 1}], new_schema([("Price", pa.int64())]))
    assert batch.payload == {"Price": [1]}


def test_two_fields_that_differ_by_case_are_refused() -> None:
    with pytest.raises(Invalid, match="`a` and `A` differ only by case"):
        normalise([{"a": 1}, {"A": 2}], None)


def test_a_field_that_was_null_so_far_gets_its_type() -> None:
    batch = normalise([{"V": 1}], new_schema([("v", pa.null())]))
    assert batch.types == {"v": pa.int64()}


@pytest.mark.parametrize("rows", [{"a": 1}, "text", 5, [1], [{"a": 1}, "x"], [{5: 1}], [{"": 1}]])
def test_what_is_no_rows_is_refused_with_a_hint(rows: Any) -> None:
    with pytest.raises(Invalid) as caught:
        normalise(rows, None)
    assert caught.value.hint


def test_no_rows_are_an_empty_batch() -> None:
    assert normalise([], None).rows == 0
    assert normalise(iter([{"a": 1}, {"a": 2}]), None).rows == 2
