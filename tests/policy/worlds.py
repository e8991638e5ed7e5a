"""Two lakes that look the same to priya and differ only in what her policy hides.

If nothing hidden is to be learnt, then whatever she does comes out the same in both: rows, certificate, plan,
error. The owner, for whom the rule is out, sees them differ: so each attempt is shown to be one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Error
from thermocline.core.protocols import Database
from thermocline.core.results import Result

START = datetime(2026, 5, 1, 12, tzinfo=UTC)

POLICY = """
GRANT SELECT ON customers TO priya
GRANT SELECT ON orders TO analyst
GRANT analyst TO priya
GRANT SELECT (id, name) ON staff TO priya
GRANT INSERT, CREATE ON DATABASE acme TO priya
GRANT SELECT ON notes TO priya
GRANT SELECT ON visits TO priya
ALTER ROLE priya SET app.customer_id = '7'
CREATE MASKING POLICY mask_ssn ON customers (ssn) USING full
CREATE MASKING POLICY mask_salary ON customers (salary) USING null
CREATE MASKING POLICY mask_email ON customers (email) USING partial(1, 4)
CREATE MASKING POLICY mask_phone ON customers (phone) USING (left(phone, 2) || '...')
CREATE MASKING POLICY mask_born ON customers (born) USING null
CREATE ROW ACCESS POLICY own_orders ON orders USING (customer_id = current_setting('app.customer_id'))
CREATE ROW ACCESS POLICY own ON notes USING (customer_id IN (SELECT id FROM members WHERE who = current_user))
CREATE ROW ACCESS POLICY own_visits ON visits USING (place = 'open')
CREATE MASKING POLICY mask_weight ON visits (weight) USING null
CREATE VIRTUAL SCHEMA customer_{id} SET app.customer_id = '{id}'
GRANT SELECT ON SCHEMA customer_7 TO priya
"""


def build(path: Path, variant: int) -> LocalLake:
    """`variant`: 0 or 1, which of two worlds."""
    ticks = iter(range(10_000))
    stopped: list[datetime] = []

    def clock() -> datetime:
        return stopped[0] if stopped else START + timedelta(seconds=next(ticks))

    bytes_from = itertools.count(1)
    lake = thermocline.connect(
        path,
        clock=clock,
        background=False,
    )
    assert isinstance(lake, LocalLake)
    lake._entropy = lambda n: (next(bytes_from) % 251).to_bytes(1, "big") * n
    shop = lake.database("acme")
    hidden = ("K", "Q")[variant]
    shop.append("customers", [_customer(n, variant, hidden) for n in range(12)], event_time="born")
    shop.append("orders", [_order(n, variant, hidden) for n in range(60)])
    shop.append(
        "staff", [{"_id": f"s{n}", "id": n, "name": f"staff{n}", "wage": 100 * n + variant} for n in range(5)]
    )
    shop.append("secrets", [{"_id": f"x{n}", "id": n, "word": f"secret{hidden}{n}"} for n in range(5)])
    shop.append(
        "members", [{"_id": f"m{n}", "id": n, "who": "priya" if n in (1, 4, 7) else "bob"} for n in range(9)]
    )
    shop.append("notes", [_note(n, hidden) for n in range(18)], stream="notes")
    shop.append("visits", [_visit(n, variant, hidden) for n in range(20)])
    for table in ("orders", "customers", "staff"):
        shop.flush(table)
    shop.append("orders", [_order(n, variant, hidden) for n in range(60, 80)])
    shop.append("customers", [_customer(n, variant, hidden) for n in range(12, 15)], event_time="born")
    shop.sql(
        "CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(amount) AS total FROM orders GROUP BY 1"
    )
    for statement in POLICY.strip().splitlines():
        shop.sql(statement)
    stopped.append(START + timedelta(hours=1))
    return lake


def _customer(n: int, variant: int, hidden: str) -> dict[str, Any]:
    return {
        "_id": f"c{n}",
        "id": n,
        "name": f"name{n}",
        "email": f"u{n:02}{hidden}{hidden.lower()}{n}@x.com",
        "ssn": f"{n:03}-{hidden}{n:03}",
        "salary": 1000 * n + 500 * variant * (n % 3) + variant,
        "phone": f"07{hidden}{n:04}",
        "born": datetime(1970 + n, 1 + variant + n % 3, 1 + n % 9, tzinfo=UTC),
        "region": ("eu", "us")[n % 2],
    }


def _order(n: int, variant: int, hidden: str) -> dict[str, Any]:
    mine = n % 10 == 7
    return {
        "_id": f"o{n}",
        "id": n,
        "customer_id": 7 if mine else (n % 10) + 20 * variant,
        "amount": float(n) if mine else float(n * 3 + 1 + 7 * variant),
        # No two of her products are equally frequent, or which one `mode` names would be left to the threads.
        "product": f"tea{n // 10 % 4 % 3}" if mine else f"{hidden}{n % 4}",
        "note": str(n) if mine else f"note {hidden} {n}",
        "day": f"2026-0{1 + n % 4}-11" if mine else f"2026-0{1 + n % 4 + variant}-11",
        "tags": ["a", "b"] if mine else [hidden, str(n)],
    }


def _note(n: int, hidden: str) -> dict[str, Any]:
    mine = n % 9 in (1, 4, 7)
    return {"_id": f"n{n}", "customer_id": n % 9, "body": str(n) if mine else f"{hidden} {n}"}


def _visit(n: int, variant: int, hidden: str) -> dict[str, Any]:
    mine = n % 4 == 0
    near = [float(n), 1.0, 0.0, 0.0] if mine else [float(n), float(variant), 1.0, 0.5]
    return {
        "_id": f"v{n}",
        "_stream": f"day{n % 2}",
        "id": n,
        "place": "open" if mine else "closed",
        "words": f"visit number {n}" if mine else f"visit {hidden} number",
        "weight": n * 10 + variant,
        "near": np.array(near, np.float32),
    }


def outcome(database: Database, act: Callable[[Database], Any]) -> tuple[str, Any]:
    """What whoever acts can see of it."""
    try:
        found = act(database)
    except Error as error:
        return "error", (error.kind, error.message, error.hint)
    if isinstance(found, Result):
        rows = sorted(map(repr, found.rows()))
        certificate = found.certificate.to_dict()
        certificate["age_seconds"] = None if certificate["age_seconds"] is None else "told"
        return "rows", (found.columns, rows, certificate)
    return "value", found
