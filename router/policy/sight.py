"""What a principal sees of one database: the access that was decided, and the tables it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...core.access import Access
from ...core.schema import Table

Tables = Callable[[str], Table | None]
"""A table or a view by its name, `None` if there is none."""


@dataclass(frozen=True)
class Sight:
    """`reads`: the tables that a view reads, `None` for what is none."""

    access: Access
    tables: Tables
    reads: Callable[[str], tuple[str, ...] | None]

    def key(self, named: Iterable[str]) -> tuple[object, ...]:
        """Equal where a statement that names these tables comes out the same."""
        known = (self.tables(name) for name in sorted(set(named)))
        return self.access.key, tuple(table and (table.id, table.schema.version) for table in known)
