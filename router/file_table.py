"""The files of a run as columns of numbers, so that a plan over ten thousand files is a few array operations.

Lists of files are immutable, so their columns are made once and kept as long as the list is in use.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.manifest import DataFile

Mask = NDArray[np.bool_]

KEPT = 64


class FileTable:
    """`seq_min`, `seq_max`, `versions`, `rows`, `bytes`, `ttl`: one value per file, in the files' order."""

    def __init__(self, files: Sequence[DataFile]) -> None:
        self.files = files
        self.seq_min = np.array([f.seq_min for f in files], np.int64)
        self.seq_max = np.array([f.seq_max for f in files], np.int64)
        self.versions = np.array([f.schema_version for f in files], np.int64)
        self.rows = np.array([f.rows for f in files], np.int64)
        self.bytes = np.array([f.bytes for f in files], np.int64)
        self.ttl = np.array([f.ttl_rows > 0 for f in files], np.bool_)
        self._bounds: dict[int, tuple[NDArray[np.generic], NDArray[np.generic], Mask] | None] = {}

    def __len__(self) -> int:
        return len(self.files)

    def bounds(self, field_id: int) -> tuple[NDArray[np.generic], NDArray[np.generic], Mask] | None:
        """(smallest, largest, whether known) per file; `None` if none is known or kinds are mixed."""
        if field_id not in self._bounds:
            self._bounds[field_id] = self._read_bounds(field_id)
        return self._bounds[field_id]

    def _read_bounds(self, field_id: int) -> tuple[NDArray[np.generic], NDArray[np.generic], Mask] | None:
        found = [f.stats.get(field_id) for f in self.files]
        known = np.array([bound is not None for bound in found], np.bool_)
        kinds = {type(bound[0]) for bound in found if bound is not None}
        if len(kinds) != 1:
            return None
        kind = kinds.pop()
        default = kind()
        dtype = {int: np.int64, float: np.float64}.get(kind, object)
        try:
            low = np.array([default if bound is None else bound[0] for bound in found], dtype)
            high = np.array([default if bound is None else bound[1] for bound in found], dtype)
        except OverflowError:
            return None
        return low, high, known


class FileTables:
    """The tables in use, found by the identity of the manifest or run that they belong to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: OrderedDict[int, tuple[object, FileTable]] = OrderedDict()

    def get(self, owner: object, files: Callable[[], Sequence[DataFile]]) -> FileTable:
        """The table of the files that belong to `owner`, which never changes."""
        with self._lock:
            held = self._tables.get(id(owner))
            # The owner is kept, so its identity is not given to another object while its table is here.
            if held is None or held[0] is not owner:
                held = self._tables[id(owner)] = (owner, FileTable(files()))
                if len(self._tables) > KEPT:
                    self._tables.popitem(last=False)
            self._tables.move_to_end(id(owner))
            return held[1]
