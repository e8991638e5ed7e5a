"""What the calls of a lake give back, as values that pickle and that every door can show."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from .certificate import Certificate
from .errors import Unavailable
from .types import UUID

ResultStream = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Appended:
    """`rows`: newly written; sequences are `None` when all were duplicates; `version`: the stream's.

    `added`: payload fields that this batch brought to the table, name -> type.
    """

    first_seq: int | None
    last_seq: int | None
    rows: int
    duplicates: int = 0
    version: int | None = None
    added: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """`rows`, `files`, `bytes` written by the step; `watermark`: the highest sequence past the boundary."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    watermark: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            self.rows + other.rows,
            self.files + other.files,
            self.bytes + other.bytes,
            max(self.watermark, other.watermark),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` read and found sound."""

    tables: int = 0
    segments: int = 0
    rows: int = 0

    def __add__(self, other: Report) -> Report:
        """What two shards of one database hold together; their tables are the same."""
        tables = max(self.tables, other.tables)
        return Report(tables, self.segments + other.segments, self.rows + other.rows)


@dataclass(frozen=True, slots=True)
class Imported:
    """`rows`: newly written; `quarantined`: lines kept aside, in `quarantine_file`. `renamed`: column -> its
    name in the file, where that could not be kept. `parts`: of a file of several tables, what came of each;
    then the numbers are their sums, and `renamed` is of tables."""

    table: str
    rows: int
    duplicates: int = 0
    quarantined: int = 0
    quarantine_file: str | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Imported, ...] = ()

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Imported:
        return Imported(**{**raw, "parts": tuple(map(Imported.from_dict, raw["parts"]))})


class Result:
    """The rows of one answer and its certificate.

    Built from a whole Arrow table, or with `stream=True` from record batches that are read once. `engine`:
    what read the files, "duckdb" or "daft".
    """

    def __init__(
        self, source: pa.Table | pa.RecordBatchReader, certificate: Certificate, *, engine: str = "duckdb"
    ) -> None:
        self._source = source
        self.certificate = certificate
        self.engine = engine

    @property
    def schema(self) -> pa.Schema:
        return self._source.schema

    @property
    def columns(self) -> list[str]:
        return list(self._source.schema.names)

    @property
    def known_rows(self) -> int | None:
        """How many rows there are; `None` of a stream that was not read yet."""
        return self._source.num_rows if isinstance(self._source, pa.Table) else None

    def arrow(self) -> pa.Table:
        """All rows as a `pyarrow.Table`; reads a stream to its end."""
        if not isinstance(self._source, pa.Table):
            self._source = self._source.read_all()
        return self._source

    def batches(self) -> ResultStream:
        """Record batches, one after another; a stream can be walked once."""
        if isinstance(self._source, pa.Table):
            yield from self._source.to_batches()
        else:
            yield from self._source

    def rows(self) -> list[tuple[Any, ...]]:
        """Tuples of Python values, in the order of `columns`."""
        table = self.arrow()
        return list(zip(*(_values(column) for column in table.columns), strict=True))

    def dicts(self) -> list[dict[str, Any]]:
        names = self.columns
        return [dict(zip(names, row, strict=True)) for row in self.rows()]

    def df(self) -> Any:
        """A pandas DataFrame."""
        _extra("pandas")
        return self.arrow().to_pandas()

    def pl(self) -> Any:
        """A polars DataFrame."""
        return _extra("polars").from_arrow(self.arrow())

    def __len__(self) -> int:
        return int(self.arrow().num_rows)

    def __repr__(self) -> str:
        if isinstance(self._source, pa.Table):
            return f"Result({self._source.num_rows} rows: {', '.join(self.columns)})"
        return f"Result(stream: {', '.join(self.columns)})"


def _values(column: pa.ChunkedArray) -> list[Any]:
    if column.type == UUID:
        return [None if v is None else str(v) for v in column.to_pylist()]
    return list(column.to_pylist())


def _extra(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Unavailable(f"{module} is not installed", hint=f"pip install 'thermocline[{module}]'") from None
