"""What a policy costs: the same queries by a principal, noted in the audit, and by the router alone.

A row policy adds a condition, which costs what it costs in any query: so it is also compared with the query
that has the condition written into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import thermocline

from . import data
from .harness import Line, Scale, duration, in_turns

ROWS = 1_000_000
VECTORS = 20_000
SIZE = 64
MOST, ADDED = 1.05, 0.001
"""Ratio, and seconds added, that a policy may cost: a query of either passes."""

_TIMES = 60
"""Short queries are run so often in each round."""

QUESTIONS = (
    ("point", "SELECT revenue, sku FROM sales WHERE _id = 'e17'", _TIMES),
    ("a day", "SELECT count(*) FROM sales WHERE _time >= TIMESTAMPTZ '2026-10-01' AND quantity = 3", 20),
    ("aggregate", "SELECT region, count(*), sum(revenue) FROM sales GROUP BY region", 1),
    ("search", "SELECT n FROM vectors ORDER BY near <=> $q LIMIT 10", 20),
)
RULES = {
    "grants": (),
    "a row policy": (
        "CREATE ROW ACCESS POLICY r ON sales USING (quantity >= 0) TO filtered",
        "CREATE ROW ACCESS POLICY v ON vectors USING (n >= 0) TO filtered",
    ),
    "a mask": (
        'CREATE MASKING POLICY m ON sales ("user") USING hash TO masked',
        "CREATE MASKING POLICY n ON vectors (word) USING full TO masked",
    ),
}
BY_HAND = {
    "point": "SELECT revenue, sku FROM sales WHERE quantity >= 0 AND _id = 'e17'",
    "a day": "SELECT count(*) FROM sales WHERE quantity >= 0"
    " AND _time >= TIMESTAMPTZ '2026-10-01' AND quantity = 3",
    "aggregate": "SELECT region, count(*), sum(revenue) FROM sales WHERE quantity >= 0 GROUP BY region",
    "search": "SELECT n FROM vectors WHERE n >= 0 ORDER BY near <=> $q LIMIT 10",
}
"""The questions with the condition of the row policy."""
WHO = {"grants": "granted", "a row policy": "filtered", "a mask": "masked"}


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "policy", background=False) as lake:
        owner: Any = lake.database("main")
        _fill(owner, min(scale.events, ROWS))
        for statements in RULES.values():
            for text in statements:
                owner.sql(text)
        for who in WHO.values():
            owner.sql(f"GRANT SELECT ON DATABASE main TO {who}")
        for rule, who in WHO.items():
            named = lake.database("main", principal=who)
            for name, text, times in QUESTIONS:
                yield _line(f"{name}, under {rule}", owner, named, text, text, times, scale.rounds)
        filtered = lake.database("main", principal=WHO["a row policy"])
        for name, text, times in QUESTIONS:
            path = f"{name}, under a row policy, against its condition by hand"
            yield _line(path, owner, filtered, text, BY_HAND[name], times, scale.rounds)


def _fill(owner: Any, rows: int) -> None:
    """A third in each tier."""
    for number, chunk in enumerate(data.chunks(rows, rows // 3 + 1)):
        owner.append("sales", chunk)
        if number == 0:
            owner.archive("sales")
        elif number == 1:
            owner.flush("sales")
    numbers = np.random.default_rng(7).standard_normal((VECTORS, SIZE)).astype(np.float32)
    owner.append("vectors", [{"n": n, "word": str(n), "near": row} for n, row in enumerate(numbers)])
    owner.flush("vectors")


def _line(path: str, owner: Any, named: Any, text: str, by_hand: str, times: int, rounds: int) -> Line:
    params = {"q": [1.0] * SIZE} if "$q" in text else None
    assert len(named.sql(text, params).rows()) == len(owner.sql(by_hand, params).rows())

    def asking(database: Any, sql: str) -> None:
        for _ in range(times):
            database.sql(sql, params).arrow()

    pair = in_turns(lambda: asking(named, text), lambda: asking(owner.router, by_hand), rounds)
    ours, theirs = pair.ours / times, pair.reference / times
    return Line(
        path=path,
        ours=duration(ours),
        reference=duration(theirs),
        ratio=f"{ours / theirs:.2f}x, {(ours - theirs) * 1e3:+.2f} ms",
        target=f"<= {MOST:g}x or +{ADDED * 1e3:g} ms",
        passed=ours / theirs <= MOST or ours - theirs <= ADDED,
    )
