"""Dicts to a batch. Work per cell is done by C loops over columns wherever a check of a column can do.

A single row against a known schema takes a path of its own: it costs microseconds, not tens of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

import pyarrow as pa

from ...core.errors import Invalid
from ...core.schema import GIVEN
from ...core.types import is_vector
from .batch import Batch
from .cloudevents import is_cloudevent, to_row
from .columns import Target, Targets, resolve
from .envelope import check_envelope_name, envelope_column, envelope_value
from .infer import infer, infer_vectors, kinds_of
from .unfit import Unfit
from .values import encoder, plain_column


def rows_to_batch(rows: Iterable[Mapping[str, Any]], known: Targets, *, stream_given: bool) -> Batch:
    """Rows, some or all of them CloudEvents, as columns. Raises `Invalid` with the row and the field."""
    dicts = _as_dicts(rows)
    if len(dicts) == 1 and (batch := _one_row(dicts[0], known)) is not None:
        return batch
    columns = columns_of(dicts)
    if "specversion" in columns:
        dicts = [
            to_row(row, number, stream_given=stream_given) if is_cloudevent(row) else row
            for number, row in enumerate(dicts, start=1)
        ]
        columns = columns_of(dicts)
    envelope: dict[str, list[Any]] = {}
    fields: dict[str, list[Any]] = {}
    for name, values in columns.items():
        if isinstance(name, str) and name.startswith("_"):
            check_envelope_name(name)
            if kinds := kinds_of(values):
                try:
                    envelope[name] = envelope_column(name, values, kinds)
                except Unfit as problem:
                    raise problem.at(name) from None
        else:
            fields[name] = values
    payload: dict[str, list[Any]] = {}
    types: dict[str, pa.DataType] = {}
    for name, target in resolve(fields, known).items():
        try:
            types[target.name], payload[target.name] = payload_column(fields[name], target)
        except Unfit as problem:
            raise problem.at(name) from None
    return Batch(len(dicts), envelope, payload, types)


def payload_column(values: list[Any], target: Target) -> tuple[pa.DataType, list[Any]]:
    """The type and the storage forms of one column. Raises `Unfit`."""
    kinds = kinds_of(values)
    encode = target.encoder
    if encode is None and (vectors := infer_vectors(values, kinds)) is not None:
        encode = encoder(vectors)
    if encode is None or not is_vector(encode.type):  # whose encoder takes numpy's arrays as they are
        values, kinds = plain_column(values, kinds)
    encode = encode or encoder(infer(values, kinds))
    return encode.type, encode.column(values, kinds)


def _as_dicts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    given: list[Any] = rows if isinstance(rows, list) else list(rows)
    if set(map(type, given)) <= {dict}:
        return given
    dicts: list[dict[str, Any]] = []
    for number, row in enumerate(given, start=1):
        if not isinstance(row, Mapping):
            raise Invalid(
                f"row {number} is {type(row).__name__}, not a dict",
                hint="give dicts, or a pyarrow Table, RecordBatch or RecordBatchReader",
            )
        dicts.append(dict(row))
    return dicts


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Every key of any row, in order of appearance, with one value a row."""
    if not rows:
        return {}
    names = tuple(rows[0])
    # As many keys in each row, and each of these in it: then the rows have the same keys.
    if len(names) > 1 and set(map(len, rows)) == {len(names)}:
        try:
            cells = zip(*map(itemgetter(*names), rows), strict=True)
            return dict(zip(names, map(list, cells), strict=True))
        except KeyError:
            pass
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    return {name: [row.get(name) for row in rows] for name in names}


def _one_row(row: dict[str, Any], known: Targets) -> Batch | None:
    """The row, if all of its fields are known and fit at first sight; the long way tells what is wrong."""
    exact = known.exact
    envelope: dict[str, list[Any]] = {}
    payload: dict[str, list[Any]] = {}
    types: dict[str, pa.DataType] = {}
    if "specversion" in row:
        return None
    try:
        for name, value in row.items():
            target = exact.get(name)
            if target is not None:
                if target.encoder is None:
                    return None
                payload[name] = [None if value is None else target.encoder.one(value)]
                types[name] = target.type
            elif name in GIVEN:
                if value is not None:
                    envelope[name] = [envelope_value(name, value)]
            else:
                return None
    except Unfit:
        return None
    return Batch(1, envelope, payload, types)
