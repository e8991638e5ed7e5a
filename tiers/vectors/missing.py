"""Which computed vectors are still missing in files: a model is slower than a log, or was not there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...core.manifest import DataFile
from ...core.schema import Field, Table
from ...core.snapshots import TableSnapshot


def missing(table: Table, file: DataFile, column: Field) -> int:
    """Rows at most. A file that is older than the column lacks all of them."""
    assert column.computed is not None
    if column.id not in table.version(file.schema_version).by_id:
        return 0 if column.computed.past else file.rows
    return file.missing.get(column.id, 0)


def missing_hot(snapshot: TableSnapshot, column: Field) -> int:
    """Hot rows of a cut whose vector is not computed yet."""
    until = snapshot.table.computed_until(column)
    last = snapshot.seq if until is None else min(until, snapshot.seq)
    to = snapshot.computed_to.get(column.id, 0)
    if to >= last or not snapshot.hot.num_rows:
        return 0
    first, behind = np.searchsorted(snapshot.hot["_seq"].to_numpy(), [to, last], "right")
    return int(behind - first)


def settled(table: Table, files: Iterable[DataFile]) -> frozenset[int]:
    """Ids of the computed columns of which nothing is missing in these files."""
    listed = list(files)
    return frozenset(
        f.id for f in table.schema.computed if not any(missing(table, file, f) for file in listed)
    )
