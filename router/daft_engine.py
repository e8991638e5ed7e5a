"""Daft, the engine past one machine: the one place that knows it.

It reads the same files and the same hot rows as DuckDB would, as one DataFrame for each mention of a view,
and runs one SELECT over them: on this machine's cores, or on Ray where Ray has been started. Daft fixes this
choice at its first query of a process.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..core.errors import Error, Unavailable
from ..core.manifest import DataFile
from ..core.types import JSON
from .pushdown.fragments import Fragment
from .pushdown.joins import COLUMN, Relation
from .pushdown.sources import Part, parts_of, type_of


@dataclass(frozen=True, slots=True)
class Files:
    """Where files are read: `path` on this machine, checked; `location` from any, as `s3://bucket/key`.

    Without `location` the files are on a disk, and Ray's machines have to share it.
    """

    path: Callable[[Part, DataFile], Path]
    location: Callable[[str], str] | None = None

    def names(self, part: Part, on_ray: bool) -> list[str]:
        if on_ray and self.location is not None:
            return [self.location(file.key) for file in part.files]
        return [str(self.path(part, file)) for file in part.files]


_POLL_S = 0.01


class DaftError(Exception):
    """What Daft said. Daft has no kinds of errors that tell bad values from bad plans."""


def installed() -> bool:
    return importlib.util.find_spec("daft") is not None


def runs_on_ray() -> bool:
    """Whether Daft has settled on Ray in this process, or does so now."""
    return installed() and _start().get_or_infer_runner_type() == "ray"


def run_fragment(fragment: Fragment, files: Files, check: Callable[[], None]) -> pa.Table:
    """The outcome of a fragment. `check` is called now and then, and raises to give up waiting.

    Daft can't be interrupted from outside: when waiting is given up, its query ends by itself, unseen.
    Raises `DaftError`, `Unavailable` if Daft is not installed, and `Corrupt` for a file that is not whole.
    """
    daft = _start()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="thermocline-daft")
    try:
        return _awaited(pool.submit(_collect, daft, fragment, files), check)
    finally:
        pool.shutdown(wait=False)


def _collect(daft: Any, fragment: Fragment, files: Files) -> pa.Table:
    try:
        frames = {r.name: _frame(daft, fragment, r, files) for r in fragment.relations}
        return daft.sql(fragment.text, register_globals=False, **frames).to_arrow()
    except Error:
        raise
    except Exception as error:
        raise DaftError(str(error)) from error


def _awaited(future: Future[pa.Table], check: Callable[[], None]) -> pa.Table:
    check()
    while not wait([future], timeout=_POLL_S).done:
        check()
    return future.result()


def _start() -> Any:
    # Daft reports its import to its makers unless it is told not to; a query engine here calls no one.
    os.environ.setdefault("DAFT_ANALYTICS_ENABLED", "0")
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    try:
        import daft
    except ImportError:
        raise Unavailable("daft is not installed", hint="pip install 'thermocline[daft]'") from None
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        daft.set_runner_ray(noop_if_initialized=True)
    return daft


def _frame(daft: Any, fragment: Fragment, relation: Relation, files: Files) -> Any:
    """What a fragment names of one view, in the table's types and under the fragment's names."""
    mentioned = set(COLUMN.findall(fragment.text))
    names = [name for name, given in relation.columns.items() if given in mentioned]
    frames = [_part(daft, relation, part, files) for part in parts_of(relation.scan, names)]
    if not frames:
        schema = pa.schema([(relation.columns[name], _plain(type_of(relation.scan, name))) for name in names])
        return daft.from_arrow(schema.empty_table())
    frame = frames[0]
    for other in frames[1:]:
        frame = frame.union_all(other)
    return frame


def _part(daft: Any, relation: Relation, part: Part, files: Files) -> Any:
    stored = sorted({name for name in part.columns.values() if name is not None} | _filtered(part))
    if part.files:
        frame = daft.read_parquet(files.names(part, daft.get_or_infer_runner_type() == "ray")).select(*stored)
    else:
        snapshot = part.snapshot
        far = snapshot.far is not None and not {*stored} <= {*snapshot.hot.column_names}
        hot = pa.table({n: snapshot.hot_column(n) for n in stored}) if far else snapshot.hot.select(stored)
        frame = daft.from_arrow(_hot(hot))
    for condition in _conditions(daft, part):
        frame = frame.where(condition)
    return frame.select(*_shown(daft, relation, part))


def _shown(daft: Any, relation: Relation, part: Part) -> Sequence[Any]:
    shown = []
    for name, there in part.columns.items():
        dtype = daft.DataType.from_arrow_type(_plain(type_of(relation.scan, name)))
        value = daft.lit(None) if there is None else daft.col(there)
        shown.append(value.cast(dtype).alias(relation.columns[name]))
    return shown


def _hot(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([pa.field(f.name, _plain(f.type)) for f in table.schema]))


def _plain(arrow: pa.DataType) -> pa.DataType:
    """JSON as text: Daft has no such type, and DuckDB casts what comes back."""
    return pa.string() if arrow == JSON else arrow


def _filtered(part: Part) -> set[str]:
    columns = {"_seq"} if part.up_to is not None or not part.columns else set()
    return columns | ({"_recorded_at", "_ttl_seconds"} if part.expires else set())


def _conditions(daft: Any, part: Part) -> list[Any]:
    conditions = []
    if part.up_to is not None:
        conditions.append(daft.col("_seq") <= part.up_to)
    if part.expires:
        # In floats, which hold microseconds exactly up to the year 2255 and have no end for long TTLs.
        ttl = daft.col("_ttl_seconds")
        recorded = daft.col("_recorded_at").cast(daft.DataType.int64()).cast(daft.DataType.float64())
        end = recorded + ttl.cast(daft.DataType.float64()) * 1_000_000.0
        conditions.append(ttl.is_null() | (end > float(part.snapshot.cut_us)))
    return conditions
