"""Writing and reading the warm tier's files: `<table prefix>/warm/<lo>-<hi>-e<epoch>-<digest>.parquet`.

    rows -> Parquet in memory -> store (fsync) -> read back -> compare -> DataFile for the manifest

The name carries the range and the epoch that a directory listing should show; the digest keeps two tries
at the same range apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..core.ids import checksum
from ..core.manifest import DataFile, FileRef
from ..core.policy import TierPolicy
from ..core.schema import Table
from .crash import reach
from .files import CheckedFiles
from .fingerprints import encode_fingerprints
from .object_store import ObjectStore
from .parquet import check_read_back, decode, describe, encode
from .vectors.sidecar import with_vectors


class _Name(NamedTuple):
    lo: int
    hi: int
    epoch: int
    step: str


class Segments:
    """The warm files of one table, below `prefix`."""

    def __init__(self, store: ObjectStore, files: CheckedFiles, prefix: str, policy: TierPolicy) -> None:
        self._store = store
        self._files = files
        self._prefix = f"{prefix}/warm/"
        self._vectors = f"{prefix}/vectors"
        self._policy = policy

    def write(
        self,
        table: Table,
        rows: pa.Table,
        *,
        lo: int,
        hi: int,
        epoch: int,
        step: str,
        settled: frozenset[int],
    ) -> tuple[DataFile, ...]:
        """The rows as one or more files, durable and checked. `rows`: columns of `table.schema.stored`.
        `settled`: see `parquet.encode`."""
        policy = self._policy.fitted(table.schema)
        name = _Name(lo, hi, epoch, step)
        return tuple(
            self.indexed(
                table,
                self._write_one(table, rows.slice(start, policy.segment_rows), policy, name, settled),
                "warm",
            )
            for start in range(0, rows.num_rows, policy.segment_rows)
        )

    def read(self, table: Table, file: DataFile) -> pa.Table:
        """All rows of a file in the columns of the table's current schema."""
        return decode(self._files.path(file.ref), table.schema, file.key)

    def read_all(self, table: Table, files: tuple[DataFile, ...]) -> pa.Table:
        parts = [self.read(table, file) for file in files]
        return pa.concat_tables(parts) if parts else table.schema.stored.empty_table()

    def indexed(self, table: Table, file: DataFile, tier: Literal["warm", "cold"]) -> DataFile:
        """The file with the indexes that its columns of vectors are to have."""
        return with_vectors(self._store, self._files, self._vectors, table, file, tier)

    def _write_one(
        self, table: Table, rows: pa.Table, policy: TierPolicy, name: _Name, settled: frozenset[int]
    ) -> DataFile:
        with ThreadPoolExecutor(1) as beside:
            # Encoding leaves the interpreter free, hashing ids does not: together they take as long as one.
            groups = policy.row_group_rows
            encoding = beside.submit(encode, rows, table.schema, row_group_rows=groups, settled=settled)
            prints = encode_fingerprints(rows["_id"], rows["_source"])
            data = encoding.result()
        digest = checksum(data)
        key = f"{self._prefix}{name.lo:012d}-{name.hi:012d}-e{name.epoch}-{digest[:12]}.parquet"
        self._store.put(key, data)
        ids = FileRef(key + ".ids", len(prints), checksum(prints))
        self._store.put(ids.key, prints)
        reach(f"{name.step}.segment_written")
        file = describe(key, data, table.schema, digest)
        check_read_back(self._store.get(key), digest, rows.num_rows, key, (file.seq_min, file.seq_max))
        return replace(file, ids=ids, cold_hints=_count(rows["_tier_hint"], "cold"))


def _count(column: pa.ChunkedArray, value: str) -> int:
    if column.null_count == len(column):
        return 0
    return int(pc.sum(pc.equal(column, value)).as_py() or 0)
