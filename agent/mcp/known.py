"""What a caller can know of a database, read through the caller's own door and kept a short while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator
from typing import Protocol, runtime_checkable

from ...core.clock import Clock, now_us
from ...core.protocols import Database
from ..catalog import build_catalog
from ..facts import read_facts
from ..rank import Schema

KEPT = 32
REMEMBERED_US = 60_000_000
NEVER_SOONER_US = 1_000_000


@runtime_checkable
class Guarded(Protocol):
    """A database in this process. One over a wire does not tell these, and hides no less."""

    def masked(self) -> Collection[tuple[str, str]]:
        """(table, column) of the columns whose values are not shown."""
        ...

    def sight(self) -> Hashable:
        """Equal for those who see the same."""
        ...


class Catalogs:
    """One for each who sees something else."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[int, Schema]] = OrderedDict()

    def of(self, database: Database, caller: Hashable, *, fresh: bool = False) -> Schema:
        """`fresh`: read anew, for a name that is not known."""
        key = (caller, database.sight() if isinstance(database, Guarded) else None)
        now = now_us(self._clock)
        with self._lock:
            found = self._kept.get(key)
        if found is not None and now - found[0] < (NEVER_SOONER_US if fresh else REMEMBERED_US):
            return found[1]
        schema = Schema.of(build_catalog(read_facts(database, masked(database))))
        with self._lock:
            self._kept[key] = (now, schema)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return schema


def masked(database: Database) -> Collection[tuple[str, str]]:
    return database.masked() if isinstance(database, Guarded) else ()


def names_of(schema: Schema) -> Iterator[str]:
    """All that can be named: tables, columns with their table, metrics."""
    yield from (table.name for table in schema.catalog.tables)
    yield from (f"{c.table}.{c.name}" for c in schema.catalog.column_of.values())
    yield from (metric.name for metric in schema.catalog.metrics)
