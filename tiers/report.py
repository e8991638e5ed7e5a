"""What `tiers` shows: rows, files, bytes and spans of each tier of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..core.manifest import DataFile, Run
from ..core.owners import TableFacts
from ..core.schema import ENVELOPE_IDS
from ..core.types import INSTANT
from .shard import Shard
from .table_state import TableState

SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("shard", pa.string()),
        ("tier", pa.string()),
        ("rows", pa.int64()),
        ("files", pa.int64()),
        ("bytes", pa.int64()),
        ("seq_min", pa.int64()),
        ("seq_max", pa.int64()),
        ("time_min", INSTANT),
        ("time_max", INSTANT),
    ]
)
"""`bytes` of the hot tier are those of its rows in memory."""


def tier_report(shard: Shard, names: Sequence[str]) -> pa.Table:
    """One row for each table and tier, empty tiers included."""
    rows: list[dict[str, Any]] = []
    with shard.lock:
        for name in names:
            state = shard.state(name)
            cold = state.cold_run(shard.around.files)
            start = {"table": state.table.name, "shard": shard.name}
            rows.append(start | {"tier": "hot"} | _hot(shard, state))
            rows.append(start | {"tier": "warm"} | _files(state.manifest.warm))
            rows.append(start | {"tier": "cold"} | _files((cold,) if cold else ()))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def table_facts(shard: Shard, state: TableState) -> TableFacts:
    manifest, recorded = state.manifest, ENVELOPE_IDS["_recorded_at"]
    with shard.lock:
        hot_rows, hot_since = shard.log.hot_span(state.table.id)
    starts = [int(f.stats[recorded][0]) for run in manifest.warm for f in run.files if recorded in f.stats]
    return TableFacts(
        table=state.table.name,
        shard=shard.name,
        warm_to=manifest.warm_to,
        cold_to=manifest.cold_to,
        hot_rows=hot_rows,
        warm_rows=sum(run.rows for run in manifest.warm),
        cold_rows=manifest.cold.rows if manifest.cold else 0,
        hot_since_us=hot_since,
        warm_since_us=min(starts, default=None),
    )


def _hot(shard: Shard, state: TableState) -> dict[str, Any]:
    view = shard.tail(state).view(state.table.schema, state.manifest.warm_to, shard.meta.seq)
    shown: dict[str, Any] = {"rows": view.num_rows, "files": 0, "bytes": view.nbytes}
    if view.num_rows:
        seqs, times = pc.min_max(view["_seq"]).as_py(), pc.min_max(view["_time"]).as_py()
        shown |= {"seq_min": seqs["min"], "seq_max": seqs["max"]}
        shown |= {"time_min": times["min"], "time_max": times["max"]}
    return shown


def _files(runs: Sequence[Run]) -> dict[str, Any]:
    files: list[DataFile] = [file for run in runs for file in run.files]
    shown: dict[str, Any] = {
        "rows": sum(run.rows for run in runs),
        "files": len(files),
        "bytes": sum(file.bytes for file in files),
    }
    if files:
        times = [file.stats[ENVELOPE_IDS["_time"]] for file in files]
        shown |= {"seq_min": min(f.seq_min for f in files), "seq_max": max(f.seq_max for f in files)}
        shown |= {"time_min": min(t[0] for t in times), "time_max": max(t[1] for t in times)}
    return shown
