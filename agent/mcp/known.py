"""What a caller can know of a database, read through the caller's own door and kept a short while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from ...core.clock import Clock, now_us
from ...core.errors import Denied
from ...core.protocols import Database
from ..catalog import Catalog, build_catalog
from ..facts import read_facts
from ..rank import Schema
from ..semantic.document import known_of, usable_model
from ..semantic.model import Verified, merged
from ..translate import Translator

KEPT = 32
REMEMBERED_US = 60_000_000
NEVER_SOONER_US = 1_000_000


@runtime_checkable
class Guarded(Protocol):
    """A database in this process. One over a wire does not tell these, and hides no less."""

    def masked(self) -> Collection[tuple[str, str]]:
        """(table, column) of the columns whose values are not shown."""
        ...

    def translator(self, *, fresh: bool = False) -> Translator:
        """What questions are understood with, as whoever calls has it."""
        ...


class Catalogs:
    """Of databases over a wire, one for each caller; those in this process keep their own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[int, Schema]] = OrderedDict()

    def of(self, database: Database, caller: Hashable, *, fresh: bool = False) -> Schema:
        """`fresh`: read anew, for a name that is not known."""
        if isinstance(database, Guarded):
            return database.translator(fresh=fresh).schema
        key, now = caller, now_us(self._clock)
        with self._lock:
            found = self._kept.get(key)
        if found is not None and now - found[0] < (NEVER_SOONER_US if fresh else REMEMBERED_US):
            return found[1]
        schema = Schema.of(_modelled(build_catalog(read_facts(database)), database))
        with self._lock:
            self._kept[key] = (now, schema)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return schema


def verified(database: Database, catalog: Catalog) -> Sequence[Verified]:
    """Questions whose SQL somebody vouched for; to those who may read the semantic model."""
    text = _model(database)
    return () if text is None else usable_model(text, known_of(catalog)).verified


def _modelled(catalog: Catalog, database: Database) -> Catalog:
    text = _model(database)
    return catalog if text is None else merged(catalog, usable_model(text, known_of(catalog)))


def _model(database: Database) -> str | None:
    try:
        found = database.model()
    except Denied:
        return None
    return None if found is None else found[1]


def masked(database: Database) -> Collection[tuple[str, str]]:
    return database.masked() if isinstance(database, Guarded) else ()


def names_of(schema: Schema) -> Iterator[str]:
    """All that can be named: tables, columns with their table, metrics."""
    yield from (table.name for table in schema.catalog.tables)
    yield from (f"{c.table}.{c.name}" for c in schema.catalog.column_of.values())
    yield from (metric.name for metric in schema.catalog.metrics)
