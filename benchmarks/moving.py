"""Moving events: a flush against pyarrow writing the same rows, and whether archives stay fast."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import thermocline

from . import data
from .harness import Line, Pair, Scale, faster, seconds, slower

ARCHIVED_ROWS = 500
NEIGHBOURS = 5
EARLY = 10
ENVELOPE = "_seq, _id, _time, _recorded_at, _stream, _position, _type, _schema_version,"


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "moving", background=False) as lake:
        yield _flush(lake.database("flushed"), folder, scale)
        yield _archives(lake.database("archived"), scale)


def _flush(db: Any, folder: Path, scale: Scale) -> Line:
    """pyarrow's file holds the same rows, envelope included, with zstd as ours has."""
    rows = scale.hot_rows // 2
    ours, reference = [], []
    for number in range(scale.rounds):
        for chunk in data.chunks(rows):
            db.append("sales", chunk.drop_columns(["_id"]))
        same: pa.Table = db.sql(f"SELECT {ENVELOPE} * FROM sales WHERE _tier = 'hot'").arrow()
        file = folder / f"flushed-{number}.parquet"
        direct = lambda f=file, t=same: pq.write_table(t, f, compression="zstd", compression_level=1)  # noqa: E731
        if number % 2:
            reference.append(seconds(direct))
        ours.append(seconds(lambda: db.flush("sales")))
        if not number % 2:
            reference.append(seconds(direct))
        db.archive("sales")
    pair = Pair(statistics.median(ours), statistics.median(reference))
    return faster(
        f"flush of {rows:,} rows, against pyarrow writing the same Parquet",
        pair,
        work=rows,
        unit="rows",
        at_least=0.5,
    )


def _archives(db: Any, scale: Scale) -> Line:
    times = []
    for number in range(scale.commits + NEIGHBOURS // 2):
        db.append("sales", data.events(ARCHIVED_ROWS, first=number * ARCHIVED_ROWS))
        db.flush("sales")
        times.append(seconds(lambda: db.archive("sales")))
    pair = Pair(ours=_around(times, scale.commits), reference=_around(times, EARLY))
    return slower(f"archive commit number {scale.commits}, against number {EARLY}", pair, at_most=2)


def _around(times: list[float], number: int) -> float:
    first = number - 1 - NEIGHBOURS // 2
    return statistics.median(times[first : first + NEIGHBOURS])
