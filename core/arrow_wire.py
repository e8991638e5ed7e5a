"""Answers as Arrow IPC streams that can't be mistaken for whole when they are not.

schema     with the certificate as metadata: it is known before the first row
batches    ...
one batch without rows, whose own metadata says `end` and the number of rows, or the error

Any Arrow reader reads it. After an error the stream breaks off inside a message, so that a reader which
knows nothing of this fails as well, where it would otherwise take the rows so far for all.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa

from .certificate import Certificate
from .errors import Error, Invalid, Unavailable
from .results import Result
from .wire import dump, error_body, error_of, load

ARROW = "application/vnd.apache.arrow.stream"

_CERTIFICATE = b"thermocline.certificate"
_END = b"thermocline.end"
_ERROR = b"thermocline.error"
_FINISH = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""How every Arrow stream ends."""
_BROKEN = b"\xff\xff\xff\xff\x40\x00\x00\x00"
"""The head of a message that never comes."""
_MOST_ROWS = 131_072


def encode_answer(result: Result, failed: Callable[[Error], None]) -> Iterator[bytes]:
    """The stream in pieces. An error before the first row is raised; a later one becomes the last batch,
    and is told to `failed`."""
    schema = result.schema
    certificate = orjson.dumps(result.certificate.to_dict(), option=orjson.OPT_NON_STR_KEYS)
    pieces = _Pieces()
    writer = pa.ipc.new_stream(
        pa.PythonFile(pieces, mode="w"),
        schema.with_metadata({**(schema.metadata or {}), _CERTIFICATE: certificate}),
    )
    last = pa.RecordBatch.from_pylist([], schema)
    rows = 0
    problem = b""
    try:
        for batch in result.batches():
            for start in range(0, batch.num_rows, _MOST_ROWS):
                part = batch.slice(start, _MOST_ROWS)
                writer.write_batch(part)
                rows += part.num_rows
                yield pieces.take()
    except Error as error:
        if not rows:
            raise
        failed(error)
        problem = dump(error_body(error))
    if problem:
        writer.write_batch(last, custom_metadata={_ERROR: problem})
        yield pieces.take() + _BROKEN
        return
    writer.write_batch(last, custom_metadata={_END: str(rows).encode()})
    writer.close()
    yield pieces.take()


def decode_answer(source: Any) -> Result:
    """The answer in an Arrow stream (bytes or a readable file), to be read once.

    Reading it raises the error that was sent, or `Unavailable` if it breaks off.
    """
    try:
        reader = pa.ipc.open_stream(source)
    except (pa.ArrowInvalid, OSError):
        raise _broken_off(0) from None
    metadata: Mapping[bytes, bytes] = reader.schema.metadata or {}
    kept = {name: value for name, value in metadata.items() if name != _CERTIFICATE}
    schema = reader.schema.with_metadata(kept) if kept else reader.schema.remove_metadata()
    certificate = Certificate.from_dict(load(metadata[_CERTIFICATE]))
    return Result(pa.RecordBatchReader.from_batches(schema, _batches(reader, kept or None)), certificate)


def encode_rows(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def decode_rows(data: bytes) -> pa.Table:
    """The table in an Arrow stream. Raises `Invalid` unless it is whole and sound."""
    if not data.endswith(_FINISH):
        raise Invalid(
            "the Arrow stream has no end: it was cut short, or its writer was not closed",
            hint="close the writer before sending",
        )
    try:
        table = pa.ipc.open_stream(data).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as problem:
        raise Invalid(f"not an Arrow stream: {problem}", hint=f"send {ARROW}") from None
    return table


def _batches(reader: pa.RecordBatchReader, metadata: Mapping[bytes, bytes] | None) -> Iterator[Any]:
    rows = 0
    while True:
        try:
            batch, said = reader.read_next_batch_with_custom_metadata()
        except (StopIteration, pa.ArrowInvalid, OSError):
            raise _broken_off(rows) from None
        if said and _ERROR in said:
            raise error_of(load(said[_ERROR]))
        if said and _END in said:
            if int(said[_END]) != rows:
                raise _broken_off(rows)
            return
        rows += batch.num_rows
        yield batch.replace_schema_metadata(metadata)


def _broken_off(rows: int) -> Unavailable:
    return Unavailable(f"the answer broke off after {rows} rows", hint="ask again; these rows are not all")


class _Pieces(io.RawIOBase):
    """A sink that hands out what was written since it was last asked."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written.append(bytes(data))
        return len(self._written[-1])

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken
