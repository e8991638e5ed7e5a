"""What every file format gives: chunks of records, column by column, and the records that are none.

format.types(blocks)   first pass   the columns and their types, from the whole file
format.chunks(blocks)  second pass  the records
format.convert                      a column of a chunk as Arrow
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

CHUNK_BYTES = 16 << 20
"""A chunk ends here, however few its rows are."""

SURVEY_ROWS = 50_000
"""In a chunk of the first pass."""

Key: TypeAlias = int | str
"""A column in its file: its position where names may repeat, its name in JSON."""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """`row`: its number among the records of the file, from 1; `line`: where it ends, if it has one."""

    row: int
    line: int | None
    reason: str
    content: str
    field: str | None = None


@dataclass(frozen=True)
class Chunk:
    """Records `rows` of the file, with one value in each column. `content` gives one back as text."""

    rows: Sequence[int]
    lines: Sequence[int] | None
    columns: Mapping[Key, Any]
    content: Callable[[int], str]
    bad: Sequence[BadRecord] = field(default=())

    def without(self, indexes: Collection[int]) -> Chunk:
        """The chunk without the records at `indexes`."""
        kept = [index for index in range(len(self.rows)) if index not in indexes]
        return Chunk(
            [self.rows[index] for index in kept],
            None if self.lines is None else [self.lines[index] for index in kept],
            {key: take(values, kept) for key, values in self.columns.items()},
            lambda index: self.content(kept[index]),
        )


OnBad: TypeAlias = Callable[[BadRecord], None]


class Format(Protocol):
    def types(self, blocks: Iterable[bytes], on_bad: OnBad) -> dict[Key, pa.DataType]:
        """Column -> stored type, in the order of the file; `pa.null()` if it has no value.

        Reads all blocks, and calls `on_bad` for each malformed record.
        """
        ...

    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:
        """Chunks of at most `rows` records."""
        ...

    def label(self, key: Key) -> str:
        """The name that the file gives the column."""
        ...

    def convert(self, values: Any, type: pa.DataType) -> pa.Array:
        """A column, or a part of it, in `type`. Raises `Unfit` with the index."""
        ...


def take(values: Any, indexes: Sequence[int]) -> Any:
    """The values of a column at `indexes`."""
    if isinstance(values, pa.Array):
        return values.take(pa.array(indexes, pa.int64()))
    return [values[i] for i in indexes]
