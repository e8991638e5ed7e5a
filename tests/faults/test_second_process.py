"""One process writes a lake; others are refused, or read complete and ever growing prefixes of it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from thermocline import connect
from thermocline.core.errors import NotFound, Unavailable

from .child import Job
from .opening import DATABASE, POLICY
from .play import Log, read_log
from .script import TABLES, Operation, script
from .trial import Nursery

SKIPPED = ("expire", "advance", "reopen")
"""An expire takes files from a reader in another process when the history window is as short as here."""


def test_the_lake_of_another_process_can_be_read_but_not_written(nursery: Nursery, tmp_path: Path) -> None:
    job = Job(5, rounds=4, skip=SKIPPED, lake=str(tmp_path / "lake"), log=str(tmp_path / "log"))
    writer = threading.Thread(target=nursery.run, args=(job,))
    writer.start()
    try:
        _read_beside(writer, tmp_path, [op for op in script(5, 4) if op.kind not in SKIPPED])
    finally:
        writer.join()
    assert read_log(tmp_path / "log").points, "the writer came to its end"


def _read_beside(writer: threading.Thread, folder: Path, operations: list[Operation]) -> None:
    while not read_log(folder / "log").acked:
        time.sleep(0.01)
    with pytest.raises(Unavailable, match="another process"):
        connect(folder / "lake", policy=POLICY)
    seen: dict[str, set[int]] = {table: set() for table in TABLES}
    rounds = 0
    with connect(folder / "lake", read_only=True, policy=POLICY) as lake:
        database = lake.database(DATABASE)
        with pytest.raises(Unavailable, match="reading only"):
            database.append("orders", [{"n": 0}])
        while writer.is_alive():
            rounds += 1
            for table in TABLES:
                before = read_log(folder / "log")
                try:
                    result = database.sql(f"select n from {table}")
                except NotFound:
                    assert not _numbers(operations, before, table, acknowledged=True)
                    continue
                result.certificate.verify()
                found = {n for (n,) in result.rows()}
                assert seen[table] <= found, "what was there is gone"
                assert _numbers(operations, before, table, acknowledged=True) <= found, "incomplete"
                begun = _numbers(operations, read_log(folder / "log"), table, acknowledged=False)
                assert found <= begun, "more than was written"
                seen[table] = found
    assert rounds > 3


def _numbers(operations: list[Operation], log: Log, table: str, *, acknowledged: bool) -> set[int]:
    """The `n` of the table's rows that were acknowledged, or at least begun."""
    chosen = (
        [operations[number].parts[at] for number, at in log.acked if at >= 0]
        if acknowledged
        else [part for number in log.begun for part in operations[number].parts]
    )
    lasting = [part for part in chosen if not acknowledged or "_ttl_seconds" not in part.rows[0]]
    return {row["n"] for part in lasting if part.table == table for row in part.rows}
