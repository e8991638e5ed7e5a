"""Keys told in SQL and read again: nobody learns more by them than by reading the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.access import Access
from ..core.errors import NotFound
from ..core.keys import Keys, Reference, columns_of, completed, spelled
from ..core.owners import Catalog
from ..core.schema import Table


def told_keys(owner: Catalog, table: str, access: Access | None = None) -> Keys:
    """The keys of a table all of whose columns may be read, on both sides. Raises `NotFound`."""
    found = owner.table(table)

    def primary_key(name: str) -> tuple[str, tuple[str, ...]] | None:
        known = _table(owner, name)
        return None if known is None else (known.name, _readable(known.primary_key, known.name, access))

    references = tuple(
        reference
        for reference in found.references
        if reads(access, found.name, reference.columns) and reads(access, reference.table, reference.to)
    )
    return completed(Keys(_readable(found.primary_key, found.name, access), references), primary_key)


def looked_up(
    keys: Keys, owner: Catalog, database: str, access: Access | None, table: str, columns: Sequence[str]
) -> Keys:
    """The keys of a `table` with these `columns`, spelled as the tables do that they name.

    Raises `NotFound` for a column that a visible table lacks; a table that is not there may come yet.
    """

    def looked(reference: Reference) -> Reference:
        name = own_name(reference.table, database)
        known = columns if name.lower() == table.lower() else _columns(owner, name, access)
        to = reference.to if known is None else columns_of(known, reference.to)
        return replace(reference, table=name, to=to)

    keys = spelled(keys, columns)
    return Keys(keys.primary_key, tuple(map(looked, keys.references)))


def readable_columns(table: Table, access: Access | None) -> list[str]:
    """Its columns without those that are hidden from somebody."""
    found = None if access is None else access.table(table.name)
    seen = None if found is None else found.columns
    return [f.name for f in table.schema.fields if seen is None or f.name.lower() in seen]


def reads(access: Access | None, table: str, columns: Sequence[str]) -> bool:
    """Whether somebody may read these columns; of a table that is not there, whether that was so."""
    if access is None:
        return True
    found = access.table(table)
    if found is None or "select" not in found.privileges:
        return False
    return found.columns is None or all(column.lower() in found.columns for column in columns)


def own_name(written: str, database: str) -> str:
    """A table's name without this database before it. Raises `NotFound` for another one."""
    qualifier, _, name = written.rpartition(".")
    if qualifier and qualifier.lower() != database.lower():
        raise NotFound(f"no table `{written}` in database `{database}`", hint=f"write `{name}`")
    return name


def _readable(columns: tuple[str, ...], table: str, access: Access | None) -> tuple[str, ...]:
    """All of them or none: a part of a key is no key."""
    return columns if reads(access, table, columns) else ()


def _columns(owner: Catalog, name: str, access: Access | None) -> list[str] | None:
    """`None` of a table that is not there, or that is hidden, which is the same to who asks."""
    known = _table(owner, name) if reads(access, name, ()) else None
    return None if known is None else readable_columns(known, access)


def _table(owner: Catalog, name: str) -> Table | None:
    try:
        return owner.table(name)
    except NotFound:
        return None
