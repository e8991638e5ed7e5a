"""Questions as a business puts them (`revenue by region`), with their statements, over any database.

    catalog -> phrases of its measures, dimensions, names, keys -> question + SQL -> rows

Question sets of research ask in whole sentences. People who read reports ask in three words, and expect
groups to be shown, totals to be made, and rows of equal names to stay apart. These are written out of a fixed
list of patterns for tuning; what the translator is measured on is never made from them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from thermocline.agent.catalog import Column, Join, Table
from thermocline.agent.english.inflection import words

from .questions_data import Databases, Question
from .questions_phrases import Phrases, literal, plural, quoted, said, single

MOST = 30
_ADDITIVE = words(
    """
    amount revenue sale total quantity cost profit income spend payment volume turnover budget salary
    population attendance point goal win loss medal enrollment stock visit
    """
)
_EXTREMES = {
    "weight": ("heaviest", "lightest"), "price": ("most expensive", "cheapest"),
    "cost": ("most expensive", "cheapest"), "fee": ("most expensive", "cheapest"),
    "size": ("largest", "smallest"), "area": ("largest", "smallest"),
    "population": ("largest", "smallest"), "capacity": ("largest", "smallest"),
    "length": ("longest", "shortest"), "duration": ("longest", "shortest"),
    "height": ("tallest", "shortest"), "age": ("oldest", "youngest"), "speed": ("fastest", "slowest"),
}  # fmt: skip
"""Adjectives for most and least of what a word of a column measures."""
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


class _Patterns(Phrases):
    """What can be asked of each table of a catalog."""

    def every(self) -> Iterator[Asked]:
        for table in self.catalog.tables:
            if table.rows < 2:
                continue
            yield from self._counts(table)
            yield from self._measures(table)
            joins = [j for j in self.catalog.joins if j.given and j.left == table.name]
            for join in joins:
                yield from self._parents(table, join)
            for first, second in combinations(joins, 2):
                yield from self._two_parents(table, first, second)

    def _counts(self, table: Table) -> Iterator[Asked]:
        many, source = plural(said(table)), quoted(table.name)
        yield Asked(self.one(f"number of {many}", f"how many {many} are there", f"count of {many}",
                              f"total number of {many}"), f"SELECT count(*) FROM {source}")  # fmt: skip
        for column in self.dimensions(table):
            by, c = said(column), quoted(column.name)
            text = self.one(
                f"number of {many} by {by}", f"{many} by {by}", f"how many {many} per {by}",
                f"{many} per {by}", f"count of {many} by {by}", f"number of {many} for each {by}",
            )  # fmt: skip
            yield Asked(text, f"SELECT {c}, count(*) FROM {source} GROUP BY {c}")
            if self.chance.random() < 0.3:
                text = self.one(
                    f"what {plural(by)} are there", f"which {plural(by)} are there", f"different {plural(by)}"
                )
                yield Asked(text, f"SELECT DISTINCT {c} FROM {source}")
            if self.chance.random() < 0.3:
                n = self.chance.choice((3, 5))
                ranked = f"GROUP BY {c} ORDER BY count(*) DESC, {c} NULLS FIRST LIMIT {n}"
                text = f"top {n} {plural(by)} by number of {many}"
                yield Asked(text, f"SELECT {c}, count(*) FROM {source} {ranked}")
            for year, inside in self.years(table):
                rows = f"FROM {source} WHERE {inside} GROUP BY {c}"
                text = self.one(f"number of {many} by {by} in {year}", f"{many} per {by} in {year}")
                yield Asked(text, f"SELECT {c}, count(*) {rows}")
            yield from self._of_value(table, column)
        for column in self.times(table):
            c = quoted(column.name)
            for grain, often in (("month", "monthly"), ("year", "yearly")):
                text = self.one(
                    f"number of {many} per {grain}", f"{many} by {grain}", f"{often} number of {many}"
                )
                trunc = f"date_trunc('{grain}', {c})"
                yield Asked(text, f"SELECT {trunc}, count(*) FROM {source} GROUP BY 1")
            year = str(column.low)[:4]
            if year.isdigit():
                shown = self.shown(table)
                where = f"FROM {source} WHERE year({c}) = {year}"
                yield Asked(f"number of {many} in {year}", f"SELECT count(*) {where}")
                yield Asked(
                    self.one(f"{many} in {year}", f"list {many} in {year}"), f"SELECT {shown} {where}"
                )
            if column.unique:
                yield from self._in_time(table, column)

    def _in_time(self, table: Table, column: Column) -> Iterator[Asked]:
        """The first and last rows."""
        one, many, c = single(table), plural(said(table)), quoted(column.name)
        rows = f"SELECT {self.shown(table)} FROM {quoted(table.name)} ORDER BY {c}"
        n = self.chance.choice((3, 5, 10))
        last = self.one(f"latest {one}", f"the most recent {one}", f"last {one}", f"newest {one}")
        yield Asked(last, f"{rows} DESC LIMIT 1")
        yield Asked(self.one(f"first {one}", f"the earliest {one}"), f"{rows} LIMIT 1")
        if table.rows > n:
            text = self.one(f"{n} latest {many}", f"the {n} most recent {many}", f"latest {n} {many}")
            yield Asked(text, f"{rows} DESC LIMIT {n}")

    def _of_value(self, table: Table, column: Column) -> Iterator[Asked]:
        if not column.values:
            return
        value = self.chance.choice(column.values[:200])
        if not value or value.replace(".", "").isdigit() or len(value) > 30 or len(value) < 3:
            return
        many, source, by = plural(said(table)), quoted(table.name), said(column)
        where = f"{quoted(column.name)} = {literal(value)}"
        links = ("in", "from") if set(column.words) & _PLACES else (f"with {by}", f"whose {by} is")
        link = self.one(*links)
        yield Asked(f"number of {many} {link} {value}", f"SELECT count(*) FROM {source} WHERE {where}")
        if self.chance.random() < 0.3:
            of = f"{many} {link} {value}" if "whose" in link else f"{many} that are {link} {value}"
            text = self.one(f"percentage of {many} {link} {value}", f"share of {of}")
            yield Asked(text, f"SELECT count(*) FILTER (WHERE {where}) * 1.0 / count(*) FROM {source}")
        if value.isalpha() and value.islower() and column.distinct <= 12:
            yield from self._of_kind(table, value, where)
        for other in self.dimensions(table):
            if other is not column and self.chance.random() < 0.2:
                what = plural(said(other))
                text = self.one(f"{what} with {by} {value}", f"which {what} have {by} {value}")
                yield Asked(text, f"SELECT DISTINCT {quoted(other.name)} FROM {source} WHERE {where}")
        names = self.names(table)
        if column not in names:
            shown = self.shown(table)
            text = self.one(
                f"{many} {link} {value}", f"which {many} are {link} {value}", f"list {many} {link} {value}"
            )
            if "whose" in link:
                text = f"{many} {link} {value}"
            yield Asked(text, f"SELECT {shown} FROM {source} WHERE {where}")

    def _of_kind(self, table: Table, value: str, where: str) -> Iterator[Asked]:
        """`open tickets`: a word for rows of one kind, before what they are."""
        many, source = plural(said(table)), quoted(table.name)
        text = self.one(f"how many {value} {many} are there", f"number of {value} {many}")
        yield Asked(text, f"SELECT count(*) FROM {source} WHERE {where}")
        text = self.one(f"{value} {many}", f"list {value} {many}", f"all {value} {many}")
        yield Asked(text, f"SELECT {self.shown(table)} FROM {source} WHERE {where}")
        text = self.one(f"percentage of {value} {many}", f"what percentage of {many} are {value}")
        yield Asked(text, f"SELECT count(*) FILTER (WHERE {where}) * 1.0 / count(*) FROM {source}")

    def _measures(self, table: Table) -> Iterator[Asked]:
        many, source = plural(said(table)), quoted(table.name)
        names = self.names(table)
        for column in self.numbers(table):
            m, c = said(column), quoted(column.name)
            additive = bool(set(column.words) & _ADDITIVE)
            yield Asked(self.one(f"average {m} of {many}", f"average {m}", f"what is the average {m}"),
                        f"SELECT avg({c}) FROM {source}")  # fmt: skip
            if additive:
                yield Asked(self.one(f"total {m}", f"what is the total {m}", f"sum of {m}"),
                            f"SELECT sum({c}) FROM {source}")  # fmt: skip
            for by_column in self.dimensions(table):
                by, key = said(by_column), quoted(by_column.name)
                yield from self._grouped(m, c, additive, by, key, source, "")
                for year, inside in self.years(table):
                    rows = f"FROM {source} WHERE {inside} GROUP BY {key}"
                    if additive:
                        text = self.one(f"{m} by {by} in {year}", f"total {m} per {by} in {year}")
                        yield Asked(text, f"SELECT {key}, sum({c}) {rows}")
                        best = f"ORDER BY sum({c}) DESC, {key} NULLS FIRST LIMIT"
                        text = f"top 3 {plural(by)} by {m} in {year}"
                        yield Asked(text, f"SELECT {key}, sum({c}) {rows} {best} 3")
                    yield Asked(f"average {m} by {by} in {year}", f"SELECT {key}, avg({c}) {rows}")
            for when in self.times(table):
                if additive:
                    yield from self._over_time(m, c, when, source)
                    for by_column in self.dimensions(table):
                        yield from self._over_time_by(m, c, when, by_column, source)
            if self.chance.random() < 0.3:
                text = self.one(f"median {m} of {many}", f"median {m}", f"what is the median {m}")
                yield Asked(text, f"SELECT median({c}) FROM {source}")
            if self.told_apart(table, column, 5):
                yield from self._extremes(table, column)
            if names:
                shown = self.shown(table)
                n = self.chance.choice((3, 5, 10))
                text = self.one(f"top {n} {many} by {m}", f"top {n} {many} by {m}", f"{n} best {many} by {m}")
                rows = f"FROM {source} ORDER BY {c} DESC LIMIT"
                if self.told_apart(table, column, n):
                    yield Asked(text.replace("best ", "top "), f"SELECT {shown}, {c} {rows} {n}")
                if self.told_apart(table, column, 1):
                    one = single(table)
                    yield Asked(
                        self.one(f"{one} with the highest {m}", f"which {one} has the highest {m}"),
                        f"SELECT {shown} {rows} 1",
                    )

    def _extremes(self, table: Table, column: Column) -> Iterator[Asked]:
        """`cheapest product`, `5 heaviest parcels`, and rows in the order of a number."""
        one, many, c, m = single(table), plural(said(table)), quoted(column.name), said(column)
        rows = f"SELECT {self.shown(table)} FROM {quoted(table.name)} ORDER BY {c}"
        if self.chance.random() < 0.3:
            yield Asked(self.one(f"list {many} by {m}", f"{many} sorted by {m}"), rows)
        for word in sorted(set(column.words) & _EXTREMES.keys()):
            for adjective, way in zip(_EXTREMES[word], ("DESC", "ASC"), strict=True):
                the = f"the {adjective}"
                text = self.one(f"{adjective} {one}", f"{the} {one}", f"which {one} is {the}")
                yield Asked(text, f"{rows} {way} LIMIT 1")
                n = self.chance.choice((3, 5))
                yield Asked(self.one(f"{n} {adjective} {many}", f"top {n} {adjective} {many}",
                                      f"the {n} {adjective} {many}"), f"{rows} {way} LIMIT {n}")  # fmt: skip

    def _grouped(
        self, m: str, c: str, additive: bool, by: str, key: str, source: str, keyed: str
    ) -> Iterator[Asked]:
        """Totals where they make sense, averages and rankings, by one key."""
        group = f"GROUP BY {keyed}{key}"
        if additive:
            text = self.one(
                f"{m} by {by}", f"total {m} by {by}", f"{m} per {by}", f"total {m} per {by}",
                f"show me {m} by {by}", f"what is the total {m} by {by}", f"{m} for each {by}",
            )  # fmt: skip
            yield Asked(text, f"SELECT {key}, sum({c}) FROM {source} {group}")
            n = self.chance.choice((3, 5))
            ranked = f"FROM {source} {group} ORDER BY sum({c}) DESC, {key} NULLS FIRST LIMIT"
            if self.chance.random() < 0.5:
                text = self.one(f"top {n} {plural(by)} by {m}", f"top {n} {plural(by)} by total {m}")
                yield Asked(text, f"SELECT {key}, sum({c}) {ranked} {n}")
            if self.chance.random() < 0.3:
                text = self.one(f"{by} with the highest {m}", f"which {by} has the highest total {m}")
                yield Asked(text, f"SELECT {key} {ranked} 1")
            if self.chance.random() < 0.2:
                share = f"sum({c}) * 1.0 / sum(sum({c})) OVER ()"
                yield Asked(f"share of {m} by {by}", f"SELECT {key}, {share} FROM {source} {group}")
            if self.chance.random() < 0.3:
                text = self.one(f"{m} by {by}, highest first", f"{m} by {by} in descending order")
                yield Asked(
                    text, f"SELECT {key}, sum({c}) FROM {source} {group} ORDER BY sum({c}) DESC, {key}"
                )
        text = self.one(f"average {m} by {by}", f"average {m} per {by}", f"mean {m} for each {by}")
        yield Asked(text, f"SELECT {key}, avg({c}) FROM {source} {group}")

    def _over_time(self, m: str, c: str, when: Column, source: str) -> Iterator[Asked]:
        t = quoted(when.name)
        for grain, often in (("month", "monthly"), ("year", "yearly")):
            text = self.one(f"{m} by {grain}", f"{often} {m}", f"total {m} per {grain}", f"{m} per {grain}")
            yield Asked(text, f"SELECT date_trunc('{grain}', {t}), sum({c}) FROM {source} GROUP BY 1")
        year = str(when.low)[:4]
        if year.isdigit():
            text = self.one(f"total {m} in {year}", f"{m} in {year}", f"how much {m} was there in {year}")
            yield Asked(text, f"SELECT sum({c}) FROM {source} WHERE year({t}) = {year}")
            after = int(year) + 1
            one, other = (f"sum({c}) FILTER (WHERE year({t}) = {y})" for y in (after, year))
            text = self.one(f"{m} in {after} vs {year}", f"total {m} in {after} compared to {year}")
            yield Asked(text, f"SELECT {one}, {other} FROM {source}")

    def _over_time_by(self, m: str, c: str, when: Column, by_column: Column, source: str) -> Iterator[Asked]:
        by, key = said(by_column), quoted(by_column.name)
        for grain, often in (("month", "monthly"), ("year", "yearly")):
            text = self.one(
                f"{often} {m} by {by}", f"{m} by {by} and {grain}", f"{m} by {by} per {grain}",
                f"{m} per {grain} and {by}",
            )  # fmt: skip
            if self.chance.random() < 0.5:
                group = f"date_trunc('{grain}', {quoted(when.name)}), {key}"
                yield Asked(text, f"SELECT {group}, sum({c}) FROM {source} GROUP BY {group}")

    def _parents(self, child: Table, join: Join) -> Iterator[Asked]:
        """What is asked of a table by the rows or columns of the table that it points at."""
        parent = self.catalog.by_name[join.right]
        names, key = self.names(parent), self.catalog.key_of(parent.name)
        if parent.rows < 2 or key is None or len(names) != 1:
            return
        if len([j for j in self.catalog.joins if {j.left, j.right} == {child.name, parent.name}]) > 1:
            return
        one, many, each = single(parent), plural(said(parent)), plural(said(child))
        p, c = quoted(parent.name), quoted(child.name)
        on = f"{c}.{quoted(join.left_column)} = {p}.{quoted(join.right_column)}"
        source = f"{c} JOIN {p} ON {on}"
        name, keyed = f"{p}.{quoted(names[0].name)}", f"{p}.{quoted(key.name)}, "
        text = self.one(
            f"number of {each} per {one}", f"number of {each} by {one}", f"{each} per {one}",
            f"how many {each} does each {one} have", f"{each} by {one}",
        )  # fmt: skip
        yield Asked(text, f"SELECT {name}, count(*) FROM {source} GROUP BY {keyed}{name}")
        for year, inside in self.years(child):
            text = self.one(f"number of {each} per {one} in {year}", f"{each} by {one} in {year}")
            yield Asked(text, f"SELECT {name}, count(*) FROM {source} WHERE {inside} GROUP BY {keyed}{name}")
        n = self.chance.choice((3, 5))
        text = self.one(f"top {n} {many} by number of {each}", f"top {n} {many} by {each}")
        counted = f"FROM {source} GROUP BY {keyed}{name} ORDER BY count(*) DESC, {name} NULLS FIRST"
        yield Asked(text, f"SELECT {name}, count(*) {counted} LIMIT {n}")
        yield Asked(
            self.one(f"{one} with the most {each}", f"which {one} has the most {each}"),
            f"SELECT {name} {counted} LIMIT 1",
        )
        without = f"SELECT {quoted(join.left_column)} FROM {c} WHERE {quoted(join.left_column)} IS NOT NULL"
        yield Asked(
            self.one(f"{many} without {each}", f"{many} with no {each}", f"which {many} have no {each}"),
            f"SELECT {quoted(names[0].name)} FROM {p} WHERE {quoted(join.right_column)} NOT IN ({without})",
        )
        yield from self._of_parent(child, parent, names[0], source)
        for column in self.dimensions(parent):
            by, d = said(column), f"{p}.{quoted(column.name)}"
            text = self.one(
                f"number of {each} by {one} {by}", f"{each} by {by}", f"number of {each} per {by}"
            )
            yield Asked(text, f"SELECT {d}, count(*) FROM {source} GROUP BY {d}")
        for number in self.numbers(child):
            m, value = said(number), f"{c}.{quoted(number.name)}"
            if self.chance.random() < 0.3 and not set(m.split()) & set(child.words):
                m = f"{' '.join(child.words)} {m}"
            additive = bool(set(number.words) & _ADDITIVE)
            yield from self._grouped(m, value, additive, one, name, source, keyed)
            for year, inside in self.years(child):
                rows = f"FROM {source} WHERE {inside} GROUP BY {keyed}{name}"
                if additive:
                    text = self.one(f"{m} by {one} in {year}", f"total {m} per {one} in {year}")
                    yield Asked(text, f"SELECT {name}, sum({value}) {rows}")
                    best = f"ORDER BY sum({value}) DESC, {name} NULLS FIRST LIMIT {n}"
                    text = f"top {n} {many} by {m} in {year}"
                    yield Asked(text, f"SELECT {name}, sum({value}) {rows} {best}")
                yield Asked(f"average {m} by {one} in {year}", f"SELECT {name}, avg({value}) {rows}")
            for column in self.dimensions(parent):
                by, d = said(column), f"{p}.{quoted(column.name)}"
                yield from self._grouped(m, value, additive, by, d, source, "")
            if additive:
                text = self.one(f"top {n} {many} by {m}", f"top {n} {many} by total {m}")
                ranked = f"GROUP BY {keyed}{name} ORDER BY sum({value}) DESC, {name} NULLS FIRST LIMIT {n}"
                yield Asked(text, f"SELECT {name}, sum({value}) FROM {source} {ranked}")

    def _of_parent(self, child: Table, parent: Table, name: Column, source: str) -> Iterator[Asked]:
        """The rows that point at one row, which is called by its name: `orders of Ada`."""
        known = [v for v in name.values[:200] if 3 <= len(v) <= 30 and not v.replace(".", "").isdigit()]
        if not name.unique or not known:
            return
        value, one, each = self.chance.choice(known), single(child), plural(said(child))
        rows = f"FROM {source} WHERE {quoted(parent.name)}.{quoted(name.name)} = {literal(value)}"
        links = ("in", "from") if set(parent.words) & _PLACES else ("of", "of", "for", "from")
        of = f"{self.one(*links)} {value}"
        text = self.one(
            f"number of {each} {of}", f"how many {each} does {value} have", f"how many {each} {of}"
        )
        yield Asked(text, f"SELECT count(*) {rows}")
        shown = self.shown(child, quoted(child.name) + ".")
        text = self.one(f"{each} {of}", f"list {each} {of}", f"show me the {each} {of}")
        yield Asked(text, f"SELECT {shown} {rows}")
        for number in self.numbers(child):
            m, c = said(number), f"{quoted(child.name)}.{quoted(number.name)}"
            if set(number.words) & _ADDITIVE:
                yield Asked(self.one(f"total {m} {of}", f"{m} {of}"), f"SELECT sum({c}) {rows}")
            yield Asked(f"average {m} {of}", f"SELECT avg({c}) {rows}")
        for when in self.times(child):
            if when.unique:
                text = self.one(f"latest {one} {of}", f"most recent {one} {of}", f"last {one} {of}")
                yield Asked(text, f"SELECT {shown} {rows} ORDER BY {quoted(when.name)} DESC LIMIT 1")

    def _two_parents(self, child: Table, first: Join, second: Join) -> Iterator[Asked]:
        """Counts by two tables at once: `orders by customer and shop`."""
        parents = [self.catalog.by_name[join.right] for join in (first, second)]
        if len({child.name, *(parent.name for parent in parents)}) < 3:
            return
        source, keys, names = quoted(child.name), [], []
        for join, parent in zip((first, second), parents, strict=True):
            name, key = self.names(parent), self.catalog.key_of(parent.name)
            if len(name) != 1 or key is None:
                return
            p = quoted(parent.name)
            points = f"{quoted(child.name)}.{quoted(join.left_column)}"
            source += f" JOIN {p} ON {points} = {p}.{quoted(join.right_column)}"
            names.append(f"{p}.{quoted(name[0].name)}")
            keys += [f"{p}.{quoted(key.name)}", names[-1]]
        each, (one, other) = plural(said(child)), map(single, parents)
        text = self.one(f"number of {each} by {one} and {other}", f"{each} by {one} and {other}")
        yield Asked(text, f"SELECT {', '.join(names)}, count(*) FROM {source} GROUP BY {', '.join(keys)}")
