"""Every type as text and as JSON: exact, and never a value that another value could have printed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from thermocline.core.types import JSON, UUID
from thermocline.core.values import json_columns, text_columns, to_json

MOMENT = datetime(2026, 11, 1, 10, 0, 0, 500_000)
CASES: list[tuple[pa.Array, str, str]] = [
    (pa.array([9_007_199_254_740_993]), "9007199254740993", "9007199254740993"),
    (pa.array([Decimal(2**64 + 1)], pa.decimal128(38, 0)), "18446744073709551617", "18446744073709551617"),
    (pa.array([Decimal("12.50")], pa.decimal128(10, 2)), "12.50", "12.50"),
    (pa.array([Decimal("0.00000001")], pa.decimal128(10, 8)), "0.00000001", "0.00000001"),
    (pa.array([0.1]), "0.1", "0.1"),
    (pa.array([float("nan")]), "nan", "null"),
    (pa.array([float("-inf")]), "-inf", "null"),
    (pa.array([True]), "true", "true"),
    (pa.array(["tea"]), "tea", '"tea"'),
    (pa.array(["tea"]).dictionary_encode(), "tea", '"tea"'),
    (pa.array([MOMENT], pa.timestamp("us")), "2026-11-01T10:00:00.5", '"2026-11-01T10:00:00.5"'),
    (pa.array([MOMENT.replace(microsecond=0)], pa.timestamp("s")), "2026-11-01T10:00:00",
     '"2026-11-01T10:00:00"'),
    (
        pa.array([MOMENT.replace(tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")),
        "2026-11-01T10:00:00.5Z",
        '"2026-11-01T10:00:00.5Z"',
    ),
    (pa.array([date(2026, 11, 1)]), "2026-11-01", '"2026-11-01"'),
    (pa.array([time(10, 0)]), "10:00:00", '"10:00:00"'),
    (pa.array([timedelta(hours=26, seconds=1.5)]), "PT26H1.5S", '"PT26H1.5S"'),
    (pa.array([timedelta(minutes=-5)]), "PT-5M", '"PT-5M"'),
    (pa.array([pa.MonthDayNano([1, 2, 3_500_000_000])]), "P1M2DT3.5S", '"P1M2DT3.5S"'),
    (pa.array([pa.MonthDayNano([0, 0, 0])]), "PT0S", '"PT0S"'),
    (pa.array([b"\x00\xff"]), r"\x00ff", '"AP8="'),
    (pa.array(['{"a": [1, 12345678901234567890]}']).cast(JSON), '{"a": [1, 12345678901234567890]}',
     '{"a": [1, 12345678901234567890]}'),
    (pa.array([b"\x12" * 16], pa.binary(16)).cast(UUID), "12121212-1212-1212-1212-121212121212",
     '"12121212-1212-1212-1212-121212121212"'),
    (pa.array([[1, None]]), "[1,null]", "[1,null]"),
    (pa.array([{"a": Decimal("1.10"), "b": MOMENT}]), '{"a":1.10,"b":"2026-11-01T10:00:00.5"}',
     '{"a":1.10,"b":"2026-11-01T10:00:00.5"}'),
    (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), '{"k":1}', '{"k":1}'),
]  # fmt: skip


@pytest.mark.parametrize(("column", "text", "as_json"), CASES, ids=[str(case[0].type) for case in CASES])
def test_a_value_is_exact_in_text_and_json(column: pa.Array, text: str, as_json: str) -> None:
    batch = pa.record_batch({"v": column})
    assert text_columns(batch)[0].to_pylist() == [text]
    assert to_json(json_columns(batch)[0][0]).decode() == as_json


@pytest.mark.parametrize("column", [case[0] for case in CASES], ids=[str(case[0].type) for case in CASES])
def test_null_is_null_in_every_type(column: pa.Array) -> None:
    batch = pa.record_batch({"v": column.slice(0, 0)}).schema.empty_table()
    nulls = pa.record_batch({"v": pa.nulls(2, batch.schema.field("v").type)})
    assert text_columns(nulls)[0].to_pylist() == [None, None]
    assert json_columns(nulls)[0] == [None, None]


def test_a_decimal_in_json_reads_back_as_it_was() -> None:
    assert json.loads(to_json(Decimal("0.10")), parse_float=Decimal) == Decimal("0.10")


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json(object())
