"""Files that hold several tables, which are SQLite databases: each table is read like a file of its own.

Tables and columns get names that are valid here, and the keys that the file declares are told in these names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ....core.errors import Invalid, NotFound, nearest
from ....core.ids import checksum
from ....core.keys import Keys, Reference
from ....core.protocols import Progress
from ....core.sqlite_files import MAGIC, check_settled
from .batches import FileBatches
from .names import valid_names, valid_table_names
from .read import Wishes, first_pass
from .source import Hashed, Source
from .sqlite_records import Declared, SqliteFile, SqliteFormat


@dataclass(frozen=True, slots=True)
class FileTable:
    """`name`: what it is called here; `keys`: as the file declares them, in the names of here."""

    name: str
    declared: Declared
    keys: Keys


class TablesFile:
    """An open SQLite file. Raises `Invalid` if it can't be read or holds no table."""

    def __init__(self, source: Source, unpacked: Path, progress: Progress | None) -> None:
        self._source = source
        self._progress = progress
        self._file = SqliteFile(source.path, unpacked)
        declared = self._file.tables()
        if not declared:
            raise Invalid(f"{source.path} holds no tables", hint="name a database with tables")
        names = valid_table_names([table.name for table in declared])
        known = {table.name.lower(): (name, table) for name, table in zip(names, declared, strict=True)}
        self.tables = [FileTable(name, table, _keys(table, known)) for name, table in known.values()]

    def chosen(self, wanted: str | Sequence[str] | None) -> list[FileTable]:
        """By their names here or in the file; all for `None`. Raises `NotFound`."""
        if wanted is None:
            return self.tables
        return [self._find(name) for name in ([wanted] if isinstance(wanted, str) else wanted)]

    def read(self, table: FileTable, wishes: Wishes) -> FileBatches:
        """Raises what `read_file` does."""
        format = SqliteFormat(self._file, table.declared, self._progress)
        name = table.declared.name
        return first_pass(
            self._source, format, (), lambda: checksum(f"{self._digest}/{name}".encode()), wishes
        )

    def _find(self, wanted: str) -> FileTable:
        for name in (wanted, wanted.lower()):
            for table in self.tables:
                names = (table.declared.name, table.name)
                if name in names or name in map(str.lower, names):
                    return table
        labels = [table.declared.name for table in self.tables]
        raise NotFound(f"no table `{wanted}` in {self._source.path}", hint=nearest(wanted, labels))

    @cached_property
    def _digest(self) -> str:
        content = Hashed(self._source.blocks("hash"))
        for _ in content:
            pass
        return content.digest()


@contextmanager
def open_tables(path: Path, progress: Progress | None = None) -> Iterator[TablesFile | None]:
    """`None` if the file is one table by itself, which `read_file` reads. Raises `NotFound`, `Invalid`."""
    source = Source(path, progress)
    if not source.head.startswith(MAGIC):
        yield None
        return
    check_settled(path)
    with tempfile.TemporaryDirectory(prefix="thermocline-sqlite-") as folder:
        yield TablesFile(source, source.unpacked(Path(folder)), progress)


def _keys(table: Declared, known: Mapping[str, tuple[str, Declared]]) -> Keys:
    """Without references to what the file does not hold."""
    references = []
    for columns, target, to in table.references:
        name, other = known.get(target.lower(), (None, table))
        here, there = _names_of(table, columns), _names_of(other, to)
        if name is not None and here is not None and there is not None:
            references.append(Reference(here, name, there))
    return Keys(_names_of(table, table.primary_key) or (), tuple(references))


def _names_of(table: Declared, columns: Sequence[str]) -> tuple[str, ...] | None:
    """`None` if one of them is not there: SQLite checks that late or never."""
    labels = [label for label, _ in table.columns]
    names = dict(zip((label.lower() for label in labels), valid_names(labels), strict=True))
    found = [names.get(column.lower()) for column in columns]
    return None if None in found else tuple(name for name in found if name is not None)
