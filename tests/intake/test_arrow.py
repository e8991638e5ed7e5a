"""Arrow comes in by casts, under the same rules as Python values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.schema import new_schema
from thermocline.core.types import INSTANT, JSON, parse_type, type_name
from thermocline.tiers.intake.batch import Batch
from thermocline.tiers.intake.normalise import normalise

TABLE = pa.table({"_id": ["x", "y"], "a": pa.array([1, None], pa.int64()), "s": ["p", "q"]})


def take(column: pa.Array, type: str | None = None) -> Batch:
    schema = None if type is None else new_schema([("v", parse_type(type))])
    return normalise(pa.table({"v": column}), schema)


@pytest.mark.parametrize(
    "form",
    [
        lambda t: t,
        lambda t: t.combine_chunks().to_batches()[0],
        lambda t: t.to_reader(),
        lambda t: pa.concat_tables([t.slice(0, 1), t.slice(1)]),
    ],
)
def test_tables_batches_and_readers_are_taken(form: Callable[[pa.Table], Any]) -> None:
    batch = normalise(form(TABLE), None)
    assert batch.rows == 2
    assert batch.envelope == {"_id": ["x", "y"]}
    assert batch.payload == {"a": [1, None], "s": ["p", "q"]}
    assert batch.column("a") is batch.arrow["a"]


@pytest.mark.parametrize(
    ("column", "type", "stored"),
    [
        (pa.array([1], pa.int8()), "INTEGER", [1]),
        (pa.array([2**64 - 1], pa.uint64()), "DECIMAL(20,0)", [str(2**64 - 1)]),
        (pa.array(["a", None, "a"]).dictionary_encode(), "VARCHAR", ["a", None, "a"]),
        (pa.array(["a"], pa.large_string()), "VARCHAR", ["a"]),
        (pa.array(["a"], pa.string_view()), "VARCHAR", ["a"]),
        (pa.array([1.5], pa.float32()), "FLOAT", [1.5]),
        (pa.array([datetime(1970, 1, 2)], pa.timestamp("ns")), "TIMESTAMP", [86_400_000_000]),
        (pa.array([datetime(1970, 1, 2)], pa.timestamp("s", "Asia/Tokyo")), "TIMESTAMPTZ", [86_400_000_000]),
        (pa.array([[1]], pa.list_(pa.int16(), 1)), "INTEGER[]", ["[1]"]),
        (pa.array([[]], pa.list_(pa.null())), "JSON", ["[]"]),
        (pa.array([{}], pa.struct([])), "JSON", ["{}"]),
        (pa.array([{"a": 1}]), 'STRUCT("a" BIGINT)', ['{"a":1}']),
        (pa.nulls(1), "NULL", [None]),
        (pa.array(["{}"], JSON), "JSON", ["{}"]),
    ],
)  # fmt: skip
def test_arrows_other_types_are_held_in_ours(column: pa.Array, type: str, stored: list[Any]) -> None:
    batch = take(column)
    assert (type_name(batch.types["v"]), batch.payload["v"]) == (type, stored)
    assert batch.column("v").type == batch.types["v"]


@pytest.mark.parametrize(
    ("column", "type", "stored"),
    [
        (pa.array([1], pa.int64()), "INTEGER", [1]),
        (pa.array([1], pa.int64()), "DOUBLE", [1.0]),
        (pa.array([2**60], pa.int64()), "DOUBLE", [float(2**60)]),
        (pa.array([1], pa.int64()), "DECIMAL(4,2)", ["1.00"]),
        (pa.array([0.1]), "DECIMAL(4,2)", ["0.10"]),
        (pa.array([0.1]), "FLOAT", [0.10000000149011612]),
        (pa.array([Decimal("1.5")]), "DECIMAL(10,3)", ["1.500"]),
        (pa.array(["2026-01-02", None]), "DATE", ["2026-01-02", None]),
        (pa.array(["1970/01/02"]), "TIMESTAMPTZ", [86_400_000_000]),
        (pa.array([date(1970, 1, 2)]), "TIMESTAMP", [86_400_000_000]),
        (pa.array([datetime(1970, 1, 2)]), "TIMESTAMPTZ", [86_400_000_000]),
        (pa.array([86_400_000_000], INSTANT), "TIMESTAMP", [86_400_000_000]),
        (pa.array(["[1]"]), "JSON", ["[1]"]),
        (pa.array([[1]]), "JSON", ["[1]"]),
        (pa.array([{"b": 1}]), "STRUCT(a VARCHAR, b INTEGER)", ['{"a":null,"b":1}']),
        (pa.nulls(2), "BIGINT", [None, None]),
    ],
)
def test_what_fits_the_tables_column_is_cast(column: pa.Array, type: str, stored: list[Any]) -> None:
    batch = take(column, type)
    assert (type_name(batch.types["v"]), batch.payload["v"]) == (type_name(parse_type(type)), stored)
    assert batch.column("v").type == parse_type(type)


@pytest.mark.parametrize(
    ("column", "type"),
    [
        (pa.array([1, 2**31]), "INTEGER"),
        (pa.array(["1", "x"]), "BIGINT"),
        (pa.array([1, 2**53 + 1]), "DOUBLE"),
        (pa.array([1.0, 1e300]), "FLOAT"),
        (pa.array([Decimal("1.00"), Decimal("1.25")]), "DECIMAL(4,1)"),
        (pa.array(["2026-01-01", "x"]), "DATE"),
        (pa.array(["{}", "{"]), "JSON"),
        (pa.array(["{}", "{"], JSON), None),
        (pa.array([0, 1], pa.timestamp("ns")), None),
        (pa.array([0, 10**7], pa.int32()).cast(pa.date32()), None),
        (pa.array([[0], [10**7]], pa.list_(pa.int32())).cast(pa.list_(pa.date32())), None),
        (pa.array([0, 2**62], pa.timestamp("us")), None),
    ],
)
def test_what_does_not_fit_is_refused_by_row_and_field(column: pa.Array, type: str | None) -> None:
    if type != "BIGINT":  # where the first row fits
        take(column.slice(0, 1), type)
        row = 2
    else:
        row = 1
    with pytest.raises(Invalid, match=rf"^row {row}, field `v`: ") as caught:
        take(column, type)
    assert caught.value.hint


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"v": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))}),
        pa.table({"v": pa.array([1], pa.duration("s"))}),
        pa.table([pa.array([1]), pa.array([2])], names=["v", "v"]),
        pa.table({"v": [1], "V": [1]}),
        pa.table({"_seq": [1]}),
        pa.table({"_time": [1]}),
        pa.table({"v": pa.array([86_400_000_000], pa.int64()).cast(pa.time64("us"))}),
    ],
)
def test_a_table_that_cannot_be_taken_is_refused_with_a_hint(table: pa.Table) -> None:
    with pytest.raises(Invalid) as caught:
        normalise(table, None)
    assert caught.value.hint


@pytest.mark.parametrize(
    "time",
    [
        pa.array([datetime(1970, 1, 2)], pa.timestamp("ns")),
        pa.array([datetime(1970, 1, 2)], INSTANT),
        pa.array([date(1970, 1, 2)]),
        pa.array(["1970-01-02"]),
    ],
)
def test_the_time_may_be_any_arrow_time(time: pa.Array) -> None:
    assert normalise(pa.table({"_time": time}), None).envelope == {"_time": [86_400_000_000]}
    assert normalise(pa.table({"t": time}), None, event_time="t").envelope == {"_time": [86_400_000_000]}
