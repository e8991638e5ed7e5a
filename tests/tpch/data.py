"""TPC-H data, loaded as anyone would load files, and split over the three tiers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
SCALE = 0.02


def generate(folder: Path) -> Path:
    """One Parquet file a table."""
    program = Path(sys.executable).parent / "tpchgen-cli"
    command = [program, "parquet", "-s", str(SCALE), "--output-dir", folder]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def load(db: Any, folder: Path) -> None:
    """A third of each table cold, a third warm, a third hot; half of the tables come as files."""
    for at, table in enumerate(TABLES):
        for part, rows in enumerate(_thirds(pq.read_table(folder / f"{table}.parquet"))):
            if at % 2:
                file = folder / f"{table}-{part}.parquet"
                pq.write_table(rows, file)
                db.import_file(file, table)
            else:
                db.append(table, rows)
            if part == 0:
                db.archive(table)
            elif part == 1:
                db.flush(table)


def _thirds(table: pa.Table) -> list[pa.Table]:
    third = -(-table.num_rows // 3)
    return [table.slice(start, third) for start in range(0, table.num_rows, third)]


def plain(folder: Path) -> duckdb.DuckDBPyConnection:
    """The same data in ordinary tables."""
    db = duckdb.connect(config={"threads": "2"})
    for table in TABLES:
        rows = pq.read_table(folder / f"{table}.parquet")  # noqa: F841 - DuckDB finds it by its name
        db.execute(f"CREATE TABLE {table} AS SELECT * FROM rows")
    return db
