"""The demo's story from a file of real events: which column is the time, which question to ask.

The file is imported once into a scratch lake, as `thermocline import` would; what it holds decides the rest.
Nothing here knows any file.
"""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ... import connect
from ...core.clock import from_micros, iso, parse_instant
from ...core.errors import Error, Invalid
from ...core.protocols import Progress
from ...core.types import quote
from ...core.values import is_number
from .story import Arrival, Story

FEWEST_EVENTS = 10
LATE_ONE_IN = 50
ARRIVALS = 100
TENANT = "main"
_UNTIMED_START = datetime(2025, 1, 1, tzinfo=UTC)


def own_data(file: Path, progress: Progress | None) -> Story:
    """The story of the events in `file`. Raises `Invalid` if they are too few to show three tiers."""
    name = table_name(file)
    rows = _read(file, name, progress)
    count = rows.num_rows
    if count < FEWEST_EVENTS:
        raise Invalid(f"{file} holds {count} events", hint=f"the demo needs at least {FEWEST_EVENTS}")
    event_time, micros = find_event_time(rows)
    order = np.argsort(micros, kind="stable")
    rows, micros = rows.take(pa.array(order)), micros[order]
    late = np.arange(count) % min(LATE_ONE_IN, count // 2) == 1
    start, end = from_micros(int(micros[0])), from_micros(int(micros[-1]))
    on_time = rows.filter(pa.array(~late))
    middle = iso(int(micros[count // 2]))
    return Story(
        title=f"{file.name}, {count:,} events from {iso(int(micros[0]))} to {iso(int(micros[-1]))}",
        table=name,
        database=TENANT,
        databases=(TENANT,),
        start=start - timedelta(seconds=1),
        end=end,
        arrivals=_in_batches(on_time, micros[~late]),
        late=(Arrival(TENANT, rows.filter(pa.array(late)), end + timedelta(hours=1)),),
        events=count,
        own_events=count,
        question=choose_question(rows, name),
        counted="events",
        recent=f"select count(*) as events from {name} where _time >= '{middle}'",
        event_time=event_time,
    )


def table_name(file: Path) -> str:
    """`flights-20k.json.gz` -> `flights_20k`."""
    name = re.sub(r"[^a-z0-9]+", "_", file.name.split(".")[0].lower()).strip("_")
    return (name if re.match("[a-z]", name) else f"events_{name}".rstrip("_"))[:63]


def find_event_time(rows: pa.Table) -> tuple[str | None, np.ndarray]:
    """The first column that is an instant in every row, and its microseconds.

    Without one, the events happen a minute apart, in the order of the file.
    """
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        micros = _instants(column)
        if micros is not None:
            return name, micros
    start = int(_UNTIMED_START.timestamp()) * 1_000_000
    return None, start + np.arange(rows.num_rows, dtype=np.int64) * 60_000_000


def choose_question(rows: pa.Table, table: str) -> str:
    """Count and sum of the first measure, by the text column with the fewest values."""
    measures = [
        name
        for name, column in zip(rows.column_names, rows.columns, strict=True)
        if is_number(column.type) and _repeats(column)
    ]
    distinct = {
        name: pc.count_distinct(column).as_py()
        for name, column in zip(rows.column_names, rows.columns, strict=True)
        if pa.types.is_string(column.type)
    }
    groups = sorted((n for n, values in distinct.items() if values > 1), key=lambda n: distinct[n])
    columns = ["count(*) as events"]
    if measures:
        columns.append(f"sum({quote(measures[0])}) as total")
    if not groups:
        return f"select {', '.join(columns)} from {table}"
    by = quote(groups[0])
    return f"select {by}, {', '.join(columns)} from {table} group by {by} order by events desc, {by}"


def _read(file: Path, table: str, progress: Progress | None) -> pa.Table:
    with tempfile.TemporaryDirectory() as scratch, connect(scratch, background=False) as lake:
        database = lake.database(TENANT)
        database.import_file(file, table, progress=progress)
        return database.sql(f"select * from {table} order by _seq").arrow().combine_chunks()


def _instants(column: pa.ChunkedArray) -> np.ndarray | None:
    if column.null_count or not len(column):
        return None
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return np.asarray(column.cast(pa.timestamp("us")).cast(pa.int64()))
    if not pa.types.is_string(column.type):
        return None
    try:
        return np.array([parse_instant(text) for text in column.to_pylist()], dtype=np.int64)
    except Error:
        return None


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether it looks like a measure: an integer that hardly ever repeats is a name for something."""
    return bool(pa.types.is_floating(column.type) or 2 * pc.count_distinct(column).as_py() <= len(column))


def _in_batches(rows: pa.Table, micros: np.ndarray) -> list[Arrival]:
    """Each batch arrives when its last event has happened."""
    size = -(-rows.num_rows // ARRIVALS)
    return [
        Arrival(TENANT, rows.slice(at, size), from_micros(int(micros[min(at + size, rows.num_rows) - 1])))
        for at in range(0, rows.num_rows, size)
    ]
