"""Ten analytic questions over three tiers, against DuckDB on one Parquet file with the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import thermocline

from .harness import Line, Pair, Scale, duration, in_turns


@dataclass(frozen=True)
class Query:
    """`pruned`: it has a time range or wants the latest, so it must beat the reference."""

    name: str
    text: str
    pruned: bool = False


TEN = (
    Query(
        "count in a day's window",
        "SELECT count(*) FROM sales"
        " WHERE _time >= TIMESTAMPTZ '2026-10-01' AND _time < TIMESTAMPTZ '2026-10-02'",
        pruned=True,
    ),
    Query("count by type", "SELECT _type, count(*) FROM sales GROUP BY _type"),
    Query(
        "revenue by day and region",
        "SELECT CAST(_time AS DATE) AS day, region, sum(revenue) FROM sales GROUP BY day, region",
    ),
    Query(
        "top 10 users by spend",
        'SELECT "user", sum(revenue) AS spent FROM sales GROUP BY "user"'
        ' ORDER BY spent DESC, "user" LIMIT 10',
    ),
    Query(
        "top 10 SKUs, last 7 days",
        "SELECT sku, sum(quantity) AS sold FROM sales WHERE _time >= TIMESTAMPTZ '2026-10-22'"
        " GROUP BY sku ORDER BY sold DESC, sku LIMIT 10",
        pruned=True,
    ),
    Query(
        "distinct users by day",
        'SELECT CAST(_time AS DATE) AS day, count(DISTINCT "user") FROM sales GROUP BY day',
    ),
    Query(
        "latest 100 events", "SELECT _time, _id, * FROM sales ORDER BY _time DESC, _id LIMIT 100", pruned=True
    ),
    Query(
        "one stream's history",
        "SELECT _time, _type, sku, revenue FROM sales WHERE _stream = 'cart-4017' ORDER BY _time, _id",
    ),
    Query(
        "funnel join",
        "WITH carts AS (SELECT _stream, min(_time) AS at FROM sales WHERE _type = 'cart' GROUP BY _stream),"
        " paid AS (SELECT _stream, min(_time) AS at FROM sales WHERE _type = 'pay' GROUP BY _stream)"
        " SELECT count(*), count(p.at), avg(epoch(p.at - c.at)) FROM carts c"
        " LEFT JOIN paid p ON p._stream = c._stream AND p.at >= c.at",
    ),
    Query(
        "rank in region",
        'SELECT region, "user", spent FROM (SELECT region, "user", sum(revenue) AS spent,'
        ' rank() OVER (PARTITION BY region ORDER BY sum(revenue) DESC, "user") AS place'
        ' FROM sales GROUP BY region, "user") WHERE place <= 3',
    ),
)


def measure(scale: Scale, lake: Path, copy: Path) -> Iterator[Line]:
    plain = duckdb.connect(config={"threads": "2"})
    plain.execute("SET TimeZone = 'UTC'")
    plain.execute(f"CREATE VIEW every AS SELECT * FROM read_parquet('{copy}')")
    payload = "* EXCLUDE (_id, _time, _stream, _type)"
    with thermocline.connect(lake, background=False) as opened:
        db: Any = opened.database("main")
        ratios = []
        for query in TEN:
            # A star shows the envelope in the plain copy; there the columns are left out by name.
            direct = query.text.replace("_id, *", f"_id, {payload}").replace("FROM sales", "FROM every")
            _check(query, db.sql(query.text).arrow(), plain.sql(direct).to_arrow_table())
            pair = in_turns(
                lambda text=query.text: db.sql(text).arrow(),  # type: ignore[misc]
                lambda text=direct: plain.sql(text).to_arrow_table(),  # type: ignore[misc]
                scale.rounds,
            )
            ratios.append(pair.ours / pair.reference)
            yield _line(query, pair)
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        path = f"the ten queries over {scale.events:,} events in three tiers, geometric mean"
        yield Line(path, "-", "-", f"{mean:.2f}x", "<= 1.25x", mean <= 1.25)
    plain.close()


def _line(query: Query, pair: Pair) -> Line:
    ratio = pair.ours / pair.reference
    target, passed = ("< 1x", ratio < 1) if query.pruned else ("-", None)
    return Line(query.name, duration(pair.ours), duration(pair.reference), f"{ratio:.2f}x", target, passed)


def _check(query: Query, ours: pa.Table, theirs: pa.Table) -> None:
    """A ratio of unequal answers says nothing. Sums differ by their order of addition."""
    mine, other = (sorted(map(_rounded, zip(*t.to_pydict().values(), strict=True))) for t in (ours, theirs))
    assert mine == other, f"{query.name}: {len(mine)} and {len(other)} rows"


def _rounded(row: tuple[Any, ...]) -> str:
    return repr(tuple(float(f"{v:.9g}") if isinstance(v, float | int | Decimal) else v for v in row))
