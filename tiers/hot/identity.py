"""Which event ids a table has seen, in every tier: the hot ones in memory, the others by fingerprint files.

    id -> fingerprint -> in the hot dictionary? in a segment's sorted file? -> point read -> same or another

Filled on the first append that gives ids; a table that never gets any pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...core.ids import fingerprints
from ...core.manifest import DataFile, FileRef
from ...core.schema import ENVELOPE_IDS, Table
from ..fingerprints import FingerprintFile
from .admit import Key, StoredRow
from .codec import encode_arrow
from .log import HotLog


class IdIndex:
    """The ids of one table. `sealed`: fingerprint files of the segments, by key."""

    def __init__(self, log: HotLog, table: Table, after: int) -> None:
        rows = log.ids(table.id, after)
        prints = fingerprints([row[2] for row in rows], [row[1] for row in rows])
        self._hot: dict[int, int] = dict(zip(prints, (row[0] for row in rows), strict=True))
        self._sealed: dict[str, FingerprintFile] = {}

    def add(self, prints_and_seqs: Iterable[tuple[int, int]]) -> None:
        self._hot.update(prints_and_seqs)

    def seal(self, refs: Sequence[FileRef], path: Callable[[FileRef], Path], trimmed_to: int) -> None:
        """Takes the fingerprint files now in force and forgets the hot ids up to `trimmed_to`."""
        wanted = {ref.key: ref for ref in refs}
        self._sealed = {key: f for key, f in self._sealed.items() if key in wanted}
        for key, ref in wanted.items():
            if key not in self._sealed:
                self._sealed[key] = FingerprintFile(path(ref), key)
        if trimmed_to:
            self._hot = {p: seq for p, seq in self._hot.items() if seq > trimmed_to}

    def known(self, prints: Sequence[int]) -> set[int]:
        found = {p for p in prints if p in self._hot}
        if self._sealed:
            hashes = np.array(prints, dtype=np.uint64)
            for file in self._sealed.values():
                found.update(hashes[file.contains(hashes)].tolist())
        return found

    def hot_seqs(self, prints: Sequence[int]) -> list[int]:
        return [self._hot[p] for p in prints if p in self._hot]


def rows_by_key(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> dict[Key, StoredRow]:
    at_id, at_source = names.index("_id"), names.index("_source")
    return {(row[at_source], row[at_id]): dict(zip(names, row, strict=True)) for row in rows}


def sealed_rows(
    files: Sequence[DataFile], path: Callable[[FileRef], Path], table: Table, keys: Mapping[Key, int]
) -> dict[Key, StoredRow]:
    """The rows of `keys` in the given segments, in storage form; files are skipped by their id bounds."""
    ids = sorted({event_id for _, event_id in keys})
    wanted = pa.array(ids, pa.string())
    found: dict[Key, StoredRow] = {}
    for file in files:
        bounds = file.stats.get(ENVELOPE_IDS["_id"])
        if bounds and (ids[-1] < str(bounds[0]) or ids[0] > str(bounds[1])):
            continue
        schema = table.version(file.schema_version).logged
        rows = pq.read_table(path(file.ref), filters=pc.field("_id").isin(wanted))
        columns = [encode_arrow(rows[f.name], f.type) for f in schema]
        for row in rows_by_key(list(zip(*columns, strict=True)), schema.names).items():
            if row[0] in keys:
                found[row[0]] = row[1]
        if len(found) == len(keys):
            break
    return found
