"""Parquet and Arrow files: types come with them, and chunks are record batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ....core.errors import Invalid
from ....core.types import JSON, stored_type
from ...hot.codec import decode
from ..arrow import fitted, plain_array, unsettled
from ..columns import Target
from ..values import encoder
from .records import Chunk, Key, OnBad
from .source import Source

Batches = Callable[[BinaryIO, int], tuple[pa.Schema, Iterator[pa.RecordBatch]]]


class ArrowFormat:
    """A file that pyarrow reads as record batches. `kind`: what to call it in errors."""

    def __init__(self, source: Source, kind: str, batches: Batches) -> None:
        self._source = source
        self._kind = kind
        self._batches = batches
        self._schema = pa.schema([])

    def types(self, blocks: Iterable[bytes], on_bad: OnBad) -> dict[Key, pa.DataType]:  # noqa: ARG002
        deque(blocks, maxlen=0)
        with closing(self._source.seekable()) as file:
            self._schema = self._read(lambda: self._batches(file, 1))[0]
        return {key: _stored(field) for key, field in enumerate(self._schema)}

    def label(self, key: Key) -> str:
        return str(self._schema.field(int(key)).name)

    def convert(self, values: Any, type: pa.DataType) -> pa.Array:
        column = fitted(
            plain_array(values), Target("", type, None if pa.types.is_null(type) else encoder(type))
        )
        return column if isinstance(column, pa.Array) else decode(column[1], column[0])

    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:  # noqa: ARG002
        first = 1
        with closing(self._source.seekable()) as file:
            batches = self._read(lambda: self._batches(file, rows))[1]
            while (batch := self._read(lambda: next(batches, None))) is not None:
                self._read(lambda: batch.validate(full=True))
                for start in range(0, batch.num_rows, rows):
                    part = batch.slice(start, rows)
                    yield Chunk(
                        range(first, first + part.num_rows),
                        None,
                        dict(enumerate(part.columns)),
                        _content(part),
                    )
                    first += part.num_rows

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (pa.ArrowException, OSError) as problem:
            raise Invalid(
                f"{self._source.path} cannot be read as {self._kind}: {str(problem).splitlines()[0]}",
                hint="copy or write it again",
            ) from None


def parquet(file: BinaryIO, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    opened = pq.ParquetFile(file)
    return opened.schema_arrow, opened.iter_batches(batch_size=rows)


def arrow_file(file: BinaryIO, _rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    opened = pa.ipc.open_file(file)
    return opened.schema, (opened.get_batch(n) for n in range(opened.num_record_batches))


def arrow_stream(file: BinaryIO, _rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    opened = pa.ipc.open_stream(file)
    return opened.schema, iter(opened)


def _stored(field: pa.Field) -> pa.DataType:
    try:
        return JSON if unsettled(field.type) else stored_type(field.type)
    except Invalid as problem:
        raise Invalid(f"column `{field.name}`: {problem.message}", hint=problem.hint) from None


def _content(batch: pa.RecordBatch) -> Callable[[int], str]:
    return lambda index: orjson.dumps(
        {name: column[index].as_py() for name, column in zip(batch.schema.names, batch.columns, strict=True)},
        default=str,
    ).decode()
