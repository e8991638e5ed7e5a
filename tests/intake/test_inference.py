"""A table nobody declared gets types that hold every value of its first batch."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.types import type_name
from thermocline.tiers.intake.normalise import normalise

NAIVE = datetime(2026, 11, 1, 10)
AWARE = NAIVE.replace(tzinfo=UTC)


def inferred(*values: Any) -> tuple[str, list[Any]]:
    batch = normalise([{"v": value} for value in values], None)
    return type_name(batch.types["v"]), batch.payload["v"]


@pytest.mark.parametrize(
    ("values", "type", "stored"),
    [
        ([True, None, False], "BOOLEAN", [1, None, 0]),
        ([1, 2**63 - 1, None], "BIGINT", [1, 2**63 - 1, None]),
        ([1, 2**63], "DECIMAL(38,0)", ["1", "9223372036854775808"]),
        ([-(10**38) + 1], "DECIMAL(38,0)", ["-" + "9" * 38]),
        ([1, 2.5], "DOUBLE", [1.0, 2.5]),
        ([float("nan"), float("inf")], "DOUBLE", ["NaN", float("inf")]),
        ([Decimal("1.50"), Decimal("-0"), 7], "DECIMAL(38,2)", ["1.50", "0.00", "7.00"]),
        ([Decimal("1E+3")], "DECIMAL(38,0)", ["1000"]),
        (["2026-11-01", "é"], "VARCHAR", ["2026-11-01", "é"]),
        ([b"\x00\xff"], "BLOB", [b"\x00\xff"]),
        ([date(2026, 1, 2)], "DATE", ["2026-01-02"]),
        ([time(1, 2)], "TIME", ["01:02:00.000000"]),
        ([NAIVE, None], "TIMESTAMP", [1793527200000000, None]),
        ([NAIVE, date(1970, 1, 2)], "TIMESTAMP", [1793527200000000, 86_400_000_000]),
        ([AWARE, NAIVE], "TIMESTAMPTZ", [1793527200000000] * 2),
        ([UUID(int=1)], "UUID", ["00000000-0000-0000-0000-000000000001"]),
        ([{"a": 1}, [1]], "JSON", ['{"a":1}', "[1]"]),
        ([[1], [None, 2], None, []], "BIGINT[]", ["[1]", "[null,2]", None, "[]"]),
        ([[1], [2.5]], "DOUBLE[]", ["[1.0]", "[2.5]"]),
        ([[[1, 2]], [[3]]], "BIGINT[][]", ["[[1,2]]", "[[3]]"]),
        ([["a"], [1]], "JSON", ['["a"]', "[1]"]),
        ([[{"a": 1}]], "JSON", ['[{"a":1}]']),
        ([[], [None]], "JSON", ["[]", "[null]"]),
        ([(1, 2)], "BIGINT[]", ["[1,2]"]),
        ([None, None], "NULL", [None, None]),
    ],
)
def test_the_type_holds_every_value(values: list[Any], type: str, stored: list[Any]) -> None:
    assert inferred(*values) == (type, stored)


def test_many_datetimes_go_the_same_way_as_few() -> None:
    stored = [1793527200000000, 1793527200000000, 86_400_000_000]
    assert inferred(*[AWARE, NAIVE, date(1970, 1, 2)] * 10)[1] == stored * 10
    east = NAIVE.replace(tzinfo=timezone(timedelta(hours=2)))
    assert inferred(*[east] * 20)[1] == [1793527200000000 - 7_200_000_000] * 20


def test_long_integers_stay_exact_inside_json() -> None:
    long = 123456789012345678901234567890
    assert inferred({"n": long, "m": 2**64 - 1, "l": [Decimal("1.50")]})[1] == [
        '{"n":123456789012345678901234567890,"m":18446744073709551615,"l":[1.50]}'
    ]


@pytest.mark.parametrize(
    ("values", "row", "fragment"),
    [
        ([1, "a"], 2, "text 'a'"),
        ([None, "a", None, 1], 4, "row 2"),
        ([1.5, Decimal(1)], 2, "Decimal"),
        ([1, 2.5, Decimal(1)], 3, "Decimal"),
        ([True, 1], 2, "integer 1"),
        ([1, 10**38], 2, "38 digits"),
        ([Decimal("NaN")], 1, "DECIMAL"),
        ([Decimal(10**37), Decimal("0.01")], 2, "38 digits"),
        ([{"a": 1}, "b"], 2, "text 'b'"),
        ([{"a": float("nan")}], 1, "NaN"),
        ([{"a": b"x"}], 1, "JSON"),
        ([{1: 2}], 1, "JSON"),
        (["ok", "\ud800"], 2, "Unicode"),
        ([timedelta(1)], 1, "timedelta"),
        ([2**53 + 1, 0.5], 1, "DOUBLE would change it"),
    ],
)
def test_a_mixture_without_a_type_is_refused_by_row_and_field(
    values: list[Any], row: int, fragment: str
) -> None:
    with pytest.raises(Invalid, match=rf"^row {row}, field `v`: .*") as caught:
        inferred(*values)
    assert fragment in caught.value.message
    assert caught.value.hint


def test_values_that_only_look_like_pythons_own_are_taken_as_such() -> None:
    pandas = pytest.importorskip("pandas")
    assert inferred(np.int64(3), 4) == ("BIGINT", [3, 4])
    assert inferred(np.array([1.5, 2.5])) == ("DOUBLE[]", ["[1.5,2.5]"])

    assert inferred(pandas.Timestamp(NAIVE), pandas.NaT) == ("TIMESTAMP", [1793527200000000, None])
    assert inferred(HTTPStatus.OK) == ("BIGINT", [200])


def test_arrays_of_single_floats_of_one_length_are_vectors() -> None:
    """As models give them."""
    one, other = np.array([1, 2], np.float32), np.array([3, 4], np.float32)
    assert inferred(one, None, other) == ("FLOAT[2]", [one.tobytes(), None, other.tobytes()])
    assert inferred(one, np.array([1, 2, 3], np.float32))[0] == "DOUBLE[]"
    assert inferred(one, [1.5])[0] == "DOUBLE[]"
    assert inferred(np.empty(0, np.float32))[0] == "JSON"


def test_rows_with_different_fields_fill_up_with_nulls() -> None:
    batch = normalise([{"a": 1}, {"b": "x"}, {}], None)
    assert batch.rows == 3
    assert batch.payload == {"a": [1, None, None], "b": [None, "x", None]}
    more_later = [{"a": 1, "b": 2}, {"a": 3, "b": 4, "c": 5}]
    assert normalise(more_later, None).payload == {"a": [1, 3], "b": [2, 4], "c": [None, 5]}
    others = [{"a": 1, "b": 2}, {"a": 3, "c": 4}]
    assert normalise(others, None).payload == {"a": [1, 3], "b": [2, None], "c": [None, 4]}


def test_a_column_of_the_batch_is_arrow_when_asked_for() -> None:
    assert normalise([{"v": Decimal("1.5")}, {}], None).column("v").to_pylist() == [Decimal("1.5"), None]
