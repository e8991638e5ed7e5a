"""64 callers at once, each with single durable appends, against one caller after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import thermocline

from . import data
from .harness import Line, Scale, faster, in_turns

CALLERS = 64
EACH = 20


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "concurrency", background=False) as lake:
        db: Any = lake.database("main")
        db.append("events", data.dicts(1))
        rows = data.dicts(CALLERS * EACH, ids=False)

        def one_after_another() -> None:
            for row in rows:
                db.append("events", [row])

        with ThreadPoolExecutor(CALLERS) as pool, asyncio.Runner() as runner:
            list(pool.map(lambda _: None, range(CALLERS)))
            ways: list[tuple[str, Callable[[], object], float]] = [
                ("asyncio", lambda: runner.run(_tasks(db, rows)), 10),
                ("threads", lambda: list(pool.map(lambda part: _appends(db, part), _parts(rows))), 5),
            ]
            for name, work, target in ways:
                pair = in_turns(work, one_after_another, scale.rounds)
                path = f"64 concurrent single appends ({name}), against one after another"
                yield faster(path, pair, work=len(rows), unit="events", at_least=target)


def _parts(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [rows[at::CALLERS] for at in range(CALLERS)]


def _appends(db: Any, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        db.append("events", [row])


async def _tasks(db: Any, rows: list[dict[str, Any]]) -> None:
    async def caller(part: list[dict[str, Any]]) -> None:
        for row in part:
            await db.append_async("events", [row])

    await asyncio.gather(*(caller(part) for part in _parts(rows)))
