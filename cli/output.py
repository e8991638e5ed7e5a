"""Answers as bytes: a table for people, JSON, NDJSON, CSV, Arrow and Parquet for programs.

All but the table are written batch by batch, so an answer larger than memory passes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from ..core import values
from ..core.errors import Unavailable
from ..core.results import Result
from .table import draw

TERMINAL_ROWS = 100
"""Rows of a table that a terminal is given; a file or a pipe gets all."""

Writer = Callable[[Result, BinaryIO], None]


def write_json(result: Result, out: BinaryIO) -> None:
    """`{"columns": [...], "rows": [[...], ...], "certificate": {...}}`, one row a line."""
    out.write(b'{"columns": ' + values.to_json(result.columns) + b', "rows": [')
    _write_items(out, (values.to_json(row) for row in _json_rows(result)))
    out.write(b'], "certificate": ' + values.to_json(result.certificate.to_dict()) + b"}\n")


def write_objects(result: Result, out: BinaryIO) -> None:
    """A JSON array of objects, as `thermocline import` reads it."""
    out.write(b"[")
    _write_items(out, _json_objects(result))
    out.write(b"]\n")


def write_ndjson(result: Result, out: BinaryIO) -> None:
    out.writelines(line + b"\n" for line in _json_objects(result))


def write_csv(result: Result, out: BinaryIO) -> None:
    """RFC 4180, with `\\n`. Null is an empty field, an empty text is `""`."""
    header = _csv_lines([pa.array([name], pa.string()) for name in result.columns])
    out.write(header[0].as_py().encode() + b"\n")
    for batch in result.batches():
        if batch.num_rows:
            lines = _csv_lines(values.text_columns(batch))
            out.write("\n".join(lines.to_pylist()).encode() + b"\n")


def write_arrow(result: Result, out: BinaryIO) -> None:
    """An Arrow IPC stream."""
    with pa.ipc.new_stream(out, result.schema) as writer:
        for batch in result.batches():
            writer.write_batch(batch)


def write_arrow_file(result: Result, out: BinaryIO) -> None:
    """An Arrow IPC file (Feather 2)."""
    with pa.ipc.new_file(out, result.schema) as writer:
        for batch in result.batches():
            writer.write_batch(batch)


def write_parquet(result: Result, out: BinaryIO) -> None:
    from pyarrow import parquet

    with parquet.ParquetWriter(out, result.schema, compression="zstd") as writer:
        for batch in result.batches():
            writer.write_batch(batch)


def table_lines(result: Result, *, width: int | None, limit: int | None) -> list[str]:
    """The answer as a table; with `limit`, so many rows and a line that tells of the rest."""
    table = result.arrow()
    shown = (table if limit is None else table.slice(0, limit)).combine_chunks().to_batches()
    rows = [row for batch in shown for row in text_rows(batch)]
    lines = draw(result.columns, rows, numbers=[values.is_number(f.type) for f in result.schema], width=width)
    if more := table.num_rows - len(rows):
        lines.append(f" … {more:,} more rows")
    return lines


def text_rows(batch: pa.RecordBatch) -> Iterable[tuple[str | None, ...]]:
    return zip(*(column.to_pylist() for column in values.text_columns(batch)), strict=True)


STDOUT_FORMATS: dict[str, Writer] = {
    "json": write_json,
    "ndjson": write_ndjson,
    "csv": write_csv,
    "arrow": write_arrow,
}
FILE_FORMATS: dict[str, Writer] = {
    "json": write_objects,
    "ndjson": write_ndjson,
    "jsonl": write_ndjson,
    "csv": write_csv,
    "arrow": write_arrow_file,
    "parquet": write_parquet,
}


def write_file(result: Result, file: Path, writer: Writer) -> int:
    """Writes beside `file` and renames, so that no half file is ever seen. Returns the rows."""
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in result.batches():
            rows += batch.num_rows
            yield batch

    partial = file.with_name(f".{file.name}.part")
    try:
        with partial.open("wb") as out:
            writer(
                Result(pa.RecordBatchReader.from_batches(result.schema, counted()), result.certificate), out
            )
        partial.replace(file)
    except OSError as error:
        raise Unavailable(f"cannot write {file}: {error.strerror}", hint="choose another place") from error
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _json_rows(result: Result) -> Iterator[tuple[object, ...]]:
    for batch in result.batches():
        yield from zip(*values.json_columns(batch), strict=True)


def _json_objects(result: Result) -> Iterator[bytes]:
    names = result.columns
    for row in _json_rows(result):
        yield values.to_json(dict(zip(names, row, strict=True)))


def _write_items(out: BinaryIO, items: Iterable[bytes]) -> None:
    separator = b"\n"
    for item in items:
        out.write(separator + item)
        separator = b",\n"
    if separator != b"\n":
        out.write(b"\n")


def _csv_lines(columns: list[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(
        *(_csv_field(column) for column in columns), ",", null_handling="replace", null_replacement=""
    )


def _csv_field(text: pa.Array) -> pa.Array:
    """Quoted where it must be: whole columns at once, as rows in Python took ten times as long."""
    risky = pc.match_substring_regex(text, r'[",\r\n]|^$')
    if not pc.any(risky).as_py():
        return text
    doubled = pc.replace_substring(text, '"', '""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(risky, quoted, text)
