"""Random queries whose result is determined: each template is one idea, and the tuple at the end lists them.

Rows are compared as a multiset unless the query orders all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from .columns import Column
from .events import TableModel
from .predicates import Writer, condition


@dataclass(frozen=True)
class Query:
    """`oracle`: the text for plain tables, where it differs: there `*` would show the envelope too."""

    text: str
    params: Sequence[Any] | Mapping[str, Any] | None
    tables: tuple[str, ...]
    ordered: bool = False
    oracle: str | None = None


@dataclass(frozen=True)
class Shown:
    """A table as a query may see it: its columns at the point in time that it asks about."""

    table: TableModel
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return self.table.name


class Maker:
    """Makes one query about some tables."""

    def __init__(self, rng: Random, shown: Sequence[Shown]) -> None:
        self.rng = rng
        self.shown = shown
        self.w = Writer(rng)

    def table(self) -> Shown:
        return self.rng.choice(self.shown)

    def order(self, alias: str = "", way: str = "") -> str:
        """What orders all rows. `alias`: with its dot; `way`: with its space."""
        return ", ".join(f"{alias}{name}{way}" for name in self.shown[0].table.spread.order)

    @property
    def unique(self) -> str:
        """One column whose values differ in all rows."""
        return self.shown[0].table.spread.order[-1]

    def column(self, shown: Shown, *, where: Callable[[Column], bool] = lambda _: True) -> Column:
        return self.rng.choice([c for c in shown.columns if where(c)])

    def some(self, shown: Shown, alias: str) -> str:
        """A few columns, always in one order."""
        chosen = self.rng.sample(shown.columns, min(3, len(shown.columns)))
        return ", ".join(f"{alias}.{c.quoted}" for c in chosen)

    def where(self, shown: Shown, alias: str, word: str = "WHERE") -> str:
        if self.rng.random() < 0.25:
            return ""
        return f" {word} " + condition(self.w, shown.table, shown.columns, alias)

    def aggregate(self, shown: Shown, alias: str) -> str:
        column = self.column(shown)
        name = f"{alias}.{column.quoted}"
        choices = [
            f"count({name})",
            f"count(DISTINCT {name})",
            f"list({name} ORDER BY {self.order(f'{alias}.')})",
            f"arg_max({name}, {alias}.{self.unique})",
            f"first({name} ORDER BY {self.order(f'{alias}.', ' DESC')})",
            f"count(*) FILTER (WHERE {name} IS NULL)",
        ]
        if column.sums:
            choices += [f"sum({name})", f"avg({name})", f"sum(DISTINCT {name})"] * 2
        if not column.is_nested and column.sql not in ("BOOLEAN", "JSON", "UUID"):
            choices += [f"min({name})", f"max({name})"]
        if column.sql == "VARCHAR":
            choices += [f"string_agg({name}, '|' ORDER BY {self.order(f'{alias}.')})", f"max(length({name}))"]
        if column.sql == "BOOLEAN":
            choices += [f"bool_and({name})", f"count_if({name})"]
        if column.sql in ("INTEGER", "BIGINT"):
            choices += [f"bit_xor({name})", f"median({name})"]
        return self.rng.choice(choices)

    def query(self, text: str, *tables: Shown, ordered: bool = False, oracle: str | None = None) -> Query:
        return Query(text, self.w.bound, tuple(t.name for t in tables), ordered, oracle)


def rows(m: Maker) -> Query:
    t = m.table()
    return m.query(f"SELECT t._seq, {m.some(t, 't')} FROM {t.name} t{m.where(t, 't')}", t)


def everything(m: Maker) -> Query:
    t = m.table()
    shown = ", ".join(c.quoted for c in t.columns)
    rest = f" FROM {t.name} t{m.where(t, 't')} ORDER BY {m.order('t.')}"
    return m.query(f"SELECT *{rest}", t, ordered=True, oracle=f"SELECT {shown}{rest}")


def envelope(m: Maker) -> Query:
    t = m.table()
    names = "_seq, _time, _recorded_at, _stream, _position, _type, _source, _tier_hint, _schema_version"
    names += ", _id" if t.table.with_ids else ""
    return m.query(f"SELECT {names} FROM {t.name} t{m.where(t, 't')}", t)


def count(m: Maker) -> Query:
    t = m.table()
    return m.query(
        f"SELECT count(*), count(t._stream), min(t._time), max(_seq) FROM {t.name} t{m.where(t, 't')}", t
    )


def aggregates(m: Maker) -> Query:
    t = m.table()
    asked = ", ".join(m.aggregate(t, "t") for _ in range(m.rng.randint(1, 4)))
    return m.query(f"SELECT {asked} FROM {t.name} t{m.where(t, 't')}", t)


def grouped(m: Maker) -> Query:
    t = m.table()
    keys = [f"t.{c.quoted}" for c in m.rng.sample(t.columns, m.rng.randint(1, 2))]
    keys += m.rng.sample(
        ["date_trunc('month', t._time)", "t._type", "t.k % 3", "t._stream"], m.rng.randint(0, 1)
    )
    listed = ", ".join(keys)
    having = m.rng.choice(["", "", " HAVING count(*) > 1"])
    where = m.where(t, "t")
    return m.query(
        f"SELECT {listed}, count(*), {m.aggregate(t, 't')} FROM {t.name} t{where} GROUP BY {listed}{having}",
        t,
    )


def cubes(m: Maker) -> Query:
    t = m.table()
    kind = m.rng.choice(["ROLLUP", "CUBE"])
    return m.query(
        f"SELECT t.k, t._type, grouping(t.k, t._type), {m.aggregate(t, 't')} FROM {t.name} t{m.where(t, 't')}"
        f" GROUP BY {kind} (t.k, t._type)",
        t,
    )


def top(m: Maker) -> Query:
    t = m.table()
    column = m.column(t, where=lambda c: not c.is_nested and c.sql != "JSON")
    way = m.rng.choice(["ASC NULLS FIRST", "DESC NULLS LAST", "ASC", "DESC"])
    limit = f"LIMIT {m.rng.randint(0, 20)}" + m.rng.choice(["", f" OFFSET {m.rng.randint(0, 9)}"])
    where = m.where(t, "t")
    return m.query(
        f"SELECT t._seq, t.{column.quoted} FROM {t.name} t{where}"
        f" ORDER BY t.{column.quoted} {way}, {m.order('t.')} {limit}",
        t,
        ordered=True,
    )


def latest(m: Maker) -> Query:
    t = m.table()
    down = m.order(way=" DESC")
    order = m.rng.choice([down, f"_time DESC, {down}", f"_time, {m.order()}"])
    shown = ", ".join(c.quoted for c in t.columns)
    rest = f" FROM {t.name} t{m.where(t, 't')} ORDER BY {order} LIMIT {m.rng.choice([1, 3, 30])}"
    return m.query(f"SELECT *{rest}", t, ordered=True, oracle=f"SELECT {shown}{rest}")


def distinct(m: Maker) -> Query:
    t = m.table()
    return m.query(f"SELECT DISTINCT {m.some(t, 't')} FROM {t.name} t{m.where(t, 't')}", t)


def distinct_on(m: Maker) -> Query:
    t = m.table()
    some = m.some(t, "t")
    return m.query(
        f"SELECT DISTINCT ON (t.k) t.k, {some} FROM {t.name} t{m.where(t, 't')}"
        f" ORDER BY t.k, t._time DESC, {m.order('t.')}",
        t,
    )


def windows(m: Maker) -> Query:
    t = m.table()
    summed = m.column(t, where=lambda c: c.sql in ("INTEGER", "BIGINT", "DECIMAL(12,2)"))
    other = m.column(t)
    order = m.order("t.")
    frame = m.rng.choice(["ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "ROWS UNBOUNDED PRECEDING"])
    return m.query(
        f"SELECT t._seq, row_number() OVER (PARTITION BY t.k ORDER BY {order}),"
        f" sum(t.{summed.quoted}) OVER (ORDER BY {order} {frame}),"
        f" lag(t.{other.quoted}) OVER (PARTITION BY t._stream ORDER BY {order}),"
        f" rank() OVER (ORDER BY t.k), ntile(3) OVER (ORDER BY t._time, {order})"
        f" FROM {t.name} t{m.where(t, 't')}",
        t,
    )


def qualify(m: Maker) -> Query:
    t = m.table()
    return m.query(
        f"SELECT t.k, t._seq, {m.some(t, 't')} FROM {t.name} t{m.where(t, 't')}"
        f" QUALIFY row_number() OVER (PARTITION BY t.k ORDER BY t._time DESC, {m.order('t.', ' DESC')}) = 1",
        t,
    )


def join(m: Maker) -> Query:
    a, b = m.table(), m.table()
    kind = m.rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    left, right = m.column(a), m.column(b)
    extra = m.where(b, "b", "AND")
    where = m.where(a, "a")
    return m.query(
        f"SELECT a._seq, b._seq, a.{left.quoted}, b.{right.quoted} FROM {a.name} a {kind} {b.name} b"
        f" ON a.k = b.k AND a._seq % 7 = b._seq % 7{extra}{where}",
        a,
        b,
    )


def join_using(m: Maker) -> Query:
    a, b = m.table(), m.table()
    kind = m.rng.choice(["JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"])
    return m.query(f"SELECT k, count(*) FROM {a.name} a {kind} {b.name} b USING (k) GROUP BY k", a, b)


def asof_join(m: Maker) -> Query:
    a, b = m.table(), m.table()
    kind = m.rng.choice(["ASOF JOIN", "ASOF LEFT JOIN"])
    where = m.where(a, "a")
    return m.query(
        f"SELECT a._seq, b._seq FROM {a.name} a {kind} {b.name} b ON a.k = b.k"
        f" AND a.{m.unique} > b.{m.unique}{where}",
        a,
        b,
    )


def set_operation(m: Maker) -> Query:
    a, b = m.table(), m.table()
    shared = [c for c in a.columns if c in b.columns]
    names = ", ".join(c.quoted for c in m.rng.sample(shared, min(2, len(shared))))
    kind = m.rng.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL"])
    first = f"SELECT {names} FROM {a.name} a{m.where(a, 'a')}"
    return m.query(f"{first} {kind} SELECT {names} FROM {b.name} b{m.where(b, 'b')}", a, b)


def membership(m: Maker) -> Query:
    a, b = m.table(), m.table()
    word = m.rng.choice(["IN", "NOT IN"])
    inner = condition(m.w, b.table, b.columns, "b")
    return m.query(
        f"SELECT a._seq FROM {a.name} a WHERE a.k {word} (SELECT b.k FROM {b.name} b WHERE b.k IS NOT NULL"
        f" AND {inner})",
        a,
        b,
    )


def correlated(m: Maker) -> Query:
    a, b = m.table(), m.table()
    inner = condition(m.w, b.table, b.columns, "b")
    return m.query(
        f"SELECT a._seq, (SELECT count(*) FROM {b.name} b WHERE b.k = a.k AND {inner}),"
        f" EXISTS (SELECT 1 FROM {b.name} c WHERE c._seq > a._seq AND c.k = a.k)"
        f" FROM {a.name} a{m.where(a, 'a')}",
        a,
        b,
    )


def common_tables(m: Maker) -> Query:
    t = m.table()
    column = m.column(t)
    inner = f"SELECT t.k, t._seq AS s, t.{column.quoted} AS v FROM {t.name} t{m.where(t, 't')}"
    return m.query(
        f"WITH x AS ({inner}), y AS (SELECT k, max(s) AS s, count(v) AS n FROM x GROUP BY k)"
        " SELECT x.k, x.s, x.v, y.n FROM x JOIN y ON x.s = y.s",
        t,
    )


def derived(m: Maker) -> Query:
    t = m.table()
    inner = f"SELECT t.k, t._time AS at, {m.aggregate(t, 't')} AS v FROM {t.name} t{m.where(t, 't')}"
    inner += " GROUP BY t.k, t._time"
    return m.query(f"SELECT d.k, count(*), count(d.v), min(d.at) FROM ({inner}) d GROUP BY d.k", t)


def above_average(m: Maker) -> Query:
    t = m.table()
    return m.query(
        f"SELECT t._seq, t.k FROM {t.name} t WHERE t.k > (SELECT avg(u.k) FROM {t.name} u{m.where(t, 'u')})",
        t,
    )


def case_and_casts(m: Maker) -> Query:
    t = m.table()
    column = m.column(t, where=lambda c: c.sql not in ("DOUBLE", "FLOAT"))
    test = condition(m.w, t.table, t.columns, "t")
    return m.query(
        f"SELECT t._seq, CASE WHEN {test} THEN 'yes' ELSE 'no' END, CAST(t.{column.quoted} AS VARCHAR),"
        f" coalesce(CAST(t.k AS VARCHAR), '-') FROM {t.name} t",
        t,
    )


def unnested(m: Maker) -> Query:
    t = m.table()
    lists = [c for c in t.columns if c.sql.endswith("[]")]
    if not lists:
        return count(m)
    column = m.rng.choice(lists)
    return m.query(
        f"SELECT t._seq, u.v FROM {t.name} t, unnest(t.{column.quoted}) AS u(v){m.where(t, 't')}", t
    )


def positional_star(m: Maker) -> Query:
    t = m.table()
    shown = ", ".join(f"t.{c.quoted}" for c in t.columns)
    rest = f" FROM {t.name} t{m.where(t, 't')}"
    return m.query(f"SELECT t._seq, t.*{rest}", t, oracle=f"SELECT t._seq, {shown}{rest}")


def pivot(m: Maker) -> Query:
    t = m.table()
    return m.query(
        f"SELECT * FROM (SELECT t.k AS k, t._type AS kind FROM {t.name} t{m.where(t, 't')})"
        " PIVOT (count(*) FOR kind IN ('placed', 'paid', 'sent') GROUP BY k)",
        t,
    )


def nearest(m: Maker) -> Query:
    """Ties are many, as vectors come from a small pool, and are broken by what orders all rows."""
    tables = [t for t in m.shown if any(c.sql == "FLOAT[3]" for c in t.columns)]
    if not tables:
        return top(m)
    t = m.rng.choice(tables)
    column = m.column(t, where=lambda c: c.sql == "FLOAT[3]")
    name = f"t.{column.quoted}"
    question = [m.rng.randint(-8, 8) / 8 for _ in range(3)]
    way, plain = m.rng.choice(
        [
            ("array_distance({}, {})", "array_distance({}, {})"),
            ("array_cosine_distance({}, {})", "array_cosine_distance({}, {})"),
            ("array_inner_product({}, {}) DESC NULLS LAST", "array_inner_product({}, {}) DESC NULLS LAST"),
            ("{} <-> {}", "array_distance({}, {})"),
        ]
    )
    limit = f"LIMIT {m.rng.choice([1, 3, 10])}" + m.rng.choice(["", f" OFFSET {m.rng.randint(0, 9)}"])
    head = f"SELECT t._seq, {name} FROM {t.name} t{m.where(t, 't')} ORDER BY "
    rest = f", {m.order('t.')} {limit}"
    text = head + way.format(name, question) + rest
    return m.query(text, t, ordered=True, oracle=head + plain.format(name, f"{question}::FLOAT[3]") + rest)


TEMPLATES: tuple[Callable[[Maker], Query], ...] = (
    rows,
    everything,
    envelope,
    count,
    aggregates,
    grouped,
    cubes,
    top,
    nearest,
    latest,
    distinct,
    distinct_on,
    windows,
    qualify,
    join,
    join_using,
    asof_join,
    set_operation,
    membership,
    correlated,
    common_tables,
    derived,
    above_average,
    case_and_casts,
    unnested,
    positional_star,
    pivot,
)


STARS = frozenset([everything, latest, positional_star])
"""Those that show whatever columns there are."""


def make_query(rng: Random, shown: Sequence[Shown], *, stars: bool = True) -> Query:
    return rng.choice([t for t in TEMPLATES if stars or t not in STARS])(Maker(rng, shown))
