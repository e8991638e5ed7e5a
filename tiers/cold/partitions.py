"""How archived rows are cut into files: by shard, by day, month or year of `_time`, then by size.

The grain is chosen once, at the first archive, as the finest that leaves partitions worth a file: 10,000
rows over ten years cut by day made 3,600 files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Grain = Literal["day", "month", "year"]

ROWS_PER_PARTITION = 100_000
FILE_ARROW_BYTES = 512 * 1024 * 1024
"""In memory; as Parquet some 128 MB."""

_UNITS: dict[Grain, str] = {"day": "D", "month": "M", "year": "Y"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is partitioned. `grain`: `None` for not by time. `shared`: by shard, in the first place."""

    grain: Grain | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one partition. `value`: days, months or years since 1970, as Iceberg's transforms count
    them, `None` without partitions. `label`: the same to read, `2026-11`."""

    value: int | None
    label: str
    rows: pa.Table


def choose_grain(times: pa.ChunkedArray) -> Grain:
    """The finest grain with enough rows in each partition on average."""
    for grain in ("day", "month"):
        partitions = len(np.unique(partition_values(times, grain)))
        if partitions and len(times) / partitions >= ROWS_PER_PARTITION:
            return grain
    return "year"


def partition_values(times: pa.ChunkedArray, grain: Grain) -> npt.NDArray[np.int64]:
    """Iceberg's `day`, `month` or `year` of instants."""
    micros = times.cast(pa.int64()).to_numpy().view("datetime64[us]")
    values: npt.NDArray[np.int64] = micros.astype(f"datetime64[{_UNITS[grain]}]").astype(np.int64)
    return values


def label(value: int, grain: Grain) -> str:
    """`2026`, `2026-11` or `2026-11-03`. No `name=value` folders: engines take those for columns."""
    return str(np.int64(value).astype(f"datetime64[{_UNITS[grain]}]"))


def split(rows: pa.Table, grain: Grain | None) -> Iterator[Part]:
    """The rows partition by partition, each in parts of about `FILE_ARROW_BYTES`, in their given order."""
    if not rows.num_rows:
        return
    if grain is None:
        yield from (Part(None, "all", part) for part in _by_size(rows))
        return
    values = partition_values(rows["_time"], grain)
    order = np.argsort(values, kind="stable")
    values = values[order]
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        at = order[start:end]
        contiguous = at[-1] - at[0] + 1 == len(at)
        partition = rows.slice(at[0], len(at)) if contiguous else rows.take(at)
        value = int(values[start])
        yield from (Part(value, label(value, grain), part) for part in _by_size(partition))


def _by_size(rows: pa.Table) -> Iterator[pa.Table]:
    most = max(1, int(FILE_ARROW_BYTES / max(1.0, rows.nbytes / rows.num_rows)))
    for start in range(0, rows.num_rows, most):
        yield rows.slice(start, most)
