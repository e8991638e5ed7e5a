"""What must be true of a lake whatever happened to the process that wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from thermocline.core.errors import Conflict
from thermocline.core.owners import Append
from thermocline.embedders.hashing import Hashing

from .opening import OpenLake, cold_numbers
from .play import COMPUTED, Log
from .script import TABLES, Operation, Part

Row = dict[str, Any]


def check(lake: OpenLake, operations: Sequence[Operation], log: Log) -> None:
    """Raises `AssertionError`, or the lake's own error, when a promise is broken."""
    names = lake.shard.table_names()
    found = {table: lake.rows(table) if table in names else [] for table in TABLES}
    known = {row["n"]: row for rows in found.values() for row in rows}
    assert_nothing_doubled(found)
    assert_acknowledged_is_there(operations, log, found)
    assert_nothing_half(operations, log, found)
    assert_streams_gapless(lake, known.values())
    assert_recorded_rises(known.values())
    lake.database.verify()
    assert_sql_says_the_same(lake, found)
    assert_iceberg_holds_the_cold_rows(lake, found)
    assert_vectors_are_those_of_their_rows(lake)


def assert_nothing_doubled(found: dict[str, list[Row]]) -> None:
    for table, rows in found.items():
        for column in ("n", "_id", "_seq"):
            often = [value for value, count in Counter(row[column] for row in rows).items() if count > 1]
            assert not often, f"{table}: {column} doubled: {often[:5]}"


def assert_acknowledged_is_there(
    operations: Sequence[Operation], log: Log, found: dict[str, list[Row]]
) -> None:
    by_n = {(table, row["n"]): row for table, rows in found.items() for row in rows}
    for number, at in log.acked:
        if at < 0:
            continue
        part = operations[number].parts[at]
        for given in part.rows:
            if "_ttl_seconds" in given:
                continue
            row = by_n.get((part.table, given["n"]))
            assert row is not None, f"{part.table}: row {given['n']} of operation {number} is missing"
            wrong = [name for name in given if name in row and row[name] != given[name]]
            assert not wrong, f"{part.table}: row {given['n']} came back with another {wrong}"
        got = log.acked[number, at]
        if got["first"] is not None and "_ttl_seconds" not in part.rows[0]:
            seqs = [by_n[part.table, given["n"]]["_seq"] for given in part.rows]
            assert seqs == list(range(got["first"], got["first"] + got["rows"])), "sequences are others"


def assert_nothing_half(operations: Sequence[Operation], log: Log, found: dict[str, list[Row]]) -> None:
    """What was begun is there as a whole or not at all; what was not begun is not there."""
    present = {(table, row["n"]) for table, rows in found.items() for row in rows}
    allowed: set[tuple[str, int]] = set()
    for number in sorted(log.begun):
        operation = operations[number]
        for parts in _atomic(operation):
            rows = {(part.table, row["n"]) for part in parts for row in part.rows}
            allowed |= rows
            lasting = {(p.table, row["n"]) for p in parts for row in p.rows if "_ttl_seconds" not in row}
            there = len(lasting & present)
            assert there in (0, len(lasting)), f"operation {number} is half there"
    assert present <= allowed, f"rows that nobody wrote: {sorted(present - allowed)[:5]}"


def _atomic(operation: Operation) -> list[tuple[Part, ...]]:
    return [(part,) for part in operation.parts] if operation.kind == "burst" else [operation.parts]


def assert_streams_gapless(lake: OpenLake, rows: Iterable[Row]) -> None:
    streams: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        if row["_stream"] is not None:
            streams.setdefault(row["_stream"], []).append((row["_position"], row["_seq"]))
    for stream, places in streams.items():
        places.sort()
        assert [position for position, _ in places] == list(range(1, len(places) + 1)), f"gap in {stream}"
        assert [seq for _, seq in places] == sorted(seq for _, seq in places), f"{stream} is out of order"
        assert lake.shard.head(stream) == len(places), f"the version of {stream} is wrong"
        with pytest.raises(Conflict):
            lake.shard.append([Append("stock", [{"n": 0}], stream, len(places) + 1)])


def assert_recorded_rises(rows: Iterable[Row]) -> None:
    ordered = sorted(rows, key=lambda row: row["_seq"])
    instants = [row["_recorded_at"] for row in ordered]
    assert instants == sorted(instants), "_recorded_at falls while _seq rises"


def assert_sql_says_the_same(lake: OpenLake, found: dict[str, list[Row]]) -> None:
    for table in set(found) & set(lake.shard.table_names()):
        lasting = {row["n"] for row in found[table] if row["_ttl_seconds"] is None}
        answered = lake.answered(table)
        assert lasting <= answered <= {row["n"] for row in found[table]}


def assert_iceberg_holds_the_cold_rows(lake: OpenLake, found: dict[str, list[Row]]) -> None:
    for table, rows in found.items():
        if table not in lake.shard.table_names():
            continue
        cold_to = lake.shard.state(table).manifest.cold_to
        expected = Counter(row["n"] for row in rows if row["_seq"] <= cold_to)
        assert cold_numbers(lake.path, table) == expected, f"Iceberg's {table} differs from our cold rows"


def assert_vectors_are_those_of_their_rows(lake: OpenLake) -> None:
    """What is not missing is right, and what is missing can be made up for."""
    if "orders" not in lake.shard.table_names():
        return
    if COMPUTED.name not in lake.shard.table("orders").schema.by_name:
        return
    size = COMPUTED.type.list_size
    for _ in range(2):
        rows = lake.database.sql("select sku, n, meant from orders where meant is not null").rows()
        expected = Hashing(size).embed([f"{sku} {n}" for sku, n, _ in rows])
        np.testing.assert_array_equal(np.array([v for *_, v in rows], np.float32).reshape(-1, size), expected)
        lake.database.embed("orders")
    assert lake.database.sql("select count(*) = count(meant) from orders").rows() == [(True,)]
    lake.database.verify()
