"""A file into a database: one table, or all those that the file holds.

first pass over each table, then each is made if it is new, and its rows are appended batch by batch
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import Invalid
from ..core.ids import check_name
from ..core.keys import NO_KEYS, Keys
from ..core.protocols import Progress
from ..core.results import Imported
from ..tiers.intake.files.batches import FileBatches
from ..tiers.intake.files.read import Wishes, read_wished
from ..tiers.intake.files.several import FileTable, TablesFile, open_tables
from .tenancy import Tenancy

if TYPE_CHECKING:
    from .database import LakeDatabase


@dataclass(frozen=True, slots=True)
class _Planned:
    """A table that has been read once. `aside`: the file for what does not fit, if that is wanted."""

    name: str
    batches: FileBatches
    event_time: str | None
    new: bool
    aside: Path | None
    keys: Keys = NO_KEYS


class Importing:
    """One file, and how it is wanted; see `core.protocols.Database.import_file`."""

    def __init__(
        self,
        database: LakeDatabase,
        tenancy: Tenancy,
        path: Path,
        *,
        event_time: str | None,
        id: str | None,
        on_error: str,
        progress: Progress | None,
    ) -> None:
        self._database = database
        self._tenancy = tenancy
        self._path = path
        self._event_time = event_time
        self._id = id
        self._on_error = on_error
        self._progress = progress

    def run(self, table: str | Sequence[str] | None) -> Imported:
        with open_tables(self._path, self._progress) as file:
            if file is None:
                return self._carry_out(self._plan(one_table(table, self._path)))
            chosen = file.chosen(table)
            if len(chosen) > 1 and (self._event_time or self._id):
                raise Invalid("an event time or an id is a column of one table", hint="name one table")
            planned = [self._plan(found.name, (file, found)) for found in chosen]
            done = []
            for plan in planned:
                with _naming(plan.name):
                    done.append(self._carry_out(plan))
        return done[0] if isinstance(table, str) else _summed(done, chosen)

    def _plan(self, name: str, within: tuple[TablesFile, FileTable] | None = None) -> _Planned:
        check_name("table", name)
        known = name.lower() in (known.lower() for known in self._database.tables())
        present = self._database.shards.table(name) if known else None
        aside = self._tenancy.quarantine_file(name, self._path) if self._on_error == "quarantine" else None
        event_time = self._event_time or (present.event_time if present else None)
        wishes = Wishes(present.schema if present else None, event_time, self._id, self._on_error, aside)
        if within is None:
            batches = read_wished(self._path, wishes, self._progress)
            return _Planned(name, batches, event_time, present is None, aside)
        file, found = within
        return _Planned(name, file.read(found, wishes), event_time, present is None, aside, found.keys)

    def _carry_out(self, plan: _Planned) -> Imported:
        batches = plan.batches
        if plan.new:
            named = (n for n in batches.types if plan.event_time in (n, batches.renamed.get(n)))
            column = plan.event_time and next(named, plan.event_time)
            self._database.shards.create_table(
                plan.name, list(batches.types.items()), event_time=column, keys=plan.keys
            )
        rows = duplicates = 0
        for batch in batches:
            appended = self._database.append(plan.name, batch)
            rows += appended.rows
            duplicates += appended.duplicates
        kept = str(plan.aside) if batches.quarantined else None
        return Imported(plan.name, rows, duplicates, batches.quarantined, kept, batches.renamed)


def tables_of(path: Path, table: str | Sequence[str] | None) -> list[str]:
    """The tables into which a file goes. Raises `NotFound`, `Invalid`."""
    with open_tables(path) as file:
        return [one_table(table, path)] if file is None else [t.name for t in file.chosen(table)]


def one_table(table: str | Sequence[str] | None, path: Path) -> str:
    """Raises `Invalid` unless one is named."""
    names = [table] if isinstance(table, str) else list(table or ())
    if len(names) != 1:
        raise Invalid(
            f"{path} is rows of one table, and {len(names) or 'none'} is named",
            hint='name the table it goes into: import_file(path, "orders"), or --table orders',
        )
    return names[0]


@contextmanager
def _naming(table: str) -> Iterator[None]:
    """A row's number says little without its table."""
    try:
        yield
    except Invalid as problem:
        raise Invalid(f"table `{table}`: {problem.message}", hint=problem.hint) from problem


def _summed(done: Sequence[Imported], chosen: Sequence[FileTable]) -> Imported:
    return Imported(
        ", ".join(part.table for part in done),
        sum(part.rows for part in done),
        sum(part.duplicates for part in done),
        sum(part.quarantined for part in done),
        next((part.quarantine_file for part in done if part.quarantine_file), None),
        {found.name: found.declared.name for found in chosen if found.name != found.declared.name},
        tuple(done),
    )
