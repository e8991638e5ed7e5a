"""Arrow tables to a batch: casts in Arrow, a column at a time.

    as given -> stored type of the same kind -> type of the table's column

Arrow is only the fast way. The rules are those for Python values: where Arrow has no cast with the same
meaning, or refuses one, the column goes that way, which also names the row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...core.errors import Invalid
from ...core.types import INSTANT, JSON, is_vector, stored_type
from ..hot.codec import encode_arrow, vector_matrix
from . import json_text
from .batch import Batch
from .columns import Target, Targets, resolve
from .envelope import check_envelope_name, envelope_column
from .infer import kinds_of
from .rows import payload_column
from .times import FIRST_US, LAST_US
from .unfit import Unfit, each
from .values import plain_column

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def table_to_batch(table: pa.Table, known: Targets) -> Batch:
    """A table as columns. Raises `Invalid` with the row and the field."""
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as problem:
        raise Invalid(f"damaged Arrow data: {problem}", hint="write it again") from None
    names = table.column_names
    if len(set(names)) < len(names):
        raise Invalid("two columns have one name", hint="rename one of them")
    envelope: dict[str, list[Any]] = {}
    payload: dict[str, list[Any]] = {}
    types: dict[str, pa.DataType] = {}
    arrow: dict[str, pa.Array] = {}
    given = [name for name in names if name.startswith("_")]
    for name in given:
        check_envelope_name(name)
        try:
            values = _envelope(name, plain_array(table.column(name).combine_chunks()))
        except Unfit as problem:
            raise problem.at(name) from None
        if values is not None:
            envelope[name] = values
    for name, target in resolve([n for n in names if n not in given], known).items():
        try:
            column = fitted(plain_array(table.column(name).combine_chunks()), target)
            if isinstance(column, pa.Array):
                arrow[target.name], types[target.name] = column, column.type
                payload[target.name] = encode_arrow(column, column.type)
            else:
                types[target.name], payload[target.name] = column
        except Unfit as problem:
            raise problem.at(name) from None
        except Invalid as problem:
            raise Invalid(f"field `{name}`: {problem.message}", hint=problem.hint) from None
    return Batch(table.num_rows, envelope, payload, types, arrow)


def plain_array(array: pa.Array) -> pa.Array:
    """The array without a dictionary or run-ends at its top."""
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _envelope(name: str, column: pa.Array) -> list[Any] | None:
    if column.null_count == len(column):
        return None
    if name == "_time" and (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        micros = _checked(_safe(column.cast(INSTANT, safe=False) if _finer(column.type) else column, INSTANT))
        return encode_arrow(micros, INSTANT)
    values, kinds = plain_column(column.to_pylist(), kinds_of(column.to_pylist()))
    return envelope_column(name, values, kinds)


def _as_bigint(column: pa.Array) -> pa.Array:
    """Unsigned integers for a signed column: those that fit are ordinary, the first other one is named."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        first = pc.index(pc.greater(column, pa.scalar((1 << 63) - 1, pa.uint64())), True).as_py()
        raise Unfit(
            f"{column[first].as_py()} does not fit BIGINT",
            first,
            "correct the value, or give it another name",
        ) from None


def _finer(type: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(type) and type.unit == "ns")


def fitted(column: pa.Array, target: Target) -> pa.Array | tuple[pa.DataType, list[Any]]:
    """The column in its stored type, or if Arrow cannot say, its type and storage forms."""
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), target.type)
    if unsettled(column.type):
        return payload_column(column.to_pylist(), target)
    if pa.types.is_uint64(column.type) and pa.types.is_integer(target.type):
        column = _as_bigint(column)
    stored = stored_type(column.type)
    column = _checked(_safe(column, stored))
    if target.encoder is None or target.type == stored:
        return column
    fitted = _fit(column, target.type)
    return payload_column(column.to_pylist(), target) if fitted is None else _checked(fitted)


def unsettled(type: pa.DataType) -> bool:
    """Whether a nested type leaves open what it holds: the values decide, as for dicts."""
    t = pa.types
    if t.is_struct(type):
        names = [field.name for field in type]
        if len(set(names)) < len(names):
            raise Invalid(f"two fields of one name in {type}", hint="rename one of them")
        return not names or any(t.is_null(f.type) or unsettled(f.type) for f in type)
    if t.is_nested(type) and not t.is_map(type) and not t.is_union(type):
        return bool(t.is_null(type.value_type) or unsettled(type.value_type))
    return False


def _safe(column: pa.Array, stored: pa.DataType) -> pa.Array:
    """A cast that loses nothing. Raises `Unfit` at the first value that has no place in `stored`."""
    if column.type == stored:
        return column
    try:
        return column.cast(stored)
    except pa.ArrowInvalid as problem:
        reason = str(problem).splitlines()[0]
    first, last = 0, len(column)  # the first failing row lies in [first, last)
    while last - first > 1:
        middle = (first + last) // 2
        try:
            column.slice(first, middle - first).cast(stored)
            first = middle
        except pa.ArrowInvalid:
            last = middle
    raise Unfit(reason, first, "cast the column before appending it")


def _fit(column: pa.Array, target: pa.DataType) -> pa.Array | None:
    """The cast to another type where Arrow's meaning is ours; `None` if it is not or a value does not fit."""
    t, given = pa.types, column.type
    try:
        if t.is_integer(given) and t.is_decimal(target):
            return column.cast(pa.decimal128(19, 0)).cast(target)
        if t.is_floating(given) and t.is_floating(target):
            narrowed = column.cast(target)
            overflowed = pc.any(pc.and_(pc.is_inf(narrowed), pc.is_finite(column))).as_py()
            return None if overflowed else narrowed
        if (
            (t.is_integer(given) and (t.is_integer(target) or t.is_floating(target)))
            or (t.is_decimal(given) and t.is_decimal(target))
            or ((t.is_timestamp(given) or t.is_date(given)) and t.is_timestamp(target))
            or (t.is_string(given) and t.is_date(target))
            or (t.is_list(given) and t.is_floating(given.value_type) and is_vector(target))
        ):
            return column.cast(target)
    except pa.ArrowInvalid:
        pass
    return None


def _checked(column: pa.Array) -> pa.Array:
    """The column, if its values are ones that every door of the lake can show. Raises `Unfit`."""
    t, type = pa.types, column.type
    if type == JSON:
        each(column.storage.to_pylist(), json_text.check)
    elif t.is_date(type):
        _within(column.cast(pa.int32()), _FIRST_DAY, _LAST_DAY)
    elif t.is_timestamp(type):
        _within(column.cast(pa.int64()), FIRST_US, LAST_US)
    elif is_vector(type):
        _check_vectors(column)
    elif t.is_nested(type):
        _check_nested(column)
    return column


def _check_vectors(column: pa.Array) -> None:
    present = column.is_valid().to_numpy(zero_copy_only=False)
    finite = np.isfinite(vector_matrix(column)).all(axis=1)
    wrong = np.flatnonzero(present & ~finite)
    if len(wrong):
        raise Unfit(
            "a vector holds a number that is null, not finite, or out of FLOAT's range", int(wrong[0])
        )


def _check_nested(column: pa.Array) -> None:
    if pa.types.is_struct(column.type):
        parts = column.flatten()
    else:
        offsets = column.offsets
        parts = [column.values.slice(offsets[0].as_py(), offsets[-1].as_py() - offsets[0].as_py())]
    try:
        for part in parts:
            _checked(part)
    except Unfit:
        if len(column) > 1:  # the index is one of the items: look row by row for that of the column
            for index in range(len(column)):
                try:
                    _check_nested(column.slice(index, 1))
                except Unfit as problem:
                    problem.index = index
                    raise
        raise


def _within(numbers: pa.Array, low: int, high: int) -> None:
    outside = pc.or_(pc.less(numbers, low), pc.greater(numbers, high))
    if pc.any(outside).as_py():
        raise Unfit("a value outside the years 1 to 9999", pc.index(outside, True).as_py())
