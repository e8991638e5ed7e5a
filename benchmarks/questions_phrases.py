"""What there is to ask about in a catalog, and the words for it, for questions that patterns write."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from thermocline.agent.catalog import Catalog, Column, Table
from thermocline.agent.english.inflection import lemma, words

_CODES = words(
    """
    year code number no phone zip latitude longitude rank day month hour fax postal ssn isbn version
    postcode order position sequence season round
    """
)


class Phrases:
    """The names, measures, dimensions and times of tables; some of them where there are many."""

    def __init__(self, catalog: Catalog, chance: random.Random) -> None:
        self.catalog = catalog
        self.chance = chance

    def shown(self, table: Table, before: str = "") -> str:
        """What rows are shown by: their names, else all of their columns."""
        return ", ".join(before + quoted(name.name) for name in self.names(table)) or f"{before}*"

    def names(self, table: Table) -> tuple[Column, ...]:
        """What rows are called by; nothing where any text would have to do."""
        loose = self.catalog.name_style(table.name) == "loose"
        return () if loose else self.catalog.names_of(table.name)

    def numbers(self, table: Table) -> list[Column]:
        """Columns that are measured: at most three."""
        found = [
            c for c in table.columns
            if c.numeric and not c.is_id and not set(c.words) & _CODES and c.distinct > 1
            and (table.name, c.name) not in self.catalog.foreign_keys and c.name not in table.primary_key
        ]  # fmt: skip
        return self.some(found, 3)

    def dimensions(self, table: Table) -> list[Column]:
        """Columns of repeated text: at most two."""
        found = [
            c for c in table.columns
            if c.kind == "text" and not c.is_id and not c.unique
            and 1 < c.distinct <= max(12, table.rows // 2)
            and (table.name, c.name) not in self.catalog.foreign_keys
        ]  # fmt: skip
        return self.some(found, 2)

    def times(self, table: Table) -> list[Column]:
        """The one column of time; none where there are two, as then the question is not clear."""
        found = [c for c in table.columns if c.kind == "date" and c.low is not None]
        return found if len(found) == 1 else []

    def years(self, table: Table) -> Iterator[tuple[str, str]]:
        """A year of the table's time, and the condition of it."""
        for column in self.times(table):
            year = str(column.low)[:4]
            if year.isdigit():
                yield year, f"year({quoted(table.name)}.{quoted(column.name)}) = {year}"

    def told_apart(self, table: Table, column: Column, n: int) -> bool:
        """Whether there are more rows than n and no two values are equal."""
        return table.rows > n and column.unique

    def some(self, found: list[Column], most: int) -> list[Column]:
        """At most so many of them."""
        return found if len(found) <= most else self.chance.sample(found, most)

    def one(self, *texts: str) -> str:
        """One way to say it."""
        return self.chance.choice(texts)


def plural(text: str) -> str:
    """The plural of a phrase in the singular or plural."""
    if text.endswith("s") and not text.endswith(("ss", "us", "is")):
        return text
    if text.endswith("y") and text[-2:-1] not in "aeiou":
        return text[:-1] + "ies"
    if text.endswith(("s", "x", "ch", "sh", "z")):
        return text + "es"
    return text + "s"


def said(named: Table | Column) -> str:
    """The name as it is said: its parts with spaces between."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", named.name)).lower() or named.name


def single(table: Table) -> str:
    """One row of a table, as it is said."""
    *before, last = said(table).split()
    return " ".join((*before, lemma(last)))


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"
