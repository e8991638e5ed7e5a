"""The lake of three tiers that queries and opening are measured on, and one Parquet copy of its rows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import thermocline

from . import data
from .harness import Scale

COLD, HOT = 0.7, 0.02
"""Shares of the events; the rest is warm."""


def build(scale: Scale, path: Path, copy: Path) -> float:
    """Appends, flushes and archives; returns the seconds that it took."""
    started = time.monotonic()
    with thermocline.connect(path, background=False) as lake:
        db: Any = lake.database("main")
        cold, hot = int(scale.events * COLD), int(scale.events * HOT)
        writer: pq.ParquetWriter | None = None
        for chunk in _batches(scale.events, cut=scale.events - hot):
            db.append("sales", chunk)
            if writer is None:
                writer = pq.ParquetWriter(copy, chunk.schema, compression="zstd")
            writer.write_table(chunk)
            seq = int(db.bookmark().partition(":")[2])
            if seq <= scale.events - hot:
                db.flush("sales")
            if seq == cold:
                db.archive("sales")
        assert writer is not None
        writer.close()
        db.compact("sales")
    return time.monotonic() - started


def _batches(events: int, *, cut: int) -> Any:
    size = max(events // 20, 50_000)
    for chunk in data.chunks(cut, size, of=events):
        yield chunk
    for chunk in data.chunks(events - cut, size, first=cut, of=events):
        yield chunk
