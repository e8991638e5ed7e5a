"""Questions as a business puts them (`revenue by region`), with their statements, over any database.

    catalog -> phrases of its measures, dimensions, names, keys -> question + SQL -> rows

Question sets of research ask in whole sentences. People who read reports ask in three words, and expect
groups to be shown, totals to be made, and rows of equal names to stay apart. These are written out of a fixed
list of patterns for tuning; what the translator is measured on is never made from them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from thermocline.agent.catalog import Catalog, Column, Join, Table
from thermocline.agent.english.inflection import words

from .questions_data import Databases, Question

MOST = 24
_CODES = words(
    """
    year code number no phone zip latitude longitude rank day month hour fax postal ssn isbn version
    postcode order position sequence season round
    """
)
_ADDITIVE = words(
    """
    amount revenue sale total quantity cost profit income spend payment volume turnover budget salary
    population attendance point goal win loss medal enrollment stock visit
    """
)
_PLACES = words("country city nationality state county region continent hometown district town")


@dataclass(frozen=True)
class Asked:
    """A question and the statement that answers it."""

    text: str
    sql: str


def business_questions(databases: Databases, name: str) -> list[Question]:
    """At most `MOST` questions over a database, the same each time."""
    catalog = databases.catalog(name)
    chance = random.Random(name)
    every = list(dict.fromkeys(_Patterns(catalog, chance).every()))
    chance.shuffle(every)
    out: list[Question] = []
    for asked in every:
        rows = databases.run(name, asked.sql)
        if rows and len(rows) <= 500 and any(value is not None for row in rows for value in row):
            ordered = "ORDER BY" in asked.sql
            out.append(
                Question(
                    f"business/{name}/{len(out)}", name, asked.text, asked.sql, ("business",), ordered,
                    [list(row) for row in rows], len(rows),
                )
            )  # fmt: skip
        if len(out) == MOST:
            break
    return out


class _Patterns:
    """What can be asked of each table of a catalog."""

    def __init__(self, catalog: Catalog, chance: random.Random) -> None:
        self._catalog = catalog
        self._chance = chance

    def every(self) -> Iterator[Asked]:
        for table in self._catalog.tables:
            if table.rows < 2:
                continue
            yield from self._counts(table)
            yield from self._measures(table)
            for join in self._catalog.joins:
                if join.given and join.left == table.name:
                    yield from self._parents(table, join)

    def _counts(self, table: Table) -> Iterator[Asked]:
        many, source = plural(_said(table)), _q(table.name)
        yield Asked(self._one(f"number of {many}", f"how many {many} are there", f"count of {many}",
                              f"total number of {many}"), f"SELECT count(*) FROM {source}")  # fmt: skip
        for column in self._dimensions(table):
            by, c = _said(column), _q(column.name)
            text = self._one(
                f"number of {many} by {by}", f"{many} by {by}", f"how many {many} per {by}",
                f"{many} per {by}", f"count of {many} by {by}", f"number of {many} for each {by}",
            )  # fmt: skip
            yield Asked(text, f"SELECT {c}, count(*) FROM {source} GROUP BY {c}")
            if self._chance.random() < 0.3:
                n = self._chance.choice((3, 5))
                ranked = f"GROUP BY {c} ORDER BY count(*) DESC, {c} NULLS FIRST LIMIT {n}"
                text = f"top {n} {plural(by)} by number of {many}"
                yield Asked(text, f"SELECT {c}, count(*) FROM {source} {ranked}")
            for year, inside in self._years(table):
                rows = f"FROM {source} WHERE {inside} GROUP BY {c}"
                text = self._one(f"number of {many} by {by} in {year}", f"{many} per {by} in {year}")
                yield Asked(text, f"SELECT {c}, count(*) {rows}")
            yield from self._of_value(table, column)
        for column in self._times(table):
            c = _q(column.name)
            for grain, often in (("month", "monthly"), ("year", "yearly")):
                text = self._one(
                    f"number of {many} per {grain}", f"{many} by {grain}", f"{often} number of {many}"
                )
                trunc = f"date_trunc('{grain}', {c})"
                yield Asked(text, f"SELECT {trunc}, count(*) FROM {source} GROUP BY 1")
            year = str(column.low)[:4]
            if year.isdigit():
                shown = ", ".join(_q(n.name) for n in self._names(table)) or "*"
                where = f"FROM {source} WHERE year({c}) = {year}"
                yield Asked(f"number of {many} in {year}", f"SELECT count(*) {where}")
                yield Asked(
                    self._one(f"{many} in {year}", f"list {many} in {year}"), f"SELECT {shown} {where}"
                )

    def _of_value(self, table: Table, column: Column) -> Iterator[Asked]:
        if not column.values:
            return
        value = self._chance.choice(column.values[:200])
        if not value or value.replace(".", "").isdigit() or len(value) > 30 or len(value) < 3:
            return
        many, source, by = plural(_said(table)), _q(table.name), _said(column)
        where = f"{_q(column.name)} = {_literal(value)}"
        links = ("in", "from") if set(column.words) & _PLACES else (f"with {by}", f"whose {by} is")
        link = self._one(*links)
        yield Asked(f"number of {many} {link} {value}", f"SELECT count(*) FROM {source} WHERE {where}")
        names = self._names(table)
        if column not in names:
            shown = ", ".join(_q(n.name) for n in names) or "*"
            text = self._one(
                f"{many} {link} {value}", f"which {many} are {link} {value}", f"list {many} {link} {value}"
            )
            if "whose" in link:
                text = f"{many} {link} {value}"
            yield Asked(text, f"SELECT {shown} FROM {source} WHERE {where}")

    def _measures(self, table: Table) -> Iterator[Asked]:
        many, source = plural(_said(table)), _q(table.name)
        names = self._names(table)
        for column in self._numbers(table):
            m, c = _said(column), _q(column.name)
            additive = bool(set(column.words) & _ADDITIVE)
            yield Asked(self._one(f"average {m} of {many}", f"average {m}", f"what is the average {m}"),
                        f"SELECT avg({c}) FROM {source}")  # fmt: skip
            if additive:
                yield Asked(self._one(f"total {m}", f"what is the total {m}", f"sum of {m}"),
                            f"SELECT sum({c}) FROM {source}")  # fmt: skip
            for by_column in self._dimensions(table):
                by, key = _said(by_column), _q(by_column.name)
                yield from self._grouped(m, c, additive, by, key, source, "")
                for year, inside in self._years(table):
                    rows = f"FROM {source} WHERE {inside} GROUP BY {key}"
                    if additive:
                        text = self._one(f"{m} by {by} in {year}", f"total {m} per {by} in {year}")
                        yield Asked(text, f"SELECT {key}, sum({c}) {rows}")
                        best = f"ORDER BY sum({c}) DESC, {key} NULLS FIRST LIMIT"
                        text = f"top 3 {plural(by)} by {m} in {year}"
                        yield Asked(text, f"SELECT {key}, sum({c}) {rows} {best} 3")
                    yield Asked(f"average {m} by {by} in {year}", f"SELECT {key}, avg({c}) {rows}")
            for when in self._times(table):
                if additive:
                    yield from self._over_time(m, c, when, source)
            if names:
                shown = ", ".join(_q(n.name) for n in names)
                n = self._chance.choice((3, 5, 10))
                text = self._one(
                    f"top {n} {many} by {m}", f"top {n} {many} by {m}", f"{n} best {many} by {m}"
                )
                rows = f"FROM {source} ORDER BY {c} DESC LIMIT"
                if self._parts_at(table, column, n):
                    yield Asked(text.replace("best ", "top "), f"SELECT {shown}, {c} {rows} {n}")
                if self._parts_at(table, column, 1):
                    one = _said(table)
                    yield Asked(
                        self._one(f"{one} with the highest {m}", f"which {one} has the highest {m}"),
                        f"SELECT {shown} {rows} 1",
                    )

    def _grouped(
        self, m: str, c: str, additive: bool, by: str, key: str, source: str, keyed: str
    ) -> Iterator[Asked]:
        """Totals where they make sense, averages and rankings, by one key."""
        group = f"GROUP BY {keyed}{key}"
        if additive:
            text = self._one(
                f"{m} by {by}", f"total {m} by {by}", f"{m} per {by}", f"total {m} per {by}",
                f"show me {m} by {by}", f"what is the total {m} by {by}", f"{m} for each {by}",
            )  # fmt: skip
            yield Asked(text, f"SELECT {key}, sum({c}) FROM {source} {group}")
            n = self._chance.choice((3, 5))
            ranked = f"FROM {source} {group} ORDER BY sum({c}) DESC, {key} NULLS FIRST LIMIT"
            if self._chance.random() < 0.5:
                text = self._one(f"top {n} {plural(by)} by {m}", f"top {n} {plural(by)} by total {m}")
                yield Asked(text, f"SELECT {key}, sum({c}) {ranked} {n}")
            if self._chance.random() < 0.3:
                text = self._one(f"{by} with the highest {m}", f"which {by} has the highest total {m}")
                yield Asked(text, f"SELECT {key} {ranked} 1")
            if self._chance.random() < 0.2:
                share = f"sum({c}) * 1.0 / sum(sum({c})) OVER ()"
                yield Asked(f"share of {m} by {by}", f"SELECT {key}, {share} FROM {source} {group}")
            if self._chance.random() < 0.3:
                text = self._one(f"{m} by {by}, highest first", f"{m} by {by} in descending order")
                yield Asked(
                    text, f"SELECT {key}, sum({c}) FROM {source} {group} ORDER BY sum({c}) DESC, {key}"
                )
        text = self._one(f"average {m} by {by}", f"average {m} per {by}", f"mean {m} for each {by}")
        yield Asked(text, f"SELECT {key}, avg({c}) FROM {source} {group}")

    def _over_time(self, m: str, c: str, when: Column, source: str) -> Iterator[Asked]:
        t = _q(when.name)
        for grain, often in (("month", "monthly"), ("year", "yearly")):
            text = self._one(f"{m} by {grain}", f"{often} {m}", f"total {m} per {grain}", f"{m} per {grain}")
            yield Asked(text, f"SELECT date_trunc('{grain}', {t}), sum({c}) FROM {source} GROUP BY 1")
        year = str(when.low)[:4]
        if year.isdigit():
            text = self._one(f"total {m} in {year}", f"{m} in {year}", f"how much {m} was there in {year}")
            yield Asked(text, f"SELECT sum({c}) FROM {source} WHERE year({t}) = {year}")

    def _parents(self, child: Table, join: Join) -> Iterator[Asked]:
        """What is asked of a table by the rows or columns of the table that it points at."""
        parent = self._catalog.by_name[join.right]
        names, key = self._names(parent), self._catalog.key_of(parent.name)
        if parent.rows < 2 or key is None or len(names) != 1:
            return
        if len([j for j in self._catalog.joins if {j.left, j.right} == {child.name, parent.name}]) > 1:
            return
        one, many, each = _said(parent), plural(_said(parent)), plural(_said(child))
        p, c = _q(parent.name), _q(child.name)
        on = f"{c}.{_q(join.left_column)} = {p}.{_q(join.right_column)}"
        source = f"{c} JOIN {p} ON {on}"
        name, keyed = f"{p}.{_q(names[0].name)}", f"{p}.{_q(key.name)}, "
        text = self._one(
            f"number of {each} per {one}", f"number of {each} by {one}", f"{each} per {one}",
            f"how many {each} does each {one} have", f"{each} by {one}",
        )  # fmt: skip
        yield Asked(text, f"SELECT {name}, count(*) FROM {source} GROUP BY {keyed}{name}")
        for year, inside in self._years(child):
            text = self._one(f"number of {each} per {one} in {year}", f"{each} by {one} in {year}")
            yield Asked(text, f"SELECT {name}, count(*) FROM {source} WHERE {inside} GROUP BY {keyed}{name}")
        n = self._chance.choice((3, 5))
        text = self._one(f"top {n} {many} by number of {each}", f"top {n} {many} by {each}")
        counted = f"FROM {source} GROUP BY {keyed}{name} ORDER BY count(*) DESC, {name} NULLS FIRST"
        yield Asked(text, f"SELECT {name}, count(*) {counted} LIMIT {n}")
        yield Asked(
            self._one(f"{one} with the most {each}", f"which {one} has the most {each}"),
            f"SELECT {name} {counted} LIMIT 1",
        )
        without = f"SELECT {_q(join.left_column)} FROM {c} WHERE {_q(join.left_column)} IS NOT NULL"
        yield Asked(
            self._one(f"{many} without {each}", f"{many} with no {each}", f"which {many} have no {each}"),
            f"SELECT {_q(names[0].name)} FROM {p} WHERE {_q(join.right_column)} NOT IN ({without})",
        )
        for column in self._dimensions(parent):
            by, d = _said(column), f"{p}.{_q(column.name)}"
            text = self._one(
                f"number of {each} by {one} {by}", f"{each} by {by}", f"number of {each} per {by}"
            )
            yield Asked(text, f"SELECT {d}, count(*) FROM {source} GROUP BY {d}")
        for number in self._numbers(child):
            m, value = _said(number), f"{c}.{_q(number.name)}"
            if self._chance.random() < 0.3 and not set(m.split()) & set(child.words):
                m = f"{' '.join(child.words)} {m}"
            additive = bool(set(number.words) & _ADDITIVE)
            yield from self._grouped(m, value, additive, one, name, source, keyed)
            for year, inside in self._years(child):
                rows = f"FROM {source} WHERE {inside} GROUP BY {keyed}{name}"
                if additive:
                    text = self._one(f"{m} by {one} in {year}", f"total {m} per {one} in {year}")
                    yield Asked(text, f"SELECT {name}, sum({value}) {rows}")
                    best = f"ORDER BY sum({value}) DESC, {name} NULLS FIRST LIMIT {n}"
                    text = f"top {n} {many} by {m} in {year}"
                    yield Asked(text, f"SELECT {name}, sum({value}) {rows} {best}")
                yield Asked(f"average {m} by {one} in {year}", f"SELECT {name}, avg({value}) {rows}")
            for column in self._dimensions(parent):
                by, d = _said(column), f"{p}.{_q(column.name)}"
                yield from self._grouped(m, value, additive, by, d, source, "")
            if additive:
                text = self._one(f"top {n} {many} by {m}", f"top {n} {many} by total {m}")
                ranked = f"GROUP BY {keyed}{name} ORDER BY sum({value}) DESC, {name} NULLS FIRST LIMIT {n}"
                yield Asked(text, f"SELECT {name}, sum({value}) FROM {source} {ranked}")

    def _names(self, table: Table) -> tuple[Column, ...]:
        """What rows are called by; nothing where any text would have to do."""
        loose = self._catalog.name_style(table.name) == "loose"
        return () if loose else self._catalog.names_of(table.name)

    def _numbers(self, table: Table) -> list[Column]:
        """Columns that are measured: at most three."""
        found = [
            c for c in table.columns
            if c.numeric and not c.is_id and not set(c.words) & _CODES and c.distinct > 1
            and (table.name, c.name) not in self._catalog.foreign_keys and c.name not in table.primary_key
        ]  # fmt: skip
        return self._some(found, 3)

    def _dimensions(self, table: Table) -> list[Column]:
        """Columns of repeated text: at most two."""
        found = [
            c for c in table.columns
            if c.kind == "text" and not c.is_id and not c.unique
            and 1 < c.distinct <= max(12, table.rows // 2)
            and (table.name, c.name) not in self._catalog.foreign_keys
        ]  # fmt: skip
        return self._some(found, 2)

    def _times(self, table: Table) -> list[Column]:
        """The one column of time; none where there are two, as then the question is not clear."""
        found = [c for c in table.columns if c.kind == "date" and c.low is not None]
        return found if len(found) == 1 else []

    def _years(self, table: Table) -> Iterator[tuple[str, str]]:
        """A year of the table's time, and the condition of it."""
        for column in self._times(table):
            year = str(column.low)[:4]
            if year.isdigit():
                yield year, f"year({_q(table.name)}.{_q(column.name)}) = {year}"

    def _parts_at(self, table: Table, column: Column, n: int) -> bool:
        """Whether there are more rows than n and no two values are equal."""
        return table.rows > n and column.unique

    def _some(self, found: list[Column], most: int) -> list[Column]:
        return found if len(found) <= most else self._chance.sample(found, most)

    def _one(self, *texts: str) -> str:
        return self._chance.choice(texts)


def plural(text: str) -> str:
    """The plural of a phrase in the singular or plural."""
    if text.endswith("s") and not text.endswith(("ss", "us", "is")):
        return text
    if text.endswith("y") and text[-2:-1] not in "aeiou":
        return text[:-1] + "ies"
    if text.endswith(("s", "x", "ch", "sh", "z")):
        return text + "es"
    return text + "s"


def _said(named: Table | Column) -> str:
    """The name as it is said: its parts with spaces between."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", named.name)).lower() or named.name


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
