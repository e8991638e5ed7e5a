"""Appending: batches of 1,000 dicts and single events, each call durable when it returns."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

import thermocline

from . import data
from .harness import Line, Scale, faster, in_turns

BATCH = 1_000
BATCHES = 20
SINGLES = 300


class RawSqlite:
    """What one would write by hand: JSON in one table with one index, an fsync each commit."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, stream TEXT, version INTEGER, id TEXT, body TEXT)"
        )
        self._db.execute("CREATE INDEX by_stream ON events (stream, version)")

    def insert(self, rows: list[dict[str, Any]], stream: str) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT INTO events (stream, version, id, body) VALUES (?, ?, ?, ?)",
            [(stream, i, row.get("_id"), orjson.dumps(row).decode()) for i, row in enumerate(rows)],
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "append", background=False) as lake:
        raw = RawSqlite(folder / "append.sqlite")
        yield _batches(lake.database("batches"), raw, scale)
        yield _against_eventsourcing(lake.database("saved"), folder / "eventsourcing.sqlite", scale)
        yield _singles(lake.database("singles"), raw, scale)
        raw.close()


def _rounds(rounds: int) -> Iterator[list[list[dict[str, Any]]]]:
    for number in itertools.count() if rounds < 0 else range(rounds):
        first = number * BATCHES * BATCH
        yield [data.dicts(BATCH, first=first + b * BATCH) for b in range(BATCHES)]


def _batches(db: Any, raw: RawSqlite, scale: Scale) -> Line:
    given = list(_rounds(scale.rounds))
    mine, theirs = iter(given), iter(given)
    streams = itertools.count()

    def ours() -> None:
        for rows in next(mine):
            db.append("events", rows, stream=f"stream-{next(streams)}", expected_version=0)

    def reference() -> None:
        for rows in next(theirs):
            raw.insert(rows, f"stream-{next(streams)}")

    pair = in_turns(ours, reference, scale.rounds)
    return faster(
        "append dicts in batches of 1,000, against raw sqlite3 `executemany`",
        pair,
        work=BATCH * BATCHES,
        unit="events",
        at_least=0.6,
    )


def _against_eventsourcing(db: Any, file: Path, scale: Scale) -> Line:
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate

    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": os.fspath(file)}
    app: Any = Application(env=environment)
    few = 5
    given = [
        [data.dicts(BATCH, first=(r * few + b) * BATCH) for b in range(few)] for r in range(scale.rounds)
    ]

    class Happened(Aggregate.Event):
        """One event of a stream with its body."""

        body: dict[str, Any]

    saved = []
    for batches in given:
        aggregates = [Aggregate() for _ in batches]
        for aggregate, rows in zip(aggregates, batches, strict=True):
            for row in rows[1:]:  # the aggregate's creation is an event too
                aggregate.trigger_event(Happened, body=row)
        saved.append(aggregates)
    mine, theirs = iter(given), iter(saved)
    streams = itertools.count()

    def ours() -> None:
        for rows in next(mine):
            db.append("events", rows, stream=f"stream-{next(streams)}", expected_version=0)

    def reference() -> None:
        for aggregate in next(theirs):
            app.save(aggregate)

    pair = in_turns(ours, reference, scale.rounds)
    app.close()
    return faster(
        "the same, against `eventsourcing`'s `Application.save`",
        pair,
        work=BATCH * few,
        unit="events",
        at_least=3,
    )


def _singles(db: Any, raw: RawSqlite, scale: Scale) -> Line:
    rows = iter(data.dicts(SINGLES * (2 * scale.rounds + 1)))
    db.append("events", [next(rows)])

    def ours() -> None:
        for _ in range(SINGLES):
            db.append("events", [next(rows)])

    def reference() -> None:
        for _ in range(SINGLES):
            raw.insert([next(rows)], "single")

    pair = in_turns(ours, reference, scale.rounds)
    return faster(
        "one single append, against raw sqlite3 insert and commit",
        pair,
        work=SINGLES,
        unit="events",
        at_least=0.5,
    )
