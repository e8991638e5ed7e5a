"""Every value of every column type comes back from SQLite as it went in."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermocline.core.types import INSTANT, JSON, UUID, parse_type, vector
from thermocline.tiers.hot.codec import decode, encode_arrow

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
DAYS = st.integers(-719_162, 2_932_896)  # the years 1 to 9999
MICROS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)


def decimals(precision: int, scale: int) -> st.SearchStrategy[Any]:
    bound = 10**precision - 1
    return st.integers(-bound, bound).map(lambda n: Decimal(n).scaleb(-scale, Context(prec=60)))


def leaves() -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]]:
    return st.sampled_from(
        [
            (pa.bool_(), st.booleans()),
            (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
            (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
            (pa.float32(), st.floats(width=32)),
            (pa.float64(), st.floats()),
            (pa.decimal128(38, 10), decimals(38, 10)),
            (pa.decimal128(5, 0), decimals(5, 0)),
            (pa.decimal128(38, 38), decimals(38, 38)),
            (pa.string(), TEXT),
            (pa.binary(), st.binary(max_size=12)),
            (pa.date32(), DAYS),
            (pa.time64("us"), st.integers(0, 86_399_999_999)),
            (pa.timestamp("us"), MICROS),
            (INSTANT, MICROS),
            (UUID, st.binary(min_size=16, max_size=16)),
            (JSON, st.sampled_from(['{"a": 123456789012345678901234567890}', "null", '"é"', "[1, 2]"])),
        ]
    )


def storage(type: pa.DataType) -> pa.DataType:
    """`type` without its extensions, of which pyarrow builds no nested arrays."""
    if pa.types.is_list(type):
        return pa.list_(storage(type.value_type))
    if pa.types.is_struct(type):
        return pa.struct([(field.name, storage(field.type)) for field in type])
    return type.storage_type if isinstance(type, pa.BaseExtensionType) else type


Typed = tuple[pa.DataType, st.SearchStrategy[Any]]


def nested(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    lists = inner.map(lambda t: (pa.list_(t[0]), st.lists(st.none() | t[1], max_size=4)))
    structs = st.lists(inner, min_size=1, max_size=3).map(
        lambda ts: (
            pa.struct([(f"f {n}", t[0]) for n, t in enumerate(ts)]),
            st.fixed_dictionaries({f"f {n}": st.none() | t[1] for n, t in enumerate(ts)}),
        )
    )
    return lists | structs


def vectors() -> st.SearchStrategy[Typed]:
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    return st.integers(1, 5).map(lambda n: (vector(n), st.lists(numbers, min_size=n, max_size=n)))


TYPES: st.SearchStrategy[Typed] = vectors() | st.recursive(leaves(), nested, max_leaves=4)


def through_sqlite(values: Sequence[Any]) -> list[Any]:
    db = sqlite3.connect(":memory:")
    db.execute("create table t (n integer primary key, v)")
    db.executemany("insert into t (v) values (?)", [(v,) for v in values])
    return [v for (v,) in db.execute("select v from t order by n")]


def bits(value: Any) -> Any:
    """A value in which equal means the same bits: floats by their bytes."""
    if isinstance(value, float):
        return "NaN" if value != value else struct.pack(">d", value)
    if isinstance(value, list):
        return [bits(v) for v in value]
    if isinstance(value, dict):
        return {k: bits(v) for k, v in value.items()}
    return value


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_column_survives_sqlite(data: st.DataObject) -> None:
    type, values = data.draw(TYPES)
    column = pa.array(data.draw(st.lists(st.none() | values, max_size=6)), storage(type)).cast(type)
    back = decode(through_sqlite(encode_arrow(column, type)), type)
    back.validate(full=True)
    assert back.type == type
    assert bits(back.to_pylist()) == bits(column.to_pylist())


def test_a_slice_of_a_nested_column_is_encoded_as_that_slice() -> None:
    type = parse_type("STRUCT(a BIGINT[], b VARCHAR)")
    column = pa.array([{"a": [n, n], "b": str(n)} for n in range(5)], type).slice(2, 2)
    assert encode_arrow(column, type) == ['{"a":[2,2],"b":"2"}', '{"a":[3,3],"b":"3"}']


def test_a_slice_of_a_vector_column_is_encoded_as_that_slice() -> None:
    column = pa.array([[n, n / 2] if n != 3 else None for n in range(5)], vector(2)).slice(2, 2)
    assert encode_arrow(column, vector(2)) == [struct.pack("<2f", 2, 1), None]


def test_a_chunked_column_is_encoded_whole() -> None:
    column = pa.chunked_array([[1, 2], [None], []], pa.int64())
    assert encode_arrow(column, pa.int64()) == [1, 2, None]


@pytest.mark.parametrize(
    ("type", "given", "stored"),
    [
        ("DECIMAL(12,10)", "0.0000000012", "0.0000000012"),
        ("TIME", 3_600_000_000, "01:00:00.000000"),
        ("BOOLEAN", True, 1),
        ("DOUBLE", float("nan"), "NaN"),
        ("UUID", bytes(16), "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_storage_forms_are_readable(type: str, given: Any, stored: Any) -> None:
    arrow = parse_type(type)
    storage = pa.array([given], pa.string()) if isinstance(given, str) else pa.array([given])
    if arrow == UUID:
        storage = storage.cast(pa.binary(16))
    assert encode_arrow(storage.cast(arrow), arrow) == [stored]
