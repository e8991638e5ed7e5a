"""What the owner of a shard holds in memory for each of its tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..core.manifest import DataFile, FileRef, Manifest, Run, decode_files, empty_manifest
from ..core.schema import Schema, Table
from ..core.sharding import HOME
from ..core.types import is_vector
from .files import CheckedFiles
from .hot.identity import IdIndex
from .hot.tail import Tail
from .manifests import Manifests
from .segments import Segments
from .surroundings import Surroundings
from .vectors.computed import ComputedVectors
from .vectors.hot import HotVectors


@dataclass
class TableState:
    """`tail` and `ids` are `None` until somebody reads or appends with ids. `pins`: readers by version.
    `computed`: field id -> what is computed of the rows in `tail`.

    `settled`: false while it is unknown whether a newer manifest exists.
    """

    table: Table
    manifest: Manifest
    manifests: Manifests
    segments: Segments
    prefix: str
    tail: Tail | None = None
    ids: IdIndex | None = None
    pins: Counter[int] = field(default_factory=Counter)
    settled: bool = True
    vectors: dict[int, HotVectors] = field(default_factory=dict)
    computed: dict[int, ComputedVectors] = field(default_factory=dict)
    _cold: tuple[FileRef, tuple[DataFile, ...]] | None = None

    def hot_vectors(self, schema: Schema, hot_file: Path) -> dict[int, HotVectors]:
        """The index of each vector column that the schema shows."""
        found = {}
        for column in schema.fields:
            if is_vector(column.type):
                how, known = self.table.now(column).index, self.vectors.get(column.id)
                if known is None or known.how != how:
                    kept = f"{hot_file.name}.{self.table.id}.{column.id}.vectors"
                    known = HotVectors(how, hot_file.with_name(kept))
                found[column.id] = known
        self.vectors |= found
        return found

    def cold_files(self, files: CheckedFiles) -> tuple[DataFile, ...]:
        """The data files of the cold tier, read once for each list."""
        cold = self.manifest.cold
        if cold is None:
            return ()
        if self._cold is None or self._cold[0] != cold.file_list:
            self._cold = cold.file_list, decode_files(files.read(cold.file_list), cold.file_list.key)
        return self._cold[1]

    def cold_run(self, files: CheckedFiles) -> Run | None:
        cold = self.manifest.cold
        if cold is None:
            return None
        return Run(0, self.manifest.cold_to, cold.rows, self.cold_files(files))

    def data_files(self, files: CheckedFiles) -> list[DataFile]:
        """Of both lower tiers, newest first."""
        warm = [f for run in reversed(self.manifest.warm) for f in run.files]
        return warm + list(self.cold_files(files))

    def fingerprint_files(self) -> list[FileRef]:
        warm = [f.ids for run in self.manifest.warm for f in run.files if f.ids]
        return warm + list(self.manifest.cold.ids if self.manifest.cold else ())


def table_prefix(database: str, shard: str, table_id: str) -> str:
    """Where the manifests and segments of a table's share in one shard are."""
    # The first shard's folder bears the database's name alone.
    owner = database if shard == HOME else f"{database}@{shard}"
    return f"tables/{owner}/{table_id}"


def new_state(around: Surroundings, database: str, shard: str, table: Table, version: int) -> TableState:
    """The table as of a manifest version, 0 if there is none yet. Raises `Corrupt`."""
    prefix = table_prefix(database, shard, table.id)
    manifests = Manifests(around.store, prefix)
    return TableState(
        table=table,
        manifest=manifests.read(version) if version else empty_manifest(table, shard, 0),
        manifests=manifests,
        segments=Segments(around.store, around.files, prefix, around.policy),
        prefix=prefix,
    )
