"""The event ids of the shards that a shard came from, so that a retry over a split is still a duplicate.

    fingerprint --> in a sealed file of an ancestor? --> point read by its newest manifest --> row or none

An ancestor takes no rows any more and all that it had is sealed, so its manifests in the object store tell
everything: no word is exchanged with its owner, wherever that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..core.schema import Table
from .fingerprints import FingerprintFile
from .hot.admit import Key, StoredRow
from .hot.identity import sealed_rows
from .shard_maps import ShardMaps
from .surroundings import Surroundings
from .table_state import TableState, new_state


class Forebears:
    """Of one shard. Asked only for rows that it is about to take, so by then the map names it."""

    def __init__(self, around: Surroundings, database: str, shard: str) -> None:
        self._around = around
        self._database = database
        self._shard = shard
        self._names: tuple[str, ...] | None = None
        self._sealed: dict[str, list[FingerprintFile]] = {}

    def known(self, table: Table, prints: Sequence[int]) -> set[int]:
        """Those of the fingerprints that an ancestor may have; what has expired there since included."""
        if not self._ancestors():
            return set()
        if table.id not in self._sealed:
            # Later manifests have the same ids in other files, or fewer.
            refs = [ref for state in self._states(table) for ref in state.fingerprint_files()]
            path = self._around.files.path
            self._sealed[table.id] = [FingerprintFile(path(ref), ref.key) for ref in refs]
        hashes = np.array(prints, dtype=np.uint64)
        found: set[int] = set()
        for file in self._sealed[table.id]:
            found.update(hashes[file.contains(hashes)].tolist())
        return found

    def rows(self, table: Table, keys: Mapping[Key, int]) -> dict[Key, StoredRow]:
        """The rows of these keys that an ancestor has now, in storage form."""
        files = self._around.files
        found: dict[Key, StoredRow] = {}
        for state in self._states(table) if keys else ():
            found |= sealed_rows(state.data_files(files), files.path, table, keys)
        return found

    def _states(self, table: Table) -> list[TableState]:
        """The table in each ancestor, by its newest manifest."""
        states = [new_state(self._around, self._database, name, table, 0) for name in self._ancestors()]
        for state in states:
            versions = state.manifests.versions()
            if versions:
                state.manifest = state.manifests.read(versions[-1])
        return states

    def _ancestors(self) -> tuple[str, ...]:
        if self._names is None:
            shard_map = ShardMaps(self._around.store, self._database).latest()
            self._names = () if shard_map is None else shard_map.ancestors(self._shard)
        return self._names
