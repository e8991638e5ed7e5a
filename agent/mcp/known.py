"""What a caller can know of a database, read through the caller's own door and kept a short while."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from ...core.clock import Clock
from ...core.errors import Denied
from ...core.protocols import Database
from ...core.recent import Recent
from ..catalog import Catalog, build_catalog
from ..facts import read_facts
from ..rank import Schema
from ..semantic.document import known_of, usable_model
from ..semantic.model import Verified, merged
from ..translate import Translator


@runtime_checkable
class Guarded(Protocol):
    """A database in this process. One over a wire does not tell these, and hides no less."""

    def masked(self) -> Collection[tuple[str, str]]:
        """(table, column) of the columns whose values are not shown."""
        ...

    def translator(self, *, fresh: bool = False) -> Translator:
        """What questions are understood with, as whoever calls has it."""
        ...

    def verified(self) -> Sequence[Verified]:
        """Questions whose SQL somebody vouched for, which whoever calls may run."""
        ...


class Catalogs:
    """Of databases over a wire, one for each caller; those in this process keep their own."""

    def __init__(self, clock: Clock) -> None:
        self._schemas = Recent[Schema](clock)

    def of(self, database: Database, caller: Hashable, *, fresh: bool = False) -> Schema:
        """`fresh`: read anew, for a name that is not known."""
        if isinstance(database, Guarded):
            return database.translator(fresh=fresh).schema
        return self._schemas.get(caller, lambda: _schema(database), fresh=fresh)


def _schema(database: Database) -> Schema:
    return Schema.of(_modelled(build_catalog(read_facts(database)), database))


def verified(database: Database, catalog: Catalog) -> Sequence[Verified]:
    """Questions whose SQL somebody vouched for: those that the caller may run. Over a wire they are told to
    who may read the semantic model."""
    if isinstance(database, Guarded):
        return database.verified()
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
