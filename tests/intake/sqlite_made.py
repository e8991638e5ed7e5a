"""SQLite files as people have them: names that are none here, types that lie, keys, empty tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

SHOP = """
CREATE TABLE "Ref Colors" ("color_code" INTEGER PRIMARY KEY, "name.long" TEXT);
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    color REFERENCES "ref colors",
    "Official_ratings_(millions)" REAL,
    added DATE,
    "order" VARCHAR
);
CREATE TABLE "2019 sales" (
    store INT, number INT, product INT,
    PRIMARY KEY (number, store),
    FOREIGN KEY (product) REFERENCES PRODUCTS (ID) ON DELETE CASCADE,
    FOREIGN KEY (store) REFERENCES no_such (id),
    FOREIGN KEY (store) REFERENCES products (no_such)
);
CREATE TABLE empty (a INT, b VARCHAR(10), c REAL, d, e DATE);
CREATE VIEW some AS SELECT * FROM products;
INSERT INTO "Ref Colors" VALUES (1, 'deep red'), (2, 'sea green');
INSERT INTO products VALUES (7, 1, 4.5, '2019-01-31', 'first');
INSERT INTO products VALUES (8, 2, '', '', ''), (9, NULL, NULL, NULL, NULL);
INSERT INTO "2019 sales" VALUES (1, 1, 7), (1, 2, 8), (2, 1, 99);
"""


def make(path: Path, script: str = SHOP) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    return path


def column(path: Path, declared: str, values: Sequence[Any]) -> Path:
    """A table `t` of one column `c`."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"CREATE TABLE t (c {declared})")
        db.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        db.commit()
    return path
