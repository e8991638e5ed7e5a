"""Groups over all files by Daft, on this machine's cores, against DuckDB: where the second engine pays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

import thermocline

from .harness import Line, Scale, duration, in_turns

GROUPS = (
    ("count of all", "SELECT count(*) FROM sales"),
    (
        "sum under a condition",
        "SELECT sum(revenue), count(*) FROM sales WHERE quantity > 2 AND region = 'north'",
    ),
    ("few groups", "SELECT region, sum(revenue), avg(quantity), min(_time) FROM sales GROUP BY region"),
    (
        "many groups",
        'SELECT "user", count(*), sum(revenue) AS spent FROM sales GROUP BY "user" ORDER BY 3, 1',
    ),
    ("distinct values", 'SELECT _type, count(DISTINCT "user") FROM sales GROUP BY _type'),
    (
        "a join",
        "SELECT a.region, count(*) FROM sales a JOIN sales b USING (_id) WHERE a._type = 'pay' GROUP BY 1",
    ),
)


def measure(scale: Scale, lake: Path) -> Iterator[Line]:
    with thermocline.connect(lake, background=False) as opened:
        db: Any = opened.database("main")
        for name, text in GROUPS:
            _check(name, db.sql(text, engine="daft"), db.sql(text).arrow())
            pair = in_turns(
                lambda text=text: db.sql(text, engine="daft").arrow(),  # type: ignore[misc]
                lambda text=text: db.sql(text).arrow(),  # type: ignore[misc]
                scale.rounds,
            )
            ratio = f"{pair.ours / pair.reference:.2f}x"
            yield Line(f"{name}, by Daft", duration(pair.ours), duration(pair.reference), ratio, "-", None)


def _check(name: str, ours: thermocline.Result, theirs: pa.Table) -> None:
    assert ours.engine == "daft", name
    assert ours.arrow().num_rows == theirs.num_rows, name
