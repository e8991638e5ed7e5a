"""The second pass over a file: its chunks as tables, ready to append."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ....core.errors import Invalid
from ....core.types import INSTANT, UUID, type_name
from ...hot.codec import decode, encode_arrow
from ..times import instants
from ..unfit import Unfit
from .quarantine import Quarantine
from .records import BadRecord, Chunk, Format, Key, take
from .source import Source


@dataclass(frozen=True, slots=True)
class Column:
    key: Key
    name: str
    type: pa.DataType


class FileBatches:
    """The second pass: iterate, once or again, for tables with `_id`, `_time` if asked for, and the columns.

    `renamed`: column -> its name in the file, where that could not be kept. `types`: column -> type, null
    if no value was seen. `quarantined`: records kept aside by the last iteration, in `quarantine_file`.
    """

    def __init__(
        self,
        source: Source,
        format: Format,
        columns: list[Column],
        digest: str,
        *,
        event_time: str | None,
        id_column: str | None,
        renamed: Mapping[str, str],
        quarantine: Quarantine | None,
        batch_rows: int,
    ) -> None:
        self.renamed = renamed
        self.types = {column.name: column.type for column in columns}
        self._source = source
        self._format = format
        self._columns = columns
        self._digest = digest
        self._event_time = event_time
        self._id_column = id_column
        self._quarantine = quarantine
        self._batch_rows = batch_rows

    @property
    def quarantined(self) -> int:
        return 0 if self._quarantine is None else self._quarantine.records

    @property
    def quarantine_file(self) -> Path | None:
        return self._quarantine.path if self._quarantine is not None and self.quarantined else None

    def __iter__(self) -> Iterator[pa.Table]:
        """Raises `Invalid` at a record that does not fit, unless there is a quarantine."""
        self._source.check_unchanged()
        if self._quarantine is not None:
            self._quarantine.records = 0
        try:
            for chunk in self._format.chunks(self._source.blocks("rows"), self._batch_rows):
                for bad in chunk.bad:
                    self._refuse(bad)
                table = self._table(chunk)
                if table.num_rows:
                    yield table
        finally:
            if self._quarantine is not None:
                self._quarantine.close()
        self._source.check_unchanged()

    def _table(self, chunk: Chunk) -> pa.Table:
        while True:
            unfit: dict[int, tuple[str, Unfit]] = {}
            arrays = self._arrays(chunk, unfit)
            if not unfit:
                return pa.table(arrays)
            for index, (name, problem) in sorted(unfit.items()):
                line = None if chunk.lines is None else chunk.lines[index]
                bad = BadRecord(chunk.rows[index], line, problem.reason, chunk.content(index), name)
                self._refuse(bad, problem.hint)
            chunk = chunk.without(unfit.keys())

    def _arrays(self, chunk: Chunk, unfit: dict[int, tuple[str, Unfit]]) -> dict[str, pa.Array]:
        """The columns of the table; the rows that fail one go to `unfit`."""
        count = len(chunk.rows)
        arrays: dict[str, pa.Array] = {"_id": pa.array([f"{self._digest}-{row:09d}" for row in chunk.rows])}
        for column in self._columns:
            values = chunk.columns.get(column.key)
            array = (
                pa.nulls(count, column.type)
                if values is None
                else self._convert(values, count, column, unfit)
            )
            if array is None:
                continue
            arrays[column.name] = array
            try:
                if column.name == self._event_time:
                    arrays["_time"] = _times(array)
                if column.name == self._id_column:
                    arrays["_id"] = _ids(array)
            except Unfit:
                for index in range(count):
                    try:
                        one = array.slice(index, 1)
                        _ = _times(one) if column.name == self._event_time else _ids(one)
                    except Unfit as problem:
                        unfit.setdefault(index, (column.name, problem))
        return arrays

    def _convert(
        self, values: Any, count: int, column: Column, unfit: dict[int, tuple[str, Unfit]]
    ) -> pa.Array | None:
        try:
            return self._format.convert(values, column.type)
        except Unfit:
            for index in range(count):
                try:
                    self._format.convert(take(values, [index]), column.type)
                except Unfit as problem:
                    unfit.setdefault(index, (column.name, problem))
                    if self._quarantine is None:
                        break
            return None

    def _refuse(self, bad: BadRecord, hint: str = "") -> None:
        if self._quarantine is None:
            refuse(self._source.path, hint)(bad)
        else:
            self._quarantine.add(bad)


def _times(column: pa.Array) -> pa.Array:
    """The instants of an event-time column. Raises `Unfit`."""
    t, type = pa.types, column.type
    if t.is_timestamp(type) or t.is_null(type):
        return column.cast(INSTANT)
    if t.is_date(type) or t.is_string(type):
        return decode(instants(column.cast(pa.string()).to_pylist()), INSTANT)
    raise Invalid(
        f"the event time cannot come from a {type_name(type)} column",
        hint="use a column of dates or times, as text or typed",
    )


def _ids(column: pa.Array) -> pa.Array:
    """The texts of an id column. Raises `Unfit` for a row without one."""
    t, type = pa.types, column.type
    if type == UUID:
        texts = pa.array(encode_arrow(column, type), pa.string())
    elif t.is_string(type) or t.is_integer(type) or t.is_decimal(type) or t.is_null(type):
        texts = column.cast(pa.string())
    else:
        raise Invalid(f"ids cannot come from a {type_name(type)} column", hint="use text or integers")
    missing = pc.or_kleene(pc.is_null(texts), pc.equal(texts, ""))
    if pc.any(missing).as_py():
        raise Unfit("no id", pc.index(missing, True).as_py(), "name a column that has a value in each row")
    return texts


def refuse(path: Path, hint: str = "") -> Callable[[BadRecord], None]:
    """What `on_error="stop"` does with a record: raises `Invalid` with its place."""

    def stop(bad: BadRecord) -> None:
        place = f"row {bad.row}" if bad.line is None else f"line {bad.line}"
        field = "" if bad.field is None else f", field `{bad.field}`"
        raise Invalid(
            f"{path}, {place}{field}: {bad.reason}",
            hint=hint or 'correct it, or import with on_error="quarantine"',
        )

    return stop
