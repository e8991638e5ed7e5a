"""Reads everything that a shard stands on and compares it with what its manifests say."""

from __future__ import annotations

from collections.abc import Callable

from ...core.errors import Corrupt
from ...core.manifest import DataFile, Manifest, Run
from ...core.results import Report
from ..shard import Shard
from ..table_state import TableState
from .archive import complete_archive


def verify(shard: Shard, tick: Callable[[], None] = lambda: None) -> Report:
    """Raises `Corrupt` by file name at the first damage. `tick` is called after each file."""
    with shard.step_lock:
        shard.around.files.forget()
        shard.log.check_pages()
        tables = segments = rows = 0
        for state in shard.all_states():
            if not shard.read_only:
                complete_archive(shard, state)
            files = _verify_files(shard, state, tick)
            tables += 1
            segments += len(files)
            rows += sum(file.rows for file in files) + _verify_hot(shard, state)
        return Report(tables, segments, rows)


def _verify_files(shard: Shard, state: TableState, tick: Callable[[], None]) -> list[DataFile]:
    for version in state.manifests.versions():
        manifest = state.manifests.read(version)
        _check_runs(manifest)
        for ref in manifest.files():
            shard.around.files.path(ref)
            tick()
    cold = state.cold_run(shard.around.files)
    runs = [*state.manifest.warm, *([cold] if cold else [])]
    for run in runs:
        _check_run(shard, state, run, tick)
        for ref in (ref for file in run.files for ref in file.beside):
            shard.around.files.path(ref)
    if state.manifest.cold is not None and cold is not None:
        recorded = state.manifest.cold
        shard.around.cold.verify(shard.database, state.table, recorded, cold.files, shard=shard.name)
    return [file for run in runs for file in run.files]


def _check_runs(manifest: Manifest) -> None:
    reached = manifest.cold_to
    for run in manifest.warm:
        if run.lo != reached:
            raise Corrupt(
                f"manifest {manifest.version} of `{manifest.table.name}` jumps from {reached} to {run.lo}",
                hint="restore the lake from a backup",
            )
        reached = run.hi
    if reached != manifest.warm_to:
        raise Corrupt(
            f"manifest {manifest.version} of `{manifest.table.name}` ends at {reached},"
            f" not at its watermark {manifest.warm_to}",
            hint="restore the lake from a backup",
        )


def _check_run(shard: Shard, state: TableState, run: Run, tick: Callable[[], None]) -> None:
    counted = 0
    for file in run.files:
        rows = shard.around.files.footer_rows(file)
        counted += rows
        if rows != file.rows or not run.lo < file.seq_min <= file.seq_max <= run.hi:
            raise Corrupt(f"{file.key} is not what its manifest says", hint="restore it from a backup")
        tick()
    if counted != run.rows:
        raise Corrupt(
            f"the files of `{state.table.name}` up to {run.hi} hold {counted} rows, not {run.rows}",
            hint="restore the lake from a backup",
        )


def _verify_hot(shard: Shard, state: TableState) -> int:
    """Every commit in the hot file against its checksum."""
    with shard.lock:
        return sum(len(rows) for rows in shard.log.rows(state.table, state.manifest.warm_to))
