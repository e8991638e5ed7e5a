"""The tail of a closed hot file as Arrow beside it, so that the next opening need not build it from rows.

    close: tail -> <hot file>.<table>.tail, its checksum into the hot file
    open:  checksum agrees -> mapped; rows after it come from SQLite; otherwise all of them do

Derived, and never the truth: a missing or damaged one costs time, not an answer. Building a million rows
from SQLite was measured at 5 s, mapping them at 0.01 s.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from ...core.ids import checksum, file_checksum
from .log import HotLog
from .tail import Tail

WORTH_ROWS = 10_000
"""Fewer are built from rows in less time than anybody notices."""


def save_tail(log: HotLog, table_id: str, tail: Tail) -> None:
    """Writes the tail of a table whose hot file is about to be closed, or takes an old one away."""
    path = _path(log, table_id)
    known = log.saved_tail(table_id)
    rows = tail.table()
    if rows is None or rows.num_rows < WORTH_ROWS:
        if known is not None:
            path.unlink(missing_ok=True)
        return
    last_seq = rows["_seq"][-1].as_py()
    if known is not None and known[0] == last_seq:
        return
    # The rows may themselves be mapped from the file that this one replaces.
    part = path.with_name(f"{path.name}.part")
    with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_table(rows)
    digest = file_checksum(part)
    part.replace(path)
    with log.transaction():
        log.put_saved_tail(table_id, last_seq, digest)


def load_tail(log: HotLog, table_id: str) -> Tail:
    """What was saved, or an empty tail."""
    tail = Tail()
    known, path = log.saved_tail(table_id), _path(log, table_id)
    if known is not None and path.exists():
        mapped = pa.memory_map(str(path))
        if checksum(memoryview(mapped.read_buffer())) == known[1]:
            mapped.seek(0)
            tail.adopt(pa.ipc.open_file(mapped).read_all())
    return tail


def _path(log: HotLog, table_id: str) -> Path:
    return log.path.with_name(f"{log.path.name}.{table_id}.tail")
