"""Does the operations of a script on a lake and tells what was acknowledged, before going on."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa

from thermocline.core.owners import Append
from thermocline.core.results import Appended
from thermocline.core.schema import Field
from thermocline.core.types import vector
from thermocline.core.vectors import Computed, VectorIndex
from thermocline.tiers.shard import Shard
from thermocline.tiers.steps.archive import archive
from thermocline.tiers.steps.compact import compact
from thermocline.tiers.steps.embed import embed_file, embed_hot
from thermocline.tiers.steps.expire import expire
from thermocline.tiers.steps.flush import flush
from thermocline.tiers.steps.index import set_index
from thermocline.tiers.vectors import sidecar

from .opening import OpenLake
from .script import TABLES, Operation, Part

COMPUTED = Field(0, "meant", vector(16), computed=Computed("hashing", "1", "sku || ' ' || n"))

Tell = Callable[[dict[str, Any]], None]


@dataclass
class Log:
    """What a process told. `begun`: the operations it started; `acked`: (operation, part) -> what it got."""

    begun: set[int] = field(default_factory=set)
    acked: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
    error: str = ""

    @property
    def next(self) -> int:
        """The first operation that was not acknowledged as a whole."""
        if not self.begun:
            return 0
        last = max(self.begun)
        return last + 1 if (last, -1) in self.acked else last

    def take(self, told: dict[str, Any]) -> None:
        if "begin" in told:
            self.begun.add(told["begin"])
        elif "ack" in told:
            self.acked[told["ack"], told["part"]] = told.get("got", {})
        elif "points" in told:
            self.points = told["points"]
        else:
            self.error = told["error"]


def read_log(path: Path) -> Log:
    log = Log()
    for line in path.read_bytes().splitlines() if path.exists() else []:
        log.take(json.loads(line))
    return log


def teller(path: Path) -> Tell:
    """Writes each message with one call: what was told stays told when the process is killed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(message: dict[str, Any]) -> None:
        os.write(descriptor, json.dumps(message).encode() + b"\n")

    return tell


def play(lake: OpenLake, operations: Sequence[Operation], start: int, tell: Tell) -> None:
    for number, operation in enumerate(operations[start:], start):
        tell({"begin": number})
        _do(lake, operation, number, tell)
        tell({"ack": number, "part": -1})


def resume(lake: OpenLake, operations: Sequence[Operation], log: Log, tell: Tell) -> None:
    """The rest of a script, from the operation in which another process died."""
    start = log.next
    if start < len(operations) and _is_there(lake, operations[start]):
        start += 1
    play(lake, operations, start, tell)


def hours_at(operations: Sequence[Operation], log: Log) -> int:
    """What the clock of the one that resumes shows."""
    return sum(operation.kind == "advance" for operation in operations[: log.next])


def _is_there(lake: OpenLake, operation: Operation) -> bool:
    """Whether rows without ids were written: nothing but looking can tell, so nobody may retry them."""
    if operation.kind != "append" or "_id" in operation.parts[0].rows[0]:
        return False
    names = lake.shard.table_names()
    present = {row["n"] for table in TABLES if table in names for row in lake.rows(table)}
    return operation.parts[0].rows[0]["n"] in present


def _do(lake: OpenLake, operation: Operation, number: int, tell: Tell) -> None:
    shard = lake.shard
    match operation.kind:
        case "append":
            got = shard.append([_append(part) for part in operation.parts])
            for at, part in enumerate(operation.parts):
                tell({"ack": number, "part": at, "got": _told(got[part.table])})
        case "burst":
            _burst(shard, operation, number, tell)
        case "create":
            fields = [("n", pa.int64()), ("sku", pa.string())]
            shard.create_table(operation.table, fields, clustering=["sku"], if_not_exists=True)
        case "advance":
            lake.clock.advance()
        case "reopen":
            lake.reopen()
        case step:
            if operation.table in shard.table_names():
                with patch.object(sidecar, "FEWEST", 4):
                    _step(shard, step, operation)


def _step(shard: Shard, step: str, operation: Operation) -> None:
    state = shard.state(operation.table)
    up_to = None if operation.share == 1.0 else int(operation.share * shard.meta.seq)
    match step:
        case "flush":
            flush(shard, state, up_to)
        case "compact":
            compact(shard, state)
        case "archive":
            archive(shard, state, up_to)
        case "expire":
            expire(shard, state)
        case "compute":
            if COMPUTED.name not in state.table.schema.by_name:
                shard.set_computed(operation.table, COMPUTED, new=True)
        case "embed":
            while embed_hot(shard, state):
                pass
            while any(moved.files for moved in embed_file(shard, state)):
                pass
        case "index":
            metric = "l2" if state.table.schema.by_name[COMPUTED.name].index.metric == "cosine" else "cosine"
            set_index(shard, operation.table, COMPUTED.name, VectorIndex(metric))


def _burst(shard: Shard, operation: Operation, number: int, tell: Tell) -> None:
    errors: list[Exception] = []

    def one(at: int, part: Part) -> None:
        try:
            got = shard.append([_append(part)])[part.table]
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        else:
            tell({"ack": number, "part": at, "got": _told(got)})

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(operation.parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def _append(part: Part) -> Append:
    return Append(part.table, list(part.rows), part.stream, part.expected_version)


def _told(got: Appended) -> dict[str, Any]:
    return {"first": got.first_seq, "rows": got.rows, "duplicates": got.duplicates, "version": got.version}
