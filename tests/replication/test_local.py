"""Durability `local` knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import Node


def test_a_local_commit_puts_nothing(node: Callable[[str], Node]) -> None:
    here = node("a")
    here.store._below = ""
    here.open(replicated=False)
    opening = list(here.store.puts)
    assert all(key.startswith("epochs/") for key in opening)
    for n in range(50):
        here.append(n)
    assert here.store.puts == opening
    assert here.shard.log.replica is None
    assert here.shard.log._db.execute("PRAGMA wal_autocheckpoint").fetchone() == (1000,)
    names = [name for (name,) in here.shard.log._db.execute("SELECT name FROM sqlite_master")]
    assert "_replica" not in names
    here.close()
    assert not here.store.list("log")
    assert not here.store.list("snapshots")


def test_a_local_commit_says_nothing_of_slots_to_sqlite(node: Callable[[str], Node]) -> None:
    here = node("a").open(replicated=False)
    here.append(1)
    said: list[str] = []
    here.shard.log._db.set_trace_callback(said.append)
    here.append(2)
    here.close()
    assert said.count("BEGIN IMMEDIATE") == said.count("COMMIT") == 1
    assert not [statement for statement in said if "_replica" in statement or "PRAGMA" in statement]
