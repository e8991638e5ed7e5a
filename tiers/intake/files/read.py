"""A file as batches of rows, ready to append.

    first pass    hash of the content, columns and their types from the whole file
    second pass   chunk by chunk: records -> columns in those types -> `_id`, `_time` -> a table

Nothing is delivered before the first pass is through, so a file that is damaged further down, or whose types
only show at its end, has had no effect by then. Ids follow from the content and the row: a rerun after a
crash gives the same ids, and what is there already is not written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ....core.errors import Invalid, NotFound, nearest
from ....core.protocols import Progress
from ....core.schema import Schema
from ..columns import targets
from .arrow_records import ArrowFormat, arrow_file, arrow_stream, parquet
from .batches import Column, FileBatches, refuse
from .csv_records import CsvFormat
from .json_records import JsonArrayFormat, NdjsonFormat
from .names import valid_names
from .quarantine import Quarantine
from .records import Format
from .source import Hashed, Source

BATCH_ROWS = 50_000


def read_file(
    path: str | Path,
    *,
    schema: Schema | None = None,
    event_time: str | None = None,
    id_column: str | None = None,
    on_error: str = "stop",
    quarantine: str | Path | None = None,
    batch_rows: int = BATCH_ROWS,
    progress: Progress | None = None,
) -> FileBatches:
    """The first pass over a CSV, NDJSON, JSON array, Parquet or Arrow file, gzipped or not.

    `schema`: of the table, if it exists; its types then hold. `event_time`, `id_column`: columns that give
    `_time` and `_id`. `on_error`: "stop" raises at the first record that is malformed or does not fit,
    "quarantine" writes each to the file named `quarantine` and goes on. `progress` counts bytes of the file.
    Raises `NotFound` for the file or a column, `Invalid` with file, line or row, and field.
    """
    wishes = Wishes(schema, event_time, id_column, on_error, quarantine, batch_rows)
    return read_wished(Path(path), wishes, progress)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a table is to be read; see `read_file`."""

    schema: Schema | None = None
    event_time: str | None = None
    id_column: str | None = None
    on_error: str = "stop"
    quarantine: str | Path | None = None
    batch_rows: int = BATCH_ROWS

    def __post_init__(self) -> None:
        if self.on_error not in ("stop", "quarantine") or (self.on_error == "quarantine") != (
            self.quarantine is not None
        ):
            raise Invalid(
                f"on_error={self.on_error!r}, quarantine={self.quarantine!r}",
                hint='"stop", or "quarantine" and the file to put malformed records in',
            )


def read_wished(path: Path, wishes: Wishes, progress: Progress | None) -> FileBatches:
    """The same as `read_file`."""
    source = Source(path, progress)
    content = Hashed(source.blocks("types"))
    return first_pass(source, _format(source), content, content.digest, wishes)


def first_pass(
    source: Source, format: Format, blocks: Iterable[bytes], digest: Callable[[], str], wishes: Wishes
) -> FileBatches:
    """Types, names and columns of one table. `digest`: what its ids begin with, known after all blocks."""
    path, quarantine = source.path, wishes.quarantine
    kept = None if quarantine is None else Quarantine(Path(quarantine), path)
    try:
        found = format.types(blocks, refuse(path) if kept is None else lambda _bad: None)
    except Invalid as problem:
        raise _named(problem, path) from None
    names = valid_names([format.label(key) for key in found])
    known = targets(wishes.schema)
    columns = []
    for (key, type), name in zip(found.items(), names, strict=True):
        target = known.folded.get(name.lower())
        typed = target is not None and not pa.types.is_null(target.type)
        columns.append(Column(key, name, target.type if target is not None and typed else type))
    labels = {column.name: format.label(column.key) for column in columns}
    return FileBatches(
        source,
        format,
        columns,
        digest(),
        event_time=_find(wishes.event_time, labels, "event time"),
        id_column=_find(wishes.id_column, labels, "ids"),
        renamed={name: label for name, label in labels.items() if name != label},
        quarantine=kept,
        batch_rows=wishes.batch_rows,
    )


def _format(source: Source) -> Format:
    """By content; the name only decides between CSV and JSON, as a CSV header may begin with a bracket."""
    head = source.head
    if head.startswith(b"PAR1"):
        return ArrowFormat(source, "Parquet", parquet)
    if head.startswith(b"ARROW1"):
        return ArrowFormat(source, "an Arrow file", arrow_file)
    if head.startswith(b"\xff\xff\xff\xff"):
        return ArrowFormat(source, "an Arrow stream", arrow_stream)
    if b"\0" in head:
        raise Invalid(
            f"{source.path} is no file of a known kind",
            hint="CSV, NDJSON, a JSON array, Parquet, Arrow and SQLite are read, gzipped or not",
        )
    suffix = Path(source.path.name.lower().removesuffix(".gz")).suffix
    if suffix not in (".csv", ".tsv"):
        first = head.lstrip()[:1]
        if first == b"[":
            return JsonArrayFormat()
        if first == b"{" or suffix in (".ndjson", ".jsonl", ".json"):
            return NdjsonFormat()
    return CsvFormat(head)


def _find(wanted: str | None, labels: Mapping[str, str], purpose: str) -> str | None:
    """The column that is called `wanted`, by its name here or in the file."""
    if wanted is None:
        return None
    for name, label in labels.items():
        if wanted in (name, label):
            return name
    for name in labels:
        if wanted.lower() == name.lower():
            return name
    raise NotFound(f"no column `{wanted}` to take the {purpose} from", hint=nearest(wanted, labels))


def _named(problem: Invalid, path: Path) -> Invalid:
    if str(path) in problem.message:
        return problem
    return Invalid(f"{path}: {problem.message}", hint=problem.hint)
