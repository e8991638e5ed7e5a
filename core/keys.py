"""Which columns identify a row, and which name rows of other tables: told by people and files, not enforced.

Joins are written, and questions understood, with their help. A row that breaks a key is taken all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .errors import Invalid, NotFound, nearest


@dataclass(frozen=True, slots=True)
class Reference:
    """`columns` name a row of `table` by its columns `to`; with no `to`, by its primary key."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return {"columns": list(self.columns), "table": self.table, "to": list(self.to)}

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Reference:
        return Reference(tuple(raw["columns"]), str(raw["table"]), tuple(raw["to"]))


@dataclass(frozen=True, slots=True)
class Keys:
    """What is told of one table. `primary_key`: its columns, in their order; none if it is not told."""

    primary_key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.primary_key or self.references)

    def to_dict(self) -> dict[str, object]:
        return {"primary_key": list(self.primary_key), "references": [r.to_dict() for r in self.references]}

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Keys:
        """What `to_dict` wrote; nothing is told by a table written before there were keys."""
        references = tuple(map(Reference.from_dict, raw.get("references", ())))
        return Keys(tuple(raw.get("primary_key", ())), references)


NO_KEYS = Keys()


def both(first: Keys, second: Keys) -> Keys:
    """Two parts of one definition. Raises `Invalid` if each has a primary key."""
    if first.primary_key and second.primary_key:
        raise Invalid("a table has one primary key", hint="PRIMARY KEY (a, b) is one of two columns")
    return Keys(first.primary_key or second.primary_key, (*first.references, *second.references))


def corrected(known: Keys, told: Keys) -> Keys:
    """`known` with what is told now: it takes the place of what was told of the same.

    >>> corrected(Keys(("a",)), Keys((), (Reference(("b",), "t"),))).primary_key
    ('a',)
    """
    again = {reference.columns for reference in told.references}
    kept = tuple(r for r in known.references if r.columns not in again)
    return Keys(told.primary_key or known.primary_key, (*kept, *told.references))


def spelled(keys: Keys, columns: Iterable[str]) -> Keys:
    """The keys with the table's own columns as it spells them. Raises `NotFound`, `Invalid`."""
    names = tuple(columns)
    references = []
    for reference in keys.references:
        if reference.to and len(reference.to) != len(reference.columns):
            raise Invalid(
                f"({', '.join(reference.columns)}) can't reference"
                f" {reference.table} ({', '.join(reference.to)})",
                hint="name as many columns on both sides",
            )
        references.append(replace(reference, columns=columns_of(names, reference.columns)))
    return Keys(columns_of(names, keys.primary_key), tuple(references))


def columns_of(names: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are wanted, whatever their case. Raises `NotFound`, `Invalid`."""
    folded = {name.lower(): name for name in names}
    found = []
    for name in wanted:
        if name.lower() not in folded:
            raise NotFound(f"no column `{name}` to be in a key", hint=nearest(name, folded.values()))
        found.append(folded[name.lower()])
    if len(set(found)) < len(found):
        raise Invalid(f"a key names a column twice: {', '.join(found)}", hint="name each once")
    return tuple(found)


def completed(keys: Keys, primary_key: Callable[[str], tuple[str, tuple[str, ...]] | None]) -> Keys:
    """References with the columns that they mean by naming none.

    `primary_key`: of a table by its name, which may be spelled in another case: (name, columns), `None` if
    there is no such table.
    """
    references = []
    for reference in keys.references:
        found = primary_key(reference.table)
        if found is not None:
            table, columns = found
            fits = len(columns) == len(reference.columns)
            to = reference.to or (columns if fits else ())
            reference = Reference(reference.columns, table, to)
        references.append(reference)
    return Keys(keys.primary_key, tuple(references))
