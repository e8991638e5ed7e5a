"""How the values of a column stand in SQLite, and how they become Arrow again, bit for bit.

| column type            | in SQLite                | inside a LIST or STRUCT, which is JSON text |
|------------------------|--------------------------|---------------------------------------------|
| BOOLEAN                | 0 or 1                   | the same                                    |
| INTEGER, BIGINT        | integer                  | the same                                    |
| FLOAT, DOUBLE          | real; NaN as 'NaN'       | and 'Infinity', '-Infinity'                 |
| DECIMAL(p,s)           | text with s decimals     | the same                                    |
| VARCHAR, JSON          | text                     | the same                                    |
| BLOB                   | blob                     | base64 text                                 |
| DATE, TIME             | ISO text (TIME: 6 digits)| the same                                    |
| TIMESTAMP, TIMESTAMPTZ | integer microseconds     | the same                                    |
| UUID                   | text of 36 characters    | the same                                    |
| FLOAT[n]               | blob: n float32, LE      |                                             |
| LIST, STRUCT           | JSON array, JSON object  | nested                                      |

Each value has exactly one storage form, whichever way it came in, so digests of rows can be compared.
SQLite turns NaN into NULL, hence the text. The columns are declared without a type: an affinity would turn
1.0 into 1 and lose the sign of -0.0. Dates lie in the years 1 to 9999; intake sees to that.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...core.types import JSON, UUID, is_vector

NAN = "NaN"
_NIL_UUID = "0" * 32


def decode(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    """Storage forms (`None`: null) as an Arrow array of `type`."""
    t = pa.types
    if t.is_floating(type):
        return _decode_floats(values, type)
    if t.is_boolean(type):
        return pa.array(values, pa.int8()).cast(type)
    if t.is_timestamp(type):
        return pa.array(values, pa.int64()).cast(type)
    if t.is_date(type) or t.is_decimal(type):
        return pa.array(values, pa.string()).cast(type)
    if t.is_time(type):
        return _decode_times(values, type)
    if type == UUID:
        return _decode_uuids(values)
    if type == JSON:
        return pa.ExtensionArray.from_storage(JSON, pa.array(values, pa.string()))
    if is_vector(type):
        return _decode_vectors(values, type)
    if t.is_nested(type):
        return _from_forms([None if v is None else orjson.loads(v) for v in values], type)
    return pa.array(values, type)


def encode_arrow(column: pa.Array | pa.ChunkedArray, type: pa.DataType) -> list[Any]:
    """The storage forms of an Arrow column, which is cast to `type` first."""
    t = pa.types
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type != type:
        column = column.cast(type)
    if t.is_floating(type):
        return _encode_floats(column)
    if t.is_boolean(type):
        return list(column.cast(pa.int8()).to_pylist())
    if t.is_timestamp(type):
        return list(column.cast(pa.int64()).to_pylist())
    if t.is_decimal(type):
        # Arrow writes small numbers as 1.2E-9.
        return [
            f"{Decimal(text):f}" if text is not None and "E" in text else text
            for text in column.cast(pa.string()).to_pylist()
        ]
    if t.is_date(type) or t.is_time(type):
        return list(column.cast(pa.string()).to_pylist())
    if type == UUID:
        return [None if raw is None else hyphenated(raw.hex()) for raw in column.storage.to_pylist()]
    if type == JSON:
        return list(column.storage.to_pylist())
    if is_vector(type):
        return _encode_vectors(column)
    if t.is_nested(type):
        return [None if form is None else nested_text(form) for form in _to_forms(column, type)]
    return list(column.to_pylist())


def hyphenated(digits: str) -> str:
    """32 hex digits as the usual text of a UUID."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def nested_text(form: Any) -> str:
    """The JSON text of a LIST or STRUCT whose leaves went through `leaf_form`."""
    return orjson.dumps(form).decode()


def leaf_form(value: Any) -> Any:
    """The JSON form of a storage form: JSON has neither bytes nor infinities."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _decode_floats(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type)
    except pa.ArrowInvalid:  # a text is among them
        return pa.array([float(v) if isinstance(v, str) else v for v in values], type)


def _encode_floats(column: pa.Array) -> list[Any]:
    values = list(column.to_pylist())
    if pc.any(pc.is_nan(column)).as_py():
        return [NAN if v is not None and v != v else v for v in values]
    return values


def _decode_vectors(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    nothing = bytes(4 * type.list_size)
    numbers = np.frombuffer(b"".join([nothing if v is None else v for v in values]), "<f4")
    missing = pa.array([v is None for v in values], pa.bool_())
    return pa.FixedSizeListArray.from_arrays(pa.array(numbers), type=type, mask=missing)


def _encode_vectors(column: pa.Array) -> list[Any]:
    rows = vector_matrix(column).astype("<f4", copy=False)
    return [row.tobytes() if valid else None for row, valid in zip(rows, column.is_valid(), strict=True)]


def vector_matrix(column: pa.Array) -> np.ndarray[Any, Any]:
    """The numbers of a FLOAT[n] column, one row each, without a copy; those of a null mean nothing."""
    size = column.type.list_size
    numbers = column.values.slice(column.offset * size, len(column) * size)
    matrix: np.ndarray[Any, Any] = numbers.to_numpy(zero_copy_only=False).reshape(len(column), size)
    return matrix


def _decode_times(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    # Arrow parses timestamps but no times of day.
    dated = pc.binary_join_element_wise("1970-01-01T", pa.array(values, pa.string()), "")
    return dated.cast(pa.timestamp("us")).cast(pa.int64()).cast(type)


def _decode_uuids(values: Sequence[Any]) -> pa.Array:
    digits = "".join([_NIL_UUID if v is None else v for v in values]).replace("-", "")
    storage = pa.Array.from_buffers(pa.binary(16), len(values), [None, pa.py_buffer(bytes.fromhex(digits))])
    if None in values:
        present = pa.array([v is not None for v in values], pa.bool_())
        storage = pc.if_else(present, storage, pa.scalar(None, pa.binary(16)))
    return pa.ExtensionArray.from_storage(UUID, storage)


def _to_forms(column: pa.Array, type: pa.DataType) -> list[Any]:
    if pa.types.is_list(type):
        offsets = column.offsets.to_pylist()
        first = offsets[0]
        items = _to_forms(column.values.slice(first, offsets[-1] - first), type.value_type)
        return [
            items[start - first : end - first] if valid else None
            for valid, start, end in zip(column.is_valid().to_pylist(), offsets, offsets[1:], strict=False)
        ]
    if pa.types.is_struct(type):
        names = [field.name for field in type]
        parts = [_to_forms(part, part.type) for part in column.flatten()]
        rows = (dict(zip(names, row, strict=True)) for row in zip(*parts, strict=True))
        return [
            row if valid else None for row, valid in zip(rows, column.is_valid().to_pylist(), strict=True)
        ]
    return list(map(leaf_form, encode_arrow(column, type)))


def _from_forms(forms: Sequence[Any], type: pa.DataType) -> pa.Array:
    if pa.types.is_list(type):
        offsets: list[int] = [0]
        items: list[Any] = []
        for form in forms:
            items.extend(form or ())
            offsets.append(len(items))
        return pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()),
            _from_forms(items, type.value_type),
            type=type,
            mask=pa.array([form is None for form in forms], pa.bool_()),
        )
    if pa.types.is_struct(type):
        parts = [
            _from_forms([None if form is None else form[field.name] for form in forms], field.type)
            for field in type
        ]
        mask = pa.array([form is None for form in forms], pa.bool_())
        return pa.StructArray.from_arrays(parts, fields=list(type), mask=mask)
    if pa.types.is_binary(type):
        return pa.array([None if form is None else base64.b64decode(form) for form in forms], type)
    return decode(forms, type)
