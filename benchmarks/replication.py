"""Durability `replicated` against `local`: the same appends, the object store a directory beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import thermocline

from . import data
from .harness import Line, Scale, faster, in_turns

CALLERS = 64
EACH = 20
BATCH = 1_000
BATCHES = 10
SINGLES = 200


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "replication", background=False) as lake, asyncio.Runner() as runner:
        lake.create_database("replicated", durability="replicated")
        databases: list[Any] = [lake.database("replicated"), lake.database("local")]
        rows = data.dicts(CALLERS * EACH, ids=False)
        for db in databases:
            db.append("events", rows[:1])
        ways: list[tuple[str, Callable[[Any], object], int, float]] = [
            ("64 concurrent single appends", lambda db: runner.run(_tasks(db, rows)), len(rows), 0.4),
            ("dicts in batches of 1,000", lambda db: _batches(db, rows), BATCH * BATCHES, 0.5),
            ("one single append", lambda db: _singles(db, rows), SINGLES, 0.15),
        ]
        for name, work, events, target in ways:
            pair = in_turns(partial(work, databases[0]), partial(work, databases[1]), scale.rounds)
            path = f"{name}: durability `replicated` against `local`, a directory as store"
            yield faster(path, pair, work=events, unit="events", at_least=target)


async def _tasks(db: Any, rows: list[dict[str, Any]]) -> None:
    async def caller(part: list[dict[str, Any]]) -> None:
        for row in part:
            await db.append_async("events", [row])

    await asyncio.gather(*(caller(rows[at::CALLERS]) for at in range(CALLERS)))


def _batches(db: Any, rows: list[dict[str, Any]]) -> None:
    for _ in range(BATCHES):
        db.append("events", rows[:BATCH])


def _singles(db: Any, rows: list[dict[str, Any]]) -> None:
    for row in rows[:SINGLES]:
        db.append("events", [row])
